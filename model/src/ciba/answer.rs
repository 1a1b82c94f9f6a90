//! The answer: what stands at the link on the phone, and how the client gets it.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{ASKED, Asked};
use crate::{
    Context, Fault, Timestamp,
    authorization::Code,
    cache::Client,
    client::Delivery,
    db::Tx,
    delivery::{self, DeliveryKind},
    entity::{AnswerState, backchannel_request},
    grant,
    poll::{self, PollError, Polled},
    seal::{open_at_rest, seal_at_rest},
    secret::{self, Kind},
};

/// The purpose of the seal.
const ANSWER: &str = "backchannel_requests.answer";

/// A request that waits for its subscriber.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its id.
    pub id: Uuid,
    /// What it asks for.
    pub asked: Asked,
    /// Who is asked.
    pub subscriber: Uuid,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
}

/// The request at whose link somebody stands. Looking does not use it up, since phones look at
/// links in messages by themselves; the answer does.
///
/// # Errors
///
/// When the database fails.
pub async fn at_link(ctx: &Context, link: &str) -> Result<Option<Waiting>, Fault> {
    if !secret::well_formed(Kind::Approval, link) {
        return Ok(None);
    }
    let row = backchannel_request::Entity::find()
        .filter(backchannel_request::Column::LinkHash.eq(secret::hash(link)))
        .filter(backchannel_request::Column::State.eq(AnswerState::Pending))
        .filter(backchannel_request::Column::ExpiresAt.gt(ctx.now()))
        .one(ctx.db().reader())
        .await?;
    let Some((row, subscriber)) = row.and_then(|row| row.subscriber_id.map(|id| (row, id))) else { return Ok(None) };
    Ok(Some(Waiting {
        id: row.id,
        asked: open_at_rest(ctx, ASKED, &row.asked_sealed)?,
        subscriber,
        created_at: row.created_at,
        expires_at: row.expires_at,
    }))
}

/// Gives the client what the subscriber has allowed. `false` when an answer was given before, or
/// the time is over.
///
/// # Errors
///
/// When the database fails.
pub async fn approve(ctx: &Context, client: &Client, waiting: &Waiting, code: &Code) -> Result<bool, Fault> {
    let sealed = seal_at_rest(ctx, ANSWER, code)?;
    answer(ctx, client, waiting, AnswerState::Approved, Some(sealed)).await
}

/// Tells the client no. `false` when an answer was given before, or the time is over.
///
/// # Errors
///
/// When the database fails.
pub async fn deny(ctx: &Context, client: &Client, waiting: &Waiting) -> Result<bool, Fault> {
    answer(ctx, client, waiting, AnswerState::Denied, None).await
}

struct Answer {
    ctx: Context,
    id: Uuid,
    state: AnswerState,
    sealed: Option<String>,
    ping: Option<delivery::New>,
}

/// Of several answers the first counts: one conditional update, which pings the client, too.
async fn answer(
    ctx: &Context,
    client: &Client,
    waiting: &Waiting,
    state: AnswerState,
    sealed: Option<String>,
) -> Result<bool, Fault> {
    let ping = ping(ctx, client, waiting);
    let answer = Answer { ctx: ctx.clone(), id: waiting.id, state, sealed, ping };
    ctx.db()
        .write(answer, |tx, answer| {
            Box::pin(async move {
                let row = backchannel_request::ActiveModel {
                    state: Set(answer.state),
                    answer_sealed: Set(answer.sealed.clone()),
                    ..Default::default()
                };
                let updated = backchannel_request::Entity::update_many()
                    .set(row)
                    .filter(backchannel_request::Column::Id.eq(answer.id))
                    .filter(backchannel_request::Column::State.eq(AnswerState::Pending))
                    .filter(backchannel_request::Column::ExpiresAt.gt(answer.ctx.now()))
                    .exec(tx)
                    .await?;
                if updated.rows_affected != 1 {
                    return Ok(false);
                }
                if let Some(ping) = &answer.ping {
                    delivery::queue(tx, &answer.ctx, ping.clone()).await?;
                }
                Ok::<_, Fault>(true)
            })
        })
        .await
}

/// What tells the client that there is an answer (section 10.2), if it wants to be told.
fn ping(ctx: &Context, client: &Client, waiting: &Waiting) -> Option<delivery::New> {
    let ping = waiting.asked.ping.as_ref()?;
    let Delivery::Ping { endpoint } = client.metadata.backchannel_delivery() else { return None };
    Some(delivery::New {
        kind: DeliveryKind::Ping,
        client: client.id,
        url: endpoint,
        body: serde_json::json!({ "auth_req_id": ping.auth_req_id }).to_string(),
        bearer: Some(ping.token.clone()),
        lifetime: waiting.expires_at.since(ctx.now()),
    })
}

/// What was allowed to the client that asks with `auth_req_id`. The caller redeems it
/// ([`grant::redeem`]), which works once.
///
/// # Errors
///
/// [`PollError`].
pub async fn poll(ctx: &Context, client: &Client, auth_req_id: &str) -> Result<Code, PollError> {
    let hash = secret::hash(auth_req_id);
    let polled = ctx.db().write((hash, client.id, ctx.now()), |tx, (hash, client, now)| {
        Box::pin(async move { poll_in(tx, hash, *client, *now).await })
    });
    match polled.await? {
        Ok(row) => {
            let sealed = row.answer_sealed.as_deref().ok_or(PollError::Unknown)?;
            let code: Code = open_at_rest(ctx, ANSWER, sealed)?;
            Ok(Code { expires_at: row.expires_at, ..code })
        }
        Err(PollError::ForeignClient) => {
            grant::note_foreign(ctx, client, "auth_req_id").await?;
            Err(PollError::ForeignClient)
        }
        Err(error) => Err(error),
    }
}

async fn poll_in(
    tx: &Tx,
    hash: &str,
    client: Uuid,
    now: Timestamp,
) -> Result<Result<backchannel_request::Model, PollError>, Fault> {
    let found =
        backchannel_request::Entity::find().filter(backchannel_request::Column::AuthReqIdHash.eq(hash)).one(tx).await?;
    let Some(row) = found else { return Ok(Err(PollError::Unknown)) };
    if row.client_id != client {
        return Ok(Err(PollError::ForeignClient));
    }
    match poll::at(now, row.state, row.expires_at, row.polled_at, row.poll_interval) {
        Polled::Allowed => Ok(Ok(row)),
        Polled::Over(answer) => Ok(Err(answer)),
        Polled::NotYet(answer, interval) => {
            backchannel_request::Entity::update_many()
                .set(backchannel_request::ActiveModel {
                    polled_at: Set(Some(now)),
                    poll_interval: Set(interval),
                    ..Default::default()
                })
                .filter(backchannel_request::Column::Id.eq(row.id))
                .exec(tx)
                .await?;
            Ok(Err(answer))
        }
    }
}

/// Deletes requests an hour after their time: until then a replay is recognized. A background job
/// calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now().plus(-crate::hours(1)), |tx, before| {
            Box::pin(async move {
                let deleted = backchannel_request::Entity::delete_many()
                    .filter(backchannel_request::Column::ExpiresAt.lt(*before))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
