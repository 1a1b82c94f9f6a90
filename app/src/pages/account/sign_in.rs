//! `/signin` and `/signout`.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use leptos::prelude::*;
use model::user::{self, SignIn, SignInError};
use serde::Deserialize;
use tower_sessions::Session;

use super::{open_session, sign_up};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
    },
    error::{PageError, wait},
    extract::Visitor,
    form::{Errors, Form, Nothing},
    layout::Page,
    notice::{self, Tone},
    pages::local_path,
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    email: String,
    password: String,
    return_to: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Return {
    return_to: String,
}

pub(super) async fn show(visitor: Visitor, Query(query): Query<Return>) -> Response {
    if visitor.person.is_some() {
        return Redirect::to(destination(&query.return_to)).into_response();
    }
    page(&visitor, Fields { return_to: query.return_to, ..Fields::default() }, Errors::new())
}

fn destination(return_to: &str) -> &str {
    local_path(return_to).unwrap_or("/organizations")
}

pub(super) async fn submit(
    visitor: Visitor,
    session: Session,
    Form(fields): Form<Fields>,
) -> Result<Response, PageError> {
    let error = match user::sign_in(visitor.ctx(), &fields.email, &fields.password, &visitor.bucket).await {
        Ok(SignIn::Welcome(user)) => {
            open_session(&session, &visitor, &user).await?;
            return Ok(Redirect::to(destination(&fields.return_to)).into_response());
        }
        Ok(SignIn::Unverified { email, proof }) => {
            return Ok(sign_up::to_mail(&visitor, &super::keep(&proof, &email)));
        }
        Err(SignInError::Wrong) => {
            "That e-mail address and password do not go together. Check both and try again.".to_owned()
        }
        Err(SignInError::Suspended) => "This account is suspended. Ask whoever runs this portal.".to_owned(),
        Err(SignInError::TooMany(error)) => {
            format!("Too many tries. Wait {} and try again, or set a new password.", wait(error.retry_after))
        }
        Err(SignInError::Fault(fault)) => return Err(fault.into()),
    };
    Ok(page(&visitor, fields, Errors::one("", error)))
}

fn page(visitor: &Visitor, fields: Fields, errors: Errors) -> Response {
    Page::card("Sign in")
        .errors(errors)
        .below(|| view! { <p>"New here? " <a href="/signup">"Create an account"</a></p> })
        .render(visitor, move || {
            let again = !fields.email.is_empty();
            view! {
                <header>
                    <h1>"Sign in"</h1>
                </header>
                <ErrorSummary/>
                <form class="form" method="post" action="/signin">
                    <Csrf/>
                    <input type="hidden" name="return_to" value=fields.return_to/>
                    <Field
                        id="email"
                        label="E-mail address"
                        kind="email"
                        value=fields.email
                        autocomplete="username"
                        required=true
                        autofocus=!again
                    />
                    <Field id="password" label="Password" kind="password" autocomplete="current-password" required=true>
                        <a href="/forgot">"Forgotten?"</a>
                    </Field>
                    <button class="button button--primary button--block">"Sign in"</button>
                </form>
            }
        })
}

pub(super) async fn sign_out(
    visitor: Visitor,
    session: Session,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    session.flush().await.map_err(|error| {
        tracing::error!(%error, "a session was not ended");
        PageError::from(model::Fault::Stopped("sessions"))
    })?;
    Ok(notice::go(&visitor, "/signin", Tone::Info, "You are signed out."))
}

pub(super) async fn back_to_start() -> Redirect {
    Redirect::to("/")
}
