//! Demonstrating Proof of Possession (RFC 9449): a client signs each request with a key of its
//! own, and tokens are worth nothing without it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, Method};
use model::{
    Context, Timestamp,
    client::{keys, profile::ASYMMETRIC},
    jose::{self, JoseError, Unverified},
    seconds,
    spent::Once,
};

/// The header of proofs.
pub const HEADER: HeaderName = HeaderName::from_static("dpop");

/// How old a proof may be, in milliseconds.
const OLDEST: i64 = seconds(60);
/// How far a client's clock may be ahead of ours, in milliseconds.
const AHEAD: i64 = seconds(10);

/// A proof that was found right.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The thumbprint of its key (RFC 7638).
    pub jkt: String,
    /// It may come once.
    pub once: Once,
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// One header with one proof (section 4.3, check 1).
    #[error("send one DPoP proof")]
    Several,
    /// The JWT.
    #[error("the DPoP proof was refused: {0}")]
    Jose(#[from] JoseError),
    /// Its key.
    #[error("the jwk in the DPoP proof is no public key that is accepted here")]
    Key,
    /// A claim is missing or says something else than the request.
    #[error("the DPoP proof is not for this request: {0}")]
    Claim(&'static str),
    /// Too old, or from the future.
    #[error("iat of the DPoP proof is not now")]
    Time,
}

/// What a proof must be about.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// Path of the endpoint below the issuer.
    pub path: &'a str,
    /// The access token that it protects, at resources.
    pub access_token: Option<&'a str>,
}

/// Checks the proof of a request (section 4.3), if it has one. That it comes once is left to the
/// caller, who spends [`Proof::once`].
///
/// # Errors
///
/// [`ProofError`].
pub fn check(ctx: &Context, headers: &HeaderMap, expected: &Expected<'_>) -> Result<Option<Proof>, ProofError> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ProofError::Several);
    }
    let text = value.to_str().map_err(|_| ProofError::Jose(JoseError::Malformed))?;
    let proof = Unverified::parse(text)?;
    proof.check_type(&["dpop+jwt"])?;
    let key = proof.header_key().ok_or(ProofError::Key)?.clone();
    let key = keys::public_key(&key).map_err(|_| ProofError::Key)?;
    // The header's kid is another thing than the key's own.
    let mut bare = key.jwk.clone();
    if let Some(object) = bare.as_object_mut() {
        object.remove("kid");
    }
    let (claims, _) = match proof.header("kid") {
        None => proof.verify([&bare], ASYMMETRIC)?,
        Some(_) => return Err(ProofError::Claim("the header has a kid beside its jwk")),
    };
    if jose::text(&claims, "htm")? != Some(expected.method.as_str()) {
        return Err(ProofError::Claim("htm"));
    }
    let htu = jose::text(&claims, "htu")?.ok_or(ProofError::Claim("htu"))?;
    if !same_url(htu, &endpoint(ctx, expected.path)) {
        return Err(ProofError::Claim("htu"));
    }
    let ath = jose::text(&claims, "ath")?;
    if let Some(token) = expected.access_token
        && ath != Some(hash(token).as_str())
    {
        return Err(ProofError::Claim("ath"));
    }
    let jti = jose::text(&claims, "jti")?.filter(|jti| !jti.is_empty()).ok_or(ProofError::Claim("jti"))?;
    let issued_at = jose::time(&claims, "iat")?.ok_or(ProofError::Claim("iat"))?;
    let now = ctx.now();
    let too_late = jose::time(&claims, "exp")?.is_some_and(|exp| exp.plus(AHEAD) <= now);
    let too_soon = jose::time(&claims, "nbf")?.is_some_and(|nbf| nbf > now.plus(AHEAD));
    if issued_at > now.plus(AHEAD) || issued_at < now.plus(-OLDEST) || too_late || too_soon {
        return Err(ProofError::Time);
    }
    let once = Once {
        kind: "dpop",
        owner: key.thumbprint.clone(),
        jti: jti.to_owned(),
        until: Timestamp(issued_at.0).plus(OLDEST + AHEAD),
    };
    Ok(Some(Proof { jkt: key.thumbprint, once }))
}

/// An endpoint's URL, from the issuer and never from the request.
fn endpoint(ctx: &Context, path: &str) -> String {
    format!("{}{path}", ctx.settings().issuer.trim_end_matches('/'))
}

/// Compares two URLs without query and fragment, after normalization (section 4.3, check 9).
fn same_url(given: &str, ours: &str) -> bool {
    let normal = |text: &str| {
        let mut url = url::Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    normal(given).is_some_and(|given| Some(given) == normal(ours))
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(model::authorization::sha256(text))
}

/// The challenge that tells a client which algorithms proofs may have (section 7.1).
#[must_use]
pub fn challenge(error: &str, description: &str) -> String {
    let algs = ASYMMETRIC.join(" ");
    format!("DPoP realm=\"portico\", error=\"{error}\", error_description=\"{description}\", algs=\"{algs}\"")
}

#[cfg(test)]
mod tests {
    use super::same_url;

    #[test]
    fn urls_are_compared_after_normalization() {
        for given in [
            "https://id.example/oauth2/token",
            "https://ID.example:443/oauth2/token?x=1#y",
            "HTTPS://id.example/oauth2/./token",
        ] {
            assert!(same_url(given, "https://id.example/oauth2/token"), "{given}");
        }
        for given in ["http://id.example/oauth2/token", "https://id.example/oauth2/token/", "/oauth2/token", ""] {
            assert!(!same_url(given, "https://id.example/oauth2/token"), "{given}");
        }
    }
}
