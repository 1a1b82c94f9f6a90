//! Where a product is made available: the developer offers it to operators, and each operator
//! enables it for its subscribers or does not.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, Statement, sea_query::OnConflict,
};
use uuid::Uuid;

pub use crate::entity::DistributionState;
use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    change::Change,
    db::Tx,
    entity::{distribution, membership, operator, product},
    grant,
};

/// Where a product stands with one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The operator.
    pub operator: operator::Model,
    /// Absent as long as it is not offered.
    pub state: Option<DistributionState>,
    /// When it was offered.
    pub offered_at: Option<Timestamp>,
    /// When the operator enabled or disabled it.
    pub decided_at: Option<Timestamp>,
    /// How many of the operator's subscribers consented to it.
    pub consents: i64,
}

/// Where a product stands with every operator, by name.
///
/// # Errors
///
/// When the database fails.
pub async fn of_product(ctx: &Context, product: &product::Model) -> Result<Vec<Standing>, Fault> {
    let db = ctx.db().reader();
    let operators = operator::Entity::find().order_by_asc(operator::Column::Name).all(db).await?;
    let mut offers: HashMap<Uuid, distribution::Model> = distribution::Entity::find()
        .filter(distribution::Column::ProductId.eq(product.id))
        .all(db)
        .await?
        .into_iter()
        .map(|offer| (offer.operator_id, offer))
        .collect();
    let mut consents: HashMap<Uuid, i64> = HashMap::new();
    let counted = db
        .query_all_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT s.operator_id AS operator, COUNT(*) AS consents FROM consents c \
             JOIN subscribers s ON s.id = c.subject_id \
             WHERE c.product_id = $1 AND c.revoked_at IS NULL GROUP BY s.operator_id",
            [product.id.into()],
        ))
        .await?;
    for row in counted {
        consents.insert(row.try_get("", "operator")?, row.try_get("", "consents")?);
    }
    Ok(operators
        .into_iter()
        .map(|operator| {
            let offer = offers.remove(&operator.organization_id);
            Standing {
                state: offer.as_ref().map(|offer| offer.state),
                offered_at: offer.as_ref().map(|offer| offer.offered_at),
                decided_at: offer.as_ref().and_then(|offer| offer.decided_at),
                consents: consents.get(&operator.organization_id).copied().unwrap_or_default(),
                operator,
            }
        })
        .collect())
}

/// What a change of the distribution did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Newly offered to so many operators.
    pub offered: usize,
    /// Withdrawn from so many.
    pub withdrawn: usize,
}

struct Changing {
    ctx: Context,
    actor: Option<Uuid>,
    product: product::Model,
    offer: Vec<Uuid>,
    withdraw: Vec<Uuid>,
}

/// Offers a product to some operators and withdraws it from others, all in one write. What is so
/// already stays as it is. Withdrawing from an operator that has enabled it ends the tokens about
/// its subscribers.
///
/// # Errors
///
/// When the database fails.
pub async fn change(
    ctx: &Context,
    actor: Option<Uuid>,
    product: &product::Model,
    offer: Vec<Uuid>,
    withdraw: Vec<Uuid>,
) -> Result<Changed, Fault> {
    let changing = Changing { ctx: ctx.clone(), actor, product: product.clone(), offer, withdraw };
    ctx.db().write(changing, |tx, changing| Box::pin(change_in(tx, changing))).await
}

async fn change_in(tx: &Tx, changing: &Changing) -> Result<Changed, Fault> {
    let Changing { ctx, actor, product, offer, withdraw } = changing;
    let mut changed = Changed::default();
    let operators = operator::Entity::find()
        .filter(operator::Column::OrganizationId.is_in(offer.iter().chain(withdraw).copied()))
        .order_by_asc(operator::Column::Name)
        .all(tx)
        .await?;
    for operator in operators {
        if offer.contains(&operator.organization_id) {
            let row = distribution::ActiveModel {
                product_id: Set(product.id),
                operator_id: Set(operator.organization_id),
                state: Set(DistributionState::Offered),
                offered_at: Set(ctx.now()),
                offered_by: Set(*actor),
                decided_at: Set(None),
                decided_by: Set(None),
            };
            let inserted = distribution::Entity::insert(row)
                .on_conflict(
                    OnConflict::columns([distribution::Column::ProductId, distribution::Column::OperatorId])
                        .do_nothing()
                        .to_owned(),
                )
                .exec_without_returning(tx)
                .await?;
            if inserted == 1 {
                changed.offered += 1;
                let detail = format!("Offered {} to {}", product.name, operator.name);
                record_both(tx, ctx, *actor, product, &operator, "product.offered", detail).await?;
            }
        } else {
            let deleted = distribution::Entity::delete_by_id((product.id, operator.organization_id)).exec(tx).await?;
            if deleted.rows_affected == 1 {
                changed.withdrawn += 1;
                grant::revoke_for_distribution(tx, ctx, product.id, operator.organization_id).await?;
                let detail = format!("Withdrew {} from {}", product.name, operator.name);
                record_both(tx, ctx, *actor, product, &operator, "product.withdrawn", detail).await?;
            }
        }
    }
    if changed != Changed::default() {
        tx.changed(Change::Product(product.id));
    }
    Ok(changed)
}

