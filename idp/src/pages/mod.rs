//! What people see: pages without script, small, and under a strict policy.
//!
//! Each page is one module with one function that returns the whole response. The frame around
//! them, their headers and the stylesheet are here; their words are in [`texts`].

pub mod approve;
pub mod consent;
pub mod device;
pub(crate) mod ended;
mod error;
pub mod form_post;
mod icon;
pub mod login;
mod logo;
pub mod logout;
pub mod no_factor;
pub mod not_enabled;
pub mod pin;
pub(crate) mod revoke;
pub(crate) mod texts;

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use http::{HeaderName, HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use model::{
    Context, Fault, Language,
    cache::{self, Client, Product},
    client,
    entity::{DistributionState, operator},
    redirect_uri,
};

pub use self::error::{Back, PageError};
use crate::{Idp, error::no_store, language};

const CSS: &str = include_str!("../../../style/idp.css");

/// The stylesheet's address, which changes with its content.
static CSS_URL: LazyLock<String> = LazyLock::new(|| {
    let hash = model::secret::hash(CSS);
    format!("/idp.css?v={}", hash.get(..12).unwrap_or_default())
});

/// The routes of what pages need.
pub fn routes() -> Router<Idp> {
    Router::new().route("/idp.css", get(css)).route(&format!("{}/{{copy}}", client::logo::PATH), get(logo::show))
}

async fn css() -> impl IntoResponse {
    let type_ = (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    let cache = (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    ([type_, cache], CSS)
}

/// An operator as pages show it.
type Operator = operator::Model;

/// The frame of a page.
struct Page<'a> {
    status: StatusCode,
    title: &'a str,
    /// Whose colours and logo it wears.
    brand: Option<&'a Operator>,
    /// Where the product's users find help, if no operator's brand says so.
    support: Option<&'a str>,
    /// Where its form can lead in the end: a redirect URI.
    leads_to: Option<&'a str>,
    /// What it loads in frames: addresses of clients, of which nothing else is loaded.
    frames: &'a [String],
}

impl<'a> Page<'a> {
    const fn new(title: &'a str) -> Self {
        Self { status: StatusCode::OK, title, brand: None, support: None, leads_to: None, frames: &[] }
    }

    /// The response, with `main` as its content.
    fn respond(&self, ctx: &Context, main: &Markup) -> Result<Response, Fault> {
        let nonce = match self.brand {
            Some(_) => Some(STANDARD_NO_PAD.encode(ctx.random::<16>()?)),
            None => None,
        };
        Ok(self.respond_with(nonce.as_deref(), main))
    }

    fn respond_with(&self, nonce: Option<&str>, main: &Markup) -> Response {
        let document = self.document(nonce, main).into_string();
        let type_ = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let mut response = (self.status, [type_, no_store()], document).into_response();
        let policy = policy(nonce, &form_targets(self.leads_to), None, self.frames);
        set_headers(&mut response, &policy);
        response
    }

    fn document(&self, nonce: Option<&str>, main: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(language::current().tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · " (texts::PORTAL) }
                    link rel="icon" href="/favicon.svg" type="image/svg+xml";
                    link rel="stylesheet" href=(CSS_URL.as_str());
                    @if let (Some(brand), Some(nonce)) = (self.brand, nonce) {
                        style nonce=(nonce) { (colours(brand)) }
                    }
                }
                body {
                    header class="brandbar" {
                        @match self.brand {
                            Some(brand) => img src=(rooted(&brand.logo)) alt=(brand.name) height="48";,
                            None => span class="brandbar__name" { (texts::PORTAL) },
                        }
                    }
                    main { (main) }
                    (self.foot())
                }
            }
        }
    }

    fn foot(&self) -> Markup {
        let mail = self.brand.map(|brand| brand.support_email.as_str()).or(self.support);
        html! {
            @if let Some(mail) = mail.filter(|mail| !mail.is_empty()) {
                footer class="foot" { (texts::current().need_help) " " a href={ "mailto:" (mail) } { (mail) } }
            }
        }
    }
}

/// The headers that every page has, and none may lack.
fn set_headers(response: &mut Response, policy: &str) {
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 3] = [
        // Other sites learn nothing. Under `no-referrer` browsers would not tell us, either, that our
        // own forms are ours.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language::current().tag()));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    // What cannot be a header value is no policy of ours; then nothing at all is allowed.
    let policy = HeaderValue::from_str(policy);
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.unwrap_or(nothing));
}

