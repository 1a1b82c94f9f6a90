//! What the installation decides: issuer, lifetimes, limits.

use crate::{days, entity::Profile, hours, limit::Rule, minutes, seconds, upstream::Provider};

/// The installation's decisions that rules depend on. Filled from the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The issuer identifier (RFC 8414, section 2), exactly as configured.
    pub issuer: String,
    /// Where the portal is reached, without a trailing slash: the base of every mailed link.
    pub public_url: String,
    /// The bare host name that text messages name (`@id.example.com #123456`).
    pub message_host: String,
    /// Whether messages stay in the sandbox outbox, where a page shows them.
    pub sandbox: bool,
    /// Who may register clients by themselves.
    pub registration: Registration,
    /// The profile of clients that register themselves, as far as what they ask for fits it;
    /// [`Profile::Standard`] otherwise.
    pub registration_profile: Profile,
    /// Whether the URL of a metadata document can be a client's identifier.
    pub metadata_documents: bool,
    /// Which certificates of clients reach us (RFC 8705).
    pub certificates: Certificates,
    /// Whether clients may sign with their secret (`client_secret_jwt`), which then rests here sealed and
    /// not as a hash alone.
    pub client_secret_jwt: bool,
    /// Where clients are asked for certificates, without a trailing slash, if that is a place of its own
    /// (RFC 8705, section 5).
    pub mutual_url: Option<String>,
    /// Whether DPoP proofs must carry a nonce of ours (RFC 9449, sections 8 and 9).
    pub dpop_nonces: bool,
    /// With which other providers people may sign in to the portal.
    pub providers: Vec<Provider>,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How often things may be tried.
    pub limits: Limits,
    /// How long a cached row may be stale when an invalidation was lost, in milliseconds.
    pub cache_staleness: i64,
}

impl Settings {
    /// The defaults for an installation that is reached at `public_url`.
    #[must_use]
    pub fn at(public_url: &str) -> Self {
        let host = url::Url::parse(public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        Self {
            issuer: public_url.to_owned(),
            public_url: public_url.trim_end_matches('/').to_owned(),
            message_host: host.unwrap_or_default(),
            sandbox: true,
            registration: Registration::Open,
            registration_profile: Profile::Standard,
            metadata_documents: true,
            certificates: Certificates::None,
            client_secret_jwt: false,
            mutual_url: None,
            dpop_nonces: false,
            providers: Vec::new(),
            lifetimes: Lifetimes::default(),
            limits: Limits::default(),
            cache_staleness: seconds(60),
        }
    }

    /// The identifier of the portal's own API: what its tokens are for (RFC 8707; RFC 9728).
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}/api/v1", self.public_url)
    }

    /// By which names tokens for an API of the catalogue are asked for. The portal's own also goes by
    /// the address of the portal, for clients that look at the host alone.
    #[must_use]
    pub fn api_names(&self, api: &str) -> Vec<String> {
        if api.starts_with('/') {
            vec![format!("{}{api}", self.public_url), self.public_url.clone()]
        } else {
            vec![api.to_owned()]
        }
    }

    /// The same endpoint at the place where clients are asked for certificates, if that is one of its own
    /// and the endpoint is ours.
    #[must_use]
    pub fn at_mutual_url(&self, endpoint: &str) -> Option<String> {
        let base = self.mutual_url.as_ref()?;
        let ours = [self.issuer.trim_end_matches('/'), &self.public_url];
        let path = ours.into_iter().find_map(|ours| endpoint.strip_prefix(ours))?;
        Some(format!("{base}{path}"))
    }

    /// Whether cookies can be `Secure` with the `__Host-` prefix.
    #[must_use]
    pub fn secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Who may register clients by themselves (RFC 7591).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Nobody.
    Off,
    /// Whoever has an initial access token.
    WithToken,
    /// Everybody.
    Open,
}

/// Which certificates of clients reach us, by TLS or through a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificates {
    /// None.
    None,
    /// Some, and no authority is configured that could have signed them.
    Unjudged,
    /// Some, judged by configured authorities.
    Judged,
}

