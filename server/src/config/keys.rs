//! Every key: its name, what it means, how it is read and shown.

use std::path::Path;

use model::{client::Profile, limit::Rule};

use super::{
    Config, LogFormat, Secret,
    value::{Value, show_milliseconds, show_rule},
};
use crate::{
    carriers::{SmsAuth, Statuses, check_template},
    proxy::ForwardedHeader,
};

pub(super) struct Key {
    /// Dotted, as in the file.
    pub name: &'static str,
    /// For the example.
    pub doc: &'static str,
    /// Whether it can also be read from a file, and is not shown.
    pub secret: bool,
    /// The value as TOML; `None` when it is not set.
    pub show: fn(&Config) -> Option<String>,
    /// For the example, when it is not set.
    pub sample: &'static str,
    pub set: fn(&mut Config, &Value) -> Result<(), String>,
}

/// A key whose value is always there.
macro_rules! key {
    ($name:literal, $doc:literal, $show:expr, $set:expr) => {
        Key { name: $name, doc: $doc, secret: false, show: $show, sample: "", set: $set }
    };
}

/// A key that may be absent.
macro_rules! optional {
    ($name:literal, $doc:literal, $sample:literal, $show:expr, $set:expr) => {
        Key { name: $name, doc: $doc, secret: false, show: $show, sample: $sample, set: $set }
    };
}

/// A key that may be absent and is not shown.
macro_rules! secret {
    ($name:literal, $doc:literal, $sample:literal, $($field:ident).+) => {
        Key {
            name: $name,
            doc: $doc,
            secret: true,
            show: |_| None,
            sample: $sample,
            set: |c, v| {
                c.$($field).+ = v.optional()?.map(Secret);
                Ok(())
            },
        }
    };
}

macro_rules! lifetime {
    ($name:literal, $doc:literal, $field:ident) => {
        key!($name, $doc, |c| Some(quoted(&show_milliseconds(c.lifetimes.$field))), |c, v| {
            c.lifetimes.$field = v.milliseconds()?;
            Ok(())
        })
    };
}

macro_rules! limit {
    ($name:literal, $doc:literal, $field:ident) => {
        key!($name, $doc, |c| Some(rule(c.limits.$field)), |c, v| {
            c.limits.$field = v.rule()?;
            Ok(())
        })
    };
}

