//! The scopes of an API: what is there, one more, other words for one, one less.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::{ApiError, ApiRow, Invalid, NAME_LENGTH, UsedBy, hold, note, number};
use crate::{
    Context, Fault, claims,
    db::Tx,
    entity::{ScopeAudience, consent, product_scope, scope},
    scope::Scope,
    scopes,
};

/// The longest name of a scope, in characters.
pub const SCOPE_LENGTH: usize = 100;
/// The longest description and consent text, in characters.
pub const TEXT_LENGTH: usize = 200;

/// What the portal's own API demands, which goes with the program.
const PORTAL_SCOPE: &str = "portal:read";

/// Whether a scope is part of the program, and stays.
#[must_use]
pub fn is_built_in(scope: &str) -> bool {
    scope == PORTAL_SCOPE
}

/// The permissions of an API, in the order of the catalogue.
///
/// # Errors
///
/// When the database fails.
pub async fn scopes_of(ctx: &Context, api: &ApiRow) -> Result<Vec<Scope>, Fault> {
    let own = scope::Entity::find().filter(scope::Column::Resource.eq(&api.resource));
    let ordered = own.order_by_asc(scope::Column::Position).order_by_asc(scope::Column::Name);
    Ok(ordered.all(ctx.db().reader()).await?)
}

/// What is said of a permission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeWords {
    /// Under which it is sorted.
    pub category: String,
    /// What developers read.
    pub description: String,
    /// What people read who are asked for it.
    pub consent_text: String,
}

impl ScopeWords {
    /// As they are stored, and what is wrong with them.
    fn checked(&self) -> (Self, Invalid) {
        let category = rules::text::line(&self.category, NAME_LENGTH);
        let description = rules::text::line(&self.description, TEXT_LENGTH);
        let consent_text = rules::text::line(&self.consent_text, TEXT_LENGTH);
        let invalid = Invalid {
            category: category.err(),
            description: description.err(),
            consent_text: consent_text.err(),
            ..Invalid::default()
        };
        let words = Self {
            category: category.unwrap_or_default().to_owned(),
            description: description.unwrap_or_default().to_owned(),
            consent_text: consent_text.unwrap_or_default().to_owned(),
        };
        (words, invalid)
    }
}

/// A permission that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewScope {
    /// Its name on the wire.
    pub name: String,
    /// What is said of it.
    pub words: ScopeWords,
    /// Which products can enable it.
    pub audience: ScopeAudience,
    /// Whether what it allows may go on while they are away.
    pub refreshable: bool,
}

/// Why the name of a scope cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAScope {
    /// It is no scope-token (RFC 6749, section 3.3), or longer than [`SCOPE_LENGTH`].
    Malformed,
    /// OpenID Connect gives it a meaning.
    Standard,
    /// There is one already.
    Taken,
}

fn not_a_scope(text: &str) -> Option<NotAScope> {
    let token = |c: char| matches!(c, '!' | '#'..='[' | ']'..='~');
    if text.is_empty() || text.len() > SCOPE_LENGTH || !text.chars().all(token) {
        return Some(NotAScope::Malformed);
    }
    let standard =
        ["openid", "offline_access"].contains(&text) || claims::BY_SCOPE.iter().any(|(scope, _)| *scope == text);
    standard.then_some(NotAScope::Standard)
}

/// Adds a permission to an API, as the last one of the catalogue.
///
/// # Errors
///
/// [`ApiError::Invalid`] with everything that is wrong, [`ApiError::Unknown`].
pub async fn add_scope(ctx: &Context, actor: Option<Uuid>, id: Uuid, new: &NewScope) -> Result<(), ApiError> {
    let added = ctx.db().write((ctx.clone(), actor, id, new.clone()), |tx, (ctx, actor, id, new)| {
        Box::pin(add_scope_in(tx, ctx, *actor, *id, new))
    });
    match added.await {
        Err(ApiError::Fault(fault)) if fault.violates("scopes_pkey", "scopes.name") => {
            Err(ApiError::Invalid(Invalid { scope: Some(NotAScope::Taken), ..Invalid::default() }))
        }
        added => added,
    }
}

async fn add_scope_in(tx: &Tx, ctx: &Context, actor: Option<Uuid>, id: Uuid, new: &NewScope) -> Result<(), ApiError> {
    let api = hold(tx, id).await?;
    let name = new.name.trim();
    let (words, invalid) = new.words.checked();
    Invalid { scope: not_a_scope(name), ..invalid }.checked()?;
    let last: Option<i32> = scope::Entity::find()
        .select_only()
        .column_as(scope::Column::Position.max(), "last")
        .into_tuple::<Option<i32>>()
        .one(tx)
        .await?
        .flatten();
    let row = scope::ActiveModel {
        name: Set(name.to_owned()),
        category: Set(words.category),
        description: Set(words.description),
        consent_text: Set(words.consent_text),
        audience: Set(new.audience),
        position: Set(last.unwrap_or_default().saturating_add(1)),
        refreshable: Set(new.refreshable),
        resource: Set(Some(api.resource)),
    };
    scope::Entity::insert(row).exec_without_returning(tx).await?;
    let detail = format!("Added the scope {name} to the API {}", api.name);
    note(tx, ctx, actor, ("api.scope_added", id, detail)).await
}

