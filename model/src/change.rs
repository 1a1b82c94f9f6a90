//! How a committed change reaches what is held in memory, here and on other nodes.

use std::time::Duration;

use sea_orm::sqlx::postgres::PgListener;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{Context, Timestamp, cache, key};

/// The channel of PostgreSQL's `NOTIFY`.
pub(crate) const CHANNEL: &str = "portico_changes";

/// Something that memory may hold has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A client, its URIs or its secrets; by `client_id`.
    Client(String),
    /// A product, its scopes, its distribution; by id.
    Product(Uuid),
    /// An operator's brand; by id.
    Operator(Uuid),
    /// A subscriber; by id.
    Subscriber(Uuid),
    /// What somebody allows a product.
    Consent {
        /// The row of the subscriber or portal user.
        subject: Uuid,
        /// The product.
        product: Uuid,
    },
    /// The catalogue of APIs and scopes.
    Scopes,
    /// A portal session; by the hash of its id.
    Session(String),
    /// A portal user, what they belong to, or any of their sessions; by the user's id.
    User(Uuid),
    /// An organization's name, or its end; by id.
    Organization(Uuid),
    /// When secrets and keys of clients were used last.
    CredentialsUsed,
    /// Something that nobody has named: nothing that is held is to be believed.
    Unnamed,
    /// Signing or sealing keys.
    Keys,
    /// Something was revoked.
    Revoked {
        /// What kind of thing.
        kind: RevokedKind,
        /// Its id.
        id: Uuid,
        /// Whatever was issued until then is void.
        at: Timestamp,
        /// When the last token concerned has expired by itself.
        expires_at: Timestamp,
    },
}

/// What can be revoked as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedKind {
    /// One authorization of one client.
    Grant,
    /// All that a subscriber allowed a product.
    Consent,
    /// A subscriber's single sign-on session.
    Session,
    /// All tokens of a client.
    Client,
    /// All tokens about a subscriber.
    Subscriber,
    /// One access token.
    Token,
}

/// Starts to follow changes: the own ones after each commit, and on PostgreSQL those of others, which it
/// hears once this returns unless the first try failed.
pub(crate) async fn follow(ctx: &Context) {
    // The caches, not the context: the database must not keep itself alive.
    let caches = std::sync::Arc::clone(ctx.caches());
    ctx.db().set_on_change(move |changes| changes.iter().for_each(|change| caches.apply(change)));
    if ctx.db().kind() == "postgres" {
        ctx.caches().hear(false);
        let (listening, heard) = oneshot::channel();
        tokio::spawn(listen(ctx.clone(), listening));
        let _listening_or_trying_again = heard.await;
    }
}

async fn listen(ctx: Context, listening: oneshot::Sender<()>) {
    let mut listening = Some(listening);
    loop {
        if let Err(error) = listen_once(&ctx, &mut listening).await {
            tracing::warn!(%error, "changes of other nodes cannot be heard; trying again");
        }
        ctx.caches().hear(false);
        listening = None;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen_once(ctx: &Context, listening: &mut Option<oneshot::Sender<()>>) -> Result<(), crate::Fault> {
    let Some(connection) = ctx.db().postgres() else { return Ok(()) };
    let pool = connection.get_postgres_connection_pool();
    let sqlx = |error| crate::Fault::Database(sea_orm::DbErr::Custom(format!("listening: {error}")));
    let mut listener = PgListener::connect_with(pool).await.map_err(sqlx)?;
    listener.listen(CHANNEL).await.map_err(sqlx)?;
    // What was missed while nobody listened is unknown: start from the database again.
    ctx.caches().forget_all();
    ctx.caches().hear(true);
    key::reload(ctx).await?;
    cache::load(ctx).await?;
    if let Some(listening) = listening.take() {
        let _whoever_waits_is_gone = listening.send(());
    }
    while let Some(notification) = listener.try_recv().await.map_err(sqlx)? {
        match serde_json::from_str::<Change>(notification.payload()) {
            Ok(Change::Keys) => key::reload(ctx).await?,
            Ok(change) => ctx.caches().apply(&change),
            Err(error) => {
                tracing::warn!(%error, "a change of another node is not understood");
                ctx.caches().apply(&Change::Unnamed);
            }
        }
    }
    Ok(())
}
