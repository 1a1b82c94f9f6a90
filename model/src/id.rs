//! How identifiers look to people: a prefix that says of what, and the UUID in hexadecimal.

use uuid::Uuid;

/// `prd_0192…` for a product and so on.
#[must_use]
pub fn show(prefix: &str, id: Uuid) -> String {
    format!("{prefix}_{}", id.simple())
}

/// Reads what [`show`] wrote. Anything else, another prefix too, is nobody's id.
#[must_use]
pub fn parse(prefix: &str, text: &str) -> Option<Uuid> {
    let hex = text.strip_prefix(prefix)?.strip_prefix('_')?;
    if hex.len() != 32 || hex.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    Uuid::try_parse(hex).ok()
}

/// The prefix of organizations.
pub const ORGANIZATION: &str = "org";
/// The prefix of products.
pub const PRODUCT: &str = "prd";
/// The prefix of clients in the portal; their `client_id` is another thing.
pub const CLIENT: &str = "cli";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_round_trip_and_nothing_else_does() {
        let id = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
        assert_eq!(parse(PRODUCT, &show(PRODUCT, id)), Some(id));
        assert_eq!(parse(CLIENT, &show(PRODUCT, id)), None);
        assert_eq!(parse(PRODUCT, &format!("prd_{id}")), None);
    }
}
