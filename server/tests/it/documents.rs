//! Documents that say what the code does are held to it.

use std::{fs, path::PathBuf};

use model::{
    client::{
        Profile,
        profile::{AssertionAudience, Pkce},
    },
    entity::{AuthMethod, ClientKind},
};

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The texts in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// How many tests the rows of a page name; each of them exists, and each row names one.
fn tests_named_by(page: &str) -> usize {
    let page = read(page);
    let mut names = 0;
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| shown by |"));
    for line in rows {
        let shown = line.trim_end_matches([' ', '|']).rsplit("| ").next().unwrap();
        let mut found = 0;
        for name in quoted(shown) {
            found += 1;
            if let Some((module, function)) = name.rsplit_once("::") {
                let source = read(&format!("server/tests/it/{}.rs", module.replace("::", "/")));
                assert!(source.contains(&format!("fn {function}(")), "there is no test {name}");
            } else {
                let (file, title) = name.split_once(": ").unwrap_or_else(|| panic!("{name} names no test"));
                let there = match file {
                    "authlib" => read("end2end/authlib/flows.py").contains(&format!("def {title}(")),
                    _ => read(&format!("end2end/tests/{file}.spec.ts")).contains(&format!("\"{title}\"")),
                };
                assert!(there, "there is no test {name}");
            }
        }
        assert!(found > 0, "no test shows: {line}");
        names += found;
    }
    names
}

#[test]
fn every_test_that_the_conformance_page_names_exists() {
    assert!(tests_named_by("docs/conformance.md") > 60);
}

#[test]
fn every_published_flaw_is_tried() {
    assert!(tests_named_by("docs/abuse-cases.md") > 50);
    let page = read("docs/abuse-cases.md");
    assert_eq!(page.lines().filter(|line| line.starts_with("| ")).count(), 1 + 28);
}

/// The table of profiles, from the rules that the endpoints enforce.
fn table() -> String {
    let yes = |value: bool| if value { "yes" } else { "no" }.to_owned();
    let method = |method: &AuthMethod| match method {
        AuthMethod::Secret => "`client_secret_basic`, `client_secret_post`",
        AuthMethod::SecretJwt => "`client_secret_jwt` where it is turned on",
        AuthMethod::PrivateKeyJwt => "`private_key_jwt`",
        AuthMethod::TlsClientAuth => "`tls_client_auth`",
        AuthMethod::SelfSignedTls => "`self_signed_tls_client_auth`",
        AuthMethod::None => "none",
    };
    let kind = |kind: &ClientKind| kind.as_str();
    let row = |name: &str, cell: &dyn Fn(Profile) -> String| {
        let cells: Vec<String> = Profile::ALL.iter().map(|profile| cell(*profile)).collect();
        format!("| {name} | {} |\n", cells.join(" | "))
    };
    let mut table = row("", &|profile| format!("`{}`", profile.as_str()));
    table.push_str(&format!("|---|{}\n", "---|".repeat(Profile::ALL.len())));
    table.push_str(&row("client type", &|profile| {
        profile.rules().kinds.iter().map(kind).collect::<Vec<_>>().join(", ")
    }));
    table.push_str(&row("signs in with", &|profile| {
        profile.rules().auth_methods.iter().map(method).collect::<Vec<_>>().join(", ")
    }));
    table.push_str(&row("PKCE (S256)", &|profile| {
        match profile.rules().pkce {
            Pkce::Optional => "verified when used",
            Pkce::PublicClients => "public clients; others may send a nonce instead",
            Pkce::Required => "always",
        }
        .to_owned()
    }));
    table.push_str(&row("redirect URI again for the token", &|profile| {
        if profile.rules().redirect_uri_again { "always" } else { "without PKCE" }.to_owned()
    }));
    table.push_str(&row("requests must be pushed", &|profile| yes(profile.rules().par_required)));
    table.push_str(&row("requests may be fetched (`request_uri`)", &|profile| yes(profile.rules().request_uris)));
    table.push_str(&row("client id can be a URL", &|profile| yes(profile.rules().metadata_document)));
    table.push_str(&row("tokens are bound to a key", &|profile| {
        if profile.rules().bound_tokens {
            "always, or to its certificate"
        } else {
            "when a DPoP proof is sent, or it is registered for that"
        }
        .to_owned()
    }));
    table.push_str(&row("audience of assertions", &|profile| {
        match profile.rules().assertion_audience {
            AssertionAudience::IssuerOrEndpoint => "issuer or token endpoint",
            AssertionAudience::IssuerOnly => "issuer alone, as a text",
        }
        .to_owned()
    }));
    table.push_str(&row("algorithms of what it signs", &|profile| profile.rules().algs.join(", ")));
    table.push_str(&row("algorithms of what is signed for it", &|profile| {
        profile.rules().signs.iter().map(|alg| alg.as_str()).collect::<Vec<_>>().join(", ")
    }));
    table.push_str(&row("refresh tokens rotate", &|profile| yes(profile.rules().rotates)));
    table.push_str(&row("phone number in the ID token", &|profile| yes(profile.rules().phone_in_id_token)));
    table
}

#[test]
fn the_table_of_profiles_is_that_of_the_code() {
    let page = read("docs/profiles.md");
    let (before, rest) = page.split_once("<!-- profiles -->\n").expect("the place of the table");
    let (written, after) = rest.split_once("<!-- /profiles -->").expect("the end of the table");
    let table = table();
    if std::env::var_os("PORTICO_WRITE_DOCUMENTS").is_some() {
        let page = format!("{before}<!-- profiles -->\n{table}<!-- /profiles -->{after}");
        fs::write(repository().join("docs/profiles.md"), page).expect("the page is written");
        return;
    }
    assert_eq!(written, table, "write it anew with PORTICO_WRITE_DOCUMENTS=1");
}
