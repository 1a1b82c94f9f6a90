//! The program around the doors: bounds, headers, health, configuration, the command line.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{body::Body, http::Method};

use crate::harness::{App, Outside, Process, authorize_url, basic, encode, send};

#[tokio::test]
async fn health_is_answered() {
    let app = App::empty().await;
    assert_eq!(app.get("/health/live", &[]).await.status, 200);
    assert_eq!(app.get("/health/ready", &[]).await.status, 200);
    // Balancers go elsewhere once it is stopping; what runs is still answered.
    let stopping = Arc::new(AtomicBool::new(false));
    let web = server::Web { stopping: Arc::clone(&stopping), ..server::Web::default() };
    let router = server::router(app.ctx.clone(), &web);
    stopping.store(true, Ordering::SeqCst);
    assert_eq!(send(&router, Method::GET, "/health/ready", &[], Body::empty()).await.status, 503);
    assert_eq!(send(&router, Method::GET, "/health/live", &[], Body::empty()).await.status, 200);
    assert_eq!(send(&router, Method::GET, "/.well-known/jwks.json", &[], Body::empty()).await.status, 200);
}

#[tokio::test]
async fn the_demo_world_is_there_and_refuses_to_mix() {
    let app = App::demo().await;
    assert!(model::demo::exists(&app.ctx).await.unwrap());
    assert!(!model::demo::is_empty(&app.ctx).await.unwrap());
    let again = model::demo::create(&app.ctx).await;
    assert!(matches!(again, Err(model::demo::DemoError::NotEmpty)), "{again:?}");
    let web = model::cache::client(&app.ctx, "demo-web").await.unwrap().unwrap();
    assert_eq!(web.redirect_uris, ["https://example.com/callback", "http://127.0.0.1:8765/callback"]);
}

#[tokio::test]
async fn static_files_are_served_beside_pages_of_the_same_name() {
    let app = App::demo().await;
    let logo = app.get("/operators/nordtel.svg", &[]).await;
    assert_eq!(logo.status, 200);
    assert_eq!(logo.header("content-type"), Some("image/svg+xml"));
    assert_eq!(logo.header("cache-control"), Some("public, max-age=3600"));
    assert_eq!(app.get("/operators/../../Cargo.toml", &[]).await.status, 404);
    for path in ["/operators/%2e%2e/%2e%2e/Cargo.json", "/%2e%2e/LICENSE.txt", "/..%2f..%2fetc/passwd.txt", "/pkg/"] {
        assert_eq!(app.get(path, &[]).await.status, 404, "{path}");
    }
}

