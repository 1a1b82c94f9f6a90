//! `/admin/keys/{key}/pull`: what ends with a key, and its end.

use axum::response::Response;
use leptos::prelude::*;
use model::key::{self, Impact, KeyError, KeyState, Listed};
use serde::Deserialize;

use super::keys::{AtKey, PATH, purpose, refused};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
    },
    error::PageError,
    form::{Errors, Form},
    layout::{Page, PageHead},
    notice,
    pages::product::count,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    reason: String,
}

pub async fn page(at: AtKey) -> Result<Response, PageError> {
    show(at, String::new(), Errors::new()).await
}

pub async fn submit(at: AtKey, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let administrator = &at.administrator;
    match key::pull(administrator.ctx(), Some(administrator.user.id), at.key.id, &fields.reason).await {
        Ok(()) => {
            let text = "The key is destroyed. What it signed is no longer good.";
            Ok(notice::done(&administrator.visitor, PATH, text))
        }
        Err(KeyError::Reason) => {
            let error = Errors::one("reason", "Say why, in one line of at most 200 characters.");
            show(at, fields.reason, error).await
        }
        Err(error) => refused(&administrator.visitor, error),
    }
}

async fn show(at: AtKey, reason: String, errors: Errors) -> Result<Response, PageError> {
    let AtKey { administrator, key } = at;
    let impact = key::impact(administrator.ctx(), &key).await?;
    let hours = impact.hours(administrator.ctx().now());
    let title = format!("Pull the {} key?", purpose(&key));
    let page = Page::new(title.clone()).narrow().crumb_to("Keys", PATH).crumb("Pull").errors(errors);
    Ok(page.render(&administrator.visitor, move || {
        let effects = effects(&key, &impact, hours);
        view! {
            <PageHead title=title/>
            <ErrorSummary/>
            <form class="card" method="post" novalidate=true>
                <Csrf/>
                <div class="card__body form">
                    <p><code>{key.id.to_string()}</code></p>
                    <ul class="stack">{effects.into_iter().map(|effect| view! { <li>{effect}</li> }).collect_view()}</ul>
                    <Field
                        id="reason"
                        label="Reason"
                        value=reason
                        hint="For the log. It is kept with your name."
                        autocomplete="off"
                        required=true
                    />
                </div>
                <div class="card__foot">
                    <a class="button button--ghost" href=PATH>"Cancel"</a>
                    <button class="button button--danger-solid">"Pull key"</button>
                </div>
            </form>
        }
    }))
}

/// What it breaks, a sentence for each line.
fn effects(key: &Listed, impact: &Impact, hours: i64) -> Vec<String> {
    let clients = count(impact.clients, "client", "clients");
    let mut effects =
        vec!["It is for a key that somebody else may have. Otherwise retire it: that breaks nothing.".to_owned()];
    if key.state == KeyState::Next {
        effects.push("It has signed nothing yet: nothing ends.".to_owned());
        return effects;
    }
    if key.state == KeyState::Former {
        effects.push("It is published no longer. ID tokens that it signed are no hints any more.".to_owned());
        return effects;
    }
    effects.push(format!("It leaves the key set at once. {clients} get what keys of this kind sign."));
    effects.push(match impact.until {
        None => "Whatever it signed has expired already: nothing ends.".to_owned(),
        Some(_) => format!(
            "At least {} have a token of it that ends now. The last would have expired by itself in {}.",
            count(impact.authorizations, "living authorization", "living authorizations"),
            count(hours, "hour", "hours")
        ),
    });
    if key.state == KeyState::Signing {
        effects.push("Another one takes its place at once.".to_owned());
    }
    effects
}
