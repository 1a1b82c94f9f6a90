//! What platform administrators alone see.

mod keys;
mod pull;
mod registration;
mod waiting;

use axum::{
    Router,
    routing::{get, post},
};

use crate::AppState;

/// The pages below `/admin`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin/keys", get(keys::page))
        .route("/admin/keys/rotate", get(keys::back).post(keys::rotate))
        .route("/admin/keys/{key}/retire", post(keys::retire))
        .route("/admin/keys/{key}/pull", get(pull::page).post(pull::submit))
        .route("/admin/registration", get(registration::page).post(registration::create))
        .route("/admin/registration/waiting", get(waiting::page))
        .route("/admin/registration/{token}/revoke", get(registration::back).post(registration::revoke))
}
