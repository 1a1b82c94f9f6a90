//! What a request says about itself is believed from configured proxies alone, and never who we are.

use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request},
};
use model::{hours, limit::Rule};
use server::compose::{ForwardedHeader, Proxies, Web};
use tower::ServiceExt as _;

use crate::harness::{App, URL, authorize_url};

/// The portal as seen by a proxy that is trusted and passes everything on.
fn behind_proxy(app: &App, header: ForwardedHeader) -> Router {
    let proxies = Proxies { trusted: vec!["10.0.0.0/8".parse().unwrap()], header, ..Proxies::default() };
    server::router(app.ctx.clone(), &Web { proxies, access_log: false, ..Web::default() })
}

async fn get(router: &Router, peer: &str, path: &str, headers: &[(&str, &str)]) -> (HeaderMap, String) {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    let response = router.clone().oneshot(request).await.unwrap();
    let headers = response.headers().clone();
    let body = to_bytes(response.into_body(), 1_000_000).await.unwrap();
    (headers, String::from_utf8(body.to_vec()).unwrap())
}

/// Litestar took the host of a link from `X-Forwarded-Host` when `Host` was absent.
#[tokio::test]
async fn litestar_xfh_no_header_says_where_we_are() {
    let app = App::demo().await;
    let lies: &[&[(&str, &str)]] = &[
        &[("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "gopher"), ("x-forwarded-port", "1")],
        &[("forwarded", "for=198.51.100.1;host=evil.example;proto=gopher")],
        &[("host", "evil.example"), ("x-forwarded-prefix", "/evil.example"), ("x-original-url", "/evil.example")],
        &[("x-host", "evil.example"), ("x-forwarded-server", "evil.example"), ("x-rewrite-url", "/evil.example")],
    ];
    for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
        let router = behind_proxy(&app, header);
        for headers in lies {
            for peer in ["10.0.0.1:1", "203.0.113.9:1"] {
                for path in [
                    "/.well-known/openid-configuration",
                    "/organizations",
                    "/signin",
                    "/",
                    &authorize_url("demo-web", &[]),
                ] {
                    let (answer, body) = get(&router, peer, path, headers).await;
                    let said = format!("{answer:?} {body}");
                    assert!(!said.contains("evil.example") && !said.contains("gopher"), "{path} {headers:?}: {said}");
                }
                let (_, metadata) = get(&router, peer, "/.well-known/openid-configuration", headers).await;
                let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
                assert_eq!(metadata["issuer"], URL);
            }
        }
    }
}

/// Strapi's limits counted by something that the caller could choose.
#[tokio::test]
async fn strapi_cve_2025_64526_no_header_gives_a_fresh_budget() {
    let app = App::with(|settings| settings.limits.pin_address = Rule::new(3, hours(1))).await;
    let names = [
        "x-forwarded-for",
        "forwarded",
        "x-real-ip",
        "true-client-ip",
        "cf-connecting-ip",
        "x-client-ip",
        "client-ip",
        "x-cluster-client-ip",
        "x-forwarded",
        "forwarded-for",
        "via",
    ];
    let like = app.browser();
    let mut sent = 0;
    for n in 0..8 {
        let address = format!("198.51.100.{n}");
        let element = format!("for={address}");
        let mut browser = app.browser();
        browser.address = like.address;
        let page = browser.follow(&authorize_url("demo-web", &[])).await;
        let mut form = page.form("/login");
        form.set("number", &format!("+{}", 46_701_740_605_u64 + n));
        let origin = browser.origin.clone();
        let mut headers = vec![("origin", origin.as_str()), ("user-agent", address.as_str())];
        headers.extend(names.map(|name| (name, if name == "forwarded" { element.as_str() } else { address.as_str() })));
        let fields: Vec<(&str, &str)> = form.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let page = browser.post_form_with("/login", &fields, &headers).await;
        sent += u32::from(page.header("retry-after").is_none());
    }
    assert_eq!(sent, 3);
}
