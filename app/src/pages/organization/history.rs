//! `/organizations/{org}/history`: what happened, newest first.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::audit::{self, Entry};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    components::{
        icon::Glyph,
        misc::{Empty, Pagination},
        table::CardTable,
        time::Moment,
    },
    error::PageError,
    extract::Member,
    layout::{OrganizationTab, Page, PageHead},
};

/// So many entries to a page.
const SIZE: usize = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Position {
    before: String,
}

pub(super) async fn show(member: Member, Query(position): Query<Position>) -> Result<Response, PageError> {
    let before = Uuid::try_parse(&position.before).ok();
    let mut entries = audit::of_organization(member.ctx(), member.organization.id, before, SIZE as u64 + 1).await?;
    let more = entries.len() > SIZE;
    entries.truncate(SIZE);
    let path = format!("{}/history", member.path());
    let next = entries.last().filter(|_| more).map(|last| format!("{path}?before={}", last.id));
    let first = before.map(|_| path);
    let page = Page::new("History").of(&member).crumb("History").organization_head(&member, OrganizationTab::History);
    Ok(page.render(member.visitor(), move || {
        view! {
            <PageHead
                title="History"
                id="history"
                lead="Who did what, and when. Entries are added, never changed."
            />
            {if entries.is_empty() {
                view! {
                    <Empty
                        glyph=Glyph::History
                        title="Nothing has happened yet"
                        text="Every change of members, products and clients is noted here, with who made it."
                    />
                }
                    .into_any()
            } else {
                view! { <Entries entries=entries/> }.into_any()
            }}
            {(first.is_some() || next.is_some())
                .then(|| view! { <Pagination text="Newest first" first=first next=next/> })}
        }
    }))
}

#[component]
fn Entries(entries: Vec<Entry>) -> impl IntoView {
    let rows = entries
        .into_iter()
        .map(|entry| {
            view! {
                <tr role="row">
                    <td role="cell" data-label="When" class="nowrap"><Moment at=entry.at/></td>
                    <th scope="row" role="rowheader">
                        <span class="cell-main">{entry.detail} <small class="mono">{entry.action}</small></span>
                    </th>
                    <td role="cell" data-label="Who">{entry.actor.unwrap_or_else(|| "Portico".to_owned())}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <CardTable heading="history" plain=true columns=&["When", "What", "Who"]>
            {rows}
        </CardTable>
    }
}
