//! `/organizations/{org}/takeover`: a client that has registered itself gets an owner.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    client::dynamic::{TakeOverError, TakenOver, take_over},
    id,
};
use serde::Deserialize;

use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
        icon::{Glyph, Icon},
    },
    error::PageError,
    extract::{ManageProducts, Member, With},
    form::{Errors, Form},
    layout::{OrganizationTab, Page, PageHead},
    pages::product::shown_once,
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    client_id: String,
    token: String,
}

pub(super) async fn show(member: With<ManageProducts>) -> Response {
    page(&member, Typed::default(), Errors::new())
}

pub(super) async fn submit(member: With<ManageProducts>, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let (client_id, token) = (typed.client_id.trim(), typed.token.trim());
    let mut errors = Errors::new();
    for (field, text, missing) in [
        ("client_id", client_id, "Write the client id that the registration has answered."),
        ("token", token, "Write the registration access token that it has answered."),
    ] {
        if text.is_empty() {
            errors.add(field, missing);
        }
    }
    if !errors.is_empty() {
        return Ok(page(&member, typed, errors));
    }
    match take_over(member.ctx(), member.signed_in.id(), &member.organization, client_id, token).await {
        Ok(taken) => Ok(done(&member, taken)),
        Err(TakeOverError::Unknown) => {
            let text = "No client that has registered itself has this client id and this token. Compare both with the \
                        answer of the registration.";
            Ok(page(&member, typed, Errors::one("token", text)))
        }
        Err(TakeOverError::Owned) => {
            let text = "This client belongs to an organization already. Its members find it there.";
            Ok(page(&member, typed, Errors::one("client_id", text)))
        }
        Err(TakeOverError::Fault(fault)) => Err(fault.into()),
    }
}

fn page(member: &Member, typed: Typed, errors: Errors) -> Response {
    let back = member.path();
    let action = format!("{back}/takeover");
    let name = member.organization.name.clone();
    let page = Page::new("Take over a registered client").narrow().of(member).crumb("Take over a registered client");
    let page = page.organization_head(member, OrganizationTab::Products).errors(errors);
    page.render(member.visitor(), move || {
        view! {
            <PageHead
                title="Take over a registered client"
                lead="A client that has registered itself belongs to nobody, and people read so before they allow it \
                      anything. Whoever has its registration access token can give it an owner."
            />
            <ErrorSummary/>
            <form class="card" method="post" action=action aria-label="Take over a registered client" novalidate=true>
                <Csrf/>
                <div class="card__body form">
                    <ul class="stack">
                        <li>{format!("The client and its product will belong to {name}, whose name people see from then on.")}</li>
                        <li>"What people have allowed it stays, and so do its secret and its keys."</li>
                        <li>"The token ends. You get another one, for the program that manages the registration."</li>
                    </ul>
                    <Field
                        id="client_id"
                        label="Client id"
                        value=typed.client_id
                        hint="client_id in the answer of the registration."
                        autocomplete="off"
                        mono=true
                        required=true
                    />
                    <Field
                        id="token"
                        label="Registration access token"
                        value=typed.token
                        hint="registration_access_token in the same answer."
                        autocomplete="off"
                        mono=true
                        required=true
                    />
                </div>
                <div class="card__foot">
                    <a class="button button--ghost" href=back>"Cancel"</a>
                    <button class="button button--primary">"Take over client"</button>
                </div>
            </form>
        }
    })
}

/// The response to the form that did it, which no address shows again.
fn done(member: &Member, taken: TakenOver) -> Response {
    let TakenOver { client, token } = taken;
    let (product, client_id) = (id::show(id::PRODUCT, client.product_id), id::show(id::CLIENT, client.id));
    let href = format!("/products/{product}/clients/{client_id}");
    let lead = format!("{} belongs to {} now.", client.description, member.organization.name);
    let token = token.reveal().to_owned();
    let page = Page::new("Client taken over").of(member).crumb("Client taken over");
    page.organization_head(member, OrganizationTab::Products).render(member.visitor(), move || {
        view! {
            <PageHead title="Client taken over" lead=lead/>
            <section class="secret" aria-labelledby="secret-title">
                <div class="secret__head">
                    <Icon glyph=Glyph::Key/>
                    <div>
                        <h2 id="secret-title">"The new registration access token is displayed only once"</h2>
                        <p>
                            "The old one has ended. Give this one to the program that manages the registration, if there \
                             is one: what it may change, you can change here as well."
                        </p>
                    </div>
                </div>
                <dl class="secret__values">{shown_once("Registration access token", token, "Copy token")}</dl>
                <div class="secret__foot">
                    <p>"Look at the redirect URIs next, and change the secret if others have had it."</p>
                    <a class="button button--primary" href=href>"Go to the client"</a>
                </div>
            </section>
        }
    })
}
