//! Subscribers: whoever has a SIM of an operator on this platform.

use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};

pub use crate::entity::subscriber::Model as Subscriber;
use crate::{Context, Fault, entity::subscriber, phone::PhoneNumber};

/// The living subscriber with this number.
///
/// # Errors
///
/// When the database fails.
pub async fn by_phone_number(ctx: &Context, number: &PhoneNumber) -> Result<Option<Subscriber>, Fault> {
    find(ctx.db().reader(), number).await
}

/// The living subscriber with this number, as a transaction sees it.
pub(crate) async fn find(db: &impl ConnectionTrait, number: &PhoneNumber) -> Result<Option<Subscriber>, Fault> {
    Ok(subscriber::Entity::find()
        .filter(subscriber::Column::PhoneNumber.eq(number.as_str()))
        .filter(subscriber::Column::EndedAt.is_null())
        .one(db)
        .await?)
}
