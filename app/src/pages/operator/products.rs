//! The products that are offered to an operator.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{
    distribution::DistributionState,
    operator::{self, Offer},
};
use serde::Deserialize;

use super::access::AtOperator;
use crate::{
    components::{icon::Glyph, misc::Empty, time::Day},
    error::PageError,
    layout::PageHead,
    pages::product::{audience, count, logo, state_of},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    state: String,
}

pub async fn page(at: AtOperator, Query(filter): Query<Filter>) -> Result<Response, PageError> {
    let state = DistributionState::parse(&filter.state);
    let offers = operator::of(at.operator.organization_id).offers(at.ctx(), None).await?;
    let page = at.page("Products").crumb("Products");
    let visitor = at.member.visitor().clone();
    Ok(page.render(&visitor, move || view! { <Offers at=at offers=offers state=state/> }))
}

#[component]
fn Offers(at: AtOperator, offers: Vec<Offer>, state: Option<DistributionState>) -> impl IntoView {
    let name = at.operator.name.clone();
    let lead = format!("What developers offer to {name}. Enable a product, and your subscribers can sign in to it.");
    if offers.is_empty() {
        return view! {
            <PageHead title="Products" lead=lead/>
            <Empty
                glyph=Glyph::Box
                title="Nothing is offered yet"
                text=format!(
                    "When a developer makes a product available to {name}, it appears here with what it asks for, and \
                     you decide.",
                )
            />
        }
        .into_any();
    }
    let path = at.path("/products");
    let of_state = |wanted: Option<DistributionState>| {
        offers.iter().filter(|offer| wanted.is_none_or(|wanted| offer.state == wanted)).count()
    };
    let filters = [
        ("All", None),
        ("Offered", Some(DistributionState::Offered)),
        ("Enabled", Some(DistributionState::Enabled)),
        ("Disabled", Some(DistributionState::Disabled)),
    ]
    .map(|(label, value)| {
        let href = value.map_or_else(|| path.clone(), |value| format!("{path}?state={}", value.as_str()));
        let here = value == state;
        let n = of_state(value);
        view! {
            <a class="button button--small" href=href aria-current=here.then_some("true")>
                {format!("{label} ({n})")}
            </a>
        }
    })
    .collect_view();
    let shown: Vec<Offer> = offers.into_iter().filter(|offer| state.is_none_or(|state| offer.state == state)).collect();
    let none = shown.is_empty();
    let summary = count(shown.len(), "product", "products");
    view! {
        <PageHead title="Products" lead=lead id="offers"/>
        <div class="table-box">
            <div class="table-bar">
                <nav class="button-row" aria-label="Filter by state">{filters}</nav>
                <p>{summary}</p>
            </div>
            {if none {
                view! {
                    <p class="table-empty">"No product is in this state. " <a href=path>"Show all"</a></p>
                }
                    .into_any()
            } else {
                view! {
                    <div class="table-scroll" role="region" aria-labelledby="offers" tabindex="0">
                        <table class="table table--cards" role="table" aria-labelledby="offers">
                            <thead role="rowgroup">
                                <tr role="row">
                                    <th scope="col" role="columnheader">"Product"</th>
                                    <th scope="col" role="columnheader">"For"</th>
                                    <th scope="col" role="columnheader">"State"</th>
                                    <th scope="col" role="columnheader">"Since"</th>
                                    <th scope="col" role="columnheader"><span class="visually-hidden">"Actions"</span></th>
                                </tr>
                            </thead>
                            <tbody role="rowgroup">
                                {shown
                                    .into_iter()
                                    .map(|offer| {
                                        let href = at.product_path(offer.product.id, "");
                                        row(offer, href)
                                    })
                                    .collect_view()}
                            </tbody>
                        </table>
                    </div>
                }
                    .into_any()
            }}
        </div>
    }
    .into_any()
}

fn row(offer: Offer, href: String) -> impl IntoView {
    let Offer { product, organization, state, offered_at, decided_at } = offer;
    let name = product.name.clone();
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <span class="cell-logo">
                    <img class="logo" src=logo(&product) alt="" width="40" height="40"/>
                    <span class="cell-main">
                        <a href=href.clone()>{product.name}</a>
                        <small>"By " {organization}</small>
                    </span>
                </span>
            </th>
            <td role="cell" data-label="For">{audience(product.audience)}</td>
            <td role="cell" data-label="State">{state_of(Some(state))}</td>
            <td role="cell" data-label="Since"><Day at=decided_at.unwrap_or(offered_at)/></td>
            <td role="cell" class="actions">
                <a class="button button--small" href=href>"More" <span class="visually-hidden">" about " {name}</span></a>
            </td>
        </tr>
    }
}
