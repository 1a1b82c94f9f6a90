//! Tokens that a careless reader takes: what clients sign, spoiled in each way, at each place that
//! reads it, and what we sign at the places that it is not for.

use model::delivery;

use super::*;
use crate::deliveries::Outside;

/// What a client signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Assertion,
    Object,
    Proof,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Assertion, Self::Object, Self::Proof];

    const fn error(self) -> &'static str {
        match self {
            Self::Assertion => "invalid_client",
            Self::Object => "invalid_request_object",
            Self::Proof => "invalid_dpop_proof",
        }
    }
}

impl Bank<'_> {
    /// An honest header and claims.
    fn honest(&self, kind: Kind) -> (Value, Value) {
        match kind {
            Kind::Assertion => (json!({"alg": "ES256", "kid": self.key.kid}), self.claims()),
            Kind::Object => (json!({"alg": "ES256", "kid": self.key.kid}), self.object()),
            Kind::Proof => (json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": self.key.public}), self.proof()),
        }
    }

    async fn show(&self, kind: Kind, token: &str) -> Page {
        match kind {
            Kind::Assertion => self.push(token, None, &[]).await,
            Kind::Object => self.push(&self.assertion(), None, &[("request", token)]).await,
            Kind::Proof => self.push(&self.assertion(), Some(token), &[]).await,
        }
    }

    async fn refuses(&self, kind: Kind, token: &str, what: &str) {
        let page = self.show(kind, token).await;
        assert!(matches!(page.status, 400 | 401), "{kind:?}, {what}: {} {}", page.status, page.body);
        assert_eq!(page.json()["error"], kind.error(), "{kind:?}, {what}: {}", page.body);
    }
}

/// A token of these very texts, signed on P-256 with the demo client's key.
fn signed_text(header: &str, claims: &str) -> String {
    let text = format!("{}.{}", b64(header), b64(claims));
    let signature = demo_pair().sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", b64(signature))
}

async fn bank(app: &App) -> Bank<'_> {
    let bank = Bank { app, key: Key::demo() };
    for kind in Kind::ALL {
        let (header, claims) = bank.honest(kind);
        let page = bank.show(kind, &signed(&header, &claims)).await;
        assert_eq!(page.status, 201, "the honest {kind:?}: {}", page.body);
    }
    bank
}

/// Authlib took the hash for right when nobody knew the algorithm.
#[tokio::test]
async fn authlib_cve_2026_28498_an_algorithm_that_nobody_knows_verifies_nothing() {
    let app = App::demo().await;
    let bank = bank(&app).await;
    for kind in Kind::ALL {
        for alg in [
            json!("HS999"),
            json!("XX256"),
            json!("ES256K"),
            json!("ES512"),
            json!("es256"),
            json!("ES256 "),
            json!("ES256\u{0}"),
            json!("none,ES256"),
            json!(""),
            json!(null),
            json!(256),
            json!(true),
            json!(["ES256"]),
            json!({"ES256": true}),
        ] {
            let (mut header, claims) = bank.honest(kind);
            header["alg"] = alg.clone();
            bank.refuses(kind, &signed(&header, &claims), &alg.to_string()).await;
        }
        let (mut header, claims) = bank.honest(kind);
        header.as_object_mut().unwrap().remove("alg");
        bank.refuses(kind, &signed(&header, &claims), "none at all").await;
    }
}

