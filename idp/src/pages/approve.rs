//! The pages for subscribers who answer a request that came to the phone.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use maud::html;
use model::{
    Context, Fault,
    cache::Product,
    ciba::{self, Waiting},
    consent::Standing,
    phone,
};

use super::{Operator, Page, PageError, consent, icon, product_head, texts};

/// What is asked.
pub(crate) struct Question<'a> {
    /// The secret of the link.
    pub link: &'a str,
    /// The anti-forgery token.
    pub form_token: &'a str,
    /// The request.
    pub waiting: &'a Waiting,
    /// Whose it is.
    pub product: &'a Product,
    /// The subscriber's number.
    pub number: &'a str,
    /// What was allowed before.
    pub standing: &'a Standing,
}

/// Asks, in the operator's colours. The page is shown also when everything was allowed before:
/// what matters here is that the person wants it now.
///
/// # Errors
///
/// When something fails inside.
pub(crate) fn ask(ctx: &Context, operator: &Operator, question: &Question<'_>) -> Result<Response, Fault> {
    let Question { link, form_token, waiting, product, number, standing } = question;
    let minutes = ctx.now().since(waiting.created_at) / 60_000;
    let title = texts::approve::title(&product.name);
    let main = html! {
        form class="page" method="post" action=(ciba::PATH) {
            input type="hidden" name="csrf" value=(form_token);
            input type="hidden" name="t" value=(link);
            section class="card" {
                p class="strip" { (texts::approve::strip(&phone::mask(number))) }
                (product_head(product, &title))
                @if let Some(message) = &waiting.asked.binding_message {
                    p class="lead" { (texts::approve::COMPARE) }
                    p class="lead" { strong { bdi { (message) } } }
                }
            }
            @match standing {
                Standing::Missing { ask, before } => (consent::permissions(product, ask, before.as_deref())),
                Standing::Remembered(_) => section class="card" {
                    p class="lead" { (texts::approve::settled(&product.name)) }
                },
            }
            section class="card" aria-labelledby="who" {
                h2 id="who" { (texts::approve::WHO) }
                ul class="facts" {
                    li {
                        (icon::person())
                        span { (texts::approve::asked_from(&product.organization_name, &waiting.asked.address, minutes)) }
                    }
                    li { (icon::clock()) span { (texts::consent::lasts(&product.name, &operator.name)) } }
                    li { (icon::alert()) span { (texts::approve::WARNING) } }
                }
                (consent::links(product))
            }
            div class="bar" {
                button class="button button--quiet" name="decision" value="deny" formnovalidate { (texts::approve::DENY) }
                button class="button" name="decision" value="allow" { (texts::approve::ALLOW) }
            }
        }
    };
    Page { brand: Some(operator), ..Page::new(&title) }.respond(ctx, &main)
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The client gets its tokens.
    Allowed,
    /// The client is told no.
    Denied,
    /// There was an answer before, or the time is over, or nobody ever asked.
    Over,
}

/// The last page.
#[must_use]
pub fn end(ctx: &Context, outcome: Outcome) -> Response {
    let (status, title, lead) = match outcome {
        Outcome::Allowed => (StatusCode::OK, texts::approve::ALLOWED_TITLE, texts::approve::ALLOWED),
        Outcome::Denied => (StatusCode::OK, texts::approve::DENIED_TITLE, texts::approve::DENIED),
        Outcome::Over => (StatusCode::GONE, texts::approve::OVER_TITLE, texts::approve::OVER),
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
