//! OAuth clients in the portal: URIs, secrets, lifecycle.

mod secrets;

use sea_orm::{ConnectionTrait as _, Statement};

use crate::{
    accounts::join,
    harness::{App, Browser, Page},
};

/// The address that the first link with this text leads to.
pub fn link(page: &Page, text: &str) -> String {
    let texts = page.select("main a[href]");
    let hrefs = page.attributes("main a[href]", "href");
    let found = texts.iter().zip(hrefs).find(|(name, _)| name.as_str() == text);
    found.unwrap_or_else(|| panic!("no link {text:?} on {}: {texts:?}", page.path)).1
}

/// The path of a product of the demo world.
pub async fn product(browser: &mut Browser, name: &str) -> String {
    let page = browser.get("/organizations").await;
    let page = browser.follow(&link(&page, "Acme Voice")).await;
    link(&page, name)
}

/// The path of a client, by its description.
async fn client(browser: &mut Browser, product: &str, description: &str) -> String {
    let page = browser.get(&format!("{product}/clients")).await;
    link(&page, description)
}

async fn register(browser: &mut Browser, product: &str, description: &str, login: &[&str]) -> Page {
    let path = format!("{product}/clients/new");
    let page = browser.get(&path).await;
    let mut form = page.form(&path);
    form.set("description", description).remove("login");
    for uri in login {
        form.add("login", uri);
    }
    browser.submit(form.press("action", "save")).await
}

/// Client id and secret, as the page displays them.
fn displayed(page: &Page) -> (String, String) {
    let values = page.select(".secret__values dd code");
    match values.as_slice() {
        [id, secret] => (id.clone(), secret.clone()),
        other => panic!("{} shows {other:?}: {}", page.path, page.text()),
    }
}

/// Whether a client can prove itself: it gets as far as its code, which is nonsense.
async fn proves_itself(app: &App, id: &str, secret: &str) -> bool {
    let form =
        [("grant_type", "authorization_code"), ("code", "nonsense"), ("redirect_uri", "https://example.com/callback")];
    let page = app.token(id, Some(secret), &form).await;
    match (page.status, page.json()["error"].as_str()) {
        (400, Some("invalid_grant")) => true,
        (401, Some("invalid_client")) => false,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_client_is_registered_and_works() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let page = register(&mut browser, &voicebox, "this is a test", &["https://example.com/callback"]).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let (id, secret) = displayed(&page);
    assert_eq!(id.len(), 22);
    assert!(id.chars().all(|c| c.is_ascii_alphanumeric()), "{id}");
    assert!(secret.starts_with("pcs_"));
    assert!(proves_itself(&app, &id, &secret).await);
    assert!(!proves_itself(&app, &id, "pcs_wrong").await);

    let env = page.attributes("a[download]", "href").remove(0);
    assert!(env.starts_with("data:text/plain"), "{env}");
    let url = format!(
        "/oauth2/auth?response_type=code&client_id={id}&redirect_uri=https://example.com/callback&scope=openid\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    assert!(browser.follow(&url).await.text().contains("Voicebox"));
    assert_eq!(browser.get(&url.replace("/callback", "/other")).await.status, 400);
}

#[tokio::test]
async fn a1_a4_what_deceives_is_refused_beside_its_row_and_the_other_rows_stay() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    for (bad, words) in [
        ("http://example.com/callback", "Use https."),
        ("https://ok.example.com@evil.tld/callback", "Remove the part before @."),
        ("https://*.example.com/callback", "no wildcards"),
        ("https://example.com/callback#there", "Remove the part from #"),
        ("https://example.com/%2e%2e/evil", "Remove the parts . and .."),
        ("https://example.com/?code=1", "Remove the parameters code"),
        ("http://localhost:3000/callback", "Write http://127.0.0.1"),
        ("myapp:/callback", "named after a domain"),
        ("javascript:alert(1)", "Use https."),
        ("data:text/html,x", "Use https."),
        ("https://ex\u{430}mple.com/", "punycode"),
        ("\\evil", "backslash"),
    ] {
        let words = if words == "named after a domain" { "Name the app" } else { words };
        let rows = ["https://example.com/good", bad, "http://127.0.0.1:8765/callback"];
        let page = register(&mut browser, &voicebox, "bad rows", &rows).await;
        assert_eq!(page.status, 422, "{bad}");
        assert_eq!(page.attributes("input[name=login]", "value"), rows, "{bad}");
        let errors = page.select(".uri-row .field__error");
        assert_eq!(errors.len(), 1, "{bad}: {errors:?}");
        assert!(errors[0].contains(words), "{bad}: {errors:?}");
        assert_eq!(page.attributes("input[name=login][aria-invalid]", "id"), ["login-2"], "{bad}");
        assert_eq!(page.attributes("input[name=description]", "value"), ["bad rows"]);
    }
    let page = browser.get(&format!("{voicebox}/clients")).await;
    assert!(!page.text().contains("bad rows"));
}

#[tokio::test]
async fn lists_of_uris_work_without_scripts() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let path = format!("{voicebox}/clients/new");
    let page = browser.get(&path).await;
    let mut form = page.form(&path);
    form.set("description", "typed").set("login", "https://example.com/one");
    let page = browser.submit(form.press("action", "add-login")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.attributes("input[name=login]", "value"), ["https://example.com/one", ""]);
    assert_eq!(page.attributes("input[name=description]", "value"), ["typed"]);
    let mut form = page.form(&path);
    form.remove("login").add("login", "https://example.com/one").add("login", "not yet right");
    let page = browser.submit(form.press("action", "remove-login-1")).await;
    assert_eq!(page.attributes("input[name=login]", "value"), ["not yet right"]);
    // The form is still the same one: it makes one client, however often it is sent.
    assert_eq!(page.form(&path).get("id"), form.get("id"));
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_client_and_shows_its_secret_once() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let path = format!("{voicebox}/clients/new");
    let page = browser.get(&path).await;
    let mut form = page.form(&path);
    form.set("description", "reloaded").set("login", "https://example.com/callback").press("action", "save");
    let first = browser.submit(&form).await;
    let (_, secret) = displayed(&first);
    assert!(first.header("cache-control").unwrap().contains("no-store"));
    let second = browser.submit(&form).await;
    assert_eq!(second.status, 303);
    let page = browser.follow_on(second).await;
    assert!(page.text().contains("This form was sent before"), "{}", page.text());
    assert!(!page.body.contains(&secret));
    let page = browser.get(&format!("{voicebox}/clients")).await;
    assert_eq!(page.select("tbody th a").iter().filter(|name| *name == "reloaded").count(), 1);
}

