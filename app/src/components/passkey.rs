//! A form that asks the browser for a passkey.

use leptos::prelude::*;
use model::passkey::Ceremony;

use super::form::Csrf;
use crate::{islands::PasskeyButton, shell};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A new passkey.
    New,
    /// One that is there.
    SignIn,
    /// One that is there, which the browser may also offer in the address field.
    Autofill,
}

/// A form whose button asks for a passkey and sends what comes. Without scripts it is not there.
#[component]
pub fn PasskeyForm(
    /// Where it posts to.
    action: &'static str,
    /// What is asked.
    ceremony: Ceremony,
    /// What is asked for.
    ask: Ask,
    /// What the button says.
    label: &'static str,
    /// Hidden fields.
    #[prop(optional)]
    fields: Vec<(&'static str, String)>,
    /// Fields above the button.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let hidden = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <form class="form js-only" id="passkey" method="post" action=action>
            <Csrf/>
            {hidden.collect_view()}
            <input type="hidden" name="challenge" value=ceremony.challenge/>
            <input type="hidden" name="answer" id="passkey-answer"/>
            {children.map(|children| children())}
            <PasskeyButton
                form="passkey".to_owned()
                answer="passkey-answer".to_owned()
                options=ceremony.options
                label=label.to_owned()
                none=shell::texts().portal.sign_in.no_passkey.to_owned()
                make=ask == Ask::New
                autofill=ask == Ask::Autofill
            />
        </form>
    }
}
