//! *Create product*.

use axum::response::{IntoResponse as _, Redirect, Response};
use leptos::prelude::*;
use model::{
    Context,
    product::{self, Audience, Information, ProductError},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    access::product_path,
    information::NameAndDescription,
    words::{control, information},
};
use crate::{
    components::{
        field::{ErrorSummary, error_of},
        form::Csrf,
    },
    error::PageError,
    extract::{ManageProducts, Member, With},
    form::{Errors, Form},
    layout::{OrganizationTab, Page, PageHead},
    notice,
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    id: String,
    audience: String,
    name: String,
    description: String,
}

/// The key of the row that a form will make, which the form carries; see
/// [`model::product::create`].
pub fn form_id(ctx: &Context, given: &str) -> Result<Uuid, PageError> {
    match Uuid::try_parse(given) {
        Ok(id) if id.get_version_num() == 7 => Ok(id),
        _ => Ok(ctx.new_id()?),
    }
}

pub async fn page(member: With<ManageProducts>) -> Result<Response, PageError> {
    let typed = Typed { audience: Audience::Subscribers.as_str().to_owned(), ..Typed::default() };
    show(&member, typed, Errors::new())
}

pub async fn submit(member: With<ManageProducts>, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let ctx = member.ctx();
    let mut errors = Errors::new();
    let audience = Audience::parse(&typed.audience);
    if audience.is_none() {
        errors.add("audience", "Choose whom the product is for.");
    }
    let written =
        Information { name: typed.name.clone(), description: typed.description.clone(), ..Information::default() };
    let id = form_id(ctx, &typed.id)?;
    let actor = Some(member.signed_in.id());
    let Some(audience) = audience else {
        return show(&member, typed, errors);
    };
    match product::create(ctx, actor, member.organization.id, id, audience, &written).await {
        Ok(product) => {
            let text = match audience {
                Audience::Subscribers => "The product exists. Next: add an OAuth client and enable its scopes.",
                Audience::Operators => "The product exists. Next: add an OAuth client, which gets tokens for itself.",
                Audience::Users => "The application exists. Next: add an OAuth client and enable its scopes.",
            };
            let next = format!("{}/clients", product_path(product.id));
            Ok(notice::done(member.visitor(), &next, text))
        }
        Err(ProductError::Invalid(wrong)) => {
            for (field, reason) in wrong {
                errors.add(control(field), information(reason));
            }
            show(&member, typed, errors)
        }
        Err(ProductError::Fault(fault)) => Err(fault.into()),
        Err(ProductError::HasClients(_)) => Ok(Redirect::to(&product_path(id)).into_response()),
    }
}

fn show(member: &Member, typed: Typed, errors: Errors) -> Result<Response, PageError> {
    let id = form_id(member.ctx(), &typed.id)?;
    let back = member.path();
    let page = Page::new("Create product")
        .narrow()
        .of(member)
        .crumb("Create product")
        .organization_head(member, OrganizationTab::Products)
        .errors(errors);
    Ok(page.render(member.visitor(), move || {
        view! {
            <PageHead title="Create product" lead="Everything but whom it is for can be changed later."/>
            <ErrorSummary/>
            <form class="form" method="post" novalidate=true>
                <Csrf/>
                <input type="hidden" name="id" value=id.to_string()/>
                <fieldset class="radio-cards" id="audience">
                    <legend>"Whom is it for?"</legend>
                    <div class="radio-cards__grid">
                        {audience_card(
                            Audience::Subscribers,
                            &typed.audience,
                            "Subscribers",
                            "People sign in with their phone number and consent. Your clients use the authorization \
                             code flow and need redirect URIs.",
                        )}
                        {audience_card(
                            Audience::Operators,
                            &typed.audience,
                            "Operators",
                            "No subscriber takes part. Your clients use the client credentials flow.",
                        )}
                        {audience_card(
                            Audience::Users,
                            &typed.audience,
                            "Portal users",
                            "An application of yours: people sign in with their account here, as you do, and consent.",
                        )}
                    </div>
                    {error_of("audience").map(|error| view! { <p class="field__error">{error}</p> })}
                </fieldset>
                <NameAndDescription name=typed.name description=typed.description/>
                <div class="form__actions">
                    <button class="button button--primary">"Create product"</button>
                    <a class="button button--ghost" href=back>"Cancel"</a>
                </div>
            </form>
        }
    }))
}

fn audience_card(audience: Audience, chosen: &str, title: &'static str, text: &'static str) -> impl IntoView + use<> {
    let checked = chosen == audience.as_str();
    view! {
        <label class="radio-card">
            <input type="radio" name="audience" value=audience.as_str() checked=checked/>
            <span class="radio-card__body">
                <strong>{title}</strong>
                <span>{text}</span>
            </span>
        </label>
    }
}
