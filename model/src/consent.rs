//! What somebody allowed a product: asked once for a set of scopes, later only for the
//! difference, and taken back as a whole. Everything that was issued under it hangs from it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
};
use uuid::Uuid;

use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    cache::{self, Product, ProductScope},
    change::{Change, RevokedKind},
    db::Tx,
    entity::{client, consent, grant, product, scope},
    grant::{Because, claims_of, revoke, revoke_grant},
    scopes,
    subject::Subject,
};

/// A living consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Its id.
    pub id: Uuid,
    /// What was allowed.
    pub scopes: Vec<String>,
    /// Optional scopes that were offered and left out.
    pub declined: Vec<String>,
    /// When somebody was asked last.
    pub asked_at: Timestamp,
}

/// How a request stands against what was allowed before.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Nothing needs to be asked.
    Remembered(Arc<Consent>),
    /// These must be asked for.
    Missing {
        /// What the page asks for, in the catalogue's order.
        ask: Vec<ProductScope>,
        /// Whether something was allowed before.
        before: Option<Arc<Consent>>,
    },
}

/// The living consent of a subject to a product, as it stands in the database; see
/// [`cache::consent`] for the one in memory.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, subject: Subject, product: Uuid) -> Result<Option<Consent>, Fault> {
    let row = consent::Entity::find()
        .filter(consent::Column::SubjectId.eq(subject.id()))
        .filter(consent::Column::ProductId.eq(product))
        .filter(consent::Column::RevokedAt.is_null())
        .one(ctx.db().reader())
        .await?;
    Ok(row.map(Consent::from))
}

impl Consent {
    /// Whether a scope needs no question any more: it was allowed, or it is optional and was left
    /// out when it was asked for.
    fn settles(&self, scope: &ProductScope) -> bool {
        self.scopes.contains(&scope.name) || (scope.optional && self.declined.contains(&scope.name))
    }
}

impl From<consent::Model> for Consent {
    fn from(row: consent::Model) -> Self {
        Self {
            id: row.id,
            scopes: scopes::split(&row.scopes),
            declined: scopes::split(&row.declined),
            asked_at: row.updated_at,
        }
    }
}

/// Compares a request for `requested` scopes with what was allowed before. With `again`,
/// everything is asked for once more.
///
/// # Errors
///
/// When the database fails.
pub async fn standing(
    ctx: &Context,
    subject: Subject,
    product: &Product,
    requested: &[String],
    again: bool,
) -> Result<Standing, Fault> {
    let before = cache::consent(ctx, subject, product.id).await?;
    let ask: Vec<ProductScope> = unsettled(product, requested, before.as_deref(), again).cloned().collect();
    match before {
        Some(before) if ask.is_empty() => Ok(Standing::Remembered(before)),
        before => Ok(Standing::Missing { ask, before }),
    }
}

/// What of a request the page asks for: with `again` everything, else what is not settled yet.
fn unsettled<'a>(
    product: &'a Product,
    requested: &'a [String],
    before: Option<&'a Consent>,
    again: bool,
) -> impl Iterator<Item = &'a ProductScope> {
    product
        .scopes
        .iter()
        .filter(|scope| requested.contains(&scope.name))
        .filter(move |scope| again || !before.is_some_and(|before| before.settles(scope)))
}

/// Why a consent was not stored.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// A scope was allowed that the request did not ask for.
    #[error("a permission was allowed that was not asked for")]
    NotAsked,
    /// A required scope was left out.
    #[error("a required permission was left out")]
    RequiredMissing,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(GrantError);

/// An answer that fits its question, for [`store`].
#[derive(Clone)]
pub(crate) struct Allow {
    subject: Subject,
    product: Uuid,
    product_name: String,
    organization: Uuid,
    allowed: Vec<String>,
    /// What the page has asked for, could do without, and did not get.
    declined: Vec<String>,
    new_id: Uuid,
    ctx: Context,
}

