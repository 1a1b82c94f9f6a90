//! Whoever has signed in a moment ago.

use std::ops::Deref;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use super::{Administrator, SignedIn};
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

/// A platform administrator who has shown who they are within the last minutes: for what cannot be
/// taken back. For everybody else there is nothing here.
#[derive(Clone)]
pub struct FreshAdministrator(pub Administrator);

impl Deref for FreshAdministrator {
    type Target = Administrator;

    fn deref(&self) -> &Administrator {
        &self.0
    }
}

impl Fresh {
    /// Lets through whose sign-in is young enough. Others come back to the page that they asked for.
    /// What a form was about to do is not done later by itself: they come back to `home`, where it
    /// can be asked for.
    ///
    /// # Errors
    ///
    /// [`PageError::SignInAgain`].
    pub fn of(signed_in: SignedIn, home: &str) -> Result<Self, PageError> {
        if signed_in.person.is_fresh(signed_in.ctx().now()) {
            return Ok(Self(signed_in));
        }
        let visitor = &signed_in.visitor;
        Err(PageError::SignInAgain(if visitor.safe { visitor.path.clone() } else { home.to_owned() }))
    }
}

impl<S> FromRequestParts<S> for FreshAdministrator
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let administrator = Administrator::of(signed_in.clone())?;
        Fresh::of(signed_in, "/admin")?;
        Ok(Self(administrator))
    }
}

impl<S> FromRequestParts<S> for Fresh
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        Self::of(SignedIn::from_request_parts(parts, state).await?, "/account/security")
    }
}