/// Both sides find it in their log.
async fn record_both(
    tx: &Tx,
    ctx: &Context,
    actor: Option<Uuid>,
    product: &product::Model,
    operator: &operator::Model,
    action: &'static str,
    detail: String,
) -> Result<(), Fault> {
    let mut owners = vec![product.organization_id];
    if operator.organization_id != product.organization_id {
        owners.push(operator.organization_id);
    }
    for owner in owners {
        audit::record(
            tx,
            ctx,
            Event {
                action,
                organization: Some(owner),
                actor,
                object_kind: "product",
                object: Some(product.id),
                detail: detail.clone(),
            },
        )
        .await?;
    }
    Ok(())
}

/// An operator's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Its subscribers can use the product.
    Enable,
    /// They cannot, and what tokens there are end.
    Disable,
}

impl DistributionState {
    /// The state after `decision`; `None` when it is the state already.
    #[must_use]
    pub const fn after(self, decision: Decision) -> Option<Self> {
        match (self, decision) {
            (Self::Offered | Self::Disabled, Decision::Enable) => Some(Self::Enabled),
            (Self::Offered | Self::Enabled, Decision::Disable) => Some(Self::Disabled),
            (Self::Enabled, Decision::Enable) | (Self::Disabled, Decision::Disable) => None,
        }
    }
}

/// Why a decision was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The product is not, or no longer, offered to the operator.
    #[error("the product is not offered")]
    NotOffered,
    /// Whoever wants to enable it would let in what is their own; see [`is_own`].
    #[error("somebody else enables the product")]
    Own,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(DecideError);

/// Whether a product is `user`'s own for an operator, so that somebody else has to enable it: they
/// offered it, or belong to the organization that owns it. What an operator offers to itself is its
/// members' all the same, so there only the former counts.
///
/// # Errors
///
/// When the database fails.
pub async fn is_own(ctx: &Context, user: Uuid, operator: Uuid, product: &product::Model) -> Result<bool, Fault> {
    let db = ctx.db().reader();
    let Some(offer) = distribution::Entity::find_by_id((product.id, operator)).one(db).await? else { return Ok(false) };
    is_own_in(db, user, &offer, product.organization_id).await
}

async fn is_own_in(
    db: &impl ConnectionTrait,
    user: Uuid,
    offer: &distribution::Model,
    owner: Uuid,
) -> Result<bool, Fault> {
    if offer.offered_by == Some(user) {
        return Ok(true);
    }
    Ok(owner != offer.operator_id && membership::Entity::find_by_id((owner, user)).count(db).await? > 0)
}

struct Deciding {
    ctx: Context,
    actor: Option<Uuid>,
    operator: operator::Model,
    product: product::Model,
    decision: Decision,
}

/// Takes an operator's decision about a product that is offered to it. Says whether anything
/// changed.
///
/// # Errors
///
/// [`DecideError::NotOffered`] when the developer has withdrawn it meanwhile; [`DecideError::Own`].
pub async fn decide(
    ctx: &Context,
    actor: Option<Uuid>,
    operator: &operator::Model,
    product: &product::Model,
    decision: Decision,
) -> Result<bool, DecideError> {
    let deciding = Deciding { ctx: ctx.clone(), actor, operator: operator.clone(), product: product.clone(), decision };
    ctx.db().write(deciding, |tx, deciding| Box::pin(decide_in(tx, deciding))).await
}

async fn decide_in(tx: &Tx, deciding: &Deciding) -> Result<bool, DecideError> {
    let Deciding { ctx, actor, operator, product, decision } = deciding;
    let key = (product.id, operator.organization_id);
    let offer = distribution::Entity::find_by_id(key).one(tx).await?.ok_or(DecideError::NotOffered)?;
    let Some(after) = offer.state.after(*decision) else { return Ok(false) };
    if let (Decision::Enable, Some(actor)) = (decision, actor)
        && is_own_in(tx, *actor, &offer, product.organization_id).await?
    {
        return Err(DecideError::Own);
    }
    let updated = distribution::Entity::update_many()
        .set(distribution::ActiveModel {
            state: Set(after),
            decided_at: Set(Some(ctx.now())),
            decided_by: Set(*actor),
            ..Default::default()
        })
        .filter(distribution::Column::ProductId.eq(product.id))
        .filter(distribution::Column::OperatorId.eq(operator.organization_id))
        .filter(distribution::Column::State.eq(offer.state))
        .exec(tx)
        .await?;
    if updated.rows_affected != 1 {
        // Somebody else decided at the same moment; theirs stands.
        return Ok(false);
    }
    let (action, verb) = match decision {
        Decision::Enable => ("product.enabled", "enabled"),
        Decision::Disable => {
            grant::revoke_for_distribution(tx, ctx, product.id, operator.organization_id).await?;
            ("product.disabled", "disabled")
        }
    };
    tx.changed(Change::Product(product.id));
    let detail = format!("{} {verb} {}", operator.name, product.name);
    record_both(tx, ctx, *actor, product, operator, action, detail).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_leads_somewhere_or_is_taken_already() {
        use Decision::{Disable, Enable};
        use DistributionState::{Disabled, Enabled, Offered};
        assert_eq!(Offered.after(Enable), Some(Enabled));
        assert_eq!(Offered.after(Disable), Some(Disabled));
        assert_eq!(Enabled.after(Disable), Some(Disabled));
        assert_eq!(Disabled.after(Enable), Some(Enabled));
        assert_eq!(Enabled.after(Enable), None);
        assert_eq!(Disabled.after(Disable), None);
    }
}
