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

/// Where a module's tests are: in this folder, or beside the code of a crate.
fn source(module: &str) -> String {
    let path = module.replace("::", "/");
    let Some((name, inside)) = path.split_once('/').filter(|(name, _)| ["model", "rules", "server"].contains(name))
    else {
        return read(&format!("server/tests/it/{path}.rs"));
    };
    let places = [".rs", "/mod.rs", "/tests.rs"].map(|end| format!("{name}/src/{inside}{end}"));
    let found = places.iter().filter_map(|place| fs::read_to_string(repository().join(place)).ok());
    let found: String = found.collect();
    assert!(!found.is_empty(), "there is no module {module}");
    found
}

/// The rows of the tables of a text, without their heads.
fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| shown by |"))
}

/// The tests that a row names; each of them exists, and there is one.
fn tests_of(row: &str) -> Vec<&str> {
    let shown = row.trim_end_matches([' ', '|']).rsplit("| ").next().unwrap();
    let names: Vec<&str> = quoted(shown).collect();
    for name in &names {
        if let Some((module, function)) = name.rsplit_once("::") {
            assert!(source(module).contains(&format!("fn {function}(")), "there is no test {name}");
        } else {
            let (file, title) = name.split_once(": ").unwrap_or_else(|| panic!("{name} names no test"));
            let there = match file {
                "authlib" => read("end2end/authlib/flows.py").contains(&format!("def {title}(")),
                _ => read(&format!("end2end/tests/{file}.spec.ts")).contains(&format!("\"{title}\"")),
            };
            assert!(there, "there is no test {name}");
        }
    }
    assert!(!names.is_empty(), "no test shows: {row}");
    names
}

#[test]
fn every_test_that_the_conformance_page_names_exists() {
    let page = read("docs/conformance.md");
    assert!(rows(&page).map(|row| tests_of(row).len()).sum::<usize>() > 60);
}

/// The ids in the first column of a row: what a published flaw is called in the names of tests.
fn published(row: &str) -> Vec<String> {
    let (_, cited) = row.split('|').nth(1).unwrap().rsplit_once('(').expect("whose flaw it was");
    let words = cited.trim_end().trim_end_matches(')').replace(['-', '.'], "_").to_lowercase();
    let words = words.split([' ', ',']).filter(|word| word.bytes().any(|byte| byte.is_ascii_digit()));
    // Of the names that GitHub gives, the first part is enough.
    let short = |word: &str| match word.strip_prefix("ghsa_") {
        Some(id) => id.split('_').next().unwrap_or_default().to_owned(),
        None => word.to_owned(),
    };
    words.map(short).collect()
}

#[test]
fn every_published_flaw_is_tried_by_a_test_that_is_named_after_it() {
    let page = read("docs/abuse-cases.md");
    let (flaws, _) = page.split_once("\n## ").expect("the catalogue");
    assert_eq!(rows(flaws).count(), 27);
    for row in rows(flaws) {
        let tests = tests_of(row);
        for id in published(row) {
            assert!(tests.iter().any(|test| test.contains(&*id)), "{id} is in no name: {row}");
        }
    }
}

/// The ids of the catalogue.
fn catalogue() -> Vec<String> {
    let lists = [("A", 11), ("B", 10), ("C", 7), ("D", 9), ("E", 9), ("F", 0), ("J", 10), ("K", 5), ("L", 8)];
    let ids = |(letter, last): (&str, u8)| match last {
        0 => vec![letter.to_owned()],
        last => (1..=last).map(|n| format!("{letter}{n}")).collect(),
    };
    lists.into_iter().flat_map(ids).collect()
}

#[test]
fn every_attack_of_the_catalogue_is_tried_by_tests_that_are_named_after_it() {
    let page = read("docs/abuse-cases.md");
    let (_, table) = page.split_once("\n## The catalogue").expect("the catalogue");
    let ids: Vec<&str> = rows(table).map(|row| row.split('|').nth(1).unwrap().trim()).collect();
    assert_eq!(ids, catalogue());
    for (row, id) in rows(table).zip(ids) {
        let mark = format!("_{}_", id.to_lowercase());
        for test in tests_of(row) {
            let (_, function) = test.rsplit_once("::").unwrap();
            assert!(format!("_{function}").contains(&mark), "{test} is not named after {id}");
        }
    }
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
