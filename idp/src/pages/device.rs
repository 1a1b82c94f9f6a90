//! The pages for people who sign a device in.

use axum::response::Response;
use http::StatusCode;
use maud::html;
use model::{Context, Fault, device::Waiting, interaction::Interaction};

pub use super::ended::Outcome;
use super::{Asker, Operator, Page, asker_head, ended, error_line, hidden, icon, texts};
use crate::browser::Browser;

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
    let t = texts::current();
    let described = if error.is_some() { "code-e code-h" } else { "code-h" };
    let main = html! {
        div class="page" {
            form class="card" method="post" action="/device" {
                input type="hidden" name="csrf" value=(browser.form_token(ctx));
                h1 { (t.device.title) }
                p class="lead" { (t.device.lead) }
                div class="field" {
                    label class="label" for="code" { (t.device.code) }
                    input class="input" id="code" name="user_code" value=(typed) maxlength="40" required autofocus
                        autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX"
                        aria-invalid=[error.map(|_| "true")] aria-describedby=(described);
                    @if let Some(error) = error { (error_line("code-e", error)) }
                    p class="hint" id="code-h" { (t.device.hint) }
                }
                button class="button" { (t.go_on) }
            }
        }
    };
    Page { status, ..Page::new(t.device.title) }.respond(ctx, &main)
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
    asker: Asker<'_>,
    waiting: &Waiting,
) -> Result<Response, Fault> {
    let t = &texts::current().device;
    let product = asker.product;
    let minutes = ctx.now().since(waiting.created_at) / 60_000;
    let main = html! {
        div class="page" {
            form class="card" method="post" action="/device/confirm" {
                (hidden(&interaction.seal(ctx)?, &browser.form_token(ctx)))
                (asker_head(asker, &(t.heading)(&product.name)))
                ul class="facts" {
                    li { (icon::person()) span { ((t.receives)(&product.organization_name)) } }
                    li { (icon::clock()) span { ((t.asked_from)(&waiting.asked.address, minutes)) } }
                    li { (icon::alert()) span { (t.warning) } }
                }
                button class="button" name="decision" value="go" { (t.mine) }
                p class="center" {
                    button class="link" name="decision" value="stop" { (t.not_mine) }
                }
            }
        }
    };
    let page = Page { support: product.support_email.as_deref(), ..Page::new(t.title) };
    page.respond(ctx, &main)
}

/// The last page, in the colours of whoever has signed in.
#[must_use]
pub fn end(ctx: &Context, brand: Option<&Operator>, outcome: Outcome) -> Response {
    let t = &texts::current().device;
    ended::page(ctx, brand, outcome, [t.allowed, t.denied, t.over])
}
