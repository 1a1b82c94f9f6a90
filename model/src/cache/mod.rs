//! What the hot paths read from memory: clients, products, APIs, operators, subscribers, what they
//! allow, and what was revoked; and what the portal's pages show ([`portal`]).
//!
//! Each entry is loaded on its first use and dropped when a [`Change`] names it, on this node
//! after the commit, on others when PostgreSQL notifies them. Should a notification be lost, an
//! entry is stale for [`crate::Settings::cache_staleness`] at most.

mod client;
pub(crate) mod portal;
mod product;
mod rows;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use self::portal::Portal;
pub use self::{
    client::{Client, Key, Secret, client},
    product::{Product, ProductScope, catalogue, product},
    rows::{consent, operator, subscriber},
};
use crate::{
    Context, Fault, Settings, Timestamp,
    api::Catalogue,
    change::{Change, RevokedKind},
    client::{dynamic::by_url::Documents, published::KeySets, request_uris::RequestObjects},
    consent::Consent,
    entity::{client_key, client_secret, operator, revocation, subscriber},
    upstream::Published,
};

/// The caches of one process.
pub struct Caches {
    clients: Cache<String, Arc<Client>>,
    products: Cache<Uuid, Arc<Product>>,
    /// All of it, since it is small.
    catalogue: Cache<(), Arc<Catalogue>>,
    operators: Cache<Uuid, Arc<operator::Model>>,
    subscribers: Cache<Uuid, Arc<subscriber::Model>>,
    /// By subject and product; `None` where nothing is allowed.
    consents: Cache<(Uuid, Uuid), Option<Arc<Consent>>>,
    portal: Portal,
    /// What clients publish at their `jwks_uri`.
    pub(crate) key_sets: KeySets,
    /// What clients publish at their `request_uris`.
    pub(crate) request_objects: RequestObjects,
    /// Which documents about clients were read, and when.
    pub(crate) documents: Documents,
    /// What other providers publish about themselves.
    pub(crate) upstreams: Published,
    revoked: RwLock<HashMap<(RevokedKind, Uuid), Revoked>>,
    /// When a client's secret or key was used last, until a job writes it down.
    credentials_used: Mutex<HashMap<Uuid, Timestamp>>,
    /// Grows with every change: what was read before a change is not put in after it.
    epoch: AtomicU64,
}

#[derive(Clone, Copy)]
struct Revoked {
    at: Timestamp,
    expires_at: Timestamp,
}

impl Caches {
    pub(crate) fn new(settings: &Settings) -> Self {
        let staleness = Duration::from_millis(u64::try_from(settings.cache_staleness).unwrap_or(60_000));
        Self {
            clients: Cache::builder().max_capacity(20_000).time_to_live(staleness).build(),
            products: Cache::builder().max_capacity(20_000).time_to_live(staleness).build(),
            catalogue: Cache::builder().max_capacity(1).time_to_live(staleness).build(),
            operators: Cache::builder().max_capacity(1_000).time_to_live(staleness).build(),
            subscribers: Cache::builder().max_capacity(50_000).time_to_live(staleness).build(),
            consents: Cache::builder().max_capacity(50_000).time_to_live(staleness).build(),
            portal: Portal::new(staleness),
            key_sets: KeySets::new(),
            request_objects: RequestObjects::new(),
            documents: Documents::new(),
            upstreams: Published::default(),
            revoked: RwLock::default(),
            credentials_used: Mutex::default(),
            epoch: AtomicU64::new(0),
        }
    }

