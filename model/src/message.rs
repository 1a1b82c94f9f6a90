//! Outgoing mail and text messages. They are queued in the transaction that causes them, and
//! delivered from the database with retries, so that a gateway that is slow or down neither
//! blocks a page nor loses a message.

use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::entity::Channel;
use crate::{
    Context, Fault, Timestamp,
    db::Tx,
    entity::{MessageState, message},
    minutes,
    seal::{open_at_rest, seal_at_rest},
    seconds,
};

/// What is sent to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// A mail address, or a phone number in E.164.
    pub to: String,
    /// The subject of a mail; empty for a text message.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// How a message reaches somebody. Implemented by the real gateways; the sandbox keeps messages
/// in the database instead.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Hands the message over.
    ///
    /// # Errors
    ///
    /// Why it could not be handed over, without the recipient or the text, and whether trying
    /// again may help.
    async fn carry(&self, content: &Content) -> Result<(), CarryError>;
}

/// Why a carrier did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// Trying again may help.
    #[error("{0}")]
    Later(String),
    /// It will never be taken.
    #[error("{0}")]
    Never(String),
}

/// Queues a message; it is void after `lifetime` milliseconds. Returns its id.
///
/// # Errors
///
/// When the database fails.
pub async fn queue(tx: &Tx, ctx: &Context, channel: Channel, content: &Content, lifetime: i64) -> Result<Uuid, Fault> {
    let now = ctx.now();
    let id = ctx.new_id()?;
    let (state, expires_at) = if ctx.settings().sandbox {
        (MessageState::Kept, now.plus(ctx.settings().lifetimes.outbox))
    } else {
        (MessageState::Queued, now.plus(lifetime))
    };
    let row = message::ActiveModel {
        id: Set(id),
        channel: Set(channel),
        content_sealed: Set(seal_at_rest(ctx, "messages.content", content)?),
        state: Set(state),
        attempts: Set(0),
        next_attempt_at: Set(now),
        created_at: Set(now),
        expires_at: Set(expires_at),
        sent_at: Set(None),
        last_error: Set(None),
    };
    message::Entity::insert(row).exec_without_returning(tx).await?;
    // Not yet committed: whoever is woken finds it at the latest at its next look.
    ctx.message_queued().notify_one();
    Ok(id)
}

