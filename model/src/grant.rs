//! Grants: one authorization of one client under a consent, from the redemption of its code. The
//! refresh tokens of a grant are its family; at any time one of them lives.

use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _, Iterable as _, QueryFilter as _, Statement,
    sea_query::{self, Expr, Func, OnConflict, Query},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    authorization::{ClaimsRequest, Code, Confirmation},
    cache::{Client, Product},
    change::{Change, RevokedKind},
    client::grant_type,
    days,
    db::Tx,
    entity::{ClientState, consent, grant, revocation, session},
    hours,
    key::Sealed,
    resource::{self, Asked, TargetError},
    scopes,
    subject::{Allowed, Subject, allowed},
};

/// Why something was revoked, as the tables keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// A code was redeemed a second time.
    CodeReplayed,
    /// A refresh token was used after its successor.
    RefreshReplayed,
    /// The client asked for it (RFC 7009).
    Client,
    /// The subscriber took the consent back.
    Subscriber,
    /// The portal user took the consent back.
    User,
    /// The operator turned the product off.
    Operator,
    /// The client's owner did something that ends its tokens.
    Owner,
}

impl Because {
    /// The word in the tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CodeReplayed => "code_replayed",
            Self::RefreshReplayed => "refresh_replayed",
            Self::Client => "client",
            Self::Subscriber => "subscriber",
            Self::User => "user",
            Self::Operator => "operator",
            Self::Owner => "owner",
        }
    }
}

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

struct Redemption {
    ctx: Context,
    code: Code,
    client: Uuid,
    organization: Uuid,
    refresh: bool,
    refresh_lifetime: i64,
    confirmation: Option<Confirmation>,
}

/// Redeems a code for the client that it was issued to: the one write of the code flow. The
/// caller has checked the redirect URI and the code verifier.
///
/// Of any number of redemptions of one code one succeeds; every other revokes what that one gave.
///
/// # Errors
///
/// [`RedeemError`]; the revocation or the incident is committed all the same.
pub async fn redeem(
    ctx: &Context,
    client: &Client,
    product: &Product,
    code: Code,
    confirmation: Option<Confirmation>,
) -> Result<Grant, RedeemError> {
    if code.client != client.id {
        note_foreign(ctx, client, "code").await?;
        return Err(RedeemError::ForeignClient);
    }
    let caches = ctx.caches();
    let expired = ctx.now() >= code.expires_at;
    let ended = caches.is_revoked(RevokedKind::Consent, code.consent, code.issued_at)
        || caches.is_revoked(RevokedKind::Client, client.id, code.issued_at)
        || caches.is_revoked(RevokedKind::Session, code.session, code.issued_at)
        || code.subject.ended_since(ctx, code.issued_at);
    if ended {
        return Err(RedeemError::Ended);
    }
    let allowed = still_allowed(ctx, client, product, code.subject).await?;
    let refresh = code.scopes.iter().any(|scope| scope == "offline_access")
        && product.refreshable(&code.scopes)
        && grant_type::allowed(client, grant_type::REFRESH_TOKEN);
    let redemption = Redemption {
        ctx: ctx.clone(),
        client: client.id,
        organization: client.organization_id,
        refresh,
        refresh_lifetime: refresh_lifetime(ctx, client),
        code,
        confirmation,
    };
    if expired {
        // Too late for tokens, not too late to notice a replay.
        let used = grant::Entity::find_by_id(redemption.code.id).one(ctx.db().reader()).await?.is_some();
        if used {
            ctx.db().write(redemption, |tx, redemption| Box::pin(replayed(tx, redemption))).await?;
            return Err(RedeemError::Replayed);
        }
        return Err(RedeemError::Expired);
    }
    let mut grant = ctx.db().write(redemption, |tx, redemption| Box::pin(redeem_once(tx, redemption))).await??;
    grant.phone_number = allowed.phone_number;
    Ok(grant)
}

