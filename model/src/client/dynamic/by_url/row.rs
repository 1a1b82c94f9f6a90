//! The row of a client whose identifier is a URL: what its document said when it was read last.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, sea_query::Query,
};

use super::super::{
    super::{
        event, logo,
        registration::{Registering, insert_uris, register_in},
    },
    NOBODY, SCOPES, change,
    document::Document,
    make_place, own_product,
};
use crate::{
    Context, Fault, audit,
    cache::Client,
    change::Change,
    days,
    db::Tx,
    entity::{
        AuthMethod, ClientKind, ClientState, Profile, TokenFormat, UriPurpose, client, client_uri, consent, product,
    },
};

struct Storing {
    registering: Registering,
    product: product::Model,
    logo_uri: Option<String>,
    known: bool,
}

/// Writes what the document says, unless that is what is written.
pub(super) async fn store(
    ctx: &Context,
    client_id: &str,
    known: Option<&Client>,
    document: Document,
) -> Result<(), Fault> {
    let Document { name, auth_method: _, id_token_alg, uris, keys: _, metadata } = document;
    let same =
        |known: &Client| known.description == name && known.metadata == metadata && known.redirect_uris == uris.login;
    if known.is_some_and(same) {
        return Ok(());
    }
    let now = ctx.now();
    let (id, product_id) = match known {
        Some(known) => (known.id, known.product_id),
        None => (ctx.new_id()?, ctx.new_id()?),
    };
    let client = client::Model {
        id,
        product_id,
        organization_id: NOBODY,
        client_id: client_id.to_owned(),
        description: name.clone(),
        profile: Profile::Mcp,
        kind: ClientKind::Public,
        token_format: TokenFormat::Opaque,
        id_token_alg,
        state: ClientState::Active,
        auth_method: AuthMethod::None,
        metadata: metadata.to_text(),
        created_by: None,
        created_at: now,
        updated_at: now,
    };
    let uris = uris.login.into_iter().map(|uri| (UriPurpose::Login, uri)).collect();
    let storing = Storing {
        registering: Registering { ctx: ctx.clone(), actor: None, client, uris, secret: None },
        product: own_product(product_id, &name, &metadata, now),
        logo_uri: metadata.logo_uri,
        known: known.is_some(),
    };
    let stored = ctx.db().write(storing, |tx, storing| Box::pin(store_all(tx, storing))).await;
    logo::wake(ctx);
    match stored {
        // Another node has read the same document at once.
        Err(fault) if fault.violates("clients_client_id", "clients.client_id") => Ok(()),
        stored => stored,
    }
}

async fn store_all(tx: &Tx, storing: &Storing) -> Result<(), Fault> {
    let Storing { registering, product, logo_uri, known } = storing;
    let Registering { ctx, client, .. } = registering;
    if *known {
        change_all(tx, registering, product).await?;
        return logo::want_instead(tx, ctx, client.id, logo_uri.as_deref()).await;
    }
    make_place(tx, product, &SCOPES).await?;
    register_in(tx, registering).await?;
    logo::want(tx, ctx, client.id, logo_uri.as_deref()).await
}

async fn change_all(tx: &Tx, registering: &Registering, product: &product::Model) -> Result<(), Fault> {
    let Registering { ctx, client, uris, .. } = registering;
    let row = client::ActiveModel {
        description: Set(client.description.clone()),
        metadata: Set(client.metadata.clone()),
        updated_at: Set(client.updated_at),
        ..Default::default()
    };
    client::Entity::update_many().set(row).filter(client::Column::Id.eq(client.id)).exec(tx).await?;
    client_uri::Entity::delete_many().filter(client_uri::Column::ClientId.eq(client.id)).exec(tx).await?;
    insert_uris(tx, ctx, client.id, uris).await?;
    change::rename(tx, product).await?;
    tx.changed(Change::Client(client.client_id.clone()));
    let detail = format!("The document of the client {} has changed", client.client_id);
    audit::record(tx, ctx, event("client.changed", None, client, detail)).await
}

/// Deletes clients that were looked up a while ago, and to which nobody has ever allowed
/// anything. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<usize, Fault> {
    ctx.db()
        .write(ctx.now().plus(-days(1)), |tx, before| {
            Box::pin(async move {
                let allowed = Query::select().column(consent::Column::ProductId).from(consent::Entity).to_owned();
                let idle = client::Entity::find()
                    .filter(client::Column::OrganizationId.eq(NOBODY))
                    .filter(client::Column::ClientId.contains("://"))
                    .filter(client::Column::CreatedAt.lt(*before))
                    .filter(client::Column::ProductId.not_in_subquery(allowed))
                    .limit(500)
                    .all(tx)
                    .await?;
                for client in &idle {
                    client::Entity::delete_by_id(client.id).exec(tx).await?;
                    product::Entity::delete_by_id(client.product_id).exec(tx).await?;
                    tx.changed(Change::Client(client.client_id.clone()));
                    tx.changed(Change::Product(client.product_id));
                }
                Ok::<_, Fault>(idle.len())
            })
        })
        .await
}
