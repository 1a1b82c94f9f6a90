//! The scopes that a request asks for on behalf of a person.

use model::{
    cache::{Client, Product},
    client::dynamic::asks_unnamed,
    resource::TargetError,
    scopes,
};

use crate::params::Params;

/// What was asked for; without `scope`, all that the product has enabled and the client has
/// registered, but for what gives no refresh token if there would be one otherwise, and for
/// permissions of other APIs than `resources` (RFC 8707). Where a scope without refresh token is
/// named, `offline_access` beside it would be an empty promise, and is passed over (OpenID Connect
/// Core, section 11).
///
/// # Errors
///
/// What is wrong, as a sentence; to the client it is `invalid_scope`.
pub fn requested(
    client: &Client,
    product: &Product,
    params: &Params,
    resources: &[String],
) -> Result<Vec<String>, String> {
    let mut asked = among_enabled(client, product, params, resources)?;
    if !product.refreshable(&asked) {
        asked.retain(|scope| scope != "offline_access");
    }
    Ok(asked)
}

fn among_enabled(
    client: &Client,
    product: &Product,
    params: &Params,
    resources: &[String],
) -> Result<Vec<String>, String> {
    let asked = scopes::split(params.get("scope").unwrap_or_default());
    if asked.is_empty() {
        let may = product.scopes.iter().filter(|scope| asks_unnamed(product, &client.metadata, &scope.name));
        let allowed = may.filter(|scope| scope.meant_for(resources));
        let mut all: Vec<String> = allowed.map(|scope| scope.name.clone()).collect();
        if all.iter().any(|scope| scope == "offline_access") {
            all.retain(|scope| product.refreshable(std::slice::from_ref(scope)));
        }
        return Ok(all);
    }
    if let Some(foreign) = asked.iter().find(|asked| !client.metadata.may_ask_for(asked)) {
        return Err(format!("the client has not registered the scope {foreign}"));
    }
    if let Some(unknown) = asked.iter().find(|asked| !product.scopes.iter().any(|scope| scope.name == **asked)) {
        return Err(format!("the product has not enabled the scope {unknown}"));
    }
    match asked.iter().find(|asked| !product.meant_for(asked, resources)) {
        None => Ok(asked),
        Some(foreign) => Err(TargetError::Scope(foreign.clone()).to_string()),
    }
}
