//! Whatever a stranger sends to the doors that read untrusted input, the answer is one of those that
//! the standards have, and nothing else happens. The fuzz targets look longer at the same.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::{
    fapi::{Client, jti},
    harness::{App, CHALLENGE, Page, URL, VERIFIER, basic, encode},
};

const CALLBACKS: [&str; 2] = ["https://example.com/callback", "http://127.0.0.1:8765/callback"];

/// Tries `check` on as many inputs as fit into a second or two.
fn try_all<S: Strategy>(strategy: &S, cases: u32, check: impl Fn(S::Value)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(strategy, |input| {
        check(input);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn app() -> App {
    App::with(|settings| {
        settings.limits.registration_address = model::limit::Rule::new(100_000, model::hours(1));
        settings.limits.client_auth_address = model::limit::Rule::new(100_000, model::hours(1));
    })
    .await
}

/// Parameters of these names, each with one of the values that mean something or with anything.
fn form(known: &'static [(&'static str, &'static [&'static str])]) -> impl Strategy<Value = Vec<(String, String)>> {
    let one = (0..known.len()).prop_flat_map(|at| {
        let (name, values) = known[at];
        let value = prop_oneof![
            4 => proptest::sample::select(values).prop_map(str::to_owned),
            1 => any::<String>(),
        ];
        value.prop_map(move |value| (name.to_owned(), value))
    });
    proptest::collection::vec(one, 0..14)
}

