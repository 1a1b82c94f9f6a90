//! The page for portal users whose account has no second factor, where the client insists on one.

use axum::response::Response;
use http::StatusCode;
use maud::html;
use model::{cache::Product, interaction::Interaction};

use super::{Page, PageError, hidden, texts};
use crate::{Idp, browser::Browser, session::Session};

/// Says so, and leads to setting one up. The button tells the client that it cannot be had.
///
/// # Errors
///
/// When something fails inside.
pub fn page(
    idp: &Idp,
    browser: &Browser,
    interaction: &Interaction,
    session: &Session,
    product: &Product,
) -> Result<Response, PageError> {
    let ctx = &idp.ctx;
    let t = texts::current();
    let title = (t.no_factor.title)(&product.name);
    let sealed = interaction.seal(ctx)?;
    let security = format!("{}/account/security", ctx.settings().public_url);
    let main = html! {
        div class="page" {
            form class="card" method="post" action="/consent" {
                (hidden(&sealed, &browser.form_token(ctx)))
                input type="hidden" name="session" value=(session.id);
                h1 { (title) }
                p class="lead" { (t.no_factor.lead) }
                // In a tab of its own, so that this one still knows where to go on.
                p { a href=(security) target="_blank" rel="noopener" { (t.no_factor.set_up) } }
                a class="button" href={ "/consent?i=" (sealed) } { (t.go_on) }
                button class="button button--quiet" name="decision" value="cancel" { ((t.cancel_to)(&product.name)) }
            }
        }
    };
    let page =
        Page { status: StatusCode::FORBIDDEN, leads_to: interaction.request.redirect_uri(), ..Page::new(&title) };
    Ok(page.respond(ctx, &main)?)
}
