//! The pages for people who sign a device in.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use maud::html;
use model::{Context, Fault, cache::Product, device::Waiting};

use super::{Page, PageError, error_line, hidden, icon, product_head, texts};
use crate::{browser::Browser, flow::Interaction};

/// Asks for the code, again with what is wrong with the one that was typed.
///
/// # Errors
///
/// When something fails inside.
pub(crate) fn ask(
    ctx: &Context,
    browser: &Browser,
    status: StatusCode,
    typed: &str,
    error: Option<&str>,
) -> Result<Response, Fault> {
    let described = if error.is_some() { "code-e code-h" } else { "code-h" };
    let main = html! {
        div class="page" {
            form class="card" method="post" action="/device" {
                input type="hidden" name="csrf" value=(browser.form_token(ctx));
                h1 { (texts::device::TITLE) }
                p class="lead" { (texts::device::LEAD) }
                div class="field" {
                    label class="label" for="code" { (texts::device::CODE) }
                    input class="input" id="code" name="user_code" value=(typed) maxlength="40" required autofocus
                        autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX"
                        aria-invalid=[error.map(|_| "true")] aria-describedby=(described);
                    @if let Some(error) = error { (error_line("code-e", error)) }
                    p class="hint" id="code-h" { (texts::device::HINT) }
                }
                button class="button" { (texts::device::CONTINUE) }
            }
        }
    };
    Page { status, ..Page::new(texts::device::TITLE) }.respond(ctx, &main)
}

/// Says who asks and from where, and what to do when that was somebody else.
///
/// # Errors
///
/// When something fails inside.
pub(crate) fn confirm(
    ctx: &Context,
    browser: &Browser,
    interaction: &Interaction,
    product: &Product,
    waiting: &Waiting,
) -> Result<Response, Fault> {
    let minutes = ctx.now().since(waiting.created_at) / 60_000;
    let main = html! {
        div class="page" {
            form class="card" method="post" action="/device/confirm" {
                (hidden(&interaction.seal(ctx)?, &browser.form_token(ctx)))
                (product_head(product, &texts::device::heading(&product.name)))
                ul class="facts" {
                    li { (icon::person()) span { (texts::device::receives(&product.organization_name)) } }
                    li { (icon::clock()) span { (texts::device::asked_from(&waiting.asked.address, minutes)) } }
                    li { (icon::alert()) span { (texts::device::WARNING) } }
                }
                button class="button" name="decision" value="go" { (texts::device::MINE) }
                p class="center" {
                    button class="link" name="decision" value="stop" { (texts::device::NOT_MINE) }
                }
            }
        }
    };
    let page = Page { support: product.support_email.as_deref(), ..Page::new(texts::device::TITLE) };
    page.respond(ctx, &main)
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The device gets its tokens.
    Allowed,
    /// The device is told no.
    Denied,
    /// The device had its answer before, or waits no longer.
    Over,
}

/// The last page.
#[must_use]
pub fn end(ctx: &Context, outcome: Outcome) -> Response {
    let (status, title, lead) = match outcome {
        Outcome::Allowed => (StatusCode::OK, texts::device::ALLOWED_TITLE, texts::device::ALLOWED),
        Outcome::Denied => (StatusCode::OK, texts::device::DENIED_TITLE, texts::device::DENIED),
        Outcome::Over => (StatusCode::GONE, texts::device::OVER_TITLE, texts::device::OVER),
    };
    let main = html! {
        div class="page" {
            div class="card" {
                h1 { (title) }
                p class="lead" { (lead) }
            }
        }
    };
    let page = Page { status, ..Page::new(title) };
    page.respond(ctx, &main).unwrap_or_else(|fault| PageError::from(fault).into_response())
}
