//! *Technical integration › Enable API scopes*.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{
    membership::Right,
    product::Audience,
    scope::{self, Row, SetError},
};
use serde::Deserialize;

use super::{
    AtProduct, ProductWith,
    frame::{self, Place, ReadOnly},
};
use crate::{
    components::{
        field::ErrorSummary,
        form::Csrf,
        icon::{Glyph, Icon},
        misc::Empty,
    },
    error::PageError,
    extract::ManageProducts,
    form::{Errors, Form},
    islands::FilterRows,
    layout::PageHead,
    notice,
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    pub q: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    enabled: Vec<String>,
    optional: Vec<String>,
}

pub async fn page(at: AtProduct, Query(filter): Query<Filter>) -> Result<Response, PageError> {
    let rows = scope::of_product(at.ctx(), &at.product).await?;
    Ok(show(&at, rows, filter.q, Errors::new()))
}

pub async fn submit(
    at: ProductWith<ManageProducts>,
    Query(filter): Query<Filter>,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let wanted = typed.enabled.iter().map(|name| (name.clone(), typed.optional.contains(name)));
    match scope::set(at.ctx(), at.actor(), &at.product, wanted).await {
        Ok(changed) => {
            let text = match (changed, at.product.audience) {
                (false, _) => "Saved. Nothing has changed.",
                (true, Audience::Subscribers) => {
                    "Saved. Subscribers who consented before are asked for what is new when they sign in next."
                }
                (true, Audience::Users) => {
                    "Saved. People who consented before are asked for what is new when they sign in next."
                }
                (true, Audience::Operators) => "Saved. Clients get the scopes with their next token.",
            };
            Ok(notice::done(at.member.visitor(), &at.path("/scopes"), text))
        }
        Err(SetError::Unknown(_)) => {
            let mut rows = scope::of_product(at.ctx(), &at.product).await?;
            for row in &mut rows {
                row.enabled = typed.enabled.contains(&row.scope.name);
                row.optional = typed.optional.contains(&row.scope.name);
            }
            let text = "One of the scopes is not, or no longer, in the catalogue. Check the table and save again.";
            Ok(show(&at, rows, filter.q, Errors::one("", text)))
        }
        Err(SetError::Fault(fault)) => Err(fault.into()),
    }
}

fn matches(row: &Row, filter: &str) -> bool {
    let filter = filter.trim().to_lowercase();
    let text = format!("{} {} {}", row.scope.category, row.scope.description, row.scope.name).to_lowercase();
    filter.split_whitespace().all(|word| text.contains(word))
}

