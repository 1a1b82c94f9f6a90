//! `/pictures/{picture}`: the picture of somebody, for whoever was told its address.

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, header};
use model::{Context, profile::picture};
use uuid::Uuid;

use crate::error::PageError;

pub(super) async fn show(State(ctx): State<Context>, Path(name): Path<String>) -> Result<Response, PageError> {
    let id = Uuid::try_parse(&name).map_err(|_| PageError::NotFound)?;
    let found = picture::find(&ctx, id).await?.ok_or(PageError::NotFound)?;
    // Only what we have drawn ourselves is stored; a kind that we do not draw is not served.
    let kind = match found.content_type.as_str() {
        "image/png" => "image/png",
        "image/jpeg" => "image/jpeg",
        _ => return Err(PageError::NotFound),
    };
    let mut response = found.content.into_response();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        // Another picture has another address.
        (header::CACHE_CONTROL, "public, max-age=86400, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Applications show it on their own pages.
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
