//! How a client that has registered itself gets an owner: until then it waits.
//!
//! Whoever has its registration access token is the one who has registered it (RFC 7592, section 3), and
//! can give it to an organization. The token is changed by that: it was typed into a page, and may have
//! come from somebody else, who could go on to change where the client leads under the organization's
//! name.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::Query,
};
use uuid::Uuid;

use super::{super::event, Client, DynamicError, NOBODY, hold, managed};
use crate::{
    Context, Fault,
    audit::{self, Event},
    change::Change,
    client::{Metadata, Uris, uris},
    db::Tx,
    entity::{client, client_registration, product},
    organization::Organization,
    secret::{self, Kind, Plain},
};

/// Why a client was not taken over.
#[derive(Debug, thiserror::Error)]
pub enum TakeOverError {
    /// No client has this identifier and this token. Which of the two is wrong is not said.
    #[error("no registered client has this identifier and this token")]
    Unknown,
    /// It has an owner.
    #[error("the client belongs to an organization already")]
    Owned,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(TakeOverError);

/// A client that has just got an owner.
#[derive(Clone, Debug)]
pub struct TakenOver {
    /// The client, whose product came with it.
    pub client: Client,
    /// The token that manages its registration from now on, this once.
    pub token: Plain,
}

struct Taking {
    ctx: Context,
    actor: Uuid,
    organization: Organization,
    client: Client,
    before: String,
    token: Plain,
}

/// Gives a client that waits, and the product that was made for it, to an organization. What people have
/// allowed it stays; its secrets and keys do, too. Of several who try at once one gets it.
///
/// # Errors
///
/// [`TakeOverError`].
pub async fn take_over(
    ctx: &Context,
    actor: Uuid,
    organization: &Organization,
    client_id: &str,
    token: &str,
) -> Result<TakenOver, TakeOverError> {
    let client = match managed(ctx, client_id, token).await {
        Ok(managed) => managed.client,
        Err(DynamicError::Fault(fault)) => return Err(fault.into()),
        Err(_) => return Err(TakeOverError::Unknown),
    };
    if client.organization_id != NOBODY {
        return Err(TakeOverError::Owned);
    }
    let client = Client { organization_id: organization.id, updated_at: ctx.now(), ..client };
    let token_before = secret::hash(token);
    let token = Plain::generate(ctx, Kind::Registration)?;
    let taking = Taking {
        ctx: ctx.clone(),
        actor,
        organization: organization.clone(),
        client: client.clone(),
        before: token_before,
        token: token.clone(),
    };
    ctx.db().write(taking, |tx, taking| Box::pin(take_in(tx, taking))).await?;
    Ok(TakenOver { client, token })
}

async fn take_in(tx: &Tx, taking: &Taking) -> Result<(), TakeOverError> {
    let Taking { ctx, actor, organization, client, before, token } = taking;
    if !hold(tx, client.id, before, &token.hash()).await? {
        return Err(TakeOverError::Unknown);
    }
    let owner = product::ActiveModel {
        organization_id: Set(organization.id),
        updated_at: Set(ctx.now()),
        ..Default::default()
    };
    let moved = product::Entity::update_many()
        .set(owner)
        .filter(product::Column::Id.eq(client.product_id))
        .filter(product::Column::OrganizationId.eq(NOBODY))
        .exec(tx)
        .await?;
    if moved.rows_affected != 1 {
        return Err(TakeOverError::Owned);
    }
    let owner =
        client::ActiveModel { organization_id: Set(organization.id), updated_at: Set(ctx.now()), ..Default::default() };
    client::Entity::update_many().set(owner).filter(client::Column::Id.eq(client.id)).exec(tx).await?;
    tx.changed(Change::Client(client.client_id.clone()));
    tx.changed(Change::Product(client.product_id));
    let name = &client.description;
    let detail = format!("Took over the client {name} ({}), which had registered itself", client.client_id);
    audit::record(tx, ctx, event("client.taken_over", Some(*actor), client, detail)).await?;
    let product = Event {
        action: "product.taken_over",
        organization: Some(organization.id),
        actor: Some(*actor),
        object_kind: "product",
        object: Some(client.product_id),
        detail: format!("Took over the product of the client {name} ({})", client.client_id),
    };
    audit::record(tx, ctx, product).await?;
    Ok(())
}

/// A client that waits for an owner.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The client.
    pub client: Client,
    /// Its URIs.
    pub uris: Uris,
    /// How its people can be reached, as it says.
    pub contacts: Vec<String>,
}

/// Up to `size` clients that have registered themselves and wait for an owner, newest first, continuing
/// after the client `after`.
///
/// # Errors
///
/// When the database fails.
pub async fn waiting(ctx: &Context, after: Option<Uuid>, size: u64) -> Result<Vec<Waiting>, Fault> {
    // Those that are known by the URL of a document were not registered, and nobody can take them over.
    let registered =
        Query::select().column(client_registration::Column::ClientId).from(client_registration::Entity).take();
    let mut query = client::Entity::find()
        .filter(client::Column::OrganizationId.eq(NOBODY))
        .filter(client::Column::Id.in_subquery(registered));
    if let Some(after) = after {
        query = query.filter(client::Column::Id.lt(after));
    }
    let clients = query.order_by_desc(client::Column::Id).limit(size).all(ctx.db().reader()).await?;
    let mut waiting = Vec::with_capacity(clients.len());
    for client in clients {
        let uris = uris(ctx, &client).await?;
        let contacts = Metadata::parse(&client.metadata).contacts;
        waiting.push(Waiting { client, uris, contacts });
    }
    Ok(waiting)
}
