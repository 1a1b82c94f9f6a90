//! The scopes that a request asks for on behalf of a person.

use model::{cache::Product, scopes};

use crate::params::Params;

/// What was asked for; without `scope`, all that the product has enabled.
///
/// # Errors
///
/// The scope that the product has not enabled; to the client it is `invalid_scope`.
pub fn requested(product: &Product, params: &Params) -> Result<Vec<String>, String> {
    let asked = scopes::split(params.get("scope").unwrap_or_default());
    if asked.is_empty() {
        return Ok(product.scopes.iter().map(|scope| scope.name.clone()).collect());
    }
    match asked.iter().find(|asked| !product.scopes.iter().any(|scope| scope.name == **asked)) {
        None => Ok(asked),
        Some(unknown) => Err(unknown.clone()),
    }
}
