//! How a client signs in, and the public keys with which it does.

use axum::response::{Redirect, Response};
use leptos::prelude::*;
use model::{
    Certificates, Context, Fault,
    client::{
        Client, Metadata,
        keys::{self, AddKeyError, KeyRow, LABEL_LENGTH, MOST},
        method::{self as methods, SetMethodError, offered},
        published,
    },
    entity::AuthMethod,
    membership::Right,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    access::{AtClient, Managed, ManagedClient, OfClient},
    credentials::{self, Occasion},
    frame::{self, Confirm, Place, ReadOnly},
    key_place::{self, PlaceForm, Published},
    words::not_a_key,
};
use crate::{
    components::{
        field::{ErrorSummary, Field, TextArea},
        form::Csrf,
        icon::Glyph,
        misc::Empty,
        table::{CardTable, EndCell},
        time::{Ago, Day},
    },
    error::PageError,
    form::{Errors, Form, Nothing},
    layout::PageHead,
    notice,
};

/// How a client signs in, in words.
pub const fn method(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::Secret => "A secret",
        AuthMethod::SecretJwt => "A secret that it signs with and does not send (client_secret_jwt)",
        AuthMethod::PrivateKeyJwt => "A key of its own (private_key_jwt)",
        AuthMethod::TlsClientAuth => "A certificate of an authority (tls_client_auth)",
        AuthMethod::SelfSignedTls => "A certificate of its own making (self_signed_tls_client_auth)",
        AuthMethod::None => "Nothing: it is public",
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    label: String,
    jwk: String,
}

pub async fn page(at: AtClient) -> Result<Response, PageError> {
    show(&at, Typed::default(), Errors::new()).await
}

