//! What a client registers about itself that has no column of its own. The names are those of the
//! IANA registry of OAuth dynamic client registration metadata.

use serde::{Deserialize, Serialize};

use crate::entity::{Profile, SigningAlg};

/// Client metadata (RFC 7591, section 2; OpenID Connect Dynamic Client Registration, section 2).
/// What is absent has the default of the standard that names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Its own page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its logo. Told to whoever asks for the registration; pages show our own copy, see [`super::logo`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Mail addresses of the people behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// `web` or `native`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<String>,
    /// Which program it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// In which version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// The scopes that it may ask for, of those of its product; without, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The response types that it uses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_types: Vec<String>,
    /// Its authentication method as it has registered it; [`crate::entity::AuthMethod`] knows
    /// fewer, since a secret is understood in the header and in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    /// With what its assertions must be signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// The subject of its certificate (RFC 8705, section 2.1.2), of which one name is registered;
    /// see [`super::certificate::CertificateName`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_subject_dn: Option<String>,
    /// Or a host among the alternative names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_dns: Option<String>,
    /// Or a URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_uri: Option<String>,
    /// Or an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_ip: Option<String>,
    /// Or a mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_email: Option<String>,
    /// Access tokens must be bound to the client's certificate (RFC 8705, section 3.4).
    #[serde(skip_serializing_if = "is_false")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// Where a sign-in can be started from outside (OpenID Connect Core, section 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// ID tokens must have `auth_time`, which ours always have.
    #[serde(skip_serializing_if = "is_false")]
    pub require_auth_time: bool,
    /// Where its keys are published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// `pairwise` or `public`; for products for subscribers it is always pairwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<SubjectType>,
    /// With what its request objects must be signed (RFC 9101, section 10.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<String>,
    /// Requests must be signed (RFC 9101, section 10.5).
    #[serde(skip_serializing_if = "is_false")]
    pub require_signed_request_object: bool,
    /// Where request objects may be fetched from (OpenID Connect Core, section 6.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// With what userinfo answers are signed; plain JSON without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<String>,
    /// With what introspection answers are signed (RFC 9701, section 6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_signed_response_alg: Option<String>,
    /// With what authorization responses are signed (JARM, section 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_signed_response_alg: Option<String>,
    /// Requests must be pushed (RFC 9126, section 6).
    #[serde(skip_serializing_if = "is_false")]
    pub require_pushed_authorization_requests: bool,
    /// Access tokens must be bound to a DPoP key (RFC 9449, section 5.2).
    #[serde(skip_serializing_if = "is_false")]
    pub dpop_bound_access_tokens: bool,
    /// How old a sign-in may be, in seconds, if the request does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<i64>,
    /// Authentication contexts, if the request names none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// The audiences that it may ask for (RFC 8707).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Access tokens' life in seconds, within the platform's limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<i64>,
    /// The refresh token family's life in seconds, within the platform's limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_lifetime: Option<i64>,
    /// The grant types that it may use; without, those of its profile.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grant_types: Vec<String>,
    /// Where logout tokens are posted to (OpenID Connect Back-Channel Logout, section 2.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether they must carry `sid`.
    #[serde(skip_serializing_if = "is_false")]
    pub backchannel_logout_session_required: bool,
    /// What the browser loads when the person signs out (OpenID Connect Front-Channel Logout).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    /// Whether it must be told `iss` and `sid`.
    #[serde(skip_serializing_if = "is_false")]
    pub frontchannel_logout_session_required: bool,
    /// How it learns that somebody has answered on the phone: `poll` or `ping` (OpenID Connect CIBA
    /// 1.0, section 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_token_delivery_mode: Option<String>,
    /// Where pings are posted to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_client_notification_endpoint: Option<String>,
    /// Where its hosts are listed for pairwise subjects (OpenID Connect Core, section 8.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
}

/// How subjects are told to a client (OpenID Connect Core, section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectType {
    /// The same `sub` for all clients.
    Public,
    /// Another `sub` for each sector.
    Pairwise,
}

impl SubjectType {
    /// All values, in the order in which people see them.
    pub const ALL: [Self; 2] = [Self::Public, Self::Pairwise];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Pairwise => "pairwise",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Metadata {
    /// Reads what a row holds. What this version does not know is left alone.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// As a row holds it.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }

    /// As it counts under a profile: what is signed for the client is signed with an algorithm of the
    /// profile, whatever was registered under another one.
    #[must_use]
    pub fn under(mut self, profile: Profile) -> Self {
        for alg in [
            &mut self.userinfo_signed_response_alg,
            &mut self.introspection_signed_response_alg,
            &mut self.authorization_signed_response_alg,
        ] {
            if let Some(registered) = alg {
                *alg = Some(profile.signing(SigningAlg::parse(registered)).as_str().to_owned());
            }
        }
        self
    }

    /// Whether the client may ask for a scope of its product.
    #[must_use]
    pub fn may_ask_for(&self, scope: &str) -> bool {
        self.scope.as_ref().is_none_or(|registered| registered.split(' ').any(|known| known == scope))
    }

    /// Whether portal users are told pairwise.
    #[must_use]
    pub fn pairwise(&self) -> bool {
        self.subject_type == Some(SubjectType::Pairwise)
    }
}
