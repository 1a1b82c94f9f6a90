//! Products and what belongs to them.

mod access;
mod certificate;
mod client;
mod client_form;
mod clients;
mod create;
mod credentials;
mod deliveries;
mod distribution;
mod frame;
mod grants;
mod help;
mod information;
mod issuers;
mod key_place;
mod keys;
mod libraries;
mod list;
mod logout;
mod new_client;
mod palette;
mod quick_start;
mod scopes;
mod tokens;
mod words;

use axum::{
    Router,
    extract::RawQuery,
    response::Redirect,
    routing::{get, post},
};

pub use self::{
    access::{AtProduct, ProductWith},
    list::ProductList,
};
pub(crate) use self::{
    create::form_id,
    credentials::value as shown_once,
    distribution::state_of,
    frame::{Confirm, audience, logo},
    words::{count, text as text_problem},
};
use crate::AppState;

/// The pages below `/products` and the creation of products.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/organizations/{org}/products/new", get(create::page).post(create::submit))
        .route("/products/{product}", get(start))
        .route("/products/{product}/information", get(information::page).post(information::submit))
        .route("/products/{product}/delete", get(information::delete_page).post(information::delete))
        .route("/products/{product}/distribution", get(distribution::page).post(distribution::submit))
        .route("/products/{product}/scopes", get(scopes::page).post(scopes::submit))
        .route("/products/{product}/clients", get(clients::page))
        .route("/products/{product}/clients/new", get(new_client::page).post(new_client::submit))
        .route("/products/{product}/clients/{client}", get(client::page).post(client::submit))
        .route("/products/{product}/clients/{client}/secrets", get(client::secrets_page).post(client::rotate))
        .route("/products/{product}/clients/{client}/secrets/{secret}/end", get(client::end_page).post(client::end))
        .route("/products/{product}/clients/{client}/keys", get(keys::page).post(keys::submit))
        .route("/products/{product}/clients/{client}/keys/place", get(keys::back).post(key_place::submit))
        .route("/products/{product}/clients/{client}/keys/fetch", get(keys::back).post(key_place::fetch))
        .route("/products/{product}/clients/{client}/keys/{key}/remove", get(keys::remove_page).post(keys::remove))
        .route("/products/{product}/clients/{client}/method", get(keys::back).post(keys::set_method))
        .route("/products/{product}/clients/{client}/grants", get(grants::page).post(grants::submit))
        .route("/products/{product}/clients/{client}/issuers", get(issuers::page).post(issuers::submit))
        .route(
            "/products/{product}/clients/{client}/issuers/{issuer}/remove",
            get(issuers::remove_page).post(issuers::remove),
        )
        .route("/products/{product}/clients/{client}/certificate", get(certificate::page).post(certificate::submit))
        .route("/products/{product}/clients/{client}/logout", get(logout::page).post(logout::submit))
        .route("/products/{product}/clients/{client}/tokens", get(tokens::page).post(tokens::submit))
        .route("/products/{product}/clients/{client}/disable", get(client::disable_page).post(client::disable))
        .route("/products/{product}/clients/{client}/enable", post(client::enable))
        .route("/products/{product}/clients/{client}/delete", get(client::delete_page).post(client::delete))
        .route("/help/redirect-uris", get(help::redirect_uris))
        .route("/palette", get(palette::links))
}

/// The product's first tab.
async fn start(at: AtProduct, RawQuery(_): RawQuery) -> Redirect {
    Redirect::to(&at.path("/information"))
}
