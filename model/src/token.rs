//! Access tokens. Issuing one writes nothing: what it says is sealed in the token, or signed when
//! the client's format is JWT (RFC 9068). Reading one checks the seal or the signature, the
//! expiry, and a small set in memory of what was revoked.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Context, Fault, Timestamp,
    authorization::Confirmation,
    cache::Client,
    change::RevokedKind,
    entity::{SigningAlg, TokenFormat},
    grant::{self, Grant},
    key::{self, Sealed, SigningKey},
    scopes,
    subject::Subject,
};

/// The `typ` of JWT access tokens (RFC 9068, section 2.1).
const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Its own id.
    pub id: Uuid,
    /// The client's public identifier.
    pub client_id: String,
    /// The client's row.
    pub client: Uuid,
    /// The product of the client.
    pub product: Uuid,
    /// For whom it speaks; absent for client credentials, where the client speaks for itself.
    pub about: Option<About>,
    /// Its `sub`.
    pub sub: String,
    /// What it allows, space-delimited.
    pub scope: String,
    /// For whom it is (RFC 8707); empty for the provider's own endpoints.
    pub audience: Vec<String>,
    /// To which key it is bound.
    pub confirmation: Option<Confirmation>,
    /// Who acts for the subject, if somebody else does (RFC 8693, section 4.1): the acting
    /// client's id, the most recent first.
    pub actors: Vec<String>,
    /// The tokens that it was exchanged from, the most recent first. It dies with each of them.
    pub origins: Vec<Origin>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it is void.
    pub expires_at: Timestamp,
}

/// The person whom an access token is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Which grant it belongs to.
    pub grant: Uuid,
    /// Which consent that stands on.
    pub consent: Uuid,
    /// In which session they signed in.
    pub session: Uuid,
    /// Who.
    pub subject: Subject,
    /// When they signed in.
    pub auth_time: Timestamp,
    /// In which authentication context.
    pub acr: String,
    /// Claims that userinfo tells beyond those of the scopes.
    pub claims: Vec<String>,
}

/// A token that another one was exchanged from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Its id.
    pub token: Uuid,
    /// The row of the client that had it.
    pub client: Uuid,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// What an access token is to be.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// What it allows.
    pub scopes: &'a [String],
    /// For whom; empty for the provider's own endpoints.
    pub audience: &'a [String],
    /// To which key it is bound.
    pub confirmation: Option<Confirmation>,
}

impl AccessToken {
    /// A token under a grant.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when there is no randomness.
    pub fn for_grant(ctx: &Context, client: &Client, grant: &Grant, wanted: Wanted<'_>) -> Result<Self, Fault> {
        let about = About {
            grant: grant.id,
            consent: grant.consent,
            session: grant.session,
            subject: grant.subject,
            auth_time: grant.auth_time,
            acr: grant.acr.clone(),
            claims: grant.claims.userinfo.clone(),
        };
        let sub = grant.subject.sub(ctx, client);
        Self::new(ctx, client, Some(about), sub, wanted)
    }

    /// A token with which the client speaks for itself.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when there is no randomness.
    pub fn for_client(ctx: &Context, client: &Client, wanted: Wanted<'_>) -> Result<Self, Fault> {
        Self::new(ctx, client, None, client.client_id.clone(), wanted)
    }

    /// A token with which `client` acts for whoever `subject` is about (RFC 8693). It lives no
    /// longer than that one, and dies with it.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when there is no randomness.
    pub fn exchanged(ctx: &Context, client: &Client, subject: &Self, wanted: Wanted<'_>) -> Result<Self, Fault> {
        let token = Self::new(ctx, client, subject.about.clone(), subject.sub.clone(), wanted)?;
        let actors = std::iter::once(client.client_id.clone()).chain(subject.actors.iter().cloned()).collect();
        let origin = Origin { token: subject.id, client: subject.client, issued_at: subject.issued_at };
        let origins = std::iter::once(origin).chain(subject.origins.iter().copied()).collect();
        Ok(Self { actors, origins, expires_at: token.expires_at.min(subject.expires_at), ..token })
    }

