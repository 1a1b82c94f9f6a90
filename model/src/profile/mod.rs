//! What people say about themselves: the standard claims of OpenID Connect Core, section 5.1.
//!
//! What is written here is a claim of its owner. Whether an address or a number is verified is
//! none: only a proof says so, and no form names it.

mod check;
pub(crate) mod demo;
pub mod picture;

use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _, sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::check::{Invalid, Problem};
use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    change::Change,
    db::Tx,
    entity::{self, profile, user},
};

/// A profile as its owner edits it; an empty text is nothing said. Its fields are called as the
/// claims are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The whole name, which the portal shows too. The only one that must be there.
    pub name: String,
    /// First names.
    pub given_name: String,
    /// Surnames.
    pub family_name: String,
    /// Middle names.
    pub middle_name: String,
    /// What friends say.
    pub nickname: String,
    /// What they would like to be called in an application. Nobody may rely on its being theirs alone.
    pub preferred_username: String,
    /// A page about them.
    pub profile: String,
    /// Their page or their company's.
    pub website: String,
    /// In their own words.
    pub gender: String,
    /// `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`.
    pub birthdate: String,
    /// A name of the time zone database, such as `Europe/Stockholm`.
    pub zoneinfo: String,
    /// A language tag, such as `sv-SE`.
    pub locale: String,
    /// A phone number, however it is written.
    pub phone_number: String,
    /// The address as on a letter.
    pub formatted: String,
    /// Street and house, perhaps on several lines.
    pub street_address: String,
    /// Town.
    pub locality: String,
    /// State or province.
    pub region: String,
    /// Postal code.
    pub postal_code: String,
    /// Country.
    pub country: String,
}

/// Why a profile was not saved.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// What was typed; everything that is wrong with it.
    #[error("{0:?}")]
    Invalid(Vec<Invalid>),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(ProfileError);

/// What a user says about themselves. `None` if there is no such user.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, user: Uuid) -> Result<Option<Profile>, Fault> {
    let db = ctx.db().reader();
    let Some(user) = user::Entity::find_by_id(user).one(db).await? else { return Ok(None) };
    let row = profile::Entity::find_by_id(user.id).one(db).await?;
    Ok(Some(
        row.map_or_else(
            || Profile { name: user.name.clone(), ..Profile::default() },
            |row| said(user.name.clone(), row),
        ),
    ))
}

fn said(name: String, row: profile::Model) -> Profile {
    // Named one by one, so that a new column asks what it means here.
    let profile::Model {
        user_id: _,
        given_name,
        family_name,
        middle_name,
        nickname,
        preferred_username,
        profile_url,
        website,
        gender,
        birthdate,
        zoneinfo,
        locale,
        phone_number,
        formatted,
        street_address,
        locality,
        region,
        postal_code,
        country,
        phone_number_verified_at: _,
        updated_at: _,
    } = row;
    let text = Option::unwrap_or_default;
    Profile {
        name,
        given_name: text(given_name),
        family_name: text(family_name),
        middle_name: text(middle_name),
        nickname: text(nickname),
        preferred_username: text(preferred_username),
        profile: text(profile_url),
        website: text(website),
        gender: text(gender),
        birthdate: text(birthdate),
        zoneinfo: text(zoneinfo),
        locale: text(locale),
        phone_number: text(phone_number),
        formatted: text(formatted),
        street_address: text(street_address),
        locality: text(locality),
        region: text(region),
        postal_code: text(postal_code),
        country: text(country),
    }
}

/// Saves what a user says about themselves. Another phone number is an unverified one.
///
/// # Errors
///
/// [`ProfileError::Invalid`].
pub async fn edit(ctx: &Context, user: Uuid, given: &Profile) -> Result<(), ProfileError> {
    let checked = check::checked(given).map_err(ProfileError::Invalid)?;
    ctx.db()
        .write((ctx.clone(), user, checked), |tx, (ctx, user, given)| {
            Box::pin(async move {
                save(tx, ctx, *user, given.clone(), None).await?;
                let event = Event {
                    action: "user.profile_edited",
                    organization: None,
                    actor: Some(*user),
                    object_kind: "user",
                    object: Some(*user),
                    detail: "Edited the profile".to_owned(),
                };
                Ok(audit::record(tx, ctx, event).await?)
            })
        })
        .await
}

