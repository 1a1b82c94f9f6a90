//! What is posted to addresses of clients: logout tokens and pings. Queued in the transaction
//! that causes it, and delivered from the database with retries by [`crate::outgoing`], so that a
//! client that is slow or down delays nobody and misses nothing. Its owner sees how it went.

use std::time::Duration;

use sea_orm::{
    ActiveEnum as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Statement,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::entity::delivery::{DeliveryKind, DeliveryState};
use crate::{
    Context, Fault, Timestamp,
    client::Client,
    days,
    db::Tx,
    entity::delivery,
    logout, minutes,
    outgoing::{self, Request},
    seal::{open_at_rest, seal_at_rest},
    seconds,
};

/// The purpose of the seal.
const DOMAIN: &str = "deliveries.content";

/// How many are sent at once, and how many of them to one client: a client that is slow must not
/// keep the others waiting.
const AT_ONCE: i64 = 50;
const AT_ONCE_TO_ONE: i64 = 4;

/// How long it is shown how a delivery went, in milliseconds after it would have expired.
const SHOWN: i64 = days(7);

/// The most that a client's owner is shown.
const LISTED: u64 = 50;

/// Something to deliver.
#[derive(Clone, Debug)]
pub struct New {
    /// What it is.
    pub kind: DeliveryKind,
    /// The client's id in its table.
    pub client: Uuid,
    /// The client's address for it.
    pub url: String,
    /// A ping's is posted as it is; a logout's is a [`logout::Notice`], of which each attempt makes its
    /// form.
    pub body: String,
    /// The bearer token that the client asked for, if it did.
    pub bearer: Option<String>,
    /// How long it is worth delivering, in milliseconds.
    pub lifetime: i64,
}

#[derive(Serialize, Deserialize)]
struct Content {
    body: String,
    bearer: Option<String>,
}

impl DeliveryKind {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Logout => "application/x-www-form-urlencoded",
            Self::Ping => "application/json",
        }
    }
}

/// Queues a delivery. Returns its id.
///
/// # Errors
///
/// When the database fails.
pub async fn queue(tx: &Tx, ctx: &Context, new: New) -> Result<Uuid, Fault> {
    let now = ctx.now();
    let id = ctx.new_id()?;
    let content = Content { body: new.body, bearer: new.bearer };
    let row = delivery::ActiveModel {
        id: Set(id),
        kind: Set(new.kind),
        client_id: Set(new.client),
        url: Set(new.url),
        content_sealed: Set(seal_at_rest(ctx, DOMAIN, &content)?),
        state: Set(DeliveryState::Queued),
        attempts: Set(0),
        next_at: Set(now),
        last_status: Set(None),
        created_at: Set(now),
        expires_at: Set(now.plus(new.lifetime)),
        delivered_at: Set(None),
    };
    delivery::Entity::insert(row).exec_without_returning(tx).await?;
    // Not yet committed: whoever is woken finds it at the latest at its next look.
    ctx.delivery_queued().notify_one();
    Ok(id)
}

/// Waits until a delivery may be due: one was queued, or a second has passed.
pub async fn wait_for_work(ctx: &Context) {
    let _either = tokio::time::timeout(Duration::from_secs(1), ctx.delivery_queued().notified()).await;
}

/// Tries deliveries that are due, each once. Returns how many have arrived.
///
/// # Errors
///
/// When the database fails.
pub async fn deliver_due(ctx: &Context) -> Result<usize, Fault> {
    let deliveries = due(ctx).await?.into_iter().map(|row| deliver(ctx, row));
    let mut arrived = 0;
    for delivered in futures::future::join_all(deliveries).await {
        arrived += usize::from(delivered?);
    }
    Ok(arrived)
}

/// What is due, in the order in which it fell due, of each client no more than its share.
async fn due(ctx: &Context) -> Result<Vec<delivery::Model>, Fault> {
    let statement = Statement::from_sql_and_values(
        ctx.db().reader().get_database_backend(),
        "SELECT * FROM (SELECT deliveries.*, ROW_NUMBER() OVER (PARTITION BY client_id ORDER BY next_at, id) AS turn \
         FROM deliveries WHERE state = $1 AND next_at <= $2) AS due WHERE turn <= $3 ORDER BY next_at, id LIMIT $4",
        [DeliveryState::Queued.to_value().into(), ctx.now().0.into(), AT_ONCE_TO_ONE.into(), AT_ONCE.into()],
    );
    Ok(delivery::Entity::find().from_raw_sql(statement).all(ctx.db().reader()).await?)
}

async fn deliver(ctx: &Context, row: delivery::Model) -> Result<bool, Fault> {
    if !claim(ctx, &row).await? {
        return Ok(false);
    }
    if row.expires_at <= ctx.now() {
        let last = row.last_status.unwrap_or_else(|| "it was never tried".to_owned());
        settle(ctx, row.id, DeliveryState::Failed, format!("Given up; at last {last}")).await?;
        return Ok(false);
    }
    match attempt(ctx, &row).await? {
        Attempt::Taken(status) => {
            settle(ctx, row.id, DeliveryState::Delivered, status).await?;
            Ok(true)
        }
        Attempt::Refused(status) => {
            tracing::warn!(delivery = %row.id, status, "a delivery was refused for good");
            settle(ctx, row.id, DeliveryState::Failed, status).await?;
            Ok(false)
        }
        Attempt::Later(status) => {
            tracing::info!(delivery = %row.id, attempt = row.attempts + 1, status, "a delivery has not arrived yet");
            note(ctx, row.id, status).await?;
            Ok(false)
        }
    }
}

