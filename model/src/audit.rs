//! The audit log: who did what to which object, when. Appended to in the transaction of the deed,
//! never changed.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, ExprTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    Context, Fault, Timestamp,
    db::Tx,
    entity::{audit_event, user},
};

/// Something that happened. `detail` holds words for people; never a secret, a PIN, a hash or
/// a phone number.
#[derive(Clone, Debug)]
pub struct Event {
    /// `object.verb`, such as `client.secret_rotated`.
    pub action: &'static str,
    /// The organization whose log it belongs to.
    pub organization: Option<Uuid>,
    /// The user who did it; absent when a client or a job did.
    pub actor: Option<Uuid>,
    /// What it was done to, such as `client`.
    pub object_kind: &'static str,
    /// The object's id.
    pub object: Option<Uuid>,
    /// In words.
    pub detail: String,
}

/// Appends an event.
///
/// # Errors
///
/// When the database fails.
pub async fn record(tx: &Tx, ctx: &Context, event: Event) -> Result<(), Fault> {
    let row = audit_event::ActiveModel {
        id: Set(ctx.new_id()?),
        at: Set(ctx.now()),
        action: Set(event.action.to_owned()),
        organization_id: Set(event.organization),
        actor_id: Set(event.actor),
        object_kind: Set(event.object_kind.to_owned()),
        object_id: Set(event.object),
        detail: Set(event.detail),
    };
    audit_event::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// An event as the log shows it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its id, by which the next page continues.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// `object.verb`.
    pub action: String,
    /// The name of who did it.
    pub actor: Option<String>,
    /// What it was done to.
    pub object_kind: String,
    /// The object's id.
    pub object: Option<Uuid>,
    /// In words.
    pub detail: String,
}

/// What the installation's own log is about: what belongs to no organization, or to none any more.
const PLATFORM: [&str; 3] = ["api", "key", "organization"];

/// A page of an organization's log, newest first, continuing before `before`.
///
/// # Errors
///
/// When the database fails.
pub async fn of_organization(
    ctx: &Context,
    organization: Uuid,
    before: Option<Uuid>,
    size: u64,
) -> Result<Vec<Entry>, Fault> {
    list(ctx, audit_event::Column::OrganizationId.eq(organization), before, size).await
}

/// A page of the installation's log: its keys and APIs, and organizations that are gone.
///
/// # Errors
///
/// When the database fails.
pub async fn of_platform(ctx: &Context, before: Option<Uuid>, size: u64) -> Result<Vec<Entry>, Fault> {
    let about = audit_event::Column::ObjectKind.is_in(PLATFORM);
    list(ctx, about.and(audit_event::Column::OrganizationId.is_null()), before, size).await
}

/// A page of what happened to a user's own account, whoever did it.
///
/// # Errors
///
/// When the database fails.
pub async fn of_user(ctx: &Context, user: Uuid, before: Option<Uuid>, size: u64) -> Result<Vec<Entry>, Fault> {
    let own = audit_event::Column::ObjectId.eq(user).and(audit_event::Column::ObjectKind.eq("user"));
    // What organizations note about their members is theirs.
    list(ctx, own.and(audit_event::Column::OrganizationId.is_null()), before, size).await
}

async fn list(ctx: &Context, which: Expr, before: Option<Uuid>, size: u64) -> Result<Vec<Entry>, Fault> {
    let mut query = audit_event::Entity::find().filter(which);
    if let Some(before) = before {
        query = query.filter(audit_event::Column::Id.lt(before));
    }
    let events = query.order_by_desc(audit_event::Column::Id).limit(size).all(ctx.db().reader()).await?;
    let actors: Vec<Uuid> = events.iter().filter_map(|event| event.actor_id).collect();
    let names: HashMap<Uuid, String> = user::Entity::find()
        .filter(user::Column::Id.is_in(actors))
        .all(ctx.db().reader())
        .await?
        .into_iter()
        .map(|user| (user.id, user.name))
        .collect();
    Ok(events
        .into_iter()
        .map(|event| Entry {
            id: event.id,
            at: event.at,
            action: event.action,
            actor: event.actor_id.and_then(|id| names.get(&id).cloned()),
            object_kind: event.object_kind,
            object: event.object_id,
            detail: event.detail,
        })
        .collect())
}
