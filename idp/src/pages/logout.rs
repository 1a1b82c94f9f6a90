//! Pages around signing out.

use axum::response::{IntoResponse as _, Response};
use maud::html;

use super::{Page, PageError, icon, texts};
use crate::{Idp, browser::Browser, logout::Back, params::Params, paths};

/// What the client had said, and the answer still needs.
const CARRIED: [&str; 5] = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

/// Asks whether the person wants to sign out, and carries what the client had said.
#[must_use]
pub(crate) fn confirm(idp: &Idp, browser: &Browser, params: &Params) -> Response {
    let t = &texts::current().logout;
    let (title, lead) = t.ask;
    let main = html! {
        div class="page" {
            form class="card" method="post" action=(paths::LOGOUT) {
                input type="hidden" name="csrf" value=(browser.form_token(&idp.ctx));
                @for name in CARRIED {
                    @if let Some(value) = params.get(name) { input type="hidden" name=(name) value=(value); }
                }
                h1 { (title) }
                p class="lead" { (lead) }
                button class="button" { (t.sign_out) }
            }
        }
    };
    let page = Page { leads_to: params.get("post_logout_redirect_uri"), ..Page::new(title) };
    page.respond(&idp.ctx, &main).unwrap_or_else(|fault| PageError::from(fault).into_response())
}

/// Says that the person is signed out, leads back, and loads what clients want to be loaded.
///
/// A frame may run its own scripts, and cannot lead the page away.
#[must_use]
pub fn signed_out(idp: &Idp, back: &Back, frames: &[String]) -> Response {
    let texts = texts::current();
    let t = &texts.logout;
    let main = html! {
        div class="page" {
            div class="card" {
                p class="tick" { (icon::check()) (t.done) }
                h1 { (t.done_title) }
                @match back {
                    Back::To(back) => {
                        p class="lead" { (t.done_back) }
                        a class="button" href=(back) { (texts.go_on) }
                    }
                    Back::Refused => p class="lead" { (t.done_elsewhere) },
                    Back::Nowhere => p class="lead" { (t.done_lead) },
                }
            }
        }
        @for frame in frames {
            iframe src=(frame) title=(t.frame) sandbox="allow-scripts allow-same-origin" hidden {}
        }
    };
    let page = Page { frames, ..Page::new(t.done_title) };
    page.respond(&idp.ctx, &main).unwrap_or_else(|fault| PageError::from(fault).into_response())
}
