//! Grants: one authorization of one client under a consent, from the redemption of its code. The
//! refresh tokens of a grant are its family; at any time one of them lives.

mod redemption;
mod revocation;
mod rotation;

use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, Statement, sea_query::Query,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    redemption::redeem,
    revocation::{Because, revoke, revoke_for_client, revoke_for_distribution, revoke_grant},
    rotation::refresh,
};
use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    authorization::{ClaimsRequest, Confirmation},
    cache::{Client, Product},
    entity::{ClientState, grant, session},
    hours,
    key::Sealed,
    resource::TargetError,
    scopes,
    subject::{Allowed, Subject, allowed},
};

/// A living grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: Uuid,
    /// The consent that it stands on.
    pub consent: Uuid,
    /// Who signed in.
    pub subject: Subject,
    /// The number of a subscriber, as it is now.
    pub phone_number: Option<String>,
    /// In which session.
    pub session: Uuid,
    /// How (RFC 8176), space-delimited.
    pub amr: String,
    /// In which authentication context.
    pub acr: String,
    /// What was granted, in the order of the request.
    pub scopes: Vec<String>,
    /// When the subject signed in.
    pub auth_time: Timestamp,
    /// Of the authorization request.
    pub nonce: Option<String>,
    /// Claims asked for one by one.
    pub claims: ClaimsRequest,
    /// Audiences (RFC 8707).
    pub resources: Vec<String>,
    /// What the refresh token is bound to.
    pub confirmation: Option<Confirmation>,
    /// The living refresh token, if the grant has one.
    pub refresh: Option<RefreshToken>,
}

/// What a refresh token says, sealed in the token itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// Its family.
    pub grant: Uuid,
    /// The client's row.
    pub client: Uuid,
    /// Who signed in.
    pub subject: Subject,
    /// The first is 1, its successor 2.
    pub generation: i64,
}

/// The prefix by which people and leak scanners know a refresh token.
const REFRESH_PREFIX: &str = "prt_";

impl RefreshToken {
    /// The token as the client gets it. Equal tokens have equal texts, so that a retry whose
    /// first answer was lost gets the very same successor.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when it cannot be sealed.
    pub fn seal(&self, ctx: &Context) -> Result<String, Fault> {
        Ok(format!("{REFRESH_PREFIX}{}", ctx.seal_same(Sealed::RefreshToken, self)?))
    }

    /// Opens a token that we issued, living or not.
    #[must_use]
    pub fn open(ctx: &Context, text: &str) -> Option<Self> {
        ctx.open_sealed(Sealed::RefreshToken, text.strip_prefix(REFRESH_PREFIX)?)
    }
}

/// Why a code or a refresh token gives nothing. To the client all of them are `invalid_grant`.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// It was redeemed before; what that gave is revoked.
    #[error("it was used before")]
    Replayed,
    /// It belongs to another client; the incident is recorded.
    #[error("it was issued to another client")]
    ForeignClient,
    /// What it stands on was revoked or turned off.
    #[error("the authorization behind it has ended")]
    Ended,
    /// The proof is of another key than the one that it is bound to.
    #[error("it is bound to another key")]
    OtherKey,
    /// More was asked for than was granted; the refresh token still lives.
    #[error("the scope {0} was not granted")]
    WiderScope(String),
    /// What was asked for is not for that API; the refresh token still lives.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(RedeemError);

/// Whether client, product, operator and subject still allow what a consent allowed.
///
/// # Errors
///
/// [`RedeemError::Ended`] when they do not.
async fn still_allowed(
    ctx: &Context,
    client: &Client,
    product: &Product,
    subject: Subject,
) -> Result<Allowed, RedeemError> {
    if client.state != ClientState::Active {
        return Err(RedeemError::Ended);
    }
    allowed(ctx, subject, product).await?.ok_or(RedeemError::Ended)
}

