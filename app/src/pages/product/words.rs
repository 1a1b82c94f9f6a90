//! What the model's typed errors say to people.

use model::{
    client::keys::NotAKey,
    product::{Audience, Field, Reason},
};
use rules::text::Problem;

/// What is wrong with a text. `missing` is said when there is none.
pub fn text(problem: Problem, missing: &str) -> String {
    match problem {
        Problem::Missing => missing.to_owned(),
        Problem::TooLong(longest) => format!("Shorten it to {longest} characters."),
        Problem::Characters => "Remove the invisible or control characters. Typing it anew helps.".to_owned(),
    }
}

/// What is wrong with a part of a product's information.
pub fn information(reason: Reason) -> String {
    match reason {
        Reason::Text(problem) => text(problem, "Write the name under which people know the product."),
        Reason::NotAWebAddress => "Write a whole address that begins with https://.".to_owned(),
        Reason::NotAMailAddress => "Write a mail address, such as help@example.com.".to_owned(),
    }
}

/// What is wrong with a client's public key.
pub const fn not_a_key(problem: NotAKey) -> &'static str {
    match problem {
        NotAKey::Malformed => "This is not a JSON Web Key. Paste all of it, from the first brace to the last.",
        NotAKey::Private => {
            "This key contains its private part. Register only the public one, and make a new pair: this one has been \
             sent around."
        }
        NotAKey::Unsupported => "Use an RSA key of 2048 bits or more, an EC key on P-256, or an Ed25519 key.",
        NotAKey::NotForSignatures => "This key is for encryption. Register one for signatures.",
        NotAKey::OtherCertificate => "What is in x5c is not a certificate of this key.",
    }
}

/// What the people are called for whom a product is.
#[derive(Clone, Copy)]
pub struct People {
    /// At the beginning of a line.
    pub heading: &'static str,
    pub one: &'static str,
    pub many: &'static str,
}

/// What the people are called for whom a product is.
pub const fn people(audience: Audience) -> People {
    match audience {
        Audience::Subscribers | Audience::Operators => {
            People { heading: "Subscribers", one: "subscriber", many: "subscribers" }
        }
        Audience::Users => People { heading: "People", one: "person", many: "people" },
    }
}

/// The id of the control of a part of a product's information.
pub const fn control(field: Field) -> &'static str {
    match field {
        Field::Name => "name",
        Field::Description => "description",
        Field::Website => "website",
        Field::Terms => "terms",
        Field::Privacy => "privacy",
        Field::SupportEmail => "support_email",
    }
}

/// `1 client`, `2 clients`, `1,204 clients`.
pub fn count(n: impl TryInto<i64>, one: &str, many: &str) -> String {
    let n = n.try_into().unwrap_or(i64::MAX);
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// With commas between thousands.
pub fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if n < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        assert_eq!([0, 7, 312, 1204, 1_000_000].map(number), ["0", "7", "312", "1,204", "1,000,000"]);
        assert_eq!(count(1, "client", "clients"), "1 client");
        assert_eq!(count(0, "client", "clients"), "0 clients");
    }
}