/// Stores a checked profile. `verified` is when the phone number was proved; the demo world's is.
pub(crate) async fn save(
    tx: &Tx,
    ctx: &Context,
    user: Uuid,
    given: Profile,
    verified: Option<Timestamp>,
) -> Result<(), Fault> {
    let now = ctx.now();
    // Held, so that a proof of the number that was is not taken for one of the number that is.
    let Some(person) = user::Entity::find_by_id(user).lock_exclusive().one(tx).await? else { return Ok(()) };
    let former = profile::Entity::find_by_id(user).one(tx).await?;
    let phone_number = some(given.phone_number);
    let same = former.as_ref().is_some_and(|former| former.phone_number == phone_number);
    let kept = former.filter(|_| same).and_then(|former| former.phone_number_verified_at);
    let row = profile::Model {
        user_id: user,
        given_name: some(given.given_name),
        family_name: some(given.family_name),
        middle_name: some(given.middle_name),
        nickname: some(given.nickname),
        preferred_username: some(given.preferred_username),
        profile_url: some(given.profile),
        website: some(given.website),
        gender: some(given.gender),
        birthdate: some(given.birthdate),
        zoneinfo: some(given.zoneinfo),
        locale: some(given.locale),
        phone_number,
        formatted: some(given.formatted),
        street_address: some(given.street_address),
        locality: some(given.locality),
        region: some(given.region),
        postal_code: some(given.postal_code),
        country: some(given.country),
        phone_number_verified_at: verified.or(kept),
        updated_at: now,
    };
    profile::Entity::delete_by_id(user).exec(tx).await?;
    profile::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    if person.name != given.name {
        let mut person = person.into_active_model();
        person.name = Set(given.name);
        person.updated_at = Set(now);
        person.update(tx).await?;
        tx.changed(Change::User(user));
    }
    Ok(())
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// Notes that something about a user has changed that has no text: their picture.
async fn touch(tx: &Tx, ctx: &Context, user: Uuid) -> Result<(), Fault> {
    let row = profile::ActiveModel { user_id: Set(user), updated_at: Set(ctx.now()), ..Default::default() };
    profile::Entity::insert(row)
        .on_conflict(OnConflict::column(profile::Column::UserId).update_column(profile::Column::UpdatedAt).to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// The standard claims about a user (OpenID Connect Core, section 5.1), without `sub`. What is not
/// known is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Claims {
    /// Whole name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// First names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Surnames.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Middle names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// Nickname.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// What they would like to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// URL of a page about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// URL of their picture, at our own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// URL of their page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether they have shown that the address is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// Gender, in their own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// Name of their time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    /// Language tag (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Phone number in E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether they have shown that the number is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// When any of this last changed, in seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
}

/// A postal address (OpenID Connect Core, section 5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// As on a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// Street and house.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// Town.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// State or province.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// Everything that is known about a user; nothing about who does not exist.
///
/// # Errors
///
/// When the database fails.
pub async fn claims(ctx: &Context, user_id: Uuid) -> Result<Claims, Fault> {
    let db = ctx.db().reader();
    let living = user::Entity::find_by_id(user_id).filter(user::Column::SuspendedAt.is_null());
    let Some(user) = living.one(db).await? else { return Ok(Claims::default()) };
    let row = profile::Entity::find_by_id(user.id).one(db).await?;
    let picture = entity::picture::Entity::find()
        .select_only()
        .column(entity::picture::Column::Id)
        .filter(entity::picture::Column::UserId.eq(user.id))
        .into_tuple::<Uuid>()
        .one(db)
        .await?;
    let known = Claims {
        name: Some(user.name),
        email: Some(user.email),
        email_verified: Some(user.email_verified_at.is_some()),
        picture: picture.map(|id| picture::url(ctx, id)),
        updated_at: Some(user.updated_at.seconds()),
        ..Claims::default()
    };
    let Some(row) = row else { return Ok(known) };
    let address = Address {
        formatted: row.formatted,
        street_address: row.street_address,
        locality: row.locality,
        region: row.region,
        postal_code: row.postal_code,
        country: row.country,
    };
    Ok(Claims {
        given_name: row.given_name,
        family_name: row.family_name,
        middle_name: row.middle_name,
        nickname: row.nickname,
        preferred_username: row.preferred_username,
        profile: row.profile_url,
        website: row.website,
        gender: row.gender,
        birthdate: row.birthdate,
        zoneinfo: row.zoneinfo,
        locale: row.locale,
        phone_number_verified: row.phone_number.as_ref().map(|_| row.phone_number_verified_at.is_some()),
        phone_number: row.phone_number,
        address: (address != Address::default()).then_some(address),
        updated_at: Some(user.updated_at.max(row.updated_at).seconds()),
        ..known
    })
}
