//! Just enough HTML to fill in a form as a person would.

#[derive(Debug)]
pub struct Form {
    pub action: String,
    pub method: String,
    pub fields: Vec<Field>,
}

#[derive(Debug)]
pub struct Field {
    pub tag: String,
    pub kind: String,
    pub name: String,
    pub value: String,
    pub checked: bool,
}

impl Form {
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// What a browser would send, with `answers` typed in. Buttons are sent only when they are among the answers.
    pub fn fill<'a>(&'a self, answers: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut sent: Vec<(&str, &str)> = Vec::new();
        for field in &self.fields {
            let chosen = !matches!(field.kind.as_str(), "checkbox" | "radio") || field.checked;
            let typed = answers.iter().any(|(name, _)| *name == field.name);
            if field.tag != "button" && field.kind != "submit" && !field.name.is_empty() && chosen && !typed {
                sent.push((&field.name, &field.value));
            }
        }
        sent.extend_from_slice(answers);
        sent
    }
}

pub fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut inside = false;
    for tag in tags(html) {
        let (name, attributes) = tag;
        let get = |wanted: &str| {
            attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        match name.as_str() {
            "form" => {
                forms.push(Form { action: get("action"), method: get("method").to_lowercase(), fields: Vec::new() });
                inside = true;
            }
            "/form" => inside = false,
            "input" | "button" | "textarea" | "select" if inside => {
                if let Some(form) = forms.last_mut() {
                    form.fields.push(Field {
                        tag: name.clone(),
                        kind: get("type").to_lowercase(),
                        name: get("name"),
                        value: get("value"),
                        checked: attributes.iter().any(|(name, _)| name == "checked"),
                    });
                }
            }
            _ => {}
        }
    }
    forms
}

/// The targets of all links, in order.
pub fn links(html: &str) -> Vec<String> {
    tags(html)
        .into_iter()
        .filter(|(name, _)| name == "a")
        .filter_map(|(_, attributes)| attributes.into_iter().find(|(name, _)| name == "href").map(|(_, value)| value))
        .collect()
}

type Tag = (String, Vec<(String, String)>);

fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        let name: String =
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect::<String>().to_lowercase();
        if name.is_empty() || name == "/" {
            continue;
        }
        let mut left = rest.get(name.len()..).unwrap_or_default();
        let mut attributes = Vec::new();
        loop {
            left = left.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if left.is_empty() || left.starts_with('>') {
                break;
            }
            let end = left.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(left.len());
            let (key, after) = left.split_at(end);
            left = after;
            let mut value = "";
            if let Some(after) = left.trim_start().strip_prefix('=') {
                let after = after.trim_start();
                let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
                let (before, remaining) = match quote {
                    Some(quote) => after.get(1..).unwrap_or_default().split_once(quote).unwrap_or_default(),
                    None => after.split_at(after.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(after.len())),
                };
                value = before;
                left = remaining;
            } else if end == 0 {
                // A stray quote or bracket: step over it.
                let mut characters = left.chars();
                characters.next();
                left = characters.as_str();
                continue;
            }
            attributes.push((key.to_lowercase(), unescape(value)));
        }
        rest = left;
        found.push((name, attributes));
    }
    found
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#x2F;", "/")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_filled_in_as_a_browser_would() {
        let html = r#"<a class=x href="/a?b=1&amp;c=2">x</a><form method=POST action='/login'>
            <input type="hidden" name="csrf" value="t&quot;"><input name=number required>
            <input type=checkbox name=scope value=phone checked><input type=checkbox name=scope value=voicemail>
            <button name="decision" value="allow">Allow</button></form>"#;
        assert_eq!(links(html), ["/a?b=1&c=2"]);
        let forms = forms(html);
        let form = &forms[0];
        assert_eq!((form.action.as_str(), form.method.as_str()), ("/login", "post"));
        assert!(form.has("decision"));
        assert_eq!(form.fill(&[("number", "+46")]), [("csrf", "t\""), ("scope", "phone"), ("number", "+46")]);
    }
}