/// How long things live, in milliseconds.
#[derive(Clone, Debug)]
pub struct Lifetimes {
    /// Authorization codes: at most 60 seconds.
    pub code: i64,
    /// Access tokens.
    pub access_token: i64,
    /// ID tokens.
    pub id_token: i64,
    /// A refresh token's family, from the first authorization; rotation does not extend it.
    pub refresh_token: i64,
    /// How long a refresh token's family lives without being used.
    pub refresh_idle: i64,
    /// How long a refresh token that was already rotated is answered with its successor again,
    /// as long as nobody has used that one: the response may have been lost.
    pub refresh_retry: i64,
    /// An authorization request in progress.
    pub interaction: i64,
    /// A pushed authorization request: under ten minutes (FAPI 2.0 Security Profile, section 5.3.2.2).
    pub pushed_request: i64,
    /// A device's request (RFC 8628, section 3.2).
    pub device_code: i64,
    /// A request that somebody answers on their phone (CIBA); clients may ask for less.
    pub backchannel_request: i64,
    /// A link at which a subscriber takes a consent back.
    pub revoke_link: i64,
    /// A PIN: at most ten minutes.
    pub pin: i64,
    /// A subscriber's single sign-on session.
    pub subscriber_session: i64,
    /// A portal session since it was last seen.
    pub portal_session: i64,
    /// Links that verify an address.
    pub verify_link: i64,
    /// Links that set a new password.
    pub reset_link: i64,
    /// Invitations.
    pub invitation: i64,
    /// How long a signing key signs.
    pub signing_key: i64,
    /// How long before its use a signing key is published.
    pub signing_key_ahead: i64,
    /// How long messages stay in the sandbox outbox.
    pub outbox: i64,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            code: seconds(60),
            access_token: hours(1),
            id_token: hours(1),
            refresh_token: days(180),
            refresh_idle: days(90),
            refresh_retry: seconds(30),
            interaction: minutes(30),
            pushed_request: seconds(90),
            device_code: minutes(10),
            backchannel_request: minutes(10),
            revoke_link: minutes(30),
            pin: minutes(10),
            subscriber_session: hours(12),
            portal_session: days(14),
            verify_link: days(2),
            reset_link: hours(1),
            invitation: days(7),
            signing_key: days(90),
            signing_key_ahead: days(7),
            outbox: days(1),
        }
    }
}

/// How often things may be tried. Each is a budget that refills evenly over its period.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Sign-ins with a password for one account.
    pub sign_in_account: Rule,
    /// Sign-ins and sign-ups from one address.
    pub sign_in_address: Rule,
    /// Wrong codes at the second step of a sign-in, for one account. Whoever gets there knows the
    /// password, so that a tight budget locks no stranger's victim out.
    pub second_factor: Rule,
    /// Mails (verification, reset, invitation) to one address.
    pub mail_recipient: Rule,
    /// Invitations and changes of address that one account has mailed.
    pub mail_sender: Rule,
    /// Pictures that one account uploads.
    pub picture_account: Rule,
    /// PINs sent to one number.
    pub pin_number: Rule,
    /// PINs asked for from one address.
    pub pin_address: Rule,
    /// PINs asked for through one client.
    pub pin_client: Rule,
    /// PINs in all.
    pub pin_overall: Rule,
    /// Wrong PINs for one number, over all its challenges.
    pub pin_wrong_number: Rule,
    /// Wrong PINs from one address.
    pub pin_wrong_address: Rule,
    /// Requests of devices from one address.
    pub device_address: Rule,
    /// Wrong user codes of devices from one address.
    pub device_wrong_address: Rule,
    /// Requests (CIBA) that one number is sent.
    pub backchannel_number: Rule,
    /// Requests (CIBA) that one client has sent.
    pub backchannel_client: Rule,
    /// Requests (CIBA) in all.
    pub backchannel_overall: Rule,
    /// Wrong client secrets for one client from one address, on one node.
    pub client_auth_address: Rule,
    /// Requests of one client at the endpoints for programs, on one node.
    pub client_requests: Rule,
    /// Clients registered from one address without an initial access token.
    pub registration_address: Rule,
    /// What requests from one address may make us fetch: request objects, metadata documents, lists of
    /// sectors.
    pub fetch_address: Rule,
    /// Request objects fetched for one client.
    pub fetch_client: Rule,
    /// Metadata documents and lists of sectors fetched from one host, and as many logos.
    pub fetch_host: Rule,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_in_account: Rule::new(10, minutes(15)),
            sign_in_address: Rule::new(60, minutes(15)),
            second_factor: Rule::new(10, hours(1)),
            mail_recipient: Rule::new(5, hours(1)),
            mail_sender: Rule::new(50, hours(1)),
            picture_account: Rule::new(20, hours(1)),
            pin_number: Rule::new(5, minutes(30)),
            pin_address: Rule::new(30, minutes(30)),
            pin_client: Rule::new(600, minutes(10)),
            pin_overall: Rule::new(3_000, minutes(10)),
            pin_wrong_number: Rule::new(15, hours(1)),
            pin_wrong_address: Rule::new(60, hours(1)),
            device_address: Rule::new(60, minutes(10)),
            device_wrong_address: Rule::new(10, minutes(15)),
            backchannel_number: Rule::new(5, minutes(30)),
            backchannel_client: Rule::new(600, minutes(10)),
            backchannel_overall: Rule::new(3_000, minutes(10)),
            client_auth_address: Rule::new(100, minutes(1)),
            // More than a node of two cores answers in all: who needs a lower one knows their clients.
            client_requests: Rule::new(3_000_000, minutes(1)),
            registration_address: Rule::new(100, hours(1)),
            fetch_address: Rule::new(60, minutes(10)),
            fetch_client: Rule::new(600, minutes(10)),
            fetch_host: Rule::new(60, minutes(10)),
        }
    }
}
