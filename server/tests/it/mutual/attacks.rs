//! What somebody beside the client, or beside the proxy, must not achieve.

use super::*;
use crate::harness::basic;

#[tokio::test]
async fn nginx_the_certificate_of_a_proxy_is_none_of_its_clients() {
    let world = World::new().await;
    let client = world.registered(&by_name("subject_dn", ACME)).await;
    let (own, other) = (world.clients.sign(acme), world.clients.sign(|_| {}));
    let line = |pair: &Pair| format!(":{}:", STANDARD.encode(&pair.der));
    let client_ca = Authorities::load(world.files.files.client_ca.as_ref().unwrap()).unwrap();
    // A proxy that has the client's certificate itself, and what it passes on.
    let ask = async |peer: &str, lines: &[String]| {
        let proxies =
            Proxies { trusted: vec!["10.0.0.0/8".parse().unwrap()], client_certificates: true, ..Proxies::default() };
        let web =
            server::Web { proxies, client_ca: Some(client_ca.clone()), access_log: false, ..server::Web::default() };
        let mut request =
            Request::post("/oauth2/introspect").header("content-type", "application/x-www-form-urlencoded");
        for line in lines {
            request = request.header("client-cert", line.as_str());
        }
        let body = encode(&[("client_id", client.as_str()), ("token", "nothing")]);
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        request.extensions_mut().insert(ClientCertificate { der: own.der.clone(), trusted: true });
        server::router(world.app.ctx.clone(), &web).oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(ask("203.0.113.9:1", &[]).await, 200, "whoever connects by themselves");
    assert_eq!(ask("10.0.0.1:1", &[]).await, 401, "behind the proxy nobody has shown one");
    assert_eq!(ask("10.0.0.1:1", &[line(&other)]).await, 401, "or another one");
    assert_eq!(ask("10.0.0.1:1", &[line(&own)]).await, 200);
    assert_eq!(ask("10.0.0.1:1", &[line(&own), line(&other)]).await, 401, "of two lines nobody knows whose they are");
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_is_shown_as_nothing_else() {
    let world = World::new().await;
    world.rewrite("demo-app", "secret", &json!({"tls_client_certificate_bound_access_tokens": true})).await;
    let own = self_signed();
    let code = world.code("demo-app", "openid profile").await;
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    let authorization = basic("demo-app", "demo-app-secret");
    let access = bound(&world.post(Some(&own), "/oauth2/token", &[("authorization", &authorization)], &form).await);
    let proof = crate::fapi::Client::new(&world.app).proof("GET", "/userinfo", Some(&access));
    let authorization = format!("DPoP {access}");
    let headers = [("authorization", authorization.as_str()), ("dpop", proof.as_str())];
    for pair in [None, Some(&own)] {
        let page = world.send(pair, Method::GET, "/userinfo", &headers, String::new()).await;
        assert_eq!((page.status, page.json()["error"].as_str()), (401, Some("invalid_token")));
    }
}
