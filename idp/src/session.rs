//! A subscriber's session: single sign-on across products. It is a sealed cookie, so that looking
//! at it costs no read, and a login no write; it ends by expiry or by a revocation.

use axum_extra::extract::CookieJar;
use http::{HeaderMap, HeaderValue};
use model::{Context, Fault, Timestamp, cache, change::RevokedKind, key::Sealed, subscriber::Subscriber};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::browser::{cookie, cookie_name};

/// Who has signed in in this browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id, which is `sid` in tokens; a new one at every login.
    pub id: Uuid,
    /// Who.
    pub subscriber: Uuid,
    /// Their operator.
    pub operator: Uuid,
    /// When they signed in. Single sign-on does not change it.
    pub auth_time: Timestamp,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// When they have to sign in again.
    pub expires_at: Timestamp,
}

impl Session {
    /// A new session of a subscriber who has just shown that a PIN reached them.
    ///
    /// # Errors
    ///
    /// When there is no randomness.
    pub fn start(ctx: &Context, subscriber: &Subscriber) -> Result<Self, Fault> {
        let now = ctx.now();
        Ok(Self {
            id: ctx.new_id()?,
            subscriber: subscriber.id,
            operator: subscriber.operator_id,
            auth_time: now,
            amr: vec!["otp".to_owned(), "sms".to_owned()],
            expires_at: now.plus(ctx.settings().lifetimes.subscriber_session),
        })
    }

    /// The living session of this browser: one that has not expired, was not ended, and whose
    /// subscriber is still one.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn read(ctx: &Context, headers: &HeaderMap) -> Result<Option<Self>, Fault> {
        let Some(session) = Self::sealed_in(ctx, headers) else { return Ok(None) };
        let caches = ctx.caches();
        let over = session.expires_at <= ctx.now()
            || caches.is_revoked(RevokedKind::Session, session.id, session.auth_time)
            || caches.is_revoked(RevokedKind::Subscriber, session.subscriber, session.auth_time);
        if over {
            return Ok(None);
        }
        let subscriber = cache::subscriber(ctx, session.subscriber).await?;
        let living = subscriber
            .is_some_and(|subscriber| subscriber.ended_at.is_none() && subscriber.operator_id == session.operator);
        Ok(living.then_some(session))
    }

    fn sealed_in(ctx: &Context, headers: &HeaderMap) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        ctx.open_sealed(Sealed::Session, jar.get(&cookie_name(ctx, "subscriber"))?.value())
    }

    /// The cookie that carries it.
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
    pub fn clear_cookie(ctx: &Context) -> HeaderValue {
        HeaderValue::from_str(&cookie(ctx, "subscriber", "", Some(0))).unwrap_or(HeaderValue::from_static(""))
    }
}
