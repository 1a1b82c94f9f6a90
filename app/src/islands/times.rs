//! Times in the reader's own zone.

use leptos::prelude::*;

use super::dom;

/// Shows the page's moments in the reader's zone; the title keeps them in UTC.
#[island]
pub fn LocalTimes() -> impl IntoView {
    Effect::new(move |_| dom::local_times());
    view! { <span hidden=true></span> }
}
