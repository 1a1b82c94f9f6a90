//! The end of a client: disabled for a while, or deleted.

use axum::response::{IntoResponse as _, Response};
use leptos::prelude::*;
use model::{
    client::{self, Client, ClientState, Reach},
    entity::Audience,
};

use crate::{
    components::{
        field::ErrorSummary,
        form::ButtonForm,
        misc::{DangerRow, DangerZone},
    },
    error::PageError,
    form::{Errors, Form, Nothing},
    notice,
    pages::product::{
        access::{AtClient, ManagedClient},
        frame::{self, Confirm},
        information::Confirmed,
        words::{People, count, people},
    },
};

#[component]
pub fn End(client: Client, reach: Reach, path: String, audience: Audience) -> impl IntoView {
    let (whom, tokens) = numbers(&reach, audience);
    let (disable, enable, delete) = (format!("{path}/disable"), format!("{path}/enable"), format!("{path}/delete"));
    view! {
        <DangerZone>
            {if client.state == ClientState::Active {
                view! {
                    <DangerRow
                        title="Disable client"
                        text=format!("{whom} Its access tokens end. It can be enabled again.")
                    >
                        <a class="button button--danger" href=disable>"Disable client"</a>
                    </DangerRow>
                }
                    .into_any()
            } else {
                view! {
                    <DangerRow title="Enable client" text="It works again, with the credentials and authorizations that it has.">
                        <ButtonForm action=enable>"Enable client"</ButtonForm>
                    </DangerRow>
                }
                    .into_any()
            }}
            <DangerRow title="Delete client" text=format!("{tokens} Its id is never given to another client. It cannot be undone.")>
                <a class="button button--danger" href=delete>"Delete client"</a>
            </DangerRow>
        </DangerZone>
    }
}

/// Whom the end of a client concerns, in two sentences.
fn numbers(reach: &Reach, audience: Audience) -> (String, String) {
    if !audience.signs_in() {
        return ("It gets no more tokens.".to_owned(), "Ends all its tokens.".to_owned());
    }
    let People { one, many, .. } = people(audience);
    let people = count(reach.subscribers, one, many);
    let whom = match reach.subscribers {
        0 => "Nobody uses it at present.".to_owned(),
        1 => format!("{people} uses it now and cannot sign in."),
        _ => format!("{people} use it now and cannot sign in."),
    };
    let tokens = format!(
        "Ends {} and the authorizations of {people}.",
        count(reach.refresh_tokens, "living refresh token", "living refresh tokens")
    );
    (whom, tokens)
}

pub async fn disable_page(at: ManagedClient) -> Result<Response, PageError> {
    let reach = client::reach(at.ctx(), &at.client).await?;
    let (whom, _) = numbers(&reach, at.product.audience);
    let effects = vec![
        whom,
        "Its access tokens end at once.".to_owned(),
        "Nothing is deleted: enabled again, it works with the credentials and authorizations that it has.".to_owned(),
    ];
    Ok(confirm(&at, format!("Disable {}?", at.client.description), effects, None, "Disable client", false))
}

pub async fn disable(at: ManagedClient, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    client::disable(at.ctx(), at.actor(), &at.client).await?;
    Ok(notice::done(at.member.visitor(), &at.path(""), "The client is disabled."))
}

pub async fn enable(at: ManagedClient, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    client::enable(at.ctx(), at.actor(), &at.client).await?;
    Ok(notice::done(at.member.visitor(), &at.path(""), "The client is enabled."))
}

pub async fn delete_page(at: ManagedClient) -> Result<Response, PageError> {
    ask_delete(&at, None).await
}

pub async fn delete(at: ManagedClient, Form(form): Form<Confirmed>) -> Result<Response, PageError> {
    if form.confirm.trim() != at.client.description {
        return ask_delete(&at, Some(form.confirm)).await;
    }
    client::delete(at.ctx(), at.actor(), &at.client).await?;
    let text = format!("{} is deleted.", at.client.description);
    Ok(notice::done(at.member.visitor(), &at.at.path("/clients"), &text).into_response())
}

async fn ask_delete(at: &AtClient, typed: Option<String>) -> Result<Response, PageError> {
    let reach = client::reach(at.ctx(), &at.client).await?;
    let (whom, tokens) = numbers(&reach, at.product.audience);
    let effects = vec![
        whom,
        tokens,
        "Its credentials and redirect URIs go with it, and its id is never given to another client.".to_owned(),
        "Consents to the product stay: another client of it can use them.".to_owned(),
    ];
    let title = format!("Delete {}?", at.client.description);
    let name = Some((at.client.description.clone(), typed));
    Ok(confirm(at, title, effects, name, "Delete client", true))
}

/// `name` is what must be typed, and what was typed instead.
pub(super) fn confirm(
    at: &AtClient,
    title: String,
    effects: Vec<String>,
    name: Option<(String, Option<String>)>,
    button: &'static str,
    forever: bool,
) -> Response {
    let back = at.path("");
    let mut errors = Errors::new();
    if let Some((name, Some(_))) = &name {
        errors.add("confirm", format!("Type the description of the client, {name}, exactly as it is written."));
    }
    let page = frame::client_page(at, title.clone()).narrow().crumb(button).errors(errors);
    page.render(at.member.visitor(), move || {
        let confirm = match name {
            None => view! {
                <Confirm title=title effects=effects button=button forever=forever back=back/>
            }
            .into_any(),
            Some((name, typed)) => view! {
                <Confirm
                    title=title
                    effects=effects
                    name=name
                    typed=typed.unwrap_or_default()
                    button=button
                    forever=forever
                    back=back
                />
            }
            .into_any(),
        };
        view! {
            <ErrorSummary/>
            {confirm}
        }
    })
}
