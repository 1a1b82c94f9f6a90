//! Initial access tokens (RFC 7591, section 1.2): an organization lets programs register clients
//! of one of its products.

use std::collections::HashMap;

use rules::text::Problem;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _,
    sea_query::{Expr, ExprTrait as _},
};
use uuid::Uuid;

use super::NOBODY;
use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    days,
    db::Tx,
    entity::{initial_access_token, organization, product, user},
    id,
    named::{Named, SUGGESTED},
    secret::{self, Kind, Plain},
};

/// Two names and what is between them, in characters; what is longer names nothing.
const NAMED_LENGTH: usize = 300;
/// The longest label, in characters.
pub const LABEL_LENGTH: usize = 60;

/// What a token is to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The row's key, from the form ([`Context::new_id`]), so that a form sent twice makes one.
    pub id: Uuid,
    /// Who gets it, for people to tell tokens apart.
    pub label: String,
    /// How long it works, in milliseconds.
    pub lifetime: i64,
    /// How many clients it registers, if not any number.
    pub most_uses: Option<i64>,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum LetInError {
    /// The label cannot be taken.
    #[error("the label cannot be taken")]
    Label(Problem),
    /// The form was sent before, and its token is not shown again.
    #[error("the form was sent before")]
    Again,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(LetInError);

/// Makes a token with which programs register clients of a product.
///
/// # Errors
///
/// [`LetInError`].
pub async fn let_in(
    ctx: &Context,
    actor: Option<Uuid>,
    product: &product::Model,
    new: &NewToken,
) -> Result<Plain, LetInError> {
    let label = rules::text::line(&new.label, LABEL_LENGTH).map_err(LetInError::Label)?.to_owned();
    let token = Plain::generate(ctx, Kind::InitialAccess)?;
    let now = ctx.now();
    let row = initial_access_token::ActiveModel {
        id: Set(new.id),
        product_id: Set(product.id),
        label: Set(label.clone()),
        token_hash: Set(token.hash()),
        created_by: Set(actor),
        created_at: Set(now),
        expires_at: Set(now.plus(new.lifetime)),
        uses: Set(0),
        most_uses: Set(new.most_uses),
    };
    let detail = format!("Created the initial access token {label} for {}", product.name);
    let event = event("product.registration_token_created", actor, product, detail);
    let written = ctx.db().write((ctx.clone(), row, event), |tx, (ctx, row, event)| {
        Box::pin(async move {
            initial_access_token::Entity::insert(row.clone()).exec_without_returning(tx).await?;
            audit::record(tx, ctx, event.clone()).await
        })
    });
    match written.await {
        Ok(()) => Ok(token),
        Err(fault) if fault.violates("initial_access_tokens_pkey", "initial_access_tokens.id") => {
            Err(LetInError::Again)
        }
        Err(fault) => Err(fault.into()),
    }
}

fn event(action: &'static str, actor: Option<Uuid>, product: &product::Model, detail: String) -> Event {
    Event {
        action,
        organization: Some(product.organization_id),
        actor,
        object_kind: "product",
        object: Some(product.id),
        detail,
    }
}

/// A token as administrators see it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its row.
    pub row: initial_access_token::Model,
    /// The name of the product whose clients it registers.
    pub product: String,
    /// Who made it; nobody if it was the command line.
    pub created_by: Option<String>,
}

impl Listed {
    /// Whether it still registers clients.
    #[must_use]
    pub fn living(&self, now: Timestamp) -> bool {
        self.row.expires_at > now && self.row.most_uses.is_none_or(|most| self.row.uses < most)
    }
}

/// Up to `size` tokens, newest first, continuing after the token `after`.
///
/// # Errors
///
/// When the database fails.
pub async fn list(ctx: &Context, after: Option<Uuid>, size: u64) -> Result<Vec<Listed>, Fault> {
    let mut query = initial_access_token::Entity::find();
    if let Some(after) = after {
        query = query.filter(initial_access_token::Column::Id.lt(after));
    }
    let newest = query.order_by_desc(initial_access_token::Column::Id);
    listed(ctx, newest.limit(size).all(ctx.db().reader()).await?).await
}

/// One of them.
///
/// # Errors
///
/// When the database fails.
pub async fn by_id(ctx: &Context, id: Uuid) -> Result<Option<Listed>, Fault> {
    let row = initial_access_token::Entity::find_by_id(id).one(ctx.db().reader()).await?;
    Ok(listed(ctx, row.into_iter().collect()).await?.pop())
}

async fn listed(ctx: &Context, rows: Vec<initial_access_token::Model>) -> Result<Vec<Listed>, Fault> {
    let db = ctx.db().reader();
    let products: HashMap<Uuid, String> = product::Entity::find()
        .filter(product::Column::Id.is_in(rows.iter().map(|row| row.product_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|product| (product.id, product.name))
        .collect();
    let people: HashMap<Uuid, String> = user::Entity::find()
        .filter(user::Column::Id.is_in(rows.iter().filter_map(|row| row.created_by)))
        .all(db)
        .await?
        .into_iter()
        .map(|user| (user.id, user.name))
        .collect();
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            product: products.get(&row.product_id).cloned().unwrap_or_default(),
            created_by: row.created_by.and_then(|id| people.get(&id).cloned()),
            row,
        })
        .collect())
}

