//! Products and what belongs to them.

use axum::Router;

use crate::AppState;

/// The pages below `/products` and the creation of products.
pub fn routes() -> Router<AppState> {
    Router::new()
}
