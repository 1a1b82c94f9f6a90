//! Portico's own API: what an application may ask about the portal user who has authorized it.
//!
//! It is a protected resource like that of anybody else: its metadata says where tokens come from
//! (RFC 9728), and each refusal says where that metadata is and which scope is needed.

mod bearer;
mod me;
mod metadata;

use axum::{Router, middleware::map_response_with_state, routing::get};
use model::Context;
use tower_http::cors::{Any, CorsLayer};

/// Paths, below the public URL.
pub mod paths {
    /// Who the token is about.
    pub const ME: &str = "/api/v1/me";
    /// Metadata of whatever this host has (RFC 9728, section 3).
    pub const METADATA: &str = "/.well-known/oauth-protected-resource";
    /// Metadata of the API (RFC 9728, section 3.1).
    pub const API_METADATA: &str = "/.well-known/oauth-protected-resource/api/v1";
}

/// The scope that reading needs.
pub const READ: &str = "portal:read";

/// The API's routes.
pub fn router(ctx: Context) -> Router {
    // Scripts of other origins may use it: with a token, never with cookies.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(Any)
        .allow_headers([http::header::AUTHORIZATION, http::header::ACCEPT, bearer::DPOP])
        .expose_headers([http::header::WWW_AUTHENTICATE, bearer::DPOP_NONCE]);
    let protected =
        Router::new().route(paths::ME, get(me::get)).layer(map_response_with_state(ctx.clone(), bearer::supply_nonce));
    Router::new()
        .merge(protected)
        .route(paths::METADATA, get(metadata::host))
        .route(paths::API_METADATA, get(metadata::api))
        .layer(cors)
        .with_state(ctx)
}
