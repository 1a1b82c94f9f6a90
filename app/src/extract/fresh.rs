//! Whoever has signed in a moment ago.

use std::ops::Deref;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use super::SignedIn;
use crate::{AppState, error::PageError};

/// Whoever is signed in, and has shown who they are within the last minutes. Others do so again,
/// and come back. For what changes how an account signs in: a browser that was left open must not
/// be enough.
#[derive(Clone)]
pub struct Fresh(pub SignedIn);

impl Deref for Fresh {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

impl<S> FromRequestParts<S> for Fresh
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        if signed_in.person.is_fresh(signed_in.ctx().now()) {
            return Ok(Self(signed_in));
        }
        let visitor = &signed_in.visitor;
        // What a form was about to do is not done later by itself: back to where it can be asked for.
        let back = if visitor.safe { visitor.path.clone() } else { "/account/security".to_owned() };
        Err(PageError::SignInAgain(back))
    }
}
