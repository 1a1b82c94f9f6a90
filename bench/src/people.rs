//! The people of the demo world, doing with forms what people do.

use std::time::Duration;

use url::Url;

use crate::Result;
use crate::browser::{Browser, Page, authority};
use crate::html;
use crate::http::{self, Connection};
use crate::load::{self, Client};
use crate::server::Server;

pub const WEB: Client = Client { id: "demo-web", secret: "demo-web-secret" };
pub const REPORTS: Client = Client { id: "demo-reports", secret: "demo-reports-secret" };
pub const REDIRECT_URI: &str = "http://127.0.0.1:8765/callback";

/// The address that starts the sign-in of a subscriber.
pub fn authorize(server: &Server, scope: &str) -> Result<Url> {
    let query = [
        ("response_type", "code"),
        ("client_id", WEB.id),
        ("redirect_uri", REDIRECT_URI),
        ("scope", scope),
        ("state", "a-state-of-the-client"),
    ];
    Ok(Url::parse_with_params(server.url.join("/oauth2/auth")?.as_str(), &query)?)
}

/// Signs a subscriber in and allows what is asked for. Afterwards the browser's session lives and the consent stands.
pub async fn subscriber(server: &Server, number: &str, scope: &str) -> Result<Browser> {
    let mut browser = Browser::new(&server.url, server.address);
    let page = browser.open(authorize(server, scope)?.as_str()).await?;
    let form = html::forms(&page.body)
        .into_iter()
        .find(|form| form.fields.iter().any(|field| field.kind == "tel"))
        .ok_or_else(|| format!("the login page at {} asks for no number", page.url.path()))?;
    let asked =
        form.fields.iter().find(|field| field.kind == "tel").map(|field| field.name.clone()).unwrap_or_default();
    let page = browser.submit(&page, &form, &[(&asked, number)]).await?;
    let pin = pin(server, number).await?;
    let page = {
        let form = page.form_with("pin")?;
        browser.submit(&page, &form, &[("pin", &pin)]).await?
    };
    let page = allow(&mut browser, page).await?;
    if load::code(page.url.as_str()).is_none() {
        return Err(format!("{number} signed in and ended at {} (status {})", page.url, page.status).into());
    }
    Ok(browser)
}

/// Presses the button that allows everything, if a consent page is there at all.
async fn allow(browser: &mut Browser, page: Page) -> Result<Page> {
    if page.status == 0 {
        return Ok(page);
    }
    for form in html::forms(&page.body) {
        let button = form.fields.iter().find(|field| field.tag == "button" && field.value == "allow");
        if let Some(button) = button {
            return browser.submit(&page, &form, &[(&button.name, &button.value)]).await;
        }
    }
    Err(format!("the page at {} has no button to allow (status {})", page.url.path(), page.status).into())
}

/// The PIN that the sandbox outbox holds for a number.
async fn pin(server: &Server, number: &str) -> Result<String> {
    let request =
        http::request("GET", &authority(&server.url), "/sandbox/outbox", &[("accept", "application/json")], None);
    let mut connection = Connection::new(server.address);
    for _ in 0..100 {
        let answer = connection.exchange(&request).await?;
        if answer.status != 200 {
            return Err(format!("the sandbox outbox answers with status {}", answer.status).into());
        }
        let outbox: serde_json::Value = serde_json::from_slice(connection.body())?;
        let messages = outbox.as_array().or_else(|| outbox.as_object()?.values().find_map(|value| value.as_array()));
        for message in messages.into_iter().flatten() {
            let text = |name| message.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
            let pin = text("body").rsplit_once('#').map(|(_, pin)| pin.trim()).unwrap_or_default();
            if text("to") == number && pin.len() == 6 {
                return Ok(pin.to_owned());
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(format!("no PIN for {number} has arrived in the sandbox outbox").into())
}

/// One refresh token from a whole flow.
pub async fn refresh_token(server: &Server, browser: &Browser) -> Result<String> {
    let host = authority(&server.url);
    let mut connection = tokens(server, browser, "phone offline_access", &host).await?;
    let token = load::field(connection.body(), "refresh_token");
    connection.exchange(&http::request("GET", &host, "/health/live", &[], None)).await?;
    token
}

/// A connection whose last answer is that of the token endpoint.
pub async fn tokens(server: &Server, browser: &Browser, scope: &str, host: &str) -> Result<Connection> {
    let mut connection = Connection::new(server.address);
    let answer = connection.exchange(&browser.prepared(&authorize(server, scope)?)).await?;
    let code = load::code(answer.location.as_deref().unwrap_or_default())
        .ok_or_else(|| format!("no code at once, but status {} and {:?}", answer.status, answer.location))?;
    load::redeem(&mut connection, &WEB, host, REDIRECT_URI, &code).await?;
    Ok(connection)
}

/// Signs a developer in and finds the clients of the first product.
pub async fn developer(server: &Server) -> Result<(Browser, Url)> {
    let mut browser = Browser::new(&server.url, server.address);
    let page = browser.open("/signin").await?;
    let form = page.form_with("password")?;
    let page = browser.submit(&page, &form, &[("email", "dev@portico.test"), ("password", "portico-demo")]).await?;
    if page.status != 200 {
        return Err(format!("signing in to the portal ends at {} with status {}", page.url.path(), page.status).into());
    }
    let organizations = browser.open("/organizations").await?;
    for link in html::links(&organizations.body) {
        if link
            .strip_prefix("/organizations/")
            .is_none_or(|rest| rest.is_empty() || rest.contains('/') || rest == "new")
        {
            continue;
        }
        let organization = browser.open(&link).await?;
        for link in html::links(&organization.body) {
            let product = link.strip_prefix("/products/").and_then(|rest| rest.split('/').next());
            if let Some(product) = product.filter(|product| !product.is_empty()) {
                let page = browser.open(&format!("/products/{product}/clients")).await?;
                if page.status == 200 && page.body.contains(WEB.id) {
                    return Ok((browser, page.url));
                }
            }
        }
    }
    Err("the developer's organizations have no product with the client demo-web".into())
}
