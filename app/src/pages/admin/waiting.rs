//! `/admin/registration/waiting`: the clients that have registered themselves and have no owner.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{
    client::dynamic::{Waiting, waiting},
    id,
};

use super::page as frame;
use crate::{
    components::{
        icon::Glyph,
        misc::Empty,
        paging::{Pages, Pagination, Position, asked},
        table::CardTable,
        time::Moment,
    },
    error::PageError,
    extract::Administrator,
    layout::PageHead,
};

/// The page's own path.
pub const PATH: &str = "/admin/registration/waiting";

/// So many clients to a page.
const SIZE: usize = 50;

pub async fn page(administrator: Administrator, Query(position): Query<Position>) -> Result<Response, PageError> {
    let after = position.id(id::CLIENT);
    let mut clients = waiting(administrator.ctx(), after, asked(SIZE)).await?;
    let pages = Pages::of(&mut clients, SIZE, PATH, after, |last| id::show(id::CLIENT, last.client.id));
    let page = frame("Clients without an owner", "registration/waiting").crumb("Clients without an owner");
    Ok(page.render(&administrator.visitor, move || {
        view! {
            <PageHead
                title="Clients without an owner"
                id="waiting"
                lead="They have registered themselves, and wait for an organization that takes them over: whoever has \
                      the registration access token can do that on the organization's page. Until then their consent \
                      page says that nobody here has checked who is behind them."
            />
            {if clients.is_empty() {
                view! {
                    <Empty
                        glyph=Glyph::Key
                        title="No client waits"
                        text="Each client that has registered itself belongs to an organization."
                    />
                }
                    .into_any()
            } else {
                view! {
                    <CardTable
                        heading="waiting"
                        plain=true
                        columns=&["Client", "Returns to", "Contacts", "Registered"]
                    >
                        {clients.into_iter().map(row).collect_view()}
                    </CardTable>
                }
                    .into_any()
            }}
            <Pagination pages=pages/>
        }
    }))
}

fn row(waiting: Waiting) -> impl IntoView {
    let Waiting { client, uris, contacts } = waiting;
    let uris = uris.login.into_iter().map(|uri| view! { <code>{uri}</code> }).collect_view();
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <div class="cell-main">
                    <span>{client.description}</span>
                    <small><code>{client.client_id}</code></small>
                </div>
            </th>
            <td role="cell" data-label="Returns to"><div class="cell-main">{uris}</div></td>
            <td role="cell" data-label="Contacts">{contacts.join(", ")}</td>
            <td role="cell" data-label="Registered" class="nowrap"><Moment at=client.created_at/></td>
        </tr>
    }
}
