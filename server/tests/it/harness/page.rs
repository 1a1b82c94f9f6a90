//! A response as tests read it: its texts, its forms, where it leads.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method};
use scraper::{Html, Selector};

use super::URL;

/// A response.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// What a browser had asked for.
    pub path: String,
}

impl Page {
    /// A header, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Where it redirects to.
    pub fn location(&self) -> Option<String> {
        self.header("location").map(str::to_owned)
    }

    /// The parameters of the URL that it redirects to.
    pub fn redirect_parameters(&self) -> BTreeMap<String, String> {
        let location = self.location().unwrap_or_else(|| panic!("no redirect: {} {}", self.status, self.text()));
        let url = url::Url::options().base_url(url::Url::parse(URL).ok().as_ref()).parse(&location).expect("a URL");
        url.query_pairs().into_owned().collect()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    /// The text that a person reads, white space folded.
    pub fn text(&self) -> String {
        let html = Html::parse_document(&self.body);
        let body = selector("body");
        let skipped = ["script", "style", "template"];
        let mut words = Vec::new();
        for root in html.select(&body) {
            for node in root.descendants() {
                let Some(text) = node.value().as_text() else { continue };
                let hidden = node
                    .parent()
                    .and_then(|parent| parent.value().as_element().map(|element| skipped.contains(&element.name())))
                    .unwrap_or_default();
                if !hidden {
                    words.extend(text.split_whitespace().map(str::to_owned));
                }
            }
        }
        words.join(" ")
    }

    /// The texts of the elements that match a CSS selector.
    pub fn select(&self, css: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&selector(css))
            .map(|element| element.text().flat_map(str::split_whitespace).collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// An attribute of each element that matches a CSS selector and has it.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let html = Html::parse_document(&self.body);
        html.select(&selector(css)).filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// The anti-forgery token of the page's forms.
    pub fn csrf(&self) -> String {
        self.attributes("input[name=csrf]", "value").into_iter().next().expect("the page has a csrf field")
    }

    /// The first form that posts to this path, with the fields and values that it has. A form
    /// without action posts to the page itself.
    pub fn form(&self, action: &str) -> Form {
        self.forms()
            .into_iter()
            .find(|form| form.action.split('?').next() == Some(action))
            .unwrap_or_else(|| panic!("no form for {action} on {} ({}): {}", self.path, self.status, self.text()))
    }

    /// All forms of the page.
    pub fn forms(&self) -> Vec<Form> {
        let html = Html::parse_document(&self.body);
        // A form with the method `dialog` is sent nowhere.
        html.select(&selector("form:not([method=dialog])"))
            .map(|form| {
                let action = form.attr("action").filter(|action| !action.is_empty()).unwrap_or(&self.path).to_owned();
                let post = form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                let mut fields = Vec::new();
                for field in form.select(&selector("input, textarea, select")) {
                    let Some(name) = field.attr("name") else { continue };
                    if field.attr("disabled").is_some() {
                        continue;
                    }
                    match (field.value().name(), field.attr("type").unwrap_or("text")) {
                        ("input", "checkbox" | "radio") => {
                            if field.attr("checked").is_some() {
                                fields.push((name.to_owned(), field.attr("value").unwrap_or("on").to_owned()));
                            }
                        }
                        ("input", "submit" | "button" | "image" | "reset") => {}
                        ("input", _) => fields.push((name.to_owned(), field.attr("value").unwrap_or("").to_owned())),
                        ("textarea", _) => {
                            let text: String = field.text().collect();
                            fields.push((name.to_owned(), text.strip_prefix('\n').unwrap_or(&text).to_owned()));
                        }
                        _ => {
                            let options: Vec<_> = field.select(&selector("option")).collect();
                            let chosen = options.iter().find(|option| option.attr("selected").is_some());
                            if let Some(option) = chosen.or(options.first()) {
                                let text: String = option.text().collect();
                                fields.push((name.to_owned(), option.attr("value").map_or(text, str::to_owned)));
                            }
                        }
                    }
                }
                let method = if post { Method::POST } else { Method::GET };
                Form { action, method, fields }
            })
            .collect()
    }
}

/// A form as a browser would submit it.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub method: Method,
    /// In the order of the page.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Fills a field in, also one that the page does not have.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        let mut fields = self.fields.iter_mut().filter(|(field, _)| field == name);
        match fields.next() {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Adds a field beside those of the same name.
    pub fn add(&mut self, name: &str, value: &str) -> &mut Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes all fields of a name away.
    pub fn remove(&mut self, name: &str) -> &mut Self {
        self.fields.retain(|(field, _)| field != name);
        self
    }

    /// Presses the button with this name and value.
    pub fn press(&mut self, name: &str, value: &str) -> &mut Self {
        self.remove(name).add(name, value)
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}
