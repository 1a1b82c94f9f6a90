//! The configuration: a file, then the environment, then flags; the later wins.
//!
//! Every key is a row of [`keys::all`], from which follow how it is read, what
//! `portico config example` says about it, and its name in the environment: `mail.smtp.url` is
//! `PORTICO_MAIL_SMTP_URL`. A key that is marked secret can also be read from a file: then its
//! name ends with `_file`. The keys of other providers, `providers.NAME.*`, are in [`providers`].

mod example;
mod keys;
mod master_key;
mod providers;
mod read;
#[cfg(test)]
mod tests;
mod value;

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf, time::Duration};

use model::{Certificates, Lifetimes, Limits, Registration, Settings, client::Profile};

pub(crate) use self::master_key::create_folder;
pub use self::{
    example::example,
    master_key::MasterKeyError,
    providers::ProviderConfig,
    read::{ConfigError, Problem, Sources},
};
use crate::{
    carriers::{SmsGateway, Smtp},
    compose::Web,
    outgoing::OutgoingSettings,
    proxy::Proxies,
    tls::TlsFiles,
};

/// A value that is not printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Everything that can be configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where people reach the portal, if that is not where it listens.
    pub public_url: Option<String>,
    /// The issuer identifier, if it is not the public URL.
    pub issuer: Option<String>,
    /// Where the database and the master key lie, unless configured otherwise.
    pub data_dir: PathBuf,
    /// Whether this serves real people: then nothing of the sandbox is there.
    pub production: bool,
    /// Whether messages stay in the outbox.
    pub sandbox: bool,
    /// Whether programs may register clients at all.
    pub registration_enabled: bool,
    /// Whether they may without an initial access token; as in the sandbox, if absent.
    pub registration_open: Option<bool>,
    /// The profile of clients that register themselves.
    pub registration_profile: Profile,
    /// Whether a client's identifier may be the URL of a document; as in the sandbox, if absent.
    pub registration_metadata_documents: Option<bool>,
    /// The file with the master key.
    pub master_key_file: Option<PathBuf>,
    /// The folder with the static files, if it is not found beside the program.
    pub site_root: Option<PathBuf>,
    /// The database.
    pub database_url: Option<Secret>,
    /// Whose word about clients is taken.
    pub proxies: Proxies,
    /// The certificate that we serve with, if we terminate TLS ourselves.
    pub tls_certificate: Option<PathBuf>,
    /// Its key.
    pub tls_key: Option<PathBuf>,
    /// The authorities of client certificates.
    pub tls_client_ca: Option<PathBuf>,
    /// Whether clients may sign with their secret.
    pub client_secret_jwt: bool,
    /// Whether clients are asked for a certificate also where no authorities are configured.
    pub tls_client_certificates: bool,
    /// A second address to listen on, the only one where clients are asked for a certificate.
    pub tls_mutual_listen: Option<SocketAddr>,
    /// Where clients reach it, if not at the public URL with its port.
    pub tls_mutual_url: Option<String>,
    /// Whether DPoP proofs must carry a nonce.
    pub dpop_nonces: bool,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// How long running requests may take once the program is told to stop.
    pub shutdown_timeout: Duration,
    /// What is logged: a level, or directives for parts of the program.
    pub log_level: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Whether each request is logged.
    pub log_access: bool,
    /// How mail leaves.
    pub smtp: Smtp,
    /// How text messages leave.
    pub sms: SmsGateway,
    /// How addresses are fetched that somebody else has chosen.
    pub outgoing: OutgoingSettings,
    /// With which other providers people may sign in, by name.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How often things may be tried.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            public_url: None,
            issuer: None,
            data_dir: PathBuf::from("data"),
            production: false,
            sandbox: true,
            registration_enabled: true,
            registration_open: None,
            registration_profile: Profile::Standard,
            registration_metadata_documents: None,
            master_key_file: None,
            site_root: None,
            database_url: None,
            proxies: Proxies::default(),
            tls_certificate: None,
            tls_key: None,
            tls_client_ca: None,
            client_secret_jwt: false,
            tls_client_certificates: false,
            tls_mutual_listen: None,
            tls_mutual_url: None,
            dpop_nonces: false,
            request_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(20),
            log_level: "info".to_owned(),
            log_format: LogFormat::Text,
            log_access: true,
            smtp: Smtp::default(),
            sms: SmsGateway::default(),
            outgoing: OutgoingSettings::default(),
            providers: BTreeMap::new(),
            lifetimes: Lifetimes::default(),
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// Where people reach the portal, without a trailing slash.
    #[must_use]
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => {
                let scheme = if self.tls().is_some() { "https" } else { "http" };
                let unspecified = self.listen.ip().is_unspecified();
                let host = if unspecified { "127.0.0.1".to_owned() } else { self.listen.ip().to_string() };
                let host = if host.contains(':') { format!("[{host}]") } else { host };
                format!("{scheme}://{host}:{}", self.listen.port())
            }
        }
    }

    /// The files to serve TLS with, if we do.
    #[must_use]
    pub fn tls(&self) -> Option<TlsFiles> {
        let (certificate, key) = self.tls_certificate.clone().zip(self.tls_key.clone())?;
        let asks = self.asks_for_certificates() && self.tls_mutual_listen.is_none();
        Some(TlsFiles { certificate, key, client_ca: self.tls_client_ca.clone(), asks })
    }

    /// Where clients alone are asked for certificates, and with which files, if it is a place of its own.
    #[must_use]
    pub fn mutual_tls(&self) -> Option<(SocketAddr, TlsFiles)> {
        let listen = self.tls_mutual_listen?;
        Some((listen, TlsFiles { asks: true, ..self.tls()? }))
    }

    fn asks_for_certificates(&self) -> bool {
        self.tls_client_ca.is_some() || self.tls_client_certificates || self.tls_mutual_listen.is_some()
    }

    /// Which certificates of clients reach us.
    fn certificates(&self) -> Certificates {
        let asked_for = self.tls().is_some() && self.asks_for_certificates();
        match (asked_for || self.proxies.client_certificates, &self.tls_client_ca) {
            (false, _) => Certificates::None,
            (true, None) => Certificates::Unjudged,
            (true, Some(_)) => Certificates::Judged,
        }
    }

    /// Where clients are asked for certificates, if that is another place than all the rest: without a
    /// trailing slash.
    fn mutual_url(&self) -> Option<String> {
        if self.certificates() == Certificates::None {
            return None;
        }
        let configured = self.tls_mutual_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
        configured.or_else(|| {
            let (listen, _) = self.mutual_tls()?;
            let mut url = url::Url::parse(&self.public_url()).ok()?;
            url.set_port(Some(listen.port())).ok()?;
            Some(url.as_str().trim_end_matches('/').to_owned())
        })
    }

    /// The database's URL.
    #[must_use]
    pub fn database_url(&self) -> String {
        match &self.database_url {
            Some(url) => url.0.clone(),
            None => format!("sqlite:{}", self.data_dir.join("portico.db").display()),
        }
    }

    /// The database's URL as the log may show it: without the password.
    #[must_use]
    pub fn database_shown(&self) -> String {
        let text = self.database_url();
        match url::Url::parse(&text) {
            Ok(mut url) if url.has_host() => {
                let _cannot_have_one = url.set_password(None);
                url.to_string()
            }
            _ => text,
        }
    }

    /// What the model wants to know.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::at(&self.public_url());
        if let Some(issuer) = &self.issuer {
            settings.issuer.clone_from(issuer);
        }
        settings.sandbox = self.sandbox;
        settings.registration = match (self.registration_enabled, self.registration_open.unwrap_or(self.sandbox)) {
            (false, _) => Registration::Off,
            (true, false) => Registration::WithToken,
            (true, true) => Registration::Open,
        };
        settings.registration_profile = self.registration_profile;
        settings.metadata_documents = self.registration_metadata_documents.unwrap_or(self.sandbox);
        settings.certificates = self.certificates();
        settings.client_secret_jwt = self.client_secret_jwt;
        settings.mutual_url = self.mutual_url();
        settings.dpop_nonces = self.dpop_nonces;
        settings.providers = providers::settings(self);
        settings.lifetimes = self.lifetimes.clone();
        settings.limits = self.limits.clone();
        settings
    }

    /// What serving wants to know.
    #[must_use]
    pub fn web(&self) -> Web {
        Web {
            site_root: self.site_root(),
            proxies: self.proxies.clone(),
            request_timeout: self.request_timeout,
            access_log: self.log_access,
            ..Web::default()
        }
    }

    /// The folder with the static files: as configured, or `site` beside the program, or where
    /// `cargo leptos` puts it.
    #[must_use]
    pub fn site_root(&self) -> PathBuf {
        let beside = || {
            let program = std::env::current_exe().ok()?;
            let folder = program.parent()?;
            // Installed: beside the program. Built: target/release/portico and target/site.
            [folder.join("site"), folder.join("../site")].into_iter().find(|site| site.join("pkg").is_dir())
        };
        let watched = || std::env::var_os("LEPTOS_SITE_ROOT").map(PathBuf::from);
        self.site_root.clone().or_else(watched).or_else(beside).unwrap_or_else(|| PathBuf::from("target/site"))
    }
}
