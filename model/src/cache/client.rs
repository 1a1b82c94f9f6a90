//! Clients in memory, as the protocol endpoints need them.

use std::sync::Arc;

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::Product;
use crate::{
    Context, Fault, Timestamp,
    client::{Metadata, dynamic::NOBODY, logo},
    entity::{
        AuthMethod, ClientKind, ClientState, Profile, SigningAlg, TokenFormat, UriPurpose, client, client_key,
        client_secret, client_uri,
    },
};

/// A client as the protocol endpoints need it.
#[derive(Debug)]
pub struct Client {
    /// The row's id.
    pub id: Uuid,
    /// The public identifier.
    pub client_id: String,
    /// What its owner calls it.
    pub description: String,
    /// The product that it belongs to.
    pub product_id: Uuid,
    /// The organization that owns it.
    pub organization_id: Uuid,
    /// The rules that it is held to.
    pub profile: Profile,
    /// Whether it can keep a secret.
    pub kind: ClientKind,
    /// How its access tokens look.
    pub token_format: TokenFormat,
    /// With what its ID tokens are signed.
    pub id_token_alg: SigningAlg,
    /// Whether it works.
    pub state: ClientState,
    /// Login redirect URIs.
    pub redirect_uris: Vec<String>,
    /// Post-revoke redirect URIs.
    pub post_revoke_uris: Vec<String>,
    /// Post-logout redirect URIs.
    pub post_logout_uris: Vec<String>,
    /// Its living secrets.
    pub secrets: Vec<Secret>,
    /// How it proves who it is.
    pub auth_method: AuthMethod,
    /// Its registered public keys; none if it publishes them.
    pub keys: Vec<Key>,
    /// What else it has registered.
    pub metadata: Metadata,
    /// Path of our copy of its own logo below the public URL.
    pub logo: Option<String>,
    /// When any of this last changed.
    pub changed_at: Timestamp,
}

impl Client {
    /// Whether it may know about another client's tokens: both belong to one organization. Clients
    /// that nobody has let in have only the absence of one in common.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        self.id == other.id || (self.organization_id == other.organization_id && self.organization_id != NOBODY)
    }

    /// Path of the logo that people see when it asks: its own, else its product's.
    #[must_use]
    pub fn shown_with<'a>(&'a self, product: &'a Product) -> &'a str {
        self.logo.as_deref().unwrap_or_else(|| product.shown_with())
    }
}

/// A registered public key of a client.
#[derive(Debug)]
pub struct Key {
    /// The row's id.
    pub id: Uuid,
    /// What assertions call it.
    pub kid: String,
    /// RFC 7517.
    pub jwk: serde_json::Value,
}

/// A living secret of a client.
#[derive(Debug)]
pub struct Secret {
    /// The row's id.
    pub id: Uuid,
    /// SHA-256, see [`crate::secret::hash`].
    pub hash: String,
    /// The secret itself, if the client signs with it; see [`crate::client::opened`].
    pub sealed: Option<String>,
    /// When it stops to work.
    pub expires_at: Option<Timestamp>,
}

impl Secret {
    /// Whether it works.
    #[must_use]
    pub fn lives(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// The client with this public identifier.
///
/// # Errors
///
/// When the database fails.
pub async fn client(ctx: &Context, client_id: &str) -> Result<Option<Arc<Client>>, Fault> {
    // PostgreSQL has no such text, and would call it an error of ours.
    if client_id.contains('\0') {
        return Ok(None);
    }
    let caches = ctx.caches();
    if let Some(hit) = caches.clients.get(client_id) {
        return Ok(Some(hit));
    }
    let epoch = caches.epoch();
    let db = ctx.db().reader();
    let Some(row) = client::Entity::find().filter(client::Column::ClientId.eq(client_id)).one(db).await? else {
        return Ok(None);
    };
    let uris = client_uri::Entity::find()
        .filter(client_uri::Column::ClientId.eq(row.id))
        .order_by_asc(client_uri::Column::Position)
        .all(db)
        .await?;
    let secrets = client_secret::Entity::find().filter(client_secret::Column::ClientId.eq(row.id)).all(db).await?;
    let metadata = Metadata::parse(&row.metadata).under(row.profile);
    let keys = match metadata.jwks_uri {
        // Those that it publishes count, and no others.
        Some(_) => Vec::new(),
        None => client_key::Entity::find().filter(client_key::Column::ClientId.eq(row.id)).all(db).await?,
    };
    let logo = logo::copy_of(ctx, row.id, &metadata).await?;
    let of = |purpose| uris.iter().filter(|uri| uri.purpose == purpose).map(|uri| uri.uri.clone()).collect();
    let loaded = Arc::new(Client {
        id: row.id,
        redirect_uris: of(UriPurpose::Login),
        post_revoke_uris: of(UriPurpose::PostRevoke),
        post_logout_uris: of(UriPurpose::PostLogout),
        client_id: row.client_id,
        description: row.description,
        product_id: row.product_id,
        organization_id: row.organization_id,
        profile: row.profile,
        kind: row.kind,
        token_format: row.token_format,
        id_token_alg: row.profile.signing(Some(row.id_token_alg)),
        state: row.state,
        auth_method: row.auth_method,
        metadata,
        logo,
        changed_at: row.updated_at,
        keys: keys
            .into_iter()
            .map(|key| Key { id: key.id, kid: key.kid, jwk: serde_json::from_str(&key.jwk).unwrap_or_default() })
            .collect(),
        secrets: secrets
            .into_iter()
            .map(|secret| Secret {
                id: secret.id,
                hash: secret.secret_hash,
                sealed: secret.secret_sealed,
                expires_at: secret.expires_at,
            })
            .collect(),
    });
    caches.keep(&caches.clients, client_id.to_owned(), Arc::clone(&loaded), epoch);
    Ok(Some(loaded))
}
