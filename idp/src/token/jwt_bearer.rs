//! Assertions as grants (RFC 7523, section 2.1): what an issuer that the client's owner trusts
//! says about a service or a person, exchanged for a token.
//!
//! A product for operators: the assertion is about the one service that was written down, and the
//! client speaks for itself with what it gets. A product for people: it is about somebody who has
//! consented to this very product, and gives no more than that. Nobody has signed in here, so
//! there is neither an ID token nor a refresh token.

use model::{
    Context, Timestamp, api,
    authorization::{ClaimsRequest, Code},
    cache::{Client, Product},
    client::{
        issuers::{self, IssuerRow},
        profile::AssertionAudience,
    },
    consent::{self, Consent},
    entity::{Audience, ClientKind},
    grant,
    jose::{self, JoseError, Unverified},
    minutes,
    phone::PhoneNumber,
    resource::Target,
    scopes, seconds,
    spent::{self, Once},
    subject::Subject,
    subscriber,
    token::{AccessToken, Wanted},
};
use uuid::Uuid;

use super::{TokenError, TokenRequest, Tokens};
use crate::{client_keys, paths, session::acr};

/// How far in the future an assertion may expire, in milliseconds.
const FARTHEST: i64 = minutes(60);
/// How far an issuer's clock may be ahead of ours, in milliseconds.
const AHEAD: i64 = seconds(10);

/// Why an assertion gives nothing; to the client it is `invalid_grant` (section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// The JWT.
    #[error("the assertion was refused: {0}")]
    Jose(#[from] JoseError),
    /// `iss` is missing, or nobody that the client's owner trusts.
    #[error("iss of the assertion is not an issuer that this client trusts")]
    Issuer,
    /// `aud` is not us alone.
    #[error("aud of the assertion must be {0}, and nobody else")]
    Audience(&'static str),
    /// `exp` is missing, over, or too far away; or `nbf` or `iat` is in the future.
    #[error("exp of the assertion must be within an hour, nbf and iat not in the future")]
    Time,
    /// `jti` is missing.
    #[error("the assertion has no jti")]
    Id,
    /// It came before.
    #[error("this assertion was used before")]
    Replayed,
    /// `sub` is missing, not the one that was written down, nobody whom we know, or somebody who
    /// has not consented: one answer for all.
    #[error("sub of the assertion is not a subject for whom this client gets a token")]
    Subject,
}

/// An assertion that is what it says.
struct Assertion {
    issuer: IssuerRow,
    sub: String,
    /// When the issuer has seen the person, as far as it says.
    seen_at: Timestamp,
    once: Once,
}

/// Section 2.1.
pub(super) async fn jwt_bearer(request: TokenRequest<'_>) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, params, client, product, .. } = request.clone();
    if client.kind != ClientKind::Confidential {
        return Err(TokenError::UnauthorizedClient);
    }
    let text = params.get("assertion").ok_or(TokenError::Missing("assertion"))?;
    let Assertion { issuer, sub, seen_at, once } = check(ctx, client, text).await?;
    // Used up by being shown, whatever comes of it.
    if !spent::spend(ctx, vec![once]).await? {
        return Err(AssertionError::Replayed.into());
    }
    if issuer.subject.as_ref().is_some_and(|meant| *meant != sub) {
        return Err(AssertionError::Subject.into());
    }
    if product.audience.signs_in() {
        for_person(&request, &issuer, &sub, seen_at).await
    } else {
        for_service(&request, &issuer).await
    }
}

/// Section 3, in the order in which nothing is believed before it is verified.
async fn check(ctx: &Context, client: &Client, text: &str) -> Result<Assertion, TokenError> {
    let token = Unverified::parse(text).map_err(AssertionError::from)?;
    token.check_type(&["", "jwt", "authorization-grant+jwt"]).map_err(AssertionError::from)?;
    let named = jose::text(token.unverified_claims(), "iss").map_err(AssertionError::from)?;
    let issuer = match named {
        Some(named) => issuers::find(ctx, client.id, named).await?,
        None => None,
    };
    let issuer = issuer.ok_or(AssertionError::Issuer)?;
    let algs = client.profile.rules().algs;
    let claims = match &issuer.jwks_uri {
        Some(uri) => client_keys::by_published(ctx, issuer.id, uri, token, algs).await,
        None => token.verify(&issuer.keys(), algs).map(|(claims, _)| claims),
    };
    let claims = claims.map_err(AssertionError::from)?;
    Ok(of_claims(ctx, client, issuer, &claims)?)
}

fn of_claims(
    ctx: &Context,
    client: &Client,
    issuer: IssuerRow,
    claims: &serde_json::Map<String, serde_json::Value>,
) -> Result<Assertion, AssertionError> {
    let ours = &ctx.settings().issuer;
    match (client.profile.rules().assertion_audience, jose::audiences(claims)?.as_slice()) {
        (AssertionAudience::IssuerOnly, [one]) if one == ours => {}
        (AssertionAudience::IssuerOnly, _) => return Err(AssertionError::Audience("the issuer")),
        (AssertionAudience::IssuerOrEndpoint, [one])
            if one.trim_end_matches('/') == ours.trim_end_matches('/')
                || one.strip_prefix(ours.trim_end_matches('/')) == Some(paths::TOKEN) => {}
        (AssertionAudience::IssuerOrEndpoint, _) => {
            return Err(AssertionError::Audience("the issuer or the token endpoint"));
        }
    }
    let now = ctx.now();
    let expires = jose::time(claims, "exp")?.ok_or(AssertionError::Time)?;
    let issued = jose::time(claims, "iat")?;
    let in_future = |at: Option<Timestamp>| at.is_some_and(|at| at > now.plus(AHEAD));
    let too_soon = in_future(jose::time(claims, "nbf")?) || in_future(issued);
    if expires.plus(AHEAD) <= now || expires > now.plus(FARTHEST) || too_soon {
        return Err(AssertionError::Time);
    }
    let jti = jose::text(claims, "jti")?.filter(|jti| !jti.is_empty()).ok_or(AssertionError::Id)?;
    let sub = jose::text(claims, "sub")?.filter(|sub| !sub.is_empty()).ok_or(AssertionError::Subject)?;
    let seen_at = jose::time(claims, "auth_time")?.or(issued).map_or(now, |at| at.min(now));
    let once = Once {
        kind: "authorization grant",
        owner: issuer.id.to_string(),
        jti: jti.to_owned(),
        until: expires.plus(AHEAD),
    };
    Ok(Assertion { issuer, sub: sub.to_owned(), seen_at, once })
}

/// What is asked for, of what there is.
fn of_available(request: &TokenRequest<'_>, available: &[String]) -> Result<Target, TokenError> {
    let named = request.asked().scopes;
    if let Some(wider) = named.iter().find(|scope| !available.contains(scope)) {
        return Err(TokenError::Scope(wider.clone()));
    }
    Ok(request.target(&[], available, &named)?)
}

/// What the issuer, the product and the client's registration all allow.
fn available(product: &Product, client: &Client, issuer: &IssuerRow) -> Vec<String> {
    let enabled = product.scopes.iter().map(|scope| scope.name.clone());
    let may: Vec<String> = enabled.filter(|scope| client.metadata.may_ask_for(scope)).collect();
    scopes::among(&may, &issuer.scopes())
}

async fn for_service(request: &TokenRequest<'_>, issuer: &IssuerRow) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, client, product, confirmation, .. } = request.clone();
    // What has no subject gives nothing to whoever comes along.
    if issuer.subject.is_none() {
        return Err(AssertionError::Subject.into());
    }
    let target = of_available(request, &available(product, client, issuer))?;
    let wanted = Wanted { scopes: &target.scopes, audience: &target.audience, confirmation };
    let token = AccessToken::for_client(ctx, client, wanted)?;
    told(request, token).await
}

async fn for_person(
    request: &TokenRequest<'_>,
    issuer: &IssuerRow,
    sub: &str,
    seen_at: Timestamp,
) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, client, product, confirmation, .. } = request.clone();
    let subject = who(ctx, client, product, sub).await?.ok_or(AssertionError::Subject)?;
    let consent = consent::find(ctx, subject, product.id).await?.ok_or(AssertionError::Subject)?;
    // They are not there, so they must have allowed that; and who names a number must know it.
    let allowed = |name: &str| consent.scopes.iter().any(|scope| scope == name);
    if !allowed("offline_access") || (product.audience == Audience::Subscribers && !allowed("phone")) {
        return Err(AssertionError::Subject.into());
    }
    let mut available = scopes::among(&available(product, client, issuer), &consent.scopes);
    // Nor must they be there for what is for one moment alone, and so for none without them.
    available.retain(|scope| scope != "offline_access" && product.refreshable(std::slice::from_ref(scope)));
    let target = of_available(request, &available)?;
    let code = code(ctx, client, subject, &consent, target.scopes, seen_at)?;
    let grant = grant::redeem(ctx, client, product, code, None).await?;
    let wanted = Wanted { scopes: &grant.scopes, audience: &target.audience, confirmation };
    told(request, AccessToken::for_grant(ctx, client, &grant, wanted)?).await
}

