//! Products in memory, as the protocol endpoints and the consent page need them, and the APIs.

use std::{collections::HashMap, sync::Arc};

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use crate::{
    Context, Fault,
    api::{Api, Catalogue},
    entity::{Audience, DistributionState, api, distribution, organization, product, product_scope, scope},
};

/// A product as the protocol endpoints and the consent page need it.
#[derive(Debug)]
pub struct Product {
    /// The row's id.
    pub id: Uuid,
    /// The organization that owns it.
    pub organization_id: Uuid,
    /// The name of the organization.
    pub organization_name: String,
    /// Whom it is for.
    pub audience: Audience,
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Its own page.
    pub website: Option<String>,
    /// Terms of use.
    pub terms_url: Option<String>,
    /// Privacy policy.
    pub privacy_url: Option<String>,
    /// Where its users find help.
    pub support_email: Option<String>,
    /// Path of its logo below the public URL.
    pub logo: Option<String>,
    /// What it has enabled, in the order of the catalogue.
    pub scopes: Vec<ProductScope>,
    /// Where it stands with each operator.
    pub distribution: HashMap<Uuid, DistributionState>,
}

/// A scope that a product has enabled.
#[derive(Clone, Debug)]
pub struct ProductScope {
    /// The scope's name.
    pub name: String,
    /// What subscribers read.
    pub consent_text: String,
    /// Whether the subscriber may leave it out.
    pub optional: bool,
    /// Whether it can go on while they are away.
    pub refreshable: bool,
    /// The names of the API that it is a permission of; none for what is of no API in particular.
    pub audiences: Vec<String>,
}

impl Product {
    /// Path of the logo that people see.
    #[must_use]
    pub fn shown_with(&self) -> &str {
        self.logo.as_deref().unwrap_or("/products/default.svg")
    }

    /// Whether subscribers of this operator can use it.
    #[must_use]
    pub fn enabled_by(&self, operator: Uuid) -> bool {
        self.distribution.get(&operator) == Some(&DistributionState::Enabled)
    }

    /// The names of what it has enabled.
    #[must_use]
    pub fn scope_names(&self) -> Vec<String> {
        self.scopes.iter().map(|scope| scope.name.clone()).collect()
    }

    /// Whether a refresh token may go with these scopes: one that is for this moment alone keeps the
    /// others from it, too.
    #[must_use]
    pub fn refreshable(&self, scopes: &[String]) -> bool {
        self.scopes.iter().filter(|scope| scopes.contains(&scope.name)).all(|scope| scope.refreshable)
    }
}

/// The product with this id.
///
/// # Errors
///
/// When the database fails.
pub async fn product(ctx: &Context, id: Uuid) -> Result<Option<Arc<Product>>, Fault> {
    let caches = ctx.caches();
    if let Some(hit) = caches.products.get(&id) {
        return Ok(Some(hit));
    }
    let epoch = caches.epoch();
    let db = ctx.db().reader();
    let Some(row) = product::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let owner = organization::Entity::find_by_id(row.organization_id).one(db).await?;
    let enabled: HashMap<String, bool> = product_scope::Entity::find()
        .filter(product_scope::Column::ProductId.eq(id))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.scope, row.optional))
        .collect();
    let catalogue = scope::Entity::find()
        .filter(scope::Column::Name.is_in(enabled.keys()))
        .order_by_asc(scope::Column::Position)
        .order_by_asc(scope::Column::Name)
        .all(db)
        .await?;
    let distribution = distribution::Entity::find().filter(distribution::Column::ProductId.eq(id)).all(db).await?;
    let loaded = Arc::new(Product {
        id: row.id,
        organization_id: row.organization_id,
        organization_name: owner.map(|owner| owner.name).unwrap_or_default(),
        audience: row.audience,
        name: row.name,
        description: row.description,
        website: row.website,
        terms_url: row.terms_url,
        privacy_url: row.privacy_url,
        support_email: row.support_email,
        logo: row.logo,
        scopes: catalogue
            .into_iter()
            .map(|scope| ProductScope {
                optional: enabled.get(&scope.name).copied().unwrap_or_default(),
                name: scope.name,
                consent_text: scope.consent_text,
                refreshable: scope.refreshable,
                audiences: scope.resource.map(|api| ctx.settings().api_names(&api)).unwrap_or_default(),
            })
            .collect(),
        distribution: distribution.into_iter().map(|row| (row.operator_id, row.state)).collect(),
    });
    caches.keep(&caches.products, id, Arc::clone(&loaded), epoch);
    Ok(Some(loaded))
}

/// The APIs, and which scope is of which.
///
/// # Errors
///
/// When the database fails.
pub async fn catalogue(ctx: &Context) -> Result<Arc<Catalogue>, Fault> {
    let caches = ctx.caches();
    if let Some(hit) = caches.catalogue.get(&()) {
        return Ok(hit);
    }
    let epoch = caches.epoch();
    let db = ctx.db().reader();
    let rows = api::Entity::find().order_by_asc(api::Column::Name).all(db).await?;
    let scopes = scope::Entity::find().filter(scope::Column::Resource.is_not_null()).all(db).await?;
    let names = |resource: &str| ctx.settings().api_names(resource);
    let apis = rows.into_iter().map(|row| Api {
        resources: names(&row.resource),
        name: row.name,
        token_format: row.token_format,
        organization_id: row.organization_id,
    });
    let scopes = scopes.into_iter().filter_map(|scope| Some((scope.name, names(&scope.resource?))));
    let loaded = Arc::new(Catalogue { apis: apis.collect(), scopes: scopes.collect() });
    caches.keep(&caches.catalogue, (), Arc::clone(&loaded), epoch);
    Ok(loaded)
}
