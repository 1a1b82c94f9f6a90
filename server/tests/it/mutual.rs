//! Mutual TLS (RFC 8705), over real connections: clients that are known by their certificate, and
//! tokens that are worth nothing without it.

mod attacks;
mod bound;
mod listeners;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Method, Request},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper_util::rt::TokioIo;
use model::{Certificates, ClientCertificate, certificate::Certificate, client::certificate::CertificateName};
use rcgen::{CertificateParams, DistinguishedName, DnType, SanType};
use serde_json::{Value, json};
use server::{compose::Proxies, tls::Authorities};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tower::ServiceExt as _;

use crate::{
    harness::{App, Page, authorize_url, encode, send},
    key_sets::Publisher,
    tls::{Authority, BOTH, Files, Pair, connect, self_signed, serve},
};

pub const CALLBACK: &str = "https://example.com/callback";
const DEV: &str = "dev@portico.test";

/// The demo world behind TLS, with an authority for clients.
pub struct World {
    app: App,
    server: Authority,
    pub clients: Authority,
    address: SocketAddr,
    files: Files,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Certificates::Judged, None).await
    }

    /// Where these certificates count, and are asked for at this URL.
    async fn with(certificates: Certificates, mutual_url: Option<&str>) -> Self {
        let mutual_url = mutual_url.map(str::to_owned);
        let app = App::with(move |settings| {
            settings.certificates = certificates;
            settings.mutual_url = mutual_url;
        });
        let app = app.await;
        let [server, clients] = [Authority::new(), Authority::new()];
        let authorities = (certificates == Certificates::Judged).then_some(&clients);
        let files = Files::new(&server.sign(|_| {}), authorities).asking(true);
        let address = serve(&app, &Arc::new(files.load().unwrap()), app.router.clone()).await;
        Self { app, server, clients, address, files }
    }

    /// A request over a connection with this certificate.
    async fn send(
        &self,
        own: Option<&Pair>,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Page {
        self.send_to(self.address, own, method, path, headers, body).await
    }

    async fn send_to(
        &self,
        address: SocketAddr,
        own: Option<&Pair>,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Page {
        let stream = connect(address, &self.server, BOTH, &[], own).await.unwrap();
        exchange(stream, method, path, headers, body).await
    }

    pub async fn post(&self, own: Option<&Pair>, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Page {
        self.post_to(self.address, own, path, headers, form).await
    }

    async fn post_to(
        &self,
        address: SocketAddr,
        own: Option<&Pair>,
        path: &str,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Page {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.send_to(address, own, Method::POST, path, &headers, encode(form)).await
    }

    pub async fn get(&self, own: Option<&Pair>, path: &str, token: &str) -> Page {
        let authorization = format!("Bearer {token}");
        self.send(own, Method::GET, path, &[("authorization", &authorization)], String::new()).await
    }

    /// Whether the endpoint believes that this is the client: `None`, or what it says.
    async fn refused(&self, own: Option<&Pair>, client_id: &str) -> Option<String> {
        let page = self.post(own, "/oauth2/introspect", &[], &[("client_id", client_id), ("token", "nothing")]).await;
        if page.status == 200 {
            return None;
        }
        let answer = page.json();
        assert_eq!((page.status, answer["error"].as_str()), (401, Some("invalid_client")), "{answer}");
        Some(answer["error_description"].as_str().unwrap().to_owned())
    }

    /// Registers a client; its id.
    pub async fn registered(&self, more: &Value) -> String {
        let page = register(&self.app, more).await;
        assert_eq!(page.status, 201, "{more} {}", page.body);
        let answer = page.json();
        for (name, value) in more.as_object().unwrap().iter().filter(|(name, _)| *name != "jwks") {
            assert_eq!(answer[name], *value, "{name}");
        }
        assert!(answer.get("client_secret").is_none());
        answer["client_id"].as_str().unwrap().to_owned()
    }

    /// Changes what a client of the demo world has registered, before its first use.
    pub async fn rewrite(&self, client: &str, method: &str, metadata: &Value) {
        let sql = format!(
            "UPDATE clients SET auth_method = '{method}', metadata = '{metadata}' WHERE client_id = '{client}'"
        );
        self.app.execute(&sql).await;
    }

    /// A code of a client of the demo world for a portal user.
    pub async fn code(&self, client: &str, scope: &str) -> String {
        let mut browser = self.app.sign_in_portal(DEV).await;
        let page = browser.follow(&authorize_url(client, &[("scope", scope)])).await;
        let page = if page.status == 200 { browser.allow(page).await } else { page };
        page.redirect_parameters()["code"].clone()
    }
}

/// A request on a connection, and its answer.
async fn exchange(
    stream: TlsStream<TcpStream>,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Page {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = sender.send_request(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(Body::new(body), usize::MAX).await.unwrap();
    Page {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
        path: path.to_owned(),
    }
}

async fn register(app: &App, more: &Value) -> Page {
    let mut body = json!({"client_name": "Mutual", "redirect_uris": [CALLBACK]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let headers = [("content-type", "application/json")];
    send(&app.router, Method::POST, "/oauth2/register", &headers, Body::from(body.to_string())).await
}

/// The subject of a certificate, and nothing beside it.
fn named(params: &mut CertificateParams, parts: &[(DnType, &str)]) {
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in parts {
        params.distinguished_name.push(kind.clone(), *value);
    }
    params.subject_alt_names = Vec::new();
}

pub fn acme(params: &mut CertificateParams) {
    named(params, &[(DnType::CountryName, "SE"), (DnType::OrganizationName, "Acme"), (DnType::CommonName, "client")]);
}

pub const ACME: &str = "CN=client,O=Acme,C=SE";

pub fn by_name(name: &str, value: &str) -> Value {
    json!({"token_endpoint_auth_method": "tls_client_auth", format!("tls_client_auth_{name}"): value})
}

pub fn bound(page: &Page) -> String {
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.json()["token_type"], "bearer", "RFC 8705, section 3");
    page.json()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_is_known_by_the_registered_name_in_its_certificate() {
    let world = World::new().await;
    let san = |name: SanType| {
        world.clients.sign(|params| {
            named(params, &[(DnType::CommonName, "somebody")]);
            params.subject_alt_names = vec![SanType::DnsName("other.example.com".try_into().unwrap()), name];
        })
    };
    let other = world.clients.sign(|_| {});
    for (name, value, own) in [
        ("subject_dn", ACME, world.clients.sign(acme)),
        ("san_dns", "client.example.com", san(SanType::DnsName("client.example.com".try_into().unwrap()))),
        ("san_uri", "urn:example:client", san(SanType::URI("urn:example:client".try_into().unwrap()))),
        ("san_ip", "2001:db8::7", san(SanType::IpAddress("2001:db8::7".parse().unwrap()))),
        ("san_email", "client@example.com", san(SanType::Rfc822Name("client@example.com".try_into().unwrap()))),
    ] {
        let client = world.registered(&by_name(name, value)).await;
        assert_eq!(world.refused(Some(&own), &client).await, None, "{name}");
        let why = world.refused(Some(&other), &client).await.expect("another name");
        assert!(why.contains("does not have the name"), "{name}: {why}");
        let why = world.refused(None, &client).await.expect("no certificate");
        assert!(why.contains("client certificate came"), "{name}: {why}");
        // Nothing else is believed in its place.
        let page = world.app.token(&client, Some("a-secret"), &[("grant_type", "refresh_token")]).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_client")), "{name}");
    }
}

#[tokio::test]
async fn e1_the_right_name_counts_under_a_trusted_authority_alone() {
    let world = World::new().await;
    let client = world.registered(&by_name("subject_dn", ACME)).await;
    let expired = |params: &mut CertificateParams| {
        acme(params);
        params.not_after = rcgen::date_time_ymd(2026, 1, 1);
    };
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    acme(&mut params);
    let own = crate::tls::pair(&params.self_signed(&key).unwrap(), &key);
    for (what, pair) in [
        ("an authority of somebody else's", Authority::new().sign(acme)),
        ("that of the server", world.server.sign(acme)),
        ("nobody", own),
        ("the right one, of last year", world.clients.sign(expired)),
    ] {
        let why = world.refused(Some(&pair), &client).await.unwrap_or_else(|| panic!("{what}"));
        assert!(why.contains("no authority that is trusted"), "{what}: {why}");
    }
    for (what, parts) in [
        ("more", &[(DnType::OrganizationName, "Acme"), (DnType::CommonName, "client")][..]),
        (
            "another order",
            &[(DnType::CommonName, "client"), (DnType::OrganizationName, "Acme"), (DnType::CountryName, "SE")],
        ),
        ("one value with commas", &[(DnType::CommonName, ACME)]),
        (
            "other letters",
            &[(DnType::CountryName, "SE"), (DnType::OrganizationName, "Acme"), (DnType::CommonName, "Client")],
        ),
    ] {
        let pair = world.clients.sign(|params| named(params, parts));
        assert!(world.refused(Some(&pair), &client).await.is_some(), "{what}");
    }
    assert_eq!(world.refused(Some(&world.clients.sign(acme)), &client).await, None);
}

#[tokio::test]
async fn d5_a_certificate_of_one_client_is_none_of_another() {
    let world = World::new().await;
    let own = self_signed();
    let jwk = model::client::keys::read(&own.certificate).unwrap().remove(0).jwk;
    let named = world.registered(&by_name("subject_dn", ACME)).await;
    let other_named = world.registered(&by_name("san_dns", "client.example.com")).await;
    let method = "self_signed_tls_client_auth";
    let keyed = world.registered(&json!({"token_endpoint_auth_method": method, "jwks": {"keys": [jwk]}})).await;
    let acme = world.clients.sign(acme);
    assert_eq!(world.refused(Some(&acme), &named).await, None);
    assert_eq!(world.refused(Some(&own), &keyed).await, None);
    for (pair, client) in [(&acme, &other_named), (&acme, &keyed), (&own, &named), (&own, &other_named)] {
        assert!(world.refused(Some(pair), client).await.is_some(), "{client}");
    }
    // A client that is known by something else is not known by a certificate.
    assert!(world.refused(Some(&acme), "demo-app").await.is_some());
    assert!(world.refused(Some(&acme), "nobody").await.is_some());
}

#[tokio::test]
async fn a_client_makes_its_certificate_itself() {
    let world = World::new().await;
    let own = self_signed();
    let renewed = {
        let key = rcgen::KeyPair::from_pem(&own.key).unwrap();
        crate::tls::pair(&CertificateParams::default().self_signed(&key).unwrap(), &key)
    };
    let with_certificate = model::client::keys::read(&own.certificate).unwrap().remove(0).jwk;
    let bare = Certificate::read(&own.der).unwrap().key.unwrap();
    let method = "self_signed_tls_client_auth";
    let body = |key: &Value| json!({"token_endpoint_auth_method": method, "jwks": {"keys": [key]}});
    let pinned = world.registered(&body(&with_certificate)).await;
    let by_key = world.registered(&body(&bare)).await;
    assert_eq!(world.refused(Some(&own), &pinned).await, None);
    assert!(world.refused(Some(&renewed), &pinned).await.is_some(), "another certificate of the same key");
    assert_eq!(world.refused(Some(&own), &by_key).await, None);
    assert_eq!(world.refused(Some(&renewed), &by_key).await, None, "the key is what is registered");
    for client in [&pinned, &by_key] {
        let why = world.refused(Some(&self_signed()), client).await.expect("another key");
        assert!(why.contains("none of those that are registered"), "{why}");
        assert!(world.refused(None, client).await.is_some());
    }
}

#[tokio::test]
async fn a_renewed_certificate_of_the_same_key_stands_beside_the_old_one() {
    let world = World::new().await;
    let own = self_signed();
    let renewed = {
        let key = rcgen::KeyPair::from_pem(&own.key).unwrap();
        crate::tls::pair(&CertificateParams::default().self_signed(&key).unwrap(), &key)
    };
    let mut browser = world.app.sign_in_portal(DEV).await;
    let path = format!("{}/keys", world.app.client_path("demo-app").await);
    let mut paste = async |pem: &str| {
        let page = browser.get(&path).await;
        browser.submit(page.form(&path).set("jwk", pem)).await
    };
    assert_eq!(paste(&own.certificate).await.status, 303);
    let page = paste(&renewed.certificate).await;
    assert_eq!(page.status, 303, "{}", page.text());
    for again in [&own, &renewed] {
        let page = paste(&again.certificate).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains("This key is registered already."), "{}", page.text());
    }
    let page = browser.get(&path).await;
    for pair in [&own, &renewed] {
        let thumbprint = ClientCertificate { der: pair.der.clone(), trusted: false }.thumbprint();
        assert!(page.text().contains(&format!("Certificate {thumbprint}")), "{}", page.text());
    }
    let method = path.replace("/keys", "/method");
    let page = browser.submit(page.form(&method).set("method", "self_signed_tls_client_auth")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    for pair in [&own, &renewed] {
        assert_eq!(world.refused(Some(pair), "demo-app").await, None);
    }

    // In a registration, too.
    let key = |pair: &Pair| model::client::keys::read(&pair.certificate).unwrap().remove(0).jwk;
    let keys = json!({"keys": [key(&own), key(&renewed), key(&own)]});
    let client =
        world.registered(&json!({"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": keys})).await;
    for pair in [&own, &renewed] {
        assert_eq!(world.refused(Some(pair), &client).await, None);
    }
}

#[tokio::test]
async fn a_certificate_is_published_at_the_jwks_uri_and_changed_there() {
    let world = World::new().await;
    let publisher = Publisher::of(&world.app).await;
    let metadata = json!({ "jwks_uri": publisher.uri });
    world.rewrite("demo-reports", "self_signed_tls_client_auth", &metadata).await;
    let [first, second] = [self_signed(), self_signed()];
    let jwk = |pair: &Pair| model::client::keys::read(&pair.certificate).unwrap().remove(0).jwk;
    publisher.publish_json(&[jwk(&first)]);
    assert_eq!(world.refused(Some(&first), "demo-reports").await, None);
    publisher.publish_json(&[jwk(&second)]);
    assert_eq!(world.refused(Some(&second), "demo-reports").await, None, "without waiting for the old set to age");
    assert!(world.refused(Some(&self_signed()), "demo-reports").await.is_some());
    assert!(world.refused(Some(&first), "demo-reports").await.is_some(), "it is not there any more");
}

#[tokio::test]
async fn nginx_a_forwarded_certificate_counts_from_a_trusted_proxy_alone() {
    let world = World::new().await;
    let client = world.registered(&by_name("subject_dn", ACME)).await;
    let own = world.clients.sign(acme);
    let header = format!(":{}:", STANDARD.encode(&own.der));
    let trusted = vec!["10.0.0.0/8".parse().unwrap()];
    let client_ca = Authorities::load(world.files.files.client_ca.as_ref().unwrap()).unwrap();
    let ask = async |client_certificates: bool, peer: &str| {
        let proxies = Proxies { trusted: trusted.clone(), client_certificates, ..Proxies::default() };
        let web =
            server::Web { proxies, client_ca: Some(client_ca.clone()), access_log: false, ..server::Web::default() };
        let body = encode(&[("client_id", client.as_str()), ("token", "nothing")]);
        let request = Request::post("/oauth2/introspect")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("client-cert", header.as_str());
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        server::router(world.app.ctx.clone(), &web).oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(ask(true, "10.0.0.1:1").await, 200);
    assert_eq!(ask(true, "203.0.113.9:1").await, 401, "anybody can write a header");
    assert_eq!(ask(false, "10.0.0.1:1").await, 401, "a proxy that passes on what clients send");
}

#[tokio::test]
async fn the_methods_are_offered_where_certificates_arrive() {
    let methods = |document: &Value, endpoint: &str| {
        let name = format!("{endpoint}_endpoint_auth_methods_supported");
        let methods = document[name].as_array().unwrap().iter().map(|method| method.as_str().unwrap().to_owned());
        methods.filter(|method| method.contains("tls")).collect::<Vec<_>>()
    };
    let all = ["tls_client_auth", "self_signed_tls_client_auth"];
    for (certificates, offered) in
        [(Certificates::None, &all[..0]), (Certificates::Unjudged, &all[1..]), (Certificates::Judged, &all[..])]
    {
        let app = App::with(|settings| settings.certificates = certificates).await;
        let document = app.get("/.well-known/oauth-authorization-server", &[]).await.json();
        for endpoint in ["token", "revocation", "introspection"] {
            assert_eq!(methods(&document, endpoint), offered, "{certificates:?} {endpoint}");
        }
        assert_eq!(document["token_endpoint_auth_methods_supported"][0], "client_secret_basic");
        let bound = document.get("tls_client_certificate_bound_access_tokens");
        assert_eq!(bound.is_some(), certificates != Certificates::None, "{certificates:?}");
        assert!(document.get("mtls_endpoint_aliases").is_none(), "there is one listener");
        let page = register(&app, &by_name("subject_dn", ACME)).await;
        assert_eq!(page.status, if offered.contains(&all[0]) { 201 } else { 400 }, "{certificates:?}");
        let page = register(&app, &json!({"tls_client_certificate_bound_access_tokens": true})).await;
        assert_eq!(page.status, if offered.is_empty() { 400 } else { 201 }, "{certificates:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_registered_is_said() {
    let world = World::new().await;
    let mut two = by_name("subject_dn", ACME);
    two["tls_client_auth_san_dns"] = "client.example.com".into();
    let keys = json!({"keys": [crate::fapi::Key::new().public]});
    let mut foreign = model::client::keys::read(&self_signed().certificate).unwrap().remove(0).jwk;
    foreign["x5c"] = json!([STANDARD.encode(&self_signed().der)]);
    let own = "self_signed_tls_client_auth";
    for (body, words) in [
        (json!({"token_endpoint_auth_method": "tls_client_auth"}), "is needed for tls_client_auth"),
        (two, "one name too many"),
        (by_name("san_dns", "*.example.com"), "the whole name of a host"),
        (by_name("subject_dn", "Acme"), "openssl"),
        (by_name("san_ip", "10.0.0.0/8"), "an address"),
        (json!({"token_endpoint_auth_method": own}), "must hold a key"),
        (json!({"token_endpoint_auth_method": own, "jwks": {"keys": [foreign]}}), "x5c"),
        (
            json!({"tls_client_certificate_bound_access_tokens": true, "dpop_bound_access_tokens": true}),
            "exclude each other",
        ),
    ] {
        let page = register(&world.app, &body).await;
        let answer = page.json();
        assert_eq!((page.status, answer["error"].as_str()), (400, Some("invalid_client_metadata")), "{body}");
        assert!(answer["error_description"].as_str().unwrap().contains(words), "{body} {answer}");
    }
    // A name that its method has no use for is not kept.
    let mut named = by_name("subject_dn", ACME);
    named["token_endpoint_auth_method"] = own.into();
    named["jwks"] = keys;
    let page = register(&world.app, &named).await;
    assert_eq!(page.status, 201, "{}", page.body);
    assert!(page.json().get("tls_client_auth_subject_dn").is_none());
}

#[tokio::test]
async fn the_clients_page_takes_a_name_and_then_the_method() {
    let world = World::new().await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let client = world.app.client_path("demo-app").await;
    let (keys, method, path) = (format!("{client}/keys"), format!("{client}/method"), format!("{client}/certificate"));
    let page = browser.get(&keys).await;
    let refused = browser.submit(page.form(&method).set("method", "tls_client_auth")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("Register the name in its certificate first."), "{}", refused.text());

    let page = browser.get(&path).await;
    let form = || {
        let mut form = page.form(&path);
        form.press("place", "tls_client_auth_subject_dn").set("name", ACME).set("bound", "on");
        form
    };
    let refused = browser.submit(form().set("name", "C = SE; Acme")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("-nameopt RFC2253"), "{}", refused.text());
    assert!(refused.body.contains("value=\"C = SE; Acme\""), "nothing typed is lost");
    assert_eq!(browser.submit(&form()).await.status, 303);
    let page = browser.get(&keys).await;
    assert_eq!(browser.submit(page.form(&method).set("method", "tls_client_auth")).await.status, 303);
    assert!(browser.get(&client).await.text().contains(ACME));

    let row = model::cache::client(&world.app.ctx, "demo-app").await.unwrap().unwrap();
    assert_eq!(CertificateName::of(&row.metadata).unwrap().text, ACME);
    let own = world.clients.sign(acme);
    assert_eq!(world.refused(Some(&own), "demo-app").await, None);
    let form = [("client_id", "demo-app"), ("grant_type", "refresh_token"), ("refresh_token", "nothing")];
    let page = world.post(Some(&own), "/oauth2/token", &[], &form).await;
    assert_eq!(page.json()["error"], "invalid_grant");
    let page = browser.get(&path).await;
    let gone = browser.submit(page.form(&path).set("name", "")).await;
    assert_eq!(gone.status, 422, "the client signs in with it");

    // Where no certificate arrives there is no such page.
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    assert_eq!(browser.get(&format!("{}/certificate", app.client_path("demo-app").await)).await.status, 404);
    let page = browser.get(&format!("{}/keys", app.client_path("demo-app").await)).await;
    assert!(!page.body.contains("tls_client_auth"), "{}", page.text());
}
