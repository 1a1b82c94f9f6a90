//! Forms: what was typed, and what is wrong with it.

use std::{borrow::Cow, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    extract::{FromRef, FromRequest, Request},
};
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use crate::{AppState, error::PageError, extract::Visitor};

/// No form of the portal is longer.
const LARGEST: usize = 128 * 1024;

/// The name of the hidden field that holds the anti-forgery token.
pub const CSRF_FIELD: &str = "csrf";

/// The fields of a form that came from one of our pages in this very browser.
///
/// Name it last in a handler. Repeated fields make a `Vec`; give the struct `#[serde(default)]`,
/// since a missing field should be an error beside it, not a broken page.
pub struct Form<T>(pub T);

impl<S, T> FromRequest<S> for Form<T>
where
    S: Send + Sync,
    AppState: FromRef<S>,
    T: DeserializeOwned,
{
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        use axum::extract::FromRequestParts as _;
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, state).await?;
        if !is_form(&parts.headers) {
            return Err(PageError::BadRequest);
        }
        let bytes = to_bytes(body, LARGEST).await.map_err(|_| PageError::TooLarge)?;
        let mut tokens = url::form_urlencoded::parse(&bytes).filter(|(key, _)| key == CSRF_FIELD);
        let token = tokens.next().map(|(_, value)| value).unwrap_or_default();
        if !visitor.browser.sent(visitor.ctx(), &token) {
            return Err(PageError::Forged);
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        let form = axum_extra::extract::Form::<T>::from_request(request, state).await;
        form.map(|form| Self(form.0)).map_err(|_| PageError::BadRequest)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// A form without fields of its own, such as a button.
#[derive(serde::Deserialize)]
pub struct Nothing {}

/// What is wrong with what was typed, by field. Cheap to clone.
///
/// A page with errors answers 422; [`crate::components::field::Field`] and
/// [`crate::components::field::ErrorSummary`] find them by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    list: Arc<Vec<(Cow<'static, str>, String)>>,
}

impl Errors {
    /// Nothing is wrong.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One thing is wrong.
    #[must_use]
    pub fn one(field: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let mut errors = Self::new();
        errors.add(field, message);
        errors
    }

    /// Adds what is wrong with the field whose control has the id `field`. An empty id stands
    /// for the form as a whole.
    pub fn add(&mut self, field: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        Arc::make_mut(&mut self.list).push((field.into(), message.into()));
    }

    /// The first thing that is wrong with `field`.
    #[must_use]
    pub fn on(&self, field: &str) -> Option<&str> {
        self.list.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Everything that is wrong, in the order of the form.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.list.iter().map(|(field, message)| (field.as_ref(), message.as_str()))
    }
}