/// Says something else of a permission. What it allows stays: whoever has allowed it is not asked again.
///
/// # Errors
///
/// [`ApiError::Invalid`] with everything that is wrong, [`ApiError::Used`] for one that is part of the
/// program, [`ApiError::Unknown`].
pub async fn change_scope(
    ctx: &Context,
    actor: Option<Uuid>,
    id: Uuid,
    name: &str,
    words: &ScopeWords,
) -> Result<(), ApiError> {
    if is_built_in(name) {
        return Err(ApiError::Used(UsedBy::Portal));
    }
    ctx.db()
        .write((ctx.clone(), actor, id, name.to_owned(), words.clone()), |tx, (ctx, actor, id, name, words)| {
            Box::pin(change_scope_in(tx, ctx, *actor, (*id, name), words))
        })
        .await
}

async fn change_scope_in(
    tx: &Tx,
    ctx: &Context,
    actor: Option<Uuid>,
    (id, name): (Uuid, &str),
    words: &ScopeWords,
) -> Result<(), ApiError> {
    let api = hold(tx, id).await?;
    let row = hold_scope(tx, &api, name).await?;
    let (words, invalid) = words.checked();
    invalid.checked()?;
    // What people were asked before stays readable.
    let changes: Vec<String> = [
        ("category", &row.category, &words.category),
        ("description", &row.description, &words.description),
        ("consent text", &row.consent_text, &words.consent_text),
    ]
    .into_iter()
    .filter(|(_, before, now)| before != now)
    .map(|(what, before, now)| format!("{what} \u{201c}{now}\u{201d}, before \u{201c}{before}\u{201d}"))
    .collect();
    if changes.is_empty() {
        return Ok(());
    }
    let changed = scope::ActiveModel {
        name: Set(row.name),
        category: Set(words.category),
        description: Set(words.description),
        consent_text: Set(words.consent_text),
        ..Default::default()
    };
    scope::Entity::update(changed).exec(tx).await?;
    let detail = format!("Changed the scope {name} of the API {}: {}", api.name, changes.join("; "));
    note(tx, ctx, actor, ("api.scope_changed", id, detail)).await
}

/// Locks a permission of this API: whoever enables it at this moment waits.
async fn hold_scope(tx: &Tx, api: &ApiRow, name: &str) -> Result<Scope, ApiError> {
    let row = scope::Entity::find_by_id(name).lock_exclusive().one(tx).await?;
    row.filter(|row| row.resource.as_deref() == Some(api.resource.as_str())).ok_or(ApiError::Unknown)
}

/// Removes a permission that nobody uses.
///
/// # Errors
///
/// [`ApiError::Used`], [`ApiError::Unknown`].
pub async fn remove_scope(ctx: &Context, actor: Option<Uuid>, id: Uuid, name: &str) -> Result<(), ApiError> {
    if is_built_in(name) {
        return Err(ApiError::Used(UsedBy::Portal));
    }
    // Another scope of this name would be one that they have allowed.
    let allowed = allowed_by_people(ctx, name).await?;
    ctx.db()
        .write((ctx.clone(), actor, id, name.to_owned(), allowed), |tx, (ctx, actor, id, name, allowed)| {
            Box::pin(async move {
                let api = hold(tx, *id).await?;
                hold_scope(tx, &api, name).await?;
                let enabled = product_scope::Entity::find().filter(product_scope::Column::Scope.eq(name.as_str()));
                match enabled.count(tx).await? {
                    0 => {}
                    some => return Err(ApiError::Used(UsedBy::Products(number(some)))),
                }
                if *allowed {
                    return Err(ApiError::Used(UsedBy::People));
                }
                scope::Entity::delete_by_id(name.as_str()).exec(tx).await?;
                let detail = format!("Removed the scope {name} from the API {}", api.name);
                note(tx, ctx, *actor, ("api.scope_removed", *id, detail)).await
            })
        })
        .await
}

/// Whether a consent that lives has it.
async fn allowed_by_people(ctx: &Context, name: &str) -> Result<bool, Fault> {
    let lists: Vec<String> = consent::Entity::find()
        .select_only()
        .column(consent::Column::Scopes)
        .distinct()
        .filter(consent::Column::RevokedAt.is_null())
        .filter(consent::Column::Scopes.contains(name))
        .into_tuple()
        .all(ctx.db().reader())
        .await?;
    Ok(lists.iter().any(|list| scopes::split(list).iter().any(|scope| scope == name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_a_scope_token_of_its_own() {
        for good in ["ledger:write", "https://ledger.example/write", "a", "!#[]~"] {
            assert_eq!(not_a_scope(good), None, "{good}");
        }
        let long = "a".repeat(SCOPE_LENGTH + 1);
        for bad in ["", "two words", "quo\"te", "back\\slash", "tab\t", "é", &long] {
            assert_eq!(not_a_scope(bad), Some(NotAScope::Malformed), "{bad}");
        }
        for standard in ["openid", "profile", "email", "address", "phone", "offline_access"] {
            assert_eq!(not_a_scope(standard), Some(NotAScope::Standard), "{standard}");
        }
    }
}
