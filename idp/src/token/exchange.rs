//! Token exchange (RFC 8693), for delegation between the services of one organization: a service
//! that was called with a person's token gets one of its own, with which it calls the next, and
//! which says who acts for whom.

use model::{
    api, cache,
    entity::ClientKind,
    grant,
    resource::{TargetError, narrowed},
    scopes, subject,
    token::{AccessToken, Wanted},
};

use super::{TokenError, TokenRequest, Tokens};
use crate::resource;

/// The one type of token that comes and goes here (section 3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// How many services may stand between the person's client and the last one.
const LONGEST_CHAIN: usize = 5;

/// Why nothing is exchanged; to the client it is `invalid_request` (section 2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Not ours, over, revoked, or of another organization: one answer for all.
    #[error("subject_token is not a living access token that this client may exchange")]
    Subject,
    /// It is about a client.
    #[error("subject_token is about no person")]
    NoPerson,
    /// Another type.
    #[error("tokens are of the type urn:ietf:params:oauth:token-type:access_token here")]
    Type,
    /// The actor is somebody else.
    #[error("actor_token is not an access token with which this client speaks for itself")]
    Actor,
    /// A type without a token.
    #[error("actor_token_type comes with an actor_token")]
    NoActor,
    /// Too many have acted.
    #[error("too many services have acted in a row")]
    Chain,
    /// Bound to a key, and would no longer be.
    #[error("subject_token is bound to a key; send a DPoP proof, so that the new one is, too")]
    Unbound,
}

/// Section 2.1.
pub(super) async fn token_exchange(request: TokenRequest<'_>) -> Result<Tokens, TokenError> {
    let TokenRequest { ctx, params, client, confirmation, .. } = request.clone();
    if client.kind != ClientKind::Confidential {
        return Err(TokenError::UnauthorizedClient);
    }
    let types = ["subject_token_type", "actor_token_type", "requested_token_type"];
    if types.iter().any(|name| params.get(name).is_some_and(|given| given != ACCESS_TOKEN)) {
        return Err(ExchangeError::Type.into());
    }
    let text = params.get("subject_token").ok_or(TokenError::Missing("subject_token"))?;
    params.get("subject_token_type").ok_or(TokenError::Missing("subject_token_type"))?;
    let subject = AccessToken::read(ctx, text).ok_or(ExchangeError::Subject)?;
    let holder = cache::client(ctx, &subject.client_id).await?.ok_or(ExchangeError::Subject)?;
    if !client.is_beside(&holder) {
        grant::note_foreign(ctx, client, "token").await?;
        return Err(ExchangeError::Subject.into());
    }
    let about = subject.about.as_ref().ok_or(ExchangeError::NoPerson)?;
    let product = cache::product(ctx, subject.product).await?.ok_or(ExchangeError::Subject)?;
    subject::allowed(ctx, about.subject, &product).await?.ok_or(ExchangeError::Subject)?;
    check_actor(&request)?;
    if subject.actors.len() >= LONGEST_CHAIN {
        return Err(ExchangeError::Chain.into());
    }
    if subject.confirmation.is_some() && confirmation.is_none() {
        return Err(ExchangeError::Unbound.into());
    }
    let (had, named) = asked(&subject, params.get("scope"))?;
    let target = narrowed(&product, &had, &named, audience(&request, &subject)?)?;
    let wanted = Wanted { scopes: &target.scopes, audience: &target.audience, confirmation };
    let token = AccessToken::exchanged(ctx, client, &subject, wanted)?;
    Ok(Tokens {
        access_token: token.encode(ctx, api::format(ctx, client, &token.audience).await?)?,
        expires_in: token.expires_at.since(token.issued_at) / 1000,
        id_token: None,
        issued_token_type: Some(ACCESS_TOKEN),
        refresh_token: None,
        token_type: token.token_type(),
        scope: token.scope,
    })
}

/// Who acts is the client that asks. It may show a token of its own for it, and of nobody else.
fn check_actor(request: &TokenRequest<'_>) -> Result<(), ExchangeError> {
    let TokenRequest { ctx, params, client, .. } = request;
    let Some(text) = params.get("actor_token") else {
        return params.get("actor_token_type").map_or(Ok(()), |_| Err(ExchangeError::NoActor));
    };
    params.get("actor_token_type").ok_or(ExchangeError::Type)?;
    let own = |token: &AccessToken| token.client == client.id && token.about.is_none();
    AccessToken::read(ctx, text).filter(own).map(|_| ()).ok_or(ExchangeError::Actor)
}

/// What was allowed, and what of it is asked for. Nothing is refreshed here, so that does not go along.
fn asked(subject: &AccessToken, asked: Option<&str>) -> Result<(Vec<String>, Vec<String>), TokenError> {
    let had: Vec<String> =
        scopes::split(&subject.scope).into_iter().filter(|scope| scope != "offline_access").collect();
    let asked = scopes::split(asked.unwrap_or_default());
    match asked.iter().find(|scope| !had.contains(scope)) {
        Some(wider) => Err(TokenError::Scope(wider.clone())),
        None => Ok((had, asked)),
    }
}

/// For whom the new token is: an API that the client may ask for, by either name of the parameter
/// (section 2.1). Without, the one that the subject token is for.
fn audience(request: &TokenRequest<'_>, subject: &AccessToken) -> Result<Vec<String>, TokenError> {
    let TokenRequest { params, client, .. } = request;
    let mut audience = resource::allowed(client, params).map_err(TargetError::Resource)?;
    for asked in params.all("audience") {
        if !client.metadata.resources.iter().any(|allowed| allowed == asked) {
            return Err(TargetError::Resource(resource::printable(asked)).into());
        }
        if !audience.iter().any(|known| known == asked) {
            audience.push(asked.to_owned());
        }
    }
    Ok(if audience.is_empty() { subject.audience.clone() } else { audience })
}
