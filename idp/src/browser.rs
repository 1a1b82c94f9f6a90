//! The browser that a form belongs to: a random value in a cookie, which ties anti-forgery tokens
//! and authorization requests in progress to one browser.

use axum_extra::extract::CookieJar;
use http::{HeaderMap, HeaderValue};
use model::{Context, Fault};

/// A browser, known or new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    id: String,
    new: bool,
}

impl Browser {
    /// The browser that sent these headers; a new one if its cookie is absent or malformed.
    ///
    /// # Errors
    ///
    /// When there is no randomness.
    pub fn of(ctx: &Context, headers: &HeaderMap) -> Result<Self, Fault> {
        match Self::known(ctx, headers) {
            Some(browser) => Ok(browser),
            None => Ok(Self { id: hex(&ctx.random::<16>()?), new: true }),
        }
    }

    /// The browser that sent these headers, if we have seen it before.
    #[must_use]
    pub fn known(ctx: &Context, headers: &HeaderMap) -> Option<Self> {
        let jar = CookieJar::from_headers(headers);
        let id = jar.get(&cookie_name(ctx, "browser"))?.value().to_owned();
        let well_formed = id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
        well_formed.then_some(Self { id, new: false })
    }

    /// Its cookie's value.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The anti-forgery token of its forms.
    #[must_use]
    pub fn form_token(&self, ctx: &Context) -> String {
        model::form::token(ctx, &self.id)
    }

    /// Whether `token` came from one of its forms.
    #[must_use]
    pub fn owns_form(&self, ctx: &Context, token: &str) -> bool {
        model::form::verify(ctx, &self.id, token)
    }

    /// The cookie to set, if it is new.
    #[must_use]
    pub fn set_cookie(&self, ctx: &Context) -> Option<HeaderValue> {
        if !self.new {
            return None;
        }
        HeaderValue::from_str(&cookie(ctx, "browser", &self.id, None)).ok()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of one of our cookies: with the `__Host-` prefix wherever the connection is secure.
#[must_use]
pub fn cookie_name(ctx: &Context, name: &str) -> String {
    if ctx.settings().secure() { format!("__Host-portico-{name}") } else { format!("portico-{name}") }
}

/// A `Set-Cookie` value: for this host only, not for scripts, not from other sites' forms.
/// `max_age` in seconds; without it the cookie ends with the browser.
#[must_use]
pub fn cookie(ctx: &Context, name: &str, value: &str, max_age: Option<i64>) -> String {
    let secure = if ctx.settings().secure() { "; Secure" } else { "" };
    let max_age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{max_age}", cookie_name(ctx, name))
}
