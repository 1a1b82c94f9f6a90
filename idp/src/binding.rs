//! To what the tokens of a request are bound: what the client has shown, against what its profile
//! and its registration demand.

use model::{ClientCertificate, authorization::Confirmation, cache::Client};

use crate::{
    asking::Asking,
    error::{OAuthError, capitalized},
};

/// Why no token can be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// There is no proof.
    #[error("send a DPoP proof: this client's tokens must be bound to a key")]
    NoProof,
    /// There is no certificate.
    #[error("connect with a client certificate: this client's tokens must be bound to it")]
    NoCertificate,
    /// A token is bound to one of them.
    #[error("send no DPoP proof: this client's tokens are bound to its certificate")]
    Both,
}

impl From<BindingError> for OAuthError {
    fn from(error: BindingError) -> Self {
        let code = match error {
            // What is not there is not invalid (RFC 6749, section 5.2).
            BindingError::NoProof | BindingError::NoCertificate => "invalid_request",
            BindingError::Both => "invalid_dpop_proof",
        };
        Self::bad(code, capitalized(&error.to_string()))
    }
}

/// To what the tokens of a request are bound.
///
/// # Errors
///
/// [`BindingError`].
pub fn of(asking: &Asking) -> Result<Option<Confirmation>, BindingError> {
    let Asking { client, jkt, peer, .. } = asking;
    let by_certificate = client.metadata.tls_client_certificate_bound_access_tokens;
    match jkt {
        Some(_) if by_certificate => Err(BindingError::Both),
        Some(jkt) => Ok(Some(Confirmation::Jkt(jkt.clone()))),
        None if by_certificate || unless_asked(client) => {
            let thumbprint = peer.certificate.as_ref().map(ClientCertificate::thumbprint);
            thumbprint.map(|it| Some(Confirmation::Certificate(it))).ok_or(BindingError::NoCertificate)
        }
        None if client.profile.rules().bound_tokens || client.metadata.dpop_bound_access_tokens => {
            Err(BindingError::NoProof)
        }
        None => Ok(None),
    }
}

/// Whether tokens are bound to the client's certificate although it has not asked for that: its
/// profile wants them bound, and the certificate is what it signs in with.
fn unless_asked(client: &Client) -> bool {
    client.profile.rules().bound_tokens && client.auth_method.is_tls() && !client.metadata.dpop_bound_access_tokens
}