#[tokio::test]
async fn an_edited_client_counts_at_once_and_keeps_its_secret() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let path = client(&mut browser, &voicebox, "Voicebox web server").await;
    let page = browser.get(&path).await;
    let mut form = page.form(&path);
    form.set("description", "renamed").remove("login").add("login", " https://example.com/new ");
    let page = browser.submit(form.press("action", "save")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let auth = |uri: &str| {
        format!("/oauth2/auth?response_type=code&client_id=demo-web&scope=phone&state=s&redirect_uri={uri}")
    };
    assert_eq!(browser.get(&auth("https://example.com/callback")).await.status, 400);
    assert_ne!(browser.get(&auth("https://example.com/new")).await.status, 400);
    assert!(proves_itself(&app, "demo-web", "demo-web-secret").await);

    let page = browser.get(&path).await;
    assert_eq!(page.attributes("input[name=login]", "value"), ["https://example.com/new"]);
    let mut form = page.form(&path);
    form.set("description", "").set("login", "");
    let page = browser.submit(form.press("action", "save")).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Add at least one address"), "{}", page.text());
    assert!(page.text().contains("Write a description"));
}

#[tokio::test]
async fn the_format_of_access_tokens_is_chosen_on_the_clients_page() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let path = client(&mut browser, &voicebox, "Voicebox web server").await;
    let page = browser.get(&path).await;
    assert_eq!(page.attributes("input[name=token_format][checked]", "value"), ["opaque"]);
    let page = browser.submit(page.form(&path).set("token_format", "jwt").press("action", "save")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let tokens = app.tokens("openid phone", "+46701740605").await;
    assert_eq!(tokens["access_token"].as_str().unwrap().split('.').count(), 3);
    let page = browser.get(&path).await;
    assert_eq!(page.attributes("input[name=token_format][checked]", "value"), ["jwt"]);
    let log = app.texts("audit_events", "detail").await;
    assert!(log.iter().any(|detail| detail.ends_with("; access tokens jwt")), "{log:?}");
    // What is no format changes nothing.
    browser.submit(page.form(&path).set("token_format", "<b>").press("action", "save")).await;
    assert_eq!(browser.get(&path).await.attributes("input[name=token_format][checked]", "value"), ["jwt"]);
}

