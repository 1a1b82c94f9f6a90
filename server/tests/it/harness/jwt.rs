//! JWTs as tests read them: without a look at the signature.

use std::fmt::Display;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// The header of a JWT: of a text, or of the member of an answer that holds one.
pub fn header(jwt: &(impl Display + ?Sized)) -> Value {
    part(&jwt.to_string(), 0)
}

/// The claims of one.
pub fn claims(jwt: &(impl Display + ?Sized)) -> Value {
    part(&jwt.to_string(), 1)
}

fn part(jwt: &str, n: usize) -> Value {
    // JSON has it in quotation marks.
    let part = jwt.trim_matches('"').split('.').nth(n).unwrap_or_else(|| panic!("{jwt} is no JWT"));
    let part = URL_SAFE_NO_PAD.decode(part).unwrap_or_else(|error| panic!("{error}: {jwt}"));
    serde_json::from_slice(&part).unwrap_or_else(|error| panic!("{error}: {jwt}"))
}
