//! The `claims` parameter (OpenID Connect Core, section 5.5).

use model::{
    authorization::Request,
    cache::{Client, Product},
    claims, jose,
};
use serde_json::{Map, Value};

/// Reads it into the request. Claims that nobody knows, or whose scope the product has not enabled
/// or the client has not registered, are left out, as the standard wants: they are wishes.
///
/// # Errors
///
/// What is wrong with it.
pub fn read(text: &str, client: &Client, product: &Product, request: &mut Request) -> Result<(), &'static str> {
    let broken = "claims is not a JSON object as OpenID Connect Core, section 5.5, describes";
    let value = jose::strict_json(text).ok_or(broken)?;
    let object = value.as_object().ok_or(broken)?;
    let part = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(part)) => Ok(part.clone()),
        Some(_) => Err(broken),
    };
    let (userinfo, id_token) = (part("userinfo")?, part("id_token")?);
    let enabled = |claim: &String| {
        claims::scope_of(claim).is_some_and(|scope| {
            product.scopes.iter().any(|enabled| enabled.name == scope) && client.metadata.may_ask_for(scope)
        })
    };
    request.claims.userinfo = userinfo.keys().filter(|claim| enabled(claim)).cloned().collect();
    request.claims.id_token = id_token.keys().filter(|claim| enabled(claim)).cloned().collect();
    if let Some(acr) = id_token.get("acr").and_then(Value::as_object) {
        let values: Vec<String> = match (acr.get("value"), acr.get("values")) {
            (Some(Value::String(one)), _) => vec![one.clone()],
            (_, Some(Value::Array(several))) => {
                several.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        };
        if !values.is_empty() {
            request.acr_values = values;
            request.acr_essential = acr.get("essential") == Some(&Value::Bool(true));
        }
    }
    let subject = id_token.get("sub").or_else(|| userinfo.get("sub"));
    if let Some(sub) = subject.and_then(|sub| sub.get("value")).and_then(Value::as_str) {
        request.subject_hint = Some(sub.to_owned());
    }
    Ok(())
}