#[tokio::test]
async fn a_client_is_described_by_what_it_has_and_for_whom_it_is() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let workbench = product(&mut browser, "Workbench").await;
    let path = client(&mut browser, &workbench, "Workbench for banks").await;
    let page = browser.get(&path).await;
    let text = page.select("main").remove(0);
    assert!(text.contains("On a server, and keeps a private key") && !text.contains("the secret"), "{text}");
    assert!(!text.to_lowercase().contains("subscriber"), "{text}");
    assert_eq!(page.select("dl.stats dd").last().map(String::as_str), Some("Never"));
    app.execute("UPDATE client_keys SET last_used_at = 1800000000000").await;
    let page = browser.get(&path).await;
    assert_ne!(page.select("dl.stats dd").last().map(String::as_str), Some("Never"), "keys count");
}

#[tokio::test]
async fn a_disabled_client_is_refused_until_it_is_enabled() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let path = client(&mut browser, &voicebox, "Voicebox web server").await;
    let tokens = app.tokens("openid phone offline_access", "+46701740605").await;
    let page = browser.get(&format!("{path}/disable")).await;
    assert!(page.text().contains("1 subscriber uses it now"), "{}", page.text());
    let page = browser.submit(&page.form(&format!("{path}/disable"))).await;
    assert_eq!(page.status, 303);
    assert!(!proves_itself(&app, "demo-web", "demo-web-secret").await);
    assert_eq!(app.refresh(tokens["refresh_token"].as_str().unwrap()).await.status, 401);

    let page = browser.get(&path).await;
    let page = browser.submit(&page.form(&format!("{path}/enable"))).await;
    assert_eq!(page.status, 303);
    assert!(proves_itself(&app, "demo-web", "demo-web-secret").await);
    assert_eq!(app.refresh(tokens["refresh_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn deleting_wants_the_description_typed_and_retires_the_id() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let path = client(&mut browser, &voicebox, "Voicebox web server").await;
    let tokens = app.tokens("openid phone offline_access", "+46701740605").await;
    let delete = format!("{path}/delete");
    let page = browser.get(&delete).await;
    assert!(
        page.text().contains("Ends 1 living refresh token and the authorizations of 1 subscriber."),
        "{}",
        page.text()
    );
    let page = browser.submit(page.form(&delete).set("confirm", "voicebox")).await;
    assert_eq!(page.status, 422);
    assert!(proves_itself(&app, "demo-web", "demo-web-secret").await);

    let page = browser.submit(page.form(&delete).set("confirm", "Voicebox web server")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(browser.get(&path).await.status, 404);
    assert!(!proves_itself(&app, "demo-web", "demo-web-secret").await);
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 401);

    let db = sea_orm::Database::connect(app.database.replacen("sqlite:", "sqlite://", 1)).await.unwrap();
    let sql = "SELECT client_id FROM retired_client_ids";
    let retired = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
    assert_eq!(retired.try_get::<String>("", "client_id").unwrap(), "demo-web");
}

#[tokio::test]
async fn what_is_not_yours_does_not_exist() {
    let app = App::demo().await;
    let mut owner = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut owner, "Voicebox").await;
    let reports = product(&mut owner, "Traffic Reports").await;
    let path = client(&mut owner, &voicebox, "Voicebox web server").await;
    let secret_end = owner.get(&path).await.attributes("td.actions a", "href").remove(0);
    let mut stranger = join(&app, "stranger@example.com").await;
    let csrf = stranger.get("/organizations/new").await.csrf();
    let paths = [
        voicebox.clone(),
        format!("{voicebox}/information"),
        format!("{voicebox}/distribution"),
        format!("{voicebox}/scopes"),
        format!("{voicebox}/delete"),
        format!("{voicebox}/clients"),
        format!("{voicebox}/clients/new"),
        path.clone(),
        format!("{path}/secrets"),
        format!("{path}/disable"),
        format!("{path}/enable"),
        format!("{path}/delete"),
        secret_end.clone(),
    ];
    for path in &paths {
        let get = stranger.get(path).await;
        assert!(matches!(get.status, 404 | 405), "GET {path}: {}", get.status);
        let form = [("csrf", csrf.as_str()), ("description", "mine now"), ("confirm", "Voicebox"), ("grace", "now")];
        let post = stranger.post_form(path, &form).await;
        assert!(matches!(post.status, 404 | 405), "POST {path}: {}", post.status);
    }
    assert_eq!(stranger.get(&paths[1]).await.status, 404);
    // Not even through a product that is one's own.
    let (_, of_voicebox) = path.rsplit_once('/').unwrap();
    assert_eq!(owner.get(&format!("{reports}/clients/{of_voicebox}")).await.status, 404);
    assert!(proves_itself(&app, "demo-web", "demo-web-secret").await);
    // And whoever is not signed in is asked to.
    let page = app.browser().get(&path).await;
    assert!(page.location().unwrap().starts_with("/signin?return_to="));
}

#[tokio::test]
async fn authentik_cve_2026_25227_a_viewer_sees_everything_but_secrets_and_changes_nothing() {
    let app = App::demo().await;
    let mut owner = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut owner, "Voicebox").await;
    let path = client(&mut owner, &voicebox, "Voicebox web server").await;
    let secret_end = owner.get(&path).await.attributes("td.actions a", "href").remove(0);
    let page = owner.get("/organizations").await;
    let members = format!("{}/members", link(&page, "Acme Voice"));
    let page = owner.get(&members).await;
    let mut form = page.form(&members);
    assert_eq!(owner.submit(form.set("email", "viewer@example.com").set("role", "viewer")).await.status, 303);
    let mut viewer = join(&app, "viewer@example.com").await;
    let page = viewer.get("/invitations").await;
    assert_eq!(viewer.submit(page.form("/invitations").press("answer", "accept")).await.status, 303);

    for path in ["information", "distribution", "scopes", "clients"] {
        let page = viewer.get(&format!("{voicebox}/{path}")).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text().contains("You are a viewer of Acme Voice."), "{path}: {}", page.text());
    }
    let page = viewer.get(&path).await;
    assert_eq!(page.status, 200);
    for seen in ["demo-web", "cret", "https://example.com/callback", "classic"] {
        assert!(page.body.to_lowercase().contains(seen), "{seen}");
    }
    assert!(!page.body.contains("demo-web-secret"));
    assert!(page.select("button").iter().all(|button| !button.contains("Rotate")), "no way to rotate");

    let csrf = page.csrf();
    let form = [
        ("csrf", csrf.as_str()),
        ("action", "save"),
        ("description", "changed"),
        ("name", "changed"),
        ("login", "https://evil.example/"),
        ("confirm", "Voicebox web server"),
        ("grace", "now"),
        ("enabled", "phone"),
    ];
    for path in [
        path.clone(),
        format!("{path}/secrets"),
        format!("{path}/disable"),
        format!("{path}/enable"),
        format!("{path}/delete"),
        secret_end,
        format!("{voicebox}/clients/new"),
        format!("{voicebox}/information"),
        format!("{voicebox}/distribution"),
        format!("{voicebox}/scopes"),
        format!("{voicebox}/delete"),
    ] {
        assert_eq!(viewer.post_form(&path, &form).await.status, 403, "{path}");
    }
    assert!(proves_itself(&app, "demo-web", "demo-web-secret").await);
    assert!(!owner.get(&path).await.text().contains("changed"));
}