fn policy(style_nonce: Option<&str>, form_targets: &str, script_hash: Option<&str>, frames: &[String]) -> String {
    let style = style_nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    let script = script_hash.map(|hash| format!("; script-src '{hash}'")).unwrap_or_default();
    let origins = model::logout::origins(frames);
    let frames = if origins.is_empty() { String::new() } else { format!("; frame-src {}", origins.join(" ")) };
    format!(
        "default-src 'none'; style-src 'self'{style}{script}; img-src 'self'{frames}; form-action {form_targets}; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// Where forms may lead: to us, and from there to the client.
fn form_targets(redirect_uri: Option<&str>) -> String {
    let schemes = redirect_uri.map(redirect_uri::schemes_beyond).unwrap_or_default();
    schemes.iter().fold("'self'".to_owned(), |targets, scheme| format!("{targets} {scheme}:"))
}

/// The operator's colours, if they are colours: they go into a stylesheet as they are.
fn colours(brand: &Operator) -> PreEscaped<String> {
    let is_colour = |text: &str| {
        text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let (brand, on_brand) = (brand.brand_color.as_str(), brand.on_brand_color.as_str());
    PreEscaped(if is_colour(brand) && is_colour(on_brand) {
        format!(":root{{--brand:{brand};--on-brand:{on_brand}}}")
    } else {
        String::new()
    })
}

/// A path below our own root; pictures come from nowhere else.
fn rooted(path: &str) -> String {
    format!("/{}", path.trim_start_matches(['/', '\\']))
}

/// Who asks: a client of a product.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// The client.
    pub client: &'a Client,
    /// Its product.
    pub product: &'a Product,
}

/// The product of whoever asks and who stands behind it, with the logo of the client if it has its own.
fn asker_head(asker: Asker<'_>, heading: &str) -> Markup {
    head(asker.client.shown_with(asker.product), asker.product, heading)
}

/// The product and who stands behind it.
fn product_head(product: &Product, heading: &str) -> Markup {
    head(product.shown_with(), product, heading)
}

fn head(logo: &str, product: &Product, heading: &str) -> Markup {
    html! {
        div class="card__head" {
            img class="logo" src=(rooted(logo)) alt="" width="60" height="60";
            div {
                h1 { bdi { (heading) } }
                span { bdi { ((texts::current().by)(&product.organization_name)) } }
            }
        }
    }
}

fn error_line(id: &str, text: &str) -> Markup {
    html! { p class="error" id=(id) role="alert" { (icon::alert()) span { (text) } } }
}

/// What every form of a request in progress carries.
fn hidden(sealed: &str, form_token: &str) -> Markup {
    html! {
        input type="hidden" name="csrf" value=(form_token);
        input type="hidden" name="i" value=(sealed);
    }
}

/// What the catalogue says in its one language, marked as English on a page in another, so that a
/// screen reader reads it out rightly (WCAG 2.2, 3.1.2).
fn in_english(text: &str) -> Markup {
    match language::current() {
        Language::English => html! { (text) },
        _ => html! { span lang="en" { (text) } },
    }
}

/// A link that somebody registered, if it leads to the web.
fn web_link(url: Option<&str>) -> Option<&str> {
    url.filter(|url| url.starts_with("https://") || url.starts_with("http://"))
}

/// The operators whose subscribers can use the product, by name.
async fn operators_of(ctx: &Context, product: &Product) -> Result<Vec<Arc<Operator>>, Fault> {
    let mut operators = Vec::new();
    for (id, state) in &product.distribution {
        if *state == DistributionState::Enabled
            && let Some(operator) = cache::operator(ctx, *id).await?
        {
            operators.push(operator);
        }
    }
    operators.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(operators)
}

/// The brand before anybody has signed in: that of the only operator, if there is but one. It
/// must not depend on the number that was typed, or it would tell whose number that is.
fn only(operators: &[Arc<Operator>]) -> Option<&Operator> {
    match operators {
        [one] => Some(one),
        _ => None,
    }
}

fn names(operators: &[Arc<Operator>]) -> Option<String> {
    let names: Vec<&str> = operators.iter().map(|operator| operator.name.as_str()).collect();
    (1..=3).contains(&names.len()).then(|| (texts::current().login.for_subscribers_of)(&names))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn operator(colour: &str) -> Operator {
        Operator {
            organization_id: uuid::Uuid::from_u128(1),
            name: "Nord<tel>".to_owned(),
            brand_color: colour.to_owned(),
            on_brand_color: "#ffffff".to_owned(),
            logo: "//evil.example/logo.svg".to_owned(),
            support_email: "support@nordtel.test".to_owned(),
            support_url: None,
            created_at: model::Timestamp(0),
            updated_at: model::Timestamp(0),
        }
    }

    #[test]
    fn h1_every_page_forbids_frames() {
        let response = Page::new("x").respond_with(None, &html! {});
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && policy.starts_with("default-src 'none'"), "{policy}");
        assert_eq!(response.headers()[header::X_FRAME_OPTIONS], "DENY");
        assert_eq!(response.headers()[header::REFERRER_POLICY], "same-origin");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    }

    #[test]
    fn h7_a_brand_cannot_bring_markup_style_or_foreign_pictures() {
        let brand = operator("#0b3a5b;}body{display:none");
        let page = Page { brand: Some(&brand), ..Page::new("x") };
        let text = page.document(Some("n"), &html! {}).into_string();
        assert!(!text.contains("display:none"), "{text}");
        assert!(text.contains("alt=\"Nord&lt;tel&gt;\""), "{text}");
        assert!(text.contains("src=\"/evil.example/logo.svg\""), "{text}");
        let fine = operator("#0b3a5b");
        let page = Page { brand: Some(&fine), ..Page::new("x") };
        assert!(
            page.document(Some("n"), &html! {}).into_string().contains(":root{--brand:#0b3a5b;--on-brand:#ffffff}")
        );
    }

    #[test]
    fn forms_lead_to_us_and_the_scheme_of_the_client() {
        assert_eq!(form_targets(None), "'self'");
        assert_eq!(form_targets(Some("https://example.com/callback")), "'self' https:");
        assert_eq!(form_targets(Some("http://127.0.0.1:8765/callback")), "'self' http: https:");
        assert_eq!(form_targets(Some("com.example.app:/callback")), "'self' com.example.app:");
    }

    #[test]
    fn only_web_links_are_links() {
        assert_eq!(web_link(Some("javascript:alert(1)")), None);
        assert_eq!(web_link(Some("https://example.com/terms")), Some("https://example.com/terms"));
    }

    #[test]
    fn the_stylesheet_leaves_room_in_thirty_kilobytes() {
        assert!(CSS.len() < 14_000, "{}", CSS.len());
    }
}
