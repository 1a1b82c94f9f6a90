//! The page that asks for a phone number.

use axum::response::Response;
use http::StatusCode;
use maud::html;
use model::{Context, Fault, interaction::Interaction, phone::PhoneNumber};

use super::{Asker, Page, PageError, asker_head, consent::links, error_line, hidden, names, only, operators_of, texts};
use crate::{Idp, browser::Browser};

/// Asks for a number.
///
/// # Errors
///
/// When something fails inside.
pub async fn page(
    idp: &Idp,
    browser: &Browser,
    interaction: &Interaction,
    asker: Asker<'_>,
) -> Result<Response, PageError> {
    let hint = interaction.request.login_hint.as_deref().and_then(|hint| PhoneNumber::parse(hint).ok());
    let number = hint.as_ref().map_or("", PhoneNumber::as_str);
    let asked = Asked { status: StatusCode::OK, number, error: None };
    Ok(render(&idp.ctx, browser, interaction, asker, &asked).await?)
}

/// What the page shows in its field.
pub(crate) struct Asked<'a> {
    pub status: StatusCode,
    pub number: &'a str,
    pub error: Option<&'a str>,
}

/// Asks for a number, again with what is wrong with the one that was given.
pub(crate) async fn render(
    ctx: &Context,
    browser: &Browser,
    interaction: &Interaction,
    asker: Asker<'_>,
    asked: &Asked<'_>,
) -> Result<Response, Fault> {
    let product = asker.product;
    let operators = operators_of(ctx, product).await?;
    let t = texts::current();
    let returns_to = interaction.request.redirect_uri().map(texts::Place::of);
    let described = if asked.error.is_some() { "number-e number-h" } else { "number-h" };
    let main = html! {
        div class="page" {
            form class="card" method="post" action="/login" {
                (hidden(&interaction.seal(ctx)?, &browser.form_token(ctx)))
                (asker_head(asker, &(t.login.heading)(&product.name)))
                div class="field" {
                    label class="label" for="number" { (t.login.number) }
                    input class="input" id="number" name="number" type="tel" inputmode="tel" autocomplete="tel"
                        value=(asked.number) placeholder=(texts::EXAMPLE) maxlength="200" required autofocus
                        aria-invalid=[asked.error.map(|_| "true")] aria-describedby=(described);
                    @if let Some(error) = asked.error { (error_line("number-e", error)) }
                    p class="hint" id="number-h" {
                        (t.login.hint)
                        @if let Some(names) = names(&operators) { " " (names) }
                    }
                }
                button class="button" { (t.login.send) }
                p class="center" {
                    button class="link" name="action" value="cancel" formnovalidate { ((t.cancel_to)(&product.name)) }
                }
                p class="hint center" { ((t.consent.return_to)(returns_to.as_ref())) }
                (links(product))
            }
        }
    };
    let page = Page {
        status: asked.status,
        brand: only(&operators),
        support: product.support_email.as_deref(),
        leads_to: interaction.request.redirected_to(),
        ..Page::new(t.login.title)
    };
    page.respond(ctx, &main)
}
