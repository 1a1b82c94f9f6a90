//! The closed sets of values that columns hold, and that the wire and the forms name.

use sea_orm::{DeriveActiveEnum, EnumIter, prelude::StringLen};
use serde::{Deserialize, Serialize};

/// Sets of values, each with its one name: in tables, in forms and on the wire. They stand in the order
/// in which people see them.
macro_rules! values {
    ($($(#[$about:meta])* pub enum $set:ident { $($(#[$doc:meta])* $value:ident = $name:literal,)+ })+) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
        #[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
        pub enum $set {$(
            $(#[$doc])*
            #[serde(rename = $name)]
            #[sea_orm(string_value = $name)]
            $value,
        )+}

        impl $set {
            /// All values, in the order in which people see them.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The value's name in tables, forms and on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }

            /// Reads what [`Self::as_str`] writes.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    )+};
}

values! {
    /// What a member may do in an organization.
    pub enum Role {
        /// Everything, including giving the organization away.
        Owner = "owner",
        /// Everything but the organization itself: members, products, clients.
        Admin = "admin",
        /// Products and clients.
        Developer = "developer",
        /// Sees everything but secrets and changes nothing.
        Viewer = "viewer",
    }

    /// What an organization is.
    pub enum OrganizationKind {
        /// A user's own.
        Personal = "personal",
        /// Several people's.
        Team = "team",
        /// Has subscribers.
        Operator = "operator",
    }

    /// What a mailed link is for.
    pub enum LinkPurpose {
        /// Proves the address of a new account.
        VerifyEmail = "verify_email",
        /// Proves a new address of an account.
        ChangeEmail = "change_email",
        /// Sets a new password.
        ResetPassword = "reset_password",
    }

    /// Whom a product is for, which decides how its clients get tokens.
    pub enum Audience {
        /// Authorization code: a subscriber signs in and consents.
        Subscribers = "subscribers",
        /// Client credentials: no subscriber takes part.
        Operators = "operators",
        /// Authorization code: a portal user signs in and consents.
        Users = "users",
    }

    /// Which products can enable a scope.
    pub enum ScopeAudience {
        /// Products for subscribers.
        Subscribers = "subscribers",
        /// Products for operators.
        Operators = "operators",
        /// Products for subscribers and products for operators.
        Both = "both",
        /// Products for portal users.
        Users = "users",
        /// Products to which people sign in: subscribers or portal users.
        People = "people",
    }

    /// Where a product stands with an operator.
    pub enum DistributionState {
        /// The developer offers it; the operator has not decided.
        Offered = "offered",
        /// The operator's subscribers can use it.
        Enabled = "enabled",
        /// The operator has turned it off.
        Disabled = "disabled",
    }

    /// Which rules a client is held to.
    pub enum Profile {
        /// For clients written before 2020: PKCE optional, phone number in the ID token.
        Classic = "classic",
        /// OAuth 2.1.
        Standard = "standard",
        /// FAPI 2.0 Security Profile: for banks and the like.
        Fapi2 = "fapi2",
        /// The Model Context Protocol: for agents.
        Mcp = "mcp",
    }

    /// Whether a client can keep a secret (RFC 6749, section 2.1).
    pub enum ClientKind {
        /// Runs on a server.
        Confidential = "confidential",
        /// Runs in a browser or on a device.
        Public = "public",
    }

    /// How a client proves who it is (OpenID Connect Core, section 9).
    pub enum AuthMethod {
        /// A secret, in the header (`client_secret_basic`) or in the body (`client_secret_post`).
        Secret = "secret",
        /// A JWT that it signs with its secret (OpenID Connect Core, section 9).
        SecretJwt = "client_secret_jwt",
        /// A JWT that it signs with a key of its own (RFC 7523, section 2.2).
        PrivateKeyJwt = "private_key_jwt",
        /// A certificate that an authority has signed (RFC 8705, section 2.1).
        TlsClientAuth = "tls_client_auth",
        /// A certificate of its own making (RFC 8705, section 2.2).
        SelfSignedTls = "self_signed_tls_client_auth",
        /// It cannot prove anything: a public client.
        None = "none",
    }

    /// Of which kind a subject is.
    pub enum SubjectKind {
        /// Someone with a SIM of an operator.
        Subscriber = "subscriber",
        /// A person with a portal account.
        User = "user",
    }

    /// How a client's access tokens look.
    pub enum TokenFormat {
        /// Sealed; resource servers introspect them.
        Opaque = "opaque",
        /// Signed (RFC 9068); resource servers verify them.
        Jwt = "jwt",
    }

    /// With which algorithm tokens are signed (RFC 7518, RFC 8037).
    pub enum SigningAlg {
        /// RSA PKCS#1 v1.5 with SHA-256, which every OpenID Connect client understands.
        Rs256 = "RS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }

    /// Whether a client works.
    pub enum ClientState {
        /// It works.
        Active = "active",
        /// Its owner has turned it off; nothing was deleted.
        Disabled = "disabled",
    }

    /// What a registered URI of a client is for.
    pub enum UriPurpose {
        /// Redirect after authorization (RFC 6749, section 3.1.2).
        Login = "login",
        /// Redirect after a consent was revoked.
        PostRevoke = "post_revoke",
        /// Redirect after logout (OpenID Connect RP-Initiated Logout).
        PostLogout = "post_logout",
    }

    /// How a message travels.
    pub enum Channel {
        /// SMTP.
        Mail = "mail",
        /// An SMS gateway.
        Sms = "sms",
    }

    /// Where a message is.
    pub enum MessageState {
        /// Waits for its next attempt.
        Queued = "queued",
        /// A gateway has taken it; the content is gone.
        Sent = "sent",
        /// Stays in the sandbox outbox.
        Kept = "kept",
        /// Given up; the content is gone.
        Failed = "failed",
    }

    /// Where a request is in its life that somebody answers elsewhere: for a device, or on the phone.
    pub enum AnswerState {
        /// Nobody has answered.
        Pending = "pending",
        /// Somebody has allowed it.
        Approved = "approved",
        /// Somebody said no.
        Denied = "denied",
    }
}

impl Audience {
    /// Whether somebody signs in, or clients speak only for themselves.
    #[must_use]
    pub const fn signs_in(self) -> bool {
        matches!(self, Self::Subscribers | Self::Users)
    }
}

impl AuthMethod {
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
