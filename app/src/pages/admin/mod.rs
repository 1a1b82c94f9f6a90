//! What platform administrators alone see.

mod apis;
mod history;
mod keys;
mod pull;
mod registration;
mod waiting;

use axum::{Router, response::Redirect, routing::get};

use crate::{
    AppState,
    components::icon::Glyph,
    extract::Administrator,
    layout::{Entry, Page},
};

/// The pages below `/admin`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin", get(index))
        .route("/admin/apis", get(apis::list))
        .route("/admin/apis/new", get(apis::new_page).post(apis::create))
        .route("/admin/apis/{api}", get(apis::page).post(apis::change))
        .route("/admin/apis/{api}/remove", get(apis::remove_page).post(apis::remove))
        .route("/admin/apis/{api}/scopes", get(apis::back).post(apis::add_scope))
        .route("/admin/apis/{api}/scopes/edit", get(apis::edit_scope_page).post(apis::edit_scope))
        .route("/admin/apis/{api}/scopes/remove", get(apis::remove_scope_page).post(apis::remove_scope))
        .route("/admin/history", get(history::show))
        .route("/admin/keys", get(keys::page))
        .route("/admin/keys/rotate", get(keys::rotate_page).post(keys::rotate))
        .route("/admin/keys/{key}/retire", get(keys::retire_page).post(keys::retire))
        .route("/admin/keys/{key}/pull", get(pull::page).post(pull::submit))
        .route("/admin/registration", get(registration::page).post(registration::create))
        .route("/admin/registration/waiting", get(waiting::page))
        .route("/admin/registration/{token}/revoke", get(registration::revoke_page).post(registration::revoke))
}

async fn index(_: Administrator) -> Redirect {
    Redirect::to(keys::PATH)
}

/// A page with the navigation between them, at the entry `current`.
fn page(title: impl Into<String>, current: &str) -> Page {
    let entry = |label, name: &str, glyph| Entry::side(label, format!("/admin/{name}"), glyph, current == name);
    let entries = vec![
        entry("Keys", "keys", Glyph::Key),
        entry("APIs", "apis", Glyph::Globe),
        entry("Registration tokens", "registration", Glyph::Code),
        entry("Clients without an owner", "registration/waiting", Glyph::Users),
        entry("History", "history", Glyph::History),
    ];
    Page::new(title).crumb_to("Administration", "/admin").side("Administration", entries)
}
