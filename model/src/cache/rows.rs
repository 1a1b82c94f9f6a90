//! What is held in memory as it is stored: operators, subscribers, and what they allow.

use std::sync::Arc;

use sea_orm::EntityTrait as _;
use uuid::Uuid;

use crate::{
    Context, Fault,
    consent::{self, Consent},
    entity::{operator, subscriber},
    subject::Subject,
};

/// The operator with this id.
///
/// # Errors
///
/// When the database fails.
pub async fn operator(ctx: &Context, id: Uuid) -> Result<Option<Arc<operator::Model>>, Fault> {
    let caches = ctx.caches();
    if let Some(hit) = caches.operators.get(&id) {
        return Ok(Some(hit));
    }
    let epoch = caches.epoch();
    let Some(row) = operator::Entity::find_by_id(id).one(ctx.db().reader()).await? else { return Ok(None) };
    let loaded = Arc::new(row);
    caches.keep(&caches.operators, id, Arc::clone(&loaded), epoch);
    Ok(Some(loaded))
}

/// The subscriber with this id.
///
/// # Errors
///
/// When the database fails.
pub async fn subscriber(ctx: &Context, id: Uuid) -> Result<Option<Arc<subscriber::Model>>, Fault> {
    let caches = ctx.caches();
    if let Some(hit) = caches.subscribers.get(&id) {
        return Ok(Some(hit));
    }
    let epoch = caches.epoch();
    let Some(row) = subscriber::Entity::find_by_id(id).one(ctx.db().reader()).await? else { return Ok(None) };
    let loaded = Arc::new(row);
    caches.keep(&caches.subscribers, id, Arc::clone(&loaded), epoch);
    Ok(Some(loaded))
}

/// What a subject allows a product now. Redeeming a code looks at the row itself: what another
/// node has ended a moment ago gives no tokens here.
///
/// # Errors
///
/// When the database fails.
pub async fn consent(ctx: &Context, subject: Subject, product: Uuid) -> Result<Option<Arc<Consent>>, Fault> {
    let caches = ctx.caches();
    let key = (subject.id(), product);
    if let Some(hit) = caches.consents.get(&key) {
        return Ok(hit);
    }
    let epoch = caches.epoch();
    let loaded = consent::find(ctx, subject, product).await?.map(Arc::new);
    caches.keep(&caches.consents, key, loaded.clone(), epoch);
    Ok(loaded)
}