fn show(at: &AtProduct, rows: Vec<Row>, q: String, errors: Errors) -> Response {
    let why_not = at.why_not(Right::ManageProducts);
    let locked = why_not.is_some();
    let subscribers = at.product.audience.signs_in();
    let path = at.path("/scopes");
    let name = at.product.name.clone();
    let lead = if subscribers {
        format!(
            "What {name} may ask people for. Enabling a scope grants nothing by itself: each person consents first."
        )
    } else {
        format!("What the tokens of {name} may be used for.")
    };
    let page = frame::page(at, Place::Scopes, "Enable API scopes").wide().crumb("Enable API scopes").errors(errors);
    page.render(at.member.visitor(), move || {
        if rows.is_empty() {
            return view! {
                <PageHead title="Enable API scopes" lead=lead/>
                <Empty
                    glyph=Glyph::Shield
                    title="No scopes for this kind of product"
                    text="The catalogue has none that a product for operators can enable. Clients still get tokens, \
                          which no API accepts."
                />
            }
            .into_any();
        }
        let enabled = rows.iter().filter(|row| row.enabled).count();
        let summary = format!("{enabled} of {} enabled", rows.len());
        let none = !rows.iter().any(|row| matches(row, &q));
        let shown = q.clone();
        view! {
            <PageHead title="Enable API scopes" lead=lead id="scopes-caption"/>
            <ReadOnly why=why_not/>
            <ErrorSummary/>
            <div class="table-box">
                <div class="table-bar">
                    <form class="filter" role="search" method="get" action=path.clone()>
                        <label class="visually-hidden" for="q">"Filter scopes"</label>
                        <Icon glyph=Glyph::Search/>
                        <input
                            class="input"
                            id="q"
                            name="q"
                            type="search"
                            value=q.clone()
                            placeholder="Filter by category, text or scope"
                            autocomplete="off"
                        />
                        <button class="button button--small no-script-only">"Filter"</button>
                        <FilterRows input="q".to_owned() table="scopes".to_owned() empty="scopes-none".to_owned()/>
                    </form>
                    <p>{summary}</p>
                </div>
                <form method="post" id="scopes-form">
                    <Csrf/>
                    <fieldset disabled=locked>
                        <div class="table-scroll" role="region" aria-labelledby="scopes-caption" tabindex="0">
                            <table
                                class="table table--cards table--scopes table--fixed-head"
                                role="table"
                                aria-labelledby="scopes-caption"
                            >
                                <thead role="rowgroup">
                                    <tr role="row">
                                        <th scope="col" role="columnheader">"Category"</th>
                                        <th scope="col" role="columnheader">"Description"</th>
                                        <th scope="col" role="columnheader">"Scope"</th>
                                        <th scope="col" role="columnheader" class="center">"Enabled"</th>
                                        {subscribers
                                            .then(|| {
                                                view! {
                                                    <th scope="col" role="columnheader" class="center">"Optional"</th>
                                                }
                                            })}
                                    </tr>
                                </thead>
                                <tbody role="rowgroup" id="scopes">
                                    {rows
                                        .into_iter()
                                        .map(|row| {
                                            let hidden = !matches(&row, &shown);
                                            table_row(row, hidden, subscribers)
                                        })
                                        .collect_view()}
                                </tbody>
                            </table>
                        </div>
                        <p class="table-empty" id="scopes-none" hidden=!none role="status">
                            "No scope matches. "
                            <a href=path.clone()>"Clear the filter"</a>
                        </p>
                    </fieldset>
                </form>
            </div>
            {subscribers
                .then(|| {
                    view! {
                        <p class="muted">
                            "A subscriber may leave an "
                            <strong>"optional"</strong>
                            " scope out and still use the product. Without it, the box on the consent page is required."
                        </p>
                    }
                })}
            {(!locked)
                .then(|| {
                    view! {
                        <div class="form__actions">
                            <button class="button button--primary" form="scopes-form">"Save scopes"</button>
                            <a class="button button--ghost" href=path>"Discard changes"</a>
                        </div>
                    }
                })}
        }
        .into_any()
    })
}

fn table_row(row: Row, hidden: bool, subscribers: bool) -> impl IntoView {
    let Row { scope, enabled, optional } = row;
    let name = scope.name.clone();
    let standard = scope.category == "OAuth 2.0";
    let pill = if standard { "pill pill--accent" } else { "pill" };
    view! {
        <tr role="row" hidden=hidden>
            <td role="cell" data-label="Category"><span class=pill>{scope.category}</span></td>
            <th scope="row" role="rowheader">
                {scope.description}
                {(!scope.refreshable)
                    .then(|| view! { <span class="muted">" For one moment alone: it gives no refresh token."</span> })}
                {scope.resource.map(|api| view! { <span class="muted">" At " <code>{api}</code> "."</span> })}
            </th>
            <td role="cell" data-label="Scope"><code>{scope.name}</code></td>
            <td role="cell" class="center" data-label="Enabled">
                <input
                    class="switch"
                    type="checkbox"
                    role="switch"
                    name="enabled"
                    value=name.clone()
                    aria-label=format!("Enabled: {name}")
                    checked=enabled
                />
            </td>
            {subscribers
                .then(|| {
                    view! {
                        <td role="cell" class="center" data-label="Optional">
                            <input
                                class="switch"
                                type="checkbox"
                                role="switch"
                                name="optional"
                                value=name.clone()
                                aria-label=format!("Optional: {name}")
                                checked=optional
                            />
                        </td>
                    }
                })}
        </tr>
    }
}
