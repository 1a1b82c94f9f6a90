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
}

impl<S> FromRequestParts<S> for Administrator
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let SignedIn { visitor, person } = SignedIn::from_request_parts(parts, state).await?;
        if person.user.administrator { Ok(Self { visitor, user: person.user }) } else { Err(PageError::NotFound) }
    }
}
