//! Products: what a developer offers, for subscribers or for operators.

use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Statement, sea_query::Query,
};
use uuid::Uuid;

pub use crate::entity::{Audience, product::Model as Product};
use crate::{
    Context, Fault,
    audit::{self, Event},
    cache,
    change::Change,
    entity::{ClientState, DistributionState, client, consent, distribution, membership, product},
    membership::Belonging,
};

/// The longest name, in characters.
pub const NAME_LENGTH: usize = 60;
/// The longest description, in characters.
pub const DESCRIPTION_LENGTH: usize = 1000;
const ADDRESS_LENGTH: usize = 500;

/// The products of an organization.
#[must_use]
pub const fn of(organization: Uuid) -> Of {
    Of { organization }
}

/// See [`of`].
#[derive(Clone, Copy, Debug)]
pub struct Of {
    organization: Uuid,
}

impl Of {
    /// The product, if the organization owns it.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn find(self, ctx: &Context, id: Uuid) -> Result<Option<Product>, Fault> {
        Ok(product::Entity::find_by_id(id)
            .filter(product::Column::OrganizationId.eq(self.organization))
            .one(ctx.db().reader())
            .await?)
    }

    /// Up to `size` products, newest first, continuing after the product `after`.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn list(self, ctx: &Context, after: Option<Uuid>, size: u64) -> Result<Vec<Listed>, Fault> {
        let db = ctx.db().reader();
        let mut query = product::Entity::find().filter(product::Column::OrganizationId.eq(self.organization));
        if let Some(after) = after {
            query = query.filter(product::Column::Id.lt(after));
        }
        let products = query.order_by_desc(product::Column::Id).limit(size).all(db).await?;
        let ids: Vec<Uuid> = products.iter().map(|product| product.id).collect();
        let clients = client::Entity::find().filter(client::Column::ProductId.is_in(ids.clone())).all(db).await?;
        let offers = distribution::Entity::find().filter(distribution::Column::ProductId.is_in(ids)).all(db).await?;
        Ok(products
            .into_iter()
            .map(|product| {
                let clients = clients.iter().filter(|client| client.product_id == product.id);
                let (active, disabled): (Vec<_>, Vec<_>) =
                    clients.partition(|client| client.state == ClientState::Active);
                let offers = offers.iter().filter(|offer| offer.product_id == product.id);
                Listed {
                    clients: active.len() + disabled.len(),
                    operators: offers.clone().filter(|offer| offer.state == DistributionState::Enabled).count(),
                    offered: offers.count(),
                    product,
                }
            })
            .collect())
    }
}

/// A product as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The product.
    pub product: Product,
    /// How many clients it has.
    pub clients: usize,
    /// How many operators have enabled it.
    pub operators: usize,
    /// How many operators it is offered to, whatever they decided.
    pub offered: usize,
}

/// The products of these organizations, to which somebody belongs.
#[must_use]
pub const fn among(belongings: &[Belonging]) -> Among<'_> {
    Among { belongings }
}

/// See [`among`].
#[derive(Clone, Copy, Debug)]
pub struct Among<'a> {
    belongings: &'a [Belonging],
}

impl Among<'_> {
    /// The product, and as what they belong to the organization that owns it.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn find(self, ctx: &Context, id: Uuid) -> Result<Option<(Product, Belonging)>, Fault> {
        let found = self.row(ctx, id).await?;
        Ok(found.and_then(|product| self.owner(&product).cloned().map(|owner| (product, owner))))
    }

    /// The same for somebody who only looks, from memory.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn look_at(self, ctx: &Context, id: Uuid) -> Result<Option<(Product, Belonging)>, Fault> {
        let found = cache::portal::product(ctx, self, id).await?;
        Ok(found.and_then(|product| self.owner(&product).map(|owner| (Product::clone(&product), owner.clone()))))
    }

    pub(crate) async fn row(self, ctx: &Context, id: Uuid) -> Result<Option<Product>, Fault> {
        let organizations = self.belongings.iter().map(|belonging| belonging.organization.id);
        Ok(product::Entity::find_by_id(id)
            .filter(product::Column::OrganizationId.is_in(organizations))
            .one(ctx.db().reader())
            .await?)
    }
}

