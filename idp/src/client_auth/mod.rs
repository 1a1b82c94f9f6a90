//! Client authentication (RFC 6749, section 2.3; OpenID Connect Core, section 9; RFC 8705).

mod assertion;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header};
use model::{
    ClientAddress, Context, Fault,
    cache::{self, Client},
    client::{
        certificate::{self, CertificateError},
        method::offered,
    },
    entity::{AuthMethod, ClientState},
    limit::TooMany,
    meter::Meter,
    secret,
    spent::Once,
};

use self::assertion::AssertionError;
use crate::{Idp, asking::Peer, error::OAuthError, params::Params};

/// Why a client was not believed.
#[derive(Debug, thiserror::Error)]
pub enum ClientAuthError {
    /// RFC 6749, section 2.3: one method in a request.
    #[error("the client authenticated in more than one way; use one of them")]
    TwoMethods,
    /// The header says one client, the body another.
    #[error("client_id in the body is not the client of the Authorization header")]
    Mismatch,
    /// The `Authorization` header is not Basic, or not well-formed.
    #[error("the Authorization header is not well-formed Basic authentication")]
    Malformed,
    /// Nobody said who asks.
    #[error("the client did not authenticate")]
    Absent,
    /// Unknown, disabled, wrong secret, or a method that is not the client's: one answer for all.
    #[error("the client is not known, or its credentials are wrong")]
    Invalid,
    /// The assertion is wrong.
    #[error(transparent)]
    Assertion(#[from] AssertionError),
    /// The certificate is wrong, or there is none.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Its `client_assertion_type` is not the one that there is.
    #[error("client_assertion_type is not urn:ietf:params:oauth:client-assertion-type:jwt-bearer")]
    AssertionType,
    /// What may come once came before.
    #[error("this assertion or proof was used before")]
    Replayed,
    /// Too many wrong tries from this address; a right one is still accepted.
    #[error("there were too many wrong tries; wait a little")]
    TooMany(TooMany),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<ClientAuthError> for OAuthError {
    fn from(error: ClientAuthError) -> Self {
        let text = crate::error::capitalized(&error.to_string());
        match error {
            ClientAuthError::TwoMethods | ClientAuthError::Mismatch => Self::bad("invalid_request", text),
            ClientAuthError::Malformed
            | ClientAuthError::Absent
            | ClientAuthError::Invalid
            | ClientAuthError::Assertion(_)
            | ClientAuthError::Certificate(_)
            | ClientAuthError::AssertionType
            | ClientAuthError::Replayed => Self::invalid_client(text),
            ClientAuthError::TooMany(too_many) => Self {
                status: StatusCode::TOO_MANY_REQUESTS,
                retry_after: Some(too_many.seconds()),
                ..Self::invalid_client(text)
            },
            ClientAuthError::Fault(fault) => Self::internal(&fault),
        }
    }
}

/// Counts wrong tries by client and address: they cost us a hash each, and secrets of 256 bits are
/// not found by trying. Right credentials are never refused, so nobody can lock a client out.
pub type Failures = Meter<(String, String)>;

/// Counts one more.
fn failed(idp: &Idp, client_id: &str, address: Option<ClientAddress>) -> Result<(), TooMany> {
    let address = address.map(ClientAddress::bucket).unwrap_or_default();
    let shortened: String = client_id.chars().take(64).collect();
    idp.failures.take((shortened, address), idp.ctx.now())
}

/// A client that is who it says.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The client.
    pub client: Arc<Client>,
    /// What of its proof may come once; for the caller to spend.
    pub once: Vec<Once>,
}

/// Who says to ask, and with which proof.
pub(crate) struct Presented {
    pub(crate) client_id: String,
    pub(crate) proof: Proof,
}

pub(crate) enum Proof {
    None,
    Secret(String),
    Assertion(String),
}

/// Finds out which client asks, at the endpoint at `path`. A public client says who it is (RFC
/// 6749, section 3.2.1); a confidential one proves it.
///
/// # Errors
///
/// [`ClientAuthError`].
pub async fn authenticate(
    idp: &Idp,
    headers: &HeaderMap,
    params: &Params,
    peer: &Peer,
    path: &str,
) -> Result<Authenticated, ClientAuthError> {
    let presented = presented(headers, params)?;
    match check(&idp.ctx, &presented, peer, path).await {
        Err(error @ (ClientAuthError::Invalid | ClientAuthError::Assertion(_) | ClientAuthError::Certificate(_))) => {
            Err(failed(idp, &presented.client_id, peer.address).map_or_else(ClientAuthError::TooMany, |()| error))
        }
        result => result,
    }
}

pub(crate) fn presented(headers: &HeaderMap, params: &Params) -> Result<Presented, ClientAuthError> {
    let in_body = params.get("client_id").map(str::to_owned);
    let body_secret = params.get("client_secret").map(str::to_owned);
    let assertion = params.get("client_assertion").map(str::to_owned);
    let in_header = basic(headers)?;
    if usize::from(in_header.is_some()) + usize::from(body_secret.is_some()) + usize::from(assertion.is_some()) > 1 {
        return Err(ClientAuthError::TwoMethods);
    }
    if let Some(text) = assertion {
        if params.get("client_assertion_type") != Some(assertion::TYPE) {
            return Err(ClientAuthError::AssertionType);
        }
        let client_id = assertion::unverified_client_id(&text)?;
        if in_body.is_some_and(|id| id != client_id) {
            return Err(ClientAuthError::Mismatch);
        }
        return Ok(Presented { client_id, proof: Proof::Assertion(text) });
    }
    match in_header {
        Some(basic) if in_body.as_ref().is_some_and(|id| *id != basic.client_id) => Err(ClientAuthError::Mismatch),
        Some(basic) => Ok(basic),
        None => Ok(Presented {
            client_id: in_body.ok_or(ClientAuthError::Absent)?,
            proof: body_secret.map_or(Proof::None, Proof::Secret),
        }),
    }
}

/// Basic authentication. Some clients send both halves as they are, others form-encode them (RFC
/// 6749, section 2.3.1) to the last dash; decoding percent signs understands both, since our ids
/// and secrets have none.
fn basic(headers: &HeaderMap) -> Result<Option<Presented>, ClientAuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ClientAuthError::TwoMethods);
    }
    let malformed = || ClientAuthError::Malformed;
    let (scheme, credentials) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(ClientAuthError::Malformed);
    }
    let bytes = STANDARD.decode(credentials.trim()).map_err(|_| malformed())?;
    let text = String::from_utf8(bytes).map_err(|_| malformed())?;
    let (id, secret) = text.split_once(':').ok_or_else(malformed)?;
    let decode = |half: &str| percent_encoding::percent_decode_str(half).decode_utf8().map(|half| half.into_owned());
    let client_id = decode(id).map_err(|_| malformed())?;
    let secret = decode(secret).map_err(|_| malformed())?;
    let proof = if secret.is_empty() { Proof::None } else { Proof::Secret(secret) };
    Ok(Some(Presented { client_id, proof }))
}

