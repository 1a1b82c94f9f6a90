//! Where a client's public keys are: registered here, or published by the client.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    Timestamp,
    client::{
        Client, Metadata,
        published::{self, PlaceError, Seen, set_place},
    },
};
use serde::Deserialize;
use serde_json::Value;

use super::{access::ManagedClient, keys, words::count};
use crate::{
    components::{
        alert::Alert,
        field::{Field, FieldError, error_of},
        form::{ButtonForm, Csrf},
        table::CardTable,
        time::Ago,
    },
    error::PageError,
    form::{Errors, Form, Nothing},
    notice::{self, Tone},
};

/// What was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    place: String,
    jwks_uri: String,
}

impl Typed {
    pub fn of(client: &Client) -> Self {
        let jwks_uri = Metadata::parse(&client.metadata).jwks_uri;
        let place = if jwks_uri.is_some() { "url" } else { "here" };
        Self { place: place.to_owned(), jwks_uri: jwks_uri.unwrap_or_default() }
    }

    fn published(&self) -> bool {
        self.place == "url"
    }
}

pub async fn submit(at: ManagedClient, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let jwks_uri = typed.published().then(|| typed.jwks_uri.trim().to_owned());
    match set_place(at.ctx(), at.actor(), &at.client, jwks_uri.clone()).await {
        Ok(()) => {}
        Err(PlaceError::Address) => {
            let text = "Write a whole address that begins with https:// and that we can reach from the internet.";
            return keys::show_place(&at, typed, Errors::one("jwks_uri", text)).await;
        }
        Err(PlaceError::Keyless) => {
            let text = "The client signs with a key, and none is registered here. Add one first.";
            return keys::show_place(&at, typed, Errors::one("place", text)).await;
        }
        Err(PlaceError::Fault(fault)) => return Err(fault.into()),
    }
    match jwks_uri {
        Some(jwks_uri) => Ok(told(&at, &published::look(at.ctx(), at.client.id, &jwks_uri).await)),
        None => {
            let text = "Saved. The keys that are registered here count from now on.";
            Ok(notice::done(at.member.visitor(), &at.path("/keys"), text))
        }
    }
}

pub async fn fetch(at: ManagedClient, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    let jwks_uri = Metadata::parse(&at.client.metadata).jwks_uri.ok_or(PageError::BadRequest)?;
    Ok(told(&at, &published::look(at.ctx(), at.client.id, &jwks_uri).await))
}

/// Back to the page, with what was found.
fn told(at: &ManagedClient, seen: &Seen) -> Response {
    let (visitor, path) = (at.member.visitor(), at.path("/keys"));
    if seen.failed_at.is_some() || seen.fetched_at.is_none() {
        let text = "No key set can be fetched from that address. We try again when the client signs something.";
        return notice::go(visitor, &path, Tone::Warning, text);
    }
    match i64::try_from(seen.keys.len()).unwrap_or_default() {
        0 => notice::go(visitor, &path, Tone::Warning, "The key set at that address has no key for signatures."),
        found => {
            let text = format!("The key set at that address has {} for signatures.", count(found, "key", "keys"));
            notice::done(visitor, &path, &text)
        }
    }
}

/// The choice.
#[component]
pub fn PlaceForm(typed: Typed, path: String, locked: bool) -> impl IntoView {
    let choice = |value: &'static str, on: bool, title: &'static str, text: &'static str| {
        view! {
            <label class="radio-card">
                <input type="radio" name="place" value=value checked=on/>
                <span class="radio-card__body"><strong>{title}</strong> <span>{text}</span></span>
            </label>
        }
    };
    let published = typed.published();
    view! {
        <form class="card" method="post" action=format!("{path}/keys/place") aria-labelledby="place-title" novalidate=true>
            <Csrf/>
            <div class="card__head"><h2 id="place-title">"Where its keys are"</h2></div>
            <fieldset class="card__body form" disabled=locked>
                <fieldset class="radio-cards" id="place">
                    <legend class="visually-hidden">"Where its keys are"</legend>
                    <div class="radio-cards__grid">
                        {choice("here", !published, "Registered here", "Each is added and removed on this page.")}
                        {choice(
                            "url",
                            published,
                            "Published by the client",
                            "At an address of its own, where it changes them without telling us.",
                        )}
                    </div>
                    <FieldError id="place" error=error_of("place")/>
                </fieldset>
                <Field
                    id="jwks_uri"
                    label="Address of the key set"
                    kind="url"
                    value=typed.jwks_uri
                    hint="A JSON Web Key Set (jwks_uri), as https, on a public host."
                    autocomplete="off"
                    mono=true
                    optional=true
                />
            </fieldset>
            {(!locked)
                .then(|| {
                    view! {
                        <div class="card__foot">
                            <p>"Only one of the two counts: keys that are registered here rest while the client publishes its own."</p>
                            <button class="button">"Save place"</button>
                        </div>
                    }
                })}
        </form>
    }
}

/// With what a key can sign.
fn algs(jwk: &Value) -> &str {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    match (text("alg"), text("kty")) {
        (Some(alg), _) => alg,
        (None, Some("RSA")) => "RS256, PS256",
        (None, Some("EC")) => "ES256",
        (None, _) => "EdDSA",
    }
}

/// What was found at the address, and when.
#[component]
pub fn Published(seen: Seen, path: String, now: Timestamp, locked: bool) -> impl IntoView {
    let rows = seen
        .keys
        .iter()
        .map(|jwk| {
            let kid = jwk.get("kid").and_then(Value::as_str).unwrap_or_default().to_owned();
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader"><code>{kid}</code></th>
                    <td role="cell" data-label="Algorithms">{algs(jwk).to_owned()}</td>
                </tr>
            }
        })
        .collect_view();
    let any = !seen.keys.is_empty();
    view! {
        <section class="section" aria-labelledby="published">
            <div class="section__head section__head--row">
                <div>
                    <h2 id="published">"Published keys"</h2>
                    <p>
                        {match seen.fetched_at {
                            Some(at) => view! { "Last fetched: " <Ago at=at now=now/> "." }.into_any(),
                            None => "Not fetched yet: that happens when the client signs something.".into_any(),
                        }}
                    </p>
                </div>
                {(!locked)
                    .then(|| {
                        view! { <ButtonForm action=format!("{path}/keys/fetch") class="button button--small">"Fetch now"</ButtonForm> }
                    })}
            </div>
            {seen
                .failed_at
                .map(|at| {
                    view! {
                        <Alert tone=Tone::Warning>
                            "The last try has failed (" <Ago at=at now=now/>
                            "): nothing answers there, or what answers is no key set."
                            {any.then_some(" Keys that were fetched before count for an hour.")}
                        </Alert>
                    }
                })}
            {(!any && seen.fetched_at.is_some())
                .then(|| view! { <Alert tone=Tone::Warning>"The key set has no key for signatures."</Alert> })}
            {any
                .then(|| {
                    view! {
                        <CardTable
                            heading="published"
                            label="Keys that the client publishes"
                            plain=true
                            columns=&["Key id", "Algorithms"]
                        >
                            {rows}
                        </CardTable>
                    }
                })}
        </section>
    }
}