#[tokio::test]
async fn e3_a_token_does_not_bring_its_own_key() {
    let app = App::demo().await;
    let bank = bank(&app).await;
    let other = Key::new();
    for kind in [Kind::Assertion, Kind::Object] {
        let (_, claims) = bank.honest(kind);
        for header in [
            json!({"jwk": other.public}),
            json!({"jku": "https://evil.example/keys"}),
            json!({"x5u": "https://evil.example/certificate"}),
            json!({"x5c": ["MIIB"]}),
            json!({"kid": "https://evil.example/keys#1"}),
            json!({"kid": "../../etc/passwd"}),
            json!({"kid": "' OR 1=1 --"}),
            json!({"kid": bank.key.kid, "jwk": other.public, "jku": "https://evil.example/keys"}),
        ] {
            bank.refuses(kind, &other.sign(header.clone(), &claims), &header.to_string()).await;
        }
    }
    // A proof does, and it is the public part that it brings.
    let (_, claims) = bank.honest(Kind::Proof);
    let mut private = bank.key.public.clone();
    private["d"] = b64([1; 32]).into();
    for key in [other.public.clone(), private, json!({"kty": "oct", "k": b64("secret")}), json!(null)] {
        let header = json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": key});
        bank.refuses(Kind::Proof, &signed(&header, &claims), &key.to_string()).await;
    }
}

#[tokio::test]
async fn e4_a_token_that_demands_an_extension_is_refused() {
    let app = App::demo().await;
    let bank = bank(&app).await;
    for kind in Kind::ALL {
        for crit in [json!(["b64"]), json!(["exp"]), json!([]), json!("exp"), json!(null)] {
            let (mut header, claims) = bank.honest(kind);
            header["crit"] = crit.clone();
            header["b64"] = false.into();
            bank.refuses(kind, &signed(&header, &claims), &crit.to_string()).await;
        }
    }
}

#[tokio::test]
async fn e6_a_token_for_others_too_is_not_for_us() {
    let app = App::demo().await;
    let bank = bank(&app).await;
    for aud in [
        json!([]),
        json!(["https://evil.example"]),
        json!([[URL]]),
        json!([URL, 1]),
        json!({"0": URL}),
        json!(null),
        json!(true),
        json!(""),
        json!(format!("{URL}/")),
        json!(format!("{URL}.evil.example")),
        json!(format!("{URL} https://evil.example")),
    ] {
        for kind in [Kind::Assertion, Kind::Object] {
            let (header, mut claims) = bank.honest(kind);
            claims["aud"] = aud.clone();
            bank.refuses(kind, &signed(&header, &claims), &aud.to_string()).await;
        }
    }
    // FAPI 2.0: one, as a text.
    for aud in [json!([URL]), json!([URL, "https://evil.example"]), json!(format!("{URL}/oauth2/par"))] {
        let (header, mut claims) = bank.honest(Kind::Assertion);
        claims["aud"] = aud.clone();
        bank.refuses(Kind::Assertion, &signed(&header, &claims), &aud.to_string()).await;
    }
}

#[tokio::test]
async fn e7_huge_deep_and_nested_tokens_are_refused() {
    let app = App::demo().await;
    let bank = bank(&app).await;
    for kind in Kind::ALL {
        let (header, claims) = bank.honest(kind);
        let mut huge = claims.clone();
        huge["more"] = "x".repeat(20 * 1024).into();
        bank.refuses(kind, &signed(&header, &huge), "huge claims").await;
        let mut wide = header.clone();
        wide["more"] = "x".repeat(20 * 1024).into();
        bank.refuses(kind, &signed(&wide, &claims), "a huge header").await;
        let deep = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
        let text = claims.to_string().replacen('{', &format!("{{\"more\":{deep},"), 1);
        bank.refuses(kind, &signed_text(&header.to_string(), &text), "deep claims").await;
        let text = header.to_string().replacen('{', &format!("{{\"more\":{deep},"), 1);
        bank.refuses(kind, &signed_text(&text, &claims.to_string()), "a deep header").await;
        let mut nested = header.clone();
        nested["cty"] = "JWT".into();
        let inside = signed(&header, &claims);
        bank.refuses(kind, &signed_text(&nested.to_string(), &inside), "a token in a token").await;
        bank.refuses(kind, &format!("{inside}.{inside}"), "two").await;
        bank.refuses(kind, &inside.replace('.', ".."), "empty parts").await;
        bank.refuses(kind, &format!("{inside}="), "padding").await;
        bank.refuses(kind, &inside[..inside.len() - 4], "cut").await;
    }
}

