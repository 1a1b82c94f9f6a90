//! Which ways to a token a client has beyond those that every client has, and how it learns that
//! somebody has answered on the phone.

use uuid::Uuid;

use super::{
    Client, Metadata,
    amend::{Words, amend},
    grant_type::{CIBA, COMMON, DEVICE_CODE, JWT_BEARER, TOKEN_EXCHANGE},
};
use crate::{
    Context, Fault,
    entity::{Audience, ClientKind},
    outgoing,
};

/// The ways that must be asked for, in the order in which pages list them.
pub const EXTRA: [&str; 4] = [DEVICE_CODE, CIBA, TOKEN_EXCHANGE, JWT_BEARER];

/// How a client learns that there is an answer (OpenID Connect CIBA 1.0, section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// It asks.
    #[default]
    Poll,
    /// It is told, and then asks.
    Ping {
        /// Where.
        endpoint: String,
    },
}

impl Metadata {
    /// How the client learns that there is an answer.
    #[must_use]
    pub fn backchannel_delivery(&self) -> Delivery {
        match (self.backchannel_token_delivery_mode.as_deref(), &self.backchannel_client_notification_endpoint) {
            (Some("ping"), Some(endpoint)) => Delivery::Ping { endpoint: endpoint.clone() },
            _ => Delivery::Poll,
        }
    }
}

/// Whether a client can have one of the [`EXTRA`] ways: its profile must allow it, and it must fit
/// its type and whom its product is for.
#[must_use]
pub fn fits(client: &Client, audience: Audience, grant_type: &str) -> bool {
    let confidential = client.kind == ClientKind::Confidential;
    let meant = match grant_type {
        DEVICE_CODE => audience.signs_in(),
        // The message goes to a phone, and portal users have none.
        CIBA => audience == Audience::Subscribers && confidential,
        TOKEN_EXCHANGE | JWT_BEARER => confidential,
        _ => false,
    };
    meant && client.profile.rules().grant_types.contains(&grant_type)
}

/// Why it was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SetGrantsError {
    /// The client cannot have this one.
    #[error("the client cannot have this way to a token")]
    Unfit,
    /// Nothing can be posted to this address.
    #[error("the address cannot be told")]
    Endpoint,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(SetGrantsError);

/// Gives a client those `wanted` of the [`EXTRA`] ways, and no other one of them.
///
/// # Errors
///
/// [`SetGrantsError`].
pub async fn set_grants(
    ctx: &Context,
    actor: Option<Uuid>,
    client: &Client,
    audience: Audience,
    wanted: Vec<String>,
    delivery: Delivery,
) -> Result<(), SetGrantsError> {
    if !wanted.iter().all(|one| fits(client, audience, one)) {
        return Err(SetGrantsError::Unfit);
    }
    if let Delivery::Ping { endpoint } = &delivery
        && outgoing::admitted(ctx, endpoint).is_none()
    {
        return Err(SetGrantsError::Endpoint);
    }
    ctx.db()
        .write((ctx.clone(), actor, client.id, wanted, delivery), |tx, (ctx, actor, id, wanted, delivery)| {
            Box::pin(amend(tx, ctx, *actor, *id, |client, metadata| {
                metadata.grant_types = listed(&metadata.grant_types, client.profile.rules().grant_types, wanted);
                let (mode, endpoint) = match delivery {
                    _ if !wanted.iter().any(|one| one == CIBA) => (None, None),
                    Delivery::Poll => (Some("poll"), None),
                    Delivery::Ping { endpoint } => (Some("ping"), Some(endpoint.clone())),
                };
                metadata.backchannel_token_delivery_mode = mode.map(str::to_owned);
                metadata.backchannel_client_notification_endpoint = endpoint;
                let how = if wanted.is_empty() { "none".to_owned() } else { wanted.join(", ") };
                Ok(Words { what: "further grant types", how })
            }))
        })
        .await
}

/// What a client lists then. Without any of the [`EXTRA`] ways a client that listed no more than
/// every client has lists nothing again.
fn listed(before: &[String], of_profile: &[&str], wanted: &[String]) -> Vec<String> {
    let common: Vec<String> = COMMON.iter().filter(|one| of_profile.contains(one)).map(|&one| one.to_owned()).collect();
    let mut kept: Vec<String> = if before.is_empty() { common.clone() } else { before.to_vec() };
    kept.retain(|one| !EXTRA.contains(&one.as_str()));
    if wanted.is_empty() && kept == common {
        return Vec::new();
    }
    kept.extend_from_slice(wanted);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_client_has_stays() {
        let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let profile = ["authorization_code", "refresh_token", "client_credentials", CIBA];
        let with = listed(&[], &profile, &list(&[CIBA]));
        assert_eq!(with, list(&["authorization_code", "refresh_token", "client_credentials", CIBA]));
        assert_eq!(listed(&with, &profile, &[]), list(&[]));
        let few = list(&["authorization_code", DEVICE_CODE]);
        assert_eq!(listed(&few, &profile, &list(&[CIBA])), list(&["authorization_code", CIBA]));
        assert_eq!(listed(&few, &profile, &[]), list(&["authorization_code"]));
    }
}
