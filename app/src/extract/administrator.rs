//! Platform administrators.

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use model::{Context, user::User};

use super::{SignedIn, Visitor};
use crate::{AppState, error::PageError};

/// A platform administrator. For everybody else there is nothing here.
#[derive(Clone)]
pub struct Administrator {
    /// Whoever asks.
    pub visitor: Visitor,
    /// Their account.
    pub user: User,
}

impl Administrator {
    /// The model.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        self.visitor.ctx()
    }

    /// The administrator that somebody is.
    ///
    /// # Errors
    ///
    /// [`PageError::NotFound`], if they are none.
    pub fn of(SignedIn { visitor, person }: SignedIn) -> Result<Self, PageError> {
        if person.user.administrator { Ok(Self { visitor, user: person.user }) } else { Err(PageError::NotFound) }
    }
}

impl<S> FromRequestParts<S> for Administrator
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        Self::of(SignedIn::from_request_parts(parts, state).await?)
    }
}
