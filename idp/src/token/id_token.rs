//! ID tokens (OpenID Connect Core, section 2).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{
    Context, Fault,
    authorization::{sha256, sha512},
    cache::Client,
    claims,
    entity::SigningAlg,
    grant::Grant,
    subject::Subject,
};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

#[derive(Serialize)]
struct IdToken<'a> {
    iss: &'a str,
    sub: String,
    aud: [&'a str; 1],
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: &'a str,
    amr: Vec<&'a str>,
    at_hash: String,
    sid: Uuid,
    jti: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number_verified: Option<bool>,
    /// Claims asked for one by one.
    #[serde(flatten)]
    asked: Map<String, Value>,
}

/// An ID token under a grant, beside `access_token`.
///
/// # Errors
///
/// [`Fault`] when there is no key, or the database fails.
pub async fn issue(
    ctx: &Context,
    client: &Client,
    grant: &Grant,
    granted: &[String],
    nonce: Option<&str>,
    access_token: &str,
) -> Result<String, Fault> {
    let now = ctx.now();
    // Profile `classic` carries the number here too, as its clients were promised.
    let phone = client.profile.rules().phone_in_id_token && granted.iter().any(|scope| scope == "phone");
    let phone_number = grant.phone_number.as_deref().filter(|_| phone);
    let token = IdToken {
        iss: &ctx.settings().issuer,
        sub: grant.subject.sub(ctx, client),
        aud: [&client.client_id],
        exp: now.plus(ctx.settings().lifetimes.id_token).seconds(),
        iat: now.seconds(),
        auth_time: grant.auth_time.seconds(),
        nonce,
        acr: &grant.acr,
        amr: grant.amr.split_ascii_whitespace().collect(),
        at_hash: at_hash(client.id_token_alg, access_token),
        sid: grant.session,
        jti: ctx.new_id()?,
        phone_number_verified: phone_number.map(|_| true),
        phone_number,
        asked: asked(ctx, grant).await?,
    };
    ctx.keys().signer(client.id_token_alg, now)?.sign_jwt("JWT", &token)
}

/// What the `claims` parameter wanted here, of what there is. It never replaces a claim that the
/// provider itself makes.
async fn asked(ctx: &Context, grant: &Grant) -> Result<Map<String, Value>, Fault> {
    let (Subject::User(user), false) = (grant.subject, grant.claims.id_token.is_empty()) else {
        return Ok(Map::new());
    };
    let mut known = claims::of_user(ctx, user).await?;
    known.retain(|name, _| grant.claims.id_token.contains(name));
    Ok(known)
}

/// The left half of the token's hash, with the hash of the signature's algorithm (OpenID Connect
/// Core, section 3.1.3.6).
fn at_hash(alg: SigningAlg, access_token: &str) -> String {
    match alg {
        SigningAlg::Rs256 | SigningAlg::Es256 => {
            let hash = sha256(access_token);
            URL_SAFE_NO_PAD.encode(hash.first_chunk::<16>().copied().unwrap_or_default())
        }
        SigningAlg::EdDsa => {
            let hash = sha512(access_token);
            URL_SAFE_NO_PAD.encode(hash.first_chunk::<32>().copied().unwrap_or_default())
        }
    }
}
