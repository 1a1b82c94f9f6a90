//! The configuration: a file, then the environment, then flags; the later wins.
//!
//! Every key is a row of [`keys::KEYS`], from which follow how it is read, what
//! `portico config example` says about it, and its name in the environment: `mail.smtp.url` is
//! `PORTICO_MAIL_SMTP_URL`. A key that is marked secret can also be read from a file: then its
//! name ends with `_file`. The keys of other providers, `providers.NAME.*`, are in [`providers`].

mod keys;
mod providers;
mod value;

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use model::{Certificates, Lifetimes, Limits, Registration, Settings, client::Profile, seal::MasterKey};
use toml::de::{DeTable, DeValue};

pub use self::providers::ProviderConfig;
use self::{keys::KEYS, value::Value};
use crate::{
    carriers::{SmsGateway, Smtp},
    compose::Web,
    edge::is_loopback,
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

/// A key that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it was read: a file with its line, a variable, a flag.
    pub place: String,
    /// Which key, if it is about one.
    pub key: Option<String>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{}: {key} {}", self.place, self.what),
            None => write!(f, "{}: {}", self.place, self.what),
        }
    }
}

/// Why there is no configuration: everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<Problem>);

/// Where to read from.
#[derive(Default)]
pub struct Sources {
    /// The file, if one was named; otherwise `portico.toml` is read if it exists.
    pub file: Option<PathBuf>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// Flags, as key and value.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// This process's environment, and these flags.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>, flags: Vec<(String, String)>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, environment, flags }
    }
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    ///
    /// With everything that is wrong, not only the first.
    pub fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        let mut problems = Vec::new();
        let default = Path::new("portico.toml");
        let file = match &sources.file {
            Some(file) => Some(file.as_path()),
            None => Some(default).filter(|file| file.exists()),
        };
        if let Some(file) = file {
            match std::fs::read_to_string(file) {
                Ok(text) => config.apply_file(&file.display().to_string(), &text, &mut problems),
                Err(error) => {
                    problems.push(Problem {
                        place: file.display().to_string(),
                        key: None,
                        what: format!("cannot be read: {error}"),
                    });
                }
            }
        }
        config.apply_environment(&sources.environment, &mut problems);
        for (key, value) in &sources.flags {
            config.apply("command line", key, &Value::Text(value.clone()), &mut problems);
        }
        if problems.is_empty() {
            config.check(&mut problems);
        }
        if problems.is_empty() { Ok(config) } else { Err(ConfigError(problems)) }
    }

    fn apply_file(&mut self, name: &str, text: &str, problems: &mut Vec<Problem>) {
        let place = |at: usize| format!("{name}:{}", 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count());
        match DeTable::parse(text) {
            Ok(table) => self.apply_table("", table.get_ref(), &place, problems),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                problems.push(Problem { place: place(at), key: None, what: error.message().to_owned() });
            }
        }
    }

    fn apply_table(
        &mut self,
        prefix: &str,
        table: &DeTable<'_>,
        place: &dyn Fn(usize) -> String,
        problems: &mut Vec<Problem>,
    ) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            match value.get_ref() {
                DeValue::Table(inner) if find(&key).is_none() => {
                    self.apply_table(&format!("{key}."), inner, place, problems);
                }
                other => self.apply(&place(name.span().start), &key, &from_toml(other), problems),
            }
        }
    }

    fn apply_environment(&mut self, environment: &[(String, String)], problems: &mut Vec<Problem>) {
        // Not ours to read: of the scripts and tests, of container platforms that announce a
        // service of our name, and where the file is.
        const OTHERS: [&str; 7] = ["CONFIG", "TEST_", "E2E_", "BENCH_", "TOOLS", "SERVICE_", "PORT"];
        for (variable, value) in environment {
            let Some(name) = variable.strip_prefix("PORTICO_") else { continue };
            if OTHERS.iter().any(|other| name.starts_with(other)) {
                continue;
            }
            let key = KEYS.iter().flat_map(names).find(|key| environment_name(key) == name);
            let key = key.or_else(|| providers::from_environment(name)).unwrap_or_else(|| name.to_lowercase());
            self.apply(variable, &key, &Value::Text(value.clone()), problems);
        }
    }

    fn apply(&mut self, place: &str, name: &str, value: &Value, problems: &mut Vec<Problem>) {
        let result = match find(name) {
            Some((key, false)) => (key.set)(self, value),
            Some((key, true)) => read_secret(value).and_then(|text| (key.set)(self, &Value::Text(text))),
            None if providers::owns(name) => providers::apply(self, name, value),
            None => Err(unknown(name)),
        };
        if let Err(what) = result {
            problems.push(Problem { place: place.to_owned(), key: Some(name.to_owned()), what });
        }
    }

    /// What can only be judged together.
    fn check(&self, problems: &mut Vec<Problem>) {
        let mut problem = |key: &str, what: &str| {
            problems.push(Problem {
                place: "configuration".to_owned(),
                key: Some(key.to_owned()),
                what: what.to_owned(),
            });
        };
        if self.production && self.sandbox {
            problem("sandbox", "must be false when production = true: the outbox shows everybody's messages");
        }
        if !self.sandbox && self.smtp.url.is_none() {
            problem("mail.smtp.url", "is needed when sandbox = false");
        }
        if !self.sandbox && self.sms.url.is_none() {
            problem("sms.gateway.url", "is needed when sandbox = false");
        }
        let local = url::Url::parse(&self.public_url()).is_ok_and(|url| is_loopback(&url));
        if self.production && !local && !self.public_url().starts_with("https://") {
            problem("public_url", "must begin with https:// when production = true");
        }
        match (&self.tls_certificate, &self.tls_key) {
            (Some(_), None) => problem("tls.key", "is needed beside tls.certificate"),
            (None, Some(_)) => problem("tls.certificate", "is needed beside tls.key"),
            _ => {}
        }
        if self.proxies.client_certificates && self.proxies.trusted.is_empty() {
            problem("http.client_certificates", "needs http.trusted_proxies: nobody else is believed");
        }
        if self.production && !self.outgoing.allow.is_empty() {
            problem("outgoing.allow", "must be empty when production = true: it lets others reach what is ours");
        }
        if self.lifetimes.code > model::seconds(60) {
            problem("lifetimes.code", "must be at most 60s");
        }
        if self.lifetimes.access_token < model::seconds(60) {
            problem("lifetimes.access_token", "must be at least 60s");
        }
        // FAPI 2.0 Security Profile, section 5.3.2.2.
        if self.lifetimes.pushed_request >= model::minutes(10) {
            problem("lifetimes.pushed_request", "must be below 10m");
        }
        if self.lifetimes.pin > model::minutes(10) {
            problem("lifetimes.pin", "must be at most 10m");
        }
        if self.lifetimes.signing_key_ahead >= self.lifetimes.signing_key {
            problem("lifetimes.signing_key_ahead", "must be shorter than lifetimes.signing_key");
        }
        providers::check(self, problems);
    }

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
        Some(TlsFiles { certificate, key, client_ca: self.tls_client_ca.clone() })
    }

    /// Which certificates of clients reach us.
    fn certificates(&self) -> Certificates {
        let asked_for = self.tls().is_some() && self.tls_client_ca.is_some();
        match (asked_for || self.proxies.client_certificates, &self.tls_client_ca) {
            (false, _) => Certificates::None,
            (true, None) => Certificates::Unjudged,
            (true, Some(_)) => Certificates::Judged,
        }
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

    /// The file with the master key.
    #[must_use]
    pub fn master_key_file(&self) -> PathBuf {
        self.master_key_file.clone().unwrap_or_else(|| self.data_dir.join("master.key"))
    }

    /// The master key. Creates it in the data folder if it was never there.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, or holds something else.
    pub fn master_key(&self) -> Result<MasterKey, MasterKeyError> {
        let file = self.master_key_file();
        let failed = |error| MasterKeyError::Io(file.clone(), error);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => create_master_key(&file).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = [0; 32];
        match hex_bytes(text.trim(), &mut bytes) {
            Some(()) => Ok(MasterKey::new(bytes)),
            None => Err(MasterKeyError::Form(file)),
        }
    }
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or written.
    #[error("the master key {0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// The file holds something else.
    #[error("the master key {0} must be 64 hexadecimal digits")]
    Form(PathBuf),
}

