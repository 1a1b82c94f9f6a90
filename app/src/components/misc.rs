//! Empty states, states, dangerous things, values to copy.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// What stands where a list would be: what belongs here, and how to get one.
#[component]
pub fn Empty(
    /// Its icon.
    glyph: Glyph,
    /// What there is none of.
    #[prop(into)]
    title: String,
    /// One sentence that teaches.
    #[prop(into)]
    text: String,
    /// The way on.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon glyph=glyph/>
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| view! { <div class="button-row">{children()}</div> })}
        </div>
    }
}

/// The state of a thing: a dot and a word. `kind` is `offered`, `enabled`, `disabled`, `active`,
/// `draft`, `pending` or `danger`.
#[component]
pub fn State(kind: &'static str, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=format!("state state--{kind}")>{text}</span> }
}

/// The block at the bottom of a page where things end.
#[component]
pub fn DangerZone(children: Children) -> impl IntoView {
    view! {
        <section class="danger-zone" aria-labelledby="danger-zone">
            <h2 id="danger-zone">"Danger zone"</h2>
            <ul>{children()}</ul>
        </section>
    }
}

/// One line of the danger zone: what happens, and the way there.
#[component]
pub fn DangerRow(#[prop(into)] title: String, #[prop(into)] text: String, children: Children) -> impl IntoView {
    view! {
        <li class="danger-zone__row">
            <div>
                <h3>{title}</h3>
                <p>{text}</p>
            </div>
            {children()}
        </li>
    }
}
