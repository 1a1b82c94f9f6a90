//! Changing what was registered (RFC 7592, section 2.2).

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    super::{
        Client, Metadata, event,
        keys::PublicKey,
        logo,
        registration::{Registering, insert_uris},
        secrets::{NewSecret, forget, insert_secret},
    },
    DynamicError, Managed, NOBODY, New, describe,
    document::{self, Document, Frame, PURPOSES, Refusal},
    enabled, hold, insert_keys, own_product, spend_fetch, tell_secret,
};
use crate::{
    Context, Fault, audit,
    change::Change,
    db::Tx,
    entity::{AuthMethod, UriPurpose, client, client_key, client_secret, client_uri, product},
    secret::{self, Kind, Plain},
};

/// Puts other metadata in the place of what was registered (RFC 7592, section 2.2). The secret
/// stays as long as one is needed. `address` is whoever asks, for budgets.
///
/// # Errors
///
/// [`DynamicError`].
pub async fn update(
    ctx: &Context,
    managed: &Managed,
    address: &str,
    grant_types: &[&str],
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, DynamicError> {
    let Managed { client, token } = managed;
    same_client(ctx, client, given).await?;
    let product = product::Entity::find_by_id(client.product_id).one(ctx.db().reader()).await?;
    let product = product.ok_or(DynamicError::Token)?;
    let scopes = enabled(ctx, product.id).await?;
    let open = client.organization_id == NOBODY;
    let before = Metadata::parse(&client.metadata);
    let frame = Frame {
        audience: product.audience,
        profile: client.profile,
        scopes: &scopes,
        grant_types,
        open,
        front: before.frontchannel_logout_uri.as_deref(),
    };
    spend_fetch(ctx, address, given).await?;
    let document = document::read(ctx, &frame, given).await?;
    let kind = document.kind();
    let Document { name, auth_method, id_token_alg, uris, keys, metadata } = document;
    // What its organization has decided is not the program's to change.
    let metadata = Metadata {
        access_token_lifetime: before.access_token_lifetime,
        refresh_token_lifetime: before.refresh_token_lifetime,
        ..metadata
    };
    let product = open.then(|| own_product(product.id, &name, &metadata, ctx.now()));
    let after = Client {
        description: name,
        kind,
        auth_method,
        id_token_alg,
        metadata: metadata.to_text(),
        updated_at: ctx.now(),
        ..client.clone()
    };
    let secret = (ctx.new_id()?, Plain::generate(ctx, Kind::Client)?);
    let uris = PURPOSES.iter().flat_map(|purpose| uris.list(*purpose).iter().map(|uri| (*purpose, uri.clone())));
    let registering = Registering {
        ctx: ctx.clone(),
        actor: None,
        client: after.clone(),
        uris: uris.collect(),
        secret: Some(secret.clone()),
    };
    let changing = New {
        ctx: ctx.clone(),
        registering,
        keys,
        logo_uri: metadata.logo_uri,
        token: Plain::chosen(token),
        product,
        let_in_by: None,
    };
    let new_secret = ctx.db().write(changing, |tx, changing| Box::pin(change_all(tx, changing))).await?;
    logo::wake(ctx);
    let managed = Managed { client: after, token: token.clone() };
    let mut told = describe(ctx, &managed).await?;
    tell_secret(&mut told, new_secret.ok_or(DynamicError::Token)?.then_some(secret.1));
    Ok(told)
}

/// The request must name the client, and if it names a secret, then the right one (RFC 7592,
/// section 2.2).
async fn same_client(ctx: &Context, client: &Client, given: &Map<String, Value>) -> Result<(), DynamicError> {
    let refused = |text: &str| Err(Refusal::Metadata(text.to_owned()).into());
    if given.get("client_id").and_then(Value::as_str) != Some(client.client_id.as_str()) {
        return refused("client_id must be the one of this registration");
    }
    let Some(given) = given.get("client_secret") else { return Ok(()) };
    let hash = given.as_str().map(secret::hash).unwrap_or_default();
    let secrets = client_secret::Entity::find().filter(client_secret::Column::ClientId.eq(client.id));
    if secrets.all(ctx.db().reader()).await?.iter().any(|known| secret::same(&known.secret_hash, &hash)) {
        return Ok(());
    }
    refused("client_secret is not the one of this registration; a program cannot choose it")
}

/// Whether a secret was added; `None` if the client is gone.
async fn change_all(tx: &Tx, changing: &New) -> Result<Option<bool>, Fault> {
    let New { ctx, registering, keys, logo_uri, token, product, .. } = changing;
    let Registering { client, uris, secret, .. } = registering;
    // Somebody has taken it over meanwhile, and what was checked does not count any more.
    if !hold(tx, client.id, &token.hash(), &token.hash()).await? {
        return Ok(None);
    }
    let row = client::ActiveModel {
        description: Set(client.description.clone()),
        kind: Set(client.kind),
        auth_method: Set(client.auth_method),
        id_token_alg: Set(client.id_token_alg),
        metadata: Set(client.metadata.clone()),
        updated_at: Set(client.updated_at),
        ..Default::default()
    };
    let updated = client::Entity::update_many().set(row).filter(client::Column::Id.eq(client.id)).exec(tx).await?;
    if updated.rows_affected != 1 {
        return Ok(None);
    }
    client_uri::Entity::delete_many()
        .filter(client_uri::Column::ClientId.eq(client.id))
        .filter(client_uri::Column::Purpose.ne(UriPurpose::PostRevoke))
        .exec(tx)
        .await?;
    insert_uris(tx, ctx, client.id, uris).await?;
    change_keys(tx, ctx, client.id, keys).await?;
    logo::want_instead(tx, ctx, client.id, logo_uri.as_deref()).await?;
    let added = change_secret(tx, ctx, client, secret.as_ref()).await?;
    if let Some(product) = product {
        rename(tx, product).await?;
    }
    tx.changed(Change::Client(client.client_id.clone()));
    let detail = format!("The client {} ({}) has changed its registration", client.description, client.client_id);
    audit::record(tx, ctx, event("client.changed", None, client, detail)).await?;
    Ok(Some(added))
}

/// Gives the client a secret if it needs one and has none; says whether it did. One that the client was given
/// to send is not known well enough to sign with.
async fn change_secret(tx: &Tx, ctx: &Context, client: &Client, new: Option<&(Uuid, Plain)>) -> Result<bool, Fault> {
    let of_client = || client_secret::Column::ClientId.eq(client.id);
    match client.auth_method {
        AuthMethod::Secret => forget(tx, client.id).await?,
        AuthMethod::SecretJwt => {
            let unsealed = client_secret::Column::SecretSealed.is_null();
            client_secret::Entity::delete_many().filter(of_client()).filter(unsealed).exec(tx).await?;
        }
        _ => {
            client_secret::Entity::delete_many().filter(of_client()).exec(tx).await?;
            return Ok(false);
        }
    }
    let left = client_secret::Entity::find().filter(of_client()).count(tx).await?;
    match new {
        Some((id, secret)) if left == 0 => {
            let method = client.auth_method;
            let new = NewSecret { id: *id, client: client.id, method, label: "First", secret, actor: None };
            insert_secret(tx, ctx, new).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// What people see of a client that nobody has let in, as it says now.
pub(super) async fn rename(tx: &Tx, product: &product::Model) -> Result<(), Fault> {
    let row = product::ActiveModel {
        name: Set(product.name.clone()),
        website: Set(product.website.clone()),
        terms_url: Set(product.terms_url.clone()),
        privacy_url: Set(product.privacy_url.clone()),
        updated_at: Set(product.updated_at),
        ..Default::default()
    };
    product::Entity::update_many().set(row).filter(product::Column::Id.eq(product.id)).exec(tx).await?;
    tx.changed(Change::Product(product.id));
    Ok(())
}

/// Keys that stay keep when they were used.
async fn change_keys(tx: &Tx, ctx: &Context, client: Uuid, keys: &[PublicKey]) -> Result<(), Fault> {
    let there = client_key::Entity::find().filter(client_key::Column::ClientId.eq(client)).all(tx).await?;
    let stays = |row: &client_key::Model, key: &PublicKey| row.thumbprint == key.identity() && row.kid == key.kid;
    for row in there.iter().filter(|row| !keys.iter().any(|key| stays(row, key))) {
        client_key::Entity::delete_by_id(row.id).exec(tx).await?;
    }
    let new: Vec<PublicKey> = keys.iter().filter(|key| !there.iter().any(|row| stays(row, key))).cloned().collect();
    insert_keys(tx, ctx, client, &new).await
}
