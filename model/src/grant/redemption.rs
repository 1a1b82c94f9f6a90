//! A code becomes a grant: the one write of the code flow.

use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, Iterable as _, QueryFilter as _, QuerySelect as _,
    sea_query::{Expr, OnConflict, Query},
};
use uuid::Uuid;

use super::{Because, Grant, RedeemError, RefreshToken, note_foreign, revoke_grant, still_allowed, to_json};
use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    authorization::{Code, Confirmation},
    cache::{Client, Product},
    change::RevokedKind,
    client::grant_type,
    db::Tx,
    entity::{consent, grant},
    scopes,
};

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
    let allowed = match still_allowed(ctx, client, product, code.subject).await {
        Ok(_) if ended => Err(RedeemError::Ended),
        Ok(_) if expired => Err(RedeemError::Expired),
        allowed => allowed,
    };
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
    let allowed = match allowed {
        Ok(allowed) => allowed,
        Err(error) => {
            // Too late for tokens, not too late to notice a replay.
            let used = grant::Entity::find_by_id(redemption.code.id).one(ctx.db().reader()).await?.is_some();
            if used {
                ctx.db().write(redemption, |tx, redemption| Box::pin(replayed(tx, redemption))).await?;
                return Err(RedeemError::Replayed);
            }
            return Err(error);
        }
    };
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
    if !insert_under_consent(tx, row.clone(), code.consent, code.issued_at).await? {
        let used = grant::Entity::find_by_id(code.id).one(tx).await?.is_some();
        if !used {
            // It has changed since the code was made: what was taken back meanwhile stays so.
            let allows = still_allows(tx, code).await?;
            if !allows || !insert_under_consent(tx, row, code.consent, now).await? {
                return Ok(Err(RedeemError::Ended));
            }
            return Ok(Ok(redemption.grant()));
        }
        replayed(tx, redemption).await?;
        return Ok(Err(RedeemError::Replayed));
    }
    Ok(Ok(redemption.grant()))
}

impl Redemption {
    /// What comes of it.
    fn grant(&self) -> Grant {
        let Self { code, client, refresh, confirmation, .. } = self;
        let generation = i64::from(*refresh);
        Grant {
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
            refresh: refresh.then_some(RefreshToken {
                grant: code.id,
                client: *client,
                subject: code.subject,
                generation,
            }),
        }
    }
}

/// Whether the consent lives and has all that the code is for. It is held until the grant is there.
async fn still_allows(tx: &Tx, code: &Code) -> Result<bool, Fault> {
    let row = consent::Entity::find_by_id(code.consent)
        .filter(consent::Column::RevokedAt.is_null())
        .lock_shared()
        .one(tx)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let allowed = scopes::split(&row.scopes);
    let has = |name: &str| allowed.iter().any(|scope| scope == name);
    Ok(code.scopes.iter().all(|scope| has(scope)) && code.claims.scopes().all(has))
}

/// Inserts a grant if its consent lives and is what it was at `seen`, and there is none with its id, in
/// one statement. The code's id is the key: of two redemptions one inserts.
///
/// The consent may have been taken back on another node, of which this one has not heard yet. It is
/// held, so that it cannot end before this grant is there to be ended with it.
async fn insert_under_consent(tx: &Tx, row: grant::ActiveModel, consent: Uuid, seen: Timestamp) -> Result<bool, Fault> {
    let columns = || grant::Column::iter().filter(|column| row.get(*column).is_set());
    let mut living = Query::select();
    living
        .exprs(columns().filter_map(|column| row.get(column).into_value()).map(Expr::val))
        .from(consent::Entity)
        .and_where(consent::Column::Id.eq(consent))
        .and_where(consent::Column::RevokedAt.is_null())
        .and_where(consent::Column::UpdatedAt.lte(seen))
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
