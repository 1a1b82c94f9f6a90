//! Signed authorization requests (RFC 9101): the parameters as claims of a JWT that the client has
//! signed.

use model::{
    ClientAddress, Context, Fault, Timestamp,
    cache::Client,
    client::request_uris::{self, ReferenceError},
    jose::{self, JoseError, Unverified},
    minutes, seconds,
};
use serde_json::Value;

use crate::{
    client_keys,
    params::{Params, ParamsError},
};

/// How far in the future a request object may expire, and how old it may be, in milliseconds.
const FARTHEST: i64 = minutes(60);
/// How far a client's clock may be ahead of ours, in milliseconds.
const AHEAD: i64 = seconds(10);

/// What is said outside of the object and stays there.
const OUTSIDE: [&str; 2] = ["client_id", "dpop_jkt"];

/// Why a request object is refused.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// By value and by reference (RFC 9101, section 5).
    #[error("request and request_uri exclude each other")]
    Both,
    /// The client's profile, or its registration, has no references.
    #[error("the parameter request_uri is not supported for this client")]
    NoReferences,
    /// What it refers to cannot be had.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The JWT.
    #[error("the request object was refused: {0}")]
    Jose(#[from] JoseError),
    /// `iss` or `client_id` is somebody else.
    #[error("iss and client_id of the request object must be the client")]
    Issuer,
    /// It could be taken for a client assertion (RFC 9101, section 10.8).
    #[error("the request object must not have the client as its sub")]
    Subject,
    /// `aud` is not the issuer.
    #[error("aud of the request object must be the issuer")]
    Audience,
    /// It has no, or a wrong, time.
    #[error("exp and nbf of the request object must be around now")]
    Time,
    /// A claim that could be no parameter.
    #[error("the request object was refused: {0}")]
    Parameter(#[from] ParamsError),
    /// A request object in a request object.
    #[error("a request object has neither request nor request_uri in it")]
    Nested,
}

impl ObjectError {
    /// To the client (OpenID Connect Core, section 3.1.2.6).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Both => "invalid_request",
            Self::NoReferences => "request_uri_not_supported",
            Self::Reference(ReferenceError::TooMany(_)) => "temporarily_unavailable",
            Self::Reference(_) => "invalid_request_uri",
            _ => "invalid_request_object",
        }
    }

    /// Itself, unless something has failed inside.
    ///
    /// # Errors
    ///
    /// What has failed.
    pub fn or_fault(self) -> Result<Self, Fault> {
        match self {
            Self::Reference(ReferenceError::Fault(fault)) => Err(fault),
            error => Ok(error),
        }
    }
}

/// The parameters of a request that are signed, if they are: in `request`, or where `request_uri`
/// leads.
///
/// # Errors
///
/// [`ObjectError`].
pub async fn signed(
    ctx: &Context,
    client: &Client,
    outside: &Params,
    address: Option<ClientAddress>,
) -> Result<Option<Params>, ObjectError> {
    match (outside.get("request"), outside.get("request_uri")) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(ObjectError::Both),
        (Some(text), None) => Ok(Some(open(ctx, client, outside, text).await?)),
        (None, Some(uri)) => {
            let rules = client.profile.rules();
            if !rules.request_uris || rules.par_required || client.metadata.require_pushed_authorization_requests {
                return Err(ObjectError::NoReferences);
            }
            let text = request_uris::object(ctx, client, uri, address).await?;
            Ok(Some(open(ctx, client, outside, &text).await?))
        }
    }
}

/// The parameters that a request object carries; what stood beside it counts for nothing (section
/// 6.3).
async fn open(ctx: &Context, client: &Client, outside: &Params, text: &str) -> Result<Params, ObjectError> {
    let rules = client.profile.rules();
    let token = Unverified::parse(text)?;
    token.check_type(&["", "jwt", "oauth-authz-req+jwt"])?;
    let algs = rules.algs_of(client.metadata.request_object_signing_alg.as_deref());
    let claims = client_keys::verify(ctx, client, token, &algs).await?;
    let is_client = |name| jose::text(&claims, name).map(|value| value.is_none_or(|value| value == client.client_id));
    if !is_client("iss")? || !is_client("client_id")? {
        return Err(ObjectError::Issuer);
    }
    if jose::text(&claims, "sub")? == Some(client.client_id.as_str()) {
        return Err(ObjectError::Subject);
    }
    let audiences = jose::audiences(&claims)?;
    let issuer = &ctx.settings().issuer;
    let strict = rules.par_required;
    if (strict || !audiences.is_empty()) && !audiences.iter().any(|audience| audience == issuer) {
        return Err(ObjectError::Audience);
    }
    let now = ctx.now();
    let (expires, begins) = (jose::time(&claims, "exp")?, jose::time(&claims, "nbf")?);
    let over = expires.is_some_and(|at| at.plus(AHEAD) <= now);
    let early = |at: Option<Timestamp>| at.is_some_and(|at| at > now.plus(AHEAD));
    let missing = strict && (expires.is_none() || begins.is_none());
    // FAPI 2.0 Message Signing, section 5.3.1: an hour at most.
    let stale = strict
        && (expires.is_some_and(|at| at > now.plus(FARTHEST))
            || begins.is_some_and(|at| at < now.plus(-FARTHEST))
            || expires.zip(begins).is_some_and(|(end, start)| end > start.plus(FARTHEST)));
    if over || missing || stale || early(begins) || early(jose::time(&claims, "iat")?) {
        return Err(ObjectError::Time);
    }
    // What is signed counts, also where it could come from outside.
    let from_outside = |name: &str| OUTSIDE.contains(&name) && !(name == "dpop_jkt" && claims.contains_key(name));
    let mut pairs: Vec<(String, String)> =
        outside.pairs().iter().filter(|(name, _)| from_outside(name)).cloned().collect();
    for (name, value) in &claims {
        match name.as_str() {
            "iss" | "sub" | "aud" | "exp" | "nbf" | "iat" | "jti" | "client_id" => {}
            "request" | "request_uri" => return Err(ObjectError::Nested),
            _ => pairs.extend(texts(name, value)?.into_iter().map(|text| (name.clone(), text))),
        }
    }
    Ok(Params::of_object(pairs))
}

/// A claim as the parameter that it stands for: numbers and objects as JSON, and lists of objects
/// too, as in RFC 9396, section 3. A list is as many parameters of one name, of which most may come
/// once; where they stand does not change what may be said.
fn texts(name: &str, value: &Value) -> Result<Vec<String>, ParamsError> {
    let repeated = || ParamsError::repeated(name);
    let texts = match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(values) if Params::may_come_again(name) => {
            let texts: Option<Vec<String>> = values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
            texts.ok_or_else(repeated)?
        }
        Value::Array(values) if values.is_empty() || !values.iter().all(Value::is_object) => return Err(repeated()),
        other => vec![other.to_string()],
    };
    if texts.iter().any(|text| text.contains('\0')) { Err(ParamsError::Nul) } else { Ok(texts) }
}