/// The client, if it is who it says, by the method that it is registered for; the work is the same
/// for a wrong secret and an unknown client.
async fn check(
    ctx: &Context,
    presented: &Presented,
    peer: &Peer,
    path: &str,
) -> Result<Authenticated, ClientAuthError> {
    let client = cache::client(ctx, &presented.client_id).await?;
    let hash = match &presented.proof {
        Proof::Secret(secret) => Some(secret::hash(secret)),
        _ => None,
    };
    let client = client.filter(|client| client.state == ClientState::Active).ok_or(ClientAuthError::Invalid)?;
    // A profile can have been changed since, and the configuration, too.
    if !client.profile.rules().auth_methods.contains(&client.auth_method) || !offered(ctx, client.auth_method) {
        return Err(ClientAuthError::Invalid);
    }
    let mut once = Vec::new();
    match (client.auth_method, &presented.proof) {
        (AuthMethod::None, Proof::None) => {}
        (AuthMethod::Secret, Proof::Secret(_)) if hash.is_some_and(|hash| knows(ctx, &client, &hash)) => {}
        (AuthMethod::SecretJwt, Proof::Assertion(text)) => {
            once.push(assertion::check_shared(ctx, &client, text, path)??);
        }
        (AuthMethod::PrivateKeyJwt, Proof::Assertion(text)) => {
            once.push(assertion::check(ctx, &client, text, path).await?);
        }
        (AuthMethod::TlsClientAuth, Proof::None) => certificate::check_named(&client, peer.certificate.as_ref())?,
        (AuthMethod::SelfSignedTls, Proof::None) => {
            certificate::check_own(ctx, &client, peer.certificate.as_ref()).await?;
        }
        _ => return Err(ClientAuthError::Invalid),
    }
    Ok(Authenticated { client, once })
}

/// Whether one of the client's living secrets has this hash.
fn knows(ctx: &Context, client: &Client, hash: &str) -> bool {
    let now = ctx.now();
    let living = client.secrets.iter().filter(|known| known.lives(now));
    // Every secret is compared, so that time does not tell which one matched.
    let mut matched = None;
    for known in living {
        if secret::same(&known.hash, hash) {
            matched = Some(known.id);
        }
    }
    if let Some(id) = matched {
        ctx.caches().credential_used(id, now);
    }
    matched.is_some()
}
