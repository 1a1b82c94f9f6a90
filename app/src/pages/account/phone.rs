//! `/account/profile/phone`: a PIN by SMS shows that the number in the profile is one's own.

use std::net::Ipv4Addr;

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use leptos::prelude::*;
use model::{
    ClientAddress,
    phone::{self, PhoneNumber},
    pin::{self, Proof, Refused, SendError},
    profile,
};
use serde::Deserialize;
use uuid::Uuid;

use super::overview::side;
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::{ButtonForm, Csrf},
    },
    error::{PageError, wait},
    extract::SignedIn,
    form::{Errors, Form},
    layout::{Page, PageHead},
    notice::{self, Tone},
};

const PROFILE: &str = "/account/profile";
const HERE: &str = "/account/profile/phone";

/// A PIN that was sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    challenge: Uuid,
}

pub(super) async fn show(signed_in: SignedIn, Query(sent): Query<Sent>) -> Result<Response, PageError> {
    match unverified(&signed_in).await? {
        Some(number) if !sent.challenge.is_nil() => Ok(page(&signed_in, &number, sent.challenge, Errors::new())),
        _ => Ok(Redirect::to(PROFILE).into_response()),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    again: String,
}

/// Sends a PIN to the number that is in the profile: none comes with the form.
pub(super) async fn send(signed_in: SignedIn, Form(asked): Form<Asked>) -> Result<Response, PageError> {
    let Some(number) = unverified(&signed_in).await? else { return Ok(Redirect::to(PROFILE).into_response()) };
    let proof = Proof {
        user: signed_in.id(),
        number,
        browser: signed_in.visitor.browser_mark(),
        address: address(&signed_in),
        again: !asked.again.is_empty(),
    };
    match pin::send_proof(signed_in.ctx(), proof).await {
        Ok(challenge) => Ok(Redirect::to(&format!("{HERE}?challenge={challenge}")).into_response()),
        Err(SendError::TooMany(error)) => {
            Ok(notice::go(&signed_in.visitor, PROFILE, Tone::Warning, &too_many(error.retry_after)))
        }
        Err(SendError::Fault(fault)) => Err(fault.into()),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Tried {
    challenge: Uuid,
    pin: String,
}

pub(super) async fn check(signed_in: SignedIn, Form(tried): Form<Tried>) -> Result<Response, PageError> {
    let Some(number) = unverified(&signed_in).await? else { return Ok(Redirect::to(PROFILE).into_response()) };
    let typed = pin::tidy(&tried.pin);
    let words = if typed.len() == 6 {
        let browser = signed_in.visitor.browser_mark();
        let address = address(&signed_in);
        match pin::prove(signed_in.ctx(), signed_in.id(), tried.challenge, &browser, address, &typed).await? {
            Ok(()) => return Ok(notice::done(&signed_in.visitor, PROFILE, "Your phone number is verified.")),
            Err(refused) => words(refused),
        }
    } else {
        "Enter the six digits of the message.".to_owned()
    };
    Ok(page(&signed_in, &number, tried.challenge, Errors::one("pin", words)))
}

pub(super) async fn back() -> Redirect {
    Redirect::to(PROFILE)
}

fn words(refused: Refused) -> String {
    match refused {
        Refused::Wrong { left: 1 } => "That is not the PIN. You can try once more.".to_owned(),
        Refused::Wrong { left } => format!("That is not the PIN. You can try {left} more times."),
        Refused::Exhausted => "The PIN was tried too often. Send another one.".to_owned(),
        Refused::Expired => "The PIN has expired. Send another one.".to_owned(),
        Refused::Ended | Refused::Foreign => {
            "This PIN does not work here: it was used, or another one was sent. Send another one.".to_owned()
        }
        Refused::TooMany(error) => too_many(error.retry_after),
    }
}

fn too_many(retry_after: i64) -> String {
    format!("Too many PINs. Wait {} and try again.", wait(retry_after))
}

/// The number in the profile, if it is still to be proved.
async fn unverified(signed_in: &SignedIn) -> Result<Option<PhoneNumber>, PageError> {
    let claims = profile::claims(signed_in.ctx(), signed_in.id()).await?;
    let open = claims.phone_number_verified == Some(false);
    Ok(claims.phone_number.filter(|_| open).and_then(|number| PhoneNumber::parse(&number).ok()))
}

fn address(signed_in: &SignedIn) -> ClientAddress {
    ClientAddress(signed_in.visitor.address.parse().unwrap_or(Ipv4Addr::UNSPECIFIED.into()))
}

fn page(signed_in: &SignedIn, number: &PhoneNumber, challenge: Uuid, errors: Errors) -> Response {
    let number = phone::mask(number.as_str());
    let page = Page::new("Verify your number").crumb_to("Account", "/account").crumb_to("Profile", PROFILE);
    page.crumb("Phone number").side("Account", side("profile")).errors(errors).render(&signed_in.visitor, move || {
        view! {
            <PageHead title="Verify your number" lead="A PIN shows that the phone number in your profile is your own."/>
            <ErrorSummary/>
            <form class="card" method="post" action="/account/profile/phone/pin">
                <Csrf/>
                <input type="hidden" name="challenge" value=challenge.to_string()/>
                <div class="card__body">
                    <p>
                        "A message with a PIN is on its way to " <strong>{number}</strong>
                        ", if an operator here has the number. It works for ten minutes, in this browser."
                    </p>
                    <Field
                        id="pin"
                        label="PIN"
                        hint="The six digits of the message."
                        autocomplete="one-time-code"
                        inputmode="numeric"
                        required=true
                        autofocus=true
                        mono=true
                    />
                </div>
                <div class="card__foot button-row">
                    <button class="button button--primary">"Verify"</button>
                    <a class="button button--ghost" href=PROFILE>"Cancel"</a>
                </div>
            </form>
            <ButtonForm action=HERE fields=vec![("again", "1".to_owned())]>"Send another PIN"</ButtonForm>
        }
    })
}
