//! What somebody allowed a product: asked once for a set of scopes, later only for the
//! difference, and taken back as a whole. Everything that was issued under it hangs from it.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::{
    Context, Fault,
    audit::{self, Event},
    cache::{Product, ProductScope},
    change::RevokedKind,
    entity::{consent, grant},
    grant::{Because, revoke},
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
}

/// How a request stands against what was allowed before.
#[derive(Clone, Debug)]
pub enum Standing {
    /// Nothing needs to be asked.
    Remembered(Consent),
    /// These must be asked for.
    Missing {
        /// What the page asks for, in the catalogue's order.
        ask: Vec<ProductScope>,
        /// Whether something was allowed before.
        before: Option<Consent>,
    },
}

/// The living consent of a subject to a product.
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
        Self { id: row.id, scopes: scopes::split(&row.scopes), declined: scopes::split(&row.declined) }
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
    let before = find(ctx, subject, product.id).await?;
    let ask: Vec<ProductScope> = product
        .scopes
        .iter()
        .filter(|scope| requested.contains(&scope.name))
        .filter(|scope| again || !before.as_ref().is_some_and(|before| before.settles(scope)))
        .cloned()
        .collect();
    match before {
        Some(before) if ask.is_empty() => Ok(Standing::Remembered(before)),
        before => Ok(Standing::Missing { ask, before }),
    }
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

struct Allow {
    subject: Subject,
    product: Uuid,
    organization: Uuid,
    allowed: Vec<String>,
    declined: Vec<String>,
    new_id: Uuid,
    ctx: Context,
}

/// Stores that the subject allows `allowed` of the `requested` scopes to the product. What was
/// allowed before stays; what was allowed twice is stored once.
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
) -> Result<Consent, GrantError> {
    let asked: Vec<&ProductScope> = product.scopes.iter().filter(|scope| requested.contains(&scope.name)).collect();
    if allowed.iter().any(|name| !asked.iter().any(|scope| scope.name == *name)) {
        return Err(GrantError::NotAsked);
    }
    let before = find(ctx, subject, product.id).await?;
    let had = |name: &String| before.as_ref().is_some_and(|before| before.scopes.contains(name));
    if asked.iter().any(|scope| !scope.optional && !allowed.contains(&scope.name) && !had(&scope.name)) {
        return Err(GrantError::RequiredMissing);
    }
    let declined: Vec<String> = asked
        .iter()
        .filter(|scope| scope.optional && !allowed.contains(&scope.name) && !had(&scope.name))
        .map(|scope| scope.name.clone())
        .collect();
    let allow = || -> Result<Allow, Fault> {
        Ok(Allow {
            subject,
            product: product.id,
            organization: product.organization_id,
            allowed: allowed.to_vec(),
            declined: declined.clone(),
            new_id: ctx.new_id()?,
            ctx: ctx.clone(),
        })
    };
    match ctx.db().write(allow()?, |tx, allow| Box::pin(store(tx, allow))).await {
        // The same answer twice at once: the other one was first, so now there is a row to extend.
        Err(GrantError::Fault(fault)) if fault.violates("consents_living", "consents.subject_id") => {
            ctx.db().write(allow()?, |tx, allow| Box::pin(store(tx, allow))).await
        }
        stored => stored,
    }
}

async fn store(tx: &crate::db::Tx, allow: &Allow) -> Result<Consent, GrantError> {
    let ctx = &allow.ctx;
    let now = ctx.now();
    let row = consent::Entity::find()
        .filter(consent::Column::SubjectId.eq(allow.subject.id()))
        .filter(consent::Column::ProductId.eq(allow.product))
        .filter(consent::Column::RevokedAt.is_null())
        .one(tx)
        .await?;
    let mut consent = row
        .clone()
        .map_or_else(|| Consent { id: allow.new_id, scopes: Vec::new(), declined: Vec::new() }, Consent::from);
    for name in &allow.allowed {
        if !consent.scopes.contains(name) {
            consent.scopes.push(name.clone());
        }
    }
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
    let who = match allow.subject {
        Subject::Subscriber(_) => "A subscriber",
        Subject::User(_) => "A portal user",
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
            detail: format!("{who} allowed {}", scopes::join(&allow.allowed)),
        },
    )
    .await?;
    Ok(consent)
}

/// Ends a consent and everything that was issued under it, in the caller's transaction. Does
/// nothing when it has ended already.
///
/// # Errors
///
/// When the database fails.
pub async fn end(tx: &crate::db::Tx, ctx: &Context, id: Uuid, because: Because) -> Result<bool, Fault> {
    let now = ctx.now();
    let ended = consent::Entity::update_many()
        .col_expr(consent::Column::RevokedAt, now.0.into())
        .col_expr(consent::Column::RevokedBy, because.as_str().into())
        .filter(consent::Column::Id.eq(id))
        .filter(consent::Column::RevokedAt.is_null())
        .exec(tx)
        .await?
        .rows_affected
        == 1;
    if ended {
        grant::Entity::update_many()
            .col_expr(grant::Column::RevokedAt, now.0.into())
            .col_expr(grant::Column::RevokedBecause, because.as_str().into())
            .filter(grant::Column::ConsentId.eq(id))
            .filter(grant::Column::RevokedAt.is_null())
            .exec(tx)
            .await?;
        revoke(tx, ctx, RevokedKind::Consent, id).await?;
    }
    Ok(ended)
}
