//! Forms and buttons.

use leptos::prelude::*;

use crate::{form::CSRF_FIELD, shell::FormToken};

/// The hidden field that proves that a form came from our page. In every form that posts.
#[component]
pub fn Csrf() -> impl IntoView {
    let token = use_context::<FormToken>().map(|token| token.0.to_string()).unwrap_or_default();
    view! { <input type="hidden" name=CSRF_FIELD value=token/> }
}

/// A form that is only a button, such as *Sign out*.
#[component]
pub fn ButtonForm(
    /// Where it posts to.
    #[prop(into)]
    action: String,
    /// The class of the button.
    #[prop(default = "button".into(), into)]
    class: String,
    /// Hidden fields.
    #[prop(optional)]
    fields: Vec<(&'static str, String)>,
    /// Why it cannot be pressed, if so.
    #[prop(optional, into)]
    disabled: Option<String>,
    /// What the button says.
    children: Children,
) -> impl IntoView {
    view! {
        <form method="post" action=action>
            <Csrf/>
            {fields
                .into_iter()
                .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
                .collect_view()}
            <button class=class disabled=disabled.is_some() title=disabled>
                {children()}
            </button>
        </form>
    }
}