#[tokio::test]
async fn e8_a_name_that_comes_twice_is_read_by_nobody() {
    let app = App::demo().await;
    let bank = bank(&app).await;
    for kind in Kind::ALL {
        let (header, claims) = bank.honest(kind);
        let twice = |object: &Value, name: &str| {
            let member = format!("{}:{}", json!(name), object[name]);
            let text = object.to_string();
            // Before all others, and behind them; the same value, too.
            [
                text.replacen('{', &format!("{{{member},"), 1),
                format!("{},{member}}}", &text[..text.len() - 1]),
                text.replacen('{', &format!("{{{}:\"evil\",", json!(name)), 1),
            ]
        };
        for name in header.as_object().unwrap().keys() {
            for text in twice(&header, name) {
                bank.refuses(kind, &signed_text(&text, &claims.to_string()), &text).await;
            }
        }
        for name in claims.as_object().unwrap().keys() {
            for text in twice(&claims, name) {
                bank.refuses(kind, &signed_text(&header.to_string(), &text), &text).await;
            }
        }
        let inside = claims.to_string().replacen('{', r#"{"more":{"a":1,"a":2},"#, 1);
        bank.refuses(kind, &signed_text(&header.to_string(), &inside), "inside of a claim").await;
    }
}

#[tokio::test]
async fn e9_a_time_is_a_number_of_seconds() {
    let app = App::demo().await;
    let bank = bank(&app).await;
    let now = app.ctx.now().seconds();
    for kind in Kind::ALL {
        let name = if kind == Kind::Proof { "iat" } else { "exp" };
        for time in [
            json!((now + 60).to_string()),
            json!("2027-01-15T08:01:00Z"),
            json!(-1),
            json!(-60.5),
            json!(0),
            json!(true),
            json!(null),
            json!([now + 60]),
            json!({"seconds": now + 60}),
            json!(u64::MAX),
            json!(i64::MAX),
            json!(1e300),
            json!((now + 60) * 1000),
        ] {
            let (header, mut claims) = bank.honest(kind);
            claims[name] = time.clone();
            bank.refuses(kind, &signed(&header, &claims), &time.to_string()).await;
        }
        let (header, claims) = bank.honest(kind);
        let text = claims.to_string().replacen(&format!("\"{name}\":"), &format!("\"{name}\":1e400,\"was\":"), 1);
        bank.refuses(kind, &signed_text(&header.to_string(), &text), "more than a number can be").await;
    }
}

/// Everything that we sign, at every place that reads what we have signed.
#[tokio::test]
async fn e5_what_we_sign_for_one_purpose_is_nothing_elsewhere() {
    let app = App::demo().await;
    let outside = Outside::of(&app, []);
    let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    let metadata = json!({
        "grant_types": ["authorization_code", "refresh_token", "client_credentials", exchange],
        "userinfo_signed_response_alg": "RS256",
        "introspection_signed_response_alg": "RS256",
        "authorization_signed_response_alg": "RS256",
        "backchannel_logout_uri": "https://example.com/backchannel",
    });
    let sql = format!("UPDATE clients SET token_format = 'jwt', metadata = '{metadata}' WHERE client_id = 'demo-app'");
    app.execute(&sql).await;
    let mut browser = app.sign_in_portal(DEV).await;
    let scope = ("scope", "openid profile offline_access");
    let tokens = app.tokens_of_user(&mut browser, &[scope]).await;
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let (access, id_token, refresh) = (text("access_token"), text("id_token"), text("refresh_token"));
    let authorization = basic("demo-app", "demo-app-secret");
    let headers = [("authorization", authorization.as_str())];
    let userinfo = app.get("/userinfo", &[("authorization", &format!("Bearer {access}"))]).await.body;
    let introspection = app.post("/oauth2/introspect", &headers, &[("token", &access)]).await.body;
    let page = browser.get(&authorize_url("demo-app", &[scope, ("response_mode", "jwt")])).await;
    let answer = page.redirect_parameters()["response"].clone();
    let page = browser.get(&authorize_url("demo-app", &[scope])).await;
    let code = page.redirect_parameters()["code"].clone();
    // Another session ends, so that there is a logout token.
    let mut other = app.sign_in_portal(DEV).await;
    app.tokens_of_user(&mut other, &[scope]).await;
    let page = other.get("/account").await;
    other.submit(&page.form("/signout")).await;
    assert_eq!(delivery::deliver_due(&app.ctx).await.unwrap(), 1);
    let body = String::from_utf8(outside.asked().pop().unwrap().body.unwrap().1).unwrap();
    let logout = body.strip_prefix("logout_token=").unwrap().to_owned();

    let silent = authorize_url("demo-app", &[scope, ("prompt", "none"), ("id_token_hint", &id_token)]);
    assert!(browser.get(&silent).await.redirect_parameters().contains_key("code"), "the ID token is a hint");
    for (what, token) in [
        ("an access token", &access),
        ("an ID token", &id_token),
        ("a refresh token", &refresh),
        ("a code", &code),
        ("user info", &userinfo),
        ("an introspection", &introspection),
        ("an answer", &answer),
        ("a logout token", &logout),
    ] {
        let token = token.trim();
        if what != "an access token" {
            let page = app.get("/userinfo", &[("authorization", &format!("Bearer {token}"))]).await;
            assert_eq!(page.status, 401, "{what} is no access token");
            let page = app.get("/api/v1/me", &[("authorization", &format!("Bearer {token}"))]).await;
            assert_eq!(page.status, 401, "{what} is no access token of the portal's own API");
            let form = [
                ("grant_type", exchange),
                ("subject_token", token),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ];
            let page = app.token("demo-app", Some("demo-app-secret"), &form).await;
            assert_eq!((page.status, &page.json()["error"]), (400, &"invalid_request".into()), "{what} is exchanged");
        }
        let told = app.post("/oauth2/introspect", &headers, &[("token", token)]).await.body;
        let active = what == "an access token";
        assert_eq!(claims(told.trim())["token_introspection"]["active"], active, "{what}");
        if what != "an ID token" {
            let silent = authorize_url("demo-app", &[scope, ("prompt", "none"), ("id_token_hint", token)]);
            let page = browser.get(&silent).await;
            assert_eq!(page.redirect_parameters()["error"], "invalid_request", "{what} is no hint");
            let query = encode(&[("id_token_hint", token)]);
            let page = browser.get(&format!("/oauth2/sessions/logout?{query}")).await;
            assert_eq!(page.forms().len(), 1, "{what} signs nobody out");
        }
        let form = [("grant_type", "authorization_code"), ("code", token), ("redirect_uri", CALLBACK)];
        if what != "a code" {
            let page = app.token("demo-app", Some("demo-app-secret"), &form).await;
            assert_eq!(page.json()["error"], "invalid_grant", "{what} is no code");
        }
        if what != "a refresh token" {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
            let page = app.token("demo-app", Some("demo-app-secret"), &form).await;
            assert_eq!(page.json()["error"], "invalid_grant", "{what} is no refresh token");
        }
        let form = [("token", "x"), ("client_assertion_type", ASSERTION_TYPE), ("client_assertion", token)];
        let page = app.post("/oauth2/introspect", &[], &form).await;
        assert_eq!((page.status, &page.json()["error"]), (401, &"invalid_client".into()), "{what} is no assertion");
        let page = app.get(&authorize_url("demo-app", &[scope, ("request", token)]), &[]).await;
        assert_eq!(page.redirect_parameters()["error"], "invalid_request_object", "{what} is no request");
        let headers = [("authorization", authorization.as_str()), ("dpop", token)];
        let page = app.post("/oauth2/token", &headers, &[("grant_type", "client_credentials")]).await;
        assert_eq!(page.json()["error"], "invalid_dpop_proof", "{what} is no proof");
    }
    assert_eq!(browser.get("/account").await.status, 200, "nobody was signed out");
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    assert_eq!(app.token("demo-app", Some("demo-app-secret"), &form).await.status, 200, "nothing was used up");
}
