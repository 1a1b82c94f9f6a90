//! Pushed authorization requests (RFC 9126): a client sends the parameters here first and leads
//! the browser with a reference. The reference may be opened again until an answer was given to
//! it, so that a reload of the sign-in page loses nothing.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::{
    Context, Fault,
    cache::Client,
    entity::pushed_request,
    seal::{open_at_rest, seal_at_rest},
};

const DOMAIN: &str = "pushed_requests.parameters";

/// What every reference begins with (RFC 9126, section 2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Parameters as they were sent.
pub type Parameters = Vec<(String, String)>;

/// A pushed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Its id.
    pub id: Uuid,
    /// What was sent.
    pub parameters: Parameters,
}

/// Keeps a client's parameters; returns the `request_uri`, and for how many seconds it works.
///
/// # Errors
///
/// When the database fails.
pub async fn push(ctx: &Context, client: &Client, parameters: &Parameters) -> Result<(String, i64), Fault> {
    let lifetime = ctx.settings().lifetimes.pushed_request;
    let now = ctx.now();
    // Not a UUIDv7: all of it is random, so that a reference cannot be guessed (RFC 9126, section 7.1).
    let id = Uuid::from_bytes(ctx.random()?);
    let row = pushed_request::ActiveModel {
        id: Set(id),
        client_id: Set(client.id),
        parameters_sealed: Set(seal_at_rest(ctx, DOMAIN, parameters)?),
        created_at: Set(now),
        expires_at: Set(now.plus(lifetime)),
        used_at: Set(None),
    };
    ctx.db()
        .write(row, |tx, row| {
            Box::pin(async move {
                pushed_request::Entity::insert(row.clone()).exec_without_returning(tx).await?;
                Ok::<_, Fault>(())
            })
        })
        .await?;
    Ok((format!("{PREFIX}{}", id.simple()), lifetime / 1000))
}

/// Whether a `request_uri` is one of ours, by its form.
#[must_use]
pub fn is_reference(request_uri: &str) -> bool {
    request_uri.starts_with(PREFIX)
}

/// The living request that a client pushed and nobody has answered yet.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, client: &Client, request_uri: &str) -> Result<Option<Pushed>, Fault> {
    let Some(id) = request_uri.strip_prefix(PREFIX).and_then(|text| Uuid::try_parse(text).ok()) else {
        return Ok(None);
    };
    let row = pushed_request::Entity::find_by_id(id)
        .filter(pushed_request::Column::ClientId.eq(client.id))
        .filter(pushed_request::Column::UsedAt.is_null())
        .filter(pushed_request::Column::ExpiresAt.gt(ctx.now()))
        .one(ctx.db().reader())
        .await?;
    row.map(|row| Ok(Pushed { id, parameters: open_at_rest(ctx, DOMAIN, &row.parameters_sealed)? })).transpose()
}

/// Uses a request up: an answer is given to it. `false` when that happened before.
///
/// # Errors
///
/// When the database fails.
pub async fn answer(ctx: &Context, id: Uuid) -> Result<bool, Fault> {
    ctx.db()
        .write((id, ctx.now()), |tx, (id, now)| {
            Box::pin(async move {
                let updated = pushed_request::Entity::update_many()
                    .col_expr(pushed_request::Column::UsedAt, now.0.into())
                    .filter(pushed_request::Column::Id.eq(*id))
                    .filter(pushed_request::Column::UsedAt.is_null())
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(updated.rows_affected == 1)
            })
        })
        .await
}

/// Deletes requests that nobody can answer any more. One that has expired may still be in front of
/// somebody who signs in. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now().plus(-ctx.settings().lifetimes.interaction), |tx, answered_by| {
            Box::pin(async move {
                let deleted = pushed_request::Entity::delete_many()
                    .filter(pushed_request::Column::ExpiresAt.lt(*answered_by))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