/// M2: request size and number of parameters.
#[tokio::test]
async fn m2_requests_have_bounds() {
    let app = App::demo().await;
    let large = "x".repeat(65 * 1024);
    let page = app.token("demo-web", Some("demo-web-secret"), &[("grant_type", &large)]).await;
    assert_eq!(page.status, 413);
    assert_eq!(page.json()["error"], "invalid_request");
    let form = [("csrf", "x"), ("email", large.as_str())];
    assert_eq!(app.browser().post_form("/signin", &form).await.status, 413);

    // A length that is announced is believed, before a byte is read.
    let headers = [("content-length", "100000000"), ("content-type", "application/x-www-form-urlencoded")];
    let page = send(&app.router, Method::POST, "/oauth2/token", &headers, Body::from("a=b")).await;
    assert_eq!(page.status, 413);

    let many: Vec<(String, &str)> = (0..500).map(|n| (format!("p{n}"), "1")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let page = app.token("demo-web", Some("demo-web-secret"), &many).await;
    assert_eq!(page.status, 400);
    assert_eq!(page.json()["error"], "invalid_request");
    assert_eq!(app.get(&format!("/oauth2/auth?{}", encode(&many)), &[]).await.status, 414);
    assert_eq!(app.get(&format!("/oauth2/auth?state={}", "x".repeat(20_000)), &[]).await.status, 414);

    // What clients really send fits: a state of a thousand characters and more.
    let state = "s".repeat(4000);
    let page = app.browser().follow(&authorize_url("demo-web", &[("state", &state)])).await;
    assert_eq!(page.status, 200, "{}", page.text());
}

/// M3: nothing that comes in as text goes out as a header line.
#[tokio::test]
async fn m3_no_header_can_be_injected() {
    let app = App::demo().await;
    let evil = "a\r\nSet-Cookie: evil=1\r\n\r\n<script>";
    let paths = [
        authorize_url("demo-web", &[("state", evil), ("scope", "nonsense")]),
        authorize_url("demo-web", &[("state", evil), ("prompt", "none")]),
        format!("/signin?{}", encode(&[("next", evil)])),
        format!("/{}", encode(&[(evil, evil)])),
        format!("/oauth2/sessions/logout?{}", encode(&[("post_logout_redirect_uri", evil), ("state", evil)])),
    ];
    for path in paths {
        let page = app.browser().follow(&path).await;
        for (name, value) in &page.headers {
            assert!(!value.as_bytes().contains(&b'\n') && !value.as_bytes().contains(&b'\r'), "{path}: {name}");
        }
        assert!(
            !page.headers.get_all("set-cookie").iter().any(|value| value.as_bytes().starts_with(b"evil")),
            "{path}"
        );
    }
    let error = app.get(&authorize_url("demo-web", &[("state", evil), ("prompt", "none")]), &[]).await;
    assert_eq!(error.redirect_parameters()["state"], evil, "echoed byte for byte, encoded");
}

/// M5: what holds a token or a secret is kept by no cache.
#[tokio::test]
async fn m5_tokens_are_not_cached() {
    let app = App::demo().await;
    let tokens = app.tokens("openid phone offline_access", "+46701740605").await;
    let access = tokens["access_token"].as_str().unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let authorization = basic("demo-web", "demo-web-secret");
    let bearer = format!("Bearer {access}");
    let client = [("authorization", authorization.as_str())];
    let pages = [
        app.refresh(refresh).await,
        app.refresh("nonsense").await,
        app.token("demo-web", Some("wrong"), &[("grant_type", "client_credentials")]).await,
        app.post("/oauth2/introspect", &client, &[("token", access)]).await,
        app.post("/oauth2/revoke", &client, &[("token", "nonsense")]).await,
        app.get("/userinfo", &[("authorization", &bearer)]).await,
        app.get("/userinfo", &[]).await,
        app.get(&authorize_url("demo-web", &[]), &[]).await,
    ];
    for page in pages {
        let policy = page.header("cache-control").unwrap_or_default();
        assert!(policy.contains("no-store"), "{} ({}): {policy:?}", page.path, page.status);
    }
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.follow("/organizations").await;
    assert!(page.header("cache-control").unwrap_or_default().contains("no-store"), "{:?}", page.headers);
}

/// J2, H1 and the rest of what every answer carries, whoever gives it.
#[tokio::test]
async fn every_answer_carries_what_protects_it() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let paths = ["/", "/signin", "/organizations", "/sandbox/outbox", "/nothing/here", "/health/live", "/idp.css"];
    for path in paths {
        let page = browser.follow(path).await;
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("x-frame-options"), Some("DENY"), "{path}");
        assert!(page.header("referrer-policy").is_some(), "{path}");
        let policy = page.header("content-security-policy").unwrap_or_else(|| panic!("{path} has no policy"));
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert!(page.header("x-request-id").is_some_and(|id| id.len() == 32), "{path}");
        assert!(page.header("strict-transport-security").is_none(), "{path}");
    }
    let secure = App::with(|settings| settings.public_url = "https://portico.example".to_owned()).await;
    let page = secure.get("/", &[]).await;
    assert!(page.header("strict-transport-security").is_some());
}

#[tokio::test]
async fn a_request_id_is_taken_from_nobody() {
    let app = App::empty().await;
    let page = app.get("/health/live", &[("x-request-id", "chosen-by-somebody")]).await;
    assert_ne!(page.header("x-request-id"), Some("chosen-by-somebody"));
}

