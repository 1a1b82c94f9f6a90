//! The closed sets of values that columns hold, and that the wire and the forms name.

use sea_orm::{DeriveActiveEnum, EnumIter, prelude::StringLen};
use serde::{Deserialize, Serialize};

/// What a member may do in an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum Role {
    /// Everything, including giving the organization away.
    #[serde(rename = "owner")]
    #[sea_orm(string_value = "owner")]
    Owner,
    /// Everything but the organization itself: members, products, clients.
    #[serde(rename = "admin")]
    #[sea_orm(string_value = "admin")]
    Admin,
    /// Products and clients.
    #[serde(rename = "developer")]
    #[sea_orm(string_value = "developer")]
    Developer,
    /// Sees everything but secrets and changes nothing.
    #[serde(rename = "viewer")]
    #[sea_orm(string_value = "viewer")]
    Viewer,
}

impl Role {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Owner, Self::Admin, Self::Developer, Self::Viewer];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Viewer => "viewer",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// What an organization is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum OrganizationKind {
    /// A user's own.
    #[serde(rename = "personal")]
    #[sea_orm(string_value = "personal")]
    Personal,
    /// Several people's.
    #[serde(rename = "team")]
    #[sea_orm(string_value = "team")]
    Team,
    /// Has subscribers.
    #[serde(rename = "operator")]
    #[sea_orm(string_value = "operator")]
    Operator,
}

impl OrganizationKind {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Personal, Self::Team, Self::Operator];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Team => "team",
            Self::Operator => "operator",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// What a mailed link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum LinkPurpose {
    /// Proves the address of a new account.
    #[serde(rename = "verify_email")]
    #[sea_orm(string_value = "verify_email")]
    VerifyEmail,
    /// Proves a new address of an account.
    #[serde(rename = "change_email")]
    #[sea_orm(string_value = "change_email")]
    ChangeEmail,
    /// Sets a new password.
    #[serde(rename = "reset_password")]
    #[sea_orm(string_value = "reset_password")]
    ResetPassword,
}

impl LinkPurpose {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::VerifyEmail, Self::ChangeEmail, Self::ResetPassword];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ChangeEmail => "change_email",
            Self::ResetPassword => "reset_password",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// Whom a product is for, which decides how its clients get tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum Audience {
    /// Authorization code: a subscriber signs in and consents.
    #[serde(rename = "subscribers")]
    #[sea_orm(string_value = "subscribers")]
    Subscribers,
    /// Client credentials: no subscriber takes part.
    #[serde(rename = "operators")]
    #[sea_orm(string_value = "operators")]
    Operators,
    /// Authorization code: a portal user signs in and consents.
    #[serde(rename = "users")]
    #[sea_orm(string_value = "users")]
    Users,
}

impl Audience {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Subscribers, Self::Operators, Self::Users];

    /// Whether somebody signs in, or clients speak only for themselves.
    #[must_use]
    pub const fn signs_in(self) -> bool {
        matches!(self, Self::Subscribers | Self::Users)
    }

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscribers => "subscribers",
            Self::Operators => "operators",
            Self::Users => "users",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// Which products can enable a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum ScopeAudience {
    /// Products for subscribers.
    #[serde(rename = "subscribers")]
    #[sea_orm(string_value = "subscribers")]
    Subscribers,
    /// Products for operators.
    #[serde(rename = "operators")]
    #[sea_orm(string_value = "operators")]
    Operators,
    /// Products for subscribers and products for operators.
    #[serde(rename = "both")]
    #[sea_orm(string_value = "both")]
    Both,
    /// Products for portal users.
    #[serde(rename = "users")]
    #[sea_orm(string_value = "users")]
    Users,
    /// Products to which people sign in: subscribers or portal users.
    #[serde(rename = "people")]
    #[sea_orm(string_value = "people")]
    People,
}

