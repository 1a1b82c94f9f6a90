//! `/account/security/app`: an authenticator app learns its secret, and shows that it has.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    factor::{self, FactorError},
    totp::{self, Setup},
};
use serde::Deserialize;

use super::{HERE, codes, page, qr};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
    },
    error::PageError,
    extract::Fresh,
    form::{Errors, Form},
    islands::CopyButton,
    layout::PageHead,
    notice::{self, Tone},
};

pub(super) async fn show(fresh: Fresh) -> Result<Response, PageError> {
    if factor::of(fresh.ctx(), fresh.id()).await?.totp.is_some() {
        return Ok(exists(&fresh));
    }
    let setup = totp::setup(fresh.ctx(), &fresh.person.user)?;
    Ok(form(&fresh, setup, Errors::new()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    setup: String,
    code: String,
}

pub(super) async fn enable(fresh: Fresh, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let (ctx, user) = (fresh.ctx(), &fresh.person.user);
    match totp::enable(ctx, user, &fields.setup, &fields.code).await {
        Ok(Some(made)) => Ok(codes::shown(&fresh, "The authenticator app is on.", made)),
        Ok(None) => Ok(notice::done(&fresh.visitor, HERE, "The authenticator app is on.")),
        Err(FactorError::Exists) => Ok(exists(&fresh)),
        Err(FactorError::Fault(fault)) => Err(fault.into()),
        Err(_) => {
            let words = "That code is not right. Check that the clock of your phone is, and try the next one.";
            match totp::resume(ctx, user, &fields.setup) {
                Some(setup) => Ok(form(&fresh, setup, Errors::one("code", words))),
                None => {
                    let words = "That took too long. Scan the new code.";
                    Ok(form(&fresh, totp::setup(ctx, user)?, Errors::one("", words)))
                }
            }
        }
    }
}

fn exists(fresh: &Fresh) -> Response {
    notice::go(&fresh.visitor, HERE, Tone::Info, "You have an authenticator app already. Remove it to set up another.")
}

fn form(fresh: &Fresh, setup: Setup, errors: Errors) -> Response {
    page("Authenticator app").errors(errors).render(&fresh.visitor, move || {
        let copied = setup.text.replace(' ', "");
        view! {
            <PageHead
                title="Authenticator app"
                lead="Scan the code with an app such as Aegis, 1Password or Google Authenticator, then type what it shows."
            />
            <ErrorSummary/>
            <form class="card" method="post" action="/account/security/app">
                <Csrf/>
                <input type="hidden" name="setup" value=setup.sealed/>
                <div class="card__body">
                    <div class="qr">{qr::picture(&setup.uri)}</div>
                    <dl class="facts">
                        <div>
                            <dt>"Or type this secret"</dt>
                            <dd>
                                <span class="copyable">
                                    <code>{setup.text}</code>
                                    <CopyButton value=copied label="Copy the secret".to_owned() words=false/>
                                </span>
                            </dd>
                        </div>
                    </dl>
                    <Field
                        id="code"
                        label="Code"
                        hint="The six digits that the app shows now."
                        autocomplete="one-time-code"
                        inputmode="numeric"
                        required=true
                        mono=true
                    />
                </div>
                <div class="card__foot button-row">
                    <button class="button button--primary">"Turn on"</button>
                    <a class="button button--ghost" href=HERE>"Cancel"</a>
                </div>
            </form>
        }
    })
}
