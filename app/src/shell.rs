//! The document around every page: head, security headers, and scripts only where an island is.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use leptos::{
    nonce::{Nonce, provide_nonce, use_nonce},
    prelude::*,
};
use memchr::memmem;
use model::{Language, logout, texts::Texts};

use crate::{
    extract::{Theme, Visitor},
    form::Errors,
};

/// The token that the forms of the page being rendered carry; see
/// [`crate::components::form::Csrf`].
#[derive(Clone)]
pub struct FormToken(pub Arc<str>);

/// What a document is made of.
pub struct Document {
    /// What the browser's tab says, without the house's name.
    pub title: String,
    /// Its status.
    pub status: StatusCode,
    /// The class of `body`.
    pub class: &'static str,
    /// What is wrong with what was typed.
    pub errors: Errors,
    /// Where forms may lead, as the security policy says it.
    pub form_action: String,
    /// In which language it is. Components find it by themselves.
    pub language: Language,
    /// Addresses of clients that the page loads in frames.
    pub frames: Vec<String>,
}

/// Renders a whole document. `body` is called where [`FormToken`], [`Visitor`] and [`Errors`]
/// are in the context.
pub fn render(document: Document, visitor: &Visitor, body: impl FnOnce() -> AnyView) -> Response {
    // Islands mode: nothing is hydrated but the islands, which say so themselves.
    let owner = Owner::new_root(Some(Arc::new(hydration_context::SsrSharedContext::new_islands())));
    let (html, nonce) = owner.with(|| {
        provide_nonce();
        provide_context(FormToken(visitor.csrf().into()));
        provide_context(visitor.clone());
        provide_context(document.errors.clone());
        provide_context(document.language);
        let content = body().to_html();
        let scripts = memmem::find(content.as_bytes(), ISLAND).and_then(|_| use_nonce());
        (frame(&document, visitor, scripts.as_ref(), &content), scripts)
    });
    owner.unset_with_forced_cleanup();

    let mut response = (document.status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // Every page holds a form token or a person's data.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(document.language.tag()));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    if let Ok(policy) = HeaderValue::from_str(&policy(nonce.as_ref(), &document)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    visitor.set_cookies(headers);
    response
}

/// The language of the page that is being rendered.
#[must_use]
pub fn language() -> Language {
    use_context::<Language>().unwrap_or_default()
}

/// The texts in that language.
#[must_use]
pub fn texts() -> &'static Texts {
    model::texts::of(language())
}

fn policy(nonce: Option<&Nonce>, document: &Document) -> String {
    let form_action = &document.form_action;
    let scripts = match nonce {
        Some(nonce) => format!("'self' 'nonce-{nonce}' 'wasm-unsafe-eval'"),
        None => "'none'".to_owned(),
    };
    let origins = logout::origins(&document.frames);
    let frames = if origins.is_empty() { String::new() } else { format!("frame-src {}; ", origins.join(" ")) };
    format!(
        "default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         font-src 'self'; {frames}form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    )
}

const MARKER: &[u8] = b"<!>";
const ISLAND: &[u8] = b"<leptos-island";
const ISLAND_END: &[u8] = b"</leptos-island>";

/// Leaves out the marks at which a browser finds its way when it wakes a page: only islands wake.
/// In a title or a text area they would be read as text. What people typed holds none, as its `<` is
/// escaped.
pub(crate) fn without_markers(html: &str) -> String {
    let mut clean = String::with_capacity(html.len());
    push_without_markers(&mut clean, html);
    clean
}

fn push_without_markers(clean: &mut String, html: &str) {
    let mut rest = html;
    loop {
        let (still, island) = rest.split_at(memmem::find(rest.as_bytes(), ISLAND).unwrap_or(rest.len()));
        let mut from = 0;
        for at in memmem::find_iter(still.as_bytes(), MARKER) {
            clean.push_str(still.get(from..at).unwrap_or_default());
            from = at + MARKER.len();
        }
        clean.push_str(still.get(from..).unwrap_or_default());
        if island.is_empty() {
            return;
        }
        let end = memmem::find(island.as_bytes(), ISLAND_END).map_or(island.len(), |at| at + ISLAND_END.len());
        let (island, after) = island.split_at(end);
        clean.push_str(island);
        rest = after;
    }
}

fn frame(document: &Document, visitor: &Visitor, scripts: Option<&Nonce>, content: &str) -> String {
    let title = match document.title.as_str() {
        "" => "Portico".to_owned(),
        title => format!("{title} · Portico"),
    };
    let title = view! { <title>{title}</title> }.to_html();
    let state = &visitor.state;
    let scripts = scripts.map(|nonce| state.scripts.html(&state.leptos_options, nonce)).unwrap_or_default();
    let theme = match visitor.theme {
        Theme::System => "",
        Theme::Light => " data-theme=\"light\"",
        Theme::Dark => " data-theme=\"dark\"",
    };
    let mut html = String::with_capacity(content.len() + scripts.len() + 1024);
    for part in ["<!DOCTYPE html><html lang=\"", document.language.tag(), "\"", theme, "><head>", HEAD] {
        html.push_str(part);
    }
    push_without_markers(&mut html, &title);
    for part in [state.stylesheet.link(), &scripts, "</head><body class=\"", document.class, "\">"] {
        html.push_str(part);
    }
    push_without_markers(&mut html, content);
    html.push_str("</body></html>");
    html
}

/// What the head of every page begins with.
const HEAD: &str = r#"<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"><meta name="color-scheme" content="light dark"><link rel="icon" href="/favicon.svg" type="image/svg+xml">"#;

#[cfg(test)]
mod tests {
    use super::without_markers;

    #[test]
    fn marks_stay_in_islands_alone() {
        let island = "<leptos-island data-component=\"a\"><b>two<!></b><!></leptos-island>";
        let page = format!("<title>Portico<!></title><!>{island}<p>one<!></p>{island}<!>");
        assert_eq!(without_markers(&page), format!("<title>Portico</title>{island}<p>one</p>{island}"));
        assert_eq!(without_markers("<p>&lt;!&gt;</p>"), "<p>&lt;!&gt;</p>");
        assert_eq!(without_markers(""), "");
    }
}