impl<'a> Among<'a> {
    /// As what they belong to the organization that owns it.
    pub(crate) fn owner(self, product: &Product) -> Option<&'a Belonging> {
        self.belongings.iter().find(|belonging| belonging.organization.id == product.organization_id)
    }
}

/// The products of the organizations that a user belongs to.
#[must_use]
pub const fn seen_by(user: Uuid) -> SeenBy {
    SeenBy { user }
}

/// See [`seen_by`].
#[derive(Clone, Copy, Debug)]
pub struct SeenBy {
    user: Uuid,
}

impl SeenBy {
    /// Every product that they can open, by name; for the command palette.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn list(self, ctx: &Context, size: u64) -> Result<Vec<Product>, Fault> {
        let mut organizations = Query::select();
        organizations
            .column(membership::Column::OrganizationId)
            .from(membership::Entity)
            .and_where(membership::Column::UserId.eq(self.user));
        Ok(product::Entity::find()
            .filter(product::Column::OrganizationId.in_subquery(organizations))
            .order_by_asc(product::Column::Name)
            .limit(size)
            .all(ctx.db().reader())
            .await?)
    }
}

/// What a person writes about a product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Information {
    /// Its name, as subscribers read it.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Its own page.
    pub website: String,
    /// Terms of use.
    pub terms: String,
    /// Privacy policy.
    pub privacy: String,
    /// Where its users find help.
    pub support_email: String,
}

/// A part of [`Information`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// [`Information::name`].
    Name,
    /// [`Information::description`].
    Description,
    /// [`Information::website`].
    Website,
    /// [`Information::terms`].
    Terms,
    /// [`Information::privacy`].
    Privacy,
    /// [`Information::support_email`].
    SupportEmail,
}

/// What is wrong with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The text itself.
    Text(rules::text::Problem),
    /// No `https` address.
    NotAWebAddress,
    /// No mail address.
    NotAMailAddress,
}

impl From<rules::text::Problem> for Reason {
    fn from(problem: rules::text::Problem) -> Self {
        Self::Text(problem)
    }
}

/// Why a product was not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    /// What was written cannot be taken.
    #[error("{} parts of the information cannot be taken", .0.len())]
    Invalid(Vec<(Field, Reason)>),
    /// It has this many clients: they are deleted first, each with what it breaks in sight.
    #[error("the product has {0} clients")]
    HasClients(u64),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(ProductError);

/// Information that was checked.
struct Checked {
    name: String,
    description: String,
    website: Option<String>,
    terms_url: Option<String>,
    privacy_url: Option<String>,
    support_email: Option<String>,
}

fn check(information: &Information) -> Result<Checked, ProductError> {
    fn keep<T>(wrong: &mut Vec<(Field, Reason)>, field: Field, result: Result<T, Reason>) -> Option<T> {
        result.map_err(|reason| wrong.push((field, reason))).ok()
    }
    let mut wrong = Vec::new();
    let w = &mut wrong;
    let name = rules::text::line(&information.name, NAME_LENGTH).map(str::to_owned);
    let description = rules::text::paragraphs(&information.description, DESCRIPTION_LENGTH).map(str::to_owned);
    let name = keep(w, Field::Name, name.map_err(Reason::from));
    let description = keep(w, Field::Description, description.map_err(Reason::from));
    let website = keep(w, Field::Website, web_address(&information.website));
    let terms_url = keep(w, Field::Terms, web_address(&information.terms));
    let privacy_url = keep(w, Field::Privacy, web_address(&information.privacy));
    let support_email = keep(w, Field::SupportEmail, mail_address(&information.support_email));
    match (name, description, website, terms_url, privacy_url, support_email) {
        (Some(name), Some(description), Some(website), Some(terms_url), Some(privacy_url), Some(support_email)) => {
            Ok(Checked { name, description, website, terms_url, privacy_url, support_email })
        }
        _ => Err(ProductError::Invalid(wrong)),
    }
}

