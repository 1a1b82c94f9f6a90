//! Clients that register themselves (RFC 7591; OpenID Connect Dynamic Client Registration), and
//! manage what they have registered (RFC 7592).
//!
//! With an initial access token a program registers a client of the product that the token is for.
//! Without one, where that is open, the client gets a product of its own in an organization that
//! nobody belongs to: what a person allows one of them is not allowed to another.

mod budget;
pub mod by_url;
mod change;
mod document;
mod takeover;
pub mod token;

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, sea_query::OnConflict,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use self::document::{Document, Frame, PURPOSES};
pub use self::{
    change::update,
    document::Refusal,
    takeover::{TakeOverError, TakenOver, Waiting, take_over, waiting},
};
use super::{
    Client, Metadata,
    keys::{self, PublicKey},
    logo,
    registration::{Registering, register_in},
    uris,
};
use crate::{
    Context, Fault, Registration as Policy, Timestamp,
    change::Change,
    db::Tx,
    entity::{
        Audience, ClientState, OrganizationKind, Profile, TokenFormat, client, client_key, client_registration,
        organization, product, product_scope,
    },
    limit::{self, Budget, TooMany},
    outgoing,
    secret::{self, Kind, Plain, base62},
};

/// The organization of clients that nobody has let in. It has no members.
pub const NOBODY: Uuid = Uuid::from_u128(0x7265_6769_7374_7000_8000_0000_0000_0001);

/// What a client that nobody has let in may ask for.
const SCOPES: [&str; 7] = ["openid", "profile", "email", "address", "phone", "offline_access", API_SCOPE];

/// To read at the portal's own API, which programs find by its metadata (RFC 9728).
const API_SCOPE: &str = "portal:read";

/// What the tokens of such a client can be for: that API, by each of its names.
fn resources(ctx: &Context) -> Vec<String> {
    vec![ctx.settings().api_url(), ctx.settings().public_url.clone()]
}

/// Why a registration was not made, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum DynamicError {
    /// What was said cannot be taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Only with an initial access token.
    #[error("registration needs an initial access token here")]
    Closed,
    /// The token is wrong, has expired, or its client is gone.
    #[error("the access token is not one for this")]
    Token,
    /// Too many registrations from this address.
    #[error("too many clients were registered from this address; wait a little")]
    TooMany(TooMany),
    /// Too much was fetched for this address, or from the host that a client names.
    #[error("too much was fetched for registrations; wait a little")]
    TooManyFetches(TooMany),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(DynamicError);

/// A client with the token that manages it.
#[derive(Clone, Debug)]
pub struct Managed {
    /// The client.
    pub client: Client,
    token: String,
}

/// Whether the client of this product was let in by nobody, so that nobody has checked who is
/// behind it.
#[must_use]
pub fn nobody_has_checked(product: &crate::cache::Product) -> bool {
    product.organization_id == NOBODY
}

/// Whether a client asks for a scope of its product where it names none. One that nobody has let in
/// says so if it wants to read at the portal's own API.
#[must_use]
pub fn asks_unnamed(product: &crate::cache::Product, metadata: &Metadata, scope: &str) -> bool {
    metadata.may_ask_for(scope) && (scope != API_SCOPE || metadata.scope.is_some() || !nobody_has_checked(product))
}