/// The work of [`queue`] for a message of `length` bytes that nobody gets, so that the time tells
/// nothing: a row that was given up before it began, with nothing readable in it.
///
/// # Errors
///
/// When the database fails.
pub async fn queue_nothing(
    tx: &Tx,
    ctx: &Context,
    channel: Channel,
    length: usize,
    lifetime: i64,
) -> Result<(), Fault> {
    let now = ctx.now();
    let blank = Content { to: String::new(), subject: String::new(), body: " ".repeat(length) };
    let row = message::ActiveModel {
        id: Set(ctx.new_id()?),
        channel: Set(channel),
        content_sealed: Set(seal_at_rest(ctx, "messages.content", &blank)?),
        state: Set(MessageState::Failed),
        attempts: Set(0),
        next_attempt_at: Set(now),
        created_at: Set(now),
        expires_at: Set(now.plus(lifetime)),
        sent_at: Set(None),
        last_error: Set(Some("nobody here has the number".to_owned())),
    };
    message::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Waits until a message may be due: one was queued, or a second has passed.
pub async fn wait_for_work(ctx: &Context) {
    let _either = tokio::time::timeout(Duration::from_secs(1), ctx.message_queued().notified()).await;
}

/// Tries every message that is due once. Returns how many were sent.
///
/// # Errors
///
/// When the database fails.
pub async fn deliver_due(ctx: &Context, mail: &dyn Carrier, sms: &dyn Carrier) -> Result<usize, Fault> {
    let now = ctx.now();
    let due = message::Entity::find()
        .filter(message::Column::State.eq(MessageState::Queued))
        .filter(message::Column::NextAttemptAt.lte(now))
        .order_by_asc(message::Column::NextAttemptAt)
        .limit(50)
        .all(ctx.db().reader())
        .await?;
    let deliveries = due.into_iter().map(|row| deliver(ctx, mail, sms, row));
    let mut sent = 0;
    for delivered in futures::future::join_all(deliveries).await {
        sent += usize::from(delivered?);
    }
    Ok(sent)
}

async fn deliver(ctx: &Context, mail: &dyn Carrier, sms: &dyn Carrier, row: message::Model) -> Result<bool, Fault> {
    if !claim(ctx, &row).await? {
        return Ok(false);
    }
    if row.expires_at <= ctx.now() {
        settle(ctx, row.id, MessageState::Failed, Some("its content was no longer valid".to_owned())).await?;
        return Ok(false);
    }
    let content: Content = open_at_rest(ctx, "messages.content", &row.content_sealed)?;
    let carrier = match row.channel {
        Channel::Mail => mail,
        Channel::Sms => sms,
    };
    match carrier.carry(&content).await {
        Ok(()) => {
            settle(ctx, row.id, MessageState::Sent, None).await?;
            Ok(true)
        }
        Err(CarryError::Never(why)) => {
            tracing::warn!(message = %row.id, channel = row.channel.as_str(), why, "a message was refused for good");
            settle(ctx, row.id, MessageState::Failed, Some(why)).await?;
            Ok(false)
        }
        Err(CarryError::Later(why)) => {
            tracing::warn!(message = %row.id, channel = row.channel.as_str(), attempt = row.attempts + 1, why, "a message was not sent yet");
            note_failure(ctx, row.id, why).await?;
            Ok(false)
        }
    }
}

/// How long after its n-th attempt (from 1) a message is tried again, in milliseconds.
fn backoff(attempt: i32) -> i64 {
    let doubled = seconds(2) << attempt.clamp(0, 12);
    doubled.min(minutes(10))
}

/// Takes a due message for one attempt: of several nodes, one.
async fn claim(ctx: &Context, row: &message::Model) -> Result<bool, Fault> {
    let next = ctx.now().plus(backoff(row.attempts + 1));
    ctx.db()
        .write((row.id, row.attempts, next), |tx, (id, attempts, next)| {
            Box::pin(async move {
                let updated = message::Entity::update_many()
                    .col_expr(message::Column::Attempts, (*attempts + 1).into())
                    .col_expr(message::Column::NextAttemptAt, next.0.into())
                    .filter(message::Column::Id.eq(*id))
                    .filter(message::Column::Attempts.eq(*attempts))
                    .filter(message::Column::State.eq(MessageState::Queued))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(updated.rows_affected == 1)
            })
        })
        .await
}

/// Ends a message's life; the content goes.
async fn settle(ctx: &Context, id: Uuid, state: MessageState, error: Option<String>) -> Result<(), Fault> {
    ctx.db()
        .write((id, state, error, ctx.now()), |tx, (id, state, error, now)| {
            Box::pin(async move {
                message::Entity::update_many()
                    .set(message::ActiveModel {
                        state: Set(*state),
                        content_sealed: Set(String::new()),
                        sent_at: Set((*state == MessageState::Sent).then_some(*now)),
                        last_error: Set(error.clone()),
                        ..Default::default()
                    })
                    .filter(message::Column::Id.eq(*id))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(())
            })
        })
        .await
}

async fn note_failure(ctx: &Context, id: Uuid, error: String) -> Result<(), Fault> {
    ctx.db()
        .write((id, error), |tx, (id, error)| {
            Box::pin(async move {
                message::Entity::update_many()
                    .set(message::ActiveModel { last_error: Set(Some(error.clone())), ..Default::default() })
                    .filter(message::Column::Id.eq(*id))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// Whether messages on this channel are being delayed: one that is queued has failed before.
/// The pages say so to everybody alike, so that it tells nothing about a number or an address.
///
/// # Errors
///
/// When the database fails.
pub async fn delayed(ctx: &Context, channel: Channel) -> Result<bool, Fault> {
    let waiting = message::Entity::find()
        .filter(message::Column::State.eq(MessageState::Queued))
        .filter(message::Column::Channel.eq(channel))
        .filter(message::Column::LastError.is_not_null())
        .one(ctx.db().reader())
        .await?;
    Ok(waiting.is_some())
}

/// A message in the sandbox outbox.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// `mail` or `sms`.
    pub channel: Channel,
    /// To whom.
    pub to: String,
    /// The subject of a mail.
    pub subject: String,
    /// The text.
    pub body: String,
    /// When it was queued, in milliseconds since the epoch.
    pub created_at: Timestamp,
}

/// The newest messages of the sandbox outbox, newest first; only `to` one recipient if given.
///
/// # Errors
///
/// When the database fails.
pub async fn outbox(ctx: &Context, to: Option<&str>, size: usize) -> Result<Vec<Kept>, Fault> {
    let rows = message::Entity::find()
        .filter(message::Column::State.eq(MessageState::Kept))
        .order_by_desc(message::Column::Id)
        .limit(1000)
        .all(ctx.db().reader())
        .await?;
    let mut kept = Vec::new();
    for row in rows {
        let content: Content = open_at_rest(ctx, "messages.content", &row.content_sealed)?;
        if to.is_none_or(|to| to == content.to) {
            kept.push(Kept {
                id: row.id,
                channel: row.channel,
                to: content.to,
                subject: content.subject,
                body: content.body,
                created_at: row.created_at,
            });
        }
        if kept.len() == size {
            break;
        }
    }
    Ok(kept)
}

/// Deletes what has expired. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now(), |tx, now| {
            Box::pin(async move {
                let deleted = message::Entity::delete_many()
                    .filter(message::Column::ExpiresAt.lt(*now))
                    .filter(message::Column::State.ne(MessageState::Queued))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
/// A name that its owner has chosen, as a text message may show it: on one line, forty characters
/// at most, and nothing that a phone would make a link or an address of.
#[must_use]
pub fn name(name: &str) -> String {
    let mut next = name.chars().skip(1);
    name.chars()
        .map(|c| match (c, next.next()) {
            ('/' | ':' | '@', _) => ' ',
            ('.', Some(after)) if after.is_alphanumeric() => ' ',
            (c, _) if c.is_control() => ' ',
            (c, _) => c,
        })
        .take(40)
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_in_a_text_message_is_no_link() {
        assert_eq!(super::name("Voicebox 2.0 by Acme Inc."), "Voicebox 2 0 by Acme Inc.");
        assert_eq!(super::name("Locked: https://evil.example/x\n@id"), "Locked  https   evil example x  id");
        assert_eq!(super::name(&"a".repeat(60)).len(), 40);
    }
}