/// An `https` address that a browser reads as it is written, or nothing.
pub(crate) fn web_address(text: &str) -> Result<Option<String>, Reason> {
    let text = rules::text::optional_line(text, ADDRESS_LENGTH)?;
    if text.is_empty() {
        return Ok(None);
    }
    let url = url::Url::parse(text).map_err(|_| Reason::NotAWebAddress)?;
    let plain = url.scheme() == "https"
        && text.starts_with("https://")
        && url.username().is_empty()
        && url.password().is_none()
        && !text.contains(['\\', ' '])
        && url.host_str().is_some_and(|host| !host.is_empty());
    if plain { Ok(Some(text.to_owned())) } else { Err(Reason::NotAWebAddress) }
}

fn mail_address(text: &str) -> Result<Option<String>, Reason> {
    let text = rules::text::optional_line(text, 254)?;
    if text.is_empty() {
        return Ok(None);
    }
    let valid = text.split_once('@').is_some_and(|(local, domain)| {
        let plain = |c: char| !c.is_whitespace() && !matches!(c, '<' | '>' | '"' | ',' | ';' | '@' | '?' | '&');
        !local.is_empty()
            && local.chars().all(plain)
            && domain.contains('.')
            && domain.chars().all(plain)
            && !domain.starts_with('.')
            && !domain.ends_with('.')
    });
    if valid { Ok(Some(text.to_owned())) } else { Err(Reason::NotAMailAddress) }
}

fn event(action: &'static str, actor: Option<Uuid>, product: &Product, detail: String) -> Event {
    Event {
        action,
        organization: Some(product.organization_id),
        actor,
        object_kind: "product",
        object: Some(product.id),
        detail,
    }
}

/// Creates a product of an organization. `id` comes from the form ([`Context::new_id`]), so that
/// a form sent twice makes one product.
///
/// # Errors
///
/// [`ProductError::Invalid`] with every part that cannot be taken.
pub async fn create(
    ctx: &Context,
    actor: Option<Uuid>,
    organization: Uuid,
    id: Uuid,
    audience: Audience,
    information: &Information,
) -> Result<Product, ProductError> {
    let Checked { name, description, website, terms_url, privacy_url, support_email } = check(information)?;
    let now = ctx.now();
    let product = Product {
        id,
        organization_id: organization,
        audience,
        name,
        description,
        website,
        terms_url,
        privacy_url,
        support_email,
        logo: None,
        created_at: now,
        updated_at: now,
    };
    let created = ctx
        .db()
        .write((ctx.clone(), actor, product.clone()), |tx, (ctx, actor, product)| {
            Box::pin(async move {
                product::Entity::insert(product.clone().into_active_model()).exec_without_returning(tx).await?;
                let detail = format!("Created the product {}", product.name);
                audit::record(tx, ctx, event("product.created", *actor, product, detail)).await?;
                Ok::<_, ProductError>(())
            })
        })
        .await;
    match created {
        Ok(()) => Ok(product),
        // The form was sent before: what it made is there.
        Err(ProductError::Fault(fault)) if fault.violates("products_pkey", "products.id") => {
            of(organization).find(ctx, id).await?.ok_or(ProductError::Fault(fault))
        }
        Err(error) => Err(error),
    }
}