/// The address that budgets count cannot be chosen by whoever is counted.
#[tokio::test]
async fn authentik_cve_2023_36456_an_address_is_believed_from_trusted_proxies_alone() {
    use axum::{Extension, Router, extract::ConnectInfo, routing::get};
    use model::ClientAddress;
    use std::net::SocketAddr;
    use tower::ServiceExt as _;

    let app = App::empty().await;
    let seen = |proxies: &'static str, peer: &'static str, forwarded: &'static [&'static str]| {
        let ctx = app.ctx.clone();
        async move {
            let web = server::Web {
                proxies: server::compose::Proxies {
                    trusted: proxies.split_whitespace().map(|proxy| proxy.parse().unwrap()).collect(),
                    ..server::compose::Proxies::default()
                },
                access_log: false,
                ..server::Web::default()
            };
            let show = get(|Extension(address): Extension<ClientAddress>| async move { address.0.to_string() });
            let router = server::compose::behind_edge(Router::new().route("/", show), ctx, &web);
            let mut request = axum::http::Request::builder().uri("/");
            for line in forwarded {
                request = request.header("x-forwarded-for", *line);
            }
            let mut request = request.body(Body::empty()).unwrap();
            let peer: SocketAddr = peer.parse().unwrap();
            request.extensions_mut().insert(ConnectInfo(peer));
            let response = router.oneshot(request).await.unwrap();
            let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
            String::from_utf8(body.to_vec()).unwrap()
        }
    };
    assert_eq!(seen("", "203.0.113.9:1", &["198.51.100.1"]).await, "203.0.113.9");
    assert_eq!(seen("10.0.0.0/8", "203.0.113.9:1", &["198.51.100.1"]).await, "203.0.113.9");
    assert_eq!(seen("10.0.0.0/8", "10.0.0.1:1", &["198.51.100.1"]).await, "198.51.100.1");
    assert_eq!(seen("10.0.0.0/8", "10.0.0.1:1", &["1.2.3.4, 198.51.100.1, 10.0.0.2"]).await, "198.51.100.1");
    assert_eq!(seen("10.0.0.0/8", "10.0.0.1:1", &["1.2.3.4", "198.51.100.1"]).await, "198.51.100.1");
    assert_eq!(seen("10.0.0.0/8", "10.0.0.1:1", &["nonsense, 198.51.100.1:4711"]).await, "198.51.100.1");
    assert_eq!(seen("10.0.0.0/8", "10.0.0.1:1", &["nonsense"]).await, "10.0.0.1");
    assert_eq!(seen("10.0.0.0/8", "10.0.0.1:1", &["[2001:db8::1]:4711"]).await, "2001:db8::1");
}

#[tokio::test]
async fn a_request_that_panics_or_hangs_gets_an_answer() {
    use axum::{Router, routing::get};
    let app = App::empty().await;
    let web = server::Web {
        request_timeout: std::time::Duration::from_millis(50),
        access_log: false,
        ..server::Web::default()
    };
    async fn broken() -> &'static str {
        panic!("broken")
    }
    let routes = Router::new().route("/panics", get(broken)).route(
        "/hangs",
        get(|| async {
            std::future::pending::<()>().await;
        }),
    );
    let router = server::compose::behind_edge(routes, app.ctx.clone(), &web);
    let page = send(&router, Method::GET, "/panics", &[], Body::empty()).await;
    assert_eq!(page.status, 500);
    assert!(!page.body.contains("broken"), "{}", page.body);
    assert_eq!(send(&router, Method::GET, "/hangs", &[], Body::empty()).await.status, 503);
}

#[tokio::test]
async fn the_portal_is_compressed_and_machines_get_plain_json() {
    let app = App::demo().await;
    let accept = [("accept-encoding", "gzip, br")];
    assert_eq!(app.get("/signin", &accept).await.header("content-encoding"), Some("br"));
    assert_eq!(app.get("/.well-known/jwks.json", &accept).await.header("content-encoding"), None);
}

#[tokio::test]
async fn background_jobs_delete_what_has_expired_and_nothing_else() {
    let app = App::demo().await;
    let tokens = app.tokens("openid phone offline_access", "+46701740605").await;
    app.clock.advance(model::days(3));
    server::jobs::sweep(app.ctx.clone()).await;
    assert!(app.outbox("+46701740605").await.is_empty());
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(app.refresh(refresh).await.status, 200);
    let _still_there = app.sign_in_portal("dev@portico.test").await;
}

// ---- The command line ----

