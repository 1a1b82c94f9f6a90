//! Signing and sealing keys: created, published, used, retired, each at its time.
//!
//! A key is *published* from its creation, *used* from `active_from` until the next one of its
//! purpose becomes active, and stays published until the last thing that it signed or sealed has
//! expired. All of that follows from times in its row, so nodes agree without talking.
//!
//! A key that signed stays longer, as a *former* one, without its private half: a client may show an
//! ID token as a hint for as long as the session of that ID token lives, which is days, and an expired
//! one is as good a hint as any. Only we read hints, so a former key is not published.

mod impact;
mod manage;
mod ring;
mod signing;

use sea_orm::{ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde::Serialize;
use uuid::Uuid;

use self::manage::Done;
pub use self::{
    impact::{Impact, impact},
    manage::{KeyError, find, pull, retire, rotate},
    ring::{KeyRing, Sealed},
    signing::SigningKey,
};
use crate::{
    Context, Fault, Timestamp,
    change::Change,
    db::Tx,
    entity::{SigningAlg, key},
    hours,
    seal::{open_at_rest, seal_at_rest},
};

/// The purpose of keys that seal tokens.
const SEAL: &str = "seal";

/// What a row holds in the place of a private half that was destroyed.
const DESTROYED: &str = "";

/// Every purpose that must always have an active key.
fn purposes() -> impl Iterator<Item = &'static str> {
    std::iter::once(SEAL).chain(SigningAlg::ALL.iter().map(|alg| alg.as_str()))
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Published, and used later.
    Next,
    /// Used now, to sign or to seal.
    Signing,
    /// No longer used; what it signed or sealed is still good.
    Retired,
    /// No longer published, its private half destroyed; ID tokens that it signed are still hints.
    Former,
}

impl KeyState {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Signing => "signing",
            Self::Retired => "retired",
            Self::Former => "former",
        }
    }

    fn of(row: &key::Model, now: Timestamp) -> Self {
        if row.active_from > now {
            Self::Next
        } else if row.expires_at.is_some_and(|expires| expires <= now) {
            Self::Former
        } else if row.retired_at.is_some_and(|retired| retired <= now) {
            Self::Retired
        } else {
            Self::Signing
        }
    }
}

/// A key as lists show it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The `kid` of a signing key.
    pub id: Uuid,
    /// `seal` or the JOSE algorithm.
    pub purpose: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// When it was created and published.
    pub created_at: Timestamp,
    /// When it was, or will be, used first.
    pub active_from: Timestamp,
    /// When its successor takes or took over.
    pub retired_at: Option<Timestamp>,
    /// When it is no longer published.
    pub expires_at: Option<Timestamp>,
}

/// All keys, newest first.
///
/// # Errors
///
/// When the database fails.
pub async fn list(ctx: &Context) -> Result<Vec<Listed>, Fault> {
    let rows = key::Entity::find().order_by_desc(key::Column::Id).all(ctx.db().reader()).await?;
    Ok(rows.into_iter().map(|row| Listed::of(row, ctx.now())).collect())
}

impl Listed {
    fn of(row: key::Model, now: Timestamp) -> Self {
        Self {
            state: KeyState::of(&row, now),
            id: row.id,
            purpose: row.purpose,
            created_at: row.created_at,
            active_from: row.active_from,
            retired_at: row.retired_at,
            expires_at: row.expires_at,
        }
    }
}

/// Creates the keys that are missing and loads them all. Called once at the start.
pub(crate) async fn ensure(ctx: &Context) -> Result<(), Fault> {
    reload(ctx).await?;
    let now = ctx.now();
    let missing: Vec<_> = purposes().filter(|purpose| ctx.keys().newest(purpose).is_none()).collect();
    if !missing.is_empty() {
        create(ctx, None, missing, now, false).await?;
    }
    Ok(())
}

/// Does what the time asks for: publishes successors ahead of their use, destroys what is private of
/// keys that nothing valid refers to any more, and the rest when nobody shows their hints any more. A
/// background job calls it; calling it often is harmless.
///
/// # Errors
///
/// When the database fails.
pub async fn rotate_due(ctx: &Context) -> Result<(), Fault> {
    let now = ctx.now();
    let lifetimes = &ctx.settings().lifetimes;
    let due: Vec<_> = purposes()
        .filter(|purpose| {
            ctx.keys().newest(purpose).is_none_or(|newest| {
                newest <= now && now.since(newest) >= lifetimes.signing_key - lifetimes.signing_key_ahead
            })
        })
        .collect();
    if !due.is_empty() {
        create(ctx, None, due, now.plus(lifetimes.signing_key_ahead), true).await?;
    }
    let former_since = now.plus(-kept_for_hints(ctx));
    let expired = ctx
        .db()
        .write((now, former_since), |tx, (now, former_since)| {
            Box::pin(async move {
                let expired = || key::Entity::delete_many().filter(key::Column::ExpiresAt.lt(*now));
                let sealing = expired().filter(key::Column::Purpose.eq(SEAL)).exec(tx).await?;
                let former = expired().filter(key::Column::ExpiresAt.lt(*former_since)).exec(tx).await?;
                let emptied = key::Entity::update_many()
                    .col_expr(key::Column::PrivateSealed, DESTROYED.into())
                    .filter(key::Column::ExpiresAt.lt(*now))
                    .filter(key::Column::PrivateSealed.ne(DESTROYED))
                    .exec(tx)
                    .await?;
                let changed = sealing.rows_affected + former.rows_affected + emptied.rows_affected;
                if changed > 0 {
                    tx.changed(Change::Keys);
                }
                Ok::<_, Fault>(changed)
            })
        })
        .await?;
    if expired > 0 {
        reload(ctx).await?;
    }
    Ok(())
}

