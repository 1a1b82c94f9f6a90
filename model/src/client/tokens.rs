//! What a client's tokens, answers and requests are like, where its profile leaves a choice.

use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use url::Url;
use uuid::Uuid;

use super::{
    Client, ClientKind, Metadata, SubjectType,
    amend::{Words, amend},
};
use crate::{
    Context, Fault,
    entity::{Audience, SigningAlg, client_key},
};

/// The shortest life of an access token that a client can ask for, in seconds: programs fetch the next
/// one some minutes before its end.
pub const LEAST_ACCESS: i64 = 300;
/// The shortest life of a client's refresh tokens, in seconds.
pub const LEAST_REFRESH: i64 = 3600;
/// The most audiences of a client.
pub const MOST_RESOURCES: usize = 20;

/// Which of the choices a client has, beyond those that every one has. Its page asks for these, and no
/// other one is changed: what is not asked says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices {
    /// What is about people who sign in: refresh and ID tokens, userinfo.
    pub people: bool,
    /// With what introspection is signed. Public clients may not ask there.
    pub introspection: bool,
    /// How people are known. Those of a sector are known to all of it by the same `sub`.
    pub subjects: bool,
    /// Whether requests must be pushed.
    pub pushed: bool,
    /// Whether requests must be signed.
    pub signed: bool,
    /// Whether access tokens must be bound.
    pub dpop: bool,
}

impl Choices {
    /// Those of a client whose product is for `audience`. What its profile demands anyway is none.
    #[must_use]
    pub fn of(client: &Client, audience: Audience) -> Self {
        let rules = client.profile.rules();
        let confidential = client.kind == ClientKind::Confidential;
        let sector = Metadata::parse(&client.metadata).sector_identifier_uri;
        Self {
            people: audience.signs_in(),
            introspection: confidential,
            subjects: audience == Audience::Users && sector.is_none(),
            pushed: audience.signs_in() && !rules.par_required,
            signed: audience.signs_in() && confidential,
            dpop: !rules.bound_tokens,
        }
    }
}

/// What is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Access tokens' life in seconds; the platform's without.
    pub access_lifetime: Option<i64>,
    /// Refresh tokens' life in seconds, from the first authorization; the platform's without.
    pub refresh_lifetime: Option<i64>,
    /// With what ID tokens are signed.
    pub id_token_alg: SigningAlg,
    /// How portal users are told; of subscribers each product knows another `sub`.
    pub subject_type: SubjectType,
    /// The audiences that it may ask for (RFC 8707).
    pub resources: Vec<String>,
    /// With what userinfo is signed; plain without.
    pub userinfo_alg: Option<SigningAlg>,
    /// With what introspection is signed (RFC 9701); plain without.
    pub introspection_alg: Option<SigningAlg>,
    /// Requests must be pushed (RFC 9126, section 6).
    pub pushed: bool,
    /// Requests must be signed (RFC 9101, section 10.5).
    pub signed: bool,
    /// Access tokens must be bound to a DPoP key (RFC 9449, section 5.2).
    pub dpop: bool,
}

/// The longest and shortest that a life can be, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// At least.
    pub least: i64,
    /// At most: the platform's own.
    pub most: i64,
}

impl Bounds {
    fn new(least: i64, most: i64) -> Self {
        let most = most / 1000;
        Self { least: least.min(most), most }
    }

    /// For access tokens.
    #[must_use]
    pub fn access(ctx: &Context) -> Self {
        Self::new(LEAST_ACCESS, ctx.settings().lifetimes.access_token)
    }

    /// For refresh tokens.
    #[must_use]
    pub fn refresh(ctx: &Context) -> Self {
        Self::new(LEAST_REFRESH, ctx.settings().lifetimes.refresh_token)
    }

    fn breaks(self, lifetime: Option<i64>) -> bool {
        lifetime.is_some_and(|seconds| !(self.least..=self.most).contains(&seconds))
    }
}

/// What is wrong, all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvalidTokens {
    /// The access tokens' life is out of [`Bounds::access`].
    pub access_lifetime: bool,
    /// The refresh tokens' life is out of [`Bounds::refresh`].
    pub refresh_lifetime: bool,
    /// The first of the audiences that is no absolute URI without a fragment.
    pub resource: Option<String>,
    /// There are more than [`MOST_RESOURCES`] audiences.
    pub many_resources: bool,
    /// The client has no key with which it could sign its requests.
    pub keyless: bool,
}

/// Why it was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SetTokensError {
    /// What was said cannot be taken.
    #[error("the tokens of a client cannot be like this")]
    Invalid(InvalidTokens),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(SetTokensError);

/// Whether a text can be an audience (RFC 8707, section 2): an absolute URI without a fragment.
#[must_use]
pub fn is_resource(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.fragment().is_none())
}

fn parsed(alg: Option<&String>) -> Option<SigningAlg> {
    alg.and_then(|alg| SigningAlg::parse(alg))
}