fn to_json<T: Serialize>(value: Option<&T>) -> Option<String> {
    value.and_then(|value| serde_json::to_string(value).ok())
}

/// The claims that a grant was asked for one by one.
pub(crate) fn claims_of(row: &grant::Model) -> ClaimsRequest {
    from_json(row.claims.as_deref()).unwrap_or_default()
}

fn from_json<T: serde::de::DeserializeOwned>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

impl Grant {
    /// With what is so by now: the number, and claims whose scope the product still has.
    fn up_to_date(self, allowed: Allowed, product: &Product) -> Self {
        let claims = self.claims.allowed_by(&product.scope_names());
        Self { phone_number: allowed.phone_number, claims, ..self }
    }

    fn living(row: grant::Model, refresh: RefreshToken) -> Self {
        let claims = claims_of(&row);
        Self {
            id: row.id,
            consent: row.consent_id,
            subject: Subject::new(row.subject_kind, row.subject_id),
            phone_number: None,
            session: row.session_id,
            amr: row.amr,
            acr: row.acr.unwrap_or_default(),
            scopes: scopes::split(&row.scopes),
            auth_time: row.auth_time,
            nonce: row.nonce,
            claims,
            resources: scopes::split(&row.resources),
            confirmation: from_json(row.confirmation.as_deref()),
            refresh: Some(refresh),
        }
    }
}

/// Records that a client has presented what belongs to another one.
///
/// # Errors
///
/// When the database fails.
pub async fn note_foreign(ctx: &Context, client: &Client, what: &str) -> Result<(), Fault> {
    let event = Event {
        action: "client.foreign_grant",
        organization: Some(client.organization_id),
        actor: None,
        object_kind: "client",
        object: Some(client.id),
        detail: format!("The client presented a {what} of another client"),
    };
    ctx.db().write((ctx.clone(), event), |tx, (ctx, event)| Box::pin(audit::record(tx, ctx, event.clone()))).await
}

/// What a client's end would break.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Subscribers with a living grant.
    pub subscribers: i64,
    /// Living refresh tokens.
    pub refresh_tokens: i64,
}

/// How many subscribers a client serves now.
///
/// # Errors
///
/// When the database fails.
pub async fn reach_of_client(ctx: &Context, client: Uuid) -> Result<Reach, Fault> {
    let db = ctx.db().reader();
    let row = db
        .query_one_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT COUNT(DISTINCT subject_id) AS subscribers, \
             COUNT(CASE WHEN refresh_expires_at > $2 THEN 1 END) AS refresh_tokens \
             FROM grants WHERE client_id = $1 AND revoked_at IS NULL",
            [client.into(), ctx.now().0.into()],
        ))
        .await?;
    match row {
        Some(row) => Ok(Reach {
            subscribers: row.try_get("", "subscribers")?,
            refresh_tokens: row.try_get("", "refresh_tokens")?,
        }),
        None => Ok(Reach::default()),
    }
}

/// Deletes grants without a refresh token, or whose refresh token has expired, once no access
/// token of theirs can live and the session that they belong to is over: when that ends, their
/// clients are told. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    let now = ctx.now();
    let lifetimes = &ctx.settings().lifetimes;
    let old = now.plus(-(lifetimes.access_token.max(lifetimes.subscriber_session) + hours(24)));
    ctx.db()
        .write((now, old), |tx, (now, old)| {
            Box::pin(async move {
                // Those live as long as they are used.
                let portal_sessions =
                    Query::select().column(session::Column::PublicId).from(session::Entity).to_owned();
                let deleted = grant::Entity::delete_many()
                    .filter(grant::Column::CreatedAt.lt(*old))
                    .filter(grant::Column::SessionId.not_in_subquery(portal_sessions))
                    .filter(
                        Condition::any()
                            .add(grant::Column::RefreshExpiresAt.is_null())
                            .add(grant::Column::RefreshExpiresAt.lt(*now))
                            .add(grant::Column::RevokedAt.lt(*old)),
                    )
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
