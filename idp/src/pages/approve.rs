//! The pages for subscribers who answer a request that came to the phone.

use axum::response::Response;
use maud::html;
use model::{
    Context, Fault,
    ciba::{self, Waiting},
    consent::Standing,
    phone,
};

pub use super::ended::Outcome;
use super::{Asker, Operator, Page, asker_head, consent, ended, icon, texts};

/// What is asked.
pub(crate) struct Question<'a> {
    /// The secret of the link.
    pub link: &'a str,
    /// The anti-forgery token.
    pub form_token: &'a str,
    /// The request.
    pub waiting: &'a Waiting,
    /// Whose it is.
    pub asker: Asker<'a>,
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
    let Question { link, form_token, waiting, asker, number, standing } = *question;
    let product = asker.product;
    let minutes = ctx.now().since(waiting.created_at) / 60_000;
    let texts = texts::current();
    let t = &texts.approve;
    let title = (t.title)(&product.name);
    // Who asks, and what to beware of, come before everything else: the button is always in sight.
    let main = html! {
        form class="page" method="post" action=(ciba::PATH) {
            input type="hidden" name="csrf" value=(form_token);
            input type="hidden" name="t" value=(link);
            section class="card" {
                p class="strip" { ((t.strip)(&phone::mask(number))) }
                (asker_head(asker, &title))
                ul class="facts" {
                    li {
                        (icon::person())
                        span { ((t.asked_from)(&product.organization_name, &waiting.asked.address, minutes)) }
                    }
                    li { (icon::alert()) span { strong { (t.warning) } } }
                }
                @if let Some(message) = &waiting.asked.binding_message {
                    div class="stack" {
                        p class="lead" { (t.compare) }
                        p class="code" { bdi { (message) } }
                    }
                }
            }
            @match standing {
                Standing::Missing { ask, before } => (consent::permissions(product, ask, before.as_deref())),
                Standing::Remembered(_) => section class="card" {
                    p class="lead" { ((t.settled)(&product.name)) }
                },
            }
            section class="card" aria-labelledby="next" {
                h2 id="next" { (texts.consent.next) }
                ul class="facts" {
                    li { (icon::clock()) span { ((texts.consent.lasts)(&product.name, Some(&operator.name))) } }
                }
                (consent::links(product))
            }
            div class="bar" {
                button class="button button--quiet" name="decision" value="deny" formnovalidate { (t.deny) }
                button class="button" name="decision" value="allow" { (texts.consent.allow) }
            }
        }
    };
    Page { brand: Some(operator), ..Page::new(&title) }.respond(ctx, &main)
}

/// The last page.
#[must_use]
pub(crate) fn end(ctx: &Context, brand: Option<&Operator>, outcome: Outcome) -> Response {
    let t = &texts::current().approve;
    ended::page(ctx, brand, outcome, [t.allowed, t.denied, t.over])
}