impl ScopeAudience {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Subscribers, Self::Operators, Self::Both, Self::Users, Self::People];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subscribers => "subscribers",
            Self::Operators => "operators",
            Self::Both => "both",
            Self::Users => "users",
            Self::People => "people",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// Where a product stands with an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum DistributionState {
    /// The developer offers it; the operator has not decided.
    #[serde(rename = "offered")]
    #[sea_orm(string_value = "offered")]
    Offered,
    /// The operator's subscribers can use it.
    #[serde(rename = "enabled")]
    #[sea_orm(string_value = "enabled")]
    Enabled,
    /// The operator has turned it off.
    #[serde(rename = "disabled")]
    #[sea_orm(string_value = "disabled")]
    Disabled,
}

impl DistributionState {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Offered, Self::Enabled, Self::Disabled];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// Which rules a client is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum Profile {
    /// For clients written before 2020: PKCE optional, phone number in the ID token.
    #[serde(rename = "classic")]
    #[sea_orm(string_value = "classic")]
    Classic,
    /// OAuth 2.1.
    #[serde(rename = "standard")]
    #[sea_orm(string_value = "standard")]
    Standard,
    /// FAPI 2.0 Security Profile: for banks and the like.
    #[serde(rename = "fapi2")]
    #[sea_orm(string_value = "fapi2")]
    Fapi2,
    /// The Model Context Protocol: for agents.
    #[serde(rename = "mcp")]
    #[sea_orm(string_value = "mcp")]
    Mcp,
}

impl Profile {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Classic, Self::Standard, Self::Fapi2, Self::Mcp];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Standard => "standard",
            Self::Fapi2 => "fapi2",
            Self::Mcp => "mcp",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// Whether a client can keep a secret (RFC 6749, section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum ClientKind {
    /// Runs on a server.
    #[serde(rename = "confidential")]
    #[sea_orm(string_value = "confidential")]
    Confidential,
    /// Runs in a browser or on a device.
    #[serde(rename = "public")]
    #[sea_orm(string_value = "public")]
    Public,
}

impl ClientKind {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Confidential, Self::Public];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confidential => "confidential",
            Self::Public => "public",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// How a client proves who it is (OpenID Connect Core, section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum AuthMethod {
    /// A secret, in the header (`client_secret_basic`) or in the body (`client_secret_post`).
    #[serde(rename = "secret")]
    #[sea_orm(string_value = "secret")]
    Secret,
    /// A JWT that it signs with its secret (OpenID Connect Core, section 9).
    #[serde(rename = "client_secret_jwt")]
    #[sea_orm(string_value = "client_secret_jwt")]
    SecretJwt,
    /// A JWT that it signs with a key of its own (RFC 7523, section 2.2).
    #[serde(rename = "private_key_jwt")]
    #[sea_orm(string_value = "private_key_jwt")]
    PrivateKeyJwt,
    /// A certificate that an authority has signed (RFC 8705, section 2.1).
    #[serde(rename = "tls_client_auth")]
    #[sea_orm(string_value = "tls_client_auth")]
    TlsClientAuth,
    /// A certificate of its own making (RFC 8705, section 2.2).
    #[serde(rename = "self_signed_tls_client_auth")]
    #[sea_orm(string_value = "self_signed_tls_client_auth")]
    SelfSignedTls,
    /// It cannot prove anything: a public client.
    #[serde(rename = "none")]
    #[sea_orm(string_value = "none")]
    None,
}

impl AuthMethod {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] =
        &[Self::Secret, Self::SecretJwt, Self::PrivateKeyJwt, Self::TlsClientAuth, Self::SelfSignedTls, Self::None];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::SecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTls => "self_signed_tls_client_auth",
            Self::None => "none",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }

    /// Whether it works with a secret that both sides have.
    #[must_use]
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::Secret | Self::SecretJwt)
    }

    /// Whether it works with public keys of the client's, registered or published.
    #[must_use]
    pub const fn needs_keys(self) -> bool {
        matches!(self, Self::PrivateKeyJwt | Self::SelfSignedTls)
    }

    /// Whether it is a certificate (RFC 8705).
    #[must_use]
    pub const fn is_tls(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTls)
    }
}

