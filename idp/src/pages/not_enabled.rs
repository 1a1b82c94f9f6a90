//! The page for subscribers whose operator has not enabled the product.

use axum::response::Response;
use http::StatusCode;
use maud::html;
use model::{
    cache::{self, Product},
    interaction::Interaction,
};
use uuid::Uuid;

use super::{Page, PageError, hidden, texts};
use crate::{Idp, browser::Browser, session::Session};

/// Says so. The button tells the client, too.
///
/// # Errors
///
/// When something fails inside.
pub async fn page(
    idp: &Idp,
    browser: &Browser,
    interaction: &Interaction,
    session: &Session,
    operator: Uuid,
    product: &Product,
) -> Result<Response, PageError> {
    let ctx = &idp.ctx;
    let operator = cache::operator(ctx, operator).await?.ok_or(PageError::ClientGone)?;
    let t = texts::current();
    let title = (t.not_enabled.title)(&operator.name, &product.name);
    let sealed = interaction.seal(ctx)?;
    let main = html! {
        div class="page" {
            form class="card" method="post" action="/consent" {
                (hidden(&sealed, &browser.form_token(ctx)))
                input type="hidden" name="session" value=(session.id);
                h1 { (title) }
                p class="lead" { ((t.not_enabled.lead)(&operator.name, &product.name)) }
                button class="button" name="decision" value="cancel" { ((t.back_to)(&product.name)) }
                p class="center" { a href={ "/login?i=" (sealed) } { (t.pin.other_number) } }
            }
        }
    };
    let page = Page {
        status: StatusCode::FORBIDDEN,
        brand: Some(&operator),
        leads_to: interaction.request.redirected_to(),
        ..Page::new(&title)
    };
    Ok(page.respond(ctx, &main)?)
}
