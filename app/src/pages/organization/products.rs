//! `/organizations/{org}`: what it owns.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{Registration, id, membership::Right, product};

use crate::{
    components::{
        icon::{Glyph, Icon},
        paging::{Pages, Pagination, Position, asked},
    },
    error::PageError,
    extract::Member,
    layout::{OrganizationTab, Page, PageHead},
    pages::product::ProductList,
};

/// So many products to a page.
const SIZE: usize = 24;

pub(super) async fn show(member: Member, Query(position): Query<Position>) -> Result<Response, PageError> {
    let after = position.id(id::PRODUCT);
    let mut products = product::of(member.organization.id).list(member.ctx(), after, asked(SIZE)).await?;
    let path = member.path();
    let pages = Pages::of(&mut products, SIZE, &path, after, |last| id::show(id::PRODUCT, last.product.id));
    let create = member.may(Right::ManageProducts).then(|| format!("{path}/products/new"));
    let registers = member.ctx().settings().registration != Registration::Off;
    let takeover = (registers && member.may(Right::ManageProducts)).then(|| format!("{path}/takeover"));
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
            <Pagination pages=pages/>
        }
    }))
}
