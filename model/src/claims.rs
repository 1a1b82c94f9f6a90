//! The standard claims about a portal user (OpenID Connect Core, section 5.1), and which scope asks
//! for which (section 5.4).

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    Context, Fault,
    entity::{picture, profile},
    user,
};

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

/// Everything that is known about a portal user. What is not known is absent, never null; nobody
/// is an empty set.
///
/// # Errors
///
/// When the database fails.
pub async fn of_user(ctx: &Context, id: Uuid) -> Result<Claims, Fault> {
    let Some(user) = user::find(ctx, id).await? else { return Ok(Claims::new()) };
    let db = ctx.db().reader();
    let profile = profile::Entity::find_by_id(id).one(db).await?;
    let picture: Option<Uuid> = picture::Entity::find()
        .select_only()
        .column(picture::Column::Id)
        .filter(picture::Column::UserId.eq(id))
        .into_tuple()
        .one(db)
        .await?;
    let updated_at = profile.as_ref().map_or(user.updated_at, |profile| profile.updated_at.max(user.updated_at));
    let mut claims = Claims::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    add("name", Some(user.name.into()));
    add("email", Some(user.email.into()));
    add("email_verified", Some(user.email_verified_at.is_some().into()));
    add("updated_at", Some(updated_at.seconds().into()));
    add("picture", picture.map(|id| format!("{}/pictures/{}", ctx.settings().public_url, id.simple()).into()));
    if let Some(profile) = profile {
        for (name, value) in [
            ("family_name", profile.family_name),
            ("given_name", profile.given_name),
            ("middle_name", profile.middle_name),
            ("nickname", profile.nickname),
            ("preferred_username", profile.preferred_username),
            ("profile", profile.profile_url),
            ("website", profile.website),
            ("gender", profile.gender),
            ("birthdate", profile.birthdate),
            ("zoneinfo", profile.zoneinfo),
            ("locale", profile.locale),
        ] {
            add(name, value.map(Value::from));
        }
        let verified = profile.phone_number_verified_at.is_some();
        add("phone_number_verified", profile.phone_number.as_ref().map(|_| verified.into()));
        add("phone_number", profile.phone_number.map(Value::from));
        let mut address = Map::new();
        for (name, value) in [
            ("formatted", profile.formatted),
            ("street_address", profile.street_address),
            ("locality", profile.locality),
            ("region", profile.region),
            ("postal_code", profile.postal_code),
            ("country", profile.country),
        ] {
            if let Some(value) = value {
                address.insert(name.to_owned(), value.into());
            }
        }
        add("address", (!address.is_empty()).then(|| json!(address)));
    }
    Ok(claims)
}
