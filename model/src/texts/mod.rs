//! Every word that people read who come from a client, in every language, in one place: on the
//! identity provider's pages, and on the portal's pages around signing in.
//!
//! A language is one [`Texts`]: a text that is missing does not compile. What goes into a text is
//! an argument of a function, so that each language finds its own order and its own plurals.
//! Beside these, only the text message has words of its own ([`crate::pin`]).

mod de;
mod en;
mod es;
mod fr;
mod nb;
pub mod portal;
mod sv;

use url::Url;

use self::portal::Portal;
use crate::{Language, interaction::Lost, phone::NotANumber};

/// The name of the house, which is the same everywhere.
pub const PORTAL: &str = "Portico";

/// A number, written as people should.
pub const EXAMPLE: &str = "+46 70 174 06 05";

/// The texts of a language.
#[must_use]
pub const fn of(language: Language) -> &'static Texts {
    match language {
        Language::English => &en::TEXTS,
        Language::Swedish => &sv::TEXTS,
        Language::Norwegian => &nb::TEXTS,
        Language::German => &de::TEXTS,
        Language::French => &fr::TEXTS,
        Language::Spanish => &es::TEXTS,
    }
}

/// All texts of a language.
pub struct Texts {
    /// What the star beside a permission stands for.
    pub required: &'static str,
    pub need_help: &'static str,
    pub go_on: &'static str,
    pub start_again: &'static str,
    /// Before a detail, which is English.
    pub for_developers: &'static str,
    pub by: fn(organization: &str) -> String,
    pub cancel_to: fn(product: &str) -> String,
    /// To a product, or to a host.
    pub back_to: fn(name: &str) -> String,
    pub login: Login,
    pub pin: Pin,
    pub consent: Consent,
    pub scopes: Scopes,
    pub device: Device,
    pub approve: Approve,
    pub revoke: Revoke,
    pub not_enabled: NotEnabled,
    pub no_factor: NoFactor,
    pub form_post: FormPost,
    pub logout: Logout,
    pub errors: Errors,
    pub portal: &'static Portal,
}

/// The page that asks for a number.
pub struct Login {
    pub title: &'static str,
    pub heading: fn(product: &str) -> String,
    pub number: &'static str,
    pub hint: &'static str,
    pub send: &'static str,
    /// Of one, two or three operators.
    pub for_subscribers_of: fn(operators: &[&str]) -> String,
    /// What is wrong with a number, as a sentence that says what to do.
    pub not_a_number: fn(NotANumber) -> &'static str,
    pub too_many: fn(Wait) -> String,
}

/// The page that asks for the PIN.
pub struct Pin {
    pub title: &'static str,
    /// Before the number; `valid` follows it.
    pub sent_to: &'static str,
    pub valid: fn(minutes: i64) -> String,
    pub label: &'static str,
    pub resend: &'static str,
    pub other_number: &'static str,
    pub sent_again: &'static str,
    pub delayed: &'static str,
    pub never_tell: &'static str,
    /// If no message comes; whose subscribers get one, if that is known.
    pub not_here: fn(operators: Option<&str>) -> String,
    /// Before the link to the outbox, after which the sentence ends.
    pub outbox: &'static str,
    pub outbox_link: &'static str,
    pub six_digits: &'static str,
    pub expired: &'static str,
    pub exhausted: &'static str,
    pub ended: &'static str,
    pub wrong: fn(left: i32) -> String,
    pub too_many: fn(Wait) -> String,
}

/// The consent page.
pub struct Consent {
    pub title: fn(product: &str) -> String,
    pub strip: fn(number: &str) -> String,
    pub strip_more: fn(number: &str) -> String,
    /// In place of both, for the account of a portal user.
    pub strip_account: fn(account: &str) -> String,
    /// Before the permissions: they finish the sentence.
    pub would_like: fn(product: &str) -> String,
    pub would_also_like: fn(product: &str) -> String,
    pub nothing: &'static str,
    pub optional: &'static str,
    /// After the star.
    pub does_not_work_without: fn(product: &str) -> String,
    pub before: fn(product: &str) -> String,
    pub next: &'static str,
    /// Before the host at which a client describes itself.
    pub published_at: &'static str,
    pub receives: fn(organization: &str) -> String,
    pub nobody_has_checked: fn(product: &str) -> String,
    /// Where it can be taken back: at the operator, or without one on the account's own page.
    pub lasts: fn(product: &str, operator: Option<&str>) -> String,
    /// Nowhere means the device that shows the code.
    pub return_to: fn(Option<&Place>) -> String,
    /// Where the answer goes to a loopback address of a client that nobody knows.
    pub any_program: &'static str,
    pub terms: fn(product: &str) -> String,
    pub privacy: &'static str,
    pub other_number: &'static str,
    pub other_account: &'static str,
    pub cancel: &'static str,
    pub allow: &'static str,
}

/// The permissions that are part of Portico. Those of other APIs are described in the catalogue.
pub struct Scopes {
    pub offline_access: &'static str,
    pub openid: &'static str,
    pub phone: &'static str,
    pub profile: &'static str,
    pub email: &'static str,
    pub address: &'static str,
    pub portal_read: &'static str,
}

impl Scopes {
    /// The text for a scope that is part of Portico.
    #[must_use]
    pub fn text(&self, scope: &str) -> Option<&'static str> {
        match scope {
            "offline_access" => Some(self.offline_access),
            "openid" => Some(self.openid),
            "phone" => Some(self.phone),
            "profile" => Some(self.profile),
            "email" => Some(self.email),
            "address" => Some(self.address),
            "portal:read" => Some(self.portal_read),
            _ => None,
        }
    }
}