fn run(outside: &Outside, arguments: &[&str], input: &str) -> (bool, String) {
    use std::{io::Write as _, process::Stdio};
    let mut child = Process::command(outside)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn an_unknown_key_stops_the_start() {
    let outside = Outside::new().await;
    std::fs::write(outside.folder.join("portico.toml"), "\n[mail.smtp]\nusrname = \"x\"\n").unwrap();
    let (well, text) = run(&outside, &["serve", "--listen", "127.0.0.1:0"], "");
    assert!(!well);
    assert_eq!(text, "error: portico.toml:3: mail.smtp.usrname is not a key; the nearest one is mail.smtp.username\n");
}

#[tokio::test]
async fn the_command_line_does_what_it_says() {
    let outside = Outside::new().await;
    let (well, text) = run(&outside, &["migrate"], "");
    assert!(well && text.starts_with("Done: "), "{text}");
    let (well, text) = run(&outside, &["migrate"], "");
    assert!(well && text == "The tables are up to date.\n", "{text}");

    let (well, text) = run(&outside, &["--set", "listen=0.0.0.0:3000", "demo"], "");
    assert!(!well && text.contains("loopback"), "{text}");
    let (well, text) = run(&outside, &["--set", "public_url=https://portico.example", "demo"], "");
    assert!(!well && text.contains("loopback"), "{text}");
    let (well, text) = run(&outside, &["demo"], "");
    assert!(well, "{text}");
    let (well, text) = run(&outside, &["demo"], "");
    assert!(!well && text.contains("holds something already"), "{text}");

    let create = ["admin", "create-user", "--email", "new@portico.test", "--name", "New Person"];
    let (well, text) = run(&outside, &create, "short\n");
    assert!(!well && text.contains("password"), "{text}");
    let (well, text) = run(&outside, &create, "a rather unlikely sentence\n");
    assert!(well, "{text}");

    let (well, before) = run(&outside, &["keys", "list"], "");
    assert!(well, "{before}");
    let (well, after) = run(&outside, &["keys", "rotate"], "");
    assert!(well && after.matches("retired").count() == 4 && after.matches("signing").count() == 4, "{after}");

    let site_root = concat!("site_root=", env!("CARGO_MANIFEST_DIR"), "/tests/site");
    let (_, text) = run(&outside, &["doctor", "--set", site_root], "");
    for part in ["configuration", "clock", "master key", "database", "keys", "mail and SMS"] {
        assert!(text.lines().any(|line| line.contains(part) && !line.starts_with("BAD")), "{part}: {text}");
    }
    let refused = ["sandbox=false", "mail.smtp.url=smtp://127.0.0.1:1", "sms.gateway.url=http://127.0.0.1:1/"];
    let arguments: Vec<&str> = refused.iter().flat_map(|pair| ["--set", pair]).chain(["doctor"]).collect();
    let (well, text) = run(&outside, &arguments, "");
    assert!(!well);
    assert_eq!(
        text.lines().filter(|line| line.starts_with("BAD  mail") || line.starts_with("BAD  SMS")).count(),
        2,
        "{text}"
    );
}

/// A running program and a rotation by another process.
#[tokio::test]
async fn a_program_that_was_started_again_keeps_what_it_had() {
    let outside = Outside::new().await;
    let mut portico = Process::start(&outside);
    let keys = reqwest::get(format!("{}/.well-known/jwks.json", portico.url)).await.unwrap().text().await.unwrap();
    assert!(portico.terminate().success());
    let portico = Process::start(&outside);
    let again = reqwest::get(format!("{}/.well-known/jwks.json", portico.url)).await.unwrap().text().await.unwrap();
    assert_eq!(keys, again);
}

/// The log knows each request by its id, and nothing of what was in it.
#[tokio::test]
async fn the_log_holds_no_query_and_nobody() {
    let outside = Outside::new().await;
    let mut portico = Process::start(&outside);
    portico.authorize(&authorize_url("demo-web", &[("state", "a-secret-state")]), "+46701740605").await;
    let page = reqwest::get(format!("{}/health/live?token=a-secret-token", portico.url)).await.unwrap();
    let id = page.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(portico.terminate().success());
    let log = std::fs::read_to_string(&portico.log).unwrap();
    let line = log.lines().find(|line| line.contains(&id)).expect("each request is logged");
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["method"], &line["path"], &line["status"]), (&"GET".into(), &"/health/live".into(), &200.into()));
    for secret in ["a-secret-state", "a-secret-token", "701740605", "code=", "portico-demo"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
