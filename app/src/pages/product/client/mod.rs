//! One client: what identifies it, its description and URIs, its secrets, its end.

use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::request::Parts;
use leptos::prelude::*;
use model::{
    Timestamp,
    client::{
        self, AddSecretError, Changes, Client, ClientKind, ClientState, Grace, LogoutUris as LogoutAddresses,
        MOST_LIVING, Metadata, Profile, Reach, RegisterError, SecretRow, keys,
        profile::{AssertionAudience, Pkce},
    },
    delivery,
    entity::{Audience, AuthMethod},
    membership::Right,
    scope,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    access::{AtClient, ManagedClient},
    client_form::{Description, LogoutUris, ProfileChoice, RedirectUris, TokenFormatChoice, Typed, errors},
    clients,
    create::form_id,
    credentials,
    deliveries::Deliveries,
    frame::{self, Confirm, Copyable, Place, ReadOnly},
    information::Confirmed,
    quick_start::{QuickStart, Start},
    words::{People, count, people, text},
};
use crate::{
    AppState,
    components::{
        field::{ErrorSummary, Field},
        form::{ButtonForm, Csrf},
        icon::{Glyph, Icon},
        misc::{DangerRow, DangerZone, State},
        table::CardTable,
        time::{Ago, Day, Moment},
    },
    error::PageError,
    extract::text_in_path,
    form::{Errors, Form, Nothing},
    layout::PageHead,
    notice::{self, Tone},
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rotation {
    id: String,
    label: String,
    grace: String,
}

pub async fn page(at: AtClient) -> Result<Response, PageError> {
    let uris = client::uris(at.ctx(), &at.client).await?;
    let typed = Typed::of(&at.client, uris);
    show(&at, typed, Rotation::default(), Errors::new()).await
}

pub async fn submit(at: ManagedClient, Form(mut typed): Form<Typed>) -> Result<Response, PageError> {
    if typed.edit_lists() {
        return show(&at, typed, Rotation::default(), Errors::new()).await;
    }
    typed.tidy();
    let (description, profile, uris) = (&typed.description, typed.profile(), typed.uris());
    let changes = Changes { description, profile, token_format: typed.token_format(&at.client), uris: &uris };
    match client::edit(at.ctx(), at.actor(), &at.product, &at.client, &changes).await {
        Ok(()) => {
            let text = match at.client.auth_method {
                AuthMethod::Secret => "Client saved. It works from now on; the secret is the same.",
                _ => "Client saved. It works from now on.",
            };
            Ok(notice::done(at.member.visitor(), &at.path(""), text))
        }
        Err(RegisterError::Invalid(invalid)) => show(&at, typed, Rotation::default(), errors(&invalid)).await,
        Err(RegisterError::Fault(fault)) => Err(fault.into()),
        Err(RegisterError::Again(_)) => Err(PageError::BadRequest),
    }
}

/// The address of the form that rotates, when it is opened by itself.
pub async fn secrets_page(at: AtClient) -> Redirect {
    Redirect::to(&at.path("#secrets"))
}

pub async fn rotate(at: ManagedClient, Form(rotation): Form<Rotation>) -> Result<Response, PageError> {
    let id = form_id(at.ctx(), &rotation.id)?;
    let error = match Grace::parse(&rotation.grace) {
        None => Errors::one("grace", "Choose how long the present secret keeps working."),
        Some(grace) => match client::add_secret(at.ctx(), at.actor(), &at.client, id, &rotation.label, grace).await {
            Ok(added) => {
                return credentials::show(&at, &at.client, &added.secret, credentials::Occasion::Rotated).await;
            }
            Err(AddSecretError::Again) => {
                let text = "This form was sent before, and the secret was displayed then. If nobody stored it, \
                                rotate again.";
                return Ok(notice::go(at.member.visitor(), &at.path(""), Tone::Warning, text));
            }
            Err(AddSecretError::Label(problem)) => Errors::one("label", text(problem, "Write a label.")),
            Err(AddSecretError::TwoLiving) => {
                Errors::one("grace", "Two secrets are living already. End one of them first, or let both stop now.")
            }
            Err(AddSecretError::Public) => return Err(PageError::BadRequest),
            Err(AddSecretError::Fault(fault)) => return Err(fault.into()),
        },
    };
    let uris = client::uris(at.ctx(), &at.client).await?;
    show(&at, Typed::of(&at.client, uris), rotation, error).await
}

async fn show(at: &AtClient, typed: Typed, rotation: Rotation, errors: Errors) -> Result<Response, PageError> {
    let ctx = at.ctx();
    let now = ctx.now();
    let client = at.client.clone();
    let uris = client::uris(ctx, &client).await?;
    let secrets = client::secrets(ctx, &client).await?;
    let keys = keys::list(ctx, &client).await?;
    let reach = client::reach(ctx, &client).await?;
    let scopes = scope::of_product(ctx, &at.product).await?;
    let deliveries = delivery::of(&client).list(ctx).await?;
    let start = Start::new(ctx, &at.product, &client, &uris, &scopes);
    let form = form_id(ctx, &rotation.id)?;

    let why_not = at.why_not(Right::ManageClients);
    let locked = why_not.is_some();
    let audience = at.product.audience;
    let subscribers = audience.signs_in();
    let product = at.product.name.clone();
    let path = at.path("");
    let last_used = secrets.iter().filter_map(|secret| secret.last_used_at);
    let last_used = last_used.chain(keys.iter().filter_map(|key| key.last_used_at)).max();
    let people = people(at.product.audience);
    let title = client.description.clone();
    let page = frame::page(at, Place::Clients, title.clone())
        .crumb_to("OAuth clients", at.at.path("/clients"))
        .crumb(title.clone())
        .errors(errors);
    let issuer = start.issuer.clone();
    Ok(page.render(at.member.visitor(), move || {
        let profile = typed.profile();
        let token_format = typed.token_format(&client);
        view! {
            <PageHead title=title>{clients::state(client.state)}</PageHead>
            <ReadOnly why=why_not/>
            <ErrorSummary/>
            <dl class="stats">
                <div>
                    <dt>{people.heading}</dt>
                    <dd>{super::words::number(reach.subscribers)}</dd>
                    <dd class="stats__note">"with a living authorization"</dd>
                </div>
                <div>
                    <dt>"Refresh tokens"</dt>
                    <dd>{super::words::number(reach.refresh_tokens)}</dd>
                    <dd class="stats__note">"that work now"</dd>
                </div>
                <div>
                    <dt>"Last used"</dt>
                    <dd>
                        {match last_used {
                            Some(at) => view! { <Ago at=at now=now/> }.into_any(),
                            None => "Never".into_any(),
                        }}
                    </dd>
                </div>
            </dl>
            <section class="card" aria-labelledby="identification">
                <div class="card__head"><h2 id="identification">"Identification"</h2></div>
                <div class="card__body">
                    <dl class="facts">
                        <div>
                            <dt>"Client id"</dt>
                            <dd><Copyable value=client.client_id.clone() label="Copy client id"/></dd>
                        </div>
                        <div>
                            <dt>"Issuer"</dt>
                            <dd><Copyable value=issuer label="Copy issuer"/></dd>
                        </div>
                        <div>
                            <dt>"Runs"</dt>
                            <dd>
                                {match (client.kind, client.auth_method) {
                                    (ClientKind::Public, _) => "In a browser or an app, without a secret",
                                    (ClientKind::Confidential, AuthMethod::Secret) => "On a server, and keeps a secret",
                                    (ClientKind::Confidential, _) => "On a server, and keeps a private key",
                                }}
                            </dd>
                        </div>
                        <div>
                            <dt>"Profile"</dt>
                            <dd>
                                {clients::profile(client.profile)}
                                <ul class="muted">
                                    {rules_in_words(client.profile).into_iter().map(|rule| view! { <li>{rule}</li> }).collect_view()}
                                </ul>
                            </dd>
                        </div>
                        <div>
                            <dt>"Signs in with"</dt>
                            <dd>
                                {super::keys::method(client.auth_method)}
                                {super::certificate::known_by(&client).map(|name| view! { ": " <code>{name}</code> })}
                                {(client.kind == ClientKind::Confidential)
                                    .then(|| view! { " · " <a href=format!("{path}/keys")>"Keys and method"</a> })}
                            </dd>
                        </div>
                        {subscribers
                            .then(|| {
                                view! {
                                    <div>
                                        <dt>"Hears of sign-outs"</dt>
                                        <dd>
                                            {told(&client)} " · " <a href=format!("{path}/logout")>"Logout addresses"</a>
                                        </dd>
                                    </div>
                                }
                            })}
                        {super::grants::has_choice(&client, audience)
                            .then(|| {
                                view! {
                                    <div>
                                        <dt>"Grants"</dt>
                                        <dd>
                                            {super::grants::had(&client)} " · " <a href=format!("{path}/grants")>"Change"</a>
                                        </dd>
                                    </div>
                                }
                            })}
                        <div>
                            <dt>"Created"</dt>
                            <dd><Moment at=client.created_at/></dd>
                        </div>
                    </dl>
                </div>
            </section>
            <form class="card" method="post" action=path.clone() aria-labelledby="edit" novalidate=true>
                <Csrf/>
                <button class="visually-hidden" tabindex="-1" aria-hidden="true" name="action" value="save">"Save client"</button>
                <div class="card__head">
                    <h2 id="edit">{if subscribers { "Description and redirect URIs" } else { "Description and tokens" }}</h2>
                </div>
                <fieldset class="card__body form" disabled=locked>
                    <Description value=typed.description.clone()/>
                    {subscribers
                        .then(|| {
                            view! {
                                <RedirectUris typed=typed.clone() product=product locked=locked/>
                                <LogoutUris values=typed.logout locked=locked/>
                                <ProfileChoice chosen=profile/>
                            }
                        })}
                    <TokenFormatChoice chosen=token_format/>
                </fieldset>
                {(!locked)
                    .then(|| {
                        view! {
                            <div class="card__foot">
                                <p>
                                    {match client.auth_method {
                                        AuthMethod::Secret => "Saving never touches the secret.",
                                        _ => "It counts at once.",
                                    }}
                                </p>
                                <button class="button button--primary" name="action" value="save">"Save client"</button>
                            </div>
                        }
                    })}
            </form>
            {(client.auth_method == AuthMethod::Secret)
                .then(|| {
                    view! {
                        <Secrets
                            secrets=secrets
                            rotation=rotation
                            form=form
                            path=path.clone()
                            now=now
                            locked=locked
                        />
                    }
                })}
            <Deliveries deliveries=deliveries now=now/>
            <QuickStart start=start/>
            {(!locked).then(|| view! { <End client=client reach=reach path=path audience=audience/> })}
        }
    }))
}

/// How a client is told that somebody has signed out, in words.
fn told(client: &Client) -> &'static str {
    let uris = LogoutAddresses::of(&Metadata::parse(&client.metadata));
    match (uris.back.is_some(), uris.front.is_some()) {
        (true, true) => "Through the back channel and the browser",
        (true, false) => "Through the back channel",
        (false, true) => "Through the browser",
        (false, false) => "Not yet",
    }
}

