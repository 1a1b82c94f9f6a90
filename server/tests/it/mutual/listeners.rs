//! Where clients are asked for a certificate, and how: without a word about authorities, with or without
//! any, and at an address of their own.

use std::sync::Mutex;

use rustls::{SignatureScheme, client::ResolvesClientCert, sign::CertifiedKey};

use super::*;
use crate::{
    harness::{Outside, Process, basic},
    tls::{certified, connect_with},
};

const MUTUAL: &str = "https://mtls.portico.example";

/// A client such as those of Java and Go: to a server that names authorities it shows a certificate of
/// one of these, and otherwise the one that it has.
#[derive(Debug)]
struct Particular {
    own: Arc<CertifiedKey>,
    named: Mutex<Vec<usize>>,
}

impl ResolvesClientCert for Particular {
    fn resolve(&self, authorities: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.named.lock().unwrap().push(authorities.len());
        // That of the tests' own making is of no authority that anybody could name.
        authorities.is_empty().then(|| Arc::clone(&self.own))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn self_made(pair: &Pair) -> Value {
    let jwk = model::client::keys::read(&pair.certificate).unwrap().remove(0).jwk;
    json!({"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": {"keys": [jwk]}})
}

#[tokio::test]
async fn no_authority_is_named_so_that_clients_send_the_certificate_that_they_have() {
    let world = World::new().await;
    let own = self_signed();
    let client = world.registered(&self_made(&own)).await;
    for version in BOTH {
        let particular = Arc::new(Particular { own: Arc::new(certified(&own)), named: Mutex::default() });
        let resolver = Arc::clone(&particular) as Arc<dyn ResolvesClientCert>;
        let stream = connect_with(world.address, &world.server, &[*version], &[], Some(resolver)).await.unwrap();
        let form = encode(&[("client_id", client.as_str()), ("token", "nothing")]);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let page = exchange(stream, Method::POST, "/oauth2/introspect", &headers, form).await;
        assert_eq!(page.status, 200, "{version:?}: {}", page.body);
        assert_eq!(*particular.named.lock().unwrap(), [0], "{version:?}");
    }
    // That none is named makes none trusted.
    let named = world.registered(&by_name("subject_dn", ACME)).await;
    assert!(world.refused(Some(&Authority::new().sign(acme)), &named).await.is_some());
    assert_eq!(world.refused(Some(&world.clients.sign(acme)), &named).await, None);
}

#[tokio::test]
async fn without_authorities_a_certificate_counts_for_whoever_has_registered_it_alone() {
    let world = World::with(Certificates::Unjudged, None).await;
    let own = self_signed();
    let client = world.registered(&self_made(&own)).await;
    assert_eq!(world.refused(Some(&own), &client).await, None);
    assert!(world.refused(Some(&self_signed()), &client).await.is_some(), "somebody else's");
    assert!(world.refused(None, &client).await.is_some(), "nobody's");
    // The certificate of an authority that nobody here has heard of has the right name in it, and the
    // client was registered when there were authorities.
    world.rewrite("demo-reports", "tls_client_auth", &json!({"tls_client_auth_subject_dn": ACME})).await;
    for pair in [world.clients.sign(acme), world.server.sign(acme), own] {
        assert!(world.refused(Some(&pair), "demo-reports").await.is_some(), "no certificate is trusted");
    }
    assert_eq!(register(&world.app, &by_name("subject_dn", ACME)).await.status, 400);
    let metadata = world.app.get("/.well-known/openid-configuration", &[]).await.json();
    let methods = metadata["token_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(methods.contains(&"self_signed_tls_client_auth".into()) && !methods.contains(&"tls_client_auth".into()));
}

#[tokio::test]
async fn at_a_second_address_alone_clients_are_asked_and_the_metadata_says_where() {
    let world = World::with(Certificates::Judged, Some(MUTUAL)).await;
    let files = Files::new(&world.server.sign(|_| {}), Some(&world.clients)).asking(false);
    let first = serve(&world.app, &Arc::new(files.load().unwrap()), world.app.router.clone()).await;
    let own = world.clients.sign(acme);
    let client = world.registered(&by_name("subject_dn", ACME)).await;
    // At the first a client with a certificate is not asked for it.
    let particular = Arc::new(Particular { own: Arc::new(certified(&own)), named: Mutex::default() });
    let resolver = Arc::clone(&particular) as Arc<dyn ResolvesClientCert>;
    connect_with(first, &world.server, BOTH, &[], Some(resolver)).await.unwrap();
    assert!(particular.named.lock().unwrap().is_empty());
    let form = [("client_id", client.as_str()), ("token", "nothing")];
    let page = world.post_to(first, Some(&own), "/oauth2/introspect", &[], &form).await;
    assert_eq!(page.status, 401);
    assert!(page.body.contains("client certificate came"), "{}", page.body);
    assert_eq!(world.refused(Some(&own), &client).await, None);

    let metadata = world.app.get("/.well-known/oauth-authorization-server", &[]).await.json();
    let aliases = metadata["mtls_endpoint_aliases"].as_object().unwrap();
    let mut names: Vec<&str> = aliases.keys().map(String::as_str).collect();
    names.sort_unstable();
    let mut wanted = [
        "token_endpoint",
        "userinfo_endpoint",
        "revocation_endpoint",
        "introspection_endpoint",
        "pushed_authorization_request_endpoint",
        "device_authorization_endpoint",
        "backchannel_authentication_endpoint",
    ];
    wanted.sort_unstable();
    assert_eq!(names, wanted);
    for (name, url) in aliases {
        let path = metadata[name].as_str().unwrap().strip_prefix(crate::harness::URL).unwrap();
        assert_eq!(*url, format!("{MUTUAL}{path}"), "{name}");
        // There is something there for clients.
        let page = world.post(Some(&own), path, &[], &[("client_id", client.as_str())]).await;
        assert!(matches!(page.status, 200 | 400 | 401), "{name}: {}", page.status);
    }
}

/// A client that signs in with its certificate and binds its tokens to a key says in its proofs where it
/// sends them.
#[tokio::test]
async fn a_proof_may_be_for_the_second_address() {
    for mutual in [Some(MUTUAL), None] {
        let world = World::with(Certificates::Judged, mutual).await;
        let client = crate::fapi::Client::new(&world.app);
        let authorization = basic("demo-reports", "demo-reports-secret");
        let ask = async |htu: &str| {
            let mut claims = client.proof_claims("POST", "/oauth2/token", None);
            claims["htu"] = htu.into();
            let proof = client.prove(&claims);
            let headers = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
            world.app.post("/oauth2/token", &headers, &[("grant_type", "client_credentials")]).await.status
        };
        assert_eq!(ask("http://127.0.0.1:3000/oauth2/token").await, 200);
        let there = ask("https://mtls.portico.example/oauth2/token").await;
        assert_eq!(there, if mutual.is_some() { 200 } else { 400 });
        for wrong in [
            "https://mtls.portico.example/oauth2/par",
            "https://mtls.portico.example.evil.example/oauth2/token",
            "http://mtls.portico.example/oauth2/token",
            "https://evil.example/oauth2/token",
        ] {
            assert_eq!(ask(wrong).await, 400, "{wrong}");
        }
    }
}

#[tokio::test]
async fn the_program_asks_for_certificates_at_its_second_address() {
    let outside = Outside::new().await;
    let [server, clients] = [Authority::new(), Authority::new()];
    let files = Files::new(&server.sign(|_| {}), Some(&clients));
    // Free a moment ago, and nobody else's in this run.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let set = |key: &str, value: &str| format!("tls.{key}={value}");
    let path = |file: &std::path::Path| file.display().to_string();
    let [ca, mutual] =
        [set("client_ca", &path(files.files.client_ca.as_ref().unwrap())), set("mutual_listen", &free.to_string())];
    let (certificate, key) = (path(&files.files.certificate), path(&files.files.key));
    let arguments =
        ["--tls-cert", certificate.as_str(), "--tls-key", key.as_str(), "--set", ca.as_str(), "--set", mutual.as_str()];
    let mut portico = Process::start_with(&outside, &arguments);
    let first: SocketAddr = portico.url.trim_start_matches("https://").parse().unwrap();
    let asked = async |address: SocketAddr| {
        let particular =
            Arc::new(Particular { own: Arc::new(certified(&clients.sign(|_| {}))), named: Mutex::default() });
        let resolver = Arc::clone(&particular) as Arc<dyn ResolvesClientCert>;
        let stream = connect_with(address, &server, BOTH, &[], Some(resolver)).await.unwrap();
        let metadata = exchange(stream, Method::GET, "/.well-known/openid-configuration", &[], String::new()).await;
        let asked = !particular.named.lock().unwrap().is_empty();
        (asked, metadata.json())
    };
    let (was_asked, metadata) = asked(first).await;
    assert!(!was_asked);
    assert_eq!(metadata["issuer"], portico.url.as_str());
    assert_eq!(metadata["mtls_endpoint_aliases"]["token_endpoint"], format!("https://{free}/oauth2/token"));
    let (was_asked, metadata) = asked(free).await;
    assert!(was_asked);
    assert_eq!(metadata["issuer"], portico.url.as_str(), "it is the same provider");
    assert!(portico.terminate().success());
}
