//! Tables.

use leptos::prelude::*;

/// A table that scrolls within its frame where it is wide, and whose rows become cards where there
/// is no room. A row is a `tr role="row"`; its cells carry `data-label`, what their column says.
/// The last column holds what can be done, unless the table is only to be read.
#[component]
pub fn CardTable(
    /// The id of the heading that names it.
    heading: &'static str,
    /// The name of its frame, where the heading names a section already.
    #[prop(optional)]
    label: Option<&'static str>,
    /// Whether there is nothing to be done in it.
    #[prop(optional)]
    plain: bool,
    /// What the columns say, but for what can be done.
    columns: &'static [&'static str],
    /// The rows.
    children: Children,
) -> impl IntoView {
    let columns =
        columns.iter().map(|column| view! { <th scope="col" role="columnheader">{*column}</th> }).collect_view();
    view! {
        <div class="table-box">
            <div
                class="table-scroll"
                role="region"
                aria-label=label
                aria-labelledby=label.is_none().then_some(heading)
                tabindex="0"
            >
                <table class="table table--cards" role="table" aria-labelledby=heading>
                    <thead role="rowgroup">
                        <tr role="row">
                            {columns}
                            {(!plain)
                                .then(|| {
                                    view! {
                                        <th scope="col" role="columnheader"><span class="visually-hidden">"Actions"</span></th>
                                    }
                                })}
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{children()}</tbody>
                </table>
            </div>
        </div>
    }
}

/// The last cell of a row that can be ended: the way to the page that asks before, if this person
/// may.
#[component]
pub fn EndCell(
    /// Where that page is.
    href: Option<String>,
    /// What the button says.
    label: &'static str,
    /// What it is that ends, for who does not see the row.
    name: String,
) -> impl IntoView {
    view! {
        <td role="cell" class="actions">
            {href
                .map(|href| {
                    view! {
                        <a class="button button--small button--danger" href=href>
                            {label}
                            <span class="visually-hidden">" " {name}</span>
                        </a>
                    }
                })}
        </td>
    }
}