fn create_master_key(file: &Path) -> std::io::Result<String> {
    use std::io::Write as _;
    let mut bytes = [0; 32];
    model::Rng::fill(&model::SystemRng, &mut bytes).map_err(std::io::Error::other)?;
    let mut text = String::with_capacity(65);
    for byte in bytes {
        let _infallible = write!(text, "{byte:02x}");
    }
    text.push('\n');
    if let Some(folder) = file.parent() {
        create_folder(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    Ok(text)
}

/// Creates a folder, if it is not there, that only we can look into.
pub(crate) fn create_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn hex_bytes(text: &str, bytes: &mut [u8; 32]) -> Option<()> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(())
}

/// What is in the file that a value names.
fn read_secret(value: &Value) -> Result<String, String> {
    let file = value.path()?;
    let text = std::fs::read_to_string(&file)
        .map_err(|error| format!("names {}, which cannot be read: {error}", file.display()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// The key with this name, and whether the name is its `_file` form.
fn find(name: &str) -> Option<(&'static keys::Key, bool)> {
    KEYS.iter().find_map(|key| {
        let from_file = || name.strip_suffix("_file") == Some(key.name) && key.secret;
        if key.name == name { Some((key, false)) } else { from_file().then_some((key, true)) }
    })
}

/// The names under which a key can be given.
fn names(key: &keys::Key) -> Vec<String> {
    let mut names = vec![key.name.to_owned()];
    if key.secret {
        names.push(format!("{}_file", key.name));
    }
    names
}

fn environment_name(key: &str) -> String {
    key.replace('.', "_").to_uppercase()
}

fn unknown(name: &str) -> String {
    let nearest = KEYS
        .iter()
        .flat_map(names)
        .map(|key| (strsim::normalized_damerau_levenshtein(&key, name), key))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(closeness, _)| *closeness > 0.5);
    match nearest {
        Some((_, key)) => format!("is not a key; the nearest one is {key}"),
        None => "is not a key; `portico config example` lists all of them".to_owned(),
    }
}

fn from_toml(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Integer(value) => i64::from_str_radix(value.as_str(), value.radix())
            .map_or(Value::Other("too large an integer"), Value::Integer),
        DeValue::Array(values) => Value::List(values.iter().map(|value| from_toml(value.get_ref())).collect()),
        DeValue::Table(table) => {
            let pairs = table.iter().map(|(name, value)| match value.get_ref() {
                DeValue::String(text) => Some((name.get_ref().to_string(), text.to_string())),
                _ => None,
            });
            pairs.collect::<Option<Vec<_>>>().map_or(Value::Other("a table of other values"), Value::Table)
        }
        DeValue::Float(_) => Value::Other("a float"),
        DeValue::Datetime(_) => Value::Other("a date"),
    }
}

/// A file with every key, its meaning and its default.
#[must_use]
pub fn example() -> String {
    let config = Config::default();
    let mut text = String::from(
        "# Portico's configuration. Every key is here with its default; those without one are\n\
         # commented out. The environment overrides the file: `mail.smtp.url` is\n\
         # PORTICO_MAIL_SMTP_URL. Flags override both. A secret can also be read from a file: its\n\
         # key then ends with `_file`.\n",
    );
    let mut section = "";
    for key in KEYS {
        let (table, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if table != section {
            section = table;
            let _infallible = write!(text, "\n[{table}]\n");
        }
        text.push('\n');
        for line in key.doc.lines() {
            let _infallible = writeln!(text, "# {line}");
        }
        let _infallible = match (key.show)(&config) {
            Some(value) => writeln!(text, "{name} = {value}"),
            None if key.secret => writeln!(
                text,
                "# {name} = {0}\n# {name}_file = \"/run/secrets/portico-{1}\"",
                key.sample,
                name.replace('_', "-")
            ),
            None => writeln!(text, "# {name} = {}", key.sample),
        };
    }
    providers::example(&mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("portico.toml");
        std::fs::write(&file, text).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let shown = file.display().to_string();
        Config::read(&Sources { file: Some(file), environment, flags: Vec::new() })
            .map_err(|error| error.to_string().replace(&shown, "portico.toml"))
    }

    #[test]
    fn the_example_is_the_default() {
        let text = example();
        let config = read(&text, &[]).unwrap();
        for key in KEYS {
            assert_eq!((key.show)(&config), (key.show)(&Config::default()), "{}", key.name);
            assert!(!key.doc.is_empty(), "{} is not documented", key.name);
        }
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn what_is_commented_out_in_the_example_is_understood_too() {
        let live: String = example()
            .lines()
            .filter(|line| !line.contains("_file = "))
            .map(|line| match line.strip_prefix("# ") {
                Some(rest)
                    if KEYS
                        .iter()
                        .map(|key| key.name.rsplit('.').next().unwrap())
                        .chain(providers::names())
                        .any(|name| rest.starts_with(&format!("{name} = "))) =>
                {
                    format!("{rest}\n")
                }
                _ => format!("{line}\n"),
            })
            .collect();
        let config = read(&live, &[]).unwrap();
        assert!(config.sms.url.is_some() && config.smtp.url.is_some() && config.issuer.is_some());
        let providers = config.settings().providers;
        assert_eq!(providers.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Example", "GitHub"]);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_key() {
        let error = read("listen = \"127.0.0.1:0\"\n\n[mail.smpt]\nurl = \"x\"\n", &[]).unwrap_err();
        assert_eq!(error, "portico.toml:4: mail.smpt.url is not a key; the nearest one is mail.smtp.url");
        let error = read("", &[("PORTICO_LISTN", "x")]).unwrap_err();
        assert_eq!(error, "PORTICO_LISTN: listn is not a key; the nearest one is listen");
    }

    #[test]
    fn a_malformed_value_is_named_with_its_line() {
        let error = read("production = \"yes\"\n[lifetimes]\npin = 600\n", &[]).unwrap_err();
        let lines: Vec<_> = error.lines().collect();
        assert!(lines.contains(&"portico.toml:1: production must be true or false, and is \"yes\""), "{error}");
        assert!(lines.iter().any(|line| line.starts_with("portico.toml:3: lifetimes.pin must be a time")), "{error}");
        let error = read("a = [\nb = 1\n", &[]).unwrap_err();
        assert!(error.starts_with("portico.toml:"), "{error}");
    }

    #[test]
    fn the_environment_overrides_the_file_and_flags_both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("portico.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:1\"\ndata_dir = \"from-file\"\n[log]\nlevel = \"warn\"\n").unwrap();
        let environment = vec![
            ("PORTICO_LISTEN".to_owned(), "127.0.0.1:2".to_owned()),
            ("PORTICO_DATA_DIR".to_owned(), "from-env".to_owned()),
            ("PORTICO_TEST_DATABASE".to_owned(), "sqlite".to_owned()),
        ];
        let flags = vec![("listen".to_owned(), "127.0.0.1:3".to_owned())];
        let config = Config::read(&Sources { file: Some(file), environment, flags }).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.data_dir, PathBuf::from("from-env"));
        assert_eq!(config.log_level, "warn");
        assert_eq!(config.public_url(), "http://127.0.0.1:3");
    }

    /// A limit or a lifetime that is added without a key cannot be configured.
    #[test]
    fn every_limit_and_lifetime_has_a_key() {
        let config = Config::default();
        for (table, debug) in
            [("limits", format!("{:#?}", config.limits)), ("lifetimes", format!("{:#?}", config.lifetimes))]
        {
            // Its fields are the lines that are indented once.
            let fields = debug.lines().filter_map(|line| {
                let line = line.strip_prefix("    ").filter(|line| !line.starts_with([' ', '}']))?;
                Some(line.split_once(':')?.0)
            });
            let wanted: Vec<String> = fields.map(|field| format!("{table}.{field}")).collect();
            assert!(wanted.len() > 5, "{debug}");
            for name in wanted {
                assert!(find(&name).is_some(), "{name} is not a key");
            }
        }
    }

    #[test]
    fn limits_and_lifetimes_have_bounds() {
        for (text, wanted) in [
            ("[lifetimes]\ncode = \"61s\"", "lifetimes.code must be at most 60s"),
            ("[lifetimes]\naccess_token = \"59s\"", "lifetimes.access_token must be at least 60s"),
            ("[lifetimes]\npushed_request = \"10m\"", "lifetimes.pushed_request must be below 10m"),
            ("[lifetimes]\npin = \"11m\"", "lifetimes.pin must be at most 10m"),
            ("[limits]\npin_number = \"0 in 1m\"", "limits.pin_number must be a limit"),
            ("[limits]\npin_number = \"2000 in 1s\"", "limits.pin_number must be a limit"),
            ("[limits]\npin_number = \"many\"", "limits.pin_number must be a limit"),
            ("[limits]\npin_nmber = \"1 in 1s\"", "the nearest one is limits.pin_number"),
        ] {
            let error = read(text, &[]).unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
        let config = read("[limits]\npin_address = \"500 in 1h\"", &[]).unwrap();
        assert_eq!(config.settings().limits.pin_address, model::limit::Rule::new(500, 3_600_000));
    }

    #[test]
    fn a_secret_can_come_from_a_file_and_is_not_printed() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("password");
        std::fs::write(&secret, "hunter2\n").unwrap();
        let path = secret.display().to_string();
        let config = read("", &[("PORTICO_MAIL_SMTP_PASSWORD_FILE", &path)]).unwrap();
        assert_eq!(config.smtp.password, Some(Secret("hunter2".to_owned())));
        assert!(!format!("{config:?}").contains("hunter2"));
        let error = read("", &[("PORTICO_MAIL_SMTP_PASSWORD_FILE", "/nowhere/at/all")]).unwrap_err();
        assert!(error.contains("/nowhere/at/all"), "{error}");
    }

    #[test]
    fn a_provider_can_come_from_the_environment_and_says_what_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "s3cret\n").unwrap();
        let path = secret.display().to_string();
        let file = "[providers.our-id]\nname = \"Our ID\"\nissuer = \"https://id.example\"\n";
        let environment = [
            ("PORTICO_PROVIDERS_OUR_ID_CLIENT_ID", "us"),
            ("PORTICO_PROVIDERS_OUR_ID_CLIENT_SECRET_FILE", path.as_str()),
        ];
        let config = read(file, &environment).unwrap();
        let [provider] = config.settings().providers.try_into().unwrap();
        assert_eq!((provider.id.as_str(), provider.client_id.as_str()), ("our-id", "us"));
        assert_eq!(provider.client_secret.reveal(), "s3cret");
        assert_eq!(provider.scopes, ["openid", "email", "profile"]);
        assert!(!format!("{config:?}{provider:?}").contains("s3cret"));

        let error = read(file, &[]).unwrap_err();
        assert!(error.contains("providers.our-id.client_id is needed"), "{error}");
        assert!(error.contains("providers.our-id.client_secret_file is needed"), "{error}");
        for (text, wanted) in [
            ("[providers.a]\ntoken_endpoint = \"https://a.example\"", "providers.a.issuer is needed, or"),
            ("[providers.A_b]\nname = \"x\"", "lower-case letters"),
            ("[providers.a]\nnam = \"x\"", "is not a key of a provider"),
            ("[providers.a]\ntoken_endpoint = \"ftp://a\"", "must be an https URL"),
            ("[providers.a]\nclient_auth = \"jwt\"", "must be \"basic\" or \"post\""),
            ("providers = 7", "is not a key"),
        ] {
            let error = read(text, &[]).unwrap_err();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn production_has_no_sandbox() {
        let error = read("production = true\npublic_url = \"https://portico.example\"\n", &[]).unwrap_err();
        assert!(error.contains("sandbox must be false"), "{error}");
        let error =
            read("production = true\nsandbox = false\npublic_url = \"http://portico.example\"\n", &[]).unwrap_err();
        assert!(error.contains("public_url must begin with https://"), "{error}");
        assert!(error.contains("mail.smtp.url is needed"), "{error}");
    }

    #[test]
    fn the_master_key_is_made_once_and_only_for_us() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        assert!(config.master_key().is_ok());
        let text = std::fs::read_to_string(config.master_key_file()).unwrap();
        assert!(config.master_key().is_ok());
        assert_eq!(std::fs::read_to_string(config.master_key_file()).unwrap(), text);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(config.master_key_file()).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(config.master_key_file(), "short").unwrap();
        assert!(matches!(config.master_key(), Err(MasterKeyError::Form(_))));
    }
}