/// Of which kind a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum SubjectKind {
    /// Someone with a SIM of an operator.
    #[serde(rename = "subscriber")]
    #[sea_orm(string_value = "subscriber")]
    Subscriber,
    /// A person with a portal account.
    #[serde(rename = "user")]
    #[sea_orm(string_value = "user")]
    User,
}

/// How a client's access tokens look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum TokenFormat {
    /// Sealed; resource servers introspect them.
    #[serde(rename = "opaque")]
    #[sea_orm(string_value = "opaque")]
    Opaque,
    /// Signed (RFC 9068); resource servers verify them.
    #[serde(rename = "jwt")]
    #[sea_orm(string_value = "jwt")]
    Jwt,
}

impl TokenFormat {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Opaque, Self::Jwt];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opaque => "opaque",
            Self::Jwt => "jwt",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// With which algorithm tokens are signed (RFC 7518, RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum SigningAlg {
    /// RSA PKCS#1 v1.5 with SHA-256, which every OpenID Connect client understands.
    #[serde(rename = "RS256")]
    #[sea_orm(string_value = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    #[sea_orm(string_value = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    #[sea_orm(string_value = "EdDSA")]
    EdDsa,
}

impl SigningAlg {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Rs256, Self::Es256, Self::EdDsa];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// Whether a client works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum ClientState {
    /// It works.
    #[serde(rename = "active")]
    #[sea_orm(string_value = "active")]
    Active,
    /// Its owner has turned it off; nothing was deleted.
    #[serde(rename = "disabled")]
    #[sea_orm(string_value = "disabled")]
    Disabled,
}

impl ClientState {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Active, Self::Disabled];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// What a registered URI of a client is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum UriPurpose {
    /// Redirect after authorization (RFC 6749, section 3.1.2).
    #[serde(rename = "login")]
    #[sea_orm(string_value = "login")]
    Login,
    /// Redirect after a consent was revoked.
    #[serde(rename = "post_revoke")]
    #[sea_orm(string_value = "post_revoke")]
    PostRevoke,
    /// Redirect after logout (OpenID Connect RP-Initiated Logout).
    #[serde(rename = "post_logout")]
    #[sea_orm(string_value = "post_logout")]
    PostLogout,
}

impl UriPurpose {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Login, Self::PostRevoke, Self::PostLogout];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::PostRevoke => "post_revoke",
            Self::PostLogout => "post_logout",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum Channel {
    /// SMTP.
    #[serde(rename = "mail")]
    #[sea_orm(string_value = "mail")]
    Mail,
    /// An SMS gateway.
    #[serde(rename = "sms")]
    #[sea_orm(string_value = "sms")]
    Sms,
}

impl Channel {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Mail, Self::Sms];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum MessageState {
    /// Waits for its next attempt.
    #[serde(rename = "queued")]
    #[sea_orm(string_value = "queued")]
    Queued,
    /// A gateway has taken it; the content is gone.
    #[serde(rename = "sent")]
    #[sea_orm(string_value = "sent")]
    Sent,
    /// Stays in the sandbox outbox.
    #[serde(rename = "kept")]
    #[sea_orm(string_value = "kept")]
    Kept,
    /// Given up; the content is gone.
    #[serde(rename = "failed")]
    #[sea_orm(string_value = "failed")]
    Failed,
}

impl MessageState {
    /// All values, in the order in which people see them.
    pub const ALL: &'static [Self] = &[Self::Queued, Self::Sent, Self::Kept, Self::Failed];

    /// The value's name in tables, forms and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Kept => "kept",
            Self::Failed => "failed",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

/// Where a request is in its life that somebody answers elsewhere: for a device, or on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
pub enum AnswerState {
    /// Nobody has answered.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// Somebody has allowed it.
    #[sea_orm(string_value = "approved")]
    Approved,
    /// Somebody said no.
    #[sea_orm(string_value = "denied")]
    Denied,
}
