//! What the portal's pages around signing in say. People whom a client has sent meet them, in
//! whatever language they speak; the rest of the portal is for developers, and English.

pub(super) mod de;
pub(super) mod en;
pub(super) mod es;
pub(super) mod fr;
pub(super) mod nb;
pub(super) mod sv;

#[cfg(test)]
pub(super) mod tests;

use rules::text::Problem;

use super::{Wait, Words};
use crate::{email::EmailProblem, password::Weakness};

/// All texts of the portal's pages around signing in.
pub struct Portal {
    pub sign_in: SignIn,
    pub second: SecondStep,
    pub provider: Provider,
    pub account: Account,
    pub sign_up: SignUp,
    pub password: Password,
    pub fields: Fields,
}

/// The page that asks for address and password.
pub struct SignIn {
    /// To somebody who is signed in.
    pub still_you: &'static str,
    /// Why they are asked again.
    pub again: &'static str,
    pub email: &'static str,
    pub password: &'static str,
    pub forgotten: &'static str,
    pub passkey: &'static str,
    /// The browser was asked for a passkey, and none came.
    pub no_passkey: &'static str,
    pub with: fn(provider: &str) -> String,
    /// Before the link [`Self::create`].
    pub new_here: &'static str,
    pub create: &'static str,
    pub wrong: &'static str,
    pub suspended: &'static str,
    pub too_many: fn(Wait) -> String,
    pub passkey_late: &'static str,
    pub passkey_unknown: &'static str,
    /// A step was not finished in time.
    pub late: &'static str,
    pub signed_out: &'static str,
}

/// The page that asks for a code or a passkey, once the password was right.
pub struct SecondStep {
    pub title: &'static str,
    pub heading: &'static str,
    pub password_right: &'static str,
    pub known_to: fn(provider: &str) -> String,
    pub show: &'static str,
    pub show_with_passkey: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub recovery_code: &'static str,
    pub recovery_hint: &'static str,
    pub go_on: &'static str,
    /// Before a link to the first step.
    pub somebody_else: &'static str,
    pub wrong: &'static str,
    pub too_many: fn(Wait) -> String,
    pub passkey_wrong: &'static str,
}

/// A title, and what to know about a provider.
pub type About = (&'static str, fn(provider: &str) -> String);

/// The pages that say why a sign-in with another provider has failed.
pub struct Provider {
    pub over: About,
    pub cancelled: About,
    pub unreachable: About,
    pub refused: About,
    pub not_asked: About,
    /// The title; `SignIn::suspended` follows it.
    pub suspended: &'static str,
    pub another_way: &'static str,
    /// What it has said was made use of, or came too long ago.
    pub used: &'static str,
}

/// The pages for somebody whom a provider knows and nobody here.
pub struct Account {
    pub create: &'static str,
    pub known: fn(provider: &str, account: &str) -> String,
    pub name: &'static str,
    pub sends_link: fn(provider: &str) -> String,
    /// Before the link [`Self::sign_in_and_link`].
    pub have_one: &'static str,
    pub sign_in_and_link: &'static str,
    /// The title and the heading of the page for somebody whose address has an account.
    pub theirs: Words,
    pub theirs_lead: fn(email: &str, provider: &str) -> String,
    pub link_title: &'static str,
    pub link_heading: fn(provider: &str) -> String,
    pub link_lead: fn(provider: &str, account: &str, email: &str) -> String,
    pub link: &'static str,
    pub not_now: &'static str,
}

/// The pages for somebody who opens an account, up to the confirmed address.
pub struct SignUp {
    pub email_hint: &'static str,
    pub password_hint: &'static str,
    /// Before a link to the sign-in.
    pub have_one: &'static str,
    pub confirm_title: &'static str,
    pub confirm_lead: fn(email: &str) -> String,
    /// In another browser than the one that has signed up: beside the password, or before a provider.
    pub confirm_password: &'static str,
    pub confirm_elsewhere: fn(email: &str) -> String,
    pub confirm: &'static str,
    pub mail_title: &'static str,
    /// To an address, or to one that this browser does not know.
    pub mail_lead: fn(email: Option<&str>) -> String,
    pub void: &'static str,
    pub nothing: &'static str,
    pub again: &'static str,
    pub sent_again: &'static str,
    /// Before the link [`Self::another`].
    pub wrong_address: &'static str,
    pub another: &'static str,
    /// Before a link to the sign-in.
    pub confirmed_already: &'static str,
    pub confirmed: &'static str,
}

/// The pages for somebody who has forgotten the password.
pub struct Password {
    pub title: &'static str,
    pub lead: &'static str,
    pub send: &'static str,
    /// Before a link to the sign-in.
    pub remembered: &'static str,
    pub sent: &'static str,
    /// Behind [`Self::sent`], while mails are late.
    pub late: &'static str,
    pub void: &'static str,
    pub reset_lead: fn(email: &str) -> String,
    pub new: &'static str,
    pub hint: &'static str,
    pub set: &'static str,
    pub changed: &'static str,
}

/// What is wrong with what was typed.
pub struct Fields {
    /// Above all that is wrong.
    pub not_yet: &'static str,
    /// Before what is wrong with a field.
    pub error: &'static str,
    /// Of a name with at most so many characters.
    pub name: fn(Problem, longest: usize) -> String,
    pub email: fn(EmailProblem) -> &'static str,
    pub password: fn(Weakness) -> &'static str,
    pub wrong_password: &'static str,
    pub link_void: &'static str,
    pub email_taken: &'static str,
    pub too_many: fn(Wait) -> String,
}