fn borrowed(form: &[(String, String)]) -> Vec<(&str, &str)> {
    form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

const AUTHORIZATION: &[(&str, &[&str])] = &[
    ("response_type", &["code", "code", "code", "token", "code id_token", "none"]),
    (
        "client_id",
        &["demo-web", "demo-app", "demo-spa", "demo-fapi", "demo-reports", "nobody", "https://evil.example/c"],
    ),
    ("redirect_uri", &[CALLBACKS[0], CALLBACKS[1], "https://example.com/callback/", "https://evil.example/"]),
    ("scope", &["openid", "openid phone", "phone offline_access", "admin", "openid  openid"]),
    ("state", &["the-state", "a b&c=d"]),
    ("nonce", &["n"]),
    ("prompt", &["none", "login", "consent", "none login", "create"]),
    ("max_age", &["0", "-1", "3600", "99999999999999999999"]),
    ("response_mode", &["query", "form_post", "fragment", "jwt", "query.jwt", "form_post.jwt"]),
    ("code_challenge", &[CHALLENGE, "short"]),
    ("code_challenge_method", &["S256", "plain"]),
    ("claims", &["{\"id_token\":{\"name\":{\"essential\":true}}}", "[]", "{", "null"]),
    ("request", &["a.b.c", "eyJhbGciOiJub25lIn0.e30."]),
    ("request_uri", &["urn:ietf:params:oauth:request_uri:x", "https://evil.example/r", "http://127.0.0.1/"]),
    ("resource", &["https://api.example", "#", "/x"]),
    ("acr_values", &["1", "urn:mace:incommon:iap:silver"]),
    ("ui_locales", &["sv", "xx nb", "en-GB-oed"]),
    ("id_token_hint", &["a.b.c"]),
    ("login_hint", &["+46701740605", "dev@portico.test"]),
    ("dpop_jkt", &["x"]),
    ("display", &["page", "popup"]),
];

/// Nobody is signed in: no request, however it looks, leads to a code or a token, or anywhere but to the
/// registered address.
#[test]
fn a1_any_authorization_request_leads_to_our_pages_or_to_a_registered_address_without_a_code() {
    let runtime = runtime();
    let app = runtime.block_on(app());
    let grants = runtime.block_on(app.texts("grants", "scopes")).len();
    try_all(&form(AUTHORIZATION), 256, |fields| {
        let query = encode(&borrowed(&fields));
        let page = runtime.block_on(async {
            if !query.len().is_multiple_of(2) {
                return app.get(&format!("/oauth2/auth?{query}"), &[]).await;
            }
            // What has no cookie comes again as a GET.
            let page = app.post("/oauth2/auth", &[], &borrowed(&fields)).await;
            match page.location().filter(|location| location.starts_with("/oauth2/auth?")) {
                Some(again) => app.get(&again, &[]).await,
                None => page,
            }
        });
        assert!(page.status < 500, "{} {query}: {}", page.status, page.body);
        let Some(location) = page.location() else { return };
        let to = Url::parse(URL).unwrap().join(&location).unwrap();
        if to.origin() != Url::parse(URL).unwrap().origin() {
            let bare = to.as_str().split(['?', '#']).next().unwrap();
            assert!(CALLBACKS.contains(&bare), "{query} leads to {location}");
            assert!(location.contains("error=") || location.contains("response="), "{query}: {location}");
            let words = to.query_pairs().chain(url::form_urlencoded::parse(to.fragment().unwrap_or("").as_bytes()));
            assert!(!words.into_iter().any(|(name, _)| matches!(&*name, "code" | "access_token" | "id_token")));
            let states: Vec<&str> =
                fields.iter().filter(|(name, _)| name == "state").map(|(_, value)| value.as_str()).collect();
            if let ([state], Some(told)) = (states.as_slice(), page.redirect_parameters().get("state")) {
                assert_eq!(told, state, "as it was sent");
            }
        }
    });
    assert_eq!(runtime.block_on(app.texts("grants", "scopes")).len(), grants);
}

const TOKEN: &[(&str, &[&str])] = &[
    (
        "grant_type",
        &[
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:openid:params:grant-type:ciba",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange",
            "password",
        ],
    ),
    ("client_id", &["demo-web", "demo-spa", "demo-fapi", "nobody"]),
    ("client_secret", &["demo-web-secret", "wrong"]),
    ("client_assertion", &["a.b.c", "eyJhbGciOiJub25lIn0.e30."]),
    ("client_assertion_type", &["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]),
    ("code", &["pc_x", "a"]),
    ("code_verifier", &[VERIFIER, "short"]),
    ("redirect_uri", &[CALLBACKS[0]]),
    ("refresh_token", &["x"]),
    ("device_code", &["x"]),
    ("auth_req_id", &["x"]),
    ("assertion", &["a.b.c"]),
    ("subject_token", &["x"]),
    ("subject_token_type", &["urn:ietf:params:oauth:token-type:access_token"]),
    ("scope", &["phone", "metrics.read", "openid", ""]),
    ("resource", &["https://api.example", "#"]),
];

const TOKEN_ERRORS: [&str; 12] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
    "invalid_dpop_proof",
    "use_dpop_nonce",
    "expired_token",
    "authorization_pending",
    "slow_down",
];

/// Nobody has consented to anything: a token is for a client's own sake alone.
#[test]
fn any_token_request_has_an_answer_of_the_standards_and_no_token_about_a_person() {
    let runtime = runtime();
    let app = runtime.block_on(app());
    let strategy = (form(TOKEN), prop_oneof![Just("demo-web-secret"), Just("wrong"), Just("")], any::<u8>());
    try_all(&strategy, 256, |(fields, secret, spoil)| {
        let mut authorization = basic("demo-web", secret);
        if spoil > 200 {
            authorization.insert(usize::from(spoil) % authorization.len(), '%');
        }
        let headers = [("authorization", authorization.as_str())];
        let headers = if secret.is_empty() { &[][..] } else { &headers };
        let page = runtime.block_on(app.post("/oauth2/token", headers, &borrowed(&fields)));
        answered(&page, &TOKEN_ERRORS, &format!("{fields:?}"));
        if page.status == 200 {
            let answer = page.json();
            assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none(), "{fields:?}: {answer}");
            assert!(fields.contains(&("grant_type".to_owned(), "client_credentials".to_owned())), "{fields:?}");
        }
    });
}

/// As RFC 6749, section 5.2, has it.
fn answered(page: &Page, errors: &[&str], sent: &str) {
    assert!(matches!(page.status, 200 | 201 | 400 | 401), "{} {sent}: {}", page.status, page.body);
    assert_eq!(page.header("cache-control"), Some("no-store"), "{sent}");
    if page.status >= 400 {
        let code = page.json()["error"].as_str().unwrap_or_else(|| panic!("{sent}: {}", page.body)).to_owned();
        assert!(errors.contains(&code.as_str()), "{sent}: {code}");
        assert!(page.status != 401 || page.header("www-authenticate").is_some() || code == "invalid_client", "{sent}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        proptest::sample::select(&["dpop+jwt", "ES256", "none", "https://example.com/callback", "web"][..])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z_]{1,6}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect::<Map<String, Value>>().into()),
        ]
    })
}

const PLACES: [&str; 11] = ["typ", "alg", "jwk", "kid", "crit", "htm", "htu", "iat", "jti", "exp", "nbf"];

