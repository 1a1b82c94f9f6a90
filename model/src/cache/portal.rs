//! What the portal's pages show from memory to somebody who only looks: who has a session and where they
//! belong, products, and the clients of products.
//!
//! Whatever is about to change something asks the database instead. What is held goes when a [`Change`]
//! names it; a transaction that has written such rows without naming them makes everything go. The end of a
//! session by the clock is looked at whenever it is read. While changes of other nodes cannot be heard,
//! nothing is shown from here.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use uuid::Uuid;

use crate::{
    Context, Fault, Timestamp,
    cache::Caches,
    change::Change,
    client::{self, Listed},
    membership::Belonging,
    product::{self, Product},
    session::{self, Known},
};

/// For how long at most who somebody is, and what they may see, is believed without asking, should a
/// notification be lost.
const PEOPLE: Duration = Duration::from_secs(10);

pub(super) struct Portal {
    /// By the hash of the session's id. Worth something together with the very account that `accounts` holds.
    sessions: Cache<String, Arc<Known>>,
    /// By the user's id.
    accounts: Cache<Uuid, Arc<Account>>,
    products: Cache<Uuid, Arc<Product>>,
    /// By product and organization; weighed by their number.
    clients: Cache<(Uuid, Uuid), Arc<[Listed]>>,
    deaf: AtomicBool,
}

/// A user and what they belong to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) user: crate::user::User,
    pub(crate) belongings: Vec<Belonging>,
}

impl Portal {
    pub(super) fn new(staleness: Duration) -> Self {
        let people = staleness.min(PEOPLE);
        Self {
            sessions: Cache::builder().max_capacity(10_000).time_to_live(people).build(),
            accounts: Cache::builder().max_capacity(10_000).time_to_live(people).build(),
            products: Cache::builder().max_capacity(10_000).time_to_live(staleness).build(),
            clients: Cache::builder()
                .max_capacity(20_000)
                .weigher(|_, list: &Arc<[Listed]>| u32::try_from(list.len()).unwrap_or(u32::MAX).saturating_add(1))
                .time_to_live(staleness)
                .build(),
            deaf: AtomicBool::new(false),
        }
    }

    pub(super) fn apply(&self, change: &Change) {
        match change {
            Change::Session(hash) => self.sessions.invalidate(hash),
            Change::User(id) => self.accounts.invalidate(id),
            // Seldom, and whoever belongs to it shows it.
            Change::Organization(_) => self.accounts.invalidate_all(),
            Change::Product(id) => self.products.invalidate(id),
            // It does not say of which product.
            Change::Client(_) | Change::CredentialsUsed => self.clients.invalidate_all(),
            Change::Operator(_)
            | Change::Subscriber(_)
            | Change::Consent { .. }
            | Change::Scopes
            | Change::Keys
            | Change::Revoked { .. }
            | Change::Unnamed => {}
        }
    }

    pub(super) fn forget_all(&self) {
        self.sessions.invalidate_all();
        self.accounts.invalidate_all();
        self.products.invalidate_all();
        self.clients.invalidate_all();
    }

    pub(super) fn hear(&self, hears: bool) {
        self.deaf.store(!hears, Ordering::SeqCst);
    }

    fn hears(&self) -> bool {
        !self.deaf.load(Ordering::SeqCst)
    }

    fn session(&self, hash: &str, now: Timestamp) -> Option<Arc<Known>> {
        let known = self.sessions.get(hash).filter(|known| known.expires_at > now && self.hears())?;
        // Whatever ends all sessions of somebody drops their account: a session is nothing without it.
        let account = self.accounts.get(&known.account.user.id)?;
        Arc::ptr_eq(&account, &known.account).then_some(known)
    }
}

impl Caches {
    /// Keeps a session that was read at `epoch`, together with whose it is. Several sessions share an account.
    fn keep_session(&self, hash: &str, mut known: Known, epoch: u64) -> Arc<Known> {
        let Portal { sessions, accounts, .. } = &self.portal;
        let user = known.account.user.id;
        match accounts.get(&user).filter(|held| *held == known.account) {
            Some(held) => known.account = held,
            None => self.keep(accounts, user, Arc::clone(&known.account), epoch),
        }
        let known = Arc::new(known);
        self.keep(sessions, hash.to_owned(), Arc::clone(&known), epoch);
        known
    }
}

/// Who has the session whose id has this hash, if it lives.
pub(crate) async fn session(ctx: &Context, hash: &str) -> Result<Option<Arc<Known>>, Fault> {
    let caches = ctx.caches();
    if let Some(known) = caches.portal.session(hash, ctx.now()) {
        return Ok(Some(known));
    }
    let epoch = caches.epoch();
    let Some(known) = session::read(ctx, hash).await? else { return Ok(None) };
    Ok(Some(caches.keep_session(hash, known, epoch)))
}

/// A product of one of these organizations.
pub(crate) async fn product(ctx: &Context, of: product::Among<'_>, id: Uuid) -> Result<Option<Arc<Product>>, Fault> {
    let caches = ctx.caches();
    // What is others' takes as long as what is not there.
    let held = caches.portal.products.get(&id).filter(|held| caches.portal.hears() && of.owner(held).is_some());
    if let Some(held) = held {
        return Ok(Some(held));
    }
    let epoch = caches.epoch();
    let Some(found) = of.row(ctx, id).await?.map(Arc::new) else { return Ok(None) };
    caches.keep(&caches.portal.products, id, Arc::clone(&found), epoch);
    Ok(Some(found))
}

/// The clients of a product, newest first.
pub(crate) async fn clients(ctx: &Context, of: client::Of) -> Result<Arc<[Listed]>, Fault> {
    let caches = ctx.caches();
    let key = of.key();
    if let Some(held) = caches.portal.clients.get(&key).filter(|_| caches.portal.hears()) {
        return Ok(held);
    }
    let epoch = caches.epoch();
    let found: Arc<[Listed]> = of.list(ctx).await?.into();
    caches.keep(&caches.portal.clients, key, Arc::clone(&found), epoch);
    Ok(found)
}
