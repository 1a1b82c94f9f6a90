//! A button that copies.

use std::time::Duration;

use leptos::prelude::*;

use super::{awake, dom};
use crate::components::icon::{Glyph, Icon};

/// Copies `value`. Without scripts it is not there, nor without a clipboard.
#[island]
pub fn CopyButton(
    /// What it copies.
    value: String,
    /// What it is called.
    label: String,
    /// Whether it says *Copy* beside the icon.
    words: bool,
) -> impl IntoView {
    let said = RwSignal::new(None::<&str>);
    let awake = awake();
    let copy = move |_| {
        dom::copy(&value, move |copied| {
            said.set(Some(if copied { "Copied" } else { "Not copied: the browser refused" }));
            set_timeout(move || said.set(None), Duration::from_secs(2));
        });
    };
    let copied = move || said.get() == Some("Copied");
    view! {
        <button
            class="copy-button js-only"
            type="button"
            aria-label=label
            disabled=move || !awake.get()
            hidden=move || awake.get() && !dom::can_copy()
            on:click=copy
        >
            {move || {
                let glyph = if copied() { Glyph::Check } else { Glyph::Copy };
                view! { <Icon glyph=glyph/> }
            }}
            {words.then(|| view! { <span>{move || if copied() { "Copied" } else { "Copy" }}</span> })}
        </button>
        <span class="visually-hidden" role="status">{move || said.get().unwrap_or_default()}</span>
    }
}