pub(super) const KEYS: &[Key] = &[
    key!(
        "listen",
        "The address to listen on. Behind a proxy, keep to the loopback address.",
        |c| Some(quoted(&c.listen.to_string())),
        |c, v| {
            c.listen = v.parsed("an address with a port such as \"127.0.0.1:3000\"")?;
            Ok(())
        }
    ),
    optional!(
        "public_url",
        "Where people reach the portal: the base of every mailed link. Where it listens, if absent.",
        "\"https://portico.example.com\"",
        |c| c.public_url.as_deref().map(quoted),
        |c, v| {
            c.public_url = Some(web_url(v)?);
            Ok(())
        }
    ),
    optional!(
        "issuer",
        "The issuer identifier, exactly as clients know it, trailing slash or not. The public URL, if absent.",
        "\"https://portico.example.com\"",
        |c| c.issuer.as_deref().map(quoted),
        |c, v| {
            c.issuer = Some(web_url(v)?);
            Ok(())
        }
    ),
    key!(
        "data_dir",
        "The folder for the database and the master key, unless those are elsewhere.",
        |c| Some(quoted_path(&c.data_dir)),
        |c, v| {
            c.data_dir = v.path()?;
            Ok(())
        }
    ),
    key!(
        "production",
        "Whether this serves real people. Refuses to start with anything that is for trying out.",
        |c| Some(c.production.to_string()),
        |c, v| {
            c.production = v.bool()?;
            Ok(())
        }
    ),
    key!(
        "sandbox",
        "Whether mail and text messages stay in an outbox that a page shows, instead of being sent.",
        |c| Some(c.sandbox.to_string()),
        |c, v| {
            c.sandbox = v.bool()?;
            Ok(())
        }
    ),
    optional!(
        "master_key_file",
        "The file with the key that everything in the database is protected by: 64 hexadecimal digits.\n\
         Created in the data folder if absent. Keep a copy: without it the database is lost.",
        "\"data/master.key\"",
        |c| c.master_key_file.as_deref().map(quoted_path),
        |c, v| {
            c.master_key_file = Some(v.path()?);
            Ok(())
        }
    ),
    optional!(
        "site_root",
        "The folder with scripts, styles and pictures. Found beside the program, if absent.",
        "\"/usr/share/portico/site\"",
        |c| c.site_root.as_deref().map(quoted_path),
        |c, v| {
            c.site_root = Some(v.path()?);
            Ok(())
        }
    ),
    key!(
        "registration.enabled",
        "Whether programs may register clients (RFC 7591), with an initial access token at least.",
        |c| Some(c.registration_enabled.to_string()),
        |c, v| {
            c.registration_enabled = v.bool()?;
            Ok(())
        }
    ),
    optional!(
        "registration.open",
        "Whether everybody may register clients, without an initial access token. As sandbox, if absent.\n\
         Their consent pages say that nobody has checked who they are.",
        "false",
        |c| c.registration_open.map(|open| open.to_string()),
        |c, v| {
            c.registration_open = Some(v.bool()?);
            Ok(())
        }
    ),
    key!(
        "registration.profile",
        "The profile of clients that register themselves: standard, or classic for those that send neither\n\
         a nonce nor PKCE, as some tests of OpenID Connect providers do. What classic does not have\n\
         (public clients, keys, devices) gets standard.",
        |c| Some(quoted(c.registration_profile.as_str())),
        |c, v| {
            c.registration_profile = match v.text()?.as_str() {
                "standard" => Profile::Standard,
                "classic" => Profile::Classic,
                other => return Err(format!("must be \"standard\" or \"classic\", and is {other:?}")),
            };
            Ok(())
        }
    ),
    optional!(
        "registration.metadata_documents",
        "Whether a client_id may be the https URL of a document about the client, which is fetched (Client ID\n\
         Metadata Documents, for MCP). As sandbox, if absent.",
        "false",
        |c| c.registration_metadata_documents.map(|on| on.to_string()),
        |c, v| {
            c.registration_metadata_documents = Some(v.bool()?);
            Ok(())
        }
    ),
    secret!(
        "database.url",
        "sqlite:path or postgres://user:password@host/name. A file in the data folder, if absent.",
        "\"postgres://portico@127.0.0.1/portico\"",
        database_url
    ),
    optional!(
        "tls.certificate",
        "A PEM file with the certificate to serve with and those that lead to its authority, for TLS\n\
         without a proxy. Read again when it changes.",
        "\"/etc/portico/tls.pem\"",
        |c| c.tls_certificate.as_deref().map(quoted_path),
        |c, v| {
            c.tls_certificate = Some(v.path()?);
            Ok(())
        }
    ),
    optional!(
        "tls.key",
        "A PEM file with its private key.",
        "\"/etc/portico/tls.key\"",
        |c| c.tls_key.as_deref().map(quoted_path),
        |c, v| {
            c.tls_key = Some(v.path()?);
            Ok(())
        }
    ),
    optional!(
        "tls.client_ca",
        "A PEM file with the authorities of client certificates (RFC 8705), whether they come by TLS or\n\
         from a proxy. Clients are asked for a certificate if this is set, and need none.",
        "\"/etc/portico/clients.pem\"",
        |c| c.tls_client_ca.as_deref().map(quoted_path),
        |c, v| {
            c.tls_client_ca = Some(v.path()?);
            Ok(())
        }
    ),
    key!(
        "tls.client_certificates",
        "Whether clients are asked for a certificate without tls.client_ca too. They then sign in with\n\
         certificates that they have made themselves, and with no others.",
        |c| Some(c.tls_client_certificates.to_string()),
        |c, v| {
            c.tls_client_certificates = v.bool()?;
            Ok(())
        }
    ),
    optional!(
        "tls.mutual_listen",
        "A second address to listen on, where clients are asked for a certificate. At the first one nobody is\n\
         asked any more, so that browsers never show people a list of certificates. The metadata names the\n\
         endpoints there (RFC 8705, section 5).",
        "\"127.0.0.1:3001\"",
        |c| c.tls_mutual_listen.map(|listen| quoted(&listen.to_string())),
        |c, v| {
            c.tls_mutual_listen = Some(v.parsed("an address with a port such as \"127.0.0.1:3001\"")?);
            Ok(())
        }
    ),
    optional!(
        "tls.mutual_url",
        "Where clients reach that address, or where a proxy asks for certificates. The public URL with the port\n\
         of tls.mutual_listen, if absent.",
        "\"https://mtls.portico.example.com\"",
        |c| c.tls_mutual_url.as_deref().map(quoted),
        |c, v| {
            c.tls_mutual_url = Some(web_url(v)?);
            Ok(())
        }
    ),
    key!(
        "client_authentication.client_secret_jwt",
        "Whether clients may sign with their secret (client_secret_jwt) rather than send it. Such secrets are\n\
         kept sealed under the master key, where those of other clients are kept as hashes.",
        |c| Some(c.client_secret_jwt.to_string()),
        |c, v| {
            c.client_secret_jwt = v.bool()?;
            Ok(())
        }
    ),
    key!(
        "dpop.nonces",
        "Whether DPoP proofs must carry a nonce from an answer of the last minutes (RFC 9449, section 8), so\n\
         that nobody can make them in advance. Costs clients a second request now and then.",
        |c| Some(c.dpop_nonces.to_string()),
        |c, v| {
            c.dpop_nonces = v.bool()?;
            Ok(())
        }
    ),
    key!(
        "http.trusted_proxies",
        "Addresses or networks of proxies that are believed what they say about a client.",
        |c| Some(list(&c.proxies.trusted.iter().map(ToString::to_string).collect::<Vec<_>>())),
        |c, v| {
            let parse = |text: String| text.parse().map_err(|what| format!("{text:?} {what}"));
            c.proxies.trusted = v.list()?.into_iter().map(parse).collect::<Result<_, _>>()?;
            Ok(())
        }
    ),
    key!(
        "http.forwarded_header",
        "Where they write the client's address: \"x-forwarded-for\", or \"forwarded\" (RFC 7239). The other\n\
         one is ignored: they pass it on as the client has sent it.",
        |c| {
            let forwarded = c.proxies.header == ForwardedHeader::Forwarded;
            Some(quoted(if forwarded { "forwarded" } else { "x-forwarded-for" }))
        },
        |c, v| {
            c.proxies.header = match v.text()?.to_ascii_lowercase().as_str() {
                "x-forwarded-for" => ForwardedHeader::XForwardedFor,
                "forwarded" => ForwardedHeader::Forwarded,
                other => return Err(format!("must be \"x-forwarded-for\" or \"forwarded\", and is {other:?}")),
            };
            Ok(())
        }
    ),
    key!(
        "http.client_certificates",
        "Whether they pass on client certificates in Client-Cert (RFC 9440). They must then remove that\n\
         header from what clients send.",
        |c| Some(c.proxies.client_certificates.to_string()),
        |c, v| {
            c.proxies.client_certificates = v.bool()?;
            Ok(())
        }
    ),
    key!(
        "http.request_timeout",
        "How long a request may take before it is given up.",
        |c| Some(duration(c.request_timeout)),
        |c, v| {
            c.request_timeout = v.duration()?;
            Ok(())
        }
    ),
    key!(
        "http.shutdown_timeout",
        "How long running requests may still take once the program is told to stop.",
        |c| Some(duration(c.shutdown_timeout)),
        |c, v| {
            c.shutdown_timeout = v.duration()?;
            Ok(())
        }
    ),
    key!(
        "log.level",
        "error, warn, info, debug or trace; or for parts of the program, such as \"info,idp=debug\".",
        |c| Some(quoted(&c.log_level)),
        |c, v| {
            let text = v.text()?;
            let parsed = tracing_subscriber::filter::EnvFilter::builder().parse(&text);
            parsed.map_err(|_| format!("must be a level such as \"info\", and is {text:?}"))?;
            c.log_level = text;
            Ok(())
        }
    ),
    key!(
        "log.format",
        "text, or json: one object per line.",
        |c| Some(quoted(if c.log_format == LogFormat::Json { "json" } else { "text" })),
        |c, v| {
            c.log_format = match v.text()?.as_str() {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                other => return Err(format!("must be \"text\" or \"json\", and is {other:?}")),
            };
            Ok(())
        }
    ),
    key!(
        "log.access",
        "Whether each request is logged: method, path, status and time, never a query or who asked.",
        |c| Some(c.log_access.to_string()),
        |c, v| {
            c.log_access = v.bool()?;
            Ok(())
        }
    ),
    optional!(
        "mail.smtp.url",
        "smtps://host, or smtp://host?tls=required for STARTTLS; smtp://host for a relay on this machine.",
        "\"smtps://mail.example.com\"",
        |c| c.smtp.url.as_deref().map(quoted),
        |c, v| {
            let text = v.text()?;
            if !text.starts_with("smtp://") && !text.starts_with("smtps://") {
                return Err(format!("must begin with smtp:// or smtps://, and is {text:?}"));
            }
            c.smtp.url = Some(text);
            Ok(())
        }
    ),
    key!("mail.smtp.from", "Whom mail comes from.", |c| Some(quoted(&c.smtp.from)), |c, v| {
        let text = v.text()?;
        let _mailbox: lettre::message::Mailbox = text
            .parse()
            .map_err(|_| format!("must be an address such as \"Portico <portico@example.com>\", and is {text:?}"))?;
        c.smtp.from = text;
        Ok(())
    }),
    optional!(
        "mail.smtp.username",
        "The account at the mail server, if it wants one.",
        "\"portico\"",
        |c| c.smtp.username.as_deref().map(quoted),
        |c, v| {
            c.smtp.username = v.optional()?;
            Ok(())
        }
    ),
    secret!("mail.smtp.password", "Its password.", "\"…\"", smtp.password),
    optional!(
        "sms.gateway.url",
        "The gateway's address. {to} and {text} are replaced and encoded for a URL, {username} and\n\
         {password} too. Kannel: \"http://127.0.0.1:13013/cgi-bin/sendsms?username={username}&password={password}&to={to}&text={text}&charset=UTF-8&coding=2\"",
        "\"https://sms.example.com/messages\"",
        |c| c.sms.url.as_deref().map(quoted),
        |c, v| {
            let text = v.text()?;
            check_template(&text)?;
            let plain = text.replace(['{', '}'], "");
            let parsed = url::Url::parse(&plain).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            parsed.ok_or_else(|| format!("must be an http or https URL, and is {text:?}"))?;
            c.sms.url = Some(text);
            Ok(())
        }
    ),
    key!("sms.gateway.method", "GET or POST.", |c| Some(quoted(if c.sms.post { "POST" } else { "GET" })), |c, v| {
        c.sms.post = match v.text()?.as_str() {
            "POST" => true,
            "GET" => false,
            other => return Err(format!("must be \"GET\" or \"POST\", and is {other:?}")),
        };
        Ok(())
    }),
    key!(
        "sms.gateway.body",
        "The body of a POST: {to:json} and {text:json} are encoded for the inside of a JSON string,\n\
         {to:url} and {text:url} for a form, {to} and {text} not at all.\n\
         A form: \"To={to:url}&From=Portico&Body={text:url}\"",
        |c| Some(quoted(&c.sms.body)),
        |c, v| {
            let text = v.text()?;
            check_template(&text)?;
            c.sms.body = text;
            Ok(())
        }
    ),
    key!(
        "sms.gateway.headers",
        "Headers of the request, Content-Type among them; {username} and {password} are replaced.",
        |c| {
            let pairs: Vec<_> = c.sms.headers.iter().map(|(k, v)| format!("{} = {}", quoted(k), quoted(v))).collect();
            Some(format!("{{ {} }}", pairs.join(", ")))
        },
        |c, v| {
            let pairs = v.table()?;
            for (name, value) in &pairs {
                check_template(value)?;
                http::HeaderName::try_from(name.as_str())
                    .map_err(|_| format!("cannot hold {name:?}: not a header name"))?;
            }
            c.sms.headers = pairs;
            Ok(())
        }
    ),
    key!(
        "sms.gateway.auth",
        "How the request proves who sends it: none, or basic with username and password.",
        |c| Some(quoted(if c.sms.auth == SmsAuth::Basic { "basic" } else { "none" })),
        |c, v| {
            c.sms.auth = match v.text()?.as_str() {
                "basic" => SmsAuth::Basic,
                "none" => SmsAuth::None,
                other => return Err(format!("must be \"none\" or \"basic\", and is {other:?}")),
            };
            Ok(())
        }
    ),
    optional!(
        "sms.gateway.username",
        "The account at the gateway.",
        "\"portico\"",
        |c| c.sms.username.as_deref().map(quoted),
        |c, v| {
            c.sms.username = v.optional()?;
            Ok(())
        }
    ),
    secret!("sms.gateway.password", "Its password.", "\"…\"", sms.password),
    key!(
        "sms.gateway.success",
        "The answers that mean that the gateway has taken a message.",
        |c| Some(list(&c.sms.success.iter().map(ToString::to_string).collect::<Vec<_>>())),
        |c, v| {
            let parse = |text: String| {
                text.parse::<Statuses>()
                    .map_err(|()| format!("{text:?} is not a status such as \"200\" or \"200-299\""))
            };
            c.sms.success = v.list()?.into_iter().map(parse).collect::<Result<_, _>>()?;
            Ok(())
        }
    ),
    key!(
        "sms.gateway.connect_timeout",
        "How long to wait for a connection.",
        |c| Some(duration(c.sms.connect_timeout)),
        |c, v| {
            c.sms.connect_timeout = v.duration()?;
            Ok(())
        }
    ),
    key!("sms.gateway.timeout", "How long to wait for the answer.", |c| Some(duration(c.sms.timeout)), |c, v| {
        c.sms.timeout = v.duration()?;
        Ok(())
    }),
    optional!(
        "outgoing.extra_ca",
        "A PEM file with authorities to trust beside the system's, when fetching what clients name: key\n\
         sets, request objects, logos, logout deliveries.",
        "\"/etc/portico/ca.pem\"",
        |c| c.outgoing.extra_ca.as_deref().map(quoted_path),
        |c, v| {
            c.outgoing.extra_ca = Some(v.path()?);
            Ok(())
        }
    ),
    key!(
        "outgoing.allow",
        "Hosts with a port, such as \"127.0.0.1:8765\", that are reached although their address is not\n\
         public, and by http too. For development alone.",
        |c| Some(list(&c.outgoing.allow.iter().map(ToString::to_string).collect::<Vec<_>>())),
        |c, v| {
            let parse = |text: String| text.parse().map_err(|what| format!("{text:?} {what}"));
            c.outgoing.allow = v.list()?.into_iter().map(parse).collect::<Result<_, _>>()?;
            Ok(())
        }
    ),
    key!(
        "outgoing.ports",
        "The ports that are connected to.",
        |c| Some(format!("[{}]", c.outgoing.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", "))),
        |c, v| {
            let parse = |text: String| text.parse().map_err(|_| format!("{text:?} is not a port"));
            c.outgoing.ports = v.list()?.into_iter().map(parse).collect::<Result<_, _>>()?;
            Ok(())
        }
    ),
    key!(
        "outgoing.connect_timeout",
        "How long to wait for a connection.",
        |c| Some(duration(c.outgoing.connect_timeout)),
        |c, v| {
            c.outgoing.connect_timeout = v.duration()?;
            Ok(())
        }
    ),
    key!(
        "outgoing.timeout",
        "How long everything may take, from the name's resolution to the last byte.",
        |c| Some(duration(c.outgoing.timeout)),
        |c, v| {
            c.outgoing.timeout = v.duration()?;
            Ok(())
        }
    ),
    key!(
        "outgoing.body_limit",
        "The largest answer, in bytes.",
        |c| Some(c.outgoing.body_limit.to_string()),
        |c, v| {
            c.outgoing.body_limit = v.count()?;
            Ok(())
        }
    ),
    lifetime!("lifetimes.code", "Authorization codes; at most 60s.", code),
    lifetime!(
        "lifetimes.access_token",
        "Access tokens; at least 60s. Below 5m, many clients fetch a new one for every call.",
        access_token
    ),
    lifetime!("lifetimes.id_token", "ID tokens.", id_token),
    lifetime!("lifetimes.refresh_token", "Refresh tokens, counted from the first authorization.", refresh_token),
    lifetime!("lifetimes.refresh_idle", "How long refresh tokens live that nobody uses.", refresh_idle),
    lifetime!(
        "lifetimes.refresh_retry",
        "How long a refresh whose answer was lost can be repeated, as long as nobody used the answer.",
        refresh_retry
    ),
    lifetime!("lifetimes.interaction", "An authorization request in progress.", interaction),
    lifetime!("lifetimes.pushed_request", "A pushed authorization request; below 10m.", pushed_request),
    lifetime!("lifetimes.device_code", "What a device shows until somebody enters it elsewhere.", device_code),
    lifetime!(
        "lifetimes.backchannel_request",
        "A request that a subscriber answers on the phone (CIBA); clients may ask for less.",
        backchannel_request
    ),
    lifetime!("lifetimes.revoke_link", "Links at which subscribers take a consent back.", revoke_link),
    lifetime!("lifetimes.pin", "PINs; at most 10m.", pin),
    lifetime!("lifetimes.subscriber_session", "A subscriber's single sign-on session.", subscriber_session),
    lifetime!("lifetimes.portal_session", "A portal session since it was last used.", portal_session),
    lifetime!("lifetimes.verify_link", "Links that verify an address.", verify_link),
    lifetime!("lifetimes.reset_link", "Links that set a new password.", reset_link),
    lifetime!("lifetimes.invitation", "Invitations to an organization.", invitation),
    lifetime!("lifetimes.signing_key", "How long a signing key signs.", signing_key),
    lifetime!("lifetimes.signing_key_ahead", "How long before its use a signing key is published.", signing_key_ahead),
    lifetime!("lifetimes.outbox", "How long messages stay in the sandbox outbox.", outbox),
    limit!("limits.sign_in_account", "Sign-ins with a password for one account.", sign_in_account),
    limit!("limits.second_factor", "Wrong codes at the second step of a sign-in, for one account.", second_factor),
    limit!("limits.sign_in_address", "Sign-ins and sign-ups from one address.", sign_in_address),
    limit!("limits.mail_recipient", "Mails to one address.", mail_recipient),
    limit!("limits.pin_number", "PINs sent to one number.", pin_number),
    limit!("limits.pin_address", "PINs asked for from one address.", pin_address),
    limit!("limits.pin_client", "PINs asked for through one client.", pin_client),
    limit!("limits.pin_overall", "PINs in all.", pin_overall),
    limit!("limits.pin_wrong_number", "Wrong PINs for one number.", pin_wrong_number),
    limit!("limits.pin_wrong_address", "Wrong PINs from one address.", pin_wrong_address),
    limit!("limits.device_address", "Sign-ins that devices begin, from one address.", device_address),
    limit!("limits.device_wrong_address", "Wrong device codes from one address.", device_wrong_address),
    limit!("limits.backchannel_number", "Requests (CIBA) that one number is sent.", backchannel_number),
    limit!("limits.backchannel_client", "Requests (CIBA) of the clients of one owner.", backchannel_client),
    limit!("limits.backchannel_overall", "Requests (CIBA) in all.", backchannel_overall),
    limit!(
        "limits.client_auth_address",
        "Wrong client secrets from one address for one client, counted by each node for itself. Right ones are\n\
         never refused for it, so that nobody locks a client out.",
        client_auth_address
    ),
    key!(
        "limits.client_requests",
        "Requests of one client for tokens, introspection, revocation, pushed requests, devices and approvals;\n\
         of a client without a secret, those from one address. Counted by each node for itself, in memory. The\n\
         default stops nothing but a program in an endless loop on a large machine: set it to what your largest\n\
         client needs.",
        |c| Some(rule(c.limits.client_requests)),
        |c, v| {
            c.limits.client_requests = v.fast_rule()?;
            Ok(())
        }
    ),
    limit!(
        "limits.registration_address",
        "Clients registered from one address without an initial access token.",
        registration_address
    ),
    limit!(
        "limits.fetch_address",
        "What is fetched because of requests from one address: request objects, metadata documents, lists of sectors.",
        fetch_address
    ),
    limit!("limits.fetch_client", "Request objects fetched for one client.", fetch_client),
    limit!(
        "limits.fetch_host",
        "Metadata documents and lists of sectors fetched from one host, and as many logos.",
        fetch_host
    ),
];

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

fn list(items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

fn duration(duration: std::time::Duration) -> String {
    quoted(&show_milliseconds(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
}

fn rule(rule: Rule) -> String {
    quoted(&show_rule(rule))
}

/// An http or https URL without query and fragment, as it was written.
fn web_url(value: &Value) -> Result<String, String> {
    let text = value.text()?;
    let parsed = url::Url::parse(&text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none() && url.has_host()
    });
    parsed.ok_or_else(|| format!("must be a URL such as \"https://portico.example.com\", and is {text:?}"))?;
    Ok(text)
}