/// Stores that the subject allows `allowed` of the `requested` scopes to the product. What the page
/// did not ask for stays as it was; what it has asked for `again` and did not get is taken back,
/// with the grants that carry it.
///
/// # Errors
///
/// [`GrantError`] when the answer does not fit the question.
pub async fn grant(
    ctx: &Context,
    subject: Subject,
    product: &Product,
    requested: &[String],
    allowed: &[String],
    again: bool,
) -> Result<Consent, GrantError> {
    let allow = checked(ctx, subject, product, requested, allowed, again).await?;
    match ctx.db().write(allow.clone(), |tx, allow| Box::pin(store(tx, allow))).await {
        Err(error) if error.was_first() => ctx.db().write(allow, |tx, allow| Box::pin(store(tx, allow))).await,
        stored => stored,
    }
}

impl GrantError {
    /// The same answer twice at once: the other one was first, so now there is a row to extend.
    pub(crate) fn was_first(&self) -> bool {
        matches!(self, Self::Fault(fault) if fault.violates("consents_living", "consents.subject_id"))
    }
}

/// Checks that an answer fits its question.
///
/// # Errors
///
/// [`GrantError`] when it does not.
pub(crate) async fn checked(
    ctx: &Context,
    subject: Subject,
    product: &Product,
    requested: &[String],
    allowed: &[String],
    again: bool,
) -> Result<Allow, GrantError> {
    if allowed.iter().any(|name| !requested.contains(name) || !product.scopes.iter().any(|scope| scope.name == *name)) {
        return Err(GrantError::NotAsked);
    }
    let before = find(ctx, subject, product.id).await?;
    let asked: Vec<&ProductScope> = unsettled(product, requested, before.as_ref(), again).collect();
    let had = |name: &String| before.as_ref().is_some_and(|before| before.scopes.contains(name));
    if asked.iter().any(|scope| !scope.optional && !allowed.contains(&scope.name) && !had(&scope.name)) {
        return Err(GrantError::RequiredMissing);
    }
    let declined: Vec<String> = asked
        .iter()
        .filter(|scope| scope.optional && !allowed.contains(&scope.name))
        .map(|scope| scope.name.clone())
        .collect();
    Ok(Allow {
        subject,
        product: product.id,
        product_name: product.name.clone(),
        organization: product.organization_id,
        allowed: allowed.to_vec(),
        declined,
        new_id: ctx.new_id()?,
        ctx: ctx.clone(),
    })
}

/// Stores an answer in the caller's transaction, which is to be tried once more if the error
/// [was another one](GrantError::was_first).
///
/// # Errors
///
/// When the database fails.
pub(crate) async fn store(tx: &Tx, allow: &Allow) -> Result<Consent, GrantError> {
    let ctx = &allow.ctx;
    let now = ctx.now();
    let row = consent::Entity::find()
        .filter(consent::Column::SubjectId.eq(allow.subject.id()))
        .filter(consent::Column::ProductId.eq(allow.product))
        .filter(consent::Column::RevokedAt.is_null())
        // One that ends meanwhile must not live again.
        .lock_exclusive()
        .one(tx)
        .await?;
    let none = || Consent { id: allow.new_id, scopes: Vec::new(), declined: Vec::new(), asked_at: now };
    let mut consent = row.clone().map_or_else(none, Consent::from);
    consent.asked_at = now;
    for name in &allow.allowed {
        if !consent.scopes.contains(name) {
            consent.scopes.push(name.clone());
        }
    }
    let taken_back: Vec<String> = scopes::among(&consent.scopes, &allow.declined);
    consent.scopes.retain(|name| !taken_back.contains(name));
    for name in &allow.declined {
        if !consent.declined.contains(name) {
            consent.declined.push(name.clone());
        }
    }
    consent.declined.retain(|name| !consent.scopes.contains(name));
    let stored = consent::ActiveModel {
        id: Set(consent.id),
        subject_kind: Set(allow.subject.kind()),
        subject_id: Set(allow.subject.id()),
        product_id: Set(allow.product),
        scopes: Set(scopes::join(&consent.scopes)),
        declined: Set(scopes::join(&consent.declined)),
        created_at: Set(row.as_ref().map_or(now, |row| row.created_at)),
        updated_at: Set(now),
        revoked_at: Set(None),
        revoked_by: Set(None),
    };
    if row.is_some() {
        consent::Entity::update(stored).exec(tx).await?;
    } else {
        consent::Entity::insert(stored).exec_without_returning(tx).await?;
    }
    tx.changed(Change::Consent { subject: allow.subject.id(), product: allow.product });
    let (who, because) = words(allow.subject);
    if !taken_back.is_empty() {
        end_grants_with(tx, ctx, consent.id, &taken_back, because).await?;
    }
    let no_longer = match taken_back.as_slice() {
        [] => String::new(),
        names => format!(", and no longer {}", scopes::join(names)),
    };
    audit::record(
        tx,
        ctx,
        Event {
            action: if row.is_some() { "consent.extended" } else { "consent.granted" },
            organization: Some(allow.organization),
            actor: None,
            object_kind: "consent",
            object: Some(consent.id),
            detail: format!("{who} allowed {}: {}{no_longer}", allow.product_name, scopes::join(&allow.allowed)),
        },
    )
    .await?;
    Ok(consent)
}

