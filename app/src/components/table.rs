//! Tables.

use leptos::prelude::*;

/// A table that scrolls within its frame where it is wide, and whose rows become cards where there
/// is no room. A row is a `tr role="row"`; its cells carry `data-label`, what their column says.
/// The last column holds what can be done.
#[component]
pub fn CardTable(
    /// The id of the heading that names it.
    heading: &'static str,
    /// The name of its frame, where the heading names a section already.
    #[prop(optional)]
    label: Option<&'static str>,
    /// What the columns say, but for the last.
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
                            <th scope="col" role="columnheader"><span class="visually-hidden">"Actions"</span></th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{children()}</tbody>
                </table>
            </div>
        </div>
    }
}
