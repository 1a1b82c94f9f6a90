//! One-time links that are mailed to users. Looking at one does not use it up, since mail
//! scanners look at all of them; it is consumed by one conditional write.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

pub use crate::entity::LinkPurpose;
use crate::{
    Context, Fault, Timestamp,
    db::Tx,
    entity::{link, user},
    secret::{self, Kind, Plain},
};

/// Makes a link that proves `email` of `user`; earlier ones for the same purpose are void.
pub(crate) async fn issue(
    tx: &Tx,
    ctx: &Context,
    purpose: LinkPurpose,
    user: Uuid,
    email: &str,
) -> Result<Plain, Fault> {
    void(tx, user, &[purpose]).await?;
    let lifetimes = &ctx.settings().lifetimes;
    let lifetime = match purpose {
        LinkPurpose::VerifyEmail | LinkPurpose::ChangeEmail => lifetimes.verify_link,
        LinkPurpose::ResetPassword => lifetimes.reset_link,
    };
    let token = Plain::generate(ctx, Kind::Link)?;
    let row = link::ActiveModel {
        id: Set(ctx.new_id()?),
        purpose: Set(purpose),
        token_hash: Set(token.hash()),
        user_id: Set(user),
        email: Set(email.to_owned()),
        created_at: Set(ctx.now()),
        expires_at: Set(ctx.now().plus(lifetime)),
        used_at: Set(None),
    };
    link::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(token)
}

/// Ends the unused links of a user for some purposes.
pub(crate) async fn void(tx: &Tx, user: Uuid, purposes: &[LinkPurpose]) -> Result<(), Fault> {
    link::Entity::delete_many()
        .filter(link::Column::UserId.eq(user))
        .filter(link::Column::Purpose.is_in(purposes.iter().copied()))
        .filter(link::Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Uses a link up. Of any number who try, one gets it.
pub(crate) async fn consume(
    tx: &Tx,
    purpose: LinkPurpose,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<link::Model>, Fault> {
    let used = link::Entity::update_many()
        .set(link::ActiveModel { used_at: Set(Some(now)), ..Default::default() })
        .filter(link::Column::TokenHash.eq(token_hash))
        .filter(link::Column::Purpose.eq(purpose))
        .filter(link::Column::UsedAt.is_null())
        .filter(link::Column::ExpiresAt.gt(now))
        .exec(tx)
        .await?;
    if used.rows_affected != 1 {
        return Ok(None);
    }
    Ok(link::Entity::find().filter(link::Column::TokenHash.eq(token_hash)).one(tx).await?)
}

/// What can be said of a link without using it up.
#[derive(Clone, Debug)]
pub enum Found {
    /// It works.
    Works {
        /// The link.
        link: Box<link::Model>,
        /// Whose it is.
        user: Box<user::Model>,
    },
    /// It was used already.
    Used,
    /// It has expired, was replaced by a newer one, or never was.
    Void,
}

/// Looks at a link.
///
/// # Errors
///
/// When the database fails.
pub async fn look(ctx: &Context, purpose: LinkPurpose, token: &str) -> Result<Found, Fault> {
    if !secret::well_formed(Kind::Link, token) {
        return Ok(Found::Void);
    }
    let db = ctx.db().reader();
    let row = link::Entity::find()
        .filter(link::Column::TokenHash.eq(secret::hash(token)))
        .filter(link::Column::Purpose.eq(purpose))
        .one(db)
        .await?;
    let Some(link) = row else { return Ok(Found::Void) };
    if link.used_at.is_some() {
        return Ok(Found::Used);
    }
    if link.expires_at <= ctx.now() {
        return Ok(Found::Void);
    }
    let user = user::Entity::find_by_id(link.user_id).one(db).await?;
    Ok(user.map_or(Found::Void, |user| Found::Works { link: Box::new(link), user: Box::new(user) }))
}

/// Deletes links whose time is over. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now(), |tx, now| {
            Box::pin(async move {
                let deleted = link::Entity::delete_many().filter(link::Column::ExpiresAt.lt(*now)).exec(tx).await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