#[tokio::test]
async fn h2_a_form_of_another_site_registers_nothing() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let path = format!("{voicebox}/clients/new");
    let token = browser.get(&path).await.csrf();
    let form = [("action", "save"), ("description", "forged"), ("login", "https://example.com/")];
    assert_eq!(browser.post_form(&path, &form).await.status, 403);
    let mut form = form.to_vec();
    form.push(("csrf", token.as_str()));
    let foreign = browser.post_form_with(&path, &form, &[("origin", "https://evil.tld")]).await;
    assert_eq!(foreign.status, 403);
    assert!(!browser.get(&format!("{voicebox}/clients")).await.text().contains("forged"));
}

#[tokio::test]
async fn a_product_for_operators_is_not_asked_for_uris() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let reports = product(&mut browser, "Traffic Reports").await;
    let path = format!("{reports}/clients/new");
    let page = browser.get(&path).await;
    assert!(page.select("input[name=login], input[name=revoke], input[name=logout]").is_empty());
    let mut form = page.form(&path);
    // Neither are they taken, nor is a client without a secret.
    form.set("description", "collector").add("login", "https://evil.example/").add("kind", "public");
    let page = browser.submit(form.press("action", "save")).await;
    let (id, secret) = displayed(&page);
    let token = app.token(&id, Some(&secret), &[("grant_type", "client_credentials")]).await;
    assert_eq!(token.status, 200, "{}", token.body);
    assert_eq!(token.json()["scope"], "metrics.read");
    let auth =
        format!("/oauth2/auth?response_type=code&client_id={id}&redirect_uri=https://evil.example/&scope=openid");
    assert_eq!(browser.get(&auth).await.status, 400);
}

