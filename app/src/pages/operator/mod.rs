//! The console of an operator's staff.

use axum::Router;

use crate::AppState;

/// The pages below `/operators`.
pub fn routes() -> Router<AppState> {
    Router::new()
}
