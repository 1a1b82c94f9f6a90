//! Our copies of clients' logos, which pages load.

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use model::client::logo;
use uuid::Uuid;

use crate::{Idp, login::page_of};

/// `GET /clients/logos/{copy}`.
pub(super) async fn show(State(idp): State<Idp>, Path(copy): Path<String>) -> Response {
    page_of(async {
        let found = match Uuid::try_parse(&copy) {
            Ok(id) => logo::find(&idp.ctx, id).await?,
            Err(_) => None,
        };
        Ok(found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |(kind, content)| served(&kind, content)))
    })
    .await
}

fn served(kind: &str, content: Vec<u8>) -> Response {
    // Only what we have drawn ourselves is stored; a kind that we do not draw is not served.
    if kind != "image/png" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut response = content.into_response();
    let fixed: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_TYPE, "image/png"),
        // Another copy has another address.
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
