//! What happened, newest first, a page at a time.

use leptos::prelude::*;
use model::audit::Entry;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    icon::Glyph,
    misc::{Empty, Pagination},
    table::CardTable,
    time::Moment,
};

/// So many entries to a page.
const SIZE: usize = 50;

/// How many to ask the model for: one more tells whether there is a next page.
pub const ASKED: u64 = SIZE as u64 + 1;

/// Where a page of it begins, from the address.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Position {
    before: String,
}

impl Position {
    /// The entry before which it begins.
    #[must_use]
    pub fn before(&self) -> Option<Uuid> {
        Uuid::try_parse(&self.before).ok()
    }
}

/// A page of it.
pub struct Log {
    entries: Vec<Entry>,
    first: Option<String>,
    next: Option<String>,
}

impl Log {
    /// What the model gave of [`ASKED`], for the page at `path`.
    #[must_use]
    pub fn new(mut entries: Vec<Entry>, position: &Position, path: &str) -> Self {
        let more = entries.len() > SIZE;
        entries.truncate(SIZE);
        let next = entries.last().filter(|_| more).map(|last| format!("{path}?before={}", last.id));
        Self { entries, first: position.before().map(|_| path.to_owned()), next }
    }
}

/// The table, below the heading `history`.
#[component]
pub fn History(
    /// What is shown.
    log: Log,
    /// What is noted here.
    nothing: &'static str,
) -> impl IntoView {
    let Log { entries, first, next } = log;
    let rows = entries.into_iter().map(row).collect_view();
    view! {
        {if rows.is_empty() {
            view! { <Empty glyph=Glyph::History title="Nothing has happened yet" text=nothing/> }.into_any()
        } else {
            view! {
                <CardTable heading="history" plain=true columns=&["When", "What", "Who"]>
                    {rows}
                </CardTable>
            }
            .into_any()
        }}
        {(first.is_some() || next.is_some())
            .then(|| view! { <Pagination text="Newest first" first=first next=next/> })}
    }
}

fn row(entry: Entry) -> impl IntoView {
    view! {
        <tr role="row">
            <td role="cell" data-label="When" class="nowrap"><Moment at=entry.at/></td>
            <th scope="row" role="rowheader">
                <span class="cell-main">{entry.detail} <small class="mono">{entry.action}</small></span>
            </th>
            <td role="cell" data-label="Who">{entry.actor.unwrap_or_else(|| "Portico".to_owned())}</td>
        </tr>
    }
}
