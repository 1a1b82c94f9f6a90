//! One client: what identifies it, its description and URIs, its secrets, its end.

mod ending;
mod secrets;

use axum::response::Response;
use leptos::prelude::*;
use model::{
    client::{
        self, Changes, Client, ClientKind, LogoutUris as LogoutAddresses, Metadata, Profile, RegisterError, keys,
        logo::{self, Logo, Standing},
        profile::{AssertionAudience, Pkce},
    },
    delivery,
    entity::AuthMethod,
    membership::Right,
    scope,
};

use self::{
    ending::End,
    secrets::{Rotation, Secrets},
};
pub use self::{
    ending::{delete, delete_page, disable, disable_page, enable},
    secrets::{end, end_page, rotate, secrets_page},
};
use super::{
    access::{AtClient, ManagedClient},
    certificate,
    client_form::{Description, LogoutUris, ProfileChoice, RedirectUris, TokenFormatChoice, Typed, errors},
    clients,
    create::form_id,
    deliveries::Deliveries,
    frame::{self, Copyable, Place, ReadOnly},
    grants,
    keys::method,
    quick_start::{QuickStart, Start},
    tokens,
    words::{number, people},
};
use crate::{
    components::{
        field::ErrorSummary,
        form::Csrf,
        time::{Ago, Moment},
    },
    error::PageError,
    form::{Errors, Form},
    layout::PageHead,
    notice::{self, Tone},
};

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
    let (description, profile, uris) = (&typed.description, typed.profile(at.client.profile), typed.uris());
    let changes = Changes { description, profile, token_format: typed.token_format(&at.client), uris: &uris };
    match client::edit(at.ctx(), at.actor(), &at.product, &at.client, &changes).await {
        Ok(other) if other != at.client.auth_method => {
            let text = format!(
                "Client saved. Its profile has another way of signing in: {}. Until it has what that needs, it gets no \
                 tokens.",
                method(other)
            );
            let place = if other == AuthMethod::Secret { at.path("#secrets") } else { at.path("/keys") };
            Ok(notice::go(at.member.visitor(), &place, Tone::Warning, &text))
        }
        Ok(_) => {
            let text = if at.client.auth_method.has_secret() {
                "Client saved. It works from now on; the secret is the same."
            } else {
                "Client saved. It works from now on."
            };
            Ok(notice::done(at.member.visitor(), &at.path(""), text))
        }
        Err(RegisterError::Invalid(invalid)) => show(&at, typed, Rotation::default(), errors(&invalid)).await,
        Err(RegisterError::Fault(fault)) => Err(fault.into()),
        Err(RegisterError::Again(_)) => Err(PageError::BadRequest),
    }
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
    let logo = logo::of(ctx, &client).await?;
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
        let profile = typed.profile(client.profile);
        let token_format = typed.token_format(&client);
        let kind = client.kind;
        view! {
            <PageHead title=title>{clients::state(client.state)}</PageHead>
            <ReadOnly why=why_not/>
            <ErrorSummary/>
            <dl class="stats">
                <div>
                    <dt>{people.heading}</dt>
                    <dd>{number(reach.subscribers)}</dd>
                    <dd class="stats__note">"with a living authorization"</dd>
                </div>
                <div>
                    <dt>"Refresh tokens"</dt>
                    <dd>{number(reach.refresh_tokens)}</dd>
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
                                {match (client.kind, client.auth_method.has_secret()) {
                                    (ClientKind::Public, _) => "In a browser or an app, without a secret",
                                    (ClientKind::Confidential, true) => "On a server, and keeps a secret",
                                    (ClientKind::Confidential, false) => "On a server, and keeps a private key",
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
                                {method(client.auth_method)}
                                {certificate::known_by(&client).map(|name| view! { ": " <code>{name}</code> })}
                                {(client.kind == ClientKind::Confidential)
                                    .then(|| view! { " · " <a href=format!("{path}/keys")>"Keys and method"</a> })}
                            </dd>
                        </div>
                        {logo.map(named)}
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
                        {grants::has_choice(&client, audience)
                            .then(|| {
                                view! {
                                    <div>
                                        <dt>"Grants"</dt>
                                        <dd>
                                            {grants::had(&client)} " · " <a href=format!("{path}/grants")>"Change"</a>
                                        </dd>
                                    </div>
                                }
                            })}
                        <div>
                            <dt>"Tokens and requests"</dt>
                            <dd>{tokens::summary(&client)} " · " <a href=format!("{path}/tokens")>"Change tokens"</a></dd>
                        </div>
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
                                <RedirectUris typed=typed.clone() product=product kind=Some(kind) locked=locked/>
                                <LogoutUris values=typed.logout kind=Some(kind) locked=locked/>
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
                                    {if client.auth_method.has_secret() {
                                        "Saving never touches the secret."
                                    } else {
                                        "It counts at once."
                                    }}
                                </p>
                                <button class="button button--primary" name="action" value="save">"Save client"</button>
                            </div>
                        }
                    })}
            </form>
            {client
                .auth_method
                .has_secret()
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

/// The logo that a client names, and what became of it. Why one is not there is not said.
fn named(logo: Logo) -> impl IntoView {
    let standing = match logo.standing {
        Standing::Awaited => "Not fetched yet".into_any(),
        Standing::Missing { next_at: Some(at) } => {
            view! { "Could not be fetched as a PNG, JPEG or WebP picture; tried again at " <Moment at=at/> }.into_any()
        }
        Standing::Missing { next_at: None } => {
            "Could not be fetched as a PNG, JPEG or WebP picture; tried again when its address changes".into_any()
        }
        Standing::Copied { path, fetched_at } => view! {
            <img class="logo" src=path alt="The logo" width="40" height="40"/>
            " Our copy, fetched " <Moment at=fetched_at/>
        }
        .into_any(),
    };
    view! {
        <div>
            <dt>"Logo"</dt>
            <dd><code>{logo.uri}</code> <p class="muted">{standing}</p></dd>
        </div>
    }
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
