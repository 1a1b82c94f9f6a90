//! The page that asks for the PIN. It is the same for a number that nobody here has.

use axum::response::Response;
use http::StatusCode;
use maud::html;
use model::{
    Context, Fault,
    cache::Product,
    interaction::Interaction,
    message::{self, Channel},
};

use super::{Page, error_line, hidden, icon, names, only, operators_of, texts};
use crate::browser::Browser;

/// What the page says beside its question.
pub(crate) struct Asked<'a> {
    pub status: StatusCode,
    pub error: Option<&'a str>,
    /// Whether the PIN can still be entered; otherwise only a new one helps.
    pub open: bool,
    /// Whether another one was just sent.
    pub again: bool,
}

impl Asked<'_> {
    /// The first time.
    pub const fn first(again: bool) -> Self {
        Self { status: StatusCode::OK, error: None, open: true, again }
    }
}

/// Asks for the PIN that was sent to the interaction's number.
pub(crate) async fn render(
    ctx: &Context,
    browser: &Browser,
    interaction: &Interaction,
    product: &Product,
    asked: &Asked<'_>,
) -> Result<Response, Fault> {
    let operators = operators_of(ctx, product).await?;
    let texts = texts::current();
    let t = &texts.pin;
    let sealed = interaction.seal(ctx)?;
    let delayed = message::delayed(ctx, Channel::Sms).await?;
    let minutes = ctx.settings().lifetimes.pin / 60_000;
    let number = interaction.number.as_deref().unwrap_or_default();
    let main = html! {
        div class="page" {
            form class="card" method="post" action=(if asked.open { "/login/pin" } else { "/login/resend" }) {
                (hidden(&sealed, &browser.form_token(ctx)))
                div class="stack" {
                    h1 { (t.title) }
                    p class="lead" { (t.sent_to) strong { (number) } ((t.valid)(minutes)) }
                }
                @if asked.again && asked.error.is_none() {
                    p class="tick" role="status" { (icon::check()) span { (t.sent_again) } }
                }
                @if delayed { p class="lead" role="status" { (t.delayed) } }
                @if asked.open {
                    div class="field" {
                        label class="label" for="pin" { (t.label) }
                        input class="input input--code" id="pin" name="pin" inputmode="numeric"
                            autocomplete="one-time-code" pattern="[0-9 ]*" maxlength="12" required autofocus
                            aria-invalid=[asked.error.map(|_| "true")] aria-describedby=[asked.error.map(|_| "pin-e")];
                        @if let Some(error) = asked.error { (error_line("pin-e", error)) }
                    }
                    button class="button" { (texts.go_on) }
                    p class="choices" {
                        button class="link" formaction="/login/resend" formnovalidate { (t.resend) }
                        a href={ "/login?i=" (sealed) } { (t.other_number) }
                    }
                } @else {
                    @if let Some(error) = asked.error { (error_line("pin-e", error)) }
                    button class="button" autofocus { (t.resend) }
                    p class="center" { a href={ "/login?i=" (sealed) } { (t.other_number) } }
                }
                p class="center" {
                    button class="link" name="action" value="cancel" formaction="/login" formnovalidate {
                        ((texts.cancel_to)(&product.name))
                    }
                }
            }
            p class="hint center" { (t.never_tell) }
            p class="hint center" { ((t.not_here)(names(&operators).as_deref())) }
            @if ctx.settings().sandbox {
                p class="hint center" {
                    (t.outbox) a href="/sandbox/outbox" target="_blank" rel="noopener" { (t.outbox_link) } "."
                }
            }
        }
    };
    let page = Page {
        status: asked.status,
        brand: only(&operators),
        support: product.support_email.as_deref(),
        leads_to: interaction.request.redirected_to(),
        ..Page::new(t.title)
    };
    page.respond(ctx, &main)
}
