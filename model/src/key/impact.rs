//! What depends on a key, in numbers. Tokens are not stored, so the numbers are those of the
//! authorizations that they were given for: each has at least one.

use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QuerySelect as _};
use serde::Serialize;
use uuid::Uuid;

use super::{KeyState, Listed, SEAL, outlives};
use crate::{
    Context, Fault, Timestamp, api,
    entity::{SigningAlg, TokenFormat, client, grant},
    hours,
};

/// What ends when a key is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Impact {
    /// Clients that get what such a key signs or seals.
    pub clients: i64,
    /// Living authorizations for which it has signed or sealed something that is still good: at
    /// least so many tokens end. Tokens that a client got for itself are not counted.
    pub authorizations: i64,
    /// When the last thing that it signed or sealed would have expired; absent if nothing is left.
    pub until: Option<Timestamp>,
}

impl Impact {
    /// How long that is from `now`, in hours, rounded up.
    #[must_use]
    pub fn hours(&self, now: Timestamp) -> i64 {
        self.until.map_or(0, |until| (until.since(now) + hours(1) - 1) / hours(1))
    }
}

/// What depends on a key.
///
/// # Errors
///
/// When the database fails.
pub async fn impact(ctx: &Context, listed: &Listed) -> Result<Impact, Fault> {
    let now = ctx.now();
    let living = outlives(ctx, &listed.purpose) - hours(1);
    let used_until = listed.retired_at.map_or(now, |retired| retired.min(now));
    let until = Some(used_until.plus(living)).filter(|until| *until > now && listed.state != KeyState::Next);
    let mut clients = client::Entity::find();
    if let Some(alg) = SigningAlg::parse(&listed.purpose) {
        let mut signs = Condition::any().add(client::Column::IdTokenAlg.eq(alg));
        // What access tokens are signed with, whatever the client's ID tokens are.
        if alg == SigningAlg::Es256 {
            signs = signs.add(client::Column::TokenFormat.eq(TokenFormat::Jwt));
            signs = signs.add(client::Column::Id.is_in(api::clients_with_jwt(ctx).await?));
        }
        clients = clients.filter(signs);
    }
    let ids: Vec<Uuid> = clients.select_only().column(client::Column::Id).into_tuple().all(ctx.db().reader()).await?;
    let authorizations = match until {
        None => 0,
        Some(_) => {
            let first = listed.active_from.max(now.plus(-living));
            let issued = Condition::any()
                .add(grant::Column::CreatedAt.between(first, used_until))
                .add(grant::Column::RefreshedAt.between(first, used_until));
            let mut grants = grant::Entity::find().filter(grant::Column::RevokedAt.is_null()).filter(issued);
            if listed.purpose == SEAL {
                grants = grants.filter(grant::Column::RefreshExpiresAt.gt(now));
            } else {
                grants = grants.filter(grant::Column::ClientId.is_in(ids.iter().copied()));
            }
            number(grants.count(ctx.db().reader()).await?)
        }
    };
    Ok(Impact { clients: number(ids.len() as u64), authorizations, until })
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
