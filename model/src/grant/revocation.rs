//! What was granted ends, and with it every token that stands on it.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, Statement,
    sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{
    Context, Fault,
    change::{Change, RevokedKind},
    db::Tx,
    entity::{grant, revocation},
    hours,
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
