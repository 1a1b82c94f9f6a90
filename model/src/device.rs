//! Devices without a browser (RFC 8628): the device shows a short code, a person enters it in a
//! browser elsewhere, signs in and allows, and the device, which has kept asking, gets its tokens.
//!
//! What the person allows is kept as an authorization [`Code`] that never leaves: redeeming it
//! follows the rules of every other code, so that it gives tokens once and a replay revokes them.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ClientAddress, Context, Fault, Timestamp,
    authorization::Code,
    cache::Client,
    db::Tx,
    entity::{AnswerState, device_request},
    from_database, grant,
    limit::{self, Budget, TooMany},
    poll::{self, INTERVAL, PollError, Polled},
    seal::{open_at_rest, seal_at_rest},
    secret::{self, Kind, Plain},
};

const ASKED: &str = "device_requests.asked";
const ANSWER: &str = "device_requests.answer";

/// Consonants that nobody takes for another one and that spell no words (RFC 8628, section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// What a device asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The client's public identifier.
    pub client_id: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// Audiences (RFC 8707); empty for the provider's own.
    pub resources: Vec<String>,
    /// Authentication contexts in order of preference.
    #[serde(default)]
    pub acr_values: Vec<String>,
    /// Where it asks from.
    pub address: String,
}

/// What a client's request for a device names.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Scopes.
    pub scopes: Vec<String>,
    /// Audiences (RFC 8707); empty for the provider's own.
    pub resources: Vec<String>,
    /// Authentication contexts in order of preference.
    pub acr_values: Vec<String>,
}

/// A request that was taken, as the device gets it.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What the device asks with.
    pub device_code: Plain,
    /// What the person enters, as it is shown.
    pub user_code: String,
    /// For how many seconds both work.
    pub expires_in: i64,
    /// How many seconds to wait between two polls.
    pub interval: i64,
}

/// Why no request was taken, or none was found.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Nobody waits with this code, or not any more.
    #[error("no device waits with this code")]
    Unknown,
    /// A budget is empty.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

from_database!(DeviceError);

/// Takes a device's request.
///
/// # Errors
///
/// [`DeviceError::TooMany`] when too many come from one address.
pub async fn begin(
    ctx: &Context,
    client: &Client,
    address: ClientAddress,
    wanted: Wanted,
) -> Result<Begun, DeviceError> {
    let device_code = Plain::generate(ctx, Kind::Device)?;
    let user_code = new_user_code(ctx)?;
    let now = ctx.now();
    let lifetime = ctx.settings().lifetimes.device_code;
    let Wanted { scopes, resources, acr_values } = wanted;
    let client_id = client.client_id.clone();
    let asked = Asked { client_id, scopes, resources, acr_values, address: address.0.to_canonical().to_string() };
    let row = device_request::ActiveModel {
        id: Set(ctx.new_id()?),
        client_id: Set(client.id),
        device_code_hash: Set(device_code.hash()),
        user_code_hash: Set(user_code_hash(ctx, &user_code)),
        asked_sealed: Set(seal_at_rest(ctx, ASKED, &asked)?),
        state: Set(AnswerState::Pending),
        answer_sealed: Set(None),
        poll_interval: Set(INTERVAL),
        polled_at: Set(None),
        created_at: Set(now),
        expires_at: Set(now.plus(lifetime)),
    };
    let budget = Budget::new(ctx, "device", &address.bucket(), ctx.settings().limits.device_address);
    ctx.db()
        .write((row, budget, now), |tx, (row, budget, now)| {
            Box::pin(async move {
                if let Err(too_many) = limit::take(tx, std::slice::from_ref(budget), *now).await? {
                    return Ok::<_, Fault>(Err(too_many));
                }
                device_request::Entity::insert(row.clone()).exec_without_returning(tx).await?;
                Ok(Ok(()))
            })
        })
        .await??;
    let (left, right) = user_code.split_at_checked(LENGTH / 2).unwrap_or_default();
    Ok(Begun {
        device_code,
        user_code: format!("{left}-{right}"),
        expires_in: lifetime / 1000,
        interval: INTERVAL / 1000,
    })
}

/// A request that nobody has answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: Uuid,
    /// What it asks for.
    pub asked: Asked,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Finds the request whose code somebody has typed, however they typed it. A wrong code costs
/// its address one of its tries; a right one nothing.
///
/// # Errors
///
/// [`DeviceError`].
pub async fn find(ctx: &Context, typed: &str, address: ClientAddress) -> Result<Waiting, DeviceError> {
    let budget = Budget::new(ctx, "device_wrong", &address.bucket(), ctx.settings().limits.device_wrong_address);
    // What cannot be a code costs as much as one that nobody has.
    let hash = user_code_hash(ctx, &tidy(typed));
    let row = ctx
        .db()
        .write((hash, budget, ctx.now()), |tx, (hash, budget, now)| {
            Box::pin(async move {
                let budgets = std::slice::from_ref(budget);
                if let Err(too_many) = limit::take(tx, budgets, *now).await? {
                    return Ok::<_, Fault>(Err(too_many));
                }
                let row = device_request::Entity::find()
                    .filter(device_request::Column::UserCodeHash.eq(hash.as_str()))
                    .filter(device_request::Column::State.eq(AnswerState::Pending))
                    .filter(device_request::Column::ExpiresAt.gt(*now))
                    .one(tx)
                    .await?;
                if row.is_some() {
                    limit::give_back(tx, budgets).await?;
                }
                Ok(Ok(row))
            })
        })
        .await??;
    waiting(ctx, row.ok_or(DeviceError::Unknown)?).map_err(DeviceError::Fault)
}

