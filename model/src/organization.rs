//! Organizations: what owns products and clients.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

pub use crate::entity::{OrganizationKind, organization::Model as Organization};
use crate::{
    Context, Fault,
    audit::{self, Event},
    change::Change,
    db::Tx,
    entity::{membership, organization, product},
    membership::{Right, Role},
    user::LONGEST_NAME,
};

/// Why something about an organization was not done.
#[derive(Debug, thiserror::Error)]
pub enum OrganizationError {
    /// The name cannot be taken.
    #[error("the name: {0:?}")]
    Name(rules::text::Problem),
    /// The role of whoever asks does not suffice, or no longer.
    #[error("a {} may not do this", role.as_str())]
    NotAllowed {
        /// Their role.
        role: Role,
        /// The least role that could.
        needed: Role,
    },
    /// Whoever asks does not belong to it, or the person named does not.
    #[error("not a member")]
    NotMember,
    /// Nobody would be left who may do everything.
    #[error("the last owner")]
    LastOwner,
    /// A personal organization is one person's.
    #[error("a personal organization")]
    Personal,
    /// It still owns products.
    #[error("it owns products")]
    NotEmpty,
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(OrganizationError);

/// Creates an organization for a team, whose owner is `actor`.
///
/// # Errors
///
/// [`OrganizationError::Name`].
pub async fn create(ctx: &Context, actor: Uuid, name: &str) -> Result<Organization, OrganizationError> {
    let name = checked(name)?;
    ctx.db()
        .write((ctx.clone(), actor, name), |tx, (ctx, actor, name)| {
            Box::pin(async move {
                let now = ctx.now();
                let organization = Organization {
                    id: ctx.new_id()?,
                    kind: OrganizationKind::Team,
                    name: name.clone(),
                    personal_user_id: None,
                    created_at: now,
                    updated_at: now,
                };
                organization::Entity::insert(organization::ActiveModel {
                    id: Set(organization.id),
                    kind: Set(organization.kind),
                    name: Set(organization.name.clone()),
                    personal_user_id: Set(None),
                    created_at: Set(now),
                    updated_at: Set(now),
                })
                .exec_without_returning(tx)
                .await?;
                membership::Entity::insert(membership::ActiveModel {
                    organization_id: Set(organization.id),
                    user_id: Set(*actor),
                    role: Set(Role::Owner),
                    created_at: Set(now),
                })
                .exec_without_returning(tx)
                .await?;
                tx.changed(Change::User(*actor));
                let detail = format!("Created the organization {name}");
                note(tx, ctx, *actor, organization.id, "organization.created", detail).await?;
                Ok(organization)
            })
        })
        .await
}

/// Gives an organization another name.
///
/// # Errors
///
/// [`OrganizationError::Name`], [`OrganizationError::NotAllowed`] or
/// [`OrganizationError::NotMember`].
pub async fn rename(ctx: &Context, actor: Uuid, id: Uuid, name: &str) -> Result<(), OrganizationError> {
    let name = checked(name)?;
    ctx.db()
        .write((ctx.clone(), actor, id, name), |tx, (ctx, actor, id, name)| {
            Box::pin(async move {
                permit(tx, *actor, *id, Right::ManageOrganization).await?;
                organization::Entity::update_many()
                    .set(organization::ActiveModel {
                        name: Set(name.clone()),
                        updated_at: Set(ctx.now()),
                        ..Default::default()
                    })
                    .filter(organization::Column::Id.eq(*id))
                    .exec(tx)
                    .await?;
                let detail = format!("Renamed the organization to {name}");
                note(tx, ctx, *actor, *id, "organization.renamed", detail).await?;
                announce(tx, *id).await?;
                Ok(())
            })
        })
        .await
}

/// Consent pages show the organization behind a product, the portal's pages that of whoever looks.
async fn announce(tx: &Tx, id: Uuid) -> Result<(), Fault> {
    let products: Vec<Uuid> = product::Entity::find()
        .select_only()
        .column(product::Column::Id)
        .filter(product::Column::OrganizationId.eq(id))
        .into_tuple()
        .all(tx)
        .await?;
    products.into_iter().for_each(|product| tx.changed(Change::Product(product)));
    tx.changed(Change::Operator(id));
    tx.changed(Change::Organization(id));
    Ok(())
}

/// Deletes an organization of a team that owns no products.
///
/// # Errors
///
/// [`OrganizationError::NotAllowed`], [`OrganizationError::Personal`] (an operator's neither) or
/// [`OrganizationError::NotEmpty`].
pub async fn delete(ctx: &Context, actor: Uuid, id: Uuid) -> Result<(), OrganizationError> {
    ctx.db()
        .write((ctx.clone(), actor, id), |tx, (ctx, actor, id)| {
            Box::pin(async move {
                let organization = hold(tx, *id).await?;
                permit(tx, *actor, *id, Right::ManageOrganization).await?;
                if organization.kind != OrganizationKind::Team {
                    return Err(OrganizationError::Personal);
                }
                let owned = product::Entity::find().filter(product::Column::OrganizationId.eq(*id)).count(tx).await?;
                if owned > 0 {
                    return Err(OrganizationError::NotEmpty);
                }
                organization::Entity::delete_by_id(*id).exec(tx).await?;
                tx.changed(Change::Organization(*id));
                // Its own log goes with it; this line stays in the installation's.
                let event = Event {
                    action: "organization.deleted",
                    organization: None,
                    actor: Some(*actor),
                    object_kind: "organization",
                    object: Some(*id),
                    detail: format!("Deleted the organization {}", organization.name),
                };
                audit::record(tx, ctx, event).await?;
                Ok(())
            })
        })
        .await
}

fn checked(name: &str) -> Result<String, OrganizationError> {
    rules::text::line(name, LONGEST_NAME).map(str::to_owned).map_err(OrganizationError::Name)
}

/// Keeps others from changing who belongs to it until the transaction ends.
pub(crate) async fn hold(tx: &Tx, id: Uuid) -> Result<Organization, OrganizationError> {
    let row = organization::Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    row.ok_or(OrganizationError::NotMember)
}

/// The role of `actor`, if it has `right` at this very moment.
pub(crate) async fn permit(tx: &Tx, actor: Uuid, id: Uuid, right: Right) -> Result<Role, OrganizationError> {
    let row = membership::Entity::find_by_id((id, actor)).one(tx).await?.ok_or(OrganizationError::NotMember)?;
    if row.role.may(right) {
        return Ok(row.role);
    }
    Err(OrganizationError::NotAllowed { role: row.role, needed: right.least_role() })
}

/// Appends to the organization's log.
pub(crate) async fn note(
    tx: &Tx,
    ctx: &Context,
    actor: Uuid,
    id: Uuid,
    action: &'static str,
    detail: String,
) -> Result<(), Fault> {
    let event = Event {
        action,
        organization: Some(id),
        actor: Some(actor),
        object_kind: "organization",
        object: Some(id),
        detail,
    };
    audit::record(tx, ctx, event).await
}
