//! What people may write into names and descriptions.

/// Why a text cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing is written.
    Missing,
    /// More than this many characters.
    TooLong(usize),
    /// Control characters, or ones that turn the direction of writing and so can make a text
    /// look like another.
    Characters,
}

/// One line of at most `longest` characters, without the blanks around it.
///
/// # Errors
///
/// When it is longer, or holds what a line cannot show.
pub fn optional_line(text: &str, longest: usize) -> Result<&str, Problem> {
    let text = text.trim();
    if text.chars().any(|c| c.is_control() || deceives(c)) {
        return Err(Problem::Characters);
    }
    within(text, longest)
}

/// As [`optional_line`], but something must be written.
///
/// # Errors
///
/// When it is empty, longer, or holds what a line cannot show.
pub fn line(text: &str, longest: usize) -> Result<&str, Problem> {
    match optional_line(text, longest)? {
        "" => Err(Problem::Missing),
        text => Ok(text),
    }
}

/// Several lines of at most `longest` characters in all.
///
/// # Errors
///
/// When it is longer, or holds control characters other than line ends and tabs.
pub fn paragraphs(text: &str, longest: usize) -> Result<&str, Problem> {
    let text = text.trim();
    if text.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || deceives(c)) {
        return Err(Problem::Characters);
    }
    within(text, longest)
}

fn within(text: &str, longest: usize) -> Result<&str, Problem> {
    if text.chars().nth(longest).is_some() { Err(Problem::TooLong(longest)) } else { Ok(text) }
}

/// Embeddings, overrides and isolates of the bidirectional algorithm, and invisible separators.
const fn deceives(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_counted_in_characters() {
        assert_eq!(line("  Voicebox ", 8), Ok("Voicebox"));
        assert_eq!(line("Åäöåäöåä", 8), Ok("Åäöåäöåä"));
        assert_eq!(line("Voicebox!", 8), Err(Problem::TooLong(8)));
        assert_eq!(line(" \t ", 8), Err(Problem::Missing));
    }

    #[test]
    fn what_deceives_the_eye_is_refused() {
        assert_eq!(line("Voice\u{202e}xob", 20), Err(Problem::Characters));
        assert_eq!(line("two\nlines", 20), Err(Problem::Characters));
        assert_eq!(paragraphs("two\nlines", 20), Ok("two\nlines"));
        assert_eq!(paragraphs("bell\u{7}", 20), Err(Problem::Characters));
    }
}
