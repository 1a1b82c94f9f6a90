//! How it is reached and what it keeps where: addresses, database, TLS, HTTP, the log.

use model::client::Profile;

use super::{Key, duration, list, quoted, quoted_path, web_url};
use crate::{
    config::{LogFormat, Secret},
    proxy::ForwardedHeader,
};

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
];
