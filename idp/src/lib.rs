//! Portico's identity provider: OAuth 2.1 and OpenID Connect endpoints as plain axum handlers, and
//! the pages on which a subscriber signs in and consents.
//!
//! Endpoints for machines are one module each: [`token`], [`introspect`], [`revoke`],
//! [`userinfo`], [`metadata`]. An authorization request enters by [`authorize`] and is led by
//! [`flow`] through the pages to its code.

mod approve_page;
mod asking;
pub mod authorize;
mod backchannel;
mod bearer;
mod binding;
pub mod browser;
mod client_auth;
mod client_keys;
mod consent_page;
mod device;
mod device_page;
mod dpop;
mod error;
pub mod flow;
pub mod form;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod introspect;
mod language;
mod login;
mod logout;
pub mod metadata;
pub mod pages;
mod par;
mod params;
mod register;
mod request_object;
mod resource;
mod revoke;
mod revoke_link;
mod revoke_page;
mod scope;
pub mod session;
mod step_up;
mod token;
mod userinfo;

use std::sync::Arc;

use axum::{
    Router,
    middleware::{self, map_response_with_state},
    routing::{get, post},
};
use model::{Context, Registration};
use tower_http::cors::{Any, CorsLayer};

use crate::{asking::Requests, client_auth::Failures, metadata::Documents};

/// How many clients and addresses are counted at a time.
const METERED: u64 = 100_000;

/// What every handler of the identity provider works with.
#[derive(Clone)]
pub struct Idp {
    /// The model.
    pub ctx: Context,
    failures: Arc<Failures>,
    requests: Arc<Requests>,
    documents: Arc<Documents>,
}

/// Paths of the endpoints, below the issuer.
pub mod paths {
    /// Authorization (RFC 6749, section 3.1).
    pub const AUTHORIZE: &str = "/oauth2/auth";
    /// Token (RFC 6749, section 3.2).
    pub const TOKEN: &str = "/oauth2/token";
    /// Revocation (RFC 7009).
    pub const REVOKE: &str = "/oauth2/revoke";
    /// Introspection (RFC 7662).
    pub const INTROSPECT: &str = "/oauth2/introspect";
    /// UserInfo (OpenID Connect Core, section 5.3).
    pub const USERINFO: &str = "/userinfo";
    /// Pushed requests (RFC 9126, section 2).
    pub const PAR: &str = "/oauth2/par";
    /// Registration (RFC 7591, section 3); below it, one path for each client (RFC 7592).
    pub const REGISTER: &str = "/oauth2/register";
    /// Device authorization (RFC 8628, section 3.1).
    pub const DEVICE_AUTHORIZATION: &str = "/oauth2/device/auth";
    /// Where people enter the code that a device shows (RFC 8628, section 3.3).
    pub const DEVICE: &str = "/device";
    /// Back-channel authentication (OpenID Connect CIBA 1.0, section 7).
    pub const BACKCHANNEL: &str = "/oauth2/bc-authorize";
    /// End session (OpenID Connect RP-Initiated Logout).
    pub const LOGOUT: &str = "/oauth2/sessions/logout";
    /// Makes a link at which a subscriber takes back what they have allowed; the path is that of clients
    /// in the field.
    pub const REVOKE_LINK: &str = "/ext-api/v0/auth/create-revoke-consent-magic-link";
    /// The endpoints that programs post to, with no cookie of a browser.
    pub const MACHINES: &[&str] =
        &[TOKEN, REVOKE, INTROSPECT, USERINFO, PAR, REGISTER, DEVICE_AUTHORIZATION, BACKCHANNEL, REVOKE_LINK];
    /// Keys (RFC 7517).
    pub const JWKS: &str = "/.well-known/jwks.json";
    /// Metadata (OpenID Connect Discovery).
    pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
    /// Metadata (RFC 8414).
    pub const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
}

/// The identity provider's routes.
pub fn router(ctx: Context) -> Router {
    let documents = Arc::new(Documents::new(ctx.settings()));
    let limits = &ctx.settings().limits;
    let failures = Arc::new(Failures::new(limits.client_auth_address, METERED));
    let requests = Arc::new(Requests::new(limits.client_requests, METERED));
    let policy = ctx.settings().registration;
    let idp = Idp { ctx, failures, requests, documents };
    // Scripts of other origins may use what browser-based applications need, with no cookies.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(Any)
        .allow_headers([http::header::AUTHORIZATION, http::header::CONTENT_TYPE, http::header::ACCEPT, dpop::HEADER])
        .expose_headers([http::header::WWW_AUTHENTICATE, dpop::NONCE]);
    let registration = match policy {
        Registration::Off => Router::new(),
        Registration::WithToken | Registration::Open => {
            Router::new().route(paths::REGISTER, post(register::register)).route(
                &format!("{}/{{client_id}}", paths::REGISTER),
                get(register::show).put(register::change).delete(register::end),
            )
        }
    };
    let binding = Router::new()
        .route(paths::TOKEN, post(token::handle))
        .route(paths::PAR, post(par::handle))
        .route(paths::USERINFO, get(userinfo::get).post(userinfo::post))
        .layer(map_response_with_state(idp.clone(), dpop::supply));
    let machines = Router::new()
        .merge(binding)
        .route(paths::DEVICE_AUTHORIZATION, post(device::handle))
        .route(paths::REVOKE, post(revoke::handle))
        .route(paths::JWKS, get(metadata::jwks))
        .route(paths::OPENID_CONFIGURATION, get(metadata::metadata))
        .route(paths::AUTHORIZATION_SERVER, get(metadata::metadata))
        .merge(registration)
        .layer(cors);
    // Only clients with a secret come here, so no script of another origin does.
    let confidential = Router::new()
        .route(paths::REVOKE_LINK, post(revoke_link::handle))
        .layer(map_response_with_state(idp.clone(), dpop::supply));
    let people = Router::new()
        .route(paths::AUTHORIZE, get(authorize::get).post(authorize::post))
        .route(paths::LOGOUT, get(logout::get).post(logout::post))
        .merge(login::routes())
        .merge(consent_page::routes())
        .merge(device_page::routes())
        .merge(approve_page::routes())
        .merge(revoke_page::routes())
        .layer(middleware::from_fn(language::of_browser));
    Router::new()
        .merge(machines)
        .merge(confidential)
        .route(paths::INTROSPECT, post(introspect::handle))
        .route(paths::BACKCHANNEL, post(backchannel::handle))
        .merge(people)
        .merge(pages::routes())
        .with_state(idp)
}
