//! APIs: how tokens for each look, who runs it, and which scopes are permissions of it.
//!
//! The catalogue of APIs is the installation's own. [`format`] and [`part_for`] are what the token and
//! introspection endpoints ask, from memory; [`manage`] is for administrators.

pub mod manage;

use std::collections::HashMap;

use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

pub use crate::entity::api::Model as ApiRow;
use crate::{
    Context, Fault,
    cache::{self, Client},
    client::{Metadata, dynamic::NOBODY},
    entity::{TokenFormat, api, client},
    scopes,
    token::AccessToken,
};

/// What `scopes.resource` calls the portal's own API, which is part of the program.
pub const PORTAL: &str = "/api/v1";

/// An API as the protocol endpoints need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// What people call it.
    pub name: String,
    /// By which names tokens for it are asked for.
    pub resources: Vec<String>,
    /// How they look; as the client's without.
    pub token_format: Option<TokenFormat>,
    /// Whose clients run it.
    pub organization_id: Option<Uuid>,
}

/// The APIs, by name, and which scope is of which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The APIs.
    pub apis: Vec<Api>,
    /// The names of the API that each scope is a permission of. What is of none in particular is
    /// not in it.
    pub scopes: HashMap<String, Vec<String>>,
}

impl Catalogue {
    /// How a token for `audience` looks, if one of its APIs says so. What reads a JWT may be unable to
    /// ask; what asks can ask about a JWT as well, so one JWT among several decides.
    #[must_use]
    pub fn format(&self, audience: &[String]) -> Option<TokenFormat> {
        let here = self.apis.iter().filter(|api| api.resources.iter().any(|name| audience.contains(name)));
        here.filter_map(|api| api.token_format).reduce(|one, other| match (one, other) {
            (TokenFormat::Opaque, TokenFormat::Opaque) => TokenFormat::Opaque,
            (TokenFormat::Jwt, _) | (_, TokenFormat::Jwt) => TokenFormat::Jwt,
        })
    }

    /// What of `audience` names an API that `organization` runs.
    #[must_use]
    pub fn run_by(&self, organization: Uuid, audience: &[String]) -> Vec<String> {
        if organization == NOBODY {
            return Vec::new();
        }
        let its = |name: &String| {
            let named = self.apis.iter().filter(|api| api.resources.contains(name));
            named.into_iter().any(|api| api.organization_id == Some(organization))
        };
        audience.iter().filter(|name| its(name)).cloned().collect()
    }

    /// Whether a scope means anything to one of `resources`, whichever product has it.
    #[must_use]
    pub fn meant_for(&self, scope: &str, resources: &[String]) -> bool {
        self.scopes.get(scope).is_none_or(|names| names.iter().any(|name| resources.contains(name)))
    }
}

/// How an access token of `client` for `audience` looks: as its APIs say, or else as the client does.
/// A token without an audience is for the provider itself, and as the client's.
///
/// # Errors
///
/// When the database fails.
pub async fn format(ctx: &Context, client: &Client, audience: &[String]) -> Result<TokenFormat, Fault> {
    if audience.is_empty() {
        return Ok(client.token_format);
    }
    Ok(cache::catalogue(ctx).await?.format(audience).unwrap_or(client.token_format))
}

/// What of a token is the business of an organization that runs an API: the APIs of its own in the
/// audience, and the scopes that mean something there (RFC 9701, section 5). Nothing, if none is its.
///
/// # Errors
///
/// When the database fails.
pub async fn part_for(ctx: &Context, organization: Uuid, token: AccessToken) -> Result<Option<AccessToken>, Fault> {
    let catalogue = cache::catalogue(ctx).await?;
    let audience = catalogue.run_by(organization, &token.audience);
    if audience.is_empty() {
        return Ok(None);
    }
    let mut meant = scopes::split(&token.scope);
    meant.retain(|scope| catalogue.meant_for(scope, &audience));
    Ok(Some(AccessToken { scope: scopes::join(&meant), audience, ..token }))
}

