//! Reading the configuration: from where, in which order, and everything that is wrong with it.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use toml::de::{DeTable, DeValue};

use super::{
    Config,
    keys::{self, Key},
    providers,
    value::Value,
};
use crate::edge::is_loopback;

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
            let key = keys::all().flat_map(names).find(|key| environment_name(key) == name);
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
        if self.tls().is_none() {
            if self.tls_client_certificates {
                problem("tls.client_certificates", "needs tls.certificate: a proxy asks for certificates by itself");
            }
            if self.tls_mutual_listen.is_some() {
                problem("tls.mutual_listen", "needs tls.certificate");
            }
        }
        if self.tls_mutual_listen.is_some_and(|listen| listen == self.listen && listen.port() != 0) {
            problem("tls.mutual_listen", "must be another address than listen");
        }
        if self.tls_mutual_url.is_some() && self.tls_mutual_listen.is_none() && !self.proxies.client_certificates {
            problem("tls.mutual_url", "needs tls.mutual_listen, or http.client_certificates");
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
}

/// What is in the file that a value names.
pub(super) fn read_secret(value: &Value) -> Result<String, String> {
    let file = value.path()?;
    let text = std::fs::read_to_string(&file)
        .map_err(|error| format!("names {}, which cannot be read: {error}", file.display()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// The key with this name, and whether the name is its `_file` form.
pub(super) fn find(name: &str) -> Option<(&'static Key, bool)> {
    keys::all().find_map(|key| {
        let from_file = || name.strip_suffix("_file") == Some(key.name) && key.secret;
        if key.name == name { Some((key, false)) } else { from_file().then_some((key, true)) }
    })
}

/// The names under which a key can be given.
fn names(key: &Key) -> Vec<String> {
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
    let nearest = keys::all()
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
