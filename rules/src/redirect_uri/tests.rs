//! What developers need can be registered, what deceives cannot: by hand, and by properties.

use super::*;

fn check(uri: &str) -> Result<Vec<Warning>, Problem> {
    super::check(uri, Localhost::Refused)
}

proptest::proptest! {
    /// What can be registered is a URI without a fragment that begins with its scheme, and is
    /// no address in a page; it matches itself, and nothing with a byte more.
    #[test]
    fn whatever_is_taken_is_harmless(text in "[a-z]{1,12}:(//)?[ -~é\u{202e}]{0,60}", more in "[ -~]{1,8}") {
        if super::check(&text, Localhost::Taken).is_ok() {
            let url = url::Url::parse(&text).unwrap();
            proptest::prop_assert!(url.fragment().is_none() && url.password().is_none());
            proptest::prop_assert!(!matches!(url.scheme(), "javascript" | "data" | "vbscript" | "file" | "blob"));
            let registered = [text.clone()];
            proptest::prop_assert!(matches(&registered, &text));
            let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]"));
            let longer = [text, more].concat();
            proptest::prop_assert!(loopback || !matches(&registered, &longer));
        }
    }
}

const GOOD: [&str; 20] = [
    "https://example.com/callback",
    "https://example.com",
    "https://example.com/",
    "https://app.example.com:8443/oauth/callback",
    "https://192.0.2.7/callback",
    "https://[2001:db8::7]/callback",
    "https://localhost/callback",
    "https://my_host.example/callback",
    "https://xn--bcher-kva.example/callback",
    "https://Example.com/callback",
    "https://example.com/callback?tenant=7",
    "https://example.com/callback?code_version=2",
    "https://example.com/a%20b/@home:1,2;3",
    "https://example.com//callback",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:8765/callback",
    "http://[::1]:8765/callback",
    "com.example.app:/oauth2redirect",
    "com.example.app://callback",
    "com.example.app://callback/path?from=portico",
];

#[test]
fn what_developers_need_can_be_registered() {
    for uri in GOOD {
        assert!(check(uri).is_ok(), "{uri}: {:?}", check(uri));
    }
}

#[test]
fn a1_a_browser_reads_every_accepted_host_as_we_do() {
    for uri in GOOD.iter().filter(|uri| uri.starts_with("http")) {
        let browser = url::Url::parse(uri).unwrap();
        let ours = authority_of(uri.split_once(':').unwrap().1).unwrap();
        assert_eq!(browser.host_str().unwrap(), ours.host.to_ascii_lowercase(), "{uri}");
        assert_eq!(browser.username(), "");
        assert!(browser.fragment().is_none());
    }
}

#[test]
fn a1_what_deceives_is_refused() {
    let table = [
        ("", Problem::Empty),
        ("example.com/callback", Problem::NoScheme),
        ("//evil.tld/callback", Problem::NoScheme),
        ("/callback", Problem::NoScheme),
        ("example.com:8080/callback", Problem::NoScheme),
        ("https:example.com", Problem::NoHost),
        ("https:/example.com", Problem::NoHost),
        ("https://", Problem::NoHost),
        ("https:///callback", Problem::NoHost),
        ("https://:443/callback", Problem::NoHost),
        ("https://ok.example.com@evil.tld/callback", Problem::UserInfo),
        ("https://user:password@example.com/", Problem::UserInfo),
        ("https://example.com\\@evil.tld/", Problem::Backslash),
        ("https:\\\\evil.tld", Problem::Backslash),
        ("\\evil", Problem::Backslash),
        ("https://example.com/callback#", Problem::Fragment),
        ("https://example.com/callback#x", Problem::Fragment),
        ("https://*.example.com/callback", Problem::Wildcard),
        ("https://example.com/*", Problem::Wildcard),
        ("https://example.com/a b", Problem::Blank),
        ("https://example.com/\n", Problem::Blank),
        ("https://exam\tple.com/", Problem::Blank),
        ("https://example.com/\u{0}", Problem::Blank),
        ("https://example.com/\u{200b}", Problem::Blank),
        ("https://example.com/%00", Problem::EncodedControl),
        ("https://example.com/%0d%0aSet-Cookie:a", Problem::EncodedControl),
        ("https://example.com/%7f", Problem::EncodedControl),
        ("https://example.com/%", Problem::BadEncoding),
        ("https://example.com/%zz", Problem::BadEncoding),
        ("https://example.com/%+1", Problem::BadEncoding),
        ("https://example.com/../evil", Problem::DotSegment),
        ("https://example.com/%2e%2e/evil", Problem::DotSegment),
        ("https://example.com/a/.%2E/b", Problem::DotSegment),
        ("https://example.com/./a", Problem::DotSegment),
        ("https://ex\u{e4}mple.com/", Problem::HostNotAscii),
        ("https://ex\u{430}mple.com/", Problem::HostNotAscii),
        ("https://example\u{3002}com/", Problem::HostNotAscii),
        ("https://example%2ecom/", Problem::HostNotAscii),
        ("https://example.com./", Problem::BadHost),
        ("https://example..com/", Problem::BadHost),
        ("https://-example.com/", Problem::BadHost),
        ("https://exa<mple.com/", Problem::BadHost),
        ("https://0x7f.1/", Problem::BadHost),
        ("https://2130706433/", Problem::BadHost),
        ("https://127.1/", Problem::BadHost),
        ("https://0177.0.0.1/", Problem::BadHost),
        ("https://[::1/", Problem::BadHost),
        // Found by the fuzz target `redirect_uri`.
        ("https://[::0]", Problem::BadHost),
        ("https://[2001:db8:0:0::7]/", Problem::BadHost),
        ("https://[::ffff:127.0.0.1]/", Problem::BadHost),
        ("https://[::ffff:7f00:1]/", Problem::BadHost),
        ("https://[fe80::1%25eth0]/", Problem::HostNotAscii),
        ("https://example.com:/", Problem::BadPort),
        ("https://example.com:0/", Problem::BadPort),
        ("https://example.com:0443/", Problem::BadPort),
        ("https://example.com:65536/", Problem::BadPort),
        ("https://example.com:+443/", Problem::BadPort),
        ("https://example.com/\u{e4}", Problem::MustBeEncoded),
        ("https://example.com/\"onload", Problem::MustBeEncoded),
        ("https://example.com/<script>", Problem::MustBeEncoded),
        ("https://example.com/?code=1", Problem::ReservedParameter),
        ("https://example.com/?a=1&state=x", Problem::ReservedParameter),
        ("https://example.com/?%63ode=1", Problem::ReservedParameter),
        ("https://example.com/?iss", Problem::ReservedParameter),
        ("HTTPS://example.com/", Problem::SchemeCase),
        ("http://example.com/callback", Problem::PlainHttp),
    ];
    for (uri, problem) in table {
        assert_eq!(check(uri), Err(problem), "{uri:?}");
    }
    let long = format!("https://example.com/{}", "a".repeat(LONGEST));
    assert_eq!(check(&long), Err(Problem::TooLong));
}