/// The pages for people who sign a device in.
pub struct Device {
    pub title: &'static str,
    pub lead: &'static str,
    pub code: &'static str,
    pub hint: &'static str,
    pub empty: &'static str,
    pub unknown: &'static str,
    pub too_many: fn(Wait) -> String,
    pub heading: fn(product: &str) -> String,
    pub receives: fn(organization: &str) -> String,
    /// Fewer than two minutes are a moment.
    pub asked_from: fn(address: &str, minutes: i64) -> String,
    pub warning: &'static str,
    pub mine: &'static str,
    pub not_mine: &'static str,
    pub allowed: Words,
    pub denied: Words,
    pub over: Words,
}

/// The page for subscribers who answer a request that came to the phone.
pub struct Approve {
    pub title: fn(product: &str) -> String,
    pub strip: fn(number: &str) -> String,
    /// Before the words to compare.
    pub compare: &'static str,
    pub settled: fn(product: &str) -> String,
    /// Fewer than two minutes are a moment.
    pub asked_from: fn(organization: &str, address: &str, minutes: i64) -> String,
    /// It names the button [`Self::deny`].
    pub warning: &'static str,
    pub deny: &'static str,
    pub allowed: Words,
    pub denied: Words,
    pub over: Words,
}

/// The page for subscribers who take back what they have allowed.
pub struct Revoke {
    pub title: fn(product: &str) -> String,
    pub strip: fn(number: &str) -> String,
    pub loses: fn(product: &str) -> String,
    pub at_once: fn(product: &str) -> String,
    /// What the organization has received before.
    pub stays: fn(organization: &str) -> String,
    /// Before an address.
    pub questions: fn(product: &str) -> String,
    pub remove: &'static str,
    pub removed: Words,
    pub kept: Words,
    pub over: Words,
}

/// The page for subscribers whose operator has not enabled the product.
pub struct NotEnabled {
    pub title: fn(operator: &str, product: &str) -> String,
    pub lead: fn(operator: &str, product: &str) -> String,
}

/// The page for portal users whose account has no second factor.
pub struct NoFactor {
    pub title: fn(product: &str) -> String,
    pub lead: &'static str,
    pub set_up: &'static str,
}

/// The page that sends an answer on as a form.
pub struct FormPost {
    pub title: &'static str,
    pub lead: &'static str,
}

/// The pages around signing out.
pub struct Logout {
    pub ask: &'static str,
    /// By what the accounts are known that have signed in.
    pub whose: fn(accounts: &[&str]) -> String,
    pub asked_by: fn(product: &str) -> String,
    pub sign_out: &'static str,
    pub stay: &'static str,
    pub kept: Words,
    pub done: &'static str,
    pub done_title: &'static str,
    pub done_lead: &'static str,
    pub done_back: &'static str,
    /// In place of leading back to an address that is not registered.
    pub done_elsewhere: &'static str,
    /// What a screen reader says of a client's frame.
    pub frame: &'static str,
}

/// The pages that say why it does not go on.
pub struct Errors {
    pub broken: Words,
    pub expired: Words,
    pub other_browser: Words,
    pub forged: Words,
    pub tampered: Words,
    pub sign_in_again: Words,
    pub client_gone: Words,
    pub bad_request: Words,
    pub wrong_client: Words,
    pub wrong_redirect_uri: Words,
    pub fault: Words,
}

impl Errors {
    /// How a sign-in was lost.
    #[must_use]
    pub const fn lost(&self, lost: Lost) -> Words {
        match lost {
            Lost::Broken => self.broken,
            Lost::Expired => self.expired,
            Lost::OtherBrowser => self.other_browser,
        }
    }
}

/// A page's title, and what to know or to do.
pub type Words = (&'static str, &'static str);

/// How long to wait, in the unit that people would use, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    Seconds(i64),
    Minutes(i64),
    Hours(i64),
}

impl Wait {
    /// So many milliseconds.
    #[must_use]
    pub const fn of(milliseconds: i64) -> Self {
        let milliseconds = if milliseconds < 1 { 1 } else { milliseconds };
        let seconds = (milliseconds + 999) / 1000;
        match (seconds, (seconds + 59) / 60) {
            (..=90, _) => Self::Seconds(seconds),
            (_, minutes @ ..=90) => Self::Minutes(minutes),
            (_, minutes) => Self::Hours((minutes + 59) / 60),
        }
    }

    /// With the words for one and for several of each unit: "4 minutes".
    fn words(self, [second, minute, hour]: [(&str, &str); 3]) -> String {
        match self {
            Self::Seconds(count) => counted(count, second),
            Self::Minutes(count) => counted(count, minute),
            Self::Hours(count) => counted(count, hour),
        }
    }
}

/// A number and its noun, for one and for several.
fn counted(count: i64, (one, several): (&str, &str)) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// "Nordtel, Fjordmobil and Sundtel", with the language's own "and".
fn listed(names: &[&str], and: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}

/// Where a client's redirect URI leads, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A web site.
    Host(String),
    /// A loopback address.
    Device(String),
    /// An app that has claimed a scheme.
    App(String),
}

impl Place {
    /// Where this one leads.
    #[must_use]
    pub fn of(redirect_uri: &str) -> Self {
        let Ok(url) = Url::parse(redirect_uri) else { return Self::App(String::new()) };
        match (url.scheme(), url.host_str()) {
            ("http" | "https", Some(host)) => {
                let named = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
                let loopback = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
                if loopback { Self::Device(named) } else { Self::Host(named) }
            }
            (scheme, _) => Self::App(scheme.to_owned()),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Host(name) | Self::Device(name) | Self::App(name) => name,
        }
    }
}

#[cfg(test)]
mod tests;
