//! When it does not go on: a page that says why, and what to do.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::{Markup, html};
use model::{
    Fault, RequestId,
    interaction::{Lost, PartiesError},
};

use super::{
    Page,
    texts::{self, Place, Texts, Words},
};

/// The way back to a client, when the sign-in cannot be finished: the root of its site, never the
/// redirect URI with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    host: String,
    url: String,
}

impl Back {
    /// To the site of this redirect URI. Apps have none.
    #[must_use]
    pub fn to(redirect_uri: &str) -> Option<Self> {
        let url = url::Url::parse(redirect_uri).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let origin = url.origin().ascii_serialization();
        Some(Self { host: Place::of(redirect_uri).name().to_owned(), url: origin })
    }

    pub(super) fn button(&self) -> Markup {
        html! { a class="button" href=(self.url) rel="noreferrer" { ((texts::current().back_to)(&self.host)) } }
    }
}

/// Why a page does not go on. Each variant says one thing to people.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The request in progress cannot be found again.
    #[error("{lost}")]
    Lost {
        /// How it was lost.
        lost: Lost,
        /// To start again.
        back: Option<Back>,
    },
    /// A form did not come from one of our pages in this browser.
    #[error("the form does not belong to this browser")]
    Forged,
    /// An answer does not fit the question that the page asked.
    #[error("the answer does not fit the question")]
    Tampered,
    /// The sign-in is older than the client wants it.
    #[error("the sign-in is too old")]
    SignInAgain,
    /// The client or its product has gone meanwhile.
    #[error("the client has gone")]
    ClientGone,
    /// The request makes no sense.
    #[error("{0}")]
    BadRequest(String),
    /// It does not say from which client it comes.
    #[error("{0}")]
    WrongClient(String),
    /// The answer would go to somebody unknown.
    #[error("{0}")]
    WrongRedirectUri(String),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<PartiesError> for PageError {
    fn from(error: PartiesError) -> Self {
        match error {
            PartiesError::Gone => Self::ClientGone,
            PartiesError::Fault(fault) => fault.into(),
        }
    }
}

impl PageError {
    fn words(&self, t: &Texts) -> (StatusCode, Words) {
        let t = &t.errors;
        match self {
            Self::Lost { lost, .. } => (StatusCode::BAD_REQUEST, t.lost(*lost)),
            Self::Forged => (StatusCode::FORBIDDEN, t.forged),
            Self::Tampered => (StatusCode::BAD_REQUEST, t.tampered),
            Self::SignInAgain => (StatusCode::BAD_REQUEST, t.sign_in_again),
            Self::ClientGone => (StatusCode::BAD_REQUEST, t.client_gone),
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, t.bad_request),
            Self::WrongClient(_) => (StatusCode::BAD_REQUEST, t.wrong_client),
            Self::WrongRedirectUri(_) => (StatusCode::BAD_REQUEST, t.wrong_redirect_uri),
            Self::Fault(_) => (StatusCode::INTERNAL_SERVER_ERROR, t.fault),
        }
    }

    /// What only helps whoever built the client.
    fn detail(&self) -> Option<String> {
        match self {
            Self::BadRequest(detail) | Self::WrongClient(detail) | Self::WrongRedirectUri(detail) => {
                Some(detail.clone())
            }
            // The log knows the cause under this id.
            Self::Fault(_) => Some(format!("request {}", RequestId::current().0)),
            _ => None,
        }
    }

    const fn back(&self) -> Option<&Back> {
        match self {
            Self::Lost { back, .. } => back.as_ref(),
            _ => None,
        }
    }

    /// The page, with a link that starts this step again.
    pub(crate) fn into_response_with(self, again: Option<&str>) -> Response {
        if let Self::Fault(fault) = &self {
            tracing::error!(%fault, "a page of the identity provider failed");
        }
        let t = texts::current();
        let (status, (title, lead)) = self.words(t);
        let main = html! {
            div class="page" {
                div class="card" {
                    h1 { (title) }
                    p class="lead" { (lead) }
                    @if let Some(detail) = self.detail() {
                        p class="hint" { (t.for_developers) " " code lang="en" { (detail) } }
                    }
                    @if let Some(again) = again {
                        a class="button" href=(again) { (t.start_again) }
                    } @else if let Some(back) = self.back() {
                        (back.button())
                    }
                }
            }
        };
        Page { status, ..Page::new(title) }.respond_with(None, &main)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        self.into_response_with(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_the_root_of_the_site() {
        let back = Back::to("https://example.com:8443/callback?x=1").unwrap();
        assert_eq!((back.host.as_str(), back.url.as_str()), ("example.com:8443", "https://example.com:8443"));
        assert_eq!(Back::to("com.example.app:/callback"), None);
        assert_eq!(Back::to("javascript:alert(1)"), None);
    }
}