#[tokio::test]
async fn a_public_client_has_no_secret() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let voicebox = product(&mut browser, "Voicebox").await;
    let path = format!("{voicebox}/clients/new");
    let page = browser.get(&path).await;
    let mut form = page.form(&path);
    form.set("description", "app").set("login", "com.example.app:/callback").set("kind", "public");
    let page = browser.submit(form.press("action", "save")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let page = browser.follow_on(page).await;
    assert!(page.text().contains("It has no secret"), "{}", page.text());
    assert!(page.select("#secrets").is_empty());
    let csrf = page.csrf();
    let rotate = format!("{}/secrets", page.path);
    assert_eq!(browser.post_form(&rotate, &[("csrf", &csrf), ("grace", "now")]).await.status, 400);
}

/// Clients of a product for operators are not asked for a profile, and keep the one that they have.
#[tokio::test]
async fn a_profile_that_the_page_does_not_ask_for_stays() {
    let app = App::demo().await;
    app.execute(
        "UPDATE clients SET profile = 'fapi2', auth_method = 'private_key_jwt' WHERE client_id = 'demo-reports'",
    )
    .await;
    let mut dev = app.sign_in_portal("dev@portico.test").await;
    let path = app.client_path("demo-reports").await;
    let page = dev.get(&path).await;
    let mut form = page.form(&path);
    assert_eq!(form.get("profile"), None, "it is not asked for");
    form.set("description", "Other words").press("action", "save");
    assert_eq!(dev.submit(&form).await.status, 303);
    let client = model::cache::client(&app.ctx, "demo-reports").await.unwrap().unwrap();
    assert_eq!((client.description.as_str(), client.profile), ("Other words", model::client::Profile::Fapi2));
}

#[tokio::test]
async fn another_profile_says_what_the_client_needs_to_sign_in_under_it() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal("dev@portico.test").await;
    let path = app.client_path("demo-app").await;
    let page = dev.get(&path).await;
    let mut form = page.form(&path);
    let page = dev.submit(form.set("profile", "fapi2").press("action", "save")).await;
    assert_eq!(page.location(), Some(format!("{path}/keys")));
    let page = dev.follow_on(page).await;
    assert!(page.text().contains("Until it has what that needs, it gets no tokens"), "{}", page.text());
    let history = app.texts("audit_events", "detail").await;
    assert!(history.iter().any(|line| line.contains("profile fapi2; method private_key_jwt")), "{history:?}");
}

#[tokio::test]
async fn a_client_without_a_key_does_not_sign_with_one() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal("dev@portico.test").await;
    let path = app.client_path("demo-app").await;
    let page = dev.get(&format!("{path}/keys")).await;
    let mut form = page.form(&format!("{path}/method"));
    let page = dev.submit(form.set("method", "private_key_jwt")).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Add a key first"), "{}", page.text());
    let client = model::cache::client(&app.ctx, "demo-app").await.unwrap().unwrap();
    assert_eq!(client.auth_method, model::entity::AuthMethod::Secret);
}
