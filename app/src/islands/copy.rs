//! A button that copies.

use std::time::Duration;

use leptos::prelude::*;

use super::dom;
use crate::components::icon::{Glyph, Icon};

/// Copies `value`. Without scripts it is not there.
#[island]
pub fn CopyButton(
    /// What it copies.
    value: String,
    /// What it is called.
    label: String,
    /// Whether it says *Copy* beside the icon.
    words: bool,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        dom::copy(&value);
        copied.set(true);
        set_timeout(move || copied.set(false), Duration::from_secs(2));
    };
    view! {
        <button class="copy-button js-only" type="button" aria-label=label on:click=copy>
            {move || {
                let glyph = if copied.get() { Glyph::Check } else { Glyph::Copy };
                view! { <Icon glyph=glyph/> }
            }}
            {words.then(|| view! { <span>{move || if copied.get() { "Copied" } else { "Copy" }}</span> })}
        </button>
        <span class="visually-hidden" role="status">{move || if copied.get() { "Copied" } else { "" }}</span>
    }
}
