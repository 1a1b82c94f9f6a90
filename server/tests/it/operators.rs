//! The operator's console.

use crate::{
    accounts::join,
    clients::{link, product},
    harness::{App, Browser, Page},
};

/// The path of an operator's console.
pub async fn console(browser: &mut Browser, operator: &str) -> String {
    let page = browser.get("/organizations").await;
    let path = link(&page, operator).replacen("/organizations/", "/operators/", 1);
    format!("{}/products", path.trim_end_matches("/products"))
}

pub async fn decide(browser: &mut Browser, path: &str, decision: &str) -> Page {
    let path = format!("{path}/{decision}");
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.text());
    browser.submit(&page.form(&path)).await
}

#[tokio::test]
async fn staff_sees_what_is_offered_and_what_it_asks_for() {
    let app = App::demo().await;
    let mut staff = app.sign_in_portal("staff@nordtel.test").await;
    let console = console(&mut staff, "Nordtel").await;
    let page = staff.get(&console).await;
    assert!(page.text().contains("By Acme Voice"), "{}", page.text());
    let voicebox = link(&page, "Voicebox");
    let page = staff.get(&voicebox).await;
    for seen in ["Voicebox", "By Acme Voice", "Permissions", "Know your phone number", "voicemail.get", "Optional"] {
        assert!(page.text().contains(seen), "{seen}: {}", page.text());
    }
    assert!(staff.get(&format!("{console}?state=offered")).await.text().contains("No product is in this state."));
    assert!(staff.get(&format!("{console}?state=enabled")).await.text().contains("Voicebox"));
    let bare = console.trim_end_matches("/products");
    assert_eq!(staff.get(bare).await.location().as_deref(), Some(console.as_str()));
}

#[tokio::test]
async fn enabling_lets_subscribers_in_and_disabling_ends_their_tokens() {
    let app = App::demo().await;
    let mut staff = app.sign_in_portal("staff@nordtel.test").await;
    let mut developer = app.sign_in_portal("dev@portico.test").await;
    let console = console(&mut staff, "Nordtel").await;
    let page = staff.get(&console).await;
    let voicebox = link(&page, "Voicebox");
    let tokens = app.tokens("openid phone offline_access", "+46701740605").await;
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());

    let page = staff.get(&format!("{voicebox}/disable")).await;
    assert!(page.text().contains("1 subscriber who consented can no longer use Voicebox."), "{}", page.text());
    assert!(page.text().contains("1 living refresh token about them"), "{}", page.text());
    assert_eq!(decide(&mut staff, &voicebox, "disable").await.location(), Some(voicebox.clone()));
    assert_eq!(app.get("/userinfo", &[("authorization", &bearer)]).await.status, 401);
    assert_eq!(app.refresh(tokens["refresh_token"].as_str().unwrap()).await.status, 400);
    let path = product(&mut developer, "Voicebox").await;
    let page = developer.get(&format!("{path}/distribution")).await;
    assert!(page.select("tbody tr").iter().any(|row| row.starts_with("Nordtel Disabled")), "{}", page.text());

    assert_eq!(decide(&mut staff, &voicebox, "enable").await.location(), Some(voicebox));
    assert_eq!(app.tokens("openid phone", "+46701740605").await["scope"], "openid phone");
}

#[tokio::test]
async fn g5_other_operators_and_what_is_not_offered_do_not_exist() {
    let app = App::demo().await;
    let mut nordtel = app.sign_in_portal("staff@nordtel.test").await;
    let mut fjordmobil = app.sign_in_portal("staff@fjordmobil.test").await;
    let mut developer = app.sign_in_portal("dev@portico.test").await;
    let theirs = console(&mut nordtel, "Nordtel").await;
    let page = nordtel.get(&theirs).await;
    let voicebox = link(&page, "Voicebox");
    let csrf = fjordmobil.get("/organizations/new").await.csrf();
    for path in [theirs.clone(), voicebox.clone(), format!("{voicebox}/disable"), format!("{voicebox}/enable")] {
        assert_eq!(fjordmobil.get(&path).await.status, 404, "{path}");
        assert_eq!(developer.get(&path).await.status, 404, "{path}");
        let post = fjordmobil.post_form(&path, &[("csrf", &csrf)]).await;
        assert!(matches!(post.status, 404 | 405), "{path}: {}", post.status);
    }
    // Traffic Reports was never offered to Nordtel.
    let reports = product(&mut developer, "Traffic Reports").await;
    let id = reports.rsplit('/').next().unwrap();
    assert_eq!(nordtel.get(&format!("{theirs}/{id}")).await.status, 404);
    // An organization that is no operator has no console.
    let page = developer.get("/organizations").await;
    let acme = link(&page, "Acme Voice").replacen("/organizations/", "/operators/", 1);
    assert_eq!(developer.get(&format!("{acme}/products")).await.status, 404);
}

#[tokio::test]
async fn what_was_withdrawn_meanwhile_is_not_enabled() {
    let app = App::demo().await;
    let mut staff = app.sign_in_portal("staff@fjordmobil.test").await;
    let mut developer = app.sign_in_portal("dev@portico.test").await;
    let console = console(&mut staff, "Fjordmobil").await;
    let page = staff.get(&console).await;
    let enable = format!("{}/enable", link(&page, "Voicebox"));
    let page = staff.get(&enable).await;
    let decision = page.form(&enable);

    let distribution = format!("{}/distribution", product(&mut developer, "Voicebox").await);
    let page = developer.get(&distribution).await;
    let fjordmobil = page.attributes("input[aria-label='Available for Fjordmobil']", "value").remove(0);
    let mut form = page.form(&distribution);
    form.fields.retain(|(name, value)| !(name == "operator" && *value == fjordmobil));
    assert_eq!(developer.submit(&form).await.status, 303);
    assert_eq!(staff.submit(&decision).await.status, 404);
}

#[tokio::test]
async fn a_developer_of_the_operator_sees_and_does_not_decide() {
    let app = App::demo().await;
    let mut staff = app.sign_in_portal("staff@fjordmobil.test").await;
    let console = console(&mut staff, "Fjordmobil").await;
    let members = console.replacen("/operators/", "/organizations/", 1).replace("/products", "/members");
    let page = staff.get(&members).await;
    let mut form = page.form(&members);
    assert_eq!(staff.submit(form.set("email", "new@example.com").set("role", "developer")).await.status, 303);
    let mut developer = join(&app, "new@example.com").await;
    let page = developer.get("/invitations").await;
    assert_eq!(developer.submit(page.form("/invitations").press("answer", "accept")).await.status, 303);

    let page = developer.get(&console).await;
    let voicebox = link(&page, "Voicebox");
    let page = developer.get(&voicebox).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Deciding takes the role admin"), "{}", page.text());
    assert!(!page.attributes("button[disabled]", "title").is_empty());
    let csrf = page.csrf();
    assert_eq!(developer.get(&format!("{voicebox}/enable")).await.status, 403);
    assert_eq!(developer.post_form(&format!("{voicebox}/enable"), &[("csrf", &csrf)]).await.status, 403);
}
