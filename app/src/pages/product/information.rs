//! *Product information › Description*, and the product's end.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;
use model::{
    membership::Right,
    product::{self, Information, NAME_LENGTH, ProductError, Reach},
};
use serde::Deserialize;

use super::{
    AtProduct, ProductWith,
    frame::{self, Confirm, Place, ReadOnly},
    words::{control, count, information},
};
use crate::{
    components::{
        field::{ErrorSummary, Field, TextArea},
        form::Csrf,
        misc::{DangerRow, DangerZone},
    },
    error::PageError,
    extract::ManageProducts,
    form::{Errors, Form},
    layout::PageHead,
    notice,
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    description: String,
    website: String,
    terms: String,
    privacy: String,
    support_email: String,
}

pub async fn page(at: AtProduct) -> Result<Response, PageError> {
    let product = at.product.clone();
    let typed = Typed {
        name: product.name,
        description: product.description,
        website: product.website.unwrap_or_default(),
        terms: product.terms_url.unwrap_or_default(),
        privacy: product.privacy_url.unwrap_or_default(),
        support_email: product.support_email.unwrap_or_default(),
    };
    show(&at, typed, Errors::new()).await
}

pub async fn submit(at: ProductWith<ManageProducts>, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let Typed { name, description, website, terms, privacy, support_email } = typed.clone();
    let written = Information { name, description, website, terms, privacy, support_email };
    match product::edit(at.ctx(), at.actor(), &at.product, &written).await {
        Ok(()) => {
            let text = "Saved. Consent pages show it from now on.";
            Ok(notice::done(at.member.visitor(), &at.path("/information"), text))
        }
        Err(ProductError::Invalid(wrong)) => {
            let mut errors = Errors::new();
            for (field, reason) in wrong {
                errors.add(control(field), information(reason));
            }
            show(&at, typed, errors).await
        }
        Err(ProductError::Fault(fault)) => Err(fault.into()),
        Err(ProductError::HasClients(_)) => Err(PageError::BadRequest),
    }
}

async fn show(at: &AtProduct, typed: Typed, errors: Errors) -> Result<Response, PageError> {
    let reach = product::reach(at.ctx(), &at.product).await?;
    let why_not = at.why_not(Right::ManageProducts);
    let locked = why_not.is_some();
    let delete = at.path("/delete");
    let page = frame::page(at, Place::Description, "Description").crumb("Description").errors(errors);
    Ok(page.render(at.member.visitor(), move || {
        view! {
            <PageHead title="Description" lead="What subscribers and operators read about the product."/>
            <ReadOnly why=why_not/>
            <ErrorSummary/>
            <form method="post" novalidate=true>
                <Csrf/>
                <fieldset class="form" disabled=locked>
                    <NameAndDescription name=typed.name description=typed.description/>
                    <Field
                        id="website"
                        label="Website"
                        kind="url"
                        value=typed.website
                        hint="The product's own page."
                        autocomplete="off"
                        optional=true
                    />
                    <Field
                        id="terms"
                        label="Terms of use"
                        kind="url"
                        value=typed.terms
                        hint="Linked where subscribers consent."
                        autocomplete="off"
                        optional=true
                    />
                    <Field
                        id="privacy"
                        label="Privacy policy"
                        kind="url"
                        value=typed.privacy
                        hint="Linked where subscribers consent."
                        autocomplete="off"
                        optional=true
                    />
                    <Field
                        id="support_email"
                        label="Support e-mail"
                        kind="email"
                        value=typed.support_email
                        hint="Where subscribers find help with the product."
                        autocomplete="off"
                        optional=true
                    />
                    <div class="form__actions">
                        <button class="button button--primary">"Save description"</button>
                    </div>
                </fieldset>
            </form>
            {(!locked)
                .then(|| {
                    view! {
                        <DangerZone>
                            <DangerRow title="Delete product" text=what_ends(&reach)>
                                {if reach.clients == 0 {
                                    view! { <a class="button button--danger" href=delete>"Delete product"</a> }.into_any()
                                } else {
                                    view! {
                                        <button
                                            class="button button--danger"
                                            type="button"
                                            disabled=true
                                            title="Delete its clients first"
                                        >
                                            "Delete product"
                                        </button>
                                    }
                                        .into_any()
                                }}
                            </DangerRow>
                        </DangerZone>
                    }
                })}
        }
    }))
}

