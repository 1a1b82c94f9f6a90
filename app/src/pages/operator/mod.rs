//! The console of an operator's staff: what is offered to it, and its decision.

mod access;
mod product;
mod products;

use axum::{Router, response::Redirect, routing::get};

use self::access::AtOperator;
use crate::AppState;

/// The pages below `/operators`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/operators/{org}", get(start))
        .route("/operators/{org}/products", get(products::page))
        .route("/operators/{org}/products/{product}", get(product::page))
        .route("/operators/{org}/products/{product}/enable", get(product::enable_page).post(product::enable))
        .route("/operators/{org}/products/{product}/disable", get(product::disable_page).post(product::disable))
}

async fn start(at: AtOperator) -> Redirect {
    Redirect::to(&at.path("/products"))
}
