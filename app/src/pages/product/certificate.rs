//! The certificate with which a client connects: what it is known by, and whether its tokens are
//! bound to it.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    Certificates,
    client::{
        Client, Metadata,
        certificate::{self, CertificateName, NotAName, Place as Where, Registered},
    },
    entity::AuthMethod,
    membership::Right,
};
use serde::Deserialize;

use super::{
    access::{AtClient, ManagedClient},
    frame::{self, ReadOnly, Settings},
};
use crate::{
    components::field::{ErrorSummary, Field, FieldError, error_of, ticked},
    error::PageError,
    form::{Errors, Form},
    layout::PageHead,
    notice,
};

/// The name in its certificate, of a client that signs in with that.
pub fn known_by(client: &Client) -> Option<String> {
    let by_name = client.auth_method == AuthMethod::TlsClientAuth;
    by_name.then(|| CertificateName::of(&Metadata::parse(&client.metadata))).flatten().map(|name| name.text)
}

/// What was typed; a box that is not ticked is absent.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    place: String,
    name: String,
    bound: String,
}

impl Typed {
    fn of(registered: Registered) -> Self {
        let (place, name) = registered.name.map_or((Where::SubjectDn, String::new()), |name| (name.place, name.text));
        Self { place: place.as_str().to_owned(), name, bound: ticked(registered.bound_tokens) }
    }
}

pub async fn page(at: AtClient) -> Result<Response, PageError> {
    let typed = Typed::of(Registered::of(&Metadata::parse(&at.client.metadata)));
    show(&at, typed, Errors::new())
}

pub async fn submit(at: ManagedClient, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    if at.ctx().settings().certificates == Certificates::None {
        return Err(PageError::NotFound);
    }
    let place = Where::parse(&typed.place).ok_or(PageError::BadRequest)?;
    let name = match CertificateName::new(place, &typed.name) {
        Ok(name) => Some(name),
        Err(_) if typed.name.trim().is_empty() => None,
        Err(problem) => return show(&at, typed, Errors::one("name", advice(problem))),
    };
    if name.is_none() && at.client.auth_method == AuthMethod::TlsClientAuth {
        return show(&at, typed, Errors::one("name", "The client signs in with this name. Change its method first."));
    }
    let registered = Registered { name, bound_tokens: !typed.bound.is_empty() };
    certificate::set(at.ctx(), at.actor(), &at.client, registered).await?;
    Ok(notice::done(at.member.visitor(), &at.path("/certificate"), "Saved. It counts from now on."))
}

/// What to do about a name that cannot be taken.
fn advice(problem: NotAName) -> String {
    let text = problem.to_string();
    let mut letters = text.chars();
    letters.next().map(|first| format!("{}{}.", first.to_ascii_uppercase(), letters.as_str())).unwrap_or_default()
}

const fn title(place: Where) -> (&'static str, &'static str) {
    match place {
        Where::SubjectDn => ("Its subject", "CN=client,O=Acme,C=SE"),
        Where::SanDns => ("A host name", "client.example.com"),
        Where::SanUri => ("A URI", "urn:example:client"),
        Where::SanIp => ("An address", "192.0.2.7"),
        Where::SanEmail => ("A mail address", "client@example.com"),
    }
}

fn show(at: &AtClient, typed: Typed, errors: Errors) -> Result<Response, PageError> {
    if at.ctx().settings().certificates == Certificates::None {
        return Err(PageError::NotFound);
    }
    let path = at.path("");
    let why_not = at.why_not(Right::ManageClients);
    let locked = why_not.is_some();
    let page =
        frame::client_page(at, "Certificate").crumb_to("Keys", at.path("/keys")).crumb("Certificate").errors(errors);
    Ok(page.render(at.member.visitor(), move || {
        let chosen = Where::parse(&typed.place).unwrap_or(Where::SubjectDn);
        view! {
            <PageHead
                title="Certificate"
                lead="A client that connects with a certificate needs no secret, and what it gets can be worthless to \
                      everybody else."
            />
            <ReadOnly why=why_not/>
            <ErrorSummary/>
            <Settings action=format!("{path}/certificate") label="Certificate" locked=locked note="How the client signs in is chosen under Keys.">
                <fieldset class="radio-cards" id="place">
                    <legend>"Where its name stands in a certificate of an authority"</legend>
                    <div class="radio-cards__grid radio-cards__grid--compact">
                        {Where::ALL
                            .map(|place| {
                                let (title, example) = title(place);
                                view! {
                                    <label class="radio-card">
                                        <input type="radio" name="place" value=place.as_str() checked=place == chosen/>
                                        <span class="radio-card__body">
                                            <strong>{title}</strong>
                                            <span>{example}</span>
                                        </span>
                                    </label>
                                }
                            })
                            .collect_view()}
                    </div>
                    <FieldError id="place" error=error_of("place")/>
                </fieldset>
                <Field
                    id="name"
                    label="The name"
                    value=typed.name
                    hint="A subject as openssl x509 -noout -subject -nameopt RFC2253 writes it. A certificate of the \
                          client's own making needs none: add it under Keys."
                    autocomplete="off"
                    mono=true
                    optional=true
                />
                <label class="check">
                    <input type="checkbox" name="bound" checked=!typed.bound.is_empty()/>
                    <span>"Access tokens are bound to the certificate that the client asks with"</span>
                </label>
            </Settings>
        }
    }))
}
