//! Whoever sends a request to an endpoint for machines, and the client that they have proved to be.

use std::{convert::Infallible, net::Ipv4Addr, sync::Arc};

use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Request},
};
use http::request::Parts;
use model::{
    ClientAddress, ClientCertificate,
    cache::Client,
    client::dynamic::by_url,
    dpop::{Expected, ProofError},
    entity::ClientKind,
    meter::Meter,
    spent,
};
use uuid::Uuid;

use crate::{
    Idp,
    authorize::AuthorizeError,
    client_auth::{self, ClientAuthError},
    dpop,
    error::{OAuthError, capitalized},
    params::{Params, ParamsError},
    paths,
};

/// The largest form that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// The endpoints that bind what they give to the key of a DPoP proof (RFC 9449, sections 5 and
/// 10.1). At others, a proof means nothing.
const BINDING: [&str; 2] = [paths::TOKEN, paths::PAR];

/// Whoever is at the other end of the connection, as far as it tells.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// Their address; none for requests that came by no connection.
    pub address: Option<ClientAddress>,
    /// The certificate whose key they hold.
    pub certificate: Option<ClientCertificate>,
}

impl Peer {
    /// Their address, or one that nobody has.
    #[must_use]
    pub fn address(&self) -> ClientAddress {
        self.address.unwrap_or(ClientAddress(Ipv4Addr::UNSPECIFIED.into()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self { address: parts.extensions.get().copied(), certificate: parts.extensions.get().cloned() })
    }
}

/// Counts the requests of each client; of a public one, which has only said who it is, those from one
/// address, so that nobody can use it up for others.
pub type Requests = Meter<(Uuid, String)>;

/// Counts one more.
fn metered(idp: &Idp, client: &Client, peer: &Peer) -> Result<(), OAuthError> {
    let from = match client.kind {
        ClientKind::Public => peer.address().bucket(),
        ClientKind::Confidential => String::new(),
    };
    let taken = idp.requests.take((client.id, from), idp.ctx.now());
    taken.map_err(|too_many| OAuthError::slow_down(too_many, "This client sends too many requests; wait a little."))
}

/// What a client asks for, once it is known to be who it says: its assertion and its DPoP proof, if
/// there are such, are found right and used up. Name it last in a handler.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The client. A public one has only said who it is.
    pub client: Arc<Client>,
    /// What it has sent.
    pub params: Params,
    /// Where it comes from.
    pub peer: Peer,
    /// The thumbprint of the key of its DPoP proof, at endpoints that bind something to it.
    pub jkt: Option<String>,
}

impl FromRequest<Idp> for Asking {
    type Rejection = OAuthError;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, OAuthError> {
        let (mut parts, body) = request.into_parts();
        let Ok(peer) = Peer::from_request_parts(&mut parts, idp).await;
        let body = to_bytes(body, LARGEST).await.map_err(|_| ParamsError::NotAForm)?;
        let params = Params::of_body(&parts.headers, &body)?;
        let path = parts.uri.path();
        // Whose document nobody has read yet is nobody who could be authenticated.
        if let Some(client_id) = params.get("client_id").filter(|id| path == paths::PAR && by_url::is_url(id)) {
            by_url::find(&idp.ctx, client_id, peer.address).await.map_err(AuthorizeError::from)?;
        }
        let authenticated = client_auth::authenticate(idp, &parts.headers, &params, &peer, path).await?;
        // Before anything is used up: the same request can be sent again.
        metered(idp, &authenticated.client, &peer)?;
        let mut once = authenticated.once;
        let mut jkt = None;
        if BINDING.contains(&path) {
            let url = dpop::endpoint(&idp.ctx, path);
            let algs = authenticated.client.profile.rules().algs;
            let expected = Expected { method: parts.method.as_str(), url: &url, access_token: None, algs };
            if let Some(proof) = model::dpop::check(&idp.ctx, &dpop::proofs(&parts.headers), &expected)? {
                jkt = Some(proof.jkt);
                once.push(proof.once);
            }
        }
        // A proof is used up by being shown, whatever comes of it.
        if !spent::spend(&idp.ctx, once).await.map_err(|fault| OAuthError::internal(&fault))? {
            return Err(ClientAuthError::Replayed.into());
        }
        Ok(Self { client: authenticated.client, params, peer, jkt })
    }
}

impl From<ProofError> for OAuthError {
    fn from(error: ProofError) -> Self {
        let code = if error == ProofError::Nonce { "use_dpop_nonce" } else { "invalid_dpop_proof" };
        Self::bad(code, capitalized(&error.to_string()))
    }
}
