//! In which language a page is: what the client asked for with `ui_locales` (OpenID Connect Core,
//! section 3.1.2.1), else what the browser prefers, else English.
//!
//! A request in progress keeps its language, see [`model::interaction`]: it stays through
//! reloads, errors and changed settings of the browser. Like the request's id, the language is a
//! property of the request that is being answered, so that errors and pages far from each other
//! agree on it.

use std::cell::Cell;

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, header};
use model::Language;

tokio::task_local! {
    static CURRENT: Cell<Language>;
}

/// Answers a request in the language that its browser prefers, until [`speak`] says otherwise.
pub async fn of_browser(request: Request, next: Next) -> Response {
    let language = accepted(request.headers());
    CURRENT.scope(Cell::new(language), next.run(request)).await
}

/// The language of the request that is being answered; English outside of one.
#[must_use]
pub fn current() -> Language {
    CURRENT.try_with(Cell::get).unwrap_or_default()
}

/// Answers this request in another language, if there is a wish.
pub fn speak(language: Option<Language>) {
    if let Some(language) = language {
        // Outside of a request nobody reads the answer.
        let _answered = CURRENT.try_with(|current| current.set(language));
    }
}

/// What `Accept-Language` likes best of our languages (RFC 9110, section 12.5.4).
fn accepted(headers: &HeaderMap) -> Language {
    let mut best = (0.0, Language::default());
    for list in headers.get_all(header::ACCEPT_LANGUAGE) {
        for range in list.to_str().unwrap_or_default().split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let language = match tag.trim() {
                "*" => Some(Language::default()),
                tag => Language::of_tag(tag),
            };
            // Of two that are liked alike, the first.
            if let (Some(language), Some(weight)) = (language, weight_of(weight))
                && weight > best.0
            {
                best = (weight, language);
            }
        }
    }
    best.1
}

/// A weight such as `q=0.8`; without one, 1. `None` for what is no weight.
fn weight_of(parameter: &str) -> Option<f32> {
    let parameter = parameter.trim();
    if parameter.is_empty() {
        return Some(1.0);
    }
    let weight: f32 = parameter.strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim_start().parse().ok()?;
    (0.0..=1.0).contains(&weight).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefers(value: &str) -> Language {
        accepted(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, value.parse().unwrap())]))
    }

    #[test]
    fn the_browsers_weights_are_followed() {
        for (value, language) in [
            ("sv-SE,sv;q=0.9,en;q=0.8", Language::Swedish),
            ("en;q=0.4, fr-CA ; q=0.7, de; q=0.5", Language::French),
            ("fi,et;q=0.9,nn;q=0.8,no;q=0.7,en;q=0.1", Language::Norwegian),
            ("de,es", Language::German),
            ("de;q=0,es;q=0.001", Language::Spanish),
            ("de;q=0", Language::English),
            ("*", Language::English),
            ("ja,*;q=0.5,sv;q=0.1", Language::English),
            ("de;q=2,de;q=x,de;level=1,de;q=-1,de;q=NaN", Language::English),
            ("", Language::English),
            (",,;;q=,", Language::English),
        ] {
            assert_eq!(prefers(value), language, "{value}");
        }
        assert_eq!(accepted(&HeaderMap::new()), Language::English);
    }

    #[test]
    fn several_headers_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(header::ACCEPT_LANGUAGE, "en;q=0.5".parse().unwrap());
        headers.append(header::ACCEPT_LANGUAGE, "es;q=0.6".parse().unwrap());
        headers.append(header::ACCEPT_LANGUAGE, http::HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(accepted(&headers), Language::Spanish);
    }

    proptest::proptest! {
        /// Any header is a preference, or none.
        #[test]
        fn any_header_may_be_sent(value in "[ -~]{0,80}") {
            let _some = prefers(&value);
        }
    }
}
