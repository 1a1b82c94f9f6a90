//! A button that asks the browser for a passkey.

use leptos::prelude::*;

use super::{
    awake,
    dom::{self, Asking},
};
use crate::components::icon::{Glyph, Icon};

/// Asks for a passkey with `options`, puts the answer into the field `answer`, and sends the form.
#[island]
pub fn PasskeyButton(
    /// The id of the form.
    form: String,
    /// The id of the field for the answer.
    answer: String,
    /// What is asked, as JSON (WebAuthn).
    options: String,
    /// What the button says.
    label: String,
    /// What to say if none comes.
    none: String,
    /// Whether a new one is made.
    make: bool,
    /// Whether the browser may offer one in the address field as well.
    autofill: bool,
) -> impl IntoView {
    let said = RwSignal::new(String::new());
    let awake = awake();
    let ask = {
        let options = options.clone();
        move |asking: Asking| {
            let (form, answer, none) = (form.clone(), answer.clone(), none.clone());
            dom::ask_passkey(&options, asking, move |answered| match answered {
                Some(json) => dom::send(&form, &answer, &json),
                // Whoever was only offered one has not refused anything.
                None if asking == Asking::Quietly => {}
                None => said.set(none.clone()),
            });
        }
    };
    let quietly = ask.clone();
    Effect::new(move |_| {
        if autofill {
            quietly(Asking::Quietly);
        }
    });
    let on_click = move |_| {
        said.set(String::new());
        ask(if make { Asking::New } else { Asking::Now });
    };
    view! {
        <button class="button button--block" type="button" disabled=move || !awake.get() on:click=on_click>
            <Icon glyph=Glyph::Key/>
            {label}
        </button>
        <p class="muted" role="status">{move || said.get()}</p>
    }
}