async fn redeem_once(tx: &Tx, redemption: &Redemption) -> Result<Result<Grant, RedeemError>, Fault> {
    let Redemption { ctx, code, client, refresh, refresh_lifetime, confirmation, .. } = redemption;
    let now = ctx.now();
    let generation = i64::from(*refresh);
    let row = grant::ActiveModel {
        id: Set(code.id),
        consent_id: Set(code.consent),
        client_id: Set(*client),
        subject_kind: Set(code.subject.kind()),
        subject_id: Set(code.subject.id()),
        session_id: Set(code.session),
        scopes: Set(scopes::join(&code.scopes)),
        auth_time: Set(code.auth_time),
        amr: Set(code.amr.clone()),
        acr: Set(Some(code.acr.clone())),
        nonce: Set(code.nonce.clone()),
        resources: Set(scopes::join(&code.resources)),
        claims: Set(to_json((!code.claims.is_empty()).then_some(&code.claims))),
        confirmation: Set(to_json(confirmation.as_ref())),
        refresh_generation: Set(generation),
        refreshed_at: Set(None),
        refresh_expires_at: Set(refresh.then(|| now.plus(*refresh_lifetime))),
        created_at: Set(now),
        revoked_at: Set(None),
        revoked_because: Set(None),
    };
    if !insert_under_consent(tx, row, code.consent).await? {
        let used = grant::Entity::find_by_id(code.id).one(tx).await?.is_some();
        if !used {
            return Ok(Err(RedeemError::Ended));
        }
        replayed(tx, redemption).await?;
        return Ok(Err(RedeemError::Replayed));
    }
    Ok(Ok(Grant {
        id: code.id,
        consent: code.consent,
        subject: code.subject,
        phone_number: None,
        session: code.session,
        amr: code.amr.clone(),
        acr: code.acr.clone(),
        scopes: code.scopes.clone(),
        auth_time: code.auth_time,
        nonce: code.nonce.clone(),
        claims: code.claims.clone(),
        resources: code.resources.clone(),
        confirmation: confirmation.clone(),
        refresh: refresh.then_some(RefreshToken { grant: code.id, client: *client, subject: code.subject, generation }),
    }))
}

/// Inserts a grant if its consent lives and there is none with its id, in one statement. The code's
/// id is the key: of two redemptions one inserts.
///
/// The consent may have been taken back on another node, of which this one has not heard yet. It is
/// held, so that it cannot end before this grant is there to be ended with it.
async fn insert_under_consent(tx: &Tx, row: grant::ActiveModel, consent: Uuid) -> Result<bool, Fault> {
    let columns = || grant::Column::iter().filter(|column| row.get(*column).is_set());
    let mut living = Query::select();
    living
        .exprs(columns().filter_map(|column| row.get(column).into_value()).map(Expr::val))
        .from(consent::Entity)
        .and_where(consent::Column::Id.eq(consent))
        .and_where(consent::Column::RevokedAt.is_null())
        .lock_shared();
    let mut insert = Query::insert();
    insert
        .into_table(grant::Entity)
        .columns(columns())
        .select_from(living)
        .map_err(|_| Fault::Stored("a grant's columns and values differ in number".to_owned()))?
        .on_conflict(OnConflict::column(grant::Column::Id).do_nothing().to_owned());
    Ok(tx.execute(&insert).await?.rows_affected() == 1)
}

/// How long a client's refresh tokens live, in milliseconds.
fn refresh_lifetime(ctx: &Context, client: &Client) -> i64 {
    let longest = ctx.settings().lifetimes.refresh_token;
    let own = client.metadata.refresh_token_lifetime.map(|seconds| seconds.saturating_mul(1000));
    own.map_or(longest, |own| own.min(longest))
}

fn to_json<T: Serialize>(value: Option<&T>) -> Option<String> {
    value.and_then(|value| serde_json::to_string(value).ok())
}

