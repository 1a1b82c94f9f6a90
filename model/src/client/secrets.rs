//! The secrets of a client: at most two living ones, so that a change-over has no gap.

use std::collections::HashMap;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::{Client, ClientKind, event};
use crate::{
    Context, Fault, Timestamp, audit,
    change::{Change, RevokedKind},
    days,
    db::Tx,
    entity::{AuthMethod, client, client_secret, user},
    grant, hours,
    seal::{open_at_rest, seal_at_rest},
    secret::{self, Kind, Plain},
};

/// How many secrets of a client can live at a time.
pub const MOST_LIVING: usize = 2;
/// The longest label, in characters.
pub const LABEL_LENGTH: usize = 60;
/// How long an ended secret stays in the list.
const REMEMBERED: i64 = days(30);

const DOMAIN: &str = "client_secrets.secret_sealed";

/// A secret to be written down.
pub(crate) struct NewSecret<'a> {
    /// The row's id.
    pub id: Uuid,
    /// Whose it is.
    pub client: Uuid,
    /// How that one signs in: whoever signs with the secret must be known by the secret itself.
    pub method: AuthMethod,
    /// What its owner calls it.
    pub label: &'a str,
    /// The secret.
    pub secret: &'a Plain,
    /// Who made it.
    pub actor: Option<Uuid>,
}

/// Writes a secret down: its hash, and sealed if the client signs with it.
///
/// # Errors
///
/// When the database fails, or there is no randomness.
pub(crate) async fn insert_secret(tx: &Tx, ctx: &Context, new: NewSecret<'_>) -> Result<(), Fault> {
    let NewSecret { id, client, method, label, secret, actor } = new;
    let sealed = match method {
        AuthMethod::SecretJwt => Some(seal_at_rest(ctx, DOMAIN, &secret.reveal())?),
        _ => None,
    };
    let row = client_secret::ActiveModel {
        id: Set(id),
        client_id: Set(client),
        label: Set(label.to_owned()),
        secret_hash: Set(secret.hash()),
        secret_sealed: Set(sealed),
        last_four: Set(secret.last_four()),
        created_by: Set(actor),
        created_at: Set(ctx.now()),
        last_used_at: Set(None),
        expires_at: Set(None),
    };
    client_secret::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// The secret that was sealed for a client that signs with it. Its hash says that it is the one of its row.
///
/// # Errors
///
/// [`Fault::Stored`] when it is another one, or was not sealed with our master key.
pub fn opened(ctx: &Context, hash: &str, sealed: &str) -> Result<Plain, Fault> {
    let plain = Plain::chosen(&open_at_rest::<String>(ctx, DOMAIN, sealed)?);
    if !secret::same(&plain.hash(), hash) {
        return Err(Fault::Stored(format!("{DOMAIN} is not the secret of its row")));
    }
    Ok(plain)
}

/// Forgets the secrets themselves of a client that does not sign with them any more; they are still known
/// by their hashes.
pub(super) async fn forget(tx: &Tx, client: Uuid) -> Result<(), Fault> {
    client_secret::Entity::update_many()
        .set(client_secret::ActiveModel { secret_sealed: Set(None), ..Default::default() })
        .filter(client_secret::Column::ClientId.eq(client))
        .filter(client_secret::Column::SecretSealed.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends all secrets of a client now.
pub(super) async fn end_all(tx: &Tx, ctx: &Context, client: Uuid) -> Result<(), Fault> {
    let now = ctx.now();
    let rows = client_secret::Entity::find().filter(client_secret::Column::ClientId.eq(client)).all(tx).await?;
    for row in rows.into_iter().filter(|row| lives(row, now)) {
        expire(tx, row.id, now, now).await?;
    }
    Ok(())
}

/// A secret as its owner sees it: everything but the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// The row's id.
    pub id: Uuid,
    /// What its owner calls it.
    pub label: String,
    /// Its last four characters.
    pub last_four: String,
    /// The name of who made it.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// When it was used last, as far as that was written down.
    pub last_used_at: Option<Timestamp>,
    /// When it stops, or stopped, to work.
    pub expires_at: Option<Timestamp>,
    /// Whether it works now.
    pub living: bool,
}

/// The secrets of a client, newest first.
///
/// # Errors
///
/// When the database fails.
pub async fn secrets(ctx: &Context, client: &Client) -> Result<Vec<SecretRow>, Fault> {
    let db = ctx.db().reader();
    let now = ctx.now();
    let rows = client_secret::Entity::find()
        .filter(client_secret::Column::ClientId.eq(client.id))
        .order_by_desc(client_secret::Column::CreatedAt)
        .order_by_desc(client_secret::Column::Id)
        .all(db)
        .await?;
    let names: HashMap<Uuid, String> = user::Entity::find()
        .filter(user::Column::Id.is_in(rows.iter().filter_map(|row| row.created_by)))
        .all(db)
        .await?
        .into_iter()
        .map(|user| (user.id, user.name))
        .collect();
    Ok(rows
        .into_iter()
        .map(|row| SecretRow {
            living: lives(&row, now),
            created_by: row.created_by.and_then(|id| names.get(&id).cloned()),
            id: row.id,
            label: row.label,
            last_four: row.last_four,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
        })
        .collect())
}

fn lives(row: &client_secret::Model, now: Timestamp) -> bool {
    row.expires_at.is_none_or(|end| end > now)
}

/// How long the older secrets work beside a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// They stop at once, and with them the access tokens: after a leak.
    Now,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
}

impl Grace {
    /// All values, in the order in which people see them.
    pub const ALL: [Self; 4] = [Self::Now, Self::Hour, Self::Day, Self::Week];

    /// Its name in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grace| grace.as_str() == text)
    }

    /// In milliseconds.
    #[must_use]
    pub const fn milliseconds(self) -> i64 {
        match self {
            Self::Now => 0,
            Self::Hour => hours(1),
            Self::Day => hours(24),
            Self::Week => days(7),
        }
    }
}

