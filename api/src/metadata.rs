//! What the API says about itself (RFC 9728).

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use model::{Certificates, Context, client::profile::ASYMMETRIC};
use serde_json::json;

use crate::READ;

/// `GET /.well-known/oauth-protected-resource/api/v1`.
pub async fn api(State(ctx): State<Context>) -> Response {
    document(&ctx, &ctx.settings().api_url())
}

/// `GET /.well-known/oauth-protected-resource`: for clients that look at the host alone.
pub async fn host(State(ctx): State<Context>) -> Response {
    document(&ctx, &ctx.settings().public_url)
}

/// `resource` is what the document's own address was made from (section 3.3): clients compare it.
fn document(ctx: &Context, resource: &str) -> Response {
    let mut document = json!({
        "resource": resource,
        "authorization_servers": [ctx.settings().issuer],
        "scopes_supported": [READ],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": ASYMMETRIC,
        "resource_name": "Portico",
    });
    if let Some(members) = document.as_object_mut().filter(|_| ctx.settings().certificates != Certificates::None) {
        members.insert("tls_client_certificate_bound_access_tokens".to_owned(), true.into());
    }
    ([(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))], Json(document)).into_response()
}
