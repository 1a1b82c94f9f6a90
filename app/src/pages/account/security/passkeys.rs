//! `/account/security/passkeys`: adding a passkey, and giving one another name.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{
    factor,
    passkey::{self, PasskeyError},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{HERE, codes, name_words, page, passkey_words};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
        passkey::{Ask, PasskeyForm},
    },
    error::PageError,
    extract::{Fresh, SignedIn},
    form::{Errors, Form},
    layout::PageHead,
    notice,
    pages::agent,
};

pub(super) async fn show(fresh: Fresh) -> Result<Response, PageError> {
    let name = agent::describe(&fresh.visitor.user_agent);
    form(&fresh, name, Errors::new()).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    name: String,
    challenge: String,
    answer: String,
}

pub(super) async fn add(fresh: Fresh, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let (ctx, user, browser) = (fresh.ctx(), &fresh.person.user, fresh.visitor.browser_mark());
    match passkey::register(ctx, user, &browser, &fields.challenge, &fields.answer, &fields.name).await {
        Ok(Some(made)) => Ok(codes::shown(&fresh, "The passkey is added.", made)),
        Ok(None) => Ok(notice::done(&fresh.visitor, HERE, "The passkey is added.")),
        Err(error) => {
            let field = if matches!(error, PasskeyError::Name(_)) { "name" } else { "" };
            let errors = Errors::one(field, passkey_words(error)?);
            form(&fresh, fields.name, errors).await
        }
    }
}

async fn form(fresh: &Fresh, name: String, errors: Errors) -> Result<Response, PageError> {
    let ceremony = passkey::start_registration(fresh.ctx(), &fresh.person.user, &fresh.visitor.browser_mark()).await?;
    Ok(page("Add a passkey").errors(errors).render(&fresh.visitor, move || {
        view! {
            <PageHead
                title="Add a passkey"
                lead="Your browser asks where to keep it: on this device, on your phone, or on a security key."
            />
            <ErrorSummary/>
            <noscript>
                <p>"Passkeys need a browser that runs scripts."</p>
            </noscript>
            <PasskeyForm action="/account/security/passkeys" ceremony=ceremony ask=Ask::New label="Add the passkey">
                <Field
                    id="name"
                    label="Name"
                    value=name
                    hint="By which you will recognize it, such as the device that holds it."
                    required=true
                    maxlength=60
                />
            </PasskeyForm>
            <p>
                <a href=HERE>"Cancel"</a>
            </p>
        }
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Naming {
    id: Uuid,
    name: String,
}

pub(super) async fn name(signed_in: SignedIn, Query(wanted): Query<Naming>) -> Result<Response, PageError> {
    let keys = factor::of(signed_in.ctx(), signed_in.id()).await?.passkeys;
    let key = keys.into_iter().find(|key| key.id == wanted.id).ok_or(PageError::NotFound)?;
    Ok(name_form(&signed_in, key.id, key.name, Errors::new()))
}

pub(super) async fn rename(signed_in: SignedIn, Form(fields): Form<Naming>) -> Result<Response, PageError> {
    match passkey::rename(signed_in.ctx(), signed_in.id(), fields.id, &fields.name).await {
        Ok(true) => Ok(notice::done(&signed_in.visitor, HERE, "The name is saved.")),
        Ok(false) => Err(PageError::NotFound),
        Err(PasskeyError::Name(problem)) => {
            Ok(name_form(&signed_in, fields.id, fields.name, Errors::one("name", name_words(problem))))
        }
        Err(PasskeyError::Fault(fault)) => Err(fault.into()),
        Err(_) => Err(PageError::BadRequest),
    }
}

fn name_form(signed_in: &SignedIn, id: Uuid, name: String, errors: Errors) -> Response {
    page("Name a passkey").errors(errors).render(&signed_in.visitor, move || {
        view! {
            <PageHead title="Name a passkey"/>
            <ErrorSummary/>
            <form class="form" method="post" action="/account/security/passkeys/rename">
                <Csrf/>
                <input type="hidden" name="id" value=id.to_string()/>
                <Field id="name" label="Name" value=name required=true maxlength=60/>
                <div class="button-row">
                    <button class="button button--primary">"Save name"</button>
                    <a class="button button--ghost" href=HERE>"Cancel"</a>
                </div>
            </form>
        }
    })
}
