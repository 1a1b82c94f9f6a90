//! `private_key_jwt` and `client_secret_jwt`: a client signs who it is, with a key of its own or with its
//! secret (RFC 7523, sections 2.2 and 3; OpenID Connect Core, section 9).

use model::{
    Context, Fault, Timestamp,
    cache::Client,
    client::{opened, profile::AssertionAudience},
    jose::{self, JoseError, Unverified},
    minutes, seconds,
    spent::Once,
};
use serde_json::{Map, Value};

use crate::client_keys;

/// What `client_assertion_type` says.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far in the future an assertion may expire, in milliseconds.
const FARTHEST: i64 = minutes(60);
/// How far a client's clock may be ahead of ours, in milliseconds.
const AHEAD: i64 = seconds(10);

/// Why an assertion proves nothing. The client is told: what is wrong is its own doing, and it has
/// the key that nobody else has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// The JWT.
    #[error("the client assertion was refused: {0}")]
    Jose(#[from] JoseError),
    /// `iss` and `sub` must be the client.
    #[error("iss and sub of the client assertion must be the client_id")]
    Subject,
    /// `aud` is somebody else.
    #[error("aud of the client assertion must be {0}")]
    Audience(&'static str),
    /// `exp` is missing, over, or too far away; or `nbf` or `iat` is in the future.
    #[error("exp of the client assertion must be within an hour, nbf and iat not in the future")]
    Time,
    /// `jti` is missing.
    #[error("the client assertion has no jti")]
    Id,
}

/// The client that an assertion says to be from, while nobody has checked it.
///
/// # Errors
///
/// [`AssertionError`] when it does not say.
pub fn unverified_client_id(text: &str) -> Result<String, AssertionError> {
    let token = Unverified::parse(text)?;
    jose::text(token.unverified_claims(), "sub")?.map(str::to_owned).ok_or(AssertionError::Subject)
}

/// Takes an assertion apart.
fn assertion(text: &str) -> Result<Unverified<'_>, AssertionError> {
    let token = Unverified::parse(text)?;
    token.check_type(&["", "jwt", "client-authentication+jwt"])?;
    Ok(token)
}

/// Checks an assertion of `client`, signed with a key of its own and sent to the endpoint at `path`. That it
/// comes once is left to the caller.
///
/// # Errors
///
/// [`AssertionError`].
pub async fn check(ctx: &Context, client: &Client, text: &str, path: &str) -> Result<Once, AssertionError> {
    let algs = client.profile.rules().algs_of(client.metadata.token_endpoint_auth_signing_alg.as_deref());
    let claims = client_keys::verify(ctx, client, assertion(text)?, &algs).await?;
    once(ctx, client, &claims, path)
}

/// Checks an assertion of `client`, signed with one of its living secrets and sent to the endpoint at `path`.
/// No key can be taken for a secret: these are read from where the client's secrets are, and made by us.
///
/// # Errors
///
/// [`AssertionError`] inside; a fault if a secret does not open.
pub fn check_shared(
    ctx: &Context,
    client: &Client,
    text: &str,
    path: &str,
) -> Result<Result<Once, AssertionError>, Fault> {
    let now = ctx.now();
    let mut secrets = Vec::new();
    for known in client.secrets.iter().filter(|known| known.lives(now)) {
        if let Some(sealed) = &known.sealed {
            secrets.push((known.id, opened(ctx, &known.hash, sealed)?));
        }
    }
    let keys = secrets.iter().map(|(_, secret)| secret.reveal().as_bytes());
    let verified = assertion(text).and_then(|token| Ok(token.verify_shared(keys)?));
    Ok(verified.and_then(|(claims, place)| {
        if let Some((id, _)) = secrets.get(place) {
            ctx.caches().credential_used(*id, now);
        }
        once(ctx, client, &claims, path)
    }))
}

/// Checks what an assertion says once its signature is the client's.
fn once(ctx: &Context, client: &Client, claims: &Map<String, Value>, path: &str) -> Result<Once, AssertionError> {
    let is_client = |name| jose::text(claims, name).map(|value| value == Some(client.client_id.as_str()));
    if !(is_client("iss")? && is_client("sub")?) {
        return Err(AssertionError::Subject);
    }
    let issuer = &ctx.settings().issuer;
    match client.profile.rules().assertion_audience {
        AssertionAudience::IssuerOnly => {
            if jose::text(claims, "aud").ok().flatten() != Some(issuer) {
                return Err(AssertionError::Audience("the issuer, as a text"));
            }
        }
        AssertionAudience::IssuerOrEndpoint => {
            let base = issuer.trim_end_matches('/');
            let endpoint = |audience: &str, base: &str| {
                audience.strip_prefix(base).is_some_and(|rest| rest == path || rest == crate::paths::TOKEN)
            };
            let mutual = ctx.settings().mutual_url.as_deref();
            let ours = |audience: &&str| {
                audience.trim_end_matches('/') == base
                    || endpoint(audience, base)
                    || mutual.is_some_and(|mutual| endpoint(audience, mutual))
            };
            if !jose::audiences(claims)?.iter().any(ours) {
                return Err(AssertionError::Audience("the issuer or the token endpoint"));
            }
        }
    }
    let now = ctx.now();
    let expires = jose::time(claims, "exp")?.ok_or(AssertionError::Time)?;
    let in_future = |at: Option<Timestamp>| at.is_some_and(|at| at > now.plus(AHEAD));
    let too_soon = in_future(jose::time(claims, "nbf")?) || in_future(jose::time(claims, "iat")?);
    if expires.plus(AHEAD) <= now || expires > now.plus(FARTHEST) || too_soon {
        return Err(AssertionError::Time);
    }
    let jti = jose::text(claims, "jti")?.filter(|jti| !jti.is_empty()).ok_or(AssertionError::Id)?;
    Ok(Once {
        kind: "client assertion",
        owner: client.client_id.clone(),
        jti: jti.to_owned(),
        until: expires.plus(AHEAD),
    })
}
