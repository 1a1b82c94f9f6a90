//! Resource indicators (RFC 8707): for which API a token is.

use model::cache::Client;

use crate::params::Params;

/// The audiences that a request asks for, all of which the client may have.
///
/// # Errors
///
/// The one that it may not have, or that is no absolute URI without a fragment (section 2); to the
/// client it is `invalid_target`.
pub fn allowed(client: &Client, params: &Params) -> Result<Vec<String>, String> {
    let mut audiences = Vec::new();
    for asked in params.all("resource") {
        let well_formed = url::Url::parse(asked).is_ok_and(|url| url.fragment().is_none());
        if !well_formed || !client.metadata.resources.iter().any(|allowed| allowed == asked) {
            return Err(printable(asked));
        }
        if !audiences.iter().any(|known| known == asked) {
            audiences.push(asked.to_owned());
        }
    }
    Ok(audiences)
}

/// A name that was asked for, as an error can repeat it.
pub fn printable(asked: &str) -> String {
    asked.chars().filter(|c| ('!'..='~').contains(c) && !matches!(c, '"' | '\\')).take(200).collect()
}
