//! What may be written into a profile.

use rules::text;

use super::Profile;
use crate::{
    phone::{NotANumber, PhoneNumber},
    user::LONGEST_NAME,
};

/// Something that is wrong with a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field, called as the claim is.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The text itself.
    #[error("{0:?}")]
    Text(text::Problem),
    /// Not the address of a page.
    #[error("Enter a whole address that starts with https:// or http://.")]
    Url,
    /// Blanks, or signs that no name of a user has.
    #[error("Use letters, digits and . _ - without blanks.")]
    Username,
    /// Not a day.
    #[error("Enter a day such as 1990-12-31, one without its year as 0000-12-31, or a year.")]
    Birthdate,
    /// Not the name of a time zone.
    #[error("Enter the name of a time zone, such as Europe/Stockholm.")]
    Zone,
    /// Not a language tag.
    #[error("Enter a language tag, such as sv or en-GB.")]
    Locale,
    /// Not a phone number.
    #[error("Enter a number with its country code, such as +46 70 174 06 05: {0}.")]
    Phone(#[from] NotANumber),
}

const LINE: usize = 120;
const LINES: usize = 400;
const URL: usize = 500;

/// The profile as it is stored, or everything that is wrong with it.
pub(super) fn checked(given: &Profile) -> Result<Profile, Vec<Invalid>> {
    let mut wrong = Vec::new();
    let mut take = |field: &'static str, result: Result<String, Problem>| {
        result.unwrap_or_else(|problem| {
            wrong.push(Invalid { field, problem });
            String::new()
        })
    };
    let profile = Profile {
        name: take("name", text::line(&given.name, LONGEST_NAME).map(str::to_owned).map_err(Problem::Text)),
        given_name: take("given_name", line(&given.given_name, LONGEST_NAME)),
        middle_name: take("middle_name", line(&given.middle_name, LONGEST_NAME)),
        family_name: take("family_name", line(&given.family_name, LONGEST_NAME)),
        nickname: take("nickname", line(&given.nickname, LONGEST_NAME)),
        preferred_username: take("preferred_username", username(&given.preferred_username)),
        gender: take("gender", line(&given.gender, 40)),
        birthdate: take("birthdate", birthdate(&given.birthdate)),
        profile: take("profile", page(&given.profile)),
        website: take("website", page(&given.website)),
        zoneinfo: take("zoneinfo", zone(&given.zoneinfo)),
        locale: take("locale", locale(&given.locale)),
        phone_number: take("phone_number", phone(&given.phone_number)),
        formatted: take("formatted", lines(&given.formatted)),
        street_address: take("street_address", lines(&given.street_address)),
        locality: take("locality", line(&given.locality, LINE)),
        region: take("region", line(&given.region, LINE)),
        postal_code: take("postal_code", line(&given.postal_code, 20)),
        country: take("country", line(&given.country, LINE)),
    };
    if wrong.is_empty() { Ok(profile) } else { Err(wrong) }
}

fn line(given: &str, longest: usize) -> Result<String, Problem> {
    text::optional_line(given, longest).map(str::to_owned).map_err(Problem::Text)
}

/// Line ends as the claim has them: `\n`, where forms send `\r\n`.
fn lines(given: &str) -> Result<String, Problem> {
    text::paragraphs(given, LINES).map(|text| text.replace("\r\n", "\n")).map_err(Problem::Text)
}

fn username(given: &str) -> Result<String, Problem> {
    let name = line(given, 64)?;
    let fit = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.chars().all(fit) { Ok(name) } else { Err(Problem::Username) }
}

/// A page that can be linked to: nothing that a browser would run, and no one's password.
fn page(given: &str) -> Result<String, Problem> {
    let given = line(given, URL)?;
    if given.is_empty() {
        return Ok(given);
    }
    let url = url::Url::parse(&given).map_err(|_| Problem::Url)?;
    let fit = matches!(url.scheme(), "https" | "http")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none();
    if fit { Ok(url.into()) } else { Err(Problem::Url) }
}

fn birthdate(given: &str) -> Result<String, Problem> {
    let given = line(given, 10)?;
    let parts: Vec<&str> = given.split('-').collect();
    let digits = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    let fit = match parts.as_slice() {
        [""] => true,
        [year] => digits(year, 4) && *year != "0000",
        [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2) => is_day(year, month, day),
        _ => false,
    };
    if fit { Ok(given) } else { Err(Problem::Birthdate) }
}