/// Registers a client. `token` is an initial access token, `address` whoever asks (for budgets),
/// `grant_types` what the provider has. Returns the client information response (RFC 7591, section
/// 3.2.1) without `registration_client_uri`.
///
/// # Errors
///
/// [`DynamicError`].
pub async fn register(
    ctx: &Context,
    token: Option<&str>,
    address: &str,
    grant_types: &[&str],
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, DynamicError> {
    let (token, product) = match token {
        Some(token) => {
            let (id, product) = token::find(ctx, token).await?.ok_or(DynamicError::Token)?;
            (Some(id), Some(product))
        }
        None if ctx.settings().registration == Policy::Open => (None, None),
        None => return Err(DynamicError::Closed),
    };
    let mut budgets = Vec::new();
    if product.is_none() {
        let rule = ctx.settings().limits.registration_address;
        budgets.push(Budget::new(ctx, "registration_address", address, rule));
    }
    // Before anything is fetched for it.
    let taken = ctx.db().write((budgets, ctx.now()), |tx, (budgets, now)| {
        Box::pin(async move { limit::take(tx, budgets, *now).await })
    });
    taken.await?.map_err(DynamicError::TooMany)?;
    spend_fetch(ctx, address, given).await?;
    let scopes = match &product {
        Some(product) => enabled(ctx, product.id).await?,
        None => SCOPES.map(str::to_owned).to_vec(),
    };
    let profile = profile_for(ctx.settings().registration_profile, given);
    let frame = Frame {
        audience: product.as_ref().map_or(Audience::Users, |product| product.audience),
        profile,
        scopes: &scopes,
        grant_types,
        open: product.is_none(),
        front: None,
    };
    let document = document::read(ctx, &frame, given).await?;
    let new = New { let_in_by: token, ..New::of(ctx, product.as_ref(), profile, document)? };
    let (managed, secret) = (new.managed(), new.secret());
    ctx.db().write(new, |tx, new| Box::pin(register_all(tx, new))).await?;
    logo::wake(ctx);
    let mut told = describe(ctx, &managed).await?;
    tell_secret(&mut told, secret);
    Ok(told)
}

/// Spends what reading metadata fetches, which is the list of a sector (OpenID Connect Core, section
/// 8.1), before it is read.
async fn spend_fetch(ctx: &Context, address: &str, given: &Map<String, Value>) -> Result<(), DynamicError> {
    let sector = given.get("sector_identifier_uri").and_then(Value::as_str);
    let Some(url) = sector.and_then(|uri| outgoing::admitted(ctx, uri)) else { return Ok(()) };
    let host = url.host_str().unwrap_or_default();
    budget::spend(ctx, host, address).await?.map_err(DynamicError::TooManyFetches)
}

/// The profile that registered clients get here, if it has what this one asks for.
fn profile_for(wanted: Profile, given: &Map<String, Value>) -> Profile {
    let rules = wanted.rules();
    let shared = |method: &Value| method == "client_secret_basic" || method == "client_secret_post";
    let secret = given.get("token_endpoint_auth_method").is_none_or(shared);
    let has = |grant: &Value| grant.as_str().is_some_and(|grant| rules.grant_types.contains(&grant));
    let grants = given.get("grant_types").and_then(Value::as_array).is_none_or(|grants| grants.iter().all(has));
    if secret && grants { wanted } else { Profile::Standard }
}

/// What registration would make of metadata, for the fuzz targets: nothing is registered.
///
/// # Errors
///
/// The first thing that cannot be taken.
#[cfg(any(test, feature = "fuzzing"))]
pub async fn check(
    ctx: &Context,
    grant_types: &[&str],
    given: &Map<String, Value>,
) -> Result<(super::Uris, Metadata), Refusal> {
    let scopes = SCOPES.map(str::to_owned);
    let frame = Frame {
        audience: Audience::Users,
        profile: Profile::Standard,
        scopes: &scopes,
        grant_types,
        open: true,
        front: None,
    };
    let document = document::read(ctx, &frame, given).await?;
    Ok((document.uris, document.metadata))
}

async fn enabled(ctx: &Context, product: Uuid) -> Result<Vec<String>, Fault> {
    let rows = product_scope::Entity::find().filter(product_scope::Column::ProductId.eq(product));
    Ok(rows.all(ctx.db().reader()).await?.into_iter().map(|row| row.scope).collect())
}

struct New {
    ctx: Context,
    registering: Registering,
    keys: Vec<PublicKey>,
    logo_uri: Option<String>,
    token: Plain,
    /// The product that is made for it, if nobody has let it in.
    product: Option<product::Model>,
    /// The initial access token that has.
    let_in_by: Option<Uuid>,
}

impl New {
    fn of(ctx: &Context, owner: Option<&product::Model>, profile: Profile, document: Document) -> Result<Self, Fault> {
        let now = ctx.now();
        let kind = document.kind();
        let Document { name, auth_method, id_token_alg, uris, keys, metadata } = document;
        let product = match owner {
            Some(_) => None,
            None => Some(own_product(ctx.new_id()?, &name, &metadata, now)),
        };
        let (product_id, organization_id) = match (owner, &product) {
            (Some(owner), _) | (None, Some(owner)) => (owner.id, owner.organization_id),
            (None, None) => return Err(Fault::Stopped("a client has a product")),
        };
        let client = Client {
            id: ctx.new_id()?,
            product_id,
            organization_id,
            client_id: base62(&ctx.random::<16>()?, 22),
            description: name,
            profile,
            kind,
            token_format: TokenFormat::Opaque,
            id_token_alg,
            state: ClientState::Active,
            auth_method,
            metadata: metadata.to_text(),
            created_by: None,
            created_at: now,
            updated_at: now,
        };
        let secret = match auth_method.has_secret() {
            true => Some((ctx.new_id()?, Plain::generate(ctx, Kind::Client)?)),
            false => None,
        };
        let token = Plain::generate(ctx, Kind::Registration)?;
        let logo_uri = metadata.logo_uri;
        let uris = PURPOSES.iter().flat_map(|purpose| uris.list(*purpose).iter().map(|uri| (*purpose, uri.clone())));
        let registering = Registering { ctx: ctx.clone(), actor: None, client, uris: uris.collect(), secret };
        Ok(Self { ctx: ctx.clone(), registering, keys, logo_uri, token, product, let_in_by: None })
    }

    fn managed(&self) -> Managed {
        Managed { client: self.registering.client.clone(), token: self.token.reveal().to_owned() }
    }

    fn secret(&self) -> Option<Plain> {
        self.registering.secret.as_ref().map(|(_, secret)| secret.clone())
    }
}

/// What people see of a client that nobody has let in, in its own words.
fn own_product(id: Uuid, name: &str, metadata: &Metadata, now: Timestamp) -> product::Model {
    product::Model {
        id,
        organization_id: NOBODY,
        audience: Audience::Users,
        name: name.chars().take(crate::product::NAME_LENGTH).collect(),
        description: String::new(),
        website: metadata.client_uri.clone(),
        terms_url: metadata.tos_uri.clone(),
        privacy_url: metadata.policy_uri.clone(),
        support_email: None,
        logo: None,
        created_at: now,
        updated_at: now,
    }
}

async fn register_all(tx: &Tx, new: &New) -> Result<(), DynamicError> {
    let New { ctx, registering, keys, logo_uri, token, product, let_in_by } = new;
    let now = ctx.now();
    if let Some(id) = let_in_by
        && !token::use_once(tx, *id, now).await?
    {
        return Err(DynamicError::Token);
    }
    if let Some(product) = product {
        make_place(tx, product, &SCOPES).await?;
    }
    register_in(tx, registering).await?;
    insert_keys(tx, ctx, registering.client.id, keys).await?;
    logo::want(tx, ctx, registering.client.id, logo_uri.as_deref()).await?;
    let row = client_registration::ActiveModel {
        client_id: Set(registering.client.id),
        token_hash: Set(token.hash()),
        created_at: Set(ctx.now()),
    };
    client_registration::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Inserts the product of a client that nobody has let in.
async fn make_place(tx: &Tx, product: &product::Model, scopes: &[&str]) -> Result<(), Fault> {
    let row = organization::ActiveModel {
        id: Set(NOBODY),
        kind: Set(OrganizationKind::Team),
        name: Set("Registered clients".to_owned()),
        personal_user_id: Set(None),
        created_at: Set(product.created_at),
        updated_at: Set(product.created_at),
    };
    organization::Entity::insert(row)
        .on_conflict(OnConflict::column(organization::Column::Id).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    product::Entity::insert(product.clone().into_active_model()).exec_without_returning(tx).await?;
    let scopes = scopes.iter().map(|scope| product_scope::ActiveModel {
        product_id: Set(product.id),
        scope: Set((*scope).to_owned()),
        // What a client asks for by name is what it is about; whoever does not want to tell it, cancels.
        optional: Set(false),
    });
    product_scope::Entity::insert_many(scopes).exec_without_returning(tx).await?;
    Ok(())
}

async fn insert_keys(tx: &Tx, ctx: &Context, client: Uuid, keys: &[PublicKey]) -> Result<(), Fault> {
    for key in keys {
        let row = client_key::ActiveModel {
            id: Set(ctx.new_id()?),
            client_id: Set(client),
            label: Set(String::new()),
            kid: Set(key.kid.clone()),
            thumbprint: Set(key.identity()),
            jwk: Set(key.jwk.to_string()),
            created_by: Set(None),
            created_at: Set(ctx.now()),
            last_used_at: Set(None),
        };
        client_key::Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// The client that a registration access token manages.
///
/// # Errors
///
/// [`DynamicError::Token`] when the token is wrong, or there is no such client (any more).
pub async fn managed(ctx: &Context, client_id: &str, token: &str) -> Result<Managed, DynamicError> {
    let hash = secret::hash(token);
    let db = ctx.db().reader();
    // PostgreSQL has no such text, and would call it an error of ours.
    if client_id.contains('\0') {
        return Err(DynamicError::Token);
    }
    let client = client::Entity::find().filter(client::Column::ClientId.eq(client_id)).one(db).await?;
    let client = client.ok_or(DynamicError::Token)?;
    let row = client_registration::Entity::find_by_id(client.id).one(db).await?.ok_or(DynamicError::Token)?;
    if !secret::same(&row.token_hash, &hash) || client.state != ClientState::Active {
        return Err(DynamicError::Token);
    }
    Ok(Managed { client, token: token.to_owned() })
}

/// Puts the token with the hash `after` in the place of the one with the hash `before`; both can be the
/// same. Says whether that one still manages the client: until the end of the transaction it does, and
/// whoever else wants to change the client with a token waits.
async fn hold(tx: &Tx, client: Uuid, before: &str, after: &str) -> Result<bool, Fault> {
    let row = client_registration::ActiveModel { token_hash: Set(after.to_owned()), ..Default::default() };
    let held = client_registration::Entity::update_many()
        .set(row)
        .filter(client_registration::Column::ClientId.eq(client))
        .filter(client_registration::Column::TokenHash.eq(before))
        .exec(tx)
        .await?;
    Ok(held.rows_affected == 1)
}

/// The client information response (RFC 7592, section 3), without `registration_client_uri`. The
/// secret is not in it: nobody here knows it any more.
///
/// # Errors
///
/// When the database fails.
pub async fn describe(ctx: &Context, managed: &Managed) -> Result<Map<String, Value>, Fault> {
    let Managed { client, token } = managed;
    let metadata = Metadata::parse(&client.metadata);
    let mut told = match serde_json::to_value(&metadata) {
        Ok(Value::Object(told)) => told,
        _ => Map::new(),
    };
    let uris = uris(ctx, client).await?;
    let mut tell = |name: &str, value: Value| told.insert(name.to_owned(), value);
    tell("client_id", client.client_id.clone().into());
    tell("client_id_issued_at", client.created_at.seconds().into());
    tell("registration_access_token", token.clone().into());
    tell("redirect_uris", uris.login.into());
    if !uris.post_logout.is_empty() {
        tell("post_logout_redirect_uris", uris.post_logout.into());
    }
    tell("id_token_signed_response_alg", client.id_token_alg.as_str().into());
    let keys: Vec<Value> =
        keys::list(ctx, client).await?.into_iter().filter_map(|key| serde_json::from_str(&key.jwk).ok()).collect();
    // One of the two (RFC 7591, section 2): what was registered rests while the client publishes its keys.
    if !keys.is_empty() && metadata.jwks_uri.is_none() {
        tell("jwks", serde_json::json!({ "keys": keys }));
    }
    Ok(told)
}

fn tell_secret(told: &mut Map<String, Value>, secret: Option<Plain>) {
    if let Some(secret) = secret {
        told.insert("client_secret".to_owned(), secret.reveal().into());
        told.insert("client_secret_expires_at".to_owned(), 0.into());
    }
}

/// Ends a registration: the client, its authorizations and its tokens (RFC 7592, section 2.3).
///
/// # Errors
///
/// [`DynamicError::Token`] when it was ended before.
pub async fn end(ctx: &Context, managed: &Managed) -> Result<(), DynamicError> {
    let hash = secret::hash(&managed.token);
    let ended = ctx.db().write((ctx.clone(), managed.client.clone(), hash), |tx, (ctx, client, hash)| {
        Box::pin(async move {
            // With the token that was read the owner is the one that was read.
            if !hold(tx, client.id, hash, hash).await? || !super::delete_in(tx, ctx, None, client).await? {
                return Ok(false);
            }
            if client.organization_id == NOBODY {
                product::Entity::delete_by_id(client.product_id).exec(tx).await?;
                tx.changed(Change::Product(client.product_id));
            }
            Ok::<_, Fault>(true)
        })
    });
    if ended.await? { Ok(()) } else { Err(DynamicError::Token) }
}