impl Tokens {
    /// What counts for a client now.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        let metadata = Metadata::parse(&client.metadata).under(client.profile);
        Self {
            access_lifetime: metadata.access_token_lifetime,
            refresh_lifetime: metadata.refresh_token_lifetime,
            id_token_alg: client.profile.signing(Some(client.id_token_alg)),
            subject_type: metadata.subject_type.unwrap_or(SubjectType::Public),
            userinfo_alg: parsed(metadata.userinfo_signed_response_alg.as_ref()),
            introspection_alg: parsed(metadata.introspection_signed_response_alg.as_ref()),
            resources: metadata.resources,
            pushed: metadata.require_pushed_authorization_requests,
            signed: metadata.require_signed_request_object,
            dpop: metadata.dpop_bound_access_tokens,
        }
    }

    fn check(&self, ctx: &Context, keyless: bool) -> Result<(), InvalidTokens> {
        let invalid = InvalidTokens {
            access_lifetime: Bounds::access(ctx).breaks(self.access_lifetime),
            refresh_lifetime: Bounds::refresh(ctx).breaks(self.refresh_lifetime),
            resource: self.resources.iter().find(|text| !is_resource(text)).cloned(),
            many_resources: self.resources.len() > MOST_RESOURCES,
            keyless: self.signed && keyless,
        };
        if invalid == InvalidTokens::default() { Ok(()) } else { Err(invalid) }
    }

    /// Changes what the client has a choice of.
    fn store(&self, choices: Choices, client: &mut Client, metadata: &mut Metadata) {
        let profile = client.profile;
        let name = |alg: Option<SigningAlg>| alg.map(|alg| profile.signing(Some(alg)).as_str().to_owned());
        metadata.access_token_lifetime = self.access_lifetime;
        metadata.resources.clone_from(&self.resources);
        if choices.introspection {
            metadata.introspection_signed_response_alg = name(self.introspection_alg);
        }
        if choices.people {
            client.id_token_alg = profile.signing(Some(self.id_token_alg));
            metadata.refresh_token_lifetime = self.refresh_lifetime;
            metadata.userinfo_signed_response_alg = name(self.userinfo_alg);
        }
        if choices.subjects {
            metadata.subject_type = Some(self.subject_type).filter(|kind| *kind == SubjectType::Pairwise);
        }
        if choices.pushed {
            metadata.require_pushed_authorization_requests = self.pushed;
        }
        if choices.signed {
            metadata.require_signed_request_object = self.signed;
        }
        if choices.dpop {
            metadata.dpop_bound_access_tokens = self.dpop;
            metadata.tls_client_certificate_bound_access_tokens &= !self.dpop;
        }
    }
}

/// Changes what a client's tokens, answers and requests are like, as far as it has a choice. It counts
/// for tokens to come.
///
/// # Errors
///
/// [`SetTokensError::Invalid`] with everything that is wrong.
pub async fn set_tokens(
    ctx: &Context,
    actor: Option<Uuid>,
    client: &Client,
    audience: Audience,
    tokens: Tokens,
) -> Result<(), SetTokensError> {
    ctx.db()
        .write((ctx.clone(), actor, client.id, audience, tokens), |tx, (ctx, actor, id, audience, tokens)| {
            Box::pin(async move {
                let keys = client_key::Entity::find().filter(client_key::Column::ClientId.eq(*id)).count(tx).await?;
                amend(tx, ctx, *actor, *id, |client, metadata| {
                    let keyless = keys == 0 && metadata.jwks_uri.is_none();
                    tokens.check(ctx, keyless).map_err(SetTokensError::Invalid)?;
                    let (alg, before) = (client.id_token_alg, metadata.clone());
                    tokens.store(Choices::of(client, *audience), client, metadata);
                    let alg = (alg != client.id_token_alg).then_some(client.id_token_alg);
                    Ok(Words { what: "tokens", how: told(&before, metadata, alg) })
                })
                .await
            })
        })
        .await
}

/// What was changed, for the history.
fn told(before: &Metadata, after: &Metadata, id_token_alg: Option<SigningAlg>) -> String {
    let mut told: Vec<String> = id_token_alg.map(|alg| format!("ID tokens {}", alg.as_str())).into_iter().collect();
    if let (Ok(serde_json::Value::Object(before)), Ok(serde_json::Value::Object(after))) =
        (serde_json::to_value(before), serde_json::to_value(after))
    {
        let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value));
        told.extend(changed.map(|(name, value)| format!("{name} {value}")));
        told.extend(before.keys().filter(|name| !after.contains_key(*name)).map(|name| format!("no {name}")));
    }
    told.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_an_absolute_uri_without_a_fragment() {
        for good in ["https://api.example/v1", "urn:example:api", "api://default"] {
            assert!(is_resource(good), "{good}");
        }
        for bad in ["", "/v1", "api.example", "https://api.example/#x"] {
            assert!(!is_resource(bad), "{bad}");
        }
    }

    #[test]
    fn a_life_is_never_above_the_platforms() {
        let bounds = Bounds::new(300, 3_600_000);
        assert!(!bounds.breaks(None) && !bounds.breaks(Some(300)) && !bounds.breaks(Some(3600)));
        assert!(bounds.breaks(Some(299)) && bounds.breaks(Some(3601)) && bounds.breaks(Some(-1)));
        assert_eq!(Bounds::new(300, 60_000), Bounds { least: 60, most: 60 });
    }
}
