//! Cookies: reading one, and writing them all alike.

use http::{HeaderMap, HeaderValue, header};
use model::Settings;

/// The value of the cookie `name`, if it was sent once. Twice is nobody's.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A cookie of the portal. Over https its name has the prefix `__Host-`, which binds it to this
/// very host.
#[derive(Clone, Copy, Debug)]
pub struct Cookie {
    name: &'static str,
    /// Seconds; absent for one that ends with the browser.
    max_age: Option<i64>,
}

impl Cookie {
    /// A cookie that lives `max_age` seconds, or as long as the browser runs.
    #[must_use]
    pub const fn new(name: &'static str, max_age: Option<i64>) -> Self {
        Self { name, max_age }
    }

    /// Its name here.
    #[must_use]
    pub fn name(self, settings: &Settings) -> String {
        if settings.secure() { format!("__Host-{}", self.name) } else { self.name.to_owned() }
    }

    /// What the browser sent.
    #[must_use]
    pub fn read<'a>(self, settings: &Settings, headers: &'a HeaderMap) -> Option<&'a str> {
        cookie(headers, &self.name(settings))
    }

    /// The header that sets it. `value` must be made of cookie characters.
    #[must_use]
    pub fn set(self, settings: &Settings, value: &str) -> Option<HeaderValue> {
        let age = self.max_age.map(|age| format!("; Max-Age={age}")).unwrap_or_default();
        self.header(settings, value, &age)
    }

    /// The header that removes it.
    #[must_use]
    pub fn clear(self, settings: &Settings) -> Option<HeaderValue> {
        self.header(settings, "", "; Max-Age=0")
    }

    fn header(self, settings: &Settings, value: &str, age: &str) -> Option<HeaderValue> {
        let name = self.name(settings);
        let secure = if settings.secure() { "; Secure" } else { "" };
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
    }
}