/// What the newest products that a token can be for are called, in order: each as [`find_product`] knows
/// it, `Organization: Product`.
///
/// # Errors
///
/// When the database fails.
pub async fn suggestions(ctx: &Context) -> Result<Vec<String>, Fault> {
    let db = ctx.db().reader();
    let newest = product::Entity::find()
        .filter(product::Column::OrganizationId.ne(NOBODY))
        .order_by_desc(product::Column::Id)
        .limit(SUGGESTED)
        .all(db)
        .await?;
    let owners: HashMap<Uuid, String> = organization::Entity::find()
        .filter(organization::Column::Id.is_in(newest.iter().map(|product| product.organization_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|owner| (owner.id, owner.name))
        .collect();
    let mut called: Vec<String> = newest
        .iter()
        .filter_map(|product| Some(format!("{}: {}", owners.get(&product.organization_id)?, product.name)))
        .collect();
    called.sort();
    called.dedup();
    Ok(called)
}

/// The product that somebody names by its id, or as [`suggestions`] call it.
///
/// # Errors
///
/// When the database fails.
pub async fn find_product(ctx: &Context, text: &str) -> Result<Named<product::Model>, Fault> {
    let Ok(text) = rules::text::line(text, NAMED_LENGTH) else { return Ok(Named::Nobody) };
    let db = ctx.db().reader();
    let owned = || product::Entity::find().filter(product::Column::OrganizationId.ne(NOBODY));
    if let Some(id) = id::parse(id::PRODUCT, text) {
        return Ok(Named::of(owned().filter(product::Column::Id.eq(id)).all(db).await?));
    }
    let mut found = Vec::new();
    // Either name can have a colon in it.
    for (at, colon) in text.match_indices(": ") {
        let (Some(owner), Some(name)) = (text.get(..at), text.get(at + colon.len()..)) else { continue };
        let owners = organization::Entity::find()
            .select_only()
            .column(organization::Column::Id)
            .filter(organization::Column::Name.eq(owner));
        let of_them = product::Column::OrganizationId.in_subquery(owners.into_query());
        found.extend(owned().filter(product::Column::Name.eq(name)).filter(of_them).limit(2).all(db).await?);
    }
    Ok(Named::of(found))
}

/// Ends a token; what was registered with it stays. Says whether it was there.
///
/// # Errors
///
/// When the database fails.
pub async fn revoke(ctx: &Context, actor: Option<Uuid>, id: Uuid) -> Result<bool, Fault> {
    ctx.db()
        .write((ctx.clone(), actor, id), |tx, (ctx, actor, id)| {
            Box::pin(async move {
                let Some(row) = initial_access_token::Entity::find_by_id(*id).one(tx).await? else { return Ok(false) };
                let deleted = initial_access_token::Entity::delete_by_id(*id).exec(tx).await?;
                if deleted.rows_affected != 1 {
                    return Ok(false);
                }
                if let Some(product) = product::Entity::find_by_id(row.product_id).one(tx).await? {
                    let detail = format!("Revoked the initial access token {} for {}", row.label, product.name);
                    let event = event("product.registration_token_revoked", *actor, &product, detail);
                    audit::record(tx, ctx, event).await?;
                }
                Ok::<_, Fault>(true)
            })
        })
        .await
}

/// Deletes tokens a day after they have expired. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now().plus(-days(1)), |tx, before| {
            Box::pin(async move {
                let deleted = initial_access_token::Entity::delete_many()
                    .filter(initial_access_token::Column::ExpiresAt.lt(*before))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}

/// Tokens that have not expired and were not used as often as they may be.
fn living(now: Timestamp) -> Condition {
    let left = Expr::col(initial_access_token::Column::MostUses).gt(Expr::col(initial_access_token::Column::Uses));
    Condition::all()
        .add(initial_access_token::Column::ExpiresAt.gt(now))
        .add(Condition::any().add(initial_access_token::Column::MostUses.is_null()).add(left))
}

/// The living token with this text, and the product that it is for.
pub(super) async fn find(ctx: &Context, token: &str) -> Result<Option<(Uuid, product::Model)>, Fault> {
    let db = ctx.db().reader();
    let row = initial_access_token::Entity::find()
        .filter(initial_access_token::Column::TokenHash.eq(secret::hash(token)))
        .filter(living(ctx.now()))
        .one(db)
        .await?;
    match row {
        Some(row) => Ok(product::Entity::find_by_id(row.product_id).one(db).await?.map(|product| (row.id, product))),
        None => Ok(None),
    }
}

/// Uses a token once more, if it is living still: of several at once, as many as it may.
pub(super) async fn use_once(tx: &Tx, id: Uuid, now: Timestamp) -> Result<bool, Fault> {
    let once_more = Expr::col(initial_access_token::Column::Uses).add(1);
    let used = initial_access_token::Entity::update_many()
        .col_expr(initial_access_token::Column::Uses, once_more)
        .filter(initial_access_token::Column::Id.eq(id))
        .filter(living(now))
        .exec(tx)
        .await?;
    Ok(used.rows_affected == 1)
}