/// Why a secret was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddSecretError {
    /// The label cannot be taken.
    #[error("the label cannot be taken")]
    Label(rules::text::Problem),
    /// Two are living already; one must end first.
    #[error("two secrets are living")]
    TwoLiving,
    /// Public clients have no secrets.
    #[error("a public client has no secrets")]
    Public,
    /// The form was sent before. Its secret is not shown again.
    #[error("the form was sent before")]
    Again,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(AddSecretError);

/// A secret that was just made.
#[derive(Clone, Debug)]
pub struct Added {
    /// The secret, this once.
    pub secret: Plain,
    /// When the older ones stop to work.
    pub older_end_at: Timestamp,
}

struct Adding {
    ctx: Context,
    actor: Option<Uuid>,
    client: Client,
    id: Uuid,
    label: String,
    grace: Grace,
    secret: Plain,
}

/// Adds a secret and says how long the older ones still work. `id` comes from the form
/// ([`Context::new_id`]), so that a form sent twice rotates once.
///
/// # Errors
///
/// [`AddSecretError`].
pub async fn add_secret(
    ctx: &Context,
    actor: Option<Uuid>,
    client: &Client,
    id: Uuid,
    label: &str,
    grace: Grace,
) -> Result<Added, AddSecretError> {
    if client.kind == ClientKind::Public {
        return Err(AddSecretError::Public);
    }
    let label = match rules::text::optional_line(label, LABEL_LENGTH).map_err(AddSecretError::Label)? {
        "" => format!("Of {}", ctx.now().to_offset().date()),
        label => label.to_owned(),
    };
    let secret = Plain::generate(ctx, Kind::Client)?;
    let older_end_at = ctx.now().plus(grace.milliseconds());
    let adding = Adding { ctx: ctx.clone(), actor, client: client.clone(), id, label, grace, secret: secret.clone() };
    match ctx.db().write(adding, |tx, adding| Box::pin(add_in(tx, adding))).await {
        Ok(()) => Ok(Added { secret, older_end_at }),
        Err(AddSecretError::Fault(fault)) if fault.violates("client_secrets_pkey", "client_secrets.id") => {
            Err(AddSecretError::Again)
        }
        Err(error) => Err(error),
    }
}

