//! *Product information › Distribution and availability*.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    distribution::{self, DistributionState, Standing},
    id,
    membership::Right,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    AtProduct, ProductWith,
    frame::{self, Place, ReadOnly},
    words::{count, number},
};
use crate::{
    components::{
        alert::Alert,
        form::Csrf,
        icon::Glyph,
        misc::{Empty, State},
        time::Day,
    },
    error::PageError,
    extract::ManageProducts,
    form::Form,
    layout::PageHead,
    notice::{self, Tone},
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// The operators that are switched on.
    operator: Vec<String>,
    /// Those that were on when the page was shown: only what a person switched is changed.
    before: Vec<String>,
    /// Whether the warning about operators that have it enabled was seen.
    sure: String,
}

fn ids(list: &[String]) -> Vec<Uuid> {
    list.iter().filter_map(|text| id::parse(id::ORGANIZATION, text)).collect()
}

pub async fn page(at: AtProduct) -> Result<Response, PageError> {
    let standings = distribution::of_product(at.ctx(), &at.product).await?;
    Ok(show(&at, standings, None))
}

pub async fn submit(at: ProductWith<ManageProducts>, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let (wanted, before) = (ids(&typed.operator), ids(&typed.before));
    let offer: Vec<Uuid> = wanted.iter().copied().filter(|id| !before.contains(id)).collect();
    let withdraw: Vec<Uuid> = before.iter().copied().filter(|id| !wanted.contains(id)).collect();

    let standings = distribution::of_product(at.ctx(), &at.product).await?;
    let breaks = |standing: &Standing| {
        standing.state == Some(DistributionState::Enabled) && withdraw.contains(&standing.operator.organization_id)
    };
    if typed.sure.is_empty() && standings.iter().any(breaks) {
        return Ok(show(&at, standings, Some(wanted)));
    }
    let changed = distribution::change(at.ctx(), at.actor(), &at.product, offer, withdraw).await?;
    let operators = |n: usize| count(n, "operator", "operators");
    let text = match (changed.offered, changed.withdrawn) {
        (0, 0) => "Saved. Nothing has changed.".to_owned(),
        (offered, 0) => format!("Offered to {}. Each decides whether to enable it.", operators(offered)),
        (0, withdrawn) => format!("Withdrawn from {}.", operators(withdrawn)),
        (offered, withdrawn) => {
            format!("Offered to {}, withdrawn from {}.", operators(offered), operators(withdrawn))
        }
    };
    Ok(notice::done(at.member.visitor(), &at.path("/distribution"), &text))
}

