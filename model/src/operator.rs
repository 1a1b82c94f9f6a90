//! Operators: organizations with subscribers, and the products that are offered to them.

use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, Statement};
use uuid::Uuid;

pub use crate::entity::operator::Model as Operator;
use crate::{
    Context, Fault, Timestamp,
    entity::{DistributionState, distribution, operator, organization, product},
};

/// The operator that this organization is, if it is one.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, organization: Uuid) -> Result<Option<Operator>, Fault> {
    Ok(operator::Entity::find_by_id(organization).one(ctx.db().reader()).await?)
}

/// What is offered to an operator.
#[must_use]
pub const fn of(operator: Uuid) -> Of {
    Of { operator }
}

/// See [`of`].
#[derive(Clone, Copy, Debug)]
pub struct Of {
    operator: Uuid,
}

/// A product that is offered to an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The product.
    pub product: product::Model,
    /// The name of the organization that owns it.
    pub organization: String,
    /// Where it stands.
    pub state: DistributionState,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// When the operator decided, if it has.
    pub decided_at: Option<Timestamp>,
}

impl Of {
    /// The products that are offered, by name; those in one state only if `state` says so.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn offers(self, ctx: &Context, state: Option<DistributionState>) -> Result<Vec<Offer>, Fault> {
        let db = ctx.db().reader();
        let mut query = distribution::Entity::find().filter(distribution::Column::OperatorId.eq(self.operator));
        if let Some(state) = state {
            query = query.filter(distribution::Column::State.eq(state));
        }
        let rows = query.all(db).await?;
        let products = product::Entity::find()
            .filter(product::Column::Id.is_in(rows.iter().map(|row| row.product_id)))
            .order_by_asc(product::Column::Name)
            .all(db)
            .await?;
        let owners = organization::Entity::find()
            .filter(organization::Column::Id.is_in(products.iter().map(|product| product.organization_id)))
            .all(db)
            .await?;
        Ok(products
            .into_iter()
            .filter_map(|product| {
                let row = rows.iter().find(|row| row.product_id == product.id)?;
                let owner = owners.iter().find(|owner| owner.id == product.organization_id)?;
                Some(Offer {
                    organization: owner.name.clone(),
                    state: row.state,
                    offered_at: row.offered_at,
                    decided_at: row.decided_at,
                    product,
                })
            })
            .collect())
    }

    /// The offer of one product, if it is offered.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn find(self, ctx: &Context, product: Uuid) -> Result<Option<Offer>, Fault> {
        let db = ctx.db().reader();
        let Some(row) = distribution::Entity::find_by_id((product, self.operator)).one(db).await? else {
            return Ok(None);
        };
        let Some(product) = product::Entity::find_by_id(row.product_id).one(db).await? else { return Ok(None) };
        let owner = organization::Entity::find_by_id(product.organization_id).one(db).await?;
        Ok(owner.map(|owner| Offer {
            product,
            organization: owner.name,
            state: row.state,
            offered_at: row.offered_at,
            decided_at: row.decided_at,
        }))
    }

    /// Whom a decision about `product` concerns.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn reach(self, ctx: &Context, product: Uuid) -> Result<Reach, Fault> {
        let db = ctx.db().reader();
        let row = db
            .query_one_raw(Statement::from_sql_and_values(
                db.get_database_backend(),
                "SELECT (SELECT COUNT(*) FROM subscribers WHERE operator_id = $1 AND ended_at IS NULL) AS subscribers, \
                 (SELECT COUNT(*) FROM consents c JOIN subscribers s ON s.id = c.subject_id \
                  WHERE s.operator_id = $2 AND c.product_id = $3 AND c.revoked_at IS NULL) AS consents, \
                 (SELECT COUNT(*) FROM grants g JOIN consents c ON c.id = g.consent_id \
                  JOIN subscribers s ON s.id = c.subject_id \
                  WHERE s.operator_id = $4 AND c.product_id = $5 AND g.revoked_at IS NULL \
                  AND g.refresh_expires_at > $6) AS refresh_tokens",
                [
                    self.operator.into(),
                    self.operator.into(),
                    product.into(),
                    self.operator.into(),
                    product.into(),
                    ctx.now().0.into(),
                ],
            ))
            .await?;
        match row {
            Some(row) => Ok(Reach {
                subscribers: row.try_get("", "subscribers")?,
                consents: row.try_get("", "consents")?,
                refresh_tokens: row.try_get("", "refresh_tokens")?,
            }),
            None => Ok(Reach::default()),
        }
    }
}

/// Whom an operator's decision about a product concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The operator's living subscribers.
    pub subscribers: i64,
    /// Those who consented to the product.
    pub consents: i64,
    /// Living refresh tokens about them.
    pub refresh_tokens: i64,
}
