//! Demonstrating Proof of Possession (RFC 9449): a client signs each request with a key of its
//! own, and tokens are worth nothing without it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    Context, Fault, Timestamp, authorization,
    client::keys,
    jose::{self, JoseError, Unverified},
    key::Sealed,
    minutes, seconds,
    spent::Once,
};

/// How old a proof may be, in milliseconds.
const OLDEST: i64 = seconds(60);
/// How far a client's clock may be ahead of ours, in milliseconds.
const AHEAD: i64 = seconds(10);
/// How long a nonce of ours may be used, in milliseconds. Each answer brings a new one.
const NONCE: i64 = minutes(2);

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
    /// It has no nonce of ours that is still good (section 8).
    #[error("the DPoP proof must carry the nonce of the header DPoP-Nonce")]
    Nonce,
}

/// What a proof must be about.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The endpoint's URL, from our settings and never from the request.
    pub url: &'a str,
    /// The access token that it protects, at resources.
    pub access_token: Option<&'a str>,
    /// The algorithms of the client's profile.
    pub algs: &'a [&'a str],
}

/// Checks the proof of a request (section 4.3), if it has one; `proofs` are those that came with
/// it. That it comes once is left to the caller, who spends [`Proof::once`].
///
/// # Errors
///
/// [`ProofError`].
pub fn check(ctx: &Context, proofs: &[&str], expected: &Expected<'_>) -> Result<Option<Proof>, ProofError> {
    let text = match proofs {
        [] => return Ok(None),
        [one] => one,
        _ => return Err(ProofError::Several),
    };
    let proof = Unverified::parse(text)?;
    proof.check_type(&["dpop+jwt"])?;
    let key = proof.header_key().ok_or(ProofError::Key)?.clone();
    let key = keys::public_key(&key).map_err(|_| ProofError::Key)?;
    // Some libraries name the key in the header, too. The name says nothing: the key itself is here.
    let mut named = key.jwk.clone();
    if let (Some(object), Some(kid)) = (named.as_object_mut(), proof.header("kid")) {
        object.insert("kid".to_owned(), kid.into());
    }
    let (claims, _) = proof.verify([&named], expected.algs)?;
    if jose::text(&claims, "htm")? != Some(expected.method) {
        return Err(ProofError::Claim("htm"));
    }
    let htu = jose::text(&claims, "htu")?.ok_or(ProofError::Claim("htu"))?;
    let alias = ctx.settings().at_mutual_url(expected.url);
    if !same_url(htu, expected.url) && !alias.is_some_and(|alias| same_url(htu, &alias)) {
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
    // Last, since a proof that is wrong otherwise gets no better with a nonce.
    if ctx.settings().dpop_nonces && !jose::text(&claims, "nonce")?.is_some_and(|nonce| is_fresh(ctx, nonce)) {
        return Err(ProofError::Nonce);
    }
    let once = Once {
        kind: "dpop",
        owner: key.thumbprint.clone(),
        jti: jti.to_owned(),
        until: Timestamp(issued_at.0).plus(OLDEST + AHEAD),
    };
    Ok(Some(Proof { jkt: key.thumbprint, once }))
}

/// A nonce for proofs of the next minutes (section 8). It is the time, sealed: nobody keeps a list.
///
/// # Errors
///
/// [`Fault::Crypto`] when there is no randomness.
pub fn nonce(ctx: &Context) -> Result<String, Fault> {
    ctx.seal(Sealed::DpopNonce, &ctx.now())
}

fn is_fresh(ctx: &Context, nonce: &str) -> bool {
    let now = ctx.now();
    // Another node's clock may be ahead of ours.
    let fresh = |at: &Timestamp| at.plus(NONCE) > now && *at <= now.plus(AHEAD);
    ctx.open_sealed::<Timestamp>(Sealed::DpopNonce, nonce).as_ref().is_some_and(fresh)
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
    URL_SAFE_NO_PAD.encode(authorization::sha256(text))
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
