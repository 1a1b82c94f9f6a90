//! `/organizations`: those that one belongs to, and a new one.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    invitation::{self, InvitationRow},
    membership::Belonging,
    organization::{self, OrganizationKind},
};
use serde::Deserialize;

use super::errors_of;
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
        icon::{Glyph, Icon},
        topbar::initial,
    },
    error::PageError,
    extract::{SignedIn, organization_path},
    form::{Errors, Form},
    layout::{Page, PageHead},
    notice,
};

pub(super) async fn show(signed_in: SignedIn) -> Result<Response, PageError> {
    let invitations = invitation::of_user(signed_in.ctx(), &signed_in.person.user).await?;
    let organizations = signed_in.visitor.organizations.clone();
    let alone = organizations.len() == 1;
    Ok(Page::new("Organizations").crumb("Organizations").render(&signed_in.visitor, move || {
        view! {
            <PageHead title="Organizations" lead="An organization owns products, and the people in it work on them.">
                <a class="button button--primary" href="/organizations/new">
                    <Icon glyph=Glyph::Plus/>
                    "Create organization"
                </a>
            </PageHead>
            {(!invitations.is_empty()).then(|| invited(&invitations))}
            <ul class="cards">{organizations.into_iter().map(card).collect_view()}</ul>
            {alone
                .then(|| {
                    view! {
                        <p class="muted">
                            "The first one is yours alone, good for trying things out. To work with others, create an \
                             organization and invite them."
                        </p>
                    }
                })}
        }
    }))
}

fn invited(invitations: &[InvitationRow]) -> impl IntoView + use<> {
    let text = match invitations {
        [one] => format!("{} invites you to {}.", one.inviter, one.organization),
        several => format!("You have {} invitations.", several.len()),
    };
    view! {
        <div class="notice notice--info" role="status">
            <Icon glyph=Glyph::Mail/>
            <div>
                <p>{text} " " <a href="/invitations">"See and decide"</a></p>
            </div>
        </div>
    }
}

fn card(belonging: Belonging) -> impl IntoView {
    let kind = match belonging.organization.kind {
        OrganizationKind::Personal => "Personal",
        OrganizationKind::Team => "Organization",
        OrganizationKind::Operator => "Operator",
    };
    let path = organization_path(belonging.organization.id);
    // An operator's staff comes for its console.
    let path = match belonging.organization.kind {
        OrganizationKind::Operator => path.replacen("/organizations/", "/operators/", 1),
        OrganizationKind::Personal | OrganizationKind::Team => path,
    };
    view! {
        <li class="card-link">
            <span class="avatar avatar--square" aria-hidden="true">{initial(&belonging.organization.name)}</span>
            <div>
                <h2><a href=path>{belonging.organization.name}</a></h2>
                <span class="muted">{kind}</span>
            </div>
            <p class="muted">{format!("You are {} {}", article(belonging.role.as_str()), belonging.role.as_str())}</p>
        </li>
    }
}

/// `a` or `an`.
pub(super) fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

pub(super) async fn new(signed_in: SignedIn) -> Response {
    new_page(&signed_in, String::new(), Errors::new())
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    name: String,
}

pub(super) async fn create(signed_in: SignedIn, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    match organization::create(signed_in.ctx(), signed_in.id(), &fields.name).await {
        Ok(created) => {
            let text = format!("{} is created. Next: a product, or people to work with.", created.name);
            Ok(notice::done(&signed_in.visitor, &organization_path(created.id), &text))
        }
        Err(error) => Ok(new_page(&signed_in, fields.name, errors_of(error)?)),
    }
}

fn new_page(signed_in: &SignedIn, name: String, errors: Errors) -> Response {
    let page = Page::new("Create organization").narrow().crumb_to("Organizations", "/organizations");
    page.crumb("Create organization").errors(errors).render(&signed_in.visitor, move || {
        view! {
            <PageHead title="Create organization" lead="It will own products. You are its owner, and can invite others."/>
            <ErrorSummary/>
            <form class="form" method="post" action="/organizations/new">
                <Csrf/>
                <Field
                    id="name"
                    label="Name"
                    value=name
                    hint="Subscribers see it on the page where they consent: use the name that they know."
                    autocomplete="organization"
                    required=true
                    autofocus=true
                />
                <div class="form__actions">
                    <button class="button button--primary">"Create organization"</button>
                    <a class="button button--ghost" href="/organizations">"Cancel"</a>
                </div>
            </form>
        }
    })
}