fn is_day(year: &str, month: &str, day: &str) -> bool {
    // Without its year, the 29th of February is a birthday too.
    let year = if year == "0000" { Ok(2000) } else { year.parse::<i32>() };
    let month = month.parse::<u8>().ok().and_then(|month| time::Month::try_from(month).ok());
    match (year, month, day.parse::<u8>()) {
        (Ok(year), Some(month), Ok(day)) => time::Date::from_calendar_date(year, month, day).is_ok(),
        _ => false,
    }
}

/// The form of a name of the time zone database, an area and a place in it; which names there are
/// changes with politics.
fn zone(given: &str) -> Result<String, Problem> {
    let given = line(given, 64)?;
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+'))
    };
    let named = given == "UTC" || given.contains('/') && given.split('/').all(part);
    if given.is_empty() || named { Ok(given) } else { Err(Problem::Zone) }
}

/// The form of a language tag (RFC 5646): a language, then subtags. Some write `_` for `-`. A
/// language has two or three letters; longer ones are allowed for and none is registered, but
/// people write `english`.
fn locale(given: &str) -> Result<String, Problem> {
    let given = line(given, 35)?.replace('_', "-");
    let mut parts = given.split('-');
    let language = parts
        .next()
        .is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if given.is_empty() || (language && parts.all(subtag)) { Ok(given) } else { Err(Problem::Locale) }
}

fn phone(given: &str) -> Result<String, Problem> {
    if given.trim().is_empty() {
        return Ok(String::new());
    }
    Ok(PhoneNumber::parse(given)?.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(change: impl FnOnce(&mut Profile)) -> Vec<&'static str> {
        let mut profile = Profile { name: "Dev".to_owned(), ..Profile::default() };
        change(&mut profile);
        checked(&profile).err().unwrap_or_default().into_iter().map(|invalid| invalid.field).collect()
    }

    #[test]
    fn only_the_name_must_be_there() {
        assert!(wrong(|_| {}).is_empty());
        assert_eq!(wrong(|profile| profile.name = " ".to_owned()), ["name"]);
    }

    #[test]
    fn birthdates_have_three_forms() {
        for good in ["1990-12-31", "0000-02-29", "1990", "2000-02-29"] {
            assert_eq!(birthdate(good).as_deref(), Ok(good));
        }
        for bad in ["1990-2-3", "1990-02-30", "1999-02-29", "31.12.1990", "90", "0000", "1990-12", "١٩٩٠"] {
            assert_eq!(birthdate(bad), Err(Problem::Birthdate), "{bad}");
        }
    }

    #[test]
    fn a4_pages_are_of_the_web() {
        assert_eq!(page(" https://example.com/dev ").as_deref(), Ok("https://example.com/dev"));
        for bad in
            ["javascript:alert(1)", "data:text/html,x", "//example.com", "example.com", "https://a:b@example.com"]
        {
            assert_eq!(page(bad), Err(Problem::Url), "{bad}");
        }
    }

    #[test]
    fn zones_and_locales_have_their_form() {
        for good in ["Europe/Stockholm", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+3", ""] {
            assert_eq!(zone(good).as_deref(), Ok(good));
        }
        assert_eq!(zone("Europe/../etc"), Err(Problem::Zone));
        assert_eq!(zone("+02:00"), Err(Problem::Zone));
        assert_eq!(zone("Stockholm"), Err(Problem::Zone));
        assert_eq!(locale("sv_SE").as_deref(), Ok("sv-SE"));
        assert_eq!(locale("zh-Hant-TW").as_deref(), Ok("zh-Hant-TW"));
        assert_eq!(locale("s"), Err(Problem::Locale));
        assert_eq!(locale("sv-"), Err(Problem::Locale));
        assert_eq!(locale("english"), Err(Problem::Locale));
    }

    #[test]
    fn numbers_are_kept_in_one_form() {
        assert_eq!(phone("0046 (0)70-174 06 05").as_deref(), Ok("+46701740605"));
        assert_eq!(wrong(|profile| profile.phone_number = "070 174".to_owned()), ["phone_number"]);
    }
}
