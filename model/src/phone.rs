//! Phone numbers, in one form whatever people type.
//!
//! Budgets, look-ups and claims all work on what [`PhoneNumber::parse`] returns, so that another
//! way of writing a number is never another number.

use std::fmt;

/// A phone number in E.164: a plus sign, a country code, at most 15 digits in all.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// Why a text is not a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// There is nothing in it.
    #[error("a phone number is needed")]
    Empty,
    /// It could be a number of several countries.
    #[error("the country code is missing")]
    NoCountryCode,
    /// No country code starts with zero.
    #[error("a country code does not start with 0")]
    Zero,
    /// An extension cannot receive a text message.
    #[error("an extension cannot receive a text message")]
    Extension,
    /// Something in it does not belong into a phone number.
    #[error("it contains something other than digits")]
    NotDigits,
    /// Fewer digits than any number has.
    #[error("it is too short")]
    TooShort,
    /// More digits than any number has (ITU-T E.164, section 6.1).
    #[error("it is too long")]
    TooLong,
}

/// The shortest numbers in use have a country code of three digits and four more.
const SHORTEST: usize = 7;
const LONGEST: usize = 15;
/// No spelling of a number is longer; what is gets no closer look.
const LONGEST_TEXT: usize = 200;

impl PhoneNumber {
    /// Reads a number as people and machines write it: with `+` or `00`, spaces, dashes, dots,
    /// slashes, parentheses, a bracketed trunk zero, digits of any script, or as a `tel:` URI
    /// (RFC 3966).
    ///
    /// # Errors
    ///
    /// Why it is not one.
    pub fn parse(text: &str) -> Result<Self, NotANumber> {
        if text.len() > LONGEST_TEXT {
            return Err(NotANumber::TooLong);
        }
        let text = text.trim_matches(|c: char| c.is_whitespace() || invisible(c));
        let text = match text.get(..4) {
            Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text.get(4..).unwrap_or_default(),
            _ => text,
        };
        // "+46 (0)70 …": the zero is for calls within the country.
        let without_trunk_zero = text.replacen("(0)", "", 1);
        let mut digits = String::with_capacity(LONGEST + 2);
        let mut plus = false;
        for c in without_trunk_zero.chars() {
            match c {
                '+' | '\u{ff0b}' if !plus && digits.is_empty() => plus = true,
                'x' | 'X' | '#' | ',' | ';' | 'e' | 'E' if !digits.is_empty() => return Err(NotANumber::Extension),
                _ if separator(c) || invisible(c) => {}
                _ => digits.push(digit(c).ok_or(NotANumber::NotDigits)?),
            }
        }
        if digits.is_empty() {
            return Err(if plus { NotANumber::TooShort } else { NotANumber::Empty });
        }
        let digits = match (plus, digits.strip_prefix("00")) {
            (true, _) => digits.as_str(),
            (false, Some(rest)) => rest,
            (false, None) => return Err(NotANumber::NoCountryCode),
        };
        if digits.starts_with('0') {
            return Err(NotANumber::Zero);
        }
        match digits.len() {
            ..SHORTEST => Err(NotANumber::TooShort),
            SHORTEST..=LONGEST => Ok(Self(format!("+{digits}"))),
            _ => Err(NotANumber::TooLong),
        }
    }

    /// The number: a plus sign and digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number for display, its last two digits hidden, so that its owner recognizes it and a
    /// bystander cannot write it down.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

/// Hides the last two digits of a number in E.164.
#[must_use]
pub fn mask(number: &str) -> String {
    let shown = number.len().saturating_sub(2);
    format!("{}••", number.get(..shown).unwrap_or_default())
}

/// Masked: numbers do not belong into logs.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

fn separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '.' | '(' | ')' | '/' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' | '\u{b7}'
        )
}

/// Direction marks and the like, which contact lists copy along.
fn invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A decimal digit of any script as an ASCII one.
pub(crate) fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    // Unicode keeps the ten digits of a script together, in order (The Unicode Standard, 4.6).
    let c = u32::from(c);
    let zero = ZEROS.iter().rev().find(|zero| **zero <= c)?;
    char::from_digit(c - zero, 10)
}

