//! Who else may say who somebody is, as the installation configures it.

use url::Url;

use crate::{Settings, secret::Plain};

/// A provider.
#[derive(Clone, Debug)]
pub struct Provider {
    /// By which addresses of ours and sessions know it: lower-case letters, digits and hyphens.
    pub id: String,
    /// What people read: *Sign in with …*.
    pub name: String,
    /// How it is talked to.
    pub kind: Kind,
    /// As which client it knows us.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Plain,
    /// How the client shows its secret; as the provider says, if absent.
    pub client_auth: Option<ClientAuth>,
    /// What is asked for.
    pub scopes: Vec<String>,
}

/// How a provider is talked to.
#[derive(Clone, Debug)]
pub enum Kind {
    /// OpenID Connect: everything follows from the issuer identifier.
    OpenId {
        /// The issuer identifier, exactly as the provider writes it.
        issuer: String,
    },
    /// OAuth 2.0 with an address that says who the token is about.
    OAuth(Box<Endpoints>),
}

impl Kind {
    /// Whether its answers can say when the person has signed in there.
    #[must_use]
    pub const fn says_when(&self) -> bool {
        matches!(self, Self::OpenId { .. })
    }
}

/// Where a plain OAuth server is asked.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// Where browsers are sent (RFC 6749, section 3.1).
    pub authorization: Url,
    /// Where codes are redeemed (RFC 6749, section 3.2).
    pub token: Url,
    /// Who the token is about: a JSON object.
    pub user: Url,
    /// Their mail addresses, as GitHub lists them: objects with `email`, `primary` and `verified`.
    pub emails: Option<Url>,
    /// Where in the object what is.
    pub fields: Fields,
}

/// Names of members of a JSON object; a dot leads into an inner one.
#[derive(Clone, Debug)]
pub struct Fields {
    /// What never changes and is never given to somebody else.
    pub subject: String,
    /// A mail address.
    pub email: String,
    /// Whether the provider has seen that it is theirs. Without it no address counts as verified.
    pub email_verified: Option<String>,
    /// Their name.
    pub name: String,
    /// What they call their account.
    pub login: String,
}

/// How our client shows its secret (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// In the header.
    Basic,
    /// In the body.
    Post,
}

impl Provider {
    /// Who vouches for the subjects: the issuer identifier, or the address that names them. Links
    /// belong to it, so that a provider that is configured anew elsewhere is another one.
    #[must_use]
    pub fn issuer(&self) -> &str {
        match &self.kind {
            Kind::OpenId { issuer } => issuer,
            Kind::OAuth(endpoints) => endpoints.user.as_str(),
        }
    }

    /// Where the provider sends browsers back to: an address of its own for each, so that the
    /// answer of one cannot pass for another's (RFC 9700, section 4.4.2.2).
    #[must_use]
    pub fn redirect_uri(&self, settings: &Settings) -> String {
        format!("{}/signin/with/{}/callback", settings.public_url, self.id)
    }

    /// Whether browsers are sent there by https.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        match &self.kind {
            Kind::OpenId { issuer } => issuer.starts_with("https://"),
            Kind::OAuth(endpoints) => endpoints.authorization.scheme() == "https",
        }
    }
}

/// The provider of this id.
#[must_use]
pub fn find<'a>(settings: &'a Settings, id: &str) -> Option<&'a Provider> {
    settings.providers.iter().find(|provider| provider.id == id)
}
