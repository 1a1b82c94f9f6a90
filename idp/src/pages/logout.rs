//! Pages around signing out.

use axum::response::{IntoResponse as _, Response};
use maud::html;
use model::cache::Product;

use super::{Operator, Page, PageError, consent::known_as, icon, texts};
use crate::{Idp, browser::Browser, logout::Back, params::Params, paths, session::Session};

/// What the client had said, and the answer still needs.
const CARRIED: [&str; 5] = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

/// What is asked.
pub(crate) struct Question<'a> {
    /// What would end.
    pub sessions: &'a [Session],
    /// The product that has sent the browser here, if it says so.
    pub asked_by: Option<&'a Product>,
    /// Whose colours the page wears.
    pub brand: Option<&'a Operator>,
    /// What the client had said.
    pub params: &'a Params,
}

/// Asks whether the person wants to sign out: who they are here, and who asks. It carries what the
/// client had said.
///
/// # Errors
///
/// When the database fails.
pub(crate) async fn confirm(idp: &Idp, browser: &Browser, question: &Question<'_>) -> Result<Response, PageError> {
    let Question { sessions, asked_by, brand, params } = *question;
    let t = &texts::current().logout;
    let mut accounts = Vec::with_capacity(sessions.len());
    for session in sessions {
        accounts.extend(known_as(&idp.ctx, session.subject).await?);
    }
    let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let main = html! {
        div class="page" {
            form class="card" method="post" action=(paths::LOGOUT) {
                input type="hidden" name="csrf" value=(browser.form_token(&idp.ctx));
                @for name in CARRIED {
                    @if let Some(value) = params.get(name) { input type="hidden" name=(name) value=(value); }
                }
                h1 { (t.ask) }
                p class="lead" { bdi { ((t.whose)(&accounts)) } }
                @if let Some(product) = asked_by { p class="lead" { bdi { ((t.asked_by)(&product.name)) } } }
                button class="button" name="decision" value="leave" { (t.sign_out) }
                button class="button button--quiet" name="decision" value="stay" { (t.stay) }
            }
        }
    };
    let page = Page { brand, leads_to: params.get("post_logout_redirect_uri"), ..Page::new(t.ask) };
    Ok(page.respond(&idp.ctx, &main)?)
}

/// Says that nothing has changed.
#[must_use]
pub(crate) fn kept(idp: &Idp, brand: Option<&Operator>) -> Response {
    let (title, lead) = texts::current().logout.kept;
    let main = html! {
        div class="page" {
            div class="card" {
                h1 { (title) }
                p class="lead" { (lead) }
            }
        }
    };
    let page = Page { brand, ..Page::new(title) };
    page.respond(&idp.ctx, &main).unwrap_or_else(|fault| PageError::from(fault).into_response())
}

/// Says that the person is signed out, leads back, and loads what clients want to be loaded.
///
/// A frame may run its own scripts, and cannot lead the page away.
#[must_use]
pub(crate) fn signed_out(idp: &Idp, brand: Option<&Operator>, back: &Back, frames: &[String]) -> Response {
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
    let page = Page { brand, frames, ..Page::new(t.done_title) };
    page.respond(&idp.ctx, &main).unwrap_or_else(|fault| PageError::from(fault).into_response())
}
