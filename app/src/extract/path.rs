//! Path parameters.

use axum::{RequestPartsExt as _, extract::RawPathParams};
use http::request::Parts;
use uuid::Uuid;

use crate::error::PageError;

/// The parameter `name` of the route's path.
///
/// # Errors
///
/// Not found, when there is none.
pub async fn text_in_path(parts: &mut Parts, name: &str) -> Result<String, PageError> {
    let params = parts.extract::<RawPathParams>().await.map_err(|_| PageError::NotFound)?;
    params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).ok_or(PageError::NotFound)
}

/// The UUID in the parameter `name`.
///
/// # Errors
///
/// Not found, when it is anything else.
pub async fn uuid_in_path(parts: &mut Parts, name: &str) -> Result<Uuid, PageError> {
    Uuid::try_parse(&text_in_path(parts, name).await?).map_err(|_| PageError::NotFound)
}

/// The id in the parameter `name`, which must have the prefix `prefix` (see [`model::id`]).
///
/// # Errors
///
/// Not found, when it is anything else.
pub async fn id_in_path(parts: &mut Parts, name: &str, prefix: &str) -> Result<Uuid, PageError> {
    let text = text_in_path(parts, name).await?;
    model::id::parse(prefix, &text).ok_or(PageError::NotFound)
}
