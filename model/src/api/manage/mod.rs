//! What administrators do with the catalogue: APIs and their scopes, added, changed and removed.
//!
//! What somebody uses stays: a scope that a product has enabled or people have allowed, an API that has
//! scopes or that a client may ask for.

mod scope;

use std::collections::HashMap;

use rules::text::Problem;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Select,
};
use uuid::Uuid;

pub use self::scope::{
    NewScope, NotAScope, SCOPE_LENGTH, ScopeWords, TEXT_LENGTH, add_scope, change_scope, is_built_in, remove_scope,
    scopes_of,
};
use super::{ApiRow, PORTAL, clients_naming};
use crate::{
    Context, Fault,
    audit::{self, Event},
    change::Change,
    client::{dynamic::NOBODY, is_resource},
    db::Tx,
    entity::{self, OrganizationKind, TokenFormat, api, organization},
    id,
    named::{Named, SUGGESTED},
    organization::Organization,
};

/// The longest name of an API and of a category, in characters.
pub const NAME_LENGTH: usize = 60;
/// The longest identifier, in characters.
pub const RESOURCE_LENGTH: usize = 200;

/// An API as administrators see it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its row.
    pub row: ApiRow,
    /// The name of the organization that runs it.
    pub organization: Option<String>,
    /// How many scopes are permissions of it.
    pub scopes: i64,
}

impl Listed {
    /// Whether it is part of the program, and stays.
    #[must_use]
    pub fn built_in(&self) -> bool {
        self.row.resource == PORTAL
    }
}

/// A page of the APIs, newest first, continuing after `after`.
///
/// # Errors
///
/// When the database fails.
pub async fn list(ctx: &Context, after: Option<Uuid>, size: u64) -> Result<Vec<Listed>, Fault> {
    let mut query = api::Entity::find();
    if let Some(after) = after {
        query = query.filter(api::Column::Id.lt(after));
    }
    let rows = query.order_by_desc(api::Column::Id).limit(size).all(ctx.db().reader()).await?;
    listed(ctx, rows).await
}

/// One of them.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, id: Uuid) -> Result<Option<Listed>, Fault> {
    let row = api::Entity::find_by_id(id).one(ctx.db().reader()).await?;
    Ok(listed(ctx, row.into_iter().collect()).await?.pop())
}

async fn listed(ctx: &Context, rows: Vec<ApiRow>) -> Result<Vec<Listed>, Fault> {
    let db = ctx.db().reader();
    let names: HashMap<Uuid, String> = organization::Entity::find()
        .filter(organization::Column::Id.is_in(rows.iter().filter_map(|row| row.organization_id)))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.name))
        .collect();
    let counts: Vec<(String, i64)> = entity::scope::Entity::find()
        .select_only()
        .column(entity::scope::Column::Resource)
        .column_as(entity::scope::Column::Name.count(), "scopes")
        .filter(entity::scope::Column::Resource.is_in(rows.iter().map(|row| row.resource.as_str())))
        .group_by(entity::scope::Column::Resource)
        .into_tuple()
        .all(db)
        .await?;
    let counts: HashMap<String, i64> = counts.into_iter().collect();
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            organization: row.organization_id.and_then(|id| names.get(&id).cloned()),
            scopes: counts.get(&row.resource).copied().unwrap_or_default(),
            row,
        })
        .collect())
}

/// What the newest organizations that can run an API are called, in order: those of several people.
///
/// # Errors
///
/// When the database fails.
pub async fn runners(ctx: &Context) -> Result<Vec<String>, Fault> {
    let newest = can_run().order_by_desc(organization::Column::Id).limit(SUGGESTED);
    let mut called: Vec<String> =
        newest.all(ctx.db().reader()).await?.into_iter().map(|organization| organization.name).collect();
    called.sort();
    called.dedup();
    Ok(called)
}

/// The organization that somebody names by its id or its name, among those that can run an API.
///
/// # Errors
///
/// When the database fails.
pub async fn find_runner(ctx: &Context, text: &str) -> Result<Named<Organization>, Fault> {
    let Ok(text) = rules::text::line(text, RESOURCE_LENGTH) else { return Ok(Named::Nobody) };
    let named = match id::parse(id::ORGANIZATION, text) {
        Some(id) => can_run().filter(organization::Column::Id.eq(id)),
        None => can_run().filter(organization::Column::Name.eq(text)),
    };
    Ok(Named::of(named.limit(2).all(ctx.db().reader()).await?))
}

fn can_run() -> Select<organization::Entity> {
    organization::Entity::find()
        .filter(organization::Column::Id.ne(NOBODY))
        .filter(organization::Column::Kind.ne(OrganizationKind::Personal))
}

/// What an API is to be, but for its identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What people call it.
    pub name: String,
    /// How tokens for it look; as the client's without.
    pub token_format: Option<TokenFormat>,
    /// Whose clients run it.
    pub organization: Option<Uuid>,
}

