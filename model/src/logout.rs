//! The end of a session, everywhere it was used: the access tokens that were issued in it are
//! void, and the clients that got them are told, by a logout token that we post (OpenID Connect
//! Back-Channel Logout 1.0) or through the browser (OpenID Connect Front-Channel Logout 1.0).
//!
//! Refresh tokens with `offline_access` outlive a session: that is what they are for
//! (Back-Channel Logout, section 2.7).

use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, JoinType, QueryFilter as _, QuerySelect as _};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use crate::{
    Context, Fault, cache,
    change::RevokedKind,
    client::Metadata,
    days,
    db::Tx,
    delivery::{self, DeliveryKind},
    entity::{SubjectKind, client, grant},
    grant::revoke,
    minutes, redirect_uri,
    subject::Subject,
};

/// The `typ` of logout tokens (Back-Channel Logout, section 2.4).
const TYPE: &str = "logout+jwt";

/// What a logout token says that it is about (the same section).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// How long a logout token lives, from when it is sent.
const TOKEN_LIFE: i64 = minutes(2);

/// How long it is tried to tell a client.
const WORTH: i64 = days(1);

/// What a client is told: all but its signature, which is made for each attempt, since a logout
/// token lives shorter than a client may be down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The client's public identifier.
    pub client_id: String,
    /// Whose session has ended.
    pub subject: Subject,
    /// Which.
    pub session: Uuid,
}

#[derive(Serialize)]
struct LogoutToken<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: String,
    sid: Uuid,
    iat: i64,
    exp: i64,
    jti: Uuid,
    events: serde_json::Value,
}

impl Notice {
    /// As a delivery keeps it.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when it cannot be encoded.
    pub fn to_text(&self) -> Result<String, Fault> {
        serde_json::to_string(self).map_err(|_| Fault::Crypto("encoding a logout"))
    }

    /// The form that is posted now (Back-Channel Logout, section 2.5), with a token signed as the
    /// client's ID tokens are. `None` when the client is gone.
    pub(crate) async fn form(ctx: &Context, text: &str) -> Result<Option<String>, Fault> {
        let notice: Self =
            serde_json::from_str(text).map_err(|_| Fault::Stored("a logout is not understood".to_owned()))?;
        let Some(client) = cache::client(ctx, &notice.client_id).await? else { return Ok(None) };
        let now = ctx.now();
        let token = LogoutToken {
            iss: &ctx.settings().issuer,
            aud: &client.client_id,
            sub: notice.subject.sub(ctx, &client),
            sid: notice.session,
            iat: now.seconds(),
            exp: now.plus(TOKEN_LIFE).seconds(),
            // A new one each time: a client that remembers them must not refuse another attempt.
            jti: ctx.new_id()?,
            events: json!({ EVENT: {} }),
        };
        let token = ctx.keys().signer(client.id_token_alg, now)?.sign_jwt(TYPE, &token)?;
        Ok(Some(format!("logout_token={token}")))
    }
}

/// Ends a session that has no row: a subscriber's.
///
/// # Errors
///
/// When the database fails.
pub async fn end(ctx: &Context, session: Uuid) -> Result<(), Fault> {
    ctx.db()
        .write((ctx.clone(), session), |tx, (ctx, session)| {
            Box::pin(async move { end_in(tx, ctx, std::slice::from_ref(session)).await })
        })
        .await
}

/// Ends what was issued in sessions, and queues the telling of their clients. The sessions' own
/// rows are the caller's.
///
/// # Errors
///
/// When the database fails.
pub(crate) async fn end_in(tx: &Tx, ctx: &Context, sessions: &[Uuid]) -> Result<(), Fault> {
    for session in sessions {
        revoke(tx, ctx, RevokedKind::Session, *session).await?;
    }
    for user in users_of(tx, sessions).await? {
        let Some(url) = Metadata::parse(&user.metadata).backchannel_logout_uri else { continue };
        let notice = Notice { client_id: user.client_id, subject: user.subject, session: user.session };
        let new = delivery::New {
            kind: DeliveryKind::Logout,
            client: user.client,
            url,
            body: notice.to_text()?,
            bearer: None,
            lifetime: WORTH,
        };
        delivery::queue(tx, ctx, new).await?;
    }
    Ok(())
}

/// A client that got tokens in a session.
struct User {
    client: Uuid,
    client_id: String,
    metadata: String,
    session: Uuid,
    subject: Subject,
}

/// The clients that got tokens in `sessions`, also those whose tokens have ended since: they may
/// have a session of their own that hangs from ours.
async fn users_of(db: &impl ConnectionTrait, sessions: &[Uuid]) -> Result<Vec<User>, Fault> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    let to_client = grant::Entity::belongs_to(client::Entity).from(grant::Column::ClientId).to(client::Column::Id);
    let rows: Vec<(Uuid, String, String, Uuid, SubjectKind, Uuid)> = grant::Entity::find()
        .select_only()
        .distinct()
        .column(grant::Column::ClientId)
        .column_as(client::Column::ClientId, "public_id")
        .column(client::Column::Metadata)
        .column(grant::Column::SessionId)
        .column(grant::Column::SubjectKind)
        .column(grant::Column::SubjectId)
        .join(JoinType::InnerJoin, to_client.into())
        .filter(grant::Column::SessionId.is_in(sessions.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(client, client_id, metadata, session, kind, subject)| User {
            client,
            client_id,
            metadata,
            session,
            subject: Subject::new(kind, subject),
        })
        .collect())
}

/// What the browser loads when a session ends, so that its clients notice: their front-channel
/// addresses, with `iss` and `sid` where a client wants to be told (Front-Channel Logout, section
/// 2).
///
/// # Errors
///
/// When the database fails.
pub async fn frames(ctx: &Context, session: Uuid) -> Result<Vec<String>, Fault> {
    let sid = session.to_string();
    let told = [("iss", ctx.settings().issuer.as_str()), ("sid", sid.as_str())];
    let users = users_of(ctx.db().reader(), &[session]).await?;
    let mut frames: Vec<String> = users
        .iter()
        .filter_map(|user| {
            let metadata = Metadata::parse(&user.metadata);
            let uri = metadata.frontchannel_logout_uri?;
            let wants = metadata.frontchannel_logout_session_required;
            Some(if wants { redirect_uri::with_query(&uri, &told) } else { uri })
        })
        .collect();
    frames.sort();
    frames.dedup();
    Ok(frames)
}

/// Where frames are loaded from, as a page's policy says it: scheme, host and port, each once.
#[must_use]
pub fn origins(frames: &[String]) -> Vec<String> {
    let urls = frames.iter().filter_map(|uri| Url::parse(uri).ok());
    let mut origins: Vec<String> = urls.map(|url| url.origin().ascii_serialization()).collect();
    origins.sort();
    origins.dedup();
    origins
}
