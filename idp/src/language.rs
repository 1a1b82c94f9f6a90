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

/// What the browser prefers.
fn accepted(headers: &HeaderMap) -> Language {
    Language::preferred(headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok()))
}
