//! Mail addresses.

/// A mail address that can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// As it was typed, without blanks around it.
    pub typed: String,
    /// What is compared: in lower case.
    pub key: String,
}

/// Why a text is no mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailProblem {
    /// Nothing is written.
    #[error("Enter an e-mail address.")]
    Missing,
    /// Not of the form `name@example.com`.
    #[error("Write it like name@example.com.")]
    Form,
    /// More than 254 characters.
    #[error("An e-mail address has at most 254 characters.")]
    TooLong,
}

impl Email {
    /// Reads an address. Only its form is checked: whether it exists, a mail finds out.
    ///
    /// # Errors
    ///
    /// When it cannot be an address. Quoted names, address literals and anything that could end
    /// a header line are refused.
    pub fn parse(text: &str) -> Result<Self, EmailProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailProblem::Missing);
        }
        if text.len() > 254 {
            return Err(EmailProblem::TooLong);
        }
        let (name, host) = text.rsplit_once('@').ok_or(EmailProblem::Form)?;
        if !is_name(name) || !is_host(host) {
            return Err(EmailProblem::Form);
        }
        Ok(Self { typed: text.to_owned(), key: text.to_ascii_lowercase() })
    }
}

/// RFC 5321's `Dot-string`.
fn is_name(name: &str) -> bool {
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    name.len() <= 64 && name.split('.').all(|part| !part.is_empty() && part.bytes().all(atom))
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.contains('.') && host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case() {
        let email = Email::parse(" Dana.Developer+x@Acme.Test ").expect("an address");
        assert_eq!(
            (email.typed.as_str(), email.key.as_str()),
            ("Dana.Developer+x@Acme.Test", "dana.developer+x@acme.test")
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "dana",
            "@acme.test",
            "dana@",
            "dana@acme",
            "a@b@c",
            "dana@acme..test",
            ".dana@acme.test",
            "dana@acme.test\r\nBcc: x@y.test",
            "dana@-acme.test",
            "\"dana\"@acme.test",
            "dana@[127.0.0.1]",
            "d\u{430}na@acme.test",
            "a b@acme.test",
        ] {
            assert_eq!(Email::parse(text), Err(EmailProblem::Form), "{text:?}");
        }
        assert_eq!(Email::parse("  "), Err(EmailProblem::Missing));
    }
}