async fn add_in(tx: &Tx, adding: &Adding) -> Result<(), AddSecretError> {
    let Adding { ctx, actor, client, id, label, grace, secret } = adding;
    let now = ctx.now();
    // Locks the client, so that of two additions at once the second one sees the first.
    client::Entity::update_many()
        .set(client::ActiveModel { updated_at: Set(now), ..Default::default() })
        .filter(client::Column::Id.eq(client.id))
        .exec(tx)
        .await?;
    if client_secret::Entity::find_by_id(*id).one(tx).await?.is_some() {
        return Err(AddSecretError::Again);
    }
    let method = client::Entity::find_by_id(client.id).one(tx).await?.map_or(client.auth_method, |row| row.auth_method);
    let of_client = || client_secret::Entity::find().filter(client_secret::Column::ClientId.eq(client.id));
    let older: Vec<_> = of_client().all(tx).await?.into_iter().filter(|row| lives(row, now)).collect();
    if *grace != Grace::Now && older.len() >= MOST_LIVING {
        return Err(AddSecretError::TwoLiving);
    }
    let end = now.plus(grace.milliseconds());
    for row in older {
        let sooner = row.expires_at.map_or(end, |planned| planned.min(end));
        expire(tx, row.id, sooner, now).await?;
    }
    client_secret::Entity::delete_many()
        .filter(client_secret::Column::ClientId.eq(client.id))
        .filter(client_secret::Column::ExpiresAt.lt(now.plus(-REMEMBERED)))
        .exec(tx)
        .await?;
    let new = NewSecret { id: *id, client: client.id, method, label, secret, actor: *actor };
    insert_secret(tx, ctx, new).await?;
    if *grace == Grace::Now {
        grant::revoke(tx, ctx, RevokedKind::Client, client.id).await?;
    }
    tx.changed(Change::Client(client.client_id.clone()));
    let fate = match grace {
        Grace::Now => "the older ones stopped at once",
        Grace::Hour => "the older ones stop in an hour",
        Grace::Day => "the older ones stop in 24 hours",
        Grace::Week => "the older ones stop in 7 days",
    };
    let detail = format!("New secret “{label}” for {} ({}); {fate}", client.description, client.client_id);
    audit::record(tx, ctx, event("client.secret_rotated", *actor, client, detail)).await?;
    Ok(())
}

/// Says when a secret ends. One that ends now is forgotten, too, if it was sealed.
async fn expire(tx: &Tx, id: Uuid, at: Timestamp, now: Timestamp) -> Result<(), Fault> {
    let secret_sealed = if at <= now { Set(None) } else { NotSet };
    client_secret::Entity::update_many()
        .set(client_secret::ActiveModel { expires_at: Set(Some(at)), secret_sealed, ..Default::default() })
        .filter(client_secret::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends one secret of a client now. Says whether it was living.
///
/// # Errors
///
/// When the database fails.
pub async fn end_secret(ctx: &Context, actor: Option<Uuid>, client: &Client, secret: Uuid) -> Result<bool, Fault> {
    ctx.db()
        .write((ctx.clone(), actor, client.clone(), secret), |tx, (ctx, actor, client, secret)| {
            Box::pin(async move {
                let now = ctx.now();
                let found = client_secret::Entity::find_by_id(*secret)
                    .filter(client_secret::Column::ClientId.eq(client.id))
                    .one(tx)
                    .await?
                    .filter(|row| lives(row, now));
                let Some(row) = found else { return Ok(false) };
                expire(tx, row.id, now, now).await?;
                tx.changed(Change::Client(client.client_id.clone()));
                let detail =
                    format!("Ended the secret “{}” of {} ({})", row.label, client.description, client.client_id);
                audit::record(tx, ctx, event("client.secret_ended", *actor, client, detail)).await?;
                Ok(true)
            })
        })
        .await
}