    fn new(
        ctx: &Context,
        client: &Client,
        about: Option<About>,
        sub: String,
        wanted: Wanted<'_>,
    ) -> Result<Self, Fault> {
        let now = ctx.now();
        let longest = ctx.settings().lifetimes.access_token;
        let own = client.metadata.access_token_lifetime.map(|seconds| seconds.saturating_mul(1000));
        Ok(Self {
            id: ctx.new_id()?,
            client_id: client.client_id.clone(),
            client: client.id,
            product: client.product_id,
            about,
            sub,
            scope: scopes::join(wanted.scopes),
            audience: wanted.audience.to_vec(),
            confirmation: wanted.confirmation,
            actors: Vec::new(),
            origins: Vec::new(),
            issued_at: now,
            expires_at: now.plus(own.map_or(longest, |own| own.min(longest))),
        })
    }

    /// What `token_type` says of it (RFC 6750; RFC 9449, section 5); one that is bound to a
    /// certificate is shown like any other.
    #[must_use]
    pub const fn token_type(&self) -> &'static str {
        match self.confirmation {
            Some(Confirmation::Jkt(_)) => "DPoP",
            Some(Confirmation::Certificate(_)) | None => "bearer",
        }
    }

    /// Its audience: what it was asked for, or the provider itself.
    #[must_use]
    pub fn audience_or_own<'a>(&'a self, ctx: &'a Context) -> Vec<&'a str> {
        if self.audience.is_empty() {
            vec![&ctx.settings().issuer]
        } else {
            self.audience.iter().map(String::as_str).collect()
        }
    }

    /// Whether it allows `scope`.
    #[must_use]
    pub fn allows(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|allowed| allowed == scope)
    }

    /// The token as the client gets it.
    ///
    /// # Errors
    ///
    /// [`Fault`] when it cannot be sealed or signed.
    pub fn encode(&self, ctx: &Context, format: TokenFormat) -> Result<String, Fault> {
        match format {
            TokenFormat::Opaque => ctx.seal(Sealed::AccessToken, self),
            TokenFormat::Jwt => {
                let claims = JwtClaims {
                    iss: &ctx.settings().issuer,
                    sub: &self.sub,
                    aud: Audience(&self.audience_or_own(ctx)),
                    client_id: &self.client_id,
                    scope: &self.scope,
                    jti: self.id,
                    iat: self.issued_at.seconds(),
                    exp: self.expires_at.seconds(),
                    auth_time: self.about.as_ref().map(|about| about.auth_time.seconds()),
                    acr: self.about.as_ref().map(|about| about.acr.as_str()),
                    cnf: self.confirmation.as_ref(),
                    act: Actor::chain(&self.actors),
                    // What our own endpoints need to know is sealed: it is nobody else's business.
                    ptc: ctx.seal(Sealed::AccessToken, self)?,
                };
                ctx.keys().signer(SigningAlg::Es256, ctx.now())?.sign_jwt(ACCESS_TOKEN_TYPE, &claims)
            }
        }
    }

    /// Reads a token that we issued and that is still good: not expired, nothing that it hangs
    /// from revoked. Anything else is `None`.
    #[must_use]
    pub fn read(ctx: &Context, text: &str) -> Option<Self> {
        let token: Self = if text.contains('.') {
            ctx.open_sealed(Sealed::AccessToken, &verified_jwt(ctx, text)?)?
        } else {
            ctx.open_sealed(Sealed::AccessToken, text)?
        };
        (ctx.now() < token.expires_at && !token.revoked(ctx)).then_some(token)
    }

    fn revoked(&self, ctx: &Context) -> bool {
        // What was exchanged is as old as its first origin: this node may have heard of the end of
        // that one only after the exchange.
        let since = self.origins.last().map_or(self.issued_at, |first| first.issued_at);
        let revoked = |kind, id| ctx.caches().is_revoked(kind, id, since);
        revoked(RevokedKind::Token, self.id)
            || ctx.caches().is_revoked(RevokedKind::Client, self.client, self.issued_at)
            || self.origins.iter().any(|origin| {
                let ended = |kind, id| ctx.caches().is_revoked(kind, id, origin.issued_at);
                ended(RevokedKind::Token, origin.token) || ended(RevokedKind::Client, origin.client)
            })
            || self.about.as_ref().is_some_and(|about| {
                revoked(RevokedKind::Grant, about.grant)
                    || revoked(RevokedKind::Consent, about.consent)
                    || revoked(RevokedKind::Session, about.session)
                    || revoked(RevokedKind::Subscriber, about.subject.id())
            })
    }
}