/// What a product has from the beginning.
#[component]
pub fn NameAndDescription(name: String, description: String) -> impl IntoView {
    view! {
        <Field
            id="name"
            label="Name"
            value=name
            hint="Subscribers read it when they are asked for consent."
            maxlength=u32::try_from(NAME_LENGTH).unwrap_or_default()
            autocomplete="off"
            required=true
        />
        <TextArea
            id="description"
            label="Description"
            value=description
            hint="What it does, in a sentence or two."
            optional=true
        />
    }
}

fn what_ends(reach: &Reach) -> String {
    let Reach { clients, consents, operators } = *reach;
    if clients > 0 {
        return format!(
            "It still has {}. Delete them first, each on its own page, where you see what it breaks.",
            count(clients, "client", "clients")
        );
    }
    format!(
        "Ends {} and takes it away from {}. It cannot be undone.",
        count(consents, "consent", "consents"),
        count(operators, "operator that has enabled it", "operators that have enabled it"),
    )
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Confirmed {
    pub confirm: String,
}

pub async fn delete_page(at: ProductWith<ManageProducts>) -> Result<Response, PageError> {
    ask(&at, String::new(), Errors::new()).await
}

pub async fn delete(at: ProductWith<ManageProducts>, Form(form): Form<Confirmed>) -> Result<Response, PageError> {
    if form.confirm.trim() != at.product.name {
        let text = format!("Type the name of the product, {}, exactly as it is written.", at.product.name);
        return ask(&at, form.confirm, Errors::one("confirm", text)).await;
    }
    match product::delete(at.ctx(), at.actor(), &at.product).await {
        Ok(()) => {
            let text = format!("{} is deleted.", at.product.name);
            Ok(notice::done(at.member.visitor(), &at.member.path(), &text))
        }
        Err(ProductError::HasClients(_)) => Ok(remaining(&at, &reach(&at).await?, StatusCode::CONFLICT)),
        Err(ProductError::Fault(fault)) => Err(fault.into()),
        Err(ProductError::Invalid(_)) => Err(PageError::BadRequest),
    }
}

async fn reach(at: &AtProduct) -> Result<Reach, PageError> {
    Ok(product::reach(at.ctx(), &at.product).await?)
}

async fn ask(at: &AtProduct, typed: String, errors: Errors) -> Result<Response, PageError> {
    let reach = reach(at).await?;
    if reach.clients > 0 {
        return Ok(remaining(at, &reach, StatusCode::OK));
    }
    let name = at.product.name.clone();
    let back = at.path("/information");
    let title = format!("Delete {name}?");
    let page = frame::page(at, Place::Description, title.clone()).narrow().crumb("Delete").errors(errors);
    let effects = vec![what_ends(&reach), "Its description, scopes and distribution go with it.".to_owned()];
    Ok(page.render(at.member.visitor(), move || {
        view! {
            <ErrorSummary/>
            <Confirm
                title=title
                effects=effects
                name=name
                typed=typed
                button="Delete product"
                forever=true
                back=back
            />
        }
    }))
}

/// What has to go before the product can: nothing to fill in here.
fn remaining(at: &AtProduct, reach: &Reach, status: StatusCode) -> Response {
    let text = what_ends(reach);
    let (back, clients) = (at.path("/information"), at.path("/clients"));
    let title = format!("{} cannot be deleted yet", at.product.name);
    let page = frame::page(at, Place::Description, title.clone()).narrow().crumb("Delete").status(status);
    page.render(at.member.visitor(), move || {
        view! {
            <PageHead title=title/>
            <div class="card">
                <div class="card__body"><p>{text}</p></div>
                <div class="card__foot">
                    <a class="button button--ghost" href=back>"Cancel"</a>
                    <a class="button" href=clients>"Show its clients"</a>
                </div>
            </div>
        }
    })
}
