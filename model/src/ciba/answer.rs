//! The answer: what stands at the link on the phone, and how the client gets it.

use std::sync::Arc;

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{ASKED, Asked};
use crate::{
    Context, Fault, Timestamp,
    authorization::Code,
    cache::{Client, Product},
    client::Delivery,
    consent::{self, Allow, Consent, GrantError},
    db::Tx,
    delivery::{self, DeliveryKind},
    entity::{AnswerState, backchannel_request},
    grant,
    poll::{self, PollError, Polled},
    seal::{open_at_rest, seal_at_rest},
    secret::{self, Kind},
    subject::Subject,
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

/// Stores what the subscriber allows of what was asked, and gives it to the client, as `code` makes
/// it of the consent. Both or neither: `false` when an answer was given before, or the time is over.
///
/// # Errors
///
/// [`GrantError`] when the answer does not fit the question.
pub async fn approve<C>(
    ctx: &Context,
    client: &Client,
    product: &Product,
    waiting: &Waiting,
    allowed: &[String],
    code: C,
) -> Result<bool, GrantError>
where
    C: Fn(&Consent) -> Code + Send + Sync + 'static,
{
    let subject = Subject::Subscriber(waiting.subscriber);
    let allow = consent::checked(ctx, subject, product, &waiting.asked.scopes, allowed, false).await?;
    let answer = Answer::of(ctx, client, waiting, AnswerState::Approved);
    let approving = Arc::new(Approving { answer, allow, code });
    let write = || {
        ctx.db().write(Arc::clone(&approving), |tx, approving| Box::pin(async move { approve_in(tx, approving).await }))
    };
    match write().await {
        Err(error) if error.was_first() => write().await,
        approved => approved,
    }
}

struct Approving<C> {
    answer: Answer,
    allow: Allow,
    code: C,
}

async fn approve_in<C: Fn(&Consent) -> Code>(tx: &Tx, approving: &Approving<C>) -> Result<bool, GrantError> {
    let Approving { answer, allow, code } = approving;
    // First the answer: one that does not count leaves no consent.
    if !answer_in(tx, answer).await? {
        return Ok(false);
    }
    let consent = consent::store(tx, allow).await?;
    let sealed = seal_at_rest(&answer.ctx, ANSWER, &code(&consent))?;
    backchannel_request::Entity::update_many()
        .set(backchannel_request::ActiveModel { answer_sealed: Set(Some(sealed)), ..Default::default() })
        .filter(backchannel_request::Column::Id.eq(answer.id))
        .exec(tx)
        .await?;
    Ok(true)
}

/// Tells the client no. `false` when an answer was given before, or the time is over.
///
/// # Errors
///
/// When the database fails.
pub async fn deny(ctx: &Context, client: &Client, waiting: &Waiting) -> Result<bool, Fault> {
    let answer = Answer::of(ctx, client, waiting, AnswerState::Denied);
    ctx.db().write(answer, |tx, answer| Box::pin(answer_in(tx, answer))).await
}

struct Answer {
    ctx: Context,
    id: Uuid,
    state: AnswerState,
    ping: Option<delivery::New>,
}

impl Answer {
    fn of(ctx: &Context, client: &Client, waiting: &Waiting, state: AnswerState) -> Self {
        Self { ctx: ctx.clone(), id: waiting.id, state, ping: ping(ctx, client, waiting) }
    }
}

/// Of several answers the first counts: one conditional update, which pings the client, too.
async fn answer_in(tx: &Tx, answer: &Answer) -> Result<bool, Fault> {
    let updated = backchannel_request::Entity::update_many()
        .set(backchannel_request::ActiveModel { state: Set(answer.state), ..Default::default() })
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
    Ok(true)
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
