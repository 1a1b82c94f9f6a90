//! The catalogue of scopes, and which of them a product has enabled.
//!
//! Enabling a scope lets a product ask for it; it grants nothing. A subscriber who consented
//! before is asked for the difference.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

pub use crate::entity::{ScopeAudience, scope::Model as Scope};
use crate::{
    Context, Fault,
    audit::{self, Event},
    change::Change,
    db::Tx,
    entity::{Audience, product, product_scope, scope},
};

impl ScopeAudience {
    /// Whether products for `audience` can enable the scope.
    #[must_use]
    pub const fn reaches(self, audience: Audience) -> bool {
        matches!(
            (self, audience),
            (Self::Both, Audience::Subscribers | Audience::Operators)
                | (Self::People, Audience::Subscribers | Audience::Users)
                | (Self::Subscribers, Audience::Subscribers)
                | (Self::Operators, Audience::Operators)
                | (Self::Users, Audience::Users)
        )
    }
}

/// A scope of the catalogue, as a product stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The scope.
    pub scope: Scope,
    /// Whether the product may ask for it.
    pub enabled: bool,
    /// Whether a subscriber may leave it out.
    pub optional: bool,
}

/// What a product can enable, in the order of the catalogue.
///
/// # Errors
///
/// When the database fails.
pub async fn of_product(ctx: &Context, product: &product::Model) -> Result<Vec<Row>, Fault> {
    let db = ctx.db().reader();
    let enabled: HashMap<String, bool> = product_scope::Entity::find()
        .filter(product_scope::Column::ProductId.eq(product.id))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.scope, row.optional))
        .collect();
    let catalogue =
        scope::Entity::find().order_by_asc(scope::Column::Position).order_by_asc(scope::Column::Name).all(db).await?;
    Ok(catalogue
        .into_iter()
        .filter(|scope| scope.audience.reaches(product.audience))
        .map(|scope| Row {
            enabled: enabled.contains_key(&scope.name),
            optional: enabled.get(&scope.name).copied().unwrap_or_default(),
            scope,
        })
        .collect())
}

/// Why a product's scopes were not set.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// The catalogue has no such scope for products of this kind.
    #[error("{0} is no scope that this product can enable")]
    Unknown(String),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(SetError);

struct Setting {
    ctx: Context,
    actor: Option<Uuid>,
    product: product::Model,
    /// By name, whether optional.
    wanted: BTreeMap<String, bool>,
}

/// Sets all that a product has enabled: names, and whether a subscriber may leave each out. Says
/// whether anything changed.
///
/// # Errors
///
/// [`SetError::Unknown`] for a scope that products of this kind cannot have.
pub async fn set(
    ctx: &Context,
    actor: Option<Uuid>,
    product: &product::Model,
    wanted: impl IntoIterator<Item = (String, bool)>,
) -> Result<bool, SetError> {
    let setting = Setting { ctx: ctx.clone(), actor, product: product.clone(), wanted: wanted.into_iter().collect() };
    ctx.db().write(setting, |tx, setting| Box::pin(set_in(tx, setting))).await
}

async fn set_in(tx: &Tx, setting: &Setting) -> Result<bool, SetError> {
    let Setting { ctx, actor, product, wanted } = setting;
    let catalogue = scope::Entity::find().filter(scope::Column::Name.is_in(wanted.keys())).all(tx).await?;
    for name in wanted.keys() {
        let known = catalogue.iter().find(|scope| scope.name == *name);
        if known.is_none_or(|scope| !scope.audience.reaches(product.audience)) {
            return Err(SetError::Unknown(name.clone()));
        }
    }
    let before: BTreeMap<String, bool> = product_scope::Entity::find()
        .filter(product_scope::Column::ProductId.eq(product.id))
        .all(tx)
        .await?
        .into_iter()
        .map(|row| (row.scope, row.optional))
        .collect();
    if before == *wanted {
        return Ok(false);
    }
    product_scope::Entity::delete_many().filter(product_scope::Column::ProductId.eq(product.id)).exec(tx).await?;
    if !wanted.is_empty() {
        let rows = wanted.iter().map(|(name, optional)| product_scope::ActiveModel {
            product_id: Set(product.id),
            scope: Set(name.clone()),
            optional: Set(*optional),
        });
        product_scope::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    tx.changed(Change::Product(product.id));
    audit::record(
        tx,
        ctx,
        Event {
            action: "product.scopes_changed",
            organization: Some(product.organization_id),
            actor: *actor,
            object_kind: "product",
            object: Some(product.id),
            detail: difference(&product.name, &before, wanted),
        },
    )
    .await?;
    Ok(true)
}

fn difference(product: &str, before: &BTreeMap<String, bool>, after: &BTreeMap<String, bool>) -> String {
    let list = |words: &str, names: Vec<&String>| {
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{words} {}", names.join(", ")))
    };
    let parts = [
        list("enabled", after.keys().filter(|name| !before.contains_key(*name)).collect()),
        list("turned off", before.keys().filter(|name| !after.contains_key(*name)).collect()),
        list(
            "made optional",
            after.iter().filter(|(n, o)| **o && before.get(*n) == Some(&false)).map(|(n, _)| n).collect(),
        ),
        list(
            "made required",
            after.iter().filter(|(n, o)| !**o && before.get(*n) == Some(&true)).map(|(n, _)| n).collect(),
        ),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("Scopes of {product}: {}", parts.join("; "))
}
