//! Escape closes a dialog that has an address of its own.

use leptos::prelude::*;

use super::dom;

/// Goes to `path` on Escape: where the dialog's *Cancel* leads.
#[island]
pub fn Escape(path: String) -> impl IntoView {
    Effect::new(move |_| dom::on_escape(&path));
    view! { <span hidden=true></span> }
}