#[component]
fn Secrets(
    secrets: Vec<SecretRow>,
    rotation: Rotation,
    form: Uuid,
    path: String,
    now: Timestamp,
    locked: bool,
) -> impl IntoView {
    let living = secrets.iter().filter(|secret| secret.living).count();
    let rows = secrets
        .into_iter()
        .map(|secret| {
            let end = (secret.living && !locked).then(|| format!("{path}/secrets/{}/end", secret.id.simple()));
            secret_row(secret, end, now)
        })
        .collect_view();
    let chosen = Grace::parse(&rotation.grace).unwrap_or(Grace::Day);
    view! {
        <section class="section" aria-labelledby="secrets">
            <div class="section__head">
                <h2 id="secrets">"Secrets"</h2>
                <p>"A client can have two at a time, so that you change over without a gap."</p>
            </div>
            <CardTable heading="secrets" label="Secrets of this client" columns=&["Label", "Secret", "Created", "Last used", "State"]>
                {rows}
            </CardTable>
            {(!locked)
                .then(|| {
                    view! {
                        <form class="card" method="post" action=format!("{path}/secrets") aria-labelledby="rotate" novalidate=true>
                            <Csrf/>
                            <input type="hidden" name="id" value=form.to_string()/>
                            <div class="card__head"><h3 id="rotate">"Rotate the secret"</h3></div>
                            <div class="card__body form">
                                <Field
                                    id="label"
                                    label="Label of the new one"
                                    value=rotation.label
                                    hint="Where it is stored, or since when. It helps when it is rotated next."
                                    autocomplete="off"
                                    optional=true
                                />
                                <GraceChoice chosen=chosen full={living >= MOST_LIVING}/>
                            </div>
                            <div class="card__foot">
                                <p>"The new secret is displayed once, on the next page."</p>
                                <button class="button">
                                    <Icon glyph=Glyph::Refresh/>
                                    "Rotate secret"
                                </button>
                            </div>
                        </form>
                    }
                })}
        </section>
    }
}

