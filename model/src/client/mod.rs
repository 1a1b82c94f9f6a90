//! OAuth clients (RFC 6749, section 2): registration, redirect URIs, secrets, and their end.
//!
//! A client's public identifier is never given to another one, not even after its end. A secret
//! is returned once, by the verb that made it; what is stored is its hash.

mod amend;
pub mod certificate;
pub mod dynamic;
pub mod grant_type;
mod grants;
pub mod issuers;
pub mod keys;
pub mod logo;
mod logout;
mod metadata;
pub mod method;
pub mod profile;
pub mod published;
mod registration;
pub mod request_uris;
pub(crate) mod secrets;
mod tokens;

use std::sync::Arc;

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, OnConflict, Query},
};
use uuid::Uuid;

pub use self::{
    grants::{Delivery, EXTRA, SetGrantsError, fits, set_grants},
    logout::{InvalidLogout, LogoutUriProblem, LogoutUris, SetLogoutError, set_logout},
    metadata::{Metadata, SubjectType},
    registration::{Changes, Invalid, ListProblem, RegisterError, Registered, Registration, Uris, edit, register},
    secrets::{
        AddSecretError, Added, Grace, LABEL_LENGTH, MOST_LIVING, SecretRow, add_secret, end_secret, opened, secrets,
    },
    tokens::{Bounds, Choices, InvalidTokens, MOST_RESOURCES, SetTokensError, Tokens, is_resource, set_tokens},
};
use crate::{
    Context, Fault, Timestamp,
    audit::Event,
    cache,
    change::{Change, RevokedKind},
    db::Tx,
    entity::{client, client_key, client_secret, client_uri, product, retired_client_id},
    grant,
};
pub use crate::{
    entity::{ClientKind, ClientState, Profile, UriPurpose, client::Model as Client},
    grant::Reach,
};

/// The longest description, in characters.
pub const DESCRIPTION_LENGTH: usize = 120;

/// The clients of a product.
#[must_use]
pub const fn of(product: &product::Model) -> Of {
    Of { product: product.id, organization: product.organization_id }
}

/// See [`of`].
#[derive(Clone, Copy, Debug)]
pub struct Of {
    product: Uuid,
    organization: Uuid,
}

impl Of {
    /// The client, if the product has it.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn find(self, ctx: &Context, id: Uuid) -> Result<Option<Client>, Fault> {
        Ok(client::Entity::find_by_id(id)
            .filter(client::Column::ProductId.eq(self.product))
            .filter(client::Column::OrganizationId.eq(self.organization))
            .one(ctx.db().reader())
            .await?)
    }

    /// All of them, newest first.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn list(self, ctx: &Context) -> Result<Vec<Listed>, Fault> {
        let rows: Vec<Row> = client::Entity::find()
            .filter(client::Column::ProductId.eq(self.product))
            .filter(client::Column::OrganizationId.eq(self.organization))
            .expr_as(
                latest(client_secret::Entity, client_secret::Column::ClientId, client_secret::Column::LastUsedAt),
                "secret_used_at",
            )
            .expr_as(
                latest(client_key::Entity, client_key::Column::ClientId, client_key::Column::LastUsedAt),
                "key_used_at",
            )
            .order_by_desc(client::Column::Id)
            .into_model()
            .all(ctx.db().reader())
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| Listed { client: row.client, last_used_at: Ord::max(row.secret_used_at, row.key_used_at) })
            .collect())
    }
}

impl Of {
    /// All of them, newest first, from memory: for somebody who only looks.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn look(self, ctx: &Context) -> Result<Arc<[Listed]>, Fault> {
        cache::portal::clients(ctx, self).await
    }

    pub(crate) const fn key(self) -> (Uuid, Uuid) {
        (self.product, self.organization)
    }
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    client: Client,
    secret_used_at: Option<Timestamp>,
    key_used_at: Option<Timestamp>,
}

/// When any of a client's rows in another table was used last.
fn latest<C: ColumnTrait>(of: impl EntityTrait, client: C, used: C) -> Expr {
    Query::select()
        .expr(used.max())
        .from(of)
        .and_where(Expr::col((of, client)).equals((client::Entity, client::Column::Id)))
        .take()
        .into()
}

/// A client as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The client.
    pub client: Client,
    /// When one of its secrets or keys was used last.
    pub last_used_at: Option<Timestamp>,
}

