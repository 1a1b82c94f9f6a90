//! Which key the tokens of a request are bound to: what the client has shown, against what its
//! profile and its registration demand.

use http::{HeaderMap, Method};
use model::{Context, authorization::Confirmation, cache::Client, spent::Once};

use crate::{
    dpop::{self, Expected, ProofError},
    error::{OAuthError, capitalized},
};

/// What a client has shown.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    /// To what tokens are bound.
    pub confirmation: Option<Confirmation>,
    /// What comes once.
    pub once: Option<Once>,
}

/// Why no token can be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// The proof is wrong.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// There is none.
    #[error("send a DPoP proof: this client's tokens must be bound to a key")]
    Needed,
}

impl From<BindingError> for OAuthError {
    fn from(error: BindingError) -> Self {
        Self::bad("invalid_dpop_proof", capitalized(&error.to_string()))
    }
}

/// What the client shows with a request to `path`.
///
/// # Errors
///
/// [`BindingError`].
pub fn shown(ctx: &Context, headers: &HeaderMap, client: &Client, path: &str) -> Result<Binding, BindingError> {
    let expected = Expected { method: &Method::POST, path, access_token: None };
    match dpop::check(ctx, headers, &expected)? {
        Some(proof) => Ok(Binding { confirmation: Some(Confirmation::Jkt(proof.jkt)), once: Some(proof.once) }),
        None if client.profile.rules().bound_tokens || client.metadata.dpop_bound_access_tokens => {
            Err(BindingError::Needed)
        }
        None => Ok(Binding::default()),
    }
}
