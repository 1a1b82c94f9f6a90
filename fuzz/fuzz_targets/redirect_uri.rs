//! What may be registered is harmless, and means one place to us and to a browser.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::redirect_uri::{Localhost, check, check_all, matches};
use url::{Host, Url};

fuzz_target!(|data: &str| {
    let lines: Vec<&str> = data.split('\n').collect();
    for localhost in [Localhost::Refused, Localhost::Taken] {
        for (row, result) in check_all(&lines, localhost).into_iter().enumerate() {
            if result.is_ok() {
                assert!(check(lines[row], localhost).is_ok(), "a list takes what one row does not");
                harmless(lines[row], localhost);
            }
        }
    }
    let [registered, given, ..] = lines.as_slice() else { return };
    let list = [(*registered).to_owned()];
    if matches(&list, given) && registered != given {
        // Only the port of a loopback address may differ.
        let (one, other) = (Url::parse(registered), Url::parse(given));
        if let (Ok(mut one), Ok(mut other)) = (one, other) {
            assert!(one.scheme() == "http" && loopback(&one), "{registered} and {given}");
            assert!(one.set_port(None).is_ok() && other.set_port(None).is_ok());
            assert_eq!(one, other);
        }
    }
});

fn harmless(uri: &str, localhost: Localhost) {
    assert!(uri.len() <= rules::redirect_uri::LONGEST);
    assert!(matches(&[uri.to_owned()], uri), "{uri} is not itself");
    let url = Url::parse(uri).expect("a browser reads it as well");
    let scheme = url.scheme();
    assert!(uri.starts_with(&format!("{scheme}:")), "{uri} has another scheme in a browser");
    let forbidden = ["javascript", "data", "vbscript", "file", "blob", "about", "view-source", "filesystem"];
    assert!(!forbidden.contains(&scheme), "{uri}");
    let local = loopback(&url) || (localhost == Localhost::Taken && url.host_str() == Some("localhost"));
    assert!(scheme == "https" || (scheme == "http" && local) || scheme.contains('.'), "{uri}");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none(), "{uri}");
    assert!(!url.path().split('/').any(|segment| matches!(segment, "." | "..")), "{uri}");
    assert!(url.query_pairs().all(|(name, _)| !matches!(&*name, "code" | "state" | "iss" | "error")), "{uri}");
    if matches!(scheme, "http" | "https") {
        // The host stands there as a browser will read it.
        let written = uri.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next()).expect("an authority");
        let host = url.host_str().expect("a host");
        let rest = written.to_ascii_lowercase();
        let rest = rest.strip_prefix(host).unwrap_or_else(|| panic!("{uri} leads to {host}"));
        assert!(rest.is_empty() || rest.starts_with(':'), "{uri} leads to {host}");
    }
}

fn loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}