/// How an attempt went, in words for the client's owner. They do not say why an address cannot be
/// reached: that would be a map of our network.
enum Attempt {
    Taken(String),
    Refused(String),
    Later(String),
}

async fn attempt(ctx: &Context, row: &delivery::Model) -> Result<Attempt, Fault> {
    let content: Content = open_at_rest(ctx, DOMAIN, &row.content_sealed)?;
    let unreachable = || "the address could not be reached".to_owned();
    let Ok(url) = url::Url::parse(&row.url) else { return Ok(Attempt::Refused(unreachable())) };
    let body = match row.kind {
        DeliveryKind::Ping => content.body,
        DeliveryKind::Logout => match logout::Notice::form(ctx, &content.body).await? {
            Some(form) => form,
            None => return Ok(Attempt::Refused("the client is gone".to_owned())),
        },
    };
    let mut request = Request::post(url, row.kind.content_type(), body.into_bytes());
    if let Some(bearer) = &content.bearer {
        request = request.bearer(bearer);
    }
    Ok(match outgoing::send(ctx, request).await {
        Ok(answer) => {
            let words = format!("answered {}", answer.status);
            match answer.status {
                200..300 => Attempt::Taken(words),
                // It has understood us, and does not want this very one.
                400 => Attempt::Refused(words),
                _ => Attempt::Later(words),
            }
        }
        Err(_) => Attempt::Later(unreachable()),
    })
}

/// How long after its n-th attempt (from 1) a delivery is tried again, in milliseconds.
fn backoff(attempt: i32) -> i64 {
    let doubled = seconds(5) << attempt.clamp(0, 12);
    doubled.min(minutes(30))
}

/// Takes a due delivery for one attempt: of several nodes, one.
async fn claim(ctx: &Context, row: &delivery::Model) -> Result<bool, Fault> {
    // Not beyond the end: giving up is noted then, not at some later time.
    let next = ctx.now().plus(backoff(row.attempts + 1)).min(row.expires_at.max(ctx.now().plus(seconds(1))));
    ctx.db()
        .write((row.id, row.attempts, next), |tx, (id, attempts, next)| {
            Box::pin(async move {
                let updated = delivery::Entity::update_many()
                    .col_expr(delivery::Column::Attempts, (*attempts + 1).into())
                    .col_expr(delivery::Column::NextAt, next.0.into())
                    .filter(delivery::Column::Id.eq(*id))
                    .filter(delivery::Column::Attempts.eq(*attempts))
                    .filter(delivery::Column::State.eq(DeliveryState::Queued))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(updated.rows_affected == 1)
            })
        })
        .await
}

/// Ends a delivery's life; the content goes.
async fn settle(ctx: &Context, id: Uuid, state: DeliveryState, status: String) -> Result<(), Fault> {
    let row = delivery::ActiveModel {
        state: Set(state),
        content_sealed: Set(String::new()),
        delivered_at: Set((state == DeliveryState::Delivered).then(|| ctx.now())),
        last_status: Set(Some(status)),
        ..Default::default()
    };
    update(ctx, id, row).await
}

async fn note(ctx: &Context, id: Uuid, status: String) -> Result<(), Fault> {
    update(ctx, id, delivery::ActiveModel { last_status: Set(Some(status)), ..Default::default() }).await
}

async fn update(ctx: &Context, id: Uuid, row: delivery::ActiveModel) -> Result<(), Fault> {
    ctx.db()
        .write((id, row), |tx, (id, row)| {
            Box::pin(async move {
                delivery::Entity::update_many().set(row.clone()).filter(delivery::Column::Id.eq(*id)).exec(tx).await?;
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// The deliveries of a client.
#[must_use]
pub const fn of(client: &Client) -> Of {
    Of { client: client.id }
}

/// The deliveries of one client.
#[derive(Clone, Copy, Debug)]
pub struct Of {
    client: Uuid,
}

/// A delivery as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub kind: DeliveryKind,
    /// Where it goes.
    pub url: String,
    /// Where it is in its life.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried next, if it is.
    pub next_at: Option<Timestamp>,
    /// How the last attempt went, in words.
    pub last_status: Option<String>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it has arrived.
    pub delivered_at: Option<Timestamp>,
}

impl Of {
    /// The newest ones, newest first.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn list(self, ctx: &Context) -> Result<Vec<Listed>, Fault> {
        let rows = delivery::Entity::find()
            .filter(delivery::Column::ClientId.eq(self.client))
            .order_by_desc(delivery::Column::Id)
            .limit(LISTED)
            .all(ctx.db().reader())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| Listed {
                next_at: (row.state == DeliveryState::Queued).then_some(row.next_at),
                id: row.id,
                kind: row.kind,
                url: row.url,
                state: row.state,
                attempts: row.attempts,
                last_status: row.last_status,
                created_at: row.created_at,
                delivered_at: row.delivered_at,
            })
            .collect())
    }
}

/// Deletes what is over and was shown long enough. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now().plus(-SHOWN), |tx, before| {
            Box::pin(async move {
                let deleted = delivery::Entity::delete_many()
                    .filter(delivery::Column::ExpiresAt.lt(*before))
                    .filter(delivery::Column::State.ne(DeliveryState::Queued))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
