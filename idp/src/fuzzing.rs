//! The parsers of requests, for the fuzz targets in `fuzz/`: nobody else needs to see them. Tests
//! compile this as well, so that it follows what it opens.

use axum::response::Response;
use http::{HeaderMap, HeaderName, Method};
use model::{
    Context,
    authorization::Request,
    cache::{Client, Product},
    client::profile::ASYMMETRIC,
    dpop::Expected,
};

use crate::{
    authorize::{self, AuthorizeError},
    client_auth::{self, Proof},
    dpop,
    params::Params,
    token,
};

/// The header of DPoP proofs.
pub const DPOP: HeaderName = dpop::HEADER;

/// The grant types that there are.
pub const GRANT_TYPES: &[&str] = token::GRANT_TYPES;

/// An authorization request with these parameters in its query and its body.
///
/// # Errors
///
/// The answer that the browser gets.
pub async fn authorize(ctx: &Context, query: &[u8], body: &[u8]) -> Result<Request, Box<Response>> {
    let read = match Params::parse([query, body]) {
        Ok(params) => authorize::read_any(ctx, params, None).await,
        Err(error) => Err(AuthorizeError::Params(error)),
    };
    read.map_err(|error| Box::new(error.into_response(ctx)))
}

/// The `claims` parameter, read into a request.
///
/// # Errors
///
/// What is wrong with it.
pub fn claims(text: &str, client: &Client, product: &Product, request: &mut Request) -> Result<(), &'static str> {
    authorize::claims_request::read(text, client, product, request)
}

/// Who says to ask at the token endpoint, and the secret or assertion that comes with it; nobody
/// has checked them.
///
/// # Errors
///
/// Why nobody does.
pub fn presented(headers: &HeaderMap, body: &[u8]) -> Result<(String, String), String> {
    let params = Params::of_body(headers, body).map_err(|error| error.to_string())?;
    let presented = client_auth::presented(headers, &params).map_err(|error| error.to_string())?;
    let proof = match presented.proof {
        Proof::None => String::new(),
        Proof::Secret(text) | Proof::Assertion(text) => text,
    };
    Ok((presented.client_id, proof))
}

/// The thumbprint of the key in a request's DPoP proof, if it has one.
///
/// # Errors
///
/// Why it is refused.
pub fn proof(
    ctx: &Context,
    headers: &HeaderMap,
    method: &Method,
    path: &str,
    access_token: Option<&str>,
) -> Result<Option<String>, String> {
    let expected =
        Expected { method: method.as_str(), url: &dpop::endpoint(ctx, path), access_token, algs: ASYMMETRIC };
    let proof = model::dpop::check(ctx, &dpop::proofs(headers), &expected).map_err(|error| error.to_string())?;
    Ok(proof.map(|proof| proof.jkt))
}