/// Puts new keys in the place of all current ones, at once; see [`rotate`].
///
/// # Errors
///
/// When the database fails.
pub async fn rotate_now(ctx: &Context) -> Result<(), Fault> {
    rotate(ctx, None, None).await
}

/// Reads the keys again if they are not those in memory: another process may have changed them.
/// Cheap when nobody has.
///
/// # Errors
///
/// When the database cannot be read, or a key does not open with our master key.
pub async fn reload(ctx: &Context) -> Result<(), Fault> {
    let rows = key::Entity::find()
        .order_by_asc(key::Column::ActiveFrom)
        .order_by_asc(key::Column::Id)
        .all(ctx.db().reader())
        .await?;
    if ctx.keys().holds(&rows) {
        return Ok(());
    }
    let mut loaded = Vec::with_capacity(rows.len());
    for row in rows {
        let private: Option<Vec<u8>> = match row.private_sealed.as_str() {
            DESTROYED => None,
            sealed => Some(open_at_rest(ctx, "keys.private", sealed)?),
        };
        loaded.push((row, private.map(zeroize::Zeroizing::new)));
    }
    ctx.keys().replace(loaded)
}

#[derive(Clone)]
struct NewKey {
    row: key::ActiveModel,
    purpose: &'static str,
    active_from: Timestamp,
    predecessor_expires_at: Timestamp,
    only_if_newest_until: Option<Timestamp>,
}

/// How long what a key of this purpose signs or seals can live, and an hour more, since clients
/// keep key sets and clocks differ.
fn outlives(ctx: &Context, purpose: &str) -> i64 {
    let lifetimes = &ctx.settings().lifetimes;
    let longest = if purpose == SEAL {
        lifetimes.refresh_token.max(lifetimes.subscriber_session)
    } else {
        lifetimes.access_token.max(lifetimes.id_token)
    };
    longest + hours(1)
}

/// How long the ID tokens of a key are hints after it was published last, in milliseconds: as long as
/// the longest session, to which they belong.
pub(crate) fn kept_for_hints(ctx: &Context) -> i64 {
    let lifetimes = &ctx.settings().lifetimes;
    lifetimes.portal_session.max(lifetimes.subscriber_session)
}

fn generate(ctx: &Context, purpose: &'static str, active_from: Timestamp, supersede: bool) -> Result<NewKey, Fault> {
    let (private, public_jwk) = match SigningAlg::parse(purpose) {
        Some(alg) => signing::generate(alg)?,
        None => (ctx.random::<32>()?.to_vec(), String::new()),
    };
    let row = key::ActiveModel {
        id: Set(ctx.new_id()?),
        purpose: Set(purpose.to_owned()),
        private_sealed: Set(seal_at_rest(ctx, "keys.private", &private)?),
        public_jwk: Set(public_jwk),
        created_at: Set(ctx.now()),
        active_from: Set(active_from),
        retired_at: Set(None),
        expires_at: Set(None),
    };
    Ok(NewKey {
        row,
        purpose,
        active_from,
        predecessor_expires_at: active_from.plus(outlives(ctx, purpose)),
        only_if_newest_until: if supersede { ctx.keys().newest(purpose) } else { None },
    })
}

async fn create(
    ctx: &Context,
    actor: Option<Uuid>,
    purposes: Vec<&'static str>,
    active_from: Timestamp,
    supersede: bool,
) -> Result<(), Fault> {
    let mut new = Vec::with_capacity(purposes.len());
    for purpose in purposes {
        new.push(generate(ctx, purpose, active_from, supersede)?);
    }
    ctx.db()
        .write((ctx.clone(), actor, new, supersede), |tx, (ctx, actor, new, supersede)| {
            Box::pin(async move {
                for key in new {
                    let inserted = insert(tx, key, ctx.now()).await?;
                    if let Some(id) = inserted.filter(|_| *supersede) {
                        manage::note(tx, ctx, *actor, Done::Rotated, id, key.purpose).await?;
                    }
                }
                tx.changed(Change::Keys);
                Ok::<_, Fault>(())
            })
        })
        .await?;
    reload(ctx).await
}

/// Puts a key in the place of the one before it, unless another node was quicker; its id. If one
/// is published already and this is to be used at once, that one is: clients know it.
async fn insert(tx: &Tx, new: &NewKey, now: Timestamp) -> Result<Option<Uuid>, Fault> {
    let of_purpose = || key::Column::Purpose.eq(new.purpose);
    let newest = key::Entity::find().filter(of_purpose()).order_by_desc(key::Column::ActiveFrom).one(tx).await?;
    if newest.as_ref().map(|row| row.active_from) != new.only_if_newest_until {
        return Ok(None);
    }
    key::Entity::update_many()
        .col_expr(key::Column::RetiredAt, new.active_from.0.into())
        .col_expr(key::Column::ExpiresAt, new.predecessor_expires_at.0.into())
        .filter(of_purpose())
        .filter(key::Column::ActiveFrom.lte(now))
        .filter(Condition::any().add(key::Column::RetiredAt.is_null()).add(key::Column::RetiredAt.gt(new.active_from)))
        .exec(tx)
        .await?;
    if let Some(next) = newest.filter(|next| next.active_from > now && new.active_from <= now) {
        key::Entity::update_many()
            .col_expr(key::Column::ActiveFrom, new.active_from.0.into())
            .filter(key::Column::Id.eq(next.id))
            .exec(tx)
            .await?;
        return Ok(Some(next.id));
    }
    key::Entity::insert(new.row.clone()).exec_without_returning(tx).await?;
    Ok(new.row.id.clone().take())
}
