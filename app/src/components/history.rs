//! What happened, newest first, a page at a time.

use leptos::prelude::*;
use model::audit::Entry;

use super::{
    icon::Glyph,
    misc::Empty,
    paging::{Pages, Pagination, Position, asked},
    table::CardTable,
    time::Moment,
};

/// So many entries to a page.
const SIZE: usize = 50;

/// How many to ask the model for.
pub const ASKED: u64 = asked(SIZE);

/// A page of it.
pub struct Log {
    entries: Vec<Entry>,
    pages: Pages,
}

impl Log {
    /// What the model gave of [`ASKED`], for the page at `path`.
    #[must_use]
    pub fn new(mut entries: Vec<Entry>, position: &Position, path: &str) -> Self {
        let pages = Pages::of(&mut entries, SIZE, path, position.uuid(), |last| last.id.to_string());
        Self { entries, pages }
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
    let Log { entries, pages } = log;
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
        <Pagination pages=pages/>
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
