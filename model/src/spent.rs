//! What may come once: the `jti` of client assertions (RFC 7523, section 3) and of DPoP proofs
//! (RFC 9449, section 11.1). One insert under a unique key decides, on all nodes and after
//! restarts.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::OnConflict};

use crate::{Context, Fault, Timestamp, entity::spent, secret};

/// Something that may come once.
#[derive(Clone, Debug)]
pub struct Once {
    /// What kind of thing: a constant of the code.
    pub kind: &'static str,
    /// Whose.
    pub owner: String,
    /// Its own id.
    pub jti: String,
    /// When it would be refused for its age anyway.
    pub until: Timestamp,
}

/// Uses up all of `things`; `false` when one of them came before.
///
/// # Errors
///
/// When the database fails.
pub async fn spend(ctx: &Context, things: Vec<Once>) -> Result<bool, Fault> {
    if things.is_empty() {
        return Ok(true);
    }
    ctx.db()
        .write(things, |tx, things| {
            Box::pin(async move {
                let mut fresh = true;
                for thing in things {
                    // A line feed is in none of the parts but the last.
                    let id = secret::hash(&format!("{}\n{}\n{}", thing.kind, thing.owner, thing.jti));
                    let row = spent::ActiveModel { id_hash: Set(id), expires_at: Set(thing.until) };
                    let inserted = spent::Entity::insert(row)
                        .on_conflict(OnConflict::column(spent::Column::IdHash).do_nothing().to_owned())
                        .exec_without_returning(tx)
                        .await?;
                    fresh &= inserted == 1;
                }
                Ok::<_, Fault>(fresh)
            })
        })
        .await
}

/// Forgets what would be refused for its age. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now(), |tx, now| {
            Box::pin(async move {
                let deleted = spent::Entity::delete_many().filter(spent::Column::ExpiresAt.lt(*now)).exec(tx).await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
