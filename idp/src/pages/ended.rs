//! The last page for somebody who has answered for a client that waits elsewhere: a device, or
//! whoever asked on the phone.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use maud::html;
use model::Context;

use super::{Operator, Page, PageError};

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

/// The title of the page, and what stands below it.
type Words = (&'static str, &'static str);

/// The page, in the words of what was answered: when it was allowed, denied, and over. The operator's
/// colours and its support stay, where it is known.
pub(crate) fn page(
    ctx: &Context,
    brand: Option<&Operator>,
    outcome: Outcome,
    [allowed, denied, over]: [Words; 3],
) -> Response {
    let (status, (title, lead)) = match outcome {
        Outcome::Allowed => (StatusCode::OK, allowed),
        Outcome::Denied => (StatusCode::OK, denied),
        Outcome::Over => (StatusCode::GONE, over),
    };
    let main = html! {
        div class="page" {
            div class="card" {
                h1 { (title) }
                p class="lead" { (lead) }
            }
        }
    };
    let page = Page { status, brand, ..Page::new(title) };
    page.respond(ctx, &main).unwrap_or_else(|fault| PageError::from(fault).into_response())
}