fn from_json<T: serde::de::DeserializeOwned>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

/// A code came a second time: what the first time gave is revoked, once.
async fn replayed(tx: &Tx, redemption: &Redemption) -> Result<(), Fault> {
    let Redemption { ctx, code, client, organization, .. } = redemption;
    if revoke_grant(tx, ctx, code.id, Because::CodeReplayed).await? {
        let event = Event {
            action: "client.code_replayed",
            organization: Some(*organization),
            actor: None,
            object_kind: "client",
            object: Some(*client),
            detail: "An authorization code was used twice; its tokens were revoked".to_owned(),
        };
        audit::record(tx, ctx, event).await?;
    }
    Ok(())
}

struct Rotation {
    ctx: Context,
    token: RefreshToken,
    organization: Uuid,
    /// No key was shown: a token that is bound to one stays as it is.
    unbound: bool,
}

/// Whether the key that a refresh token is bound to was shown.
fn bound_to(row: &grant::Model, shown: Option<&Confirmation>) -> bool {
    match &row.confirmation {
        None => true,
        // What does not read is bound to something that nobody can show.
        Some(text) => shown.is_some() && from_json::<Confirmation>(Some(text)).as_ref() == shown,
    }
}

/// Puts the successor in a refresh token's place: one conditional update.
///
/// With a profile that does not rotate, the token stays as it is.
///
/// A token that was rotated a moment ago, and whose successor nobody has used, is answered with
/// that same successor: the response may have been lost. A token that was rotated earlier is a
/// replay and revokes the family.
///
/// # Errors
///
/// [`RedeemError`]; the revocation or the incident is committed all the same.
pub async fn refresh(
    ctx: &Context,
    client: &Client,
    product: &Product,
    token: RefreshToken,
    asked: &Asked,
    shown: Option<&Confirmation>,
) -> Result<Grant, RedeemError> {
    if token.client != client.id {
        note_foreign(ctx, client, "refresh token").await?;
        return Err(RedeemError::ForeignClient);
    }
    if !client.profile.rules().rotates {
        let row = fitting(ctx, client, product, &token, asked, shown).await?;
        let allowed = still_allowed(ctx, client, product, token.subject).await?;
        return Ok(keep(ctx, row, token).await?.up_to_date(allowed, product));
    }
    // Most requests name neither scopes nor a key; what they need to be told is in the token.
    if *asked != Asked::default() || shown.is_some() {
        fitting(ctx, client, product, &token, asked, shown).await?;
    }
    let allowed = still_allowed(ctx, client, product, token.subject).await?;
    let rotation = Rotation { ctx: ctx.clone(), token, organization: client.organization_id, unbound: shown.is_none() };
    let grant = ctx.db().write(rotation, |tx, rotation| Box::pin(rotate(tx, rotation))).await??;
    Ok(grant.up_to_date(allowed, product))
}

/// The row behind a token, if what is asked for and the key that was shown are its own. A request
/// that is refused for these reasons does not cost the client its token.
async fn fitting(
    ctx: &Context,
    client: &Client,
    product: &Product,
    token: &RefreshToken,
    asked: &Asked,
    shown: Option<&Confirmation>,
) -> Result<grant::Model, RedeemError> {
    let row = grant::Entity::find_by_id(token.grant).one(ctx.db().reader()).await?.ok_or(RedeemError::Ended)?;
    if !bound_to(&row, shown) {
        return Err(RedeemError::OtherKey);
    }
    let granted = scopes::split(&row.scopes);
    if let Some(wider) = asked.scopes.iter().find(|scope| !granted.contains(scope)) {
        return Err(RedeemError::WiderScope(wider.clone()));
    }
    let audience = resource::audience(client, &scopes::split(&row.resources), &asked.resources)?;
    resource::narrowed(product, &granted, &asked.scopes, audience)?;
    Ok(row)
}

