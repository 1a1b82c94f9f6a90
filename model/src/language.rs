//! The languages in which Portico speaks to people whom a client has sent.

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

    /// What a browser likes best of our languages: of the lists in its `Accept-Language` headers (RFC
    /// 9110, section 12.5.4).
    #[must_use]
    pub fn preferred<'a>(lists: impl IntoIterator<Item = &'a str>) -> Self {
        let mut best = (0.0, Self::default());
        for range in lists.into_iter().flat_map(|list| list.split(',')) {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let language = match tag.trim() {
                "*" => Some(Self::default()),
                tag => Self::of_tag(tag),
            };
            // Of two that are liked alike, the first.
            if let (Some(language), Some(weight)) = (language, weight_of(weight))
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// A weight such as `q=0.8`; without one, 1. `None` for what is no weight.
fn weight_of(parameter: &str) -> Option<f32> {
    let parameter = parameter.trim();
    if parameter.is_empty() {
        return Some(1.0);
    }
    let weight: f32 = parameter.strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim_start().parse().ok()?;
    (0.0..=1.0).contains(&weight).then_some(weight)
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

    #[test]
    fn the_browsers_weights_are_followed() {
        for (value, language) in [
            ("sv-SE,sv;q=0.9,en;q=0.8", Language::Swedish),
            ("en;q=0.4, fr-CA ; q=0.7, de; q=0.5", Language::French),
            ("fi,et;q=0.9,nn;q=0.8,no;q=0.7,en;q=0.1", Language::Norwegian),
            ("de,es", Language::German),
            ("de;q=0,es;q=0.001", Language::Spanish),
            ("de;q=0", Language::English),
            ("*", Language::English),
            ("ja,*;q=0.5,sv;q=0.1", Language::English),
            ("de;q=2,de;q=x,de;level=1,de;q=-1,de;q=NaN", Language::English),
            ("", Language::English),
            (",,;;q=,", Language::English),
        ] {
            assert_eq!(Language::preferred([value]), language, "{value}");
        }
        assert_eq!(Language::preferred([]), Language::English);
        assert_eq!(Language::preferred(["en;q=0.5", "es;q=0.6"]), Language::Spanish, "several headers are one list");
    }

    proptest::proptest! {
        /// Any header is a preference, or none.
        #[test]
        fn any_header_may_be_sent(value in "[ -~]{0,80}") {
            let _some = Language::preferred([value.as_str()]);
        }
    }
}
