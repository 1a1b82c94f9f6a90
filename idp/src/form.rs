//! Forms that our own pages send: their fields, and the proof that it was one of our pages.

use http::{HeaderMap, header};
use model::{
    Context,
    interaction::{Interaction, Lost},
};
use url::form_urlencoded;

use crate::{
    browser::Browser,
    language,
    pages::{Back, PageError},
};

/// More fields than any of our forms has.
const MOST: usize = 100;

/// The fields of a form. Other than parameters of the protocol, a field may come several times.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a form's body.
    ///
    /// # Errors
    ///
    /// [`PageError::BadRequest`] when it is not one.
    pub fn of_body(headers: &HeaderMap, body: &[u8]) -> Result<Self, PageError> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(PageError::BadRequest("a form was expected".to_owned()));
        }
        let fields: Vec<_> = form_urlencoded::parse(body).into_owned().take(MOST + 1).collect();
        if fields.len() > MOST {
            return Err(PageError::BadRequest("there are too many fields".to_owned()));
        }
        Ok(Self(fields))
    }

    /// Reads a query.
    #[must_use]
    pub fn of_query(query: Option<&str>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().take(MOST).collect())
    }

    /// A field's first value; empty if it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// All values of a field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The request in progress that a page carries in its field or query `i`, if this browser began
/// it.
///
/// # Errors
///
/// [`PageError::Lost`], with the way back to the client if it can still be read.
pub fn interaction(ctx: &Context, headers: &HeaderMap, fields: &Fields) -> Result<Interaction, PageError> {
    let sealed = fields.get("i");
    let browser = Browser::known(ctx, headers);
    let opened = Interaction::open(ctx, browser.as_ref().map(Browser::id), sealed);
    let lost = match opened {
        Ok(interaction) => {
            language::speak(interaction.request.language);
            return Ok(interaction);
        }
        Err(_) if sealed.is_empty() => Lost::Broken,
        Err(lost) => lost,
    };
    let readable = Interaction::peek(ctx, sealed).map(|interaction| interaction.request);
    language::speak(readable.as_ref().and_then(|request| request.language));
    Err(PageError::Lost { lost, back: readable.and_then(|request| request.redirect_uri().and_then(Back::to)) })
}

/// The browser that sent a form, if the form was one of our pages in that browser.
///
/// # Errors
///
/// [`PageError::Forged`] when it was not.
pub fn verify(ctx: &Context, headers: &HeaderMap, fields: &Fields) -> Result<Browser, PageError> {
    let browser = Browser::known(ctx, headers).ok_or(PageError::Forged)?;
    if browser.owns_form(ctx, fields.get("csrf")) { Ok(browser) } else { Err(PageError::Forged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> HeaderMap {
        HeaderMap::from_iter([(
            header::CONTENT_TYPE,
            "application/x-www-form-urlencoded; charset=UTF-8".parse().unwrap(),
        )])
    }

    #[test]
    fn a_field_may_come_several_times() {
        let fields = Fields::of_body(&form(), b"scope=a&scope=b+c&x=").unwrap();
        assert_eq!(fields.all("scope").collect::<Vec<_>>(), ["a", "b c"]);
        assert_eq!(fields.get("scope"), "a");
        assert_eq!(fields.get("absent"), "");
    }

    #[test]
    fn only_forms_are_read_and_only_reasonable_ones() {
        assert!(matches!(Fields::of_body(&HeaderMap::new(), b"a=b"), Err(PageError::BadRequest(_))));
        assert!(matches!(Fields::of_body(&form(), "a=b&".repeat(101).as_bytes()), Err(PageError::BadRequest(_))));
    }
}