/// The zero of every script that has decimal digits (general category Nd), in order.
const ZEROS: &[u32] = &[
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0,
    0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60,
    0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, NotANumber> {
        PhoneNumber::parse(text).map(|number| number.as_str().to_owned())
    }

    /// Enough of a generator for tests; equal on every run.
    struct Lcg(u64);

    impl Lcg {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).unwrap() % n
        }
    }

    #[test]
    fn i4_every_spelling_is_one_number() {
        for text in [
            "+46701740605",
            "0046701740605",
            "+46 70 174 06 05",
            "  +46-70-174-06-05  ",
            "+46 (0)70-174 06 05",
            "(+46) 70.174.06.05",
            "+46/701740605",
            "00 46 70 174 06 05",
            "tel:+46-70-174-06-05",
            "TEL:+46701740605",
            "\u{ff0b}\u{ff14}\u{ff16}\u{ff17}\u{ff10}\u{ff11}\u{ff17}\u{ff14}\u{ff10}\u{ff16}\u{ff10}\u{ff15}",
            "+٤٦٧٠١٧٤٠٦٠٥",
            "+४६७०१७४०६०५",
            "+\u{1d7d2}\u{1d7d4}\u{1d7d5}\u{1d7ce}\u{1d7cf}\u{1d7d5}\u{1d7d2}\u{1d7ce}\u{1d7d4}\u{1d7ce}\u{1d7d3}",
            "\u{202a}+46\u{a0}70\u{2011}174\u{2009}06\u{200b}05\u{202c}",
        ] {
            assert_eq!(parse(text).as_deref(), Ok("+46701740605"), "{text}");
        }
    }

    #[test]
    fn i4_what_is_not_a_whole_number_is_refused() {
        use NotANumber::*;
        for (text, why) in [
            ("", Empty),
            ("  ", Empty),
            ("()", Empty),
            ("+", TooShort),
            ("0701740605", NoCountryCode),
            ("46701740605", NoCountryCode),
            ("+0701740605", Zero),
            ("+0046701740605", Zero),
            ("00046701740605", Zero),
            ("+46", TooShort),
            ("+466701", TooShort),
            ("+4670174060512345", TooLong),
            ("+46701740605 x12", Extension),
            ("+46701740605 ext. 12", Extension),
            ("+46701740605#12", Extension),
            ("+46701740605,12", Extension),
            ("tel:+46701740605;ext=12", Extension),
            ("tel:+46701740605;phone-context=example.com", Extension),
            ("+46+701740605", NotDigits),
            ("++46701740605", NotDigits),
            ("+46 70 174 06 0l", NotDigits),
            ("+46701740605@example.com", NotDigits),
            ("sip:+46701740605", NotDigits),
            ("+Ⅳ6701740605", NotDigits),
            ("+⁴6701740605", NotDigits),
            ("+46701740605\0", NotDigits),
        ] {
            assert_eq!(parse(text), Err(why), "{text:?}");
        }
        assert_eq!(parse(&" 0".repeat(200)), Err(TooLong));
    }

    #[test]
    fn i4_random_spellings_of_a_number_are_that_number() {
        let mut random = Lcg(46);
        for _ in 0..20_000 {
            let length = SHORTEST + random.below(LONGEST - SHORTEST + 1);
            let mut digits: Vec<u32> = (0..length).map(|_| u32::try_from(random.below(10)).unwrap()).collect();
            digits[0] = digits[0].max(1);
            let canonical: String =
                std::iter::once('+').chain(digits.iter().map(|d| char::from_digit(*d, 10).unwrap())).collect();

            let mut spelled = ["+", "00", "tel:+", "\u{ff0b}", " +"][random.below(5)].to_owned();
            let zero = ZEROS[random.below(ZEROS.len())];
            for d in &digits {
                spelled.push_str(["", "", "", " ", "-", "\u{a0}", ".", "/", "(", ")", "\u{2013}"][random.below(11)]);
                spelled.push(char::from_u32(zero + d).unwrap());
            }
            if spelled.contains("(0)") {
                continue;
            }
            assert_eq!(parse(&spelled).as_deref(), Ok(canonical.as_str()), "{spelled}");
            assert_eq!(parse(&canonical).as_deref(), Ok(canonical.as_str()), "not stable");
        }
    }

    #[test]
    fn i4_no_text_makes_it_panic_or_return_anything_but_e164() {
        let mut random = Lcg(7);
        let alphabet: Vec<char> = "+0123456789 -().x;#tel:٤\u{ff15}é\u{202e}\u{0}😀".chars().collect();
        for _ in 0..50_000 {
            let text: String = (0..random.below(24)).map(|_| alphabet[random.below(alphabet.len())]).collect();
            if let Ok(number) = parse(&text) {
                let digits = number.strip_prefix('+').unwrap();
                assert!(digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0'), "{text:?}");
                assert!((SHORTEST..=LONGEST).contains(&digits.len()), "{text:?}");
            }
        }
    }

    #[test]
    fn a_number_hides_its_end() {
        let number = PhoneNumber::parse("+46701740605").unwrap();
        assert_eq!(number.masked(), "+467017406••");
        assert_eq!(format!("{number:?}"), "PhoneNumber(+467017406••)");
        assert_eq!(mask(""), "••");
    }
}