/// Why an identifier cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAResource {
    /// It is neither an absolute URI without a fragment nor a path.
    Malformed,
    /// It is longer than [`RESOURCE_LENGTH`].
    Long,
    /// It is at the portal's own address, and so a path.
    Own,
    /// There is one already.
    Taken,
}

/// Why an organization cannot run an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotARunner {
    /// It is not there, or one person's.
    Unknown,
    /// The API is one of the portal itself.
    Portal,
}

/// What is wrong, all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Invalid {
    /// The name of an API.
    pub name: Option<Problem>,
    /// Its identifier.
    pub resource: Option<NotAResource>,
    /// Who runs it.
    pub organization: Option<NotARunner>,
    /// The name of a scope.
    pub scope: Option<NotAScope>,
    /// Its category.
    pub category: Option<Problem>,
    /// Its description.
    pub description: Option<Problem>,
    /// What people read.
    pub consent_text: Option<Problem>,
}

impl Invalid {
    fn checked(self) -> Result<(), ApiError> {
        if self == Self::default() { Ok(()) } else { Err(ApiError::Invalid(self)) }
    }
}

/// Who still uses what was to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedBy {
    /// It is part of the program.
    Portal,
    /// So many scopes are permissions of the API.
    Scopes(i64),
    /// So many clients may ask for tokens for it.
    Clients(i64),
    /// So many products have enabled it.
    Products(i64),
    /// People have allowed it.
    People,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// What was said cannot be taken.
    #[error("the API or scope cannot be like this")]
    Invalid(Invalid),
    /// There is no such API or scope, or no longer.
    #[error("no such API or scope")]
    Unknown,
    /// Somebody uses it.
    #[error("it is in use: {0:?}")]
    Used(UsedBy),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(ApiError);

