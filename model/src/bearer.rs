//! Access tokens as they are shown to a resource of ours: as bearer tokens (RFC 6750), or by
//! whoever holds the key (RFC 9449, section 7) or the certificate (RFC 8705, section 3) that they
//! are bound to. The doors find them in their requests, and word the refusals.

use subtle::ConstantTimeEq as _;

use crate::{
    ClientCertificate, Context, Fault,
    authorization::Confirmation,
    cache,
    dpop::{self, Expected, ProofError},
    spent,
    token::AccessToken,
};

/// What came with a request to a resource.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The token.
    pub token: &'a str,
    /// Whether it came with the scheme DPoP.
    pub as_dpop: bool,
    /// The proofs: each value of the header DPoP.
    pub proofs: &'a [&'a str],
    /// The connection's certificate.
    pub certificate: Option<&'a ClientCertificate>,
    /// The request's method.
    pub method: &'a str,
    /// The resource's URL, from our settings and never from the request.
    pub url: &'a str,
}

/// Why a token opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// It is not a living one.
    #[error("the access token is not one of ours, has expired, or was revoked")]
    Invalid,
    /// It is for another API (RFC 8707).
    #[error("the access token is for another audience")]
    Audience,
    /// It is bound to a key, and no proof came.
    #[error("the access token is bound to a key; send it with the scheme DPoP and a proof of that key")]
    Unproven,
    /// It is bound to a certificate, and not to the one of this connection.
    #[error("the access token is bound to a client certificate; connect with that one")]
    OtherCertificate,
    /// The proof came before.
    #[error("this DPoP proof was used before")]
    Replayed,
    /// The proof is wrong.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl BearerError {
    /// The error code, unless it is ours (RFC 6750, section 3.1; RFC 9449, sections 7.1 and 9).
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Invalid | Self::Audience | Self::Unproven | Self::OtherCertificate => Some("invalid_token"),
            Self::Proof(ProofError::Nonce) => Some("use_dpop_nonce"),
            Self::Proof(_) | Self::Replayed => Some("invalid_dpop_proof"),
            Self::Fault(_) => None,
        }
    }

    /// Whether the challenge is of the scheme DPoP.
    #[must_use]
    pub const fn is_about_proof(&self) -> bool {
        matches!(self, Self::Unproven | Self::Replayed | Self::Proof(_))
    }
}

/// The living token of a request, for a resource that `audiences` are the names of; a token
/// without an audience is for all of ours.
///
/// # Errors
///
/// [`BearerError`].
pub async fn read(ctx: &Context, shown: &Shown<'_>, audiences: &[&str]) -> Result<AccessToken, BearerError> {
    let token = AccessToken::read(ctx, shown.token).ok_or(BearerError::Invalid)?;
    if !token.audience.is_empty() && !token.audience.iter().any(|audience| audiences.contains(&audience.as_str())) {
        return Err(BearerError::Audience);
    }
    match &token.confirmation {
        None if shown.as_dpop => Err(BearerError::Invalid),
        None => Ok(token),
        Some(Confirmation::Certificate(_)) if shown.as_dpop => Err(BearerError::Invalid),
        Some(Confirmation::Certificate(bound)) => {
            let thumbprint = shown.certificate.map(ClientCertificate::thumbprint).unwrap_or_default();
            let same: bool = thumbprint.as_bytes().ct_eq(bound.as_bytes()).into();
            if same { Ok(token) } else { Err(BearerError::OtherCertificate) }
        }
        Some(Confirmation::Jkt(jkt)) => {
            if !shown.as_dpop {
                return Err(BearerError::Unproven);
            }
            let client = cache::client(ctx, &token.client_id).await?.ok_or(BearerError::Invalid)?;
            let expected = Expected {
                method: shown.method,
                url: shown.url,
                access_token: Some(shown.token),
                algs: client.profile.rules().algs,
            };
            let proof = dpop::check(ctx, shown.proofs, &expected)?.ok_or(BearerError::Unproven)?;
            if proof.jkt != *jkt {
                return Err(BearerError::Unproven);
            }
            if spent::spend(ctx, vec![proof.once]).await? { Ok(token) } else { Err(BearerError::Replayed) }
        }
    }
}
