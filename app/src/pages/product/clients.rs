//! *Technical integration › OAuth clients*.

use std::sync::Arc;

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{
    client::{self, ClientKind, ClientState, Listed, Profile},
    membership::Right,
};

use super::{
    AtProduct,
    access::client_path,
    frame::{self, Copyable, Place, ReadOnly},
    scopes::Filter,
    words::count,
};
use crate::{
    components::{
        icon::{Glyph, Icon},
        misc::{Empty, State},
        time::Ago,
    },
    error::PageError,
    islands::FilterRows,
    layout::PageHead,
};

pub async fn page(at: AtProduct, Query(filter): Query<Filter>) -> Result<Response, PageError> {
    let clients = client::of(&at.product).look(at.ctx()).await?;
    let page = frame::page(&at, Place::Clients, "OAuth clients").wide().crumb("OAuth clients");
    let visitor = at.member.visitor().clone();
    Ok(page.render(&visitor, move || view! { <ClientList at=at clients=clients q=filter.q/> }))
}

/// The list, which also stands behind the dialog that adds one.
#[component]
pub fn ClientList(at: AtProduct, clients: Arc<[Listed]>, #[prop(optional)] q: String) -> impl IntoView {
    let why_not = at.why_not(Right::ManageClients);
    let name = at.product.name.clone();
    let add = add_button(&at);
    let lead = format!("The credentials with which {name} signs people in and asks for tokens.");
    if clients.is_empty() {
        let text = "A client is how your software identifies itself to Portico: an id, a secret, and the addresses that \
                    people return to after signing in.";
        return view! {
            <PageHead title="OAuth clients" lead=lead/>
            <ReadOnly why=why_not/>
            <Empty glyph=Glyph::Key title="No clients yet" text=text>
                {add}
                <a class="button button--ghost" href="/help/redirect-uris">"About redirect URIs"</a>
            </Empty>
        }
        .into_any();
    }
    let path = at.path("/clients");
    let needle = q.trim().to_lowercase();
    let matches = move |client: &client::Client| {
        format!("{} {}", client.description, client.client_id).to_lowercase().contains(&needle)
    };
    let none = !clients.iter().any(|listed| matches(&listed.client));
    let summary = count(clients.len(), "client", "clients");
    let now = at.ctx().now();
    view! {
        <PageHead title="OAuth clients" lead=lead id="clients-caption">{add}</PageHead>
        <ReadOnly why=why_not/>
        <div class="table-box">
            <div class="table-bar">
                <form class="filter" role="search" method="get" action=path.clone()>
                    <label class="visually-hidden" for="q">"Filter clients"</label>
                    <Icon glyph=Glyph::Search/>
                    <input
                        class="input"
                        id="q"
                        name="q"
                        type="search"
                        value=q
                        placeholder="Filter by description or id"
                        autocomplete="off"
                    />
                    <button class="button button--small no-script-only">"Filter"</button>
                    <FilterRows input="q".to_owned() table="clients".to_owned() empty="clients-none".to_owned()/>
                </form>
                <p>{summary}</p>
            </div>
            <div class="table-scroll" role="region" aria-labelledby="clients-caption" tabindex="0">
                <table class="table table--cards table--fixed-head" role="table" aria-labelledby="clients-caption">
                    <thead role="rowgroup">
                        <tr role="row">
                            <th scope="col" role="columnheader">"Description"</th>
                            <th scope="col" role="columnheader">"Client id"</th>
                            <th scope="col" role="columnheader">"State"</th>
                            <th scope="col" role="columnheader">"Last used"</th>
                            <th scope="col" role="columnheader"><span class="visually-hidden">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup" id="clients">
                        {clients
                            .iter()
                            .map(|Listed { client, last_used_at }| {
                                let hidden = !matches(client);
                                let href = client_path(&at, client.id, "");
                                let words = format!("{}, {}", kind(client.kind), profile(client.profile));
                                view! {
                                    <tr role="row" hidden=hidden>
                                        <th scope="row" role="rowheader">
                                            <div class="cell-main">
                                                <a href=href.clone()>{client.description.clone()}</a>
                                                <small>{words}</small>
                                            </div>
                                        </th>
                                        <td role="cell" data-label="Client id">
                                            <Copyable
                                                value=client.client_id.clone()
                                                label=format!("Copy client id of {}", client.description)
                                            />
                                        </td>
                                        <td role="cell" data-label="State">{state(client.state)}</td>
                                        <td role="cell" data-label="Last used" class="nowrap">
                                            {match last_used_at {
                                                Some(at) => view! { <Ago at=*at now=now/> }.into_any(),
                                                None => view! { <span class="muted">"Never"</span> }.into_any(),
                                            }}
                                        </td>
                                        <td role="cell" class="actions">
                                            <a class="button button--small" href=href>
                                                "Open"
                                                <span class="visually-hidden">" " {client.description.clone()}</span>
                                            </a>
                                        </td>
                                    </tr>
                                }
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
            <p class="table-empty" id="clients-none" hidden=!none role="status">
                "No client matches. "
                <a href=path>"Clear the filter"</a>
            </p>
        </div>
    }
    .into_any()
}

fn add_button(at: &AtProduct) -> impl IntoView + use<> {
    match at.why_not(Right::ManageClients) {
        None => view! {
            <a class="button button--primary button--caps" href=at.path("/clients/new")>
                <Icon glyph=Glyph::Plus/>
                "Add OAuth client"
            </a>
        }
        .into_any(),
        Some(why) => view! {
            <button class="button button--primary button--caps" type="button" disabled=true title=why>
                "Add OAuth client"
            </button>
        }
        .into_any(),
    }
}

/// Whether it works, as a badge.
pub fn state(state: ClientState) -> AnyView {
    match state {
        ClientState::Active => view! { <State kind="active" text="Active"/> }.into_any(),
        ClientState::Disabled => view! { <State kind="disabled" text="Disabled"/> }.into_any(),
    }
}

/// Whether it can keep a secret, in words.
pub const fn kind(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::Confidential => "With a server",
        ClientKind::Public => "In a browser or app",
    }
}

/// Which rules it is held to, in words.
pub const fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Standard => "profile standard",
        Profile::Classic => "profile classic",
        Profile::Fapi2 => "profile fapi2",
        Profile::Mcp => "profile mcp",
    }
}