#[derive(Serialize)]
struct JwtClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Audience<'a>,
    client_id: &'a str,
    scope: &'a str,
    jti: Uuid,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<&'a Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Actor<'a>>,
    ptc: String,
}

/// `aud`: one audience is a string, several are a list (RFC 7519, section 4.1.3).
pub struct Audience<'a>(pub &'a [&'a str]);

impl Serialize for Audience<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            [one] => serializer.serialize_str(one),
            several => several.serialize(serializer),
        }
    }
}

/// `act` (RFC 8693, section 4.1): who acts, and for whom they acted before.
#[derive(Debug, Serialize)]
pub struct Actor<'a> {
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Box<Actor<'a>>>,
}

impl<'a> Actor<'a> {
    /// The chain, the most recent actor outermost.
    #[must_use]
    pub fn chain(actors: &'a [String]) -> Option<Self> {
        let (first, rest) = actors.split_first()?;
        Some(Self { sub: first, act: Self::chain(rest).map(Box::new) })
    }
}

/// Revokes one access token (RFC 7009).
///
/// # Errors
///
/// When the database fails.
pub async fn revoke(ctx: &Context, token: &AccessToken) -> Result<(), Fault> {
    ctx.db()
        .write((ctx.clone(), token.id), |tx, (ctx, id)| {
            Box::pin(async move { grant::revoke(tx, ctx, RevokedKind::Token, *id).await })
        })
        .await
}

/// Revokes the family of a refresh token (RFC 7009, section 2.1).
///
/// # Errors
///
/// When the database fails.
pub async fn revoke_family(ctx: &Context, refresh: &grant::RefreshToken) -> Result<(), Fault> {
    ctx.db()
        .write((ctx.clone(), refresh.grant), |tx, (ctx, id)| {
            Box::pin(async move {
                grant::revoke_grant(tx, ctx, *id, grant::Because::Client).await?;
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// Verifies the signature of one of our JWT access tokens and returns its sealed part.
fn verified_jwt(ctx: &Context, text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Ptc {
        ptc: String,
    }
    let claims: Ptc = verify_own(ctx, text, ACCESS_TOKEN_TYPE, |kid| ctx.keys().verifier(kid, ctx.now()))?;
    Some(claims.ptc)
}

/// The claims of an ID token that its issuer gets back as a hint.
#[derive(Clone, Debug, Deserialize)]
pub struct IdTokenHint {
    /// The subject towards the client.
    pub sub: String,
    /// The clients that it was issued to.
    pub aud: Vec<String>,
    /// The session.
    pub sid: Option<String>,
}

/// Reads an `id_token_hint`: ours, of the right type, with a good signature of the algorithm that
/// its key is for. It may have expired (OpenID Connect RP-Initiated Logout, section 4), and its key may
/// be published no longer.
#[must_use]
pub fn read_hint(ctx: &Context, text: &str) -> Option<IdTokenHint> {
    let kept = key::kept_for_hints(ctx);
    verify_own(ctx, text, "JWT", |kid| ctx.keys().hint_verifier(kid, ctx.now(), kept))
}

/// Verifies a JWT that we signed: `find` knows the keys that count by `kid`, the key's algorithm and
/// the type are pinned, nothing in the header is believed. Expiry is not checked.
fn verify_own<T: serde::de::DeserializeOwned>(
    ctx: &Context,
    text: &str,
    typ: &str,
    find: impl FnOnce(&str) -> Option<Arc<SigningKey>>,
) -> Option<T> {
    let header = jsonwebtoken::decode_header(text).ok()?;
    if header.typ.as_deref() != Some(typ) {
        return None;
    }
    let key = find(header.kid.as_deref()?)?;
    let algorithm = match key.alg {
        SigningAlg::Rs256 => Algorithm::RS256,
        SigningAlg::Es256 => Algorithm::ES256,
        SigningAlg::EdDsa => Algorithm::EdDSA,
    };
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation.set_issuer(&[&ctx.settings().issuer]);
    validation.set_required_spec_claims(&["iss"]);
    let data = jsonwebtoken::decode::<T>(text, key.public(), &validation).ok()?;
    Some(data.claims)
}