/// The URIs of a client, in their order.
///
/// # Errors
///
/// When the database fails.
pub async fn uris(ctx: &Context, client: &Client) -> Result<Uris, Fault> {
    let rows = client_uri::Entity::find()
        .filter(client_uri::Column::ClientId.eq(client.id))
        .order_by_asc(client_uri::Column::Position)
        .all(ctx.db().reader())
        .await?;
    let mut uris = Uris::default();
    for row in rows {
        uris.list_mut(row.purpose).push(row.uri);
    }
    Ok(uris)
}

/// What a client's end would break.
///
/// # Errors
///
/// When the database fails.
pub async fn reach(ctx: &Context, client: &Client) -> Result<Reach, Fault> {
    grant::reach_of_client(ctx, client.id).await
}

fn event(action: &'static str, actor: Option<Uuid>, client: &Client, detail: String) -> Event {
    Event {
        action,
        organization: Some(client.organization_id),
        actor,
        object_kind: "client",
        object: Some(client.id),
        detail,
    }
}

/// Turns a client off. Its access tokens end; the authorizations behind them wait until it is
/// turned on again. Says whether it was on.
///
/// # Errors
///
/// When the database fails.
pub async fn disable(ctx: &Context, actor: Option<Uuid>, client: &Client) -> Result<bool, Fault> {
    switch(ctx, actor, client, ClientState::Disabled).await
}

/// Turns a client on again. Says whether it was off.
///
/// # Errors
///
/// When the database fails.
pub async fn enable(ctx: &Context, actor: Option<Uuid>, client: &Client) -> Result<bool, Fault> {
    switch(ctx, actor, client, ClientState::Active).await
}

async fn switch(ctx: &Context, actor: Option<Uuid>, client: &Client, state: ClientState) -> Result<bool, Fault> {
    ctx.db()
        .write((ctx.clone(), actor, client.clone(), state), |tx, (ctx, actor, client, state)| {
            Box::pin(async move {
                let updated = client::Entity::update_many()
                    .set(client::ActiveModel { state: Set(*state), updated_at: Set(ctx.now()), ..Default::default() })
                    .filter(client::Column::Id.eq(client.id))
                    .filter(client::Column::State.ne(*state))
                    .exec(tx)
                    .await?;
                if updated.rows_affected != 1 {
                    return Ok(false);
                }
                tx.changed(Change::Client(client.client_id.clone()));
                let (action, verb) = match state {
                    ClientState::Active => ("client.enabled", "Enabled"),
                    ClientState::Disabled => {
                        grant::revoke(tx, ctx, RevokedKind::Client, client.id).await?;
                        ("client.disabled", "Disabled")
                    }
                };
                let detail = format!("{verb} the client {} ({})", client.description, client.client_id);
                crate::audit::record(tx, ctx, event(action, *actor, client, detail)).await?;
                Ok(true)
            })
        })
        .await
}

/// Deletes a client with its URIs, its secrets and every authorization that it holds, and ends
/// its tokens. Its public identifier stays taken. Says whether it was there.
///
/// # Errors
///
/// When the database fails.
pub async fn delete(ctx: &Context, actor: Option<Uuid>, client: &Client) -> Result<bool, Fault> {
    ctx.db()
        .write((ctx.clone(), actor, client.clone()), |tx, (ctx, actor, client)| {
            Box::pin(async move { delete_in(tx, ctx, *actor, client).await })
        })
        .await
}

async fn delete_in(tx: &Tx, ctx: &Context, actor: Option<Uuid>, client: &Client) -> Result<bool, Fault> {
    if client::Entity::delete_by_id(client.id).exec(tx).await?.rows_affected != 1 {
        return Ok(false);
    }
    retire(tx, ctx, &client.client_id).await?;
    grant::revoke(tx, ctx, RevokedKind::Client, client.id).await?;
    tx.changed(Change::Client(client.client_id.clone()));
    let detail = format!("Deleted the client {} ({})", client.description, client.client_id);
    crate::audit::record(tx, ctx, event("client.deleted", actor, client, detail)).await?;
    Ok(true)
}

async fn retire(tx: &Tx, ctx: &Context, client_id: &str) -> Result<(), Fault> {
    let row = retired_client_id::ActiveModel { client_id: Set(client_id.to_owned()), deleted_at: Set(ctx.now()) };
    retired_client_id::Entity::insert(row)
        .on_conflict(OnConflict::column(retired_client_id::Column::ClientId).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
