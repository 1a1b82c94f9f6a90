//! What an administrator does to keys, each with an entry in the audit log.

use sea_orm::{ActiveValue, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::{KeyState, Listed, NewKey, SEAL, create, generate, insert, purposes, reload};
use crate::{
    Context, Fault,
    audit::{self, Event},
    change::Change,
    db::Tx,
    entity::{SigningAlg, key},
    from_database,
};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// Why nothing was done to a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is none of this id.
    #[error("there is no such key")]
    Unknown,
    /// It is retired already.
    #[error("this key is retired already")]
    Retired,
    /// The log needs a reason of one line.
    #[error("a reason of at most {LONGEST_REASON} characters is needed")]
    Reason,
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

from_database!(KeyError);

/// One key.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, id: Uuid) -> Result<Option<Listed>, Fault> {
    let row = key::Entity::find_by_id(id).one(ctx.db().reader()).await?;
    Ok(row.map(|row| Listed::of(row, ctx.now())))
}

/// Puts new keys in the place of the current ones, at once: those of one algorithm, or all and
/// those that seal too. Retired keys still verify and open what they signed and sealed.
///
/// # Errors
///
/// When the database fails.
pub async fn rotate(ctx: &Context, actor: Option<Uuid>, alg: Option<SigningAlg>) -> Result<(), Fault> {
    let purposes = match alg {
        Some(alg) => vec![alg.as_str()],
        None => purposes().collect(),
    };
    create(ctx, actor, purposes, ctx.now(), true).await
}

/// Uses a key no longer. The one that signs is replaced at once and stays published until what
/// it signed has expired; one that was to be next goes, and its predecessor stays.
///
/// # Errors
///
/// When there is no such key, it is retired already, or the database fails.
pub async fn retire(ctx: &Context, actor: Option<Uuid>, id: Uuid) -> Result<(), KeyError> {
    let listed = find(ctx, id).await?.ok_or(KeyError::Unknown)?;
    let purpose = static_purpose(&listed.purpose)?;
    match listed.state {
        KeyState::Retired | KeyState::Former => return Err(KeyError::Retired),
        KeyState::Signing => create(ctx, actor, vec![purpose], ctx.now(), true).await?,
        KeyState::Next => {
            ctx.db()
                .write((ctx.clone(), actor, id), |tx, (ctx, actor, id)| {
                    Box::pin(async move {
                        let row = delete(tx, *id).await?;
                        give_back(tx, &row).await?;
                        note(tx, ctx, *actor, Done::Withdrawn, row.id, &row.purpose).await?;
                        tx.changed(Change::Keys);
                        Ok::<_, KeyError>(())
                    })
                })
                .await?;
            reload(ctx).await?;
        }
    }
    Ok(())
}

/// Destroys a key that others may have. It is gone from the key set at once, and whatever it
/// signed or sealed stops being good; [`super::impact`] says how much that is. In the place of
/// the one that signs comes the next one, or a new one.
///
/// # Errors
///
/// When there is no such key, there is no reason, or the database fails.
pub async fn pull(ctx: &Context, actor: Option<Uuid>, id: Uuid, reason: &str) -> Result<(), KeyError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
        return Err(KeyError::Reason);
    }
    let listed = find(ctx, id).await?.ok_or(KeyError::Unknown)?;
    let purpose = static_purpose(&listed.purpose)?;
    // Made outside of the write; used if nothing else can take over.
    let spare = generate(ctx, purpose, ctx.now(), true)?;
    ctx.db()
        .write((ctx.clone(), actor, id, spare, reason.to_owned()), |tx, (ctx, actor, id, spare, reason)| {
            Box::pin(async move {
                let now = ctx.now();
                let row = delete(tx, *id).await?;
                match KeyState::of(&row, now) {
                    KeyState::Next => give_back(tx, &row).await?,
                    KeyState::Retired | KeyState::Former => {}
                    KeyState::Signing => {
                        let newest = key::Entity::find()
                            .filter(key::Column::Purpose.eq(row.purpose.as_str()))
                            .order_by_desc(key::Column::ActiveFrom)
                            .one(tx)
                            .await?;
                        let spare = NewKey { only_if_newest_until: newest.map(|row| row.active_from), ..spare.clone() };
                        insert(tx, &spare, now).await?;
                    }
                }
                note(tx, ctx, *actor, Done::Pulled(reason), row.id, &row.purpose).await?;
                tx.changed(Change::Keys);
                Ok::<_, KeyError>(())
            })
        })
        .await?;
    reload(ctx).await?;
    Ok(())
}

/// Deletes a key; of two who do it, one.
async fn delete(tx: &Tx, id: Uuid) -> Result<key::Model, KeyError> {
    let row = key::Entity::find_by_id(id).one(tx).await?.ok_or(KeyError::Unknown)?;
    let deleted = key::Entity::delete_many().filter(key::Column::Id.eq(id)).exec(tx).await?;
    if deleted.rows_affected == 1 { Ok(row) } else { Err(KeyError::Unknown) }
}

/// Lets the predecessor of a key that was never used go on.
async fn give_back(tx: &Tx, next: &key::Model) -> Result<(), KeyError> {
    key::Entity::update_many()
        .set(key::ActiveModel {
            retired_at: ActiveValue::Set(None),
            expires_at: ActiveValue::Set(None),
            ..Default::default()
        })
        .filter(key::Column::Purpose.eq(next.purpose.as_str()))
        .filter(key::Column::RetiredAt.eq(next.active_from))
        .exec(tx)
        .await?;
    Ok(())
}

fn static_purpose(purpose: &str) -> Result<&'static str, KeyError> {
    purposes().find(|known| *known == purpose).ok_or(KeyError::Unknown)
}

/// What was done to a key.
pub(super) enum Done<'a> {
    Rotated,
    Withdrawn,
    Pulled(&'a str),
}

/// Writes into the log what was done to a key.
pub(super) async fn note(
    tx: &Tx,
    ctx: &Context,
    actor: Option<Uuid>,
    done: Done<'_>,
    id: Uuid,
    purpose: &str,
) -> Result<(), Fault> {
    let what = if purpose == SEAL { "sealing key".to_owned() } else { format!("{purpose} signing key") };
    let (action, detail) = match done {
        Done::Rotated => ("key.rotated", format!("Put a new {what} in place")),
        Done::Withdrawn => ("key.withdrawn", format!("Withdrew the next {what}")),
        Done::Pulled(reason) => ("key.pulled", format!("Pulled a {what}: {reason}")),
    };
    let event = Event { action, organization: None, actor, object_kind: "key", object: Some(id), detail };
    audit::record(tx, ctx, event).await
}