#[test]
fn a1_only_the_registered_string_matches() {
    let registered = ["https://ok.example.com/callback".to_owned(), "https://ok.example.com/twin/".to_owned()];
    assert!(matches(&registered, "https://ok.example.com/callback"));
    for given in [
        "",
        "https://ok.example.com.evil.tld/callback",
        "https://ok.example.com@evil.tld/callback",
        "https://evil.tld\\@ok.example.com/callback",
        "//ok.example.com/callback",
        "https://ok.example.com/callback/",
        "https://ok.example.com/callback?",
        "https://ok.example.com/callback?x=1",
        "https://ok.example.com/callback#",
        "https://ok.example.com/callback%00",
        "https://ok.example.com/callback\n",
        "https://ok.example.com/callback ",
        " https://ok.example.com/callback",
        "https://ok.example.com/./callback",
        "https://ok.example.com/a/../callback",
        "https://ok.example.com/%63allback",
        "https://ok.example.com:443/callback",
        "https://OK.example.com/callback",
        "HTTPS://ok.example.com/callback",
        "http://ok.example.com/callback",
        "https://ok.example.com/Callback",
        "https://ok.example.com/twin",
        "https://ok.example\u{3002}com/callback",
        "https://\u{43e}k.example.com/callback",
    ] {
        assert!(!matches(&registered, given), "{given:?}");
    }
}

#[test]
fn a2_the_port_is_free_on_loopback_addresses_alone() {
    let registered = [
        "http://127.0.0.1:8765/callback".to_owned(),
        "http://[::1]/callback".to_owned(),
        "https://127.0.0.1:8443/callback".to_owned(),
    ];
    for given in [
        "http://127.0.0.1:8765/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
        "http://[::1]:49152/callback",
        "https://127.0.0.1:8443/callback",
    ] {
        assert!(matches(&registered, given), "{given}");
    }
    for given in [
        "http://localhost:8765/callback",
        "http://localhost.evil:8765/callback",
        "http://127.0.0.1.evil.tld/callback",
        "http://127.0.0.1:8765.evil.tld/callback",
        "http://127.0.0.1:8765@evil.tld/callback",
        "http://127.0.0.1:@evil.tld/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.1:08/callback",
        "http://127.0.0.1:8765/callback/",
        "http://127.0.0.1:8765/callback?x",
        "http://127.0.0.1:8765/callback#x",
        "http://127.0.0.1:8765",
        "http://127.0.0.2:8765/callback",
        "http://[::1]:49152/other",
        "http://[::1]:49152",
        "https://127.0.0.1:8444/callback",
        "https://[::1]:1/callback",
    ] {
        assert!(!matches(&registered, given), "{given}");
    }
    for (uri, problem) in [
        ("http://localhost:8765/callback", Problem::Localhost),
        ("http://LOCALHOST/callback", Problem::Localhost),
        ("http://localhost.evil/callback", Problem::PlainHttp),
        ("http://127.0.0.2/callback", Problem::PlainHttp),
        ("http://127.0.0.1.evil.tld/callback", Problem::PlainHttp),
        ("http://0.0.0.0/callback", Problem::PlainHttp),
        ("http://[::]/callback", Problem::PlainHttp),
        ("http://[::ffff:127.0.0.1]/callback", Problem::PlainHttp),
    ] {
        assert_eq!(check(uri), Err(problem), "{uri}");
    }
}