/// Whose doing it is, for the history and for what is revoked.
const fn words(subject: Subject) -> (&'static str, Because) {
    match subject {
        Subject::Subscriber(_) => ("A subscriber", Because::Subscriber),
        Subject::User(_) => ("A portal user", Because::User),
    }
}

/// Ends the grants that carry one of `scopes`: what was taken back is in no token any more.
async fn end_grants_with(tx: &Tx, ctx: &Context, id: Uuid, scopes: &[String], because: Because) -> Result<(), Fault> {
    let living = grant::Entity::find()
        .filter(grant::Column::ConsentId.eq(id))
        .filter(grant::Column::RevokedAt.is_null())
        .all(tx)
        .await?;
    for row in living {
        let has = |name: &str| scopes.iter().any(|taken| taken == name);
        // A claim that was asked for by its own name is of a scope all the same.
        if scopes::split(&row.scopes).iter().any(|name| has(name)) || claims_of(&row).scopes().any(has) {
            revoke_grant(tx, ctx, row.id, because).await?;
        }
    }
    Ok(())
}

/// Ends a consent and everything that was issued under it, in the caller's transaction. Does
/// nothing when it has ended already.
///
/// # Errors
///
/// When the database fails.
pub async fn end(tx: &Tx, ctx: &Context, id: Uuid, because: Because) -> Result<bool, Fault> {
    let now = ctx.now();
    let ended = consent::Entity::update_many()
        .col_expr(consent::Column::RevokedAt, now.0.into())
        .col_expr(consent::Column::RevokedBy, because.as_str().into())
        .filter(consent::Column::Id.eq(id))
        .filter(consent::Column::RevokedAt.is_null())
        .exec_with_returning(tx)
        .await?;
    if let Some(row) = ended.first() {
        tx.changed(Change::Consent { subject: row.subject_id, product: row.product_id });
        grant::Entity::update_many()
            .col_expr(grant::Column::RevokedAt, now.0.into())
            .col_expr(grant::Column::RevokedBecause, because.as_str().into())
            .filter(grant::Column::ConsentId.eq(id))
            .filter(grant::Column::RevokedAt.is_null())
            .exec(tx)
            .await?;
        revoke(tx, ctx, RevokedKind::Consent, id).await?;
    }
    Ok(!ended.is_empty())
}

/// The applications that a portal user has authorized.
#[must_use]
pub const fn of_user(user: Uuid) -> Of {
    Of { subject: Subject::User(user) }
}

/// The products that a subscriber has allowed something.
#[must_use]
pub const fn of_subscriber(subscriber: Uuid) -> Of {
    Of { subject: Subject::Subscriber(subscriber) }
}

/// What one person has allowed.
#[derive(Clone, Copy, Debug)]
pub struct Of {
    subject: Subject,
}

/// A living consent as its owner sees it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub id: Uuid,
    /// What it was given to.
    pub product: Arc<Product>,
    /// What was allowed, as the consent page said it, in the catalogue's order.
    pub allowed: Vec<String>,
    /// Since when.
    pub since: Timestamp,
    /// When a client last got tokens under it, as far as we still know.
    pub last_used: Option<Timestamp>,
    /// The public identifiers of the clients that hold an authorization.
    pub clients: Vec<String>,
    /// The picture that stood above the question: of the one client that holds it, else of the product.
    pub logo: String,
}