/// The grant of a refresh token that stays. That it is in use is written down once a day.
async fn keep(ctx: &Context, row: grant::Model, token: RefreshToken) -> Result<Grant, RedeemError> {
    if row.revoked_at.is_some() || row.client_id != token.client || row.refresh_generation != token.generation {
        return Err(RedeemError::Ended);
    }
    if is_over(ctx, &row) {
        return Err(RedeemError::Expired);
    }
    if ctx.now().since(last_used(&row)) >= days(1) {
        ctx.db().write((token, ctx.now()), |tx, (token, now)| Box::pin(note_use(tx, *token, *now))).await?;
    }
    Ok(Grant::living(row, token))
}

async fn note_use(tx: &Tx, token: RefreshToken, now: Timestamp) -> Result<(), Fault> {
    grant::Entity::update_many()
        .col_expr(grant::Column::RefreshedAt, now.0.into())
        .filter(grant::Column::Id.eq(token.grant))
        .filter(grant::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

fn last_used(row: &grant::Model) -> Timestamp {
    row.refreshed_at.unwrap_or(row.created_at)
}

/// Whether the family has come to its end, or was left unused for too long (RFC 9700, section 4.14.2).
fn is_over(ctx: &Context, row: &grant::Model) -> bool {
    let now = ctx.now();
    row.refresh_expires_at.is_none_or(|end| end <= now)
        || now.since(last_used(row)) > ctx.settings().lifetimes.refresh_idle
}

async fn rotate(tx: &Tx, rotation: &Rotation) -> Result<Result<Grant, RedeemError>, Fault> {
    let Rotation { ctx, token, organization, unbound } = rotation;
    let now = ctx.now();
    let successor = RefreshToken { generation: token.generation + 1, ..*token };
    let bound = unbound.then(|| grant::Column::Confirmation.is_null());
    let last_use = Func::coalesce([Expr::col(grant::Column::RefreshedAt), Expr::col(grant::Column::CreatedAt)]);
    let rotated = grant::Entity::update_many()
        .col_expr(grant::Column::RefreshGeneration, successor.generation.into())
        .col_expr(grant::Column::RefreshedAt, now.0.into())
        .filter(grant::Column::Id.eq(token.grant))
        .filter(grant::Column::ClientId.eq(token.client))
        .filter(grant::Column::RefreshGeneration.eq(token.generation))
        .filter(grant::Column::RevokedAt.is_null())
        .filter(grant::Column::RefreshExpiresAt.gt(now))
        .filter(sea_query::ExprTrait::gte(last_use, now.plus(-ctx.settings().lifetimes.refresh_idle)))
        .filter(Condition::all().add_option(bound))
        .exec_with_returning(tx)
        .await?;
    if let Some(row) = rotated.into_iter().next() {
        return Ok(Ok(Grant::living(row, successor)));
    }
    let Some(row) = grant::Entity::find_by_id(token.grant).one(tx).await? else {
        return Ok(Err(RedeemError::Ended));
    };
    if *unbound && row.confirmation.is_some() {
        return Ok(Err(RedeemError::OtherKey));
    }
    if row.revoked_at.is_some() {
        return Ok(Err(RedeemError::Ended));
    }
    if is_over(ctx, &row) {
        return Ok(Err(RedeemError::Expired));
    }
    let a_moment_ago = row.refreshed_at.is_some_and(|at| now.since(at) <= ctx.settings().lifetimes.refresh_retry);
    if row.refresh_generation == successor.generation && a_moment_ago {
        return Ok(Ok(Grant::living(row, successor)));
    }
    revoke_grant(tx, ctx, token.grant, Because::RefreshReplayed).await?;
    let event = Event {
        action: "client.refresh_token_replayed",
        organization: Some(*organization),
        actor: None,
        object_kind: "client",
        object: Some(token.client),
        detail: "A refresh token was used after its successor; its tokens were revoked".to_owned(),
    };
    audit::record(tx, ctx, event).await?;
    Ok(Err(RedeemError::Replayed))
}

impl Grant {
    /// With what is so by now: the number, and claims whose scope the product still has.
    fn up_to_date(self, allowed: Allowed, product: &Product) -> Self {
        let claims = self.claims.allowed_by(&product.scope_names());
        Self { phone_number: allowed.phone_number, claims, ..self }
    }

    fn living(row: grant::Model, refresh: RefreshToken) -> Self {
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
            claims: from_json(row.claims.as_deref()).unwrap_or_default(),
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

/// Revokes a grant: its refresh token and all its access tokens. Says whether it was living.
///
/// # Errors
///
/// When the database fails.
pub async fn revoke_grant(tx: &Tx, ctx: &Context, id: Uuid, because: Because) -> Result<bool, Fault> {
    let revoked = grant::Entity::update_many()
        .col_expr(grant::Column::RevokedAt, ctx.now().0.into())
        .col_expr(grant::Column::RevokedBecause, because.as_str().into())
        .filter(grant::Column::Id.eq(id))
        .filter(grant::Column::RevokedAt.is_null())
        .exec(tx)
        .await?
        .rows_affected
        == 1;
    if revoked {
        revoke(tx, ctx, RevokedKind::Grant, id).await?;
    }
    Ok(revoked)
}

/// Makes void what was issued for `(kind, id)` until now: writes it down, and tells every node
/// when the transaction is committed.
///
/// # Errors
///
/// When the database fails.
pub async fn revoke(tx: &Tx, ctx: &Context, kind: RevokedKind, id: Uuid) -> Result<(), Fault> {
    let now = ctx.now();
    let lifetimes = &ctx.settings().lifetimes;
    // The longest life of anything that is checked against it, and an hour for clocks.
    let longest = lifetimes.access_token.max(lifetimes.subscriber_session).max(lifetimes.code);
    let expires_at = now.plus(longest + hours(1));
    let name = serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
    let row = revocation::ActiveModel {
        kind: Set(name.unwrap_or_default()),
        subject_id: Set(id),
        revoked_at: Set(now),
        expires_at: Set(expires_at),
    };
    revocation::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([revocation::Column::Kind, revocation::Column::SubjectId])
                .update_columns([revocation::Column::RevokedAt, revocation::Column::ExpiresAt])
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    tx.changed(Change::Revoked { kind, id, at: now, expires_at });
    Ok(())
}

/// Revokes every grant of a client and every token that it holds.
///
/// # Errors
///
/// When the database fails.
pub async fn revoke_for_client(tx: &Tx, ctx: &Context, client: Uuid, because: Because) -> Result<(), Fault> {
    grant::Entity::update_many()
        .col_expr(grant::Column::RevokedAt, ctx.now().0.into())
        .col_expr(grant::Column::RevokedBecause, because.as_str().into())
        .filter(grant::Column::ClientId.eq(client))
        .filter(grant::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    revoke(tx, ctx, RevokedKind::Client, client).await
}

/// Ends the tokens that a product holds for an operator's subscribers: the operator has turned it
/// off. The consents stay, so that turning it on again asks nobody anew; the tokens do not.
///
/// # Errors
///
/// When the database fails.
pub async fn revoke_for_distribution(tx: &Tx, ctx: &Context, product: Uuid, operator: Uuid) -> Result<(), Fault> {
    let rows = tx
        .query_all_raw(Statement::from_sql_and_values(
            tx.get_database_backend(),
            "SELECT DISTINCT g.id FROM grants g \
             JOIN consents c ON c.id = g.consent_id JOIN subscribers s ON s.id = c.subject_id \
             WHERE c.product_id = $1 AND s.operator_id = $2 AND g.revoked_at IS NULL",
            [product.into(), operator.into()],
        ))
        .await?;
    for row in rows {
        revoke_grant(tx, ctx, row.try_get("", "id")?, Because::Operator).await?;
    }
    Ok(())
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
