//! A refresh token becomes its successor, or stays, as the client's profile says.

use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _,
    sea_query::{self, Expr, Func},
};
use uuid::Uuid;

use super::{Because, Grant, RedeemError, RefreshToken, from_json, note_foreign, revoke_grant, still_allowed};
use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    authorization::Confirmation,
    cache::{Client, Product},
    days,
    db::Tx,
    entity::grant,
    resource::{self, Asked},
    scopes,
};

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