/// Whom a `sub` means: a subscriber by the number, in E.164; a portal user as ID tokens tell them
/// to this client.
async fn who(ctx: &Context, client: &Client, product: &Product, sub: &str) -> Result<Option<Subject>, TokenError> {
    match product.audience {
        Audience::Subscribers => {
            // One spelling: two for one person would be two subjects to whoever compares them.
            let number = PhoneNumber::parse(sub).ok().filter(|number| number.as_str() == sub);
            let Some(number) = number else { return Ok(None) };
            let subscriber = subscriber::by_phone_number(ctx, &number).await?;
            Ok(subscriber.map(|subscriber| Subject::Subscriber(subscriber.id)))
        }
        Audience::Users => {
            let id = sub.strip_prefix("usr_").and_then(|id| Uuid::try_parse(id).ok());
            Ok(id.map(Subject::User).filter(|subject| subject.sub(ctx, client) == sub))
        }
        Audience::Operators => Ok(None),
    }
}

fn code(
    ctx: &Context,
    client: &Client,
    subject: Subject,
    consent: &Consent,
    scopes: Vec<String>,
    seen_at: Timestamp,
) -> Result<Code, TokenError> {
    let now = ctx.now();
    Ok(Code {
        id: ctx.new_id()?,
        client: client.id,
        consent: consent.id,
        subject,
        session: ctx.new_id()?,
        amr: String::new(),
        acr: acr::ASSERTED.to_owned(),
        redirect_uri_hash: None,
        scopes,
        nonce: None,
        code_challenge: None,
        claims: ClaimsRequest::default(),
        resources: Vec::new(),
        dpop_jkt: None,
        auth_time: seen_at,
        issued_at: now,
        expires_at: now.plus(ctx.settings().lifetimes.code),
    })
}

async fn told(request: &TokenRequest<'_>, token: AccessToken) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, client, .. } = *request;
    Ok(Tokens {
        access_token: token.encode(ctx, api::format(ctx, client, &token.audience).await?)?,
        expires_in: token.expires_at.since(token.issued_at) / 1000,
        id_token: None,
        issued_token_type: None,
        refresh_token: None,
        token_type: token.token_type(),
        scope: token.scope,
    })
}
