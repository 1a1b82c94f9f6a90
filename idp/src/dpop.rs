//! The headers of DPoP (RFC 9449): proofs that come, challenges and nonces that go. What a proof
//! must say is in [`model::dpop`].

use axum::{extract::State, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue};
use model::{Context, client::profile::ASYMMETRIC, dpop};

use crate::Idp;

/// The header of proofs.
pub const HEADER: HeaderName = HeaderName::from_static("dpop");

/// The header of nonces (section 8).
pub const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The proofs that came with a request. What is no text is no proof.
#[must_use]
pub fn proofs(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all(HEADER).iter().map(|value| value.to_str().unwrap_or_default()).collect()
}

/// An endpoint's URL, from the issuer and never from the request.
#[must_use]
pub fn endpoint(ctx: &Context, path: &str) -> String {
    format!("{}{path}", ctx.settings().issuer.trim_end_matches('/'))
}

/// The challenge that tells a client which algorithms proofs may have (section 7.1).
#[must_use]
pub fn challenge(error: &str, description: &str) -> String {
    let algs = ASYMMETRIC.join(" ");
    format!("DPoP realm=\"portico\", error=\"{error}\", error_description=\"{description}\", algs=\"{algs}\"")
}

/// Puts the nonce for the next proof on an answer, where proofs need one (section 8.2).
pub async fn supply(State(idp): State<Idp>, mut response: Response) -> Response {
    if idp.ctx.settings().dpop_nonces {
        match dpop::nonce(&idp.ctx).map(HeaderValue::try_from) {
            Ok(Ok(nonce)) => drop(response.headers_mut().insert(NONCE, nonce)),
            Ok(Err(_)) => {}
            Err(fault) => tracing::error!(%fault, "there is no nonce for DPoP proofs"),
        }
    }
    response
}