#[component]
fn GraceChoice(chosen: Grace, full: bool) -> impl IntoView {
    use crate::components::field::{FieldError, error_of};
    let cards = Grace::ALL
        .map(|grace| {
            let (title, text) = match grace {
                Grace::Now => ("Stop now", "After a leak. Access tokens end too."),
                Grace::Hour => ("1 hour", ""),
                Grace::Day => ("24 hours", ""),
                Grace::Week => ("7 days", ""),
            };
            view! {
                <label class="radio-card">
                    <input type="radio" name="grace" value=grace.as_str() checked=grace == chosen/>
                    <span class="radio-card__body">
                        <strong>{title}</strong>
                        {(!text.is_empty()).then(|| view! { <span>{text}</span> })}
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="radio-cards" id="grace">
            <legend>"The present secret keeps working for"</legend>
            <div class="radio-cards__grid radio-cards__grid--compact">{cards}</div>
            <FieldError id="grace" error=error_of("grace")/>
            {full
                .then(|| {
                    view! {
                        <p class="field__hint">
                            "Two secrets are living. End one first, or choose “Stop now”, which ends both."
                        </p>
                    }
                })}
        </fieldset>
    }
}

fn secret_row(secret: SecretRow, end: Option<String>, now: Timestamp) -> impl IntoView {
    let SecretRow { id: _, label, last_four, created_by, created_at, last_used_at, expires_at, living } = secret;
    let state = match (living, expires_at) {
        (true, None) => view! { <State kind="active" text="Active"/> }.into_any(),
        (true, Some(at)) => {
            view! { <State kind="pending" text=format!("Ends in {}", span(at.since(now)))/> }.into_any()
        }
        (false, _) => view! { <State kind="disabled" text="Ended"/> }.into_any(),
    };
    let name = label.clone();
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">{label}</th>
            <td role="cell" data-label="Secret">
                <code>
                    <span class="visually-hidden">"ends in "</span>
                    <span aria-hidden="true">"····"</span>
                    {last_four}
                </code>
            </td>
            <td role="cell" data-label="Created">
                <div class="cell-main">
                    <Day at=created_at/>
                    {created_by.map(|name| view! { <small>{name}</small> })}
                </div>
            </td>
            <td role="cell" data-label="Last used">
                {match last_used_at {
                    Some(at) => view! { <Ago at=at now=now/> }.into_any(),
                    None => view! { <span class="muted">"Never"</span> }.into_any(),
                }}
            </td>
            <td role="cell" data-label="State">{state}</td>
            <td role="cell" class="actions">
                {end
                    .map(|href| {
                        view! {
                            <a class="button button--small button--danger" href=href>
                                "End now"
                                <span class="visually-hidden">" " {name}</span>
                            </a>
                        }
                    })}
            </td>
        </tr>
    }
}

/// What a profile means, from the table that the endpoints enforce.
fn rules_in_words(profile: Profile) -> Vec<&'static str> {
    let rules = profile.rules();
    let mut words = vec![match rules.pkce {
        Pkce::Optional => "PKCE is verified when it is used.",
        Pkce::PublicClients => "PKCE with S256; a confidential client may send a nonce instead.",
        Pkce::Required => "PKCE with S256, always.",
    }];
    for (applies, text) in [
        (rules.par_required, "Authorization requests must be pushed."),
        (rules.bound_tokens, "Access tokens are bound to a DPoP key or a certificate."),
        (rules.rotates, "Each use of a refresh token replaces it."),
        (!rules.rotates, "Refresh tokens stay as they are."),
        (rules.phone_in_id_token, "With the scope phone, the ID token holds the phone number."),
        (
            rules.assertion_audience == AssertionAudience::IssuerOnly,
            "The audience of its assertions is the issuer alone.",
        ),
    ] {
        if applies {
            words.push(text);
        }
    }
    words
}

