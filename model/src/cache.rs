//! What the hot paths read from memory: clients, products, APIs, operators, subscribers, what they
//! allow, and what was revoked; and what the portal's pages show ([`portal`]).
//!
//! Each entry is loaded on its first use and dropped when a [`Change`] names it, on this node
//! after the commit, on others when PostgreSQL notifies them. Should a notification be lost, an
//! entry is stale for [`crate::Settings::cache_staleness`] at most.

pub(crate) mod portal;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use crate::{
    Context, Fault, Settings, Timestamp,
    api::{Api, Catalogue},
    change::{Change, RevokedKind},
    client::{
        Metadata,
        dynamic::{NOBODY, by_url::Documents},
        logo,
        published::KeySets,
        request_uris::RequestObjects,
    },
    consent::{self, Consent},
    entity::{
        Audience, AuthMethod, ClientKind, ClientState, DistributionState, Profile, SigningAlg, TokenFormat, UriPurpose,
        api, client, client_key, client_secret, client_uri, distribution, operator, organization, product,
        product_scope, revocation, scope, subscriber,
    },
    subject::Subject,
    upstream::Published,
};
use portal::Portal;

/// A client as the protocol endpoints need it.
#[derive(Debug)]
pub struct Client {
    /// The row's id.
    pub id: Uuid,
    /// The public identifier.
    pub client_id: String,
    /// What its owner calls it.
    pub description: String,
    /// The product that it belongs to.
    pub product_id: Uuid,
    /// The organization that owns it.
    pub organization_id: Uuid,
    /// The rules that it is held to.
    pub profile: Profile,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
    /// How its access tokens look.
    pub token_format: TokenFormat,
    /// With what its ID tokens are signed.
    pub id_token_alg: SigningAlg,
    /// Whether it works.
    pub state: ClientState,
    /// Login redirect URIs.
    pub redirect_uris: Vec<String>,
    /// Post-revoke redirect URIs.
    pub post_revoke_uris: Vec<String>,
    /// Post-logout redirect URIs.
    pub post_logout_uris: Vec<String>,
    /// Its living secrets.
    pub secrets: Vec<Secret>,
    /// How it proves who it is.
    pub auth_method: AuthMethod,
    /// Its registered public keys; none if it publishes them.
    pub keys: Vec<Key>,
    /// What else it has registered.
    pub metadata: Metadata,
    /// Path of our copy of its own logo below the public URL.
    pub logo: Option<String>,
    /// When any of this last changed.
    pub changed_at: Timestamp,
}

impl Client {
    /// Whether it may know about another client's tokens: both belong to one organization. Clients
    /// that nobody has let in have only the absence of one in common.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        self.id == other.id || (self.organization_id == other.organization_id && self.organization_id != NOBODY)
    }

    /// Path of the logo that people see when it asks: its own, else its product's.
    #[must_use]
    pub fn shown_with<'a>(&'a self, product: &'a Product) -> &'a str {
        self.logo.as_deref().unwrap_or_else(|| product.shown_with())
    }
}

/// A registered public key of a client.
#[derive(Debug)]
pub struct Key {
    /// The row's id.
    pub id: Uuid,
    /// What assertions call it.
    pub kid: String,
    /// RFC 7517.
    pub jwk: serde_json::Value,
}

/// A living secret of a client.
#[derive(Debug)]
pub struct Secret {
    /// The row's id.
    pub id: Uuid,
    /// SHA-256, see [`crate::secret::hash`].
    pub hash: String,
    /// The secret itself, if the client signs with it; see [`crate::client::opened`].
    pub sealed: Option<String>,
    /// When it stops to work.
    pub expires_at: Option<Timestamp>,
}

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

impl Secret {
    /// Whether it works.
    #[must_use]
    pub fn lives(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

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

    /// Whether something issued at `issued_at` is void because of `(kind, id)`.
    #[must_use]
    pub fn is_revoked(&self, kind: RevokedKind, id: Uuid, issued_at: Timestamp) -> bool {
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        !revoked.is_empty() && revoked.get(&(kind, id)).is_some_and(|entry| issued_at <= entry.at)
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

/// The client with this public identifier.
///
/// # Errors
///
/// When the database fails.
pub async fn client(ctx: &Context, client_id: &str) -> Result<Option<Arc<Client>>, Fault> {
    // PostgreSQL has no such text, and would call it an error of ours.
    if client_id.contains('\0') {
        return Ok(None);
    }
    let caches = ctx.caches();
    if let Some(hit) = caches.clients.get(client_id) {
        return Ok(Some(hit));
    }
    let epoch = caches.epoch();
    let db = ctx.db().reader();
    let Some(row) = client::Entity::find().filter(client::Column::ClientId.eq(client_id)).one(db).await? else {
        return Ok(None);
    };
    let uris = client_uri::Entity::find()
        .filter(client_uri::Column::ClientId.eq(row.id))
        .order_by_asc(client_uri::Column::Position)
        .all(db)
        .await?;
    let secrets = client_secret::Entity::find().filter(client_secret::Column::ClientId.eq(row.id)).all(db).await?;
    let metadata = Metadata::parse(&row.metadata).under(row.profile);
    let keys = match metadata.jwks_uri {
        // Those that it publishes count, and no others.
        Some(_) => Vec::new(),
        None => client_key::Entity::find().filter(client_key::Column::ClientId.eq(row.id)).all(db).await?,
    };
    let logo = logo::copy_of(ctx, row.id, &metadata).await?;
    let of = |purpose| uris.iter().filter(|uri| uri.purpose == purpose).map(|uri| uri.uri.clone()).collect();
    let loaded = Arc::new(Client {
        id: row.id,
        redirect_uris: of(UriPurpose::Login),
        post_revoke_uris: of(UriPurpose::PostRevoke),
        post_logout_uris: of(UriPurpose::PostLogout),
        client_id: row.client_id,
        description: row.description,
        product_id: row.product_id,
        organization_id: row.organization_id,
        profile: row.profile,
        kind: row.kind,
        token_format: row.token_format,
        id_token_alg: row.profile.signing(Some(row.id_token_alg)),
        state: row.state,
        auth_method: row.auth_method,
        metadata,
        logo,
        changed_at: row.updated_at,
        keys: keys
            .into_iter()
            .map(|key| Key { id: key.id, kid: key.kid, jwk: serde_json::from_str(&key.jwk).unwrap_or_default() })
            .collect(),
        secrets: secrets
            .into_iter()
            .map(|secret| Secret {
                id: secret.id,
                hash: secret.secret_hash,
                sealed: secret.secret_sealed,
                expires_at: secret.expires_at,
            })
            .collect(),
    });
    caches.keep(&caches.clients, client_id.to_owned(), Arc::clone(&loaded), epoch);
    Ok(Some(loaded))
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
