//! Requests that another site has a browser post, which then sends none of our cookies.

use model::demo::SUBSCRIBER;

use crate::harness::{App, Browser, Page, authorize_url};

const DEV: &str = "dev@portico.test";
const PATH: &str = "/oauth2/auth";

/// The parameters of an authorization request.
fn fields(url: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).into_owned().collect()
}

/// Posts a form of another site: our cookies are `SameSite=Lax`, and stay where they are.
async fn post_from_elsewhere(browser: &mut Browser, path: &str, fields: &[(String, String)]) -> Page {
    let kept = std::mem::take(&mut browser.cookies);
    let form: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let headers = [("origin", "https://example.com"), ("sec-fetch-site", "cross-site")];
    let page = browser.post_form_with(path, &form, &headers).await;
    assert_eq!(page.header("set-cookie"), None, "a browser that is known gets no new name");
    let new = std::mem::replace(&mut browser.cookies, kept);
    browser.cookies.extend(new);
    page
}

#[tokio::test]
async fn a_request_that_another_site_posts_finds_the_session() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    app.tokens_of_user(&mut browser, &[("scope", "openid profile")]).await;
    let state = "a b+c&d=\u{e9}/?";
    let url = authorize_url("demo-app", &[("scope", "openid profile"), ("prompt", "none"), ("state", state)]);
    let all = fields(&url);
    let page = post_from_elsewhere(&mut browser, PATH, &all).await;
    assert_eq!(page.status, 303);
    let answer = browser.follow_on(page).await.redirect_parameters();
    assert!(answer.contains_key("code"), "single sign-on: {answer:?}");
    assert_eq!(answer["state"], state);
    // Some of it in the query, some in the body.
    let (query, body) = all.split_at(3);
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let page = post_from_elsewhere(&mut browser, &format!("{PATH}?{query}"), body).await;
    assert!(browser.follow_on(page).await.redirect_parameters().contains_key("code"));
    // What is refused is refused at once, and leads nowhere.
    let page = post_from_elsewhere(&mut browser, &format!("{PATH}?state=x"), &all).await;
    assert_eq!((page.status, page.location()), (400, None));
}

#[tokio::test]
async fn a_request_that_another_site_posts_ends_no_sign_in_in_another_tab() {
    let app = App::demo().await;
    let mut browser = app.browser();
    let first = browser.follow(&authorize_url("demo-web", &[])).await;
    let page =
        post_from_elsewhere(&mut browser, PATH, &fields(&authorize_url("demo-web", &[("state", "other")]))).await;
    browser.follow_on(page).await.form("/login");
    let page = browser.submit_following(first.form("/login").set("number", SUBSCRIBER)).await;
    let pin = app.pin(SUBSCRIBER).await;
    let page = browser.submit_following(page.form("/login/pin").set("pin", &pin)).await;
    let answer = browser.allow(page).await.redirect_parameters();
    assert_eq!(answer["state"], "the-state");
}

#[tokio::test]
async fn a_long_request_that_another_site_posts_comes_again_as_a_form_of_ours() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    app.tokens_of_user(&mut browser, &[("scope", "openid profile")]).await;
    let state = "s".repeat(9_000);
    let url = authorize_url("demo-app", &[("scope", "openid profile"), ("prompt", "none"), ("state", &state)]);
    let page = post_from_elsewhere(&mut browser, PATH, &fields(&url)).await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https:") && !policy.contains("unsafe"), "{policy}");
    let answer = browser.submit(&page.form(PATH)).await.redirect_parameters();
    assert!(answer.contains_key("code") && answer["state"] == state);
    // A browser that has never been here has no cookie the second time either.
    let mut stranger = app.browser();
    let page = post_from_elsewhere(&mut stranger, PATH, &fields(&url)).await;
    let form = page.form(PATH);
    let again: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let headers = [("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-origin")];
    let page = stranger.post_form_with(PATH, &again, &headers).await;
    assert_eq!(page.redirect_parameters()["error"], "login_required");
}
