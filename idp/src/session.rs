//! Who has signed in in a browser: single sign-on across products.
//!
//! A subscriber's session is a sealed cookie, so that looking at it costs no read, and a login no
//! write; it ends by expiry or by a revocation. A portal user's session is the portal's own.

use axum_extra::extract::CookieJar;
use http::{HeaderMap, HeaderValue};
use model::{
    Context, Fault, Timestamp, cache, change::RevokedKind, entity::Audience, key::Sealed, session, subject::Subject,
    subscriber::Subscriber,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::browser::{cookie, cookie_name};

/// The authentication contexts that we know, weakest first (OpenID Connect Core, section 2).
pub mod acr {
    /// A PIN by SMS.
    pub const SMS: &str = "urn:portico:acr:sms";
    /// A password, or another provider's word in its place; whoever has shown more has reached it, too.
    pub const PASSWORD: &str = "urn:portico:acr:password";
    /// Two factors, or a passkey that has verified its user.
    pub const MULTI_FACTOR: &str = "urn:portico:acr:mfa";
    /// Nobody signed in here: an issuer that the client trusts has asserted who it is (RFC 7523).
    /// Nobody can ask for it.
    pub const ASSERTED: &str = "urn:portico:acr:asserted";
    /// All that a request can ask for.
    pub const ALL: [&str; 3] = [SMS, PASSWORD, MULTI_FACTOR];
}

/// Who has signed in in this browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id, which is `sid` in tokens. Who signs in again keeps it: their clients know it.
    pub id: Uuid,
    /// Who.
    pub subject: Subject,
    /// A subscriber's operator.
    pub operator: Option<Uuid>,
    /// When they signed in. Single sign-on does not change it.
    pub auth_time: Timestamp,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// When they have to sign in again.
    pub expires_at: Timestamp,
}

impl Session {
    /// The session of a subscriber who has just shown that a PIN reached them: a new one, or the
    /// one `before`, if it was theirs.
    ///
    /// # Errors
    ///
    /// When there is no randomness.
    pub fn start(ctx: &Context, subscriber: &Subscriber, before: Option<&Self>) -> Result<Self, Fault> {
        let now = ctx.now();
        let subject = Subject::Subscriber(subscriber.id);
        let stays = before.filter(|before| before.subject == subject).map(|before| before.id);
        Ok(Self {
            id: stays.map_or_else(|| ctx.new_id(), Ok)?,
            subject,
            operator: Some(subscriber.operator_id),
            auth_time: now,
            amr: vec!["sms".to_owned()],
            expires_at: now.plus(ctx.settings().lifetimes.subscriber_session),
        })
    }

    /// The authentication context that the sign-in reached.
    #[must_use]
    pub fn acr(&self) -> &'static str {
        let used = |method: &str| self.amr.iter().any(|used| used == method);
        if used("sms") {
            acr::SMS
        } else if used("mfa") || used("hwk") || used("swk") {
            acr::MULTI_FACTOR
        } else {
            acr::PASSWORD
        }
    }

    /// The first of the authentication contexts that are `wanted` which the sign-in has reached.
    #[must_use]
    pub fn told(&self, wanted: &[String]) -> Option<&'static str> {
        let reached = self.acr();
        let also = (reached == acr::MULTI_FACTOR).then_some(acr::PASSWORD);
        wanted.iter().find_map(|wanted| [Some(reached), also].into_iter().flatten().find(|known| known == wanted))
    }

    /// The living session of this browser with products for `audience`.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn read(ctx: &Context, headers: &HeaderMap, audience: Audience) -> Result<Option<Self>, Fault> {
        match audience {
            Audience::Subscribers => Self::of_subscriber(ctx, headers).await,
            Audience::Users => Self::of_user(ctx, headers).await,
            Audience::Operators => Ok(None),
        }
    }

    /// A subscriber's: one that has not expired, was not ended, and whose subscriber is still one.
    async fn of_subscriber(ctx: &Context, headers: &HeaderMap) -> Result<Option<Self>, Fault> {
        let Some(session) = Self::sealed_in(ctx, headers) else { return Ok(None) };
        let over = session.expires_at <= ctx.now()
            || ctx.caches().is_revoked(RevokedKind::Session, session.id, session.auth_time)
            || session.subject.ended_since(ctx, session.auth_time);
        if over {
            return Ok(None);
        }
        let subscriber = cache::subscriber(ctx, session.subject.id()).await?;
        let living = subscriber.is_some_and(|subscriber| {
            subscriber.ended_at.is_none() && session.operator == Some(subscriber.operator_id)
        });
        Ok(living.then_some(session))
    }

    /// A portal user's.
    async fn of_user(ctx: &Context, headers: &HeaderMap) -> Result<Option<Self>, Fault> {
        let jar = CookieJar::from_headers(headers);
        let Some(cookie) = jar.get(&cookie_name(ctx, "session")) else { return Ok(None) };
        let person = session::peek(ctx, cookie.value()).await?;
        Ok(person.map(|person| Self {
            id: person.session,
            subject: Subject::User(person.user.id),
            operator: None,
            auth_time: person.auth_time,
            amr: person.amr,
            expires_at: ctx.now().plus(ctx.settings().lifetimes.portal_session),
        }))
    }

    fn sealed_in(ctx: &Context, headers: &HeaderMap) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        ctx.open_sealed(Sealed::Session, jar.get(&cookie_name(ctx, "subscriber"))?.value())
    }

    /// The cookie that carries a subscriber's.
    ///
    /// # Errors
    ///
    /// When it cannot be sealed.
    pub fn set_cookie(&self, ctx: &Context) -> Result<HeaderValue, Fault> {
        let sealed = ctx.seal(Sealed::Session, self)?;
        let max_age = self.expires_at.since(ctx.now()) / 1000;
        HeaderValue::from_str(&cookie(ctx, "subscriber", &sealed, Some(max_age)))
            .map_err(|_| Fault::Crypto("a sealed session is not a cookie"))
    }

    /// The cookie that ends it in this browser.
    #[must_use]
    pub fn clear_cookie(&self, ctx: &Context) -> HeaderValue {
        let name = match self.subject {
            Subject::Subscriber(_) => "subscriber",
            Subject::User(_) => "session",
        };
        HeaderValue::from_str(&cookie(ctx, name, "", Some(0))).unwrap_or(HeaderValue::from_static(""))
    }
}