impl Of {
    /// Up to `size` living ones, newest first, continuing after the consent `after`.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn list(self, ctx: &Context, after: Option<Uuid>, size: u64) -> Result<Vec<Listed>, Fault> {
        let mut query = self.living();
        if let Some(after) = after {
            query = query.filter(consent::Column::Id.lt(after));
        }
        Self::read(ctx, query.limit(size)).await
    }

    /// One of them.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn find(self, ctx: &Context, id: Uuid) -> Result<Option<Listed>, Fault> {
        Ok(Self::read(ctx, self.living().filter(consent::Column::Id.eq(id))).await?.pop())
    }

    /// One of them, as long as it lives, and to which product it was given.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn with_product(self, ctx: &Context, id: Uuid) -> Result<Option<(Consent, Arc<Product>)>, Fault> {
        let row = self.living().filter(consent::Column::Id.eq(id)).one(ctx.db().reader()).await?;
        let Some(row) = row else { return Ok(None) };
        let product = cache::product(ctx, row.product_id).await?;
        Ok(product.map(|product| (row.into(), product)))
    }

    async fn read(ctx: &Context, query: Select<consent::Entity>) -> Result<Vec<Listed>, Fault> {
        let db = ctx.db().reader();
        let consents = query.order_by_desc(consent::Column::Id).all(db).await?;
        let grants = grant::Entity::find()
            .filter(grant::Column::ConsentId.is_in(consents.iter().map(|consent| consent.id)))
            .all(db)
            .await?;
        let catalogue = scope::Entity::find().order_by_asc(scope::Column::Position).all(db).await?;
        let clients: HashMap<Uuid, String> = client::Entity::find()
            .filter(client::Column::Id.is_in(grants.iter().map(|grant| grant.client_id)))
            .all(db)
            .await?
            .into_iter()
            .map(|client| (client.id, client.client_id))
            .collect();
        let mut listed = Vec::with_capacity(consents.len());
        for row in consents {
            let Some(product) = cache::product(ctx, row.product_id).await? else { continue };
            let names = scopes::split(&row.scopes);
            let grants: Vec<_> = grants.iter().filter(|grant| grant.consent_id == row.id).collect();
            let living = grants.iter().filter(|grant| grant.revoked_at.is_none());
            let holders: BTreeSet<&String> = living.filter_map(|grant| clients.get(&grant.client_id)).collect();
            let client = match holders.first() {
                Some(only) if holders.len() == 1 => cache::client(ctx, only).await?,
                _ => None,
            };
            let logo = client.as_ref().map_or_else(|| product.shown_with(), |client| client.shown_with(&product));
            let logo = logo.to_owned();
            listed.push(Listed {
                id: row.id,
                product,
                allowed: catalogue
                    .iter()
                    .filter(|scope| names.contains(&scope.name))
                    .map(|scope| scope.consent_text.clone())
                    .collect(),
                since: row.created_at,
                last_used: grants.iter().map(|grant| grant.refreshed_at.unwrap_or(grant.created_at)).max(),
                clients: holders.into_iter().cloned().collect(),
                logo,
            });
        }
        Ok(listed)
    }

    /// Takes one back: it, its grants and their tokens end at once. Says whether it was living.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn end(self, ctx: &Context, id: Uuid) -> Result<bool, Fault> {
        ctx.db()
            .write((ctx.clone(), self, id), |tx, (ctx, of, id)| Box::pin(async move { of.end_in(tx, ctx, *id).await }))
            .await
    }

    /// The same in the caller's transaction.
    pub(crate) async fn end_in(self, tx: &Tx, ctx: &Context, id: Uuid) -> Result<bool, Fault> {
        let (who, because) = words(self.subject);
        let Some(row) = self.living().filter(consent::Column::Id.eq(id)).one(tx).await? else { return Ok(false) };
        if !end(tx, ctx, row.id, because).await? {
            return Ok(false);
        }
        let product = product::Entity::find_by_id(row.product_id).one(tx).await?;
        let event = Event {
            action: "consent.revoked",
            organization: product.map(|product| product.organization_id),
            actor: None,
            object_kind: "consent",
            object: Some(row.id),
            detail: format!("{who} took back what they had allowed"),
        };
        audit::record(tx, ctx, event).await?;
        Ok(true)
    }

    pub(crate) fn living(self) -> Select<consent::Entity> {
        consent::Entity::find()
            .filter(consent::Column::SubjectId.eq(self.subject.id()))
            .filter(consent::Column::SubjectKind.eq(self.subject.kind()))
            .filter(consent::Column::RevokedAt.is_null())
    }
}
