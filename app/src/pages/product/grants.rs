//! Which ways to a token a client has beyond the ordinary ones.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    client::{Client, Delivery, EXTRA, Metadata, SetGrantsError, fits, grant_type, set_grants},
    entity::Audience,
    membership::Right,
};
use serde::Deserialize;

use super::{
    access::{AtClient, ManagedClient},
    frame::{self, ReadOnly, Settings},
};
use crate::{
    components::field::{ErrorSummary, Field},
    error::PageError,
    form::{Errors, Form},
    layout::PageHead,
    notice,
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    grants: Vec<String>,
    delivery: String,
    endpoint: String,
}

impl Typed {
    fn of(metadata: &Metadata) -> Self {
        let (delivery, endpoint) = match metadata.backchannel_delivery() {
            Delivery::Poll => ("poll", String::new()),
            Delivery::Ping { endpoint } => ("ping", endpoint),
        };
        Self { grants: metadata.grant_types.clone(), delivery: delivery.to_owned(), endpoint }
    }

    fn delivery(&self) -> Delivery {
        match self.delivery.as_str() {
            "ping" => Delivery::Ping { endpoint: self.endpoint.trim().to_owned() },
            _ => Delivery::Poll,
        }
    }
}

/// What a way is called, and what it is for.
fn words(grant_type: &str) -> (&'static str, &'static str) {
    match grant_type {
        grant_type::DEVICE_CODE => {
            ("Devices", "A device without a browser shows a code, which the person enters elsewhere.")
        }
        grant_type::CIBA => {
            ("Ask on the phone (CIBA)", "Your service names a phone number; the subscriber answers a text message.")
        }
        grant_type::TOKEN_EXCHANGE => {
            ("Token exchange", "A service that was called with a person's token gets one of its own for the next call.")
        }
        _ => ("Assertions of others (JWT bearer)", "A statement that an issuer you trust has signed becomes a token."),
    }
}

/// The ways that a client has, in words.
pub fn had(client: &Client) -> String {
    let metadata = Metadata::parse(&client.metadata);
    let had: Vec<&str> = EXTRA
        .into_iter()
        .filter(|one| metadata.grant_types.iter().any(|listed| listed == one))
        .map(|one| words(one).0)
        .collect();
    if had.is_empty() { "The ordinary ones".to_owned() } else { format!("The ordinary ones, and: {}", had.join(", ")) }
}

/// Whether a client can have any.
pub fn has_choice(client: &Client, audience: Audience) -> bool {
    EXTRA.into_iter().any(|one| fits(client, audience, one))
}

pub async fn page(at: AtClient) -> Result<Response, PageError> {
    let typed = Typed::of(&Metadata::parse(&at.client.metadata));
    show(&at, typed, Errors::new())
}

pub async fn submit(at: ManagedClient, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let audience = at.product.audience;
    let wanted: Vec<String> =
        EXTRA.into_iter().filter(|one| typed.grants.iter().any(|given| given == one)).map(str::to_owned).collect();
    let asked = wanted.iter().any(|one| one == grant_type::CIBA);
    let delivery = if asked { typed.delivery() } else { Delivery::Poll };
    match set_grants(at.ctx(), at.actor(), &at.client, audience, wanted, delivery).await {
        Ok(()) => Ok(notice::done(at.member.visitor(), &at.path("/grants"), "Saved. It counts from now on.")),
        Err(SetGrantsError::Unfit) => {
            show(&at, typed, Errors::one("", "The client's profile does not have one of these. Choose again."))
        }
        Err(SetGrantsError::Endpoint) => {
            let text = "Write a whole address that begins with https:// and that we can reach from the internet.";
            show(&at, typed, Errors::one("endpoint", text))
        }
        Err(SetGrantsError::Fault(fault)) => Err(fault.into()),
    }
}

fn show(at: &AtClient, typed: Typed, errors: Errors) -> Result<Response, PageError> {
    let audience = at.product.audience;
    if !has_choice(&at.client, audience) {
        return Err(PageError::NotFound);
    }
    let path = at.path("");
    let why_not = at.why_not(Right::ManageClients);
    let locked = why_not.is_some();
    let client = at.client.clone();
    let page = frame::client_page(at, "Grants").crumb("Grants").errors(errors);
    Ok(page.render(at.member.visitor(), move || {
        let ways = EXTRA.into_iter().filter(|one| fits(&client, audience, one));
        let boxes = ways.map(|one| way(one, typed.grants.iter().any(|given| given == one))).collect_view();
        let asks = fits(&client, audience, grant_type::CIBA);
        let trusts = fits(&client, audience, grant_type::JWT_BEARER);
        view! {
            <PageHead
                title="Grants"
                lead="Further ways to a token. Each is one more door, so open those that your service uses, and no other."
            />
            <ReadOnly why=why_not/>
            <ErrorSummary/>
            <Settings action=format!("{path}/grants") label="Grants" button="Save grants" locked=locked note="What is turned off gives no new tokens from then on.">
                {boxes}
                {asks.then(|| view! { <Answers ping={typed.delivery == "ping"} endpoint=typed.endpoint/> })}
                {trusts
                    .then(|| {
                        view! {
                            <p>
                                "Whose assertions count is said at "
                                <a href=format!("{path}/issuers")>"Trusted issuers"</a> "."
                            </p>
                        }
                    })}
            </Settings>
        }
    }))
}

fn way(grant_type: &'static str, on: bool) -> impl IntoView {
    let (title, text) = words(grant_type);
    view! {
        <label class="check">
            <input type="checkbox" name="grants" value=grant_type checked=on/>
            <span><strong>{title}</strong> " " {text}</span>
        </label>
    }
}

/// How the client learns that a subscriber has answered.
#[component]
fn Answers(ping: bool, endpoint: String) -> impl IntoView {
    let choice = |value: &'static str, on: bool, title: &'static str, text: &'static str| {
        view! {
            <label class="radio-card">
                <input type="radio" name="delivery" value=value checked=on/>
                <span class="radio-card__body"><strong>{title}</strong> <span>{text}</span></span>
            </label>
        }
    };
    view! {
        <fieldset class="radio-cards">
            <legend>"When the subscriber has answered on the phone"</legend>
            <div class="radio-cards__grid">
                {choice("poll", !ping, "The client asks", "Every few seconds, until there is an answer.")}
                {choice("ping", ping, "We tell it (ping)", "We post to the address below; then the client asks once.")}
            </div>
        </fieldset>
        <Field
            id="endpoint"
            label="Notification endpoint"
            kind="url"
            value=endpoint
            hint="For pings: where we post that there is an answer, with the bearer token of the request."
            autocomplete="off"
            mono=true
            optional=true
        />
    }
}
