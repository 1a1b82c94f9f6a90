//! The scopes that a request asks for on behalf of a person.

use model::{
    cache::{Client, Product},
    scopes,
};

use crate::params::Params;

/// What was asked for; without `scope`, all that the product has enabled and the client has
/// registered, but for what gives no refresh token if there would be one otherwise. Where such a
/// scope is named, `offline_access` beside it would be an empty promise, and is passed over (OpenID
/// Connect Core, section 11).
///
/// # Errors
///
/// What is wrong, as a sentence; to the client it is `invalid_scope`.
pub fn requested(client: &Client, product: &Product, params: &Params) -> Result<Vec<String>, String> {
    let mut asked = among_enabled(client, product, params)?;
    if !product.refreshable(&asked) {
        asked.retain(|scope| scope != "offline_access");
    }
    Ok(asked)
}

fn among_enabled(client: &Client, product: &Product, params: &Params) -> Result<Vec<String>, String> {
    let asked = scopes::split(params.get("scope").unwrap_or_default());
    if asked.is_empty() {
        let allowed = product.scopes.iter().filter(|scope| client.metadata.may_ask_for(&scope.name));
        let mut all: Vec<String> = allowed.map(|scope| scope.name.clone()).collect();
        if all.iter().any(|scope| scope == "offline_access") {
            all.retain(|scope| product.refreshable(std::slice::from_ref(scope)));
        }
        return Ok(all);
    }
    if let Some(foreign) = asked.iter().find(|asked| !client.metadata.may_ask_for(asked)) {
        return Err(format!("the client has not registered the scope {foreign}"));
    }
    match asked.iter().find(|asked| !product.scopes.iter().any(|scope| scope.name == **asked)) {
        None => Ok(asked),
        Some(unknown) => Err(format!("the product has not enabled the scope {unknown}")),
    }
}
