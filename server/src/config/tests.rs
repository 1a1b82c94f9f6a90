//! What the configuration file, the environment and flags make, and what is said of mistakes.

use super::{read::find, *};

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
    for key in keys::all() {
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
                if keys::all()
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
        ("[limits]\nclient_requests = \"1001 in 1ms\"", "limits.client_requests must be a limit"),
        ("[limits]\npin_nmber = \"1 in 1s\"", "the nearest one is limits.pin_number"),
    ] {
        let error = read(text, &[]).unwrap_err();
        assert!(error.contains(wanted), "{text}: {error}");
    }
    let config = read("[limits]\npin_address = \"500 in 1h\"", &[]).unwrap();
    assert_eq!(config.settings().limits.pin_address, model::limit::Rule::new(500, 3_600_000));
    let config = read("[limits]\nclient_requests = \"200000 in 10s\"", &[]).unwrap();
    assert_eq!(config.settings().limits.client_requests, model::limit::Rule::new(200_000, 10_000));
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
    let environment =
        [("PORTICO_PROVIDERS_OUR_ID_CLIENT_ID", "us"), ("PORTICO_PROVIDERS_OUR_ID_CLIENT_SECRET_FILE", path.as_str())];
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
    let error = read("production = true\nsandbox = false\npublic_url = \"http://portico.example\"\n", &[]).unwrap_err();
    assert!(error.contains("public_url must begin with https://"), "{error}");
    assert!(error.contains("mail.smtp.url is needed"), "{error}");
}

#[test]
fn certificates_are_asked_for_where_the_configuration_says_so() {
    const TLS: &str = "[tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n";
    let asked = |more: &str| {
        let config = read(&format!("public_url = \"https://id.example\"\n{TLS}{more}\n"), &[]).unwrap();
        let settings = config.settings();
        let second = config.mutual_tls().map(|(listen, files)| (listen.port(), files.asks));
        (config.tls().unwrap().asks, second, settings.certificates, settings.mutual_url)
    };
    let ca = "client_ca = \"ca.pem\"\n";
    let listen = "mutual_listen = \"127.0.0.1:8443\"\n";
    let url = "mutual_url = \"https://mtls.id.example/\"\n";
    let there = |url: &str| Some(url.to_owned());
    assert_eq!(asked(""), (false, None, Certificates::None, None));
    assert_eq!(asked(ca), (true, None, Certificates::Judged, None));
    assert_eq!(asked("client_certificates = true"), (true, None, Certificates::Unjudged, None));
    let second = Some((8443, true));
    assert_eq!(asked(listen), (false, second, Certificates::Unjudged, there("https://id.example:8443")));
    assert_eq!(
        asked(&format!("{ca}{listen}{url}")),
        (false, second, Certificates::Judged, there("https://mtls.id.example"))
    );
    for (text, wanted) in [
        ("[tls]\nclient_certificates = true\n".to_owned(), "tls.client_certificates needs tls.certificate"),
        (format!("[tls]\n{listen}"), "tls.mutual_listen needs tls.certificate"),
        (format!("{TLS}{url}"), "tls.mutual_url needs tls.mutual_listen"),
        (format!("listen = \"127.0.0.1:8443\"\n{TLS}{listen}"), "tls.mutual_listen must be another address"),
    ] {
        let error = read(&text, &[]).unwrap_err();
        assert!(error.contains(wanted), "{text}: {error}");
    }
    let proxy = "[http]\ntrusted_proxies = [\"10.0.0.1\"]\nclient_certificates = true\n";
    let settings = read(&format!("{proxy}[tls]\n{url}"), &[]).unwrap().settings();
    assert_eq!(settings.mutual_url.as_deref(), Some("https://mtls.id.example"), "a proxy asks there");
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
