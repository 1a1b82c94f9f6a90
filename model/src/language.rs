//! The languages in which Portico speaks to subscribers.

use serde::{Deserialize, Serialize};

/// A language of the sign-in pages and of text messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English, for whoever asks for none of the others.
    #[default]
    English,
    /// Swedish.
    Swedish,
    /// Norwegian Bokmål.
    Norwegian,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::English, Self::Swedish, Self::Norwegian, Self::German, Self::French, Self::Spanish];

    /// Its tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Swedish => "sv",
            Self::Norwegian => "nb",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
        }
    }

    /// The language that a tag names, whatever the region: `de-CH` is German. `no` says Norwegian
    /// and leaves open which; there is one here.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split('-').next().unwrap_or_default();
        let language = if language.eq_ignore_ascii_case("no") { "nb" } else { language };
        Self::ALL.into_iter().find(|known| known.tag().eq_ignore_ascii_case(language))
    }

    /// The first that we have of a space-separated list in order of preference, such as
    /// `ui_locales` (OpenID Connect Core, section 3.1.2.1). What is no language of ours is passed
    /// over: a wish, not an error.
    #[must_use]
    pub fn first_of(list: &str) -> Option<Self> {
        list.split(' ').find_map(Self::of_tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_falls_back_to_its_language() {
        for (tag, language) in [
            ("en", Some(Language::English)),
            ("sv-SE", Some(Language::Swedish)),
            ("nb", Some(Language::Norwegian)),
            ("no", Some(Language::Norwegian)),
            ("no-NO", Some(Language::Norwegian)),
            ("DE-ch-1996", Some(Language::German)),
            ("fr-CA", Some(Language::French)),
            ("es-419", Some(Language::Spanish)),
            ("", None),
            ("-", None),
            ("e", None),
            ("english", None),
            ("zh-Hant-TW", None),
            ("de_DE", None),
            ("<script>", None),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
    }

    #[test]
    fn the_first_that_we_have_counts() {
        assert_eq!(Language::first_of("fr-CA fr en"), Some(Language::French));
        assert_eq!(Language::first_of("fi  zz-*  sv de"), Some(Language::Swedish));
        assert_eq!(Language::first_of("fi et"), None);
        assert_eq!(Language::first_of(""), None);
    }
}
