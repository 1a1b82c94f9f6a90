//! `/account`: address and password.

use axum::response::{Redirect, Response};
use leptos::prelude::*;
use model::user;
use serde::Deserialize;

use super::{IDS, Ids, errors_of};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
        icon::Glyph,
    },
    error::PageError,
    extract::SignedIn,
    form::{Errors, Form},
    layout::{Entry, Page, PageHead},
    notice,
};

pub(super) async fn show(signed_in: SignedIn) -> Response {
    page(&signed_in, String::new(), Errors::new())
}

pub(super) async fn back() -> Redirect {
    Redirect::to("/account")
}

pub(super) fn side(current: &str) -> Vec<Entry> {
    vec![
        Entry::side("Account", "/account", Glyph::Settings, current == "account"),
        Entry::side("Profile", "/account/profile", Glyph::User, current == "profile"),
        Entry::side("Security", "/account/security", Glyph::Shield, current == "security"),
        Entry::side("Sessions", "/account/sessions", Glyph::System, current == "sessions"),
        Entry::side("Recent activity", super::activity::HERE, Glyph::History, current == "activity"),
        Entry::side("Authorized applications", "/account/applications", Glyph::Link, current == "applications"),
        Entry::side("Invitations", "/invitations", Glyph::Mail, current == "invitations"),
    ]
}

/// `email` is the new address that was typed; passwords do not come back.
pub(super) fn page(signed_in: &SignedIn, email: String, errors: Errors) -> Response {
    let user = signed_in.person.user.clone();
    Page::new("Account").crumb("Account").side("Account", side("account")).errors(errors).render(
        &signed_in.visitor,
        move || {
            let forms = if user.password().is_some() {
                view! {
                    {email_form(user.email.clone(), email)}
                    {password_form(user.email)}
                }
                .into_any()
            } else {
                without_password(user.email).into_any()
            };
            view! {
                <PageHead title="Account"/>
                <ErrorSummary/>
                {forms}
            }
        },
    )
}

fn email_form(present: String, typed: String) -> impl IntoView {
    view! {
        <form class="card" method="post" action="/account/email">
            <Csrf/>
            <div class="card__head">
                <h2>"E-mail address"</h2>
                <p>
                    "Your address is " <strong>{present}</strong>
                    ". We send a link to the new one; until you open it, this one stays."
                </p>
            </div>
            <div class="card__body">
                <div class="field-row">
                    <Field id="email" label="New e-mail address" kind="email" value=typed autocomplete="email"/>
                    <Field
                        id="email-password"
                        name="password"
                        label="Your password"
                        kind="password"
                        autocomplete="current-password"
                    />
                </div>
            </div>
            <div class="card__foot">
                <button class="button">"Send link"</button>
            </div>
        </form>
    }
}

fn password_form(email: String) -> impl IntoView {
    view! {
        <form class="card" id="password" method="post" action="/account/password">
            <Csrf/>
            <div class="card__head">
                <h2>"Password"</h2>
                <p>"Changing it signs out all your other sessions."</p>
            </div>
            <div class="card__body">
                <input type="hidden" name="username" autocomplete="username" value=email/>
                <div class="field-row">
                    <Field id="present" label="Present password" kind="password" autocomplete="current-password"/>
                    <Field
                        id="new"
                        label="New password"
                        kind="password"
                        hint="8 to 128 characters of anything."
                        autocomplete="new-password"
                    />
                </div>
            </div>
            <div class="card__foot">
                <button class="button">"Change password"</button>
            </div>
        </form>
    }
}

/// Who has no password shows with a fresh sign-in that it is them.
fn without_password(email: String) -> impl IntoView {
    view! {
        <section class="card" id="password" aria-labelledby="no-password">
            <div class="card__head">
                <h2 id="no-password">"E-mail address and password"</h2>
                <p>
                    "Your address is " <strong>{email}</strong>
                    ". You have no password: to change the address, sign in once more in the way that you do."
                </p>
            </div>
            <div class="card__foot">
                <a class="button" href="/account/email">"Change e-mail address"</a>
                <a class="button" href="/forgot">"Set a password"</a>
            </div>
        </section>
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PasswordFields {
    present: String,
    new: String,
}

pub(super) async fn change_password(
    signed_in: SignedIn,
    Form(fields): Form<PasswordFields>,
) -> Result<Response, PageError> {
    let person = &signed_in.person;
    let changed =
        user::change_password(signed_in.ctx(), &person.user, person.session, &fields.present, &fields.new).await;
    match changed {
        Ok(()) => Ok(notice::done(
            &signed_in.visitor,
            "/account",
            "Your password is changed. All your other sessions are signed out.",
        )),
        Err(error) => {
            let ids = Ids { password: "new", present: "present", ..IDS };
            Ok(page(&signed_in, String::new(), errors_of(error, ids)?))
        }
    }
}