#[test]
fn a2_localhost_is_for_public_clients_and_as_it_stands() {
    let taken = |uri: &str| super::check(uri, Localhost::Taken);
    for uri in ["http://localhost/callback", "http://localhost:8765/callback", "http://localhost:3000"] {
        assert_eq!(taken(uri), Ok(vec![Warning::Localhost]), "{uri}");
        assert_eq!(check(uri), Err(Problem::Localhost), "{uri}");
    }
    for uri in [
        "http://localhost.evil/callback",
        "http://localhost.evil.tld:8765/callback",
        "http://a.localhost/callback",
        "http://localhost./callback",
        "http://localhost@evil.tld/callback",
        "http://localhost:8765@evil.tld/callback",
        "http://localhost\\@evil.tld/callback",
        "http://localhost:/callback",
        "http://localhost:0/callback",
        "http://localhost:8765.evil.tld/callback",
        "http://localhost%2eevil.tld/callback",
        "http://LOCALHOST/callback",
        "http://localhost/callback#x",
        "http://localhost/../callback",
        "http://localhost:8765/?code=1",
        "http://\u{ff4c}ocalhost/callback",
        "http://localhosts/callback",
        "http://example.com/callback",
    ] {
        assert!(taken(uri).is_err(), "{uri}");
    }
    let registered = ["http://localhost:8765/callback".to_owned(), "http://localhost/plain".to_owned()];
    for uri in &registered {
        assert!(matches(&registered, uri));
    }
    for given in [
        "http://localhost:8766/callback",
        "http://localhost/callback",
        "http://localhost:80/plain",
        "http://localhost:8765/plain",
        "http://127.0.0.1:8765/callback",
        "http://[::1]:8765/callback",
        "http://LOCALHOST:8765/callback",
        "http://localhost.:8765/callback",
        "http://localhost.evil:8765/callback",
        "http://localhost:8765/callback/",
        "https://localhost:8765/callback",
    ] {
        assert!(!matches(&registered, given), "{given}");
    }
}

#[test]
fn a3_a_private_scheme_is_named_after_a_domain() {
    for (uri, problem) in [
        ("myapp:/callback", Problem::SchemeWithoutDomain),
        ("myapp://callback", Problem::SchemeWithoutDomain),
        ("com.:/callback", Problem::SchemeWithoutDomain),
        ("com..app:/callback", Problem::SchemeWithoutDomain),
        ("com.example.app:", Problem::NoPath),
        ("com.example.app:callback", Problem::NoPath),
        ("com.example.app://", Problem::NoPath),
        ("com.example.app://user@callback", Problem::UserInfo),
        ("com.example.app:/../x", Problem::DotSegment),
        ("com.example.app:/x?state=1", Problem::ReservedParameter),
        ("Com.Example.App:/x", Problem::SchemeCase),
    ] {
        assert_eq!(check(uri), Err(problem), "{uri}");
    }
}

#[test]
fn a4_schemes_that_a_browser_runs_are_refused() {
    for uri in [
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://example.com",
        "data:text/html,x",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "blob:https://example.com/1",
        "view-source:https://example.com",
        "about:blank",
    ] {
        assert_eq!(check(uri), Err(Problem::DangerousScheme), "{uri}");
    }
    assert_eq!(check("java\nscript:alert(1)"), Err(Problem::Blank));
}

#[test]
fn what_is_perhaps_not_meant_is_said() {
    for (uri, warning) in [
        ("https://Example.com/", Warning::HostCase),
        ("https://example.com/?a=1", Warning::Query),
        ("https://example.com:444/", Warning::Port),
        ("https://xn--bcher-kva.example/", Warning::Punycode),
    ] {
        assert_eq!(check(uri), Ok(vec![warning]), "{uri}");
    }
}

#[test]
fn one_bad_row_says_nothing_about_the_others() {
    let list = [
        "https://example.com/callback",
        "http://example.com/callback",
        "https://example.com/callback/",
        "https://example.com/callback",
    ];
    let rows = check_all(&list, Localhost::Refused);
    assert_eq!(
        rows,
        [Ok(vec![Warning::SlashTwin]), Err(Problem::PlainHttp), Ok(vec![Warning::SlashTwin]), Err(Problem::Twice)]
    );
}
