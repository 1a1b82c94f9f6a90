//! *Create new client*: a dialog over the list of clients, with an address of its own.

use axum::response::Response;
use leptos::prelude::*;
use model::client::{self, ClientKind, Profile, RegisterError, Registration};

use super::{
    AtProduct, ProductWith,
    access::client_path,
    client_form::{Description, KindChoice, LogoutUris, ProfileChoice, RedirectUris, Typed, errors},
    clients::ClientList,
    create::form_id,
    credentials,
    frame::{self, Place},
};
use crate::{
    components::{
        field::ErrorSummary,
        form::Csrf,
        icon::{Glyph, Icon},
    },
    error::PageError,
    extract::ManageClients,
    form::{Errors, Form},
    islands::Escape,
    layout::Page,
    notice::{self, Tone},
};

pub async fn page(at: ProductWith<ManageClients>) -> Result<Response, PageError> {
    show(&at, Typed::new(), Errors::new()).await
}

pub async fn submit(at: ProductWith<ManageClients>, Form(mut typed): Form<Typed>) -> Result<Response, PageError> {
    if typed.edit_lists() {
        return show(&at, typed, Errors::new()).await;
    }
    typed.tidy();
    let id = form_id(at.ctx(), &typed.id)?;
    let registration = Registration {
        description: typed.description.clone(),
        kind: ClientKind::parse(&typed.kind).unwrap_or(ClientKind::Confidential),
        profile: typed.profile(Profile::Standard),
        uris: typed.uris(),
    };
    let visitor = at.member.visitor();
    match client::register(at.ctx(), at.actor(), &at.product, id, &registration).await {
        Ok(registered) => match registered.secret {
            Some(secret) => credentials::show(&at, &registered.client, &secret, credentials::Occasion::New).await,
            None if registered.client.kind == ClientKind::Confidential => {
                let text = "The client is registered. It signs in with a key of its own: add the public part here.";
                Ok(notice::done(visitor, &client_path(&at, registered.client.id, "/keys"), text))
            }
            None => {
                let text = "The client is registered. It has no secret: it proves itself with PKCE.";
                Ok(notice::done(visitor, &client_path(&at, registered.client.id, ""), text))
            }
        },
        Err(RegisterError::Again(client)) => {
            let text = "This form was sent before, and the client exists. Its secret was displayed then; if nobody \
                        stored it, rotate it below.";
            Ok(notice::go(visitor, &client_path(&at, client.id, ""), Tone::Warning, text))
        }
        Err(RegisterError::Invalid(invalid)) => show(&at, typed, errors(&invalid)).await,
        Err(RegisterError::Fault(fault)) => Err(fault.into()),
    }
}

async fn show(at: &AtProduct, typed: Typed, errors: Errors) -> Result<Response, PageError> {
    let id = form_id(at.ctx(), &typed.id)?;
    let clients = client::of(&at.product).look(at.ctx()).await?;
    let behind = at.clone();
    let list = at.path("/clients");
    let escape = list.clone();
    let subscribers = at.product.audience.signs_in();
    let product = at.product.name.clone();
    let beyond_default = typed.kind == ClientKind::Public.as_str()
        || typed.profile(Profile::Standard) != Profile::Standard
        || typed.logout.iter().any(|uri| !uri.is_empty())
        || errors.iter().any(|(field, _)| field.starts_with("logout"));
    let page = frame::dress(Page::dialog("Create new client"), at, Place::Clients)
        .wide()
        .crumb("Create new client")
        .below(move || view! { <ClientList at=behind clients=clients/> })
        .errors(errors);
    Ok(page.render(at.member.visitor(), move || {
        view! {
            <Escape path=escape/>
            <form method="post" novalidate=true>
                <Csrf/>
                <input type="hidden" name="id" value=id.to_string()/>
                <button class="visually-hidden" tabindex="-1" aria-hidden="true" name="action" value="save">"Save client"</button>
                <header class="dialog__head">
                    <h1 id="dialog-title">"Create new client"</h1>
                    <a class="button button--ghost button--icon" href=list.clone() aria-label="Close">
                        <Icon glyph=Glyph::X/>
                    </a>
                </header>
                <div class="dialog__body">
                    <ErrorSummary/>
                    <Description value=typed.description.clone() autofocus=true/>
                    {if subscribers {
                        let profile = typed.profile(Profile::Standard);
                        view! {
                            <RedirectUris typed=typed.clone() product=product kind=None/>
                            <details class="more" open=beyond_default>
                                <summary>"More choices"</summary>
                                <div class="form">
                                    <KindChoice chosen=typed.kind/>
                                    <ProfileChoice chosen=profile/>
                                    <LogoutUris values=typed.logout kind=None/>
                                </div>
                            </details>
                        }
                            .into_any()
                    } else {
                        view! {
                            <p class="muted">
                                "A product for operators needs no redirect URIs: its clients get tokens for themselves, with \
                                 the client credentials flow."
                            </p>
                        }
                            .into_any()
                    }}
                </div>
                <footer class="dialog__foot">
                    <a class="button button--ghost button--caps" href=list>"Cancel"</a>
                    <button class="button button--primary button--caps" name="action" value="save">"Save client"</button>
                </footer>
            </form>
        }
    }))
}
