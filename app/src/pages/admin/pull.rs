//! `/admin/keys/{key}/pull`: what ends with a key, and its end.

use axum::response::Response;
use leptos::prelude::*;
use model::key::{self, Impact, KeyError, KeyState, Listed};
use serde::Deserialize;

use super::{
    keys::{AtKey, PATH, purpose, refused},
    page as frame,
};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
    },
    error::PageError,
    form::{Errors, Form},
    layout::PageHead,
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
    let page = frame(title.clone(), "keys").narrow().crumb_to("Keys", PATH).crumb("Pull").errors(errors);
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
    effects.push(match impact.clients {
        0 => "It leaves the key set at once. No client gets what keys of this kind sign.".to_owned(),
        1 => "It leaves the key set at once. 1 client gets what keys of this kind sign.".to_owned(),
        clients => format!("It leaves the key set at once. {clients} clients get what keys of this kind sign."),
    });
    let last = format!("The last would have expired by itself in {}.", count(hours, "hour", "hours"));
    effects.push(match (impact.until, impact.authorizations) {
        (None, _) => "Whatever it signed has expired already: nothing ends.".to_owned(),
        (Some(_), 0) => {
            "No living authorization has a token of it. What clients got for themselves is not counted, and ends now."
                .to_owned()
        }
        (Some(_), 1) => format!("At least 1 living authorization has a token of it that ends now. {last}"),
        (Some(_), some) => format!("At least {some} living authorizations have a token of it that ends now. {last}"),
    });
    if key.state == KeyState::Signing {
        effects.push("Another one takes its place at once.".to_owned());
    }
    effects
}
