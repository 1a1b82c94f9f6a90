//! The frame of a product's pages: its head, its tabs, the side navigation of each tab.

use leptos::prelude::*;
use model::{
    id,
    product::{Audience, Product},
};

use super::access::{AtClient, AtProduct};
use crate::{
    components::{alert::Alert, form::Csrf, icon::Glyph},
    islands::CopyButton,
    layout::{Entry, Page, PageHead, Tabs},
    notice::Tone,
};

/// Where in a product's pages we are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Description,
    Distribution,
    Clients,
    Scopes,
}

impl Place {
    const fn technical(self) -> bool {
        matches!(self, Self::Clients | Self::Scopes)
    }
}

/// A page of a product.
pub fn page(at: &AtProduct, place: Place, title: impl Into<String>) -> Page {
    dress(Page::new(title), at, place)
}

/// A page below a client's. Its own crumbs follow.
pub fn client_page(at: &AtClient, title: impl Into<String>) -> Page {
    page(at, Place::Clients, title)
        .crumb_to("OAuth clients", at.at.path("/clients"))
        .crumb_to(at.client.description.clone(), at.path(""))
}

/// Gives a page the head and the navigation of a product.
pub fn dress(page: Page, at: &AtProduct, place: Place) -> Page {
    let tabs = vec![
        Entry::tab("Product information", at.path("/information"), !place.technical()),
        Entry::tab("Technical integration", at.path("/clients"), place.technical()),
    ];
    let side = |label, rest, glyph, here| Entry::side(label, at.path(rest), glyph, place == here);
    let (label, entries) = if place.technical() {
        let entries = vec![
            side("OAuth clients", "/clients", Glyph::Key, Place::Clients),
            side("Enable API scopes", "/scopes", Glyph::Shield, Place::Scopes),
        ];
        ("Technical integration", entries)
    } else {
        let entries = vec![
            side("Description", "/information", Glyph::Info, Place::Description),
            side("Distribution and availability", "/distribution", Glyph::Signal, Place::Distribution),
        ];
        ("Product information", entries)
    };
    let product = at.product.clone();
    page.of(&at.member)
        .crumb_to(product.name.clone(), at.path(""))
        .side(label, entries)
        .head(move || view! { <ProductHead product=product tabs=tabs/> })
}

#[component]
fn ProductHead(product: Product, tabs: Vec<Entry>) -> impl IntoView {
    let shown = id::show(id::PRODUCT, product.id);
    view! {
        <div class="product-head">
            <div class="product-head__row">
                <img class="logo logo--large" src=logo(&product) alt="" width="56" height="56"/>
                <div class="product-head__text">
                    <p class="product-head__name">{product.name}</p>
                    <p class="product-head__meta">
                        <span>{audience(product.audience)}</span>
                        <span class="copyable">
                            <span class="visually-hidden">"Product id "</span>
                            <code>{shown.clone()}</code>
                            <CopyButton value=shown label="Copy product id".to_owned() words=false/>
                        </span>
                    </p>
                </div>
            </div>
            <Tabs label="Product" entries=tabs/>
        </div>
    }
}

/// The path of a product's logo.
pub fn logo(product: &Product) -> String {
    product.logo.clone().unwrap_or_else(|| "/products/default.svg".to_owned())
}

/// Whom a product is for, in words.
pub const fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Subscribers => "For subscribers",
        Audience::Operators => "For operators",
        Audience::Users => "For portal users",
    }
}

/// Why nothing can be changed here, if so.
#[component]
pub fn ReadOnly(why: Option<String>) -> impl IntoView {
    why.map(|why| view! { <Alert tone=Tone::Info>{why}</Alert> })
}

/// The form of a page of settings, which who may not change them can only look at.
#[component]
pub fn Settings(
    /// Where it posts to.
    #[prop(into)]
    action: String,
    /// What it is called.
    label: &'static str,
    /// Whether it can only be looked at.
    locked: bool,
    /// What to know when saving.
    note: &'static str,
    /// What the button says.
    #[prop(default = "Save")]
    button: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <form class="card" method="post" action=action aria-label=label novalidate=true>
            <Csrf/>
            <fieldset class="card__body form" disabled=locked>{children()}</fieldset>
            {(!locked)
                .then(|| {
                    view! {
                        <div class="card__foot">
                            <p>{note}</p>
                            <button class="button button--primary">{button}</button>
                        </div>
                    }
                })}
        </form>
    }
}

/// A value in monospace with a button that copies it.
#[component]
pub fn Copyable(#[prop(into)] value: String, #[prop(into)] label: String) -> impl IntoView {
    view! {
        <span class="copyable">
            <code>{value.clone()}</code>
            <CopyButton value=value label=label words=false/>
        </span>
    }
}

/// A page that asks before something ends: what will break, and the name to type if `name` is
/// given (its error belongs to the field `confirm`).
#[component]
pub fn Confirm(
    /// The question.
    #[prop(into)]
    title: String,
    /// What it will break, a sentence for each line.
    effects: Vec<String>,
    /// What must be typed.
    #[prop(optional, into)]
    name: Option<String>,
    /// What was typed.
    #[prop(optional, into)]
    typed: String,
    /// What the button says.
    button: &'static str,
    /// Whether it cannot be undone.
    #[prop(optional)]
    forever: bool,
    /// Where *Cancel* leads.
    #[prop(into)]
    back: String,
) -> impl IntoView {
    use crate::components::field::Field;
    let class = if forever { "button button--danger-solid" } else { "button button--danger" };
    view! {
        <PageHead title=title/>
        <form class="card" method="post" novalidate=true>
            <Csrf/>
            <div class="card__body form">
                <ul class="stack">{effects.into_iter().map(|effect| view! { <li>{effect}</li> }).collect_view()}</ul>
                {name
                    .map(|name| {
                        view! {
                            <Field
                                id="confirm"
                                label=format!("Type {name} to confirm")
                                value=typed
                                autocomplete="off"
                                required=true
                                autofocus=true
                            />
                        }
                    })}
            </div>
            <div class="card__foot">
                <a class="button button--ghost" href=back>"Cancel"</a>
                <button class=class>{button}</button>
            </div>
        </form>
    }
}
