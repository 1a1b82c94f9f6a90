//! Initial access tokens (RFC 7591, section 1.2): an organization lets programs register clients
//! of one of its products.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::{
    Context, Fault,
    audit::{self, Event},
    entity::{initial_access_token, product},
    secret::{self, Kind, Plain},
};

/// Makes a token with which programs register clients of a product for `lifetime` milliseconds.
///
/// # Errors
///
/// When the database fails.
pub async fn let_in(
    ctx: &Context,
    actor: Option<Uuid>,
    product: &product::Model,
    label: &str,
    lifetime: i64,
) -> Result<Plain, Fault> {
    let token = Plain::generate(ctx, Kind::InitialAccess)?;
    let args = (ctx.clone(), actor, product.clone(), label.to_owned(), token.hash(), lifetime);
    ctx.db()
        .write(args, |tx, (ctx, actor, product, label, hash, lifetime)| {
            Box::pin(async move {
                let id = ctx.new_id()?;
                let row = initial_access_token::ActiveModel {
                    id: Set(id),
                    product_id: Set(product.id),
                    label: Set(label.clone()),
                    token_hash: Set(hash.clone()),
                    created_by: Set(*actor),
                    created_at: Set(ctx.now()),
                    expires_at: Set(ctx.now().plus(*lifetime)),
                };
                initial_access_token::Entity::insert(row).exec_without_returning(tx).await?;
                let event = Event {
                    action: "product.registration_token_created",
                    organization: Some(product.organization_id),
                    actor: *actor,
                    object_kind: "product",
                    object: Some(product.id),
                    detail: format!("Created the initial access token {label} for {}", product.name),
                };
                audit::record(tx, ctx, event).await?;
                Ok::<_, Fault>(())
            })
        })
        .await?;
    Ok(token)
}

/// The product that a living token is for.
pub(super) async fn product(ctx: &Context, token: &str) -> Result<Option<product::Model>, Fault> {
    let db = ctx.db().reader();
    let row = initial_access_token::Entity::find()
        .filter(initial_access_token::Column::TokenHash.eq(secret::hash(token)))
        .filter(initial_access_token::Column::ExpiresAt.gt(ctx.now()))
        .one(db)
        .await?;
    match row {
        Some(row) => Ok(product::Entity::find_by_id(row.product_id).one(db).await?),
        None => Ok(None),
    }
}