pub async fn submit(at: ManagedClient, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let found = match keys::read(typed.jwk.trim()) {
        Ok(found) => found,
        Err(problem) => return show(&at, typed, Errors::one("jwk", not_a_key(problem))).await,
    };
    let mut added = 0;
    for key in found {
        match keys::add(at.ctx(), at.actor(), &at.client, &typed.label, key).await {
            Ok(()) => added += 1,
            // Of a set, the rest is registered all the same.
            Err(AddKeyError::Again) if added > 0 => {}
            Err(AddKeyError::Again) => {
                return show(&at, typed, Errors::one("jwk", "This key is registered already.")).await;
            }
            Err(AddKeyError::TooMany) => {
                let text = format!("A client has at most {MOST} keys. Remove one that nobody uses first.");
                return show(&at, typed, Errors::one("jwk", text)).await;
            }
            Err(AddKeyError::Fault(fault)) => return Err(fault.into()),
        }
    }
    let text = match Metadata::parse(&at.client.metadata).jwks_uri {
        None => "Key added. What the client signs with it is believed from now on.",
        Some(_) => "Key added. It rests until the client's keys are those that are registered here.",
    };
    Ok(notice::done(at.member.visitor(), &at.path("/keys"), text))
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Method {
    method: String,
}

pub async fn back(at: AtClient) -> Redirect {
    Redirect::to(&at.path("/keys"))
}

pub async fn set_method(at: ManagedClient, Form(chosen): Form<Method>) -> Result<Response, PageError> {
    let method = AuthMethod::parse(&chosen.method).ok_or(PageError::BadRequest)?;
    let why = match methods::set_method(at.ctx(), at.actor(), &at.client, method).await {
        Ok(None) => {
            let text = "Saved. The client signs in this way from now on.";
            return Ok(notice::done(at.member.visitor(), &at.path("/keys"), text));
        }
        Ok(Some(secret)) => {
            let client = Client { auth_method: method, ..at.client.clone() };
            return credentials::show(&at, &client, &secret, Occasion::Signs).await;
        }
        Err(SetMethodError::Unnamed) => "Register the name in its certificate first.",
        Err(SetMethodError::Keyless) => "Add a key first, or say where the client publishes its keys.",
        Err(SetMethodError::Unfit) => "The client's profile does not have this method.",
        Err(SetMethodError::Fault(fault)) => return Err(fault.into()),
    };
    show(&at, Typed::default(), Errors::one("method", why)).await
}

impl OfClient for KeyRow {
    const NAME: &'static str = "key";

    fn id(&self) -> Uuid {
        self.id
    }

    async fn all(ctx: &Context, client: &Client) -> Result<Vec<Self>, Fault> {
        keys::list(ctx, client).await
    }
}

pub async fn remove_page(managed: Managed<KeyRow>) -> Result<Response, PageError> {
    let Managed { at, one: key } = managed;
    let others = keys::list(at.ctx(), &at.client).await?.len() - 1;
    let mut effects = vec![format!("What is signed with {} is refused from then on.", key.kid)];
    let here = Metadata::parse(&at.client.metadata).jwks_uri.is_none();
    if others == 0 && here && at.client.auth_method.needs_keys() {
        effects.push("It is the last one: the client gets no tokens until you add another.".to_owned());
    }
    let title = format!("Remove the key {}?", key.kid);
    let back = at.path("/keys");
    let page = frame::page(&at, Place::Clients, title.clone()).crumb(title.clone());
    Ok(page.render(at.member.visitor(), move || {
        view! { <Confirm title=title effects=effects button="Remove key" back=back/> }
    }))
}

pub async fn remove(managed: Managed<KeyRow>, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    let Managed { at, one: key } = managed;
    let removed = keys::remove(at.ctx(), at.actor(), &at.client, key.id).await?;
    let text = if removed { "The key is removed." } else { "The key was removed already." };
    Ok(notice::done(at.member.visitor(), &at.path("/keys"), text))
}

async fn show(at: &AtClient, typed: Typed, errors: Errors) -> Result<Response, PageError> {
    show_all(at, typed, key_place::Typed::of(&at.client), errors).await
}

/// The page, with what was typed about the place of the keys.
pub async fn show_place(at: &AtClient, place: key_place::Typed, errors: Errors) -> Result<Response, PageError> {
    show_all(at, Typed::default(), place, errors).await
}

async fn show_all(at: &AtClient, typed: Typed, place: key_place::Typed, errors: Errors) -> Result<Response, PageError> {
    let ctx = at.ctx().clone();
    let seen = match Metadata::parse(&at.client.metadata).jwks_uri {
        Some(uri) => Some(published::seen(at.ctx(), at.client.id, &uri).await),
        None => None,
    };
    let now = ctx.now();
    let rows = keys::list(at.ctx(), &at.client).await?;
    let client = at.client.clone();
    let why_not = at.why_not(Right::ManageClients);
    let locked = why_not.is_some();
    let path = at.path("");
    let certificates = ctx.settings().certificates != Certificates::None;
    let published = seen.is_some();
    let page = frame::client_page(at, "Keys").crumb("Keys").errors(errors);
    Ok(page.render(at.member.visitor(), move || {
        let methods: Vec<AuthMethod> = client
            .profile
            .rules()
            .auth_methods
            .iter()
            .copied()
            .filter(|method| *method != AuthMethod::None && (offered(&ctx, *method) || *method == client.auth_method))
            .collect();
        view! {
            <PageHead
                title="Keys"
                lead="With a key of its own a client needs no secret: it signs a short statement, or connects with a \
                      certificate, and only the public part is here."
            />
            <ReadOnly why=why_not/>
            <ErrorSummary/>
            {certificates
                .then(|| {
                    view! {
                        <p>
                            <a href=format!("{path}/certificate")>"Certificate"</a>
                            ": what it is known by when it signs in by TLS, and whether its tokens are bound to it."
                        </p>
                    }
                })}
            {(!locked && methods.len() > 1).then(|| view! { <MethodForm methods=methods chosen=client.auth_method path=path.clone()/> })}
            <PlaceForm typed=place path=path.clone() locked=locked/>
            {seen.map(|seen| view! { <Published seen=seen path=path.clone() now=now locked=locked/> })}
            {if rows.is_empty() && published {
                ().into_any()
            } else if rows.is_empty() {
                view! {
                    <Empty
                        glyph=Glyph::Shield
                        title="No keys yet"
                        text="Make a key pair where the client runs, and paste the public part below as a JSON Web Key."
                    />
                }
                    .into_any()
            } else {
                view! { <KeyTable rows=rows path=path.clone() now=now locked=locked resting=published/> }.into_any()
            }}
            {(!locked).then(|| view! { <AddKey typed=typed path=path/> })}
        }
    }))
}

#[component]
fn MethodForm(methods: Vec<AuthMethod>, chosen: AuthMethod, path: String) -> impl IntoView {
    use crate::components::field::{FieldError, error_of};
    view! {
        <form class="card" method="post" action=format!("{path}/method") aria-labelledby="method-title">
            <Csrf/>
            <div class="card__head"><h2 id="method-title">"How it signs in"</h2></div>
            <div class="card__body form">
                <fieldset class="radio-cards" id="method">
                    <legend class="visually-hidden">"How it signs in"</legend>
                    <div class="radio-cards__grid">
                        {methods
                            .into_iter()
                            .map(|one| {
                                view! {
                                    <label class="radio-card">
                                        <input type="radio" name="method" value=one.as_str() checked=one == chosen/>
                                        <span class="radio-card__body"><strong>{method(one)}</strong></span>
                                    </label>
                                }
                            })
                            .collect_view()}
                    </div>
                    <FieldError id="method" error=error_of("method")/>
                </fieldset>
            </div>
            <div class="card__foot">
                <p>"The other way stops working at once."</p>
                <button class="button">"Save method"</button>
            </div>
        </form>
    }
}

#[component]
fn KeyTable(rows: Vec<KeyRow>, path: String, now: model::Timestamp, locked: bool, resting: bool) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|key| {
            let remove = (!locked).then(|| format!("{path}/keys/{}/remove", key.id.simple()));
            let kid = key.kid.clone();
            // Two certificates of one key have its id in common.
            let certificate = keys::has_certificate(&key)
                .then(|| view! { <small>"Certificate " <code>{key.thumbprint.clone()}</code></small> });
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">
                        <div class="cell-main"><code>{key.kid}</code> {certificate}</div>
                    </th>
                    <td role="cell" data-label="Label">{key.label}</td>
                    <td role="cell" data-label="Added"><Day at=key.created_at/></td>
                    <td role="cell" data-label="Last used">
                        {match key.last_used_at {
                            Some(at) => view! { <Ago at=at now=now/> }.into_any(),
                            None => view! { <span class="muted">"Never"</span> }.into_any(),
                        }}
                    </td>
                    <EndCell href=remove label="Remove" name=kid/>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="section" aria-labelledby="keys">
            <div class="section__head">
                <h2 id="keys">"Public keys"</h2>
                {resting.then(|| view! { <p>"They rest: what counts is what the client publishes."</p> })}
            </div>
            <CardTable heading="keys" label="Keys of this client" columns=&["Key id", "Label", "Added", "Last used"]>
                {rows}
            </CardTable>
        </section>
    }
}

#[component]
fn AddKey(typed: Typed, path: String) -> impl IntoView {
    view! {
        <form class="card" method="post" action=format!("{path}/keys") aria-labelledby="add" novalidate=true>
            <Csrf/>
            <div class="card__head"><h2 id="add">"Add a key"</h2></div>
            <div class="card__body form">
                <TextArea
                    id="jwk"
                    label="Public key"
                    value=typed.jwk
                    hint="One JSON Web Key or a set of them, or a certificate in PEM: EC on P-256, Ed25519, or RSA of 2048 \
                          bits or more."
                    rows=6
                />
                <Field
                    id="label"
                    label="Label"
                    value=typed.label
                    hint="Where its private part is kept."
                    maxlength=u32::try_from(LABEL_LENGTH).unwrap_or_default()
                    autocomplete="off"
                    optional=true
                />
            </div>
            <div class="card__foot">
                <p>"Add the next key before you retire the present one."</p>
                <button class="button button--primary">"Add key"</button>
            </div>
        </form>
    }
}