/// What can be an identifier: an absolute URI (RFC 8707, section 2), or a path below the portal's
/// address, which is configured.
fn not_a_resource(ctx: &Context, text: &str) -> Option<NotAResource> {
    if text.chars().nth(RESOURCE_LENGTH).is_some() {
        return Some(NotAResource::Long);
    }
    // As it stands it is compared, and found in the texts of registrations.
    if !text.chars().all(|c| ('!'..='~').contains(&c) && !matches!(c, '"' | '\\')) {
        return Some(NotAResource::Malformed);
    }
    if let Some(path) = text.strip_prefix('/') {
        let bad = path.is_empty() || path.starts_with('/') || path.contains(['?', '#']);
        return bad.then_some(NotAResource::Malformed);
    }
    if !is_resource(text) {
        return Some(NotAResource::Malformed);
    }
    let settings = ctx.settings();
    let below = |own: &str| {
        let rest = text.strip_prefix(own.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    };
    (below(&settings.issuer) || below(&settings.public_url)).then_some(NotAResource::Own)
}

/// Whether `organization` cannot run the API that `resource` names.
async fn not_a_runner(tx: &Tx, resource: &str, organization: Option<Uuid>) -> Result<Option<NotARunner>, Fault> {
    let Some(id) = organization else { return Ok(None) };
    if resource.starts_with('/') {
        return Ok(Some(NotARunner::Portal));
    }
    let row = organization::Entity::find_by_id(id).one(tx).await?;
    let can = row.is_some_and(|row| row.id != NOBODY && row.kind != OrganizationKind::Personal);
    Ok((!can).then_some(NotARunner::Unknown))
}

/// Adds an API; its id.
///
/// # Errors
///
/// [`ApiError::Invalid`] with everything that is wrong.
pub async fn add(ctx: &Context, actor: Option<Uuid>, resource: &str, about: &About) -> Result<Uuid, ApiError> {
    let resource = resource.trim().to_owned();
    let added = ctx.db().write((ctx.clone(), actor, resource, about.clone()), |tx, (ctx, actor, resource, about)| {
        Box::pin(add_in(tx, ctx, *actor, resource, about))
    });
    match added.await {
        Err(ApiError::Fault(fault)) if fault.violates("apis_resource_key", "apis.resource") => {
            Err(ApiError::Invalid(Invalid { resource: Some(NotAResource::Taken), ..Invalid::default() }))
        }
        added => added,
    }
}

async fn add_in(tx: &Tx, ctx: &Context, actor: Option<Uuid>, resource: &str, about: &About) -> Result<Uuid, ApiError> {
    let line = rules::text::line(&about.name, NAME_LENGTH);
    let invalid = Invalid {
        name: line.err(),
        resource: not_a_resource(ctx, resource),
        organization: not_a_runner(tx, resource, about.organization).await?,
        ..Invalid::default()
    };
    invalid.checked()?;
    let name = line.unwrap_or_default();
    let row = api::ActiveModel {
        id: Set(ctx.new_id()?),
        name: Set(name.to_owned()),
        resource: Set(resource.to_owned()),
        token_format: Set(about.token_format),
        organization_id: Set(about.organization),
        created_at: Set(ctx.now()),
    };
    let row = api::Entity::insert(row).exec_with_returning(tx).await?;
    let detail = format!("Added the API {name}, {resource}{}", told(tx, about).await?);
    note(tx, ctx, actor, ("api.added", row.id, detail)).await?;
    Ok(row.id)
}

/// Changes what an API is like.
///
/// # Errors
///
/// [`ApiError::Invalid`], [`ApiError::Unknown`].
pub async fn change(ctx: &Context, actor: Option<Uuid>, id: Uuid, about: &About) -> Result<(), ApiError> {
    ctx.db()
        .write((ctx.clone(), actor, id, about.clone()), |tx, (ctx, actor, id, about)| {
            Box::pin(change_in(tx, ctx, *actor, *id, about))
        })
        .await
}

async fn change_in(tx: &Tx, ctx: &Context, actor: Option<Uuid>, id: Uuid, about: &About) -> Result<(), ApiError> {
    let row = hold(tx, id).await?;
    let line = rules::text::line(&about.name, NAME_LENGTH);
    // An organization that runs it already stays, whatever has become of it.
    let other = about.organization.filter(|_| about.organization != row.organization_id);
    let invalid =
        Invalid { name: line.err(), organization: not_a_runner(tx, &row.resource, other).await?, ..Invalid::default() };
    invalid.checked()?;
    let name = line.unwrap_or_default();
    let same = About { name: row.name.clone(), token_format: row.token_format, organization: row.organization_id };
    if same == (About { name: name.to_owned(), ..about.clone() }) {
        return Ok(());
    }
    let changed = api::ActiveModel {
        id: Set(id),
        name: Set(name.to_owned()),
        token_format: Set(about.token_format),
        organization_id: Set(about.organization),
        ..Default::default()
    };
    api::Entity::update(changed).exec(tx).await?;
    let renamed = if row.name == name { String::new() } else { format!(", now {name}") };
    let detail = format!("Changed the API {}{renamed}{}", row.name, told(tx, about).await?);
    note(tx, ctx, actor, ("api.changed", id, detail)).await
}

/// Format and organization, for the history.
async fn told(tx: &Tx, about: &About) -> Result<String, Fault> {
    let format = about.token_format.map_or("as the client's", TokenFormat::as_str);
    let runner = match about.organization {
        Some(id) => organization::Entity::find_by_id(id).one(tx).await?,
        None => None,
    };
    let runner = runner.map(|row| format!("; run by {}", row.name)).unwrap_or_default();
    Ok(format!("; access tokens {format}{runner}"))
}

/// Removes an API that nobody uses.
///
/// # Errors
///
/// [`ApiError::Used`], [`ApiError::Unknown`].
pub async fn remove(ctx: &Context, actor: Option<Uuid>, id: Uuid) -> Result<(), ApiError> {
    let listed = find(ctx, id).await?.ok_or(ApiError::Unknown)?;
    if listed.built_in() {
        return Err(ApiError::Used(UsedBy::Portal));
    }
    let mut names = ctx.settings().api_names(&listed.row.resource);
    // The address of the portal itself is not one API's alone.
    names.retain(|name| *name != ctx.settings().public_url);
    let clients = clients_naming(ctx, &names).await?.len();
    ctx.db()
        .write((ctx.clone(), actor, id, number(clients)), |tx, (ctx, actor, id, clients)| {
            Box::pin(async move {
                let row = hold(tx, *id).await?;
                let own = entity::scope::Entity::find().filter(entity::scope::Column::Resource.eq(&row.resource));
                match own.count(tx).await? {
                    0 => {}
                    some => return Err(ApiError::Used(UsedBy::Scopes(number(some)))),
                }
                if *clients > 0 {
                    return Err(ApiError::Used(UsedBy::Clients(*clients)));
                }
                api::Entity::delete_by_id(*id).exec(tx).await?;
                let detail = format!("Removed the API {}, {}", row.name, row.resource);
                note(tx, ctx, *actor, ("api.removed", *id, detail)).await
            })
        })
        .await
}

fn number(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

/// Locks an API against being removed or changed meanwhile.
async fn hold(tx: &Tx, id: Uuid) -> Result<ApiRow, ApiError> {
    api::Entity::find_by_id(id).lock_exclusive().one(tx).await?.ok_or(ApiError::Unknown)
}

/// Writes it down, and lets every node hear of it.
async fn note(
    tx: &Tx,
    ctx: &Context,
    actor: Option<Uuid>,
    (action, id, detail): (&'static str, Uuid, String),
) -> Result<(), ApiError> {
    tx.changed(Change::Scopes);
    let event = Event { action, organization: None, actor, object_kind: "api", object: Some(id), detail };
    Ok(audit::record(tx, ctx, event).await?)
}
