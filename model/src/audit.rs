//! The audit log: who did what to which object, when. Appended to in the transaction of the deed,
//! never changed.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
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
    let mut query = audit_event::Entity::find().filter(audit_event::Column::OrganizationId.eq(organization));
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