/// Changes what is written about a product.
///
/// # Errors
///
/// [`ProductError::Invalid`] with every part that cannot be taken.
pub async fn edit(
    ctx: &Context,
    actor: Option<Uuid>,
    product: &Product,
    information: &Information,
) -> Result<(), ProductError> {
    let Checked { name, description, website, terms_url, privacy_url, support_email } = check(information)?;
    let after = Product {
        name,
        description,
        website,
        terms_url,
        privacy_url,
        support_email,
        updated_at: ctx.now(),
        ..product.clone()
    };
    ctx.db()
        .write((ctx.clone(), actor, product.clone(), after), |tx, (ctx, actor, before, after)| {
            Box::pin(async move {
                let row = after.clone().into_active_model().reset_all();
                product::Entity::update(row).exec(tx).await?;
                tx.changed(Change::Product(after.id));
                let detail = if before.name == after.name {
                    format!("Changed the information of {}", after.name)
                } else {
                    format!("Renamed {} to {}", before.name, after.name)
                };
                audit::record(tx, ctx, event("product.changed", *actor, after, detail)).await?;
                Ok(())
            })
        })
        .await
}

/// What a product's end would break.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Clients, disabled ones too.
    pub clients: i64,
    /// Subscribers who consented.
    pub consents: i64,
    /// Operators that have enabled it.
    pub operators: i64,
}

/// Whom a product reaches now.
///
/// # Errors
///
/// When the database fails.
pub async fn reach(ctx: &Context, product: &Product) -> Result<Reach, Fault> {
    let db = ctx.db().reader();
    let row = db
        .query_one_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT (SELECT COUNT(*) FROM clients WHERE product_id = $1) AS clients, \
             (SELECT COUNT(*) FROM consents WHERE product_id = $2 AND revoked_at IS NULL) AS consents, \
             (SELECT COUNT(*) FROM distributions WHERE product_id = $3 AND state = $4) AS operators",
            [product.id.into(), product.id.into(), product.id.into(), DistributionState::Enabled.as_str().into()],
        ))
        .await?;
    match row {
        Some(row) => Ok(Reach {
            clients: row.try_get("", "clients")?,
            consents: row.try_get("", "consents")?,
            operators: row.try_get("", "operators")?,
        }),
        None => Ok(Reach::default()),
    }
}

/// Deletes a product without clients, with its scopes, its distribution and its consents.
///
/// # Errors
///
/// [`ProductError::HasClients`] as long as it has clients.
pub async fn delete(ctx: &Context, actor: Option<Uuid>, product: &Product) -> Result<(), ProductError> {
    ctx.db()
        .write((ctx.clone(), actor, product.clone()), |tx, (ctx, actor, product)| {
            Box::pin(async move {
                use sea_orm::PaginatorTrait as _;
                let clients = client::Entity::find().filter(client::Column::ProductId.eq(product.id)).count(tx).await?;
                if clients > 0 {
                    return Err(ProductError::HasClients(clients));
                }
                let consents = consent::Entity::find()
                    .filter(consent::Column::ProductId.eq(product.id))
                    .filter(consent::Column::RevokedAt.is_null())
                    .count(tx)
                    .await?;
                product::Entity::delete_by_id(product.id).exec(tx).await?;
                tx.changed(Change::Product(product.id));
                let detail = format!("Deleted the product {} and {consents} consents", product.name);
                audit::record(tx, ctx, event("product.deleted", *actor, product, detail)).await?;
                Ok(())
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_part_is_named_at_once() {
        let information = Information {
            name: " ".into(),
            description: "Fine".into(),
            website: "javascript:alert(1)".into(),
            terms: "http://example.com/terms".into(),
            privacy: "https://user@example.com/privacy".into(),
            support_email: "help.example.com".into(),
        };
        let Err(ProductError::Invalid(wrong)) = check(&information) else { panic!("it was taken") };
        assert_eq!(
            wrong,
            [
                (Field::Name, Reason::Text(rules::text::Problem::Missing)),
                (Field::Website, Reason::NotAWebAddress),
                (Field::Terms, Reason::NotAWebAddress),
                (Field::Privacy, Reason::NotAWebAddress),
                (Field::SupportEmail, Reason::NotAMailAddress),
            ]
        );
    }

    #[test]
    fn only_the_name_is_needed() {
        let information = Information { name: "Voicebox".into(), ..Information::default() };
        let checked = check(&information).unwrap();
        assert_eq!((checked.name.as_str(), checked.website), ("Voicebox", None));
    }
}