/// A proof with any other header or claim than it should have is none.
#[test]
fn a_dpop_proof_with_anything_else_in_a_place_that_counts_is_refused() {
    let runtime = runtime();
    let app = runtime.block_on(app());
    let client = Client::new(&app);
    let authorization = basic("demo-reports", "demo-reports-secret");
    let ask = |proof: &str| {
        let headers = [("authorization", authorization.as_str()), ("dpop", proof)];
        runtime.block_on(app.post("/oauth2/token", &headers, &[("grant_type", "client_credentials")]))
    };
    let strategy = (proptest::sample::select(&PLACES[..]), proptest::option::of(any_json()));
    try_all(&strategy, 192, |(place, value)| {
        let mut header = json!({"typ": "dpop+jwt", "jwk": client.dpop.public});
        let mut claims = client.proof_claims("POST", "/oauth2/token", None);
        let good = client.dpop.sign(header.clone(), &claims);
        assert_eq!(ask(&good).json()["token_type"], "DPoP");
        claims["jti"] = jti().into();
        let of_header = matches!(place, "typ" | "alg" | "jwk" | "kid" | "crit");
        let part = if of_header { &mut header } else { &mut claims };
        let before = part.get(place).cloned();
        match &value {
            Some(value) => part[place] = value.clone(),
            None => {
                part.as_object_mut().unwrap().remove(place);
            }
        }
        // `alg` is what the signer says; names of the token and of its key are anything.
        let harmless = place == "alg"
            || part.get(place).cloned() == before
            || (place == "jti"
                && value.as_ref().is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty())))
            || (place == "kid" && value.as_ref().is_some_and(Value::is_string))
            || (matches!(place, "exp") && value.as_ref().is_some_and(Value::is_number))
            || (matches!(place, "nbf" | "iat") && value.as_ref().is_some_and(Value::is_number));
        let page = ask(&client.dpop.sign(header, &claims));
        if harmless {
            assert!(matches!(page.status, 200 | 400), "{place} {value:?}: {}", page.body);
        } else {
            assert_eq!(page.status, 400, "{place} {value:?}: {}", page.body);
            assert_eq!(page.json()["error"], "invalid_dpop_proof", "{place} {value:?}");
        }
    });
    // Nor is anything else.
    try_all(&any::<String>(), 128, |text| {
        let Ok(value) = http::HeaderValue::from_str(&text) else { return };
        let page = ask(value.to_str().unwrap_or("x"));
        assert_eq!((page.status, page.json()["error"].as_str()), (400, Some("invalid_dpop_proof")), "{text:?}");
    });
}

const METADATA: [&str; 36] = [
    "redirect_uris",
    "client_name",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
    "application_type",
    "software_id",
    "scope",
    "response_types",
    "grant_types",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "jwks",
    "jwks_uri",
    "subject_type",
    "sector_identifier_uri",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
    "authorization_signed_response_alg",
    "request_object_signing_alg",
    "request_uris",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
    "dpop_bound_access_tokens",
    "tls_client_certificate_bound_access_tokens",
    "default_max_age",
    "default_acr_values",
    "initiate_login_uri",
    "post_logout_redirect_uris",
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
    "resources",
    "software_statement",
];

/// Client metadata of any kind is taken as it is said, or refused with a code of RFC 7591 and nothing stored.
#[test]
fn any_client_metadata_is_taken_as_said_or_refused_whole() {
    let runtime = runtime();
    let app = runtime.block_on(app());
    let count = || runtime.block_on(app.texts("clients", "client_id")).len();
    let strategy = proptest::collection::vec((proptest::sample::select(&METADATA[..]), any_json()), 0..5);
    try_all(&strategy, 128, |members| {
        let mut document = json!({"redirect_uris": ["https://example.com/callback"], "client_name": "Any"});
        for (name, value) in &members {
            document[*name] = value.clone();
        }
        let before = count();
        let page = runtime.block_on(crate::registration::register(&app, &document));
        answered(
            &page,
            &[
                "invalid_client_metadata",
                "invalid_redirect_uri",
                "invalid_software_statement",
                "unapproved_software_statement",
            ],
            &document.to_string(),
        );
        assert_eq!(count(), before + usize::from(page.status == 201), "{document}");
        if page.status == 201 {
            let answer = page.json();
            for (name, value) in document.as_object().unwrap() {
                let told = answer.get(name);
                let same = told.is_none() || told == Some(value) || told.map(kind) == Some(kind(value));
                assert!(same, "{name}: {value} became {told:?}");
            }
        }
    });
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}
