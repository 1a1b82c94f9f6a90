//! Notices.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::notice::{Notice, Tone};

/// A notice in words, with the icon of its tone.
#[component]
pub fn NoticeBox(notice: Notice) -> impl IntoView {
    view! { <Alert tone=notice.tone>{notice.text}</Alert> }
}

/// A box that says something: one that went wrong or needs care is read out at once.
#[component]
pub fn Alert(tone: Tone, children: Children) -> impl IntoView {
    let (glyph, role) = match tone {
        Tone::Info => (Glyph::Info, "status"),
        Tone::Success => (Glyph::Check, "status"),
        Tone::Warning => (Glyph::Warning, "status"),
        Tone::Danger => (Glyph::Warning, "alert"),
    };
    view! {
        <div class=format!("notice notice--{}", tone.as_str()) role=role>
            <Icon glyph=glyph/>
            <div>
                <p>{children()}</p>
            </div>
        </div>
    }
}
