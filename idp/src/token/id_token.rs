//! ID tokens (OpenID Connect Core, section 2).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{
    Context, Fault,
    authorization::{sha256, sha512},
    cache::Client,
    claims::{self, Claims},
    entity::SigningAlg,
    grant::Grant,
    subject::Subject,
};
use serde::Serialize;
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
    /// About the person.
    #[serde(flatten)]
    told: Claims,
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
        told: told(ctx, client, grant, granted).await?,
    };
    ctx.keys().signer(client.id_token_alg, now)?.sign_jwt("JWT", &token)
}

/// What the `claims` parameter wanted here, of what there is. It never replaces a claim that the
/// provider itself makes.
async fn told(ctx: &Context, client: &Client, grant: &Grant, granted: &[String]) -> Result<Claims, Fault> {
    let wanted = &grant.claims.id_token;
    // Profile `classic` carries the number here too, as its clients were promised.
    let promised = client.profile.rules().phone_in_id_token && granted.iter().any(|scope| scope == "phone");
    let (mut known, all) = match grant.subject {
        Subject::User(user) if !wanted.is_empty() => (claims::of_user(ctx, user).await?, false),
        Subject::User(_) => (Claims::new(), false),
        Subject::Subscriber(_) => (grant.phone_number.as_deref().map(claims::of_number).unwrap_or_default(), promised),
    };
    known.retain(|name, _| all || wanted.contains(name));
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
