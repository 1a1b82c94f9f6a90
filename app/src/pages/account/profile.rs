//! `/account`: name, address, password.

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

/// The fields of the three forms of the page; passwords do not come back.
#[derive(Clone, Default)]
pub(super) struct Typed {
    pub(super) name: Option<String>,
    pub(super) email: String,
}

pub(super) async fn show(signed_in: SignedIn) -> Response {
    page(&signed_in, Typed::default(), Errors::new())
}

pub(super) async fn back() -> Redirect {
    Redirect::to("/account")
}

pub(super) fn side(current: &str) -> Vec<Entry> {
    vec![
        Entry::side("Account", "/account", Glyph::User, current == "account"),
        Entry::side("Sessions", "/account/sessions", Glyph::Shield, current == "sessions"),
        Entry::side("Invitations", "/invitations", Glyph::Mail, current == "invitations"),
    ]
}

pub(super) fn page(signed_in: &SignedIn, typed: Typed, errors: Errors) -> Response {
    let user = signed_in.person.user.clone();
    Page::new("Account").crumb("Account").side("Account", side("account")).errors(errors).render(
        &signed_in.visitor,
        move || {
            view! {
                <PageHead title="Account"/>
                <ErrorSummary/>
                <form class="card" method="post" action="/account/name">
                    <Csrf/>
                    <div class="card__head">
                        <h2>"Name"</h2>
                    </div>
                    <div class="card__body">
                        <Field id="name" label="Your name" value=typed.name.unwrap_or(user.name) autocomplete="name"/>
                    </div>
                    <div class="card__foot">
                        <button class="button button--primary">"Save name"</button>
                    </div>
                </form>
                <form class="card" method="post" action="/account/email">
                    <Csrf/>
                    <div class="card__head">
                        <h2>"E-mail address"</h2>
                        <p>
                            "Your address is " <strong>{user.email.clone()}</strong>
                            ". We send a link to the new one; until you open it, this one stays."
                        </p>
                    </div>
                    <div class="card__body">
                        <div class="field-row">
                            <Field
                                id="email"
                                label="New e-mail address"
                                kind="email"
                                value=typed.email
                                autocomplete="email"
                            />
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
                <form class="card" method="post" action="/account/password">
                    <Csrf/>
                    <div class="card__head">
                        <h2>"Password"</h2>
                        <p>"Changing it signs out all your other sessions."</p>
                    </div>
                    <div class="card__body">
                        <input type="hidden" name="username" autocomplete="username" value=user.email/>
                        <div class="field-row">
                            <Field
                                id="present"
                                label="Present password"
                                kind="password"
                                autocomplete="current-password"
                            />
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
        },
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NameFields {
    name: String,
}

pub(super) async fn rename(signed_in: SignedIn, Form(fields): Form<NameFields>) -> Result<Response, PageError> {
    match user::rename(signed_in.ctx(), signed_in.id(), &fields.name).await {
        Ok(()) => Ok(notice::done(&signed_in.visitor, "/account", "Your name is saved.")),
        Err(error) => {
            let typed = Typed { name: Some(fields.name), ..Typed::default() };
            Ok(page(&signed_in, typed, errors_of(error, IDS)?))
        }
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
            Ok(page(&signed_in, Typed::default(), errors_of(error, ids)?))
        }
    }
}
