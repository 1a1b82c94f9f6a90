//! What every verb of the model receives.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use uuid::Uuid;

use crate::{
    Clock, Fault, Settings, Timestamp,
    cache::Caches,
    db::Db,
    key::KeyRing,
    outgoing::{Fetch, Nowhere},
    seal::MasterKey,
};

/// Where randomness comes from. Tests may bring a predictable one.
pub trait Rng: Send + Sync + 'static {
    /// Fills `bytes` with random ones fit for keys.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when the system has no randomness to give.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault>;
}

/// The system's cryptographic generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Fault> {
        aws_lc_rs::rand::fill(bytes).map_err(|_| Fault::Crypto("the system has no randomness"))
    }
}

/// The model's handle on the world: database, clock, randomness, keys, caches, settings.
///
/// Cheap to clone. One exists per process, or per test.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    master: MasterKey,
    keys: KeyRing,
    caches: Arc<Caches>,
    settings: Settings,
    fetch: RwLock<Arc<dyn Fetch>>,
    message_queued: tokio::sync::Notify,
    delivery_queued: tokio::sync::Notify,
    logo_wanted: tokio::sync::Notify,
    last_id: AtomicU64,
}

impl Context {
    /// Opens the model on a migrated database: checks the master key against it, creates the
    /// first keys, loads what is held in memory, and follows the changes of other nodes.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or was written with another master key.
    pub async fn open(
        db: Db,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        master: MasterKey,
        settings: Settings,
    ) -> Result<Self, Fault> {
        let caches = Arc::new(Caches::new(&settings));
        let keys = KeyRing::default();
        let ctx = Self {
            inner: Arc::new(Inner {
                db,
                clock,
                rng,
                master,
                keys,
                caches,
                settings,
                fetch: RwLock::new(Arc::new(Nowhere)),
                message_queued: tokio::sync::Notify::new(),
                delivery_queued: tokio::sync::Notify::new(),
                logo_wanted: tokio::sync::Notify::new(),
                last_id: AtomicU64::new(0),
            }),
        };
        crate::seal::check_master(&ctx).await?;
        crate::change::follow(&ctx).await;
        crate::key::ensure(&ctx).await?;
        crate::cache::load(&ctx).await?;
        Ok(ctx)
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// `N` random bytes.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when the system has no randomness to give.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        self.inner.rng.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A new UUIDv7 of the current time, later in order than every other one of this process: the
    /// twelve bits behind the milliseconds count within one (RFC 9562, section 6.2, method 1).
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when the system has no randomness to give.
    pub fn new_id(&self) -> Result<Uuid, Fault> {
        let now = u64::try_from(self.now().0).unwrap_or_default() << 12;
        let next = |last: u64| now.max(last + 1);
        let last = self.inner.last_id.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        let count = next(last.unwrap_or_default());
        let [.., high, low] = count.to_be_bytes();
        let mut tail = [0; 10];
        tail.copy_from_slice(&[&[high, low], self.random::<8>()?.as_slice()].concat());
        Ok(uuid::Builder::from_unix_timestamp_millis(count >> 12, &tail).into_uuid())
    }

    /// The key from which everything else at rest is protected.
    pub(crate) fn master(&self) -> &MasterKey {
        &self.inner.master
    }

    /// The signing and sealing keys.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        &self.inner.keys
    }

    /// What is held in memory for the hot paths.
    #[must_use]
    pub fn caches(&self) -> &Arc<Caches> {
        &self.inner.caches
    }

    /// Issuer, lifetimes, limits.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Says who goes out to addresses that somebody else has chosen; until then nobody does.
    pub fn go_out_with(&self, fetch: Arc<dyn Fetch>) {
        *self.inner.fetch.write().unwrap_or_else(PoisonError::into_inner) = fetch;
    }

    /// Who goes out; see [`crate::outgoing::send`].
    pub(crate) fn fetch(&self) -> Arc<dyn Fetch> {
        Arc::clone(&self.inner.fetch.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Wakes whoever delivers messages; see [`crate::message`].
    pub(crate) fn message_queued(&self) -> &tokio::sync::Notify {
        &self.inner.message_queued
    }

    /// Wakes whoever posts to clients; see [`crate::delivery`].
    pub(crate) fn delivery_queued(&self) -> &tokio::sync::Notify {
        &self.inner.delivery_queued
    }

    /// Wakes whoever fetches logos; see [`crate::client::logo`].
    pub(crate) fn logo_wanted(&self) -> &tokio::sync::Notify {
        &self.inner.logo_wanted
    }
}
