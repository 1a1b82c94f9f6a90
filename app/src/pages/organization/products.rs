//! `/organizations/{org}`: what it owns.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{Registration, id, membership::Right, product};
use serde::Deserialize;

use crate::{
    components::{
        icon::{Glyph, Icon},
        misc::Pagination,
    },
    error::PageError,
    extract::Member,
    layout::{OrganizationTab, Page, PageHead},
    pages::product::ProductList,
};

/// So many products to a page.
const SIZE: u64 = 24;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Position {
    after: String,
}

pub(super) async fn show(member: Member, Query(position): Query<Position>) -> Result<Response, PageError> {
    let after = id::parse(id::PRODUCT, &position.after);
    let products = product::of(member.organization.id).list(member.ctx(), after, SIZE).await?;
    let path = member.path();
    let create = member.may(Right::ManageProducts).then(|| format!("{path}/products/new"));
    let registers = member.ctx().settings().registration != Registration::Off;
    let takeover = (registers && member.may(Right::ManageProducts)).then(|| format!("{path}/takeover"));
    let next = (products.len() as u64 == SIZE)
        .then(|| products.last().map(|last| format!("{path}?after={}", id::show(id::PRODUCT, last.product.id))))
        .flatten();
    let first = after.map(|_| path.clone());
    let page =
        Page::new(member.organization.name.clone()).of(&member).organization_head(&member, OrganizationTab::Products);
    Ok(page.render(member.visitor(), move || {
        let some = !products.is_empty();
        let action = match create.clone() {
            Some(href) => view! {
                <a class="button button--primary" href=href>
                    <Icon glyph=Glyph::Plus/>
                    "Create product"
                </a>
            }
            .into_any(),
            None => view! {
                <button class="button button--primary" disabled=true title="This takes the role developer or a higher one.">
                    <Icon glyph=Glyph::Plus/>
                    "Create product"
                </button>
            }
            .into_any(),
        };
        view! {
            <PageHead title="Products">{some.then_some(action)}</PageHead>
            <ProductList products=products create=create/>
            {takeover
                .map(|href| {
                    view! {
                        <p class="muted">
                            "A client has registered itself? " <a href=href>"Take over a registered client"</a>
                        </p>
                    }
                })}
            {(first.is_some() || next.is_some())
                .then(|| view! { <Pagination text="Newest first" first=first next=next/> })}
        }
    }))
}
