//! Accounts: signing up and in, and what people can change about themselves.

use axum::{Router, routing::get};
use model::{
    Language,
    message::{self, Channel},
    texts::{self, Wait, portal::Portal},
    user::{AccountError, Invalid, LONGEST_NAME},
};

use crate::{AppState, error::PageError, extract::Visitor, form::Errors};

mod activity;
mod applications;
mod asking;
mod choices;
mod email;
mod entry;
mod kept;
mod overview;
mod password;
mod phone;
mod picture;
mod profile;
mod providers;
mod second;
mod security;
mod sessions;
mod sign_in;
mod sign_up;

/// The pages of accounts.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/signup", get(sign_up::show).post(sign_up::submit))
        .route("/verify", get(sign_up::verify).post(sign_up::confirm))
        .route("/verify/resend", get(sign_up::back_to_verify).post(sign_up::resend))
        .route("/signin", get(sign_in::show).post(sign_in::submit))
        .route("/signin/passkey", get(sign_in::back).post(sign_in::passkey))
        .route("/signin/second", get(second::show).post(second::code))
        .route("/signin/second/passkey", get(second::back).post(second::passkey))
        .route("/signout", get(sign_in::back_to_start).post(sign_in::sign_out))
        .route("/forgot", get(password::forgot).post(password::send_link))
        .route("/reset", get(password::reset).post(password::set))
        .route("/account", get(overview::show))
        .route("/account/profile", get(profile::show).post(profile::save))
        .route("/account/profile/picture", get(profile::back).post(profile::upload))
        .route("/account/profile/picture/remove", get(profile::back).post(profile::remove_picture))
        .route("/account/profile/phone", get(phone::show).post(phone::send))
        .route("/account/profile/phone/pin", get(phone::back).post(phone::check))
        .route("/pictures/{picture}", get(picture::show))
        .route("/account/password", get(overview::back).post(overview::change_password))
        .route(activity::HERE, get(activity::show))
        .route("/account/email", get(email::show).post(email::submit))
        .route("/account/sessions", get(sessions::show).post(sessions::end))
        .route("/account/sessions/end", get(sessions::ask_all).post(sessions::end_all))
        .merge(applications::routes())
        .merge(providers::routes())
        .merge(security::routes())
}

/// Whether the pages at `path` are in the language of whoever signs in for an application.
pub(crate) fn speaks(path: &str) -> bool {
    ["/signup", "/verify", "/signin", "/forgot", "/reset"].iter().any(|door| {
        let rest = path.strip_prefix(door);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// What to add where a mail is on its way, while mails are being delayed. Said to everybody alike.
async fn delay(visitor: &Visitor, texts: &Portal) -> Result<&'static str, PageError> {
    let delayed = message::delayed(visitor.ctx(), Channel::Mail).await?;
    Ok(if delayed { texts.password.late } else { "" })
}

/// The ids of the fields that an account's forms name.
#[derive(Clone, Copy)]
struct Ids {
    name: &'static str,
    email: &'static str,
    password: &'static str,
    present: &'static str,
}

/// Most forms have one password.
const IDS: Ids = Ids { name: "name", email: "email", password: "password", present: "password" };

/// What to say beside which field, on the pages that are in English; see [`errors_in`].
fn errors_of(error: AccountError, ids: Ids) -> Result<Errors, PageError> {
    errors_in(english(), error, ids)
}

/// What to say beside which field; what no field explains becomes a page of its own.
fn errors_in(texts: &Portal, error: AccountError, ids: Ids) -> Result<Errors, PageError> {
    let texts = &texts.fields;
    Ok(match error {
        AccountError::Invalid(list) => {
            let mut errors = Errors::new();
            for invalid in list {
                match invalid {
                    Invalid::Name(problem) => errors.add(ids.name, (texts.name)(problem, LONGEST_NAME)),
                    Invalid::Email(problem) => errors.add(ids.email, (texts.email)(problem)),
                    Invalid::Password(weakness) => errors.add(ids.password, (texts.password)(weakness)),
                }
            }
            errors
        }
        AccountError::WrongPassword => Errors::one(ids.present, texts.wrong_password),
        AccountError::LinkVoid => Errors::one("", texts.link_void),
        AccountError::EmailTaken => Errors::one(ids.email, texts.email_taken),
        AccountError::TooMany(error) => Errors::one("", (texts.too_many)(Wait::of(error.retry_after))),
        AccountError::Fault(fault) => return Err(fault.into()),
    })
}

/// What is wrong with a name, in words.
pub(crate) fn name_words(problem: rules::text::Problem) -> String {
    (english().fields.name)(problem, LONGEST_NAME)
}

/// The texts of the pages that only whoever works with the portal meets.
const fn english() -> &'static Portal {
    texts::of(Language::English).portal
}