/// The clients that may ask for tokens with one of these names.
pub(crate) async fn clients_naming(ctx: &Context, names: &[String]) -> Result<Vec<Uuid>, Fault> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    // Their registration is one text; what has a name in it somewhere is read to the end.
    let somewhere = names.iter().fold(Condition::any(), |any, name| any.add(client::Column::Metadata.contains(name)));
    let found: Vec<(Uuid, String)> = client::Entity::find()
        .select_only()
        .columns([client::Column::Id, client::Column::Metadata])
        .filter(somewhere)
        .into_tuple()
        .all(ctx.db().reader())
        .await?;
    let named = |metadata: &str| Metadata::parse(metadata).resources.iter().any(|resource| names.contains(resource));
    Ok(found.into_iter().filter(|(_, metadata)| named(metadata)).map(|(id, _)| id).collect())
}

/// The clients that get a JWT for one of the APIs that they may ask for, whatever they have chosen
/// themselves.
pub(crate) async fn clients_with_jwt(ctx: &Context) -> Result<Vec<Uuid>, Fault> {
    let signed = api::Entity::find().filter(api::Column::TokenFormat.eq(TokenFormat::Jwt));
    let apis = signed.all(ctx.db().reader()).await?;
    let names: Vec<String> = apis.iter().flat_map(|api| ctx.settings().api_names(&api.resource)).collect();
    clients_naming(ctx, &names).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn api(resource: &str, token_format: Option<TokenFormat>, organization_id: Option<Uuid>) -> Api {
        Api { name: String::new(), resources: list(&[resource]), token_format, organization_id }
    }

    fn catalogue() -> Catalogue {
        Catalogue {
            apis: vec![
                api("urn:plain", None, None),
                api("urn:opaque", Some(TokenFormat::Opaque), Some(ACME)),
                api("urn:jwt", Some(TokenFormat::Jwt), Some(OTHER)),
                api("urn:lost", None, Some(NOBODY)),
            ],
            scopes: HashMap::from([
                ("plain".to_owned(), list(&["urn:plain"])),
                ("opaque".to_owned(), list(&["urn:opaque"])),
            ]),
        }
    }

    #[test]
    fn the_format_is_that_of_the_audience_and_a_jwt_among_several() {
        for (audience, expected) in [
            (&[][..], None),
            (&["urn:plain"], None),
            (&["urn:unheard"], None),
            (&["urn:opaque"], Some(TokenFormat::Opaque)),
            (&["urn:plain", "urn:opaque"], Some(TokenFormat::Opaque)),
            (&["urn:jwt"], Some(TokenFormat::Jwt)),
            (&["urn:jwt", "urn:opaque"], Some(TokenFormat::Jwt)),
            (&["urn:opaque", "urn:plain", "urn:jwt"], Some(TokenFormat::Jwt)),
        ] {
            assert_eq!(catalogue().format(&list(audience)), expected, "{audience:?}");
        }
    }

    #[test]
    fn an_organization_runs_its_own_apis_and_nobody_runs_any() {
        let audience = list(&["urn:plain", "urn:opaque", "urn:jwt", "urn:lost"]);
        assert_eq!(catalogue().run_by(ACME, &audience), ["urn:opaque"]);
        assert_eq!(catalogue().run_by(OTHER, &audience), ["urn:jwt"]);
        assert!(catalogue().run_by(NOBODY, &audience).is_empty());
        assert!(catalogue().run_by(ACME, &list(&["urn:plain"])).is_empty());
    }

    #[test]
    fn a_scope_of_no_api_goes_with_each() {
        let opaque = list(&["urn:opaque"]);
        for (scope, expected) in [("openid", true), ("opaque", true), ("plain", false)] {
            assert_eq!(catalogue().meant_for(scope, &opaque), expected, "{scope}");
        }
    }
}
