//! Where a client is told that somebody has signed out.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    client::{LogoutUris, Metadata, SetLogoutError, set_logout},
    membership::Right,
};
use serde::Deserialize;

use super::{
    access::{AtClient, ManagedClient},
    frame::{self, ReadOnly, Settings},
};
use crate::{
    components::field::{ErrorSummary, Field, Tick, ticked},
    error::PageError,
    form::{Errors, Form},
    layout::PageHead,
    notice,
};

/// What was typed; a box that is not ticked is absent.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    backchannel_logout_uri: String,
    backchannel_logout_session_required: String,
    frontchannel_logout_uri: String,
    frontchannel_logout_session_required: String,
}

fn given(uri: &str) -> Option<String> {
    let uri = uri.trim();
    (!uri.is_empty()).then(|| uri.to_owned())
}

impl Typed {
    fn of(uris: LogoutUris) -> Self {
        Self {
            backchannel_logout_uri: uris.back.unwrap_or_default(),
            backchannel_logout_session_required: ticked(uris.back_session_required),
            frontchannel_logout_uri: uris.front.unwrap_or_default(),
            frontchannel_logout_session_required: ticked(uris.front_session_required),
        }
    }

    fn uris(&self) -> LogoutUris {
        LogoutUris {
            back: given(&self.backchannel_logout_uri),
            back_session_required: !self.backchannel_logout_session_required.is_empty(),
            front: given(&self.frontchannel_logout_uri),
            front_session_required: !self.frontchannel_logout_session_required.is_empty(),
        }
    }
}

pub async fn page(at: AtClient) -> Result<Response, PageError> {
    let typed = Typed::of(LogoutUris::of(&Metadata::parse(&at.client.metadata)));
    show(&at, typed, Errors::new())
}

pub async fn submit(at: ManagedClient, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    if !at.product.audience.signs_in() {
        return Err(PageError::NotFound);
    }
    match set_logout(at.ctx(), at.actor(), &at.client, typed.uris()).await {
        Ok(()) => {
            let text = "Saved. The client is told of the next sign-out.";
            Ok(notice::done(at.member.visitor(), &at.path("/logout"), text))
        }
        Err(SetLogoutError::Invalid(invalid)) => {
            let mut errors = Errors::new();
            let fields = [("backchannel_logout_uri", invalid.back), ("frontchannel_logout_uri", invalid.front)];
            for (field, problem) in fields {
                if let Some(problem) = problem {
                    errors.add(field, problem.advice());
                }
            }
            show(&at, typed, errors)
        }
        Err(SetLogoutError::Fault(fault)) => Err(fault.into()),
    }
}

fn show(at: &AtClient, typed: Typed, errors: Errors) -> Result<Response, PageError> {
    if !at.product.audience.signs_in() {
        return Err(PageError::NotFound);
    }
    let path = at.path("");
    let why_not = at.why_not(Right::ManageClients);
    let locked = why_not.is_some();
    let page = frame::client_page(at, "Logout").crumb("Logout").errors(errors);
    Ok(page.render(at.member.visitor(), move || {
        view! {
            <PageHead
                title="Logout"
                lead="Somebody who signs out of Portico means to be signed out of your product too. Tell us where you \
                      want to hear of it."
            />
            <ReadOnly why=why_not/>
            <ErrorSummary/>
            <Settings action=format!("{path}/logout") label="Logout" locked=locked note="How each delivery went is on the client's page.">
                <Field
                    id="backchannel_logout_uri"
                    label="Back-channel logout URI"
                    kind="url"
                    value=typed.backchannel_logout_uri
                    hint="We post a signed logout token here, and try again for a day until it arrives. Works \
                          without the person's browser."
                    autocomplete="off"
                    mono=true
                    optional=true
                />
                <Tick
                    name="backchannel_logout_session_required"
                    label="The token must say which session (sid)"
                    on=!typed.backchannel_logout_session_required.is_empty()
                />
                <Field
                    id="frontchannel_logout_uri"
                    label="Front-channel logout URI"
                    kind="url"
                    value=typed.frontchannel_logout_uri
                    hint="The person's browser loads this in a hidden frame. Many browsers keep your cookies from \
                          it, so prefer the back channel. On the host of a login redirect URI."
                    autocomplete="off"
                    mono=true
                    optional=true
                />
                <Tick
                    name="frontchannel_logout_session_required"
                    label="The address must say whose session (iss and sid)"
                    on=!typed.frontchannel_logout_session_required.is_empty()
                />
            </Settings>
        }
    }))
}
