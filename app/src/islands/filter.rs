//! Filters the rows of a table while somebody types.

use leptos::prelude::*;

use super::dom;

/// Hides the rows of the table body `table` that do not hold every word in the field `input`, and
/// shows the element `empty` when none is left. Without scripts the form around the field asks
/// the server for the same.
#[island]
pub fn FilterRows(input: String, table: String, empty: String) -> impl IntoView {
    Effect::new(move |_| dom::filter_rows(&input, &table, &empty));
    view! { <span hidden=true></span> }
}
