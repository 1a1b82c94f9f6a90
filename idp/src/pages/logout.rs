//! Pages around signing out.

use axum::response::{IntoResponse as _, Response};
use maud::html;

use super::{Page, PageError, icon, texts};
use crate::{Idp, browser::Browser, params::Params, paths};

/// What the client had said, and the answer still needs.
const CARRIED: [&str; 4] = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"];

/// Asks whether the person wants to sign out, and carries what the client had said.
#[must_use]
pub(crate) fn confirm(idp: &Idp, browser: &Browser, params: &Params) -> Response {
    let main = html! {
        div class="page" {
            form class="card" method="post" action=(paths::LOGOUT) {
                input type="hidden" name="csrf" value=(browser.form_token(&idp.ctx));
                @for name in CARRIED {
                    @if let Some(value) = params.get(name) { input type="hidden" name=(name) value=(value); }
                }
                h1 { (texts::logout::ASK_TITLE) }
                p class="lead" { (texts::logout::ASK) }
                button class="button" { (texts::logout::SIGN_OUT) }
            }
        }
    };
    let page = Page { leads_to: params.get("post_logout_redirect_uri"), ..Page::new(texts::logout::ASK_TITLE) };
    page.respond(&idp.ctx, &main).unwrap_or_else(|fault| PageError::from(fault).into_response())
}

/// Says that the person is signed out, leads back, and loads what clients want to be loaded.
///
/// A frame may run its own scripts, and cannot lead the page away.
#[must_use]
pub fn signed_out(idp: &Idp, back: Option<&str>, frames: &[String]) -> Response {
    let main = html! {
        div class="page" {
            div class="card" {
                p class="tick" { (icon::check()) (texts::logout::DONE) }
                h1 { (texts::logout::DONE_TITLE) }
                @match back {
                    Some(back) => {
                        p class="lead" { (texts::logout::DONE_BACK) }
                        a class="button" href=(back) { (texts::logout::CONTINUE) }
                    }
                    None => p class="lead" { (texts::logout::DONE_LEAD) },
                }
            }
        }
        @for frame in frames {
            iframe src=(frame) title=(texts::logout::FRAME) sandbox="allow-scripts allow-same-origin" hidden {}
        }
    };
    let page = Page { frames, ..Page::new(texts::logout::DONE_TITLE) };
    page.respond(&idp.ctx, &main).unwrap_or_else(|fault| PageError::from(fault).into_response())
}