/// The request with this id, as long as nobody has answered it.
///
/// # Errors
///
/// When the database fails.
pub async fn waiting_with(ctx: &Context, id: Uuid) -> Result<Option<Waiting>, Fault> {
    let row = device_request::Entity::find_by_id(id)
        .filter(device_request::Column::State.eq(AnswerState::Pending))
        .filter(device_request::Column::ExpiresAt.gt(ctx.now()))
        .one(ctx.db().reader())
        .await?;
    row.map(|row| waiting(ctx, row)).transpose()
}

fn waiting(ctx: &Context, row: device_request::Model) -> Result<Waiting, Fault> {
    Ok(Waiting { id: row.id, asked: open_at_rest(ctx, ASKED, &row.asked_sealed)?, created_at: row.created_at })
}

/// Gives the device what somebody has allowed. `false` when an answer was given before, or the
/// time is over.
///
/// # Errors
///
/// When the database fails.
pub async fn approve(ctx: &Context, id: Uuid, code: Code) -> Result<bool, Fault> {
    let sealed = seal_at_rest(ctx, ANSWER, &code)?;
    answer(ctx, id, AnswerState::Approved, Some(sealed)).await
}

/// Tells the device no. `false` when an answer was given before, or the time is over.
///
/// # Errors
///
/// When the database fails.
pub async fn deny(ctx: &Context, id: Uuid) -> Result<bool, Fault> {
    answer(ctx, id, AnswerState::Denied, None).await
}

/// Of several answers the first counts: one conditional update.
async fn answer(ctx: &Context, id: Uuid, state: AnswerState, sealed: Option<String>) -> Result<bool, Fault> {
    ctx.db()
        .write((id, state, sealed, ctx.now()), |tx, (id, state, sealed, now)| {
            Box::pin(async move {
                let row = device_request::ActiveModel {
                    state: Set(*state),
                    answer_sealed: Set(sealed.clone()),
                    ..Default::default()
                };
                let updated = device_request::Entity::update_many()
                    .set(row)
                    .filter(device_request::Column::Id.eq(*id))
                    .filter(device_request::Column::State.eq(AnswerState::Pending))
                    .filter(device_request::Column::ExpiresAt.gt(*now))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(updated.rows_affected == 1)
            })
        })
        .await
}

/// What was allowed to the device that asks with `device_code`. The caller redeems it
/// ([`grant::redeem`]), which works once.
///
/// # Errors
///
/// [`PollError`].
pub async fn poll(ctx: &Context, client: &Client, device_code: &str) -> Result<Code, PollError> {
    let hash = secret::hash(device_code);
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
            grant::note_foreign(ctx, client, "device code").await?;
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
) -> Result<Result<device_request::Model, PollError>, Fault> {
    let found = device_request::Entity::find().filter(device_request::Column::DeviceCodeHash.eq(hash)).one(tx).await?;
    let Some(row) = found else { return Ok(Err(PollError::Unknown)) };
    if row.client_id != client {
        return Ok(Err(PollError::ForeignClient));
    }
    match poll::at(now, row.state, row.expires_at, row.polled_at, row.poll_interval) {
        Polled::Allowed => Ok(Ok(row)),
        Polled::Over(answer) => Ok(Err(answer)),
        Polled::NotYet(answer, interval) => {
            device_request::Entity::update_many()
                .set(device_request::ActiveModel {
                    polled_at: Set(Some(now)),
                    poll_interval: Set(interval),
                    ..Default::default()
                })
                .filter(device_request::Column::Id.eq(row.id))
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
                let deleted = device_request::Entity::delete_many()
                    .filter(device_request::Column::ExpiresAt.lt(*before))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}

/// Eight letters, each as likely as the others: 34 bits, which ten wrong tries do not find.
fn new_user_code(ctx: &Context) -> Result<String, Fault> {
    // The largest multiple of 20 below 256: what is above would favour some letters.
    const EVEN: u8 = 240;
    let mut code = String::with_capacity(LENGTH);
    while code.len() < LENGTH {
        for byte in ctx.random::<16>()?.into_iter().filter(|byte| *byte < EVEN) {
            let letter = LETTERS.get(usize::from(byte) % LETTERS.len()).copied().unwrap_or(b'B');
            if code.len() < LENGTH {
                code.push(char::from(letter));
            }
        }
    }
    Ok(code)
}

/// A code as it was typed, without what people put between the letters.
fn tidy(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).take(LENGTH + 1).collect::<String>().to_ascii_uppercase()
}

fn user_code_hash(ctx: &Context, code: &str) -> String {
    secret::keyed_hash(ctx, "device_requests.user_code", code.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_however_they_are_typed() {
        for typed in ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk\u{a0}", "B.C.D.F-G.H.J.K"] {
            assert_eq!(tidy(typed), "BCDFGHJK", "{typed}");
        }
        assert_ne!(tidy("BCDF-GHJKL"), "BCDFGHJK", "more letters are another code");
    }
}