/// A time to come, in words.
fn span(milliseconds: i64) -> String {
    let minutes = (milliseconds + 59_999) / 60_000;
    match minutes {
        ..=1 => "a minute".to_owned(),
        2..=90 => format!("{minutes} minutes"),
        91..=2880 => format!("{} hours", (minutes + 59) / 60),
        _ => format!("{} days", (minutes + 1439) / 1440),
    }
}

#[component]
fn End(client: Client, reach: Reach, path: String, audience: Audience) -> impl IntoView {
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

/// The secret that the path names as `{secret}`, of a client that one may manage.
pub struct ManagedSecret {
    at: ManagedClient,
    secret: SecretRow,
}

impl<S> FromRequestParts<S> for ManagedSecret
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let at = ManagedClient::from_request_parts(parts, state).await?;
        let id = text_in_path(parts, "secret").await?;
        let id = Uuid::try_parse(&id).map_err(|_| PageError::NotFound)?;
        let secrets = client::secrets(at.ctx(), &at.client).await?;
        let secret = secrets.into_iter().find(|secret| secret.id == id).ok_or(PageError::NotFound)?;
        Ok(Self { at, secret })
    }
}

pub async fn end_page(managed: ManagedSecret) -> Result<Response, PageError> {
    let ManagedSecret { at, secret } = managed;
    let others = client::secrets(at.ctx(), &at.client).await?;
    let others = others.iter().filter(|other| other.living && other.id != secret.id).count();
    let mut effects = vec![format!("Requests with the secret ····{} are refused from then on.", secret.last_four)];
    if others == 0 {
        effects.push("It is the last one: the client gets no tokens until you rotate.".to_owned());
    }
    effects
        .push("Tokens that were issued already keep working. After a leak, rotate with “Stop now” instead.".to_owned());
    Ok(confirm(&at, format!("End the secret “{}”?", secret.label), effects, None, "End secret", false))
}

pub async fn end(managed: ManagedSecret, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    let ManagedSecret { at, secret } = managed;
    let ended = client::end_secret(at.ctx(), at.actor(), &at.client, secret.id).await?;
    let text = if ended { "The secret has ended." } else { "The secret had ended already." };
    Ok(notice::done(at.member.visitor(), &at.path(""), text))
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
fn confirm(
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
    let page = frame::page(at, Place::Clients, title.clone())
        .narrow()
        .crumb_to("OAuth clients", at.at.path("/clients"))
        .crumb_to(at.client.description.clone(), back.clone())
        .crumb(button)
        .errors(errors);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_come_is_told_in_words() {
        let told = [30_000, 3_600_000, 86_400_000, 604_800_000].map(span);
        assert_eq!(told, ["a minute", "60 minutes", "24 hours", "7 days"]);
    }
}