/// `wanted` is what was switched on when the question came up whether they are sure.
fn show(at: &AtProduct, standings: Vec<Standing>, wanted: Option<Vec<Uuid>>) -> Response {
    let why_not = at.why_not(Right::ManageProducts);
    let locked = why_not.is_some();
    let name = at.product.name.clone();
    let title = "Distribution and availability";
    let mut page = frame::page(at, Place::Distribution, title).crumb(title);
    let losing: Vec<String> = match &wanted {
        None => Vec::new(),
        Some(wanted) => {
            page = page.status(http::StatusCode::UNPROCESSABLE_ENTITY);
            standings
                .iter()
                .filter(|s| s.state == Some(DistributionState::Enabled))
                .filter(|s| !wanted.contains(&s.operator.organization_id))
                .map(|s| {
                    let consents = count(s.consents, "subscriber", "subscribers");
                    format!(
                        "{}: {consents} who consented can no longer use {name}, and its tokens end.",
                        s.operator.name
                    )
                })
                .collect()
        }
    };
    let waiting: Vec<String> = standings
        .iter()
        .filter(|s| s.state == Some(DistributionState::Offered))
        .map(|s| s.operator.name.clone())
        .collect();
    let lead = format!(
        "Choose the operators that {name} is made available for. Each one then decides whether to enable it for its \
         subscribers."
    );
    page.render(at.member.visitor(), move || {
        if standings.is_empty() {
            return view! {
                <PageHead title=title lead=lead/>
                <Empty
                    glyph=Glyph::Signal
                    title="No operators yet"
                    text="Operators join through the platform's administrators. Once there is one, you can offer the \
                          product to it here."
                />
            }
            .into_any();
        }
        let sure = !losing.is_empty();
        view! {
            <PageHead title=title lead=lead id="distribution"/>
            <ReadOnly why=why_not/>
            {(!waiting.is_empty() && !sure)
                .then(|| {
                    let text = format!("{} not decided yet.", whose(&waiting));
                    view! { <Alert tone=Tone::Info>{text}</Alert> }
                })}
            <form method="post">
                <Csrf/>
                <fieldset class="stack" disabled=locked>
                    {sure
                        .then(|| {
                            view! {
                                <div class="notice notice--danger" role="alert">
                                    <div>
                                        <p><strong>"This takes the product away from people who use it."</strong></p>
                                        {losing.into_iter().map(|line| view! { <p>{line}</p> }).collect_view()}
                                    </div>
                                </div>
                                <input type="hidden" name="sure" value="yes"/>
                            }
                        })}
                    <div class="table-box">
                        <div class="table-scroll" role="region" aria-labelledby="distribution" tabindex="0">
                            <table class="table table--cards" role="table" aria-labelledby="distribution">
                                <thead role="rowgroup">
                                    <tr role="row">
                                        <th scope="col" role="columnheader">"Operator"</th>
                                        <th scope="col" role="columnheader">"State"</th>
                                        <th scope="col" role="columnheader">"Since"</th>
                                        <th scope="col" role="columnheader" class="num">"Consents"</th>
                                        <th scope="col" role="columnheader" class="center">"Available"</th>
                                    </tr>
                                </thead>
                                <tbody role="rowgroup">
                                    {standings.into_iter().map(|s| row(s, wanted.as_deref())).collect_view()}
                                </tbody>
                            </table>
                        </div>
                    </div>
                    <div class="form__actions">
                        {if sure {
                            view! {
                                <button class="button button--danger-solid">"Withdraw and save"</button>
                                <a class="button button--ghost" href="">"Keep as it was"</a>
                            }
                                .into_any()
                        } else {
                            view! { <button class="button button--primary">"Save distribution"</button> }.into_any()
                        }}
                    </div>
                </fieldset>
            </form>
        }
        .into_any()
    })
}

fn whose(names: &[String]) -> String {
    match names {
        [one] => format!("{one} has"),
        [first, second] => format!("{first} and {second} have"),
        _ => format!("{} operators have", names.len()),
    }
}

fn row(standing: Standing, wanted: Option<&[Uuid]>) -> impl IntoView + use<> {
    let Standing { operator, state, offered_at, decided_at, consents } = standing;
    let key = id::show(id::ORGANIZATION, operator.organization_id);
    let on = match wanted {
        Some(wanted) => wanted.contains(&operator.organization_id),
        None => state.is_some(),
    };
    let name = operator.name.clone();
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <span class="cell-logo">
                    <img class="logo" src=mark(&operator.logo) alt="" width="40" height="40"/>
                    <span class="cell-main">{operator.name}</span>
                </span>
            </th>
            <td role="cell" data-label="State">{state_of(state)}</td>
            <td role="cell" data-label="Since">
                {match decided_at.or(offered_at) {
                    Some(at) => view! { <Day at=at/> }.into_any(),
                    None => view! { <span class="muted">"–"</span> }.into_any(),
                }}
            </td>
            <td role="cell" data-label="Consents" class="num">{number(consents)}</td>
            <td role="cell" data-label="Available" class="center">
                {state.is_some().then(|| view! { <input type="hidden" name="before" value=key.clone()/> })}
                <input
                    class="switch"
                    type="checkbox"
                    role="switch"
                    name="operator"
                    value=key
                    aria-label=format!("Available for {name}")
                    checked=on
                />
            </td>
        </tr>
    }
}

/// Where a product stands with an operator, as a badge.
pub fn state_of(state: Option<DistributionState>) -> AnyView {
    match state {
        None => view! { <span class="muted">"Not offered"</span> }.into_any(),
        Some(DistributionState::Offered) => view! { <State kind="offered" text="Offered"/> }.into_any(),
        Some(DistributionState::Enabled) => view! { <State kind="enabled" text="Enabled"/> }.into_any(),
        Some(DistributionState::Disabled) => view! { <State kind="disabled" text="Disabled"/> }.into_any(),
    }
}

/// The square variant of an operator's logo, where there is one beside it.
pub fn mark(logo: &str) -> String {
    match logo.strip_suffix(".svg") {
        Some(base) if logo.starts_with("/operators/") && !base.ends_with("-mark") => format!("{base}-mark.svg"),
        _ => logo.to_owned(),
    }
}
