//! The pages for subscribers who take back what they have allowed a product.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use maud::html;
use model::{Context, Fault, cache::Product, phone};

use super::{Back, Operator, Page, PageError, icon, product_head, texts};
use crate::revoke_page::PATH;

/// What is asked.
pub(crate) struct Question<'a> {
    /// The secret of the link.
    pub link: &'a str,
    /// The anti-forgery token.
    pub form_token: &'a str,
    /// What would lose its access.
    pub product: &'a Product,
    /// The subscriber's number, if the product knows it: its client can open the link, too.
    pub number: Option<&'a str>,
    /// Where they return to, if they do.
    pub leads_to: Option<&'a str>,
}

/// Asks, in the operator's colours.
///
/// # Errors
///
/// When something fails inside.
pub(crate) fn ask(ctx: &Context, operator: &Operator, question: &Question<'_>) -> Result<Response, Fault> {
    let Question { link, form_token, product, number, leads_to } = *question;
    let texts = texts::current();
    let t = &texts.revoke;
    let name = &product.name;
    let title = (t.title)(name);
    let main = html! {
        form class="page" method="post" action=(PATH) {
            input type="hidden" name="csrf" value=(form_token);
            input type="hidden" name="revoke_token" value=(link);
            section class="card" {
                @if let Some(number) = number {
                    p class="strip" { ((t.strip)(&phone::mask(number))) }
                }
                (product_head(product, &title))
                p { ((t.loses)(name)) }
            }
            section class="card" aria-labelledby="next" {
                h2 id="next" { (texts.consent.next) }
                ul class="facts" {
                    li { (icon::clock()) span { ((t.at_once)(name)) } }
                    li { (icon::person()) span { ((t.stays)(&product.organization_name)) } }
                    @if let Some(leads_to) = leads_to {
                        li { (icon::leave()) span { ((texts.consent.return_to)(Some(&texts::Place::of(leads_to)))) } }
                    }
                }
                @if let Some(mail) = product.support_email.as_deref().filter(|mail| !mail.is_empty()) {
                    p class="hint" { ((t.questions)(name)) " " a href={ "mailto:" (mail) } { (mail) } }
                }
            }
            div class="bar" {
                button class="button button--quiet" name="decision" value="cancel" { (texts.consent.cancel) }
                button class="button button--danger" name="decision" value="remove" { (t.remove) }
            }
        }
    };
    Page { brand: Some(operator), leads_to, ..Page::new(&title) }.respond(ctx, &main)
}

/// How it ended, where no redirect says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The product has no access any more.
    Removed,
    /// It has what it had.
    Kept,
    /// There was an answer before, or the time is over, or the link never was one.
    Over,
}

/// The last page, in the operator's colours if it is known, with a way to the product's site if there
/// is one.
#[must_use]
pub(crate) fn end(ctx: &Context, brand: Option<&Operator>, outcome: Outcome, back: Option<&Back>) -> Response {
    let texts = texts::current();
    let t = &texts.revoke;
    let (status, (title, lead)) = match outcome {
        Outcome::Removed => (StatusCode::OK, t.removed),
        Outcome::Kept => (StatusCode::OK, t.kept),
        Outcome::Over => (StatusCode::GONE, t.over),
    };
    let main = html! {
        div class="page" {
            div class="card" {
                h1 { (title) }
                p class="lead" { (lead) }
                @if let Some(back) = back { (back.button()) }
            }
        }
    };
    let page = Page { status, brand, ..Page::new(title) };
    page.respond(ctx, &main).unwrap_or_else(|fault| PageError::from(fault).into_response())
}