    pub(crate) fn apply(&self, change: &Change) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.portal.apply(change);
        match change {
            Change::Client(client_id) => self.clients.invalidate(client_id),
            Change::Product(id) => self.products.invalidate(id),
            Change::Operator(id) => self.operators.invalidate(id),
            Change::Subscriber(id) => self.subscribers.invalidate(id),
            Change::Consent { subject, product } => self.consents.invalidate(&(*subject, *product)),
            Change::Scopes => {
                self.products.invalidate_all();
                self.catalogue.invalidate_all();
            }
            Change::Unnamed => self.forget_all(),
            Change::Keys | Change::Session(_) | Change::User(_) | Change::Organization(_) | Change::CredentialsUsed => {
            }
            Change::Revoked { kind, id, at, expires_at } => {
                let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
                let entry = revoked.entry((*kind, *id)).or_insert(Revoked { at: *at, expires_at: *expires_at });
                entry.at = entry.at.max(*at);
                entry.expires_at = entry.expires_at.max(*expires_at);
            }
        }
    }

    pub(crate) fn forget_all(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.clients.invalidate_all();
        self.products.invalidate_all();
        self.catalogue.invalidate_all();
        self.operators.invalidate_all();
        self.subscribers.invalidate_all();
        self.consents.invalidate_all();
        self.portal.forget_all();
    }

    /// Says whether changes of other nodes can be heard.
    pub(crate) fn hear(&self, hears: bool) {
        self.portal.hear(hears);
    }

    /// Whether something issued at `issued_at` is void because of `(kind, id)`. What never lives again
    /// once it has ended needs no time for that: of a code that is redeemed twice at once, the token is
    /// made after the revocation.
    #[must_use]
    pub fn is_revoked(&self, kind: RevokedKind, id: Uuid, issued_at: Timestamp) -> bool {
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        let lives_again = match kind {
            RevokedKind::Grant | RevokedKind::Consent | RevokedKind::Token => false,
            RevokedKind::Session | RevokedKind::Client | RevokedKind::Subscriber => true,
        };
        let void = |entry: &Revoked| !lives_again || issued_at <= entry.at;
        !revoked.is_empty() && revoked.get(&(kind, id)).is_some_and(void)
    }

    /// Notes that a client's secret or key was used, for [`flush_credentials_used`].
    pub fn credential_used(&self, id: Uuid, now: Timestamp) {
        self.credentials_used.lock().unwrap_or_else(PoisonError::into_inner).insert(id, now);
    }

    /// Puts in what was read at `epoch`, unless something has changed since, also meanwhile.
    fn keep<K, V>(&self, cache: &Cache<K, V>, key: K, value: V, epoch: u64)
    where
        K: Clone + Eq + std::hash::Hash + Send + Sync + 'static,
        V: Clone + Send + Sync + 'static,
    {
        if self.epoch() == epoch {
            cache.insert(key.clone(), value);
            if self.epoch() != epoch {
                cache.invalidate(&key);
            }
        }
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }
}

/// Reads what was revoked. Called at the start and when notifications were missed.
pub(crate) async fn load(ctx: &Context) -> Result<(), Fault> {
    let rows =
        revocation::Entity::find().filter(revocation::Column::ExpiresAt.gt(ctx.now())).all(ctx.db().reader()).await?;
    for row in rows {
        let kind = serde_json::from_value(serde_json::Value::String(row.kind))
            .map_err(|error| Fault::Stored(format!("revocations.kind: {error}")))?;
        ctx.caches().apply(&Change::Revoked {
            kind,
            id: row.subject_id,
            at: row.revoked_at,
            expires_at: row.expires_at,
        });
    }
    Ok(())
}

/// Drops what no living token can refer to, here and in the database. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep_revocations(ctx: &Context) -> Result<(), Fault> {
    let now = ctx.now();
    ctx.caches().revoked.write().unwrap_or_else(PoisonError::into_inner).retain(|_, entry| entry.expires_at > now);
    ctx.db()
        .write(now, |tx, now| {
            Box::pin(async move {
                revocation::Entity::delete_many().filter(revocation::Column::ExpiresAt.lt(*now)).exec(tx).await?;
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// Writes down when clients' secrets and keys were used last. A background job calls it.
///
/// # Errors
///
/// When the database fails; the times are then kept for the next call.
pub async fn flush_credentials_used(ctx: &Context) -> Result<(), Fault> {
    let used = std::mem::take(&mut *ctx.caches().credentials_used.lock().unwrap_or_else(PoisonError::into_inner));
    if used.is_empty() {
        return Ok(());
    }
    let result = ctx
        .db()
        .write(used.clone(), |tx, used| {
            Box::pin(async move {
                for (id, at) in used {
                    let secrets = client_secret::Entity::update_many()
                        .col_expr(client_secret::Column::LastUsedAt, at.0.into())
                        .filter(client_secret::Column::Id.eq(*id))
                        .exec(tx)
                        .await?;
                    if secrets.rows_affected == 0 {
                        client_key::Entity::update_many()
                            .col_expr(client_key::Column::LastUsedAt, at.0.into())
                            .filter(client_key::Column::Id.eq(*id))
                            .exec(tx)
                            .await?;
                    }
                }
                tx.changed(Change::CredentialsUsed);
                Ok::<_, Fault>(())
            })
        })
        .await;
    if result.is_err() {
        let mut waiting = ctx.caches().credentials_used.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, at) in used {
            waiting.entry(id).or_insert(at);
        }
    }
    result
}
