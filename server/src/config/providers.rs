//! `providers.NAME.*`: the other providers that people may sign in with. Keys like all others,
//! once for each provider.

use std::fmt::Write as _;

use model::{
    secret::Plain,
    upstream::{ClientAuth, Endpoints, Fields, Kind, Provider},
};
use url::Url;

use super::{Config, Problem, Secret, read::read_secret, value::Value};

/// What comes before the provider's name.
const PREFIX: &str = "providers.";
/// The longest name.
const LONGEST: usize = 32;

/// A provider as it was configured, whole or not.
#[derive(Clone, Debug, Default)]
pub struct ProviderConfig {
    name: Option<String>,
    issuer: Option<String>,
    authorization_endpoint: Option<Url>,
    token_endpoint: Option<Url>,
    userinfo_endpoint: Option<Url>,
    emails_endpoint: Option<Url>,
    subject_field: Option<String>,
    email_field: Option<String>,
    email_verified_field: Option<String>,
    name_field: Option<String>,
    login_field: Option<String>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    client_auth: Option<ClientAuth>,
    scopes: Option<Vec<String>>,
}

struct Key {
    name: &'static str,
    /// For the example.
    doc: &'static str,
    /// Of the OpenID provider in the example, and of the plain OAuth server; absent where it has no
    /// place.
    samples: [Option<&'static str>; 2],
    set: fn(&mut ProviderConfig, &Value) -> Result<(), String>,
}

const SECRET: &str = "client_secret";

macro_rules! text {
    ($name:literal, $doc:literal, $samples:expr, $field:ident) => {
        Key {
            name: $name,
            doc: $doc,
            samples: $samples,
            set: |p, v| {
                p.$field = v.optional()?;
                Ok(())
            },
        }
    };
}

macro_rules! endpoint {
    ($name:literal, $doc:literal, $sample:literal, $field:ident) => {
        Key {
            name: $name,
            doc: $doc,
            samples: [None, Some($sample)],
            set: |p, v| {
                p.$field = Some(endpoint(v)?);
                Ok(())
            },
        }
    };
}

const KEYS: &[Key] = &[
    text!("name", "What the button says: \"Sign in with …\".", [Some("\"Example\""), Some("\"GitHub\"")], name),
    text!(
        "issuer",
        "An OpenID provider's issuer identifier, exactly as the provider writes it. Everything else follows.",
        [Some("\"https://id.example.com\""), None],
        issuer
    ),
    endpoint!(
        "authorization_endpoint",
        "Instead of an issuer, for a plain OAuth server: where people are sent.",
        "\"https://github.com/login/oauth/authorize\"",
        authorization_endpoint
    ),
    endpoint!(
        "token_endpoint",
        "Where codes are redeemed.",
        "\"https://github.com/login/oauth/access_token\"",
        token_endpoint
    ),
    endpoint!(
        "userinfo_endpoint",
        "What tells, as a JSON object, who a token is about.",
        "\"https://api.github.com/user\"",
        userinfo_endpoint
    ),
    endpoint!(
        "emails_endpoint",
        "What lists their addresses, if the object does not: objects with email, primary and verified.",
        "\"https://api.github.com/user/emails\"",
        emails_endpoint
    ),
    text!(
        "subject_field",
        "The member of the object that never changes and is never given to somebody else. Not a name, nor\n\
         an address. A dot leads into an inner object.",
        [None, Some("\"id\"")],
        subject_field
    ),
    text!("email_field", "The member with the mail address.", [None, Some("\"email\"")], email_field),
    text!(
        "email_verified_field",
        "The member that is true once the server has seen that the address is theirs. Without it, and\n\
         without emails_endpoint, we send a mail that confirms it.",
        [None, Some("\"email_verified\"")],
        email_verified_field
    ),
    text!("name_field", "The member with the name.", [None, Some("\"name\"")], name_field),
    text!("login_field", "The member with what they call their account.", [None, Some("\"login\"")], login_field),
    text!(
        "client_id",
        "As which client the provider knows us. Register /signin/with/NAME/callback below the public URL\n\
         as its redirect URI.",
        [Some("\"portico\""), Some("\"Iv1.0123456789abcdef\"")],
        client_id
    ),
    Key {
        name: SECRET,
        doc: "The client's secret.",
        samples: [Some("\"…\""), Some("\"…\"")],
        set: |p, v| {
            p.client_secret = v.optional()?.map(Secret);
            Ok(())
        },
    },
    Key {
        name: "client_auth",
        doc: "Where the secret is sent: \"basic\", in the header, or \"post\", in the body. If absent, as the\n\
              provider's metadata says, or in the body.",
        samples: [Some("\"basic\""), Some("\"post\"")],
        set: |p, v| {
            p.client_auth = Some(match v.text()?.as_str() {
                "basic" => ClientAuth::Basic,
                "post" => ClientAuth::Post,
                other => return Err(format!("must be \"basic\" or \"post\", and is {other:?}")),
            });
            Ok(())
        },
    },
    Key {
        name: "scopes",
        doc: "What is asked for.",
        samples: [Some("[\"openid\", \"email\", \"profile\"]"), Some("[\"read:user\", \"user:email\"]")],
        set: |p, v| {
            p.scopes = Some(v.list()?);
            Ok(())
        },
    },
];

fn endpoint(value: &Value) -> Result<Url, String> {
    let text = value.text()?;
    let parsed = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    parsed.ok_or_else(|| format!("must be an https URL, and is {text:?}"))
}

/// Whether a key is one of a provider.
pub(super) fn owns(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// The key that a variable stands for, without `PORTICO_`: `PROVIDERS_GITHUB_CLIENT_ID`. A hyphen of
/// the provider's name is an underscore there.
pub(super) fn from_environment(variable: &str) -> Option<String> {
    let rest = variable.strip_prefix("PROVIDERS_")?.to_ascii_lowercase();
    let names = KEYS.iter().flat_map(|key| [key.name.to_owned(), format!("{}_file", key.name)]);
    let longest = names.filter(|name| rest.ends_with(&format!("_{name}"))).max_by_key(String::len)?;
    let provider = rest.strip_suffix(&format!("_{longest}"))?.replace('_', "-");
    Some(format!("{PREFIX}{provider}.{longest}"))
}

/// Sets a key.
pub(super) fn apply(config: &mut Config, key: &str, value: &Value) -> Result<(), String> {
    let (provider, name) = key.strip_prefix(PREFIX).and_then(|rest| rest.split_once('.')).ok_or_else(|| {
        "is not a key; a provider is a table such as [providers.github], and `portico config example` has two"
            .to_owned()
    })?;
    let good = !provider.is_empty()
        && provider.len() <= LONGEST
        && provider.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !good {
        return Err(format!("names the provider {provider:?}: use lower-case letters, digits and hyphens"));
    }
    let find = |name: &str| KEYS.iter().find(|key| key.name == name);
    let entry = config.providers.entry(provider.to_owned()).or_default();
    match (find(name), name.strip_suffix("_file")) {
        (Some(key), _) => (key.set)(entry, value),
        (None, Some(SECRET)) => {
            let text = read_secret(value)?;
            find(SECRET).map_or(Ok(()), |key| (key.set)(entry, &Value::Text(text)))
        }
        (None, _) => Err("is not a key of a provider; `portico config example` lists all of them".to_owned()),
    }
}

/// What is missing.
pub(super) fn check(config: &Config, problems: &mut Vec<Problem>) {
    for (id, provider) in &config.providers {
        let mut problem = |key: &str, what: &str| {
            problems.push(Problem {
                place: "configuration".to_owned(),
                key: Some(format!("{PREFIX}{id}.{key}")),
                what: what.to_owned(),
            });
        };
        if provider.name.is_none() {
            problem("name", "is needed: the button says it");
        }
        if provider.client_id.is_none() {
            problem("client_id", "is needed");
        }
        if provider.client_secret.is_none() {
            problem("client_secret_file", "is needed, or client_secret");
        }
        let endpoints = [&provider.authorization_endpoint, &provider.token_endpoint, &provider.userinfo_endpoint]
            .map(Option::is_some);
        match (&provider.issuer, endpoints) {
            (Some(_), [false, false, false]) | (None, [true, true, true]) => {}
            (Some(_), _) => problem("issuer", "leaves no room for endpoints: they follow from it"),
            (None, _) => problem(
                "issuer",
                "is needed, or authorization_endpoint, token_endpoint and userinfo_endpoint for a plain OAuth server",
            ),
        }
        let bad_issuer = provider.issuer.as_ref().is_some_and(|issuer| {
            let url = Url::parse(issuer).ok();
            url.is_none_or(|url| !matches!(url.scheme(), "http" | "https") || url.query().is_some())
        });
        if bad_issuer {
            problem("issuer", "must be an https URL without query");
        }
    }
}

/// What the model wants to know: those that are whole.
pub(super) fn settings(config: &Config) -> Vec<Provider> {
    config.providers.iter().filter_map(|(id, provider)| whole(id, provider)).collect()
}

fn whole(id: &str, provider: &ProviderConfig) -> Option<Provider> {
    let or = |field: &Option<String>, default: &str| field.clone().unwrap_or_else(|| default.to_owned());
    let (kind, scopes) = match &provider.issuer {
        Some(issuer) => (Kind::OpenId { issuer: issuer.clone() }, ["openid", "email", "profile"].as_slice()),
        None => {
            let endpoints = Endpoints {
                authorization: provider.authorization_endpoint.clone()?,
                token: provider.token_endpoint.clone()?,
                user: provider.userinfo_endpoint.clone()?,
                emails: provider.emails_endpoint.clone(),
                fields: Fields {
                    subject: or(&provider.subject_field, "id"),
                    email: or(&provider.email_field, "email"),
                    email_verified: provider.email_verified_field.clone(),
                    name: or(&provider.name_field, "name"),
                    login: or(&provider.login_field, "login"),
                },
            };
            (Kind::OAuth(Box::new(endpoints)), [].as_slice())
        }
    };
    let mut scopes =
        provider.scopes.clone().unwrap_or_else(|| scopes.iter().map(|scope| (*scope).to_owned()).collect());
    if matches!(kind, Kind::OpenId { .. }) && !scopes.iter().any(|scope| scope == "openid") {
        scopes.insert(0, "openid".to_owned());
    }
    Some(Provider {
        id: id.to_owned(),
        name: provider.name.clone()?,
        kind,
        client_id: provider.client_id.clone()?,
        client_secret: Plain::chosen(&provider.client_secret.as_ref()?.0),
        client_auth: provider.client_auth,
        scopes,
    })
}

/// Two providers, commented out.
pub(super) fn example(text: &mut String) {
    for (at, (provider, about)) in [
        ("example", "An OpenID provider with which people may sign in to the portal; see docs/sign-in.md."),
        ("github", "A plain OAuth server, with GitHub as the example. Several providers are several tables."),
    ]
    .into_iter()
    .enumerate()
    {
        let _infallible = write!(text, "\n# {about}\n[{PREFIX}{provider}]\n");
        for key in KEYS {
            let Some(sample) = key.samples.get(at).copied().flatten() else { continue };
            text.push('\n');
            for line in key.doc.lines() {
                let _infallible = writeln!(text, "# {line}");
            }
            let _infallible = writeln!(text, "# {} = {sample}", key.name);
            if key.name == SECRET {
                let _infallible = writeln!(text, "# {SECRET}_file = \"/run/secrets/portico-{provider}\"");
            }
        }
    }
}

#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|key| key.name)
}
