//! The standard claims about a person (OpenID Connect Core, section 5.1), and which scope asks for
//! which (section 5.4).

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{Context, Fault, profile};

/// Claims by name.
pub type Claims = Map<String, Value>;

/// The claims that each scope asks for.
pub const BY_SCOPE: &[(&str, &[&str])] = &[
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// The scope that a claim belongs to; `None` for what is no standard claim.
#[must_use]
pub fn scope_of(claim: &str) -> Option<&'static str> {
    BY_SCOPE.iter().find(|(_, claims)| claims.contains(&claim)).map(|(scope, _)| *scope)
}

/// Whether one of the space-delimited `scopes` asks for `claim`.
#[must_use]
pub fn asked_by(scopes: &str, claim: &str) -> bool {
    scope_of(claim).is_some_and(|scope| scopes.split(' ').any(|asked| asked == scope))
}

/// The claims that a scope asks for. Other scopes ask for none.
#[must_use]
pub fn of_scope(scope: &str) -> &'static [&'static str] {
    BY_SCOPE.iter().find(|(known, _)| *known == scope).map_or(&[], |(_, claims)| *claims)
}

/// Everything that is known about a portal user, by name; nothing about nobody.
///
/// # Errors
///
/// When the database fails.
pub async fn of_user(ctx: &Context, id: Uuid) -> Result<Claims, Fault> {
    match serde_json::to_value(profile::claims(ctx, id).await?) {
        Ok(Value::Object(claims)) => Ok(claims),
        _ => Err(Fault::Crypto("encoding claims")),
    }
}

/// Everything that is told about the subscriber who has this number, in E.164. A PIN was sent to it,
/// so it is verified.
#[must_use]
pub fn of_number(number: &str) -> Claims {
    [("phone_number", number.into()), ("phone_number_verified", true.into())]
        .map(|(name, value): (&str, Value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}
