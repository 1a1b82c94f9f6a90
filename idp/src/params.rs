//! Form-encoded parameters of protocol requests, as they were sent.

use url::form_urlencoded;

/// More parameters than any request of the protocol has.
const MOST: usize = 64;

const SEVERAL: [&str; 2] = ["resource", "audience"];

/// The parameters of one request, each at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>, Signed);

/// Whether parameters were signed by the client.
type Signed = bool;

/// Why parameters were not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// RFC 6749, section 3.1: parameters must not be included more than once.
    #[error("the parameter {0} is included more than once")]
    Repeated(String),
    /// Nobody needs that many.
    #[error("there are too many parameters")]
    TooMany,
    /// No parameter of the protocol has such a character, and databases refuse it.
    #[error("a parameter contains the character NUL")]
    Nul,
    /// RFC 6749 wants a form.
    #[error("the request must be application/x-www-form-urlencoded")]
    NotAForm,
}

impl ParamsError {
    /// A parameter of this name came again; as much of it as can be shown to anybody.
    #[must_use]
    pub fn repeated(name: &str) -> Self {
        Self::Repeated(name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect())
    }
}

impl Params {
    /// Whether a parameter may come several times (RFC 8707, section 2; RFC 8693, section 2.1).
    #[must_use]
    pub fn may_come_again(name: &str) -> bool {
        SEVERAL.contains(&name)
    }

    /// Reads a query or a body, or both together.
    ///
    /// # Errors
    ///
    /// [`ParamsError`] when a name comes twice or there are too many.
    pub fn parse<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ParamsError> {
        let mut params = Self::default();
        for part in parts {
            for (name, value) in form_urlencoded::parse(part) {
                if params.0.len() == MOST {
                    return Err(ParamsError::TooMany);
                }
                if value.contains('\0') {
                    return Err(ParamsError::Nul);
                }
                if !Self::may_come_again(&name) && params.0.iter().any(|(known, _)| *known == name) {
                    return Err(ParamsError::repeated(&name));
                }
                params.0.push((name.into_owned(), value.into_owned()));
            }
        }
        Ok(params)
    }

    /// Parameters that were kept, or that a signed request carries.
    #[must_use]
    pub const fn of_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs, false)
    }

    /// Parameters of a request object whose signature was verified.
    #[must_use]
    pub const fn of_object(pairs: Vec<(String, String)>) -> Self {
        Self(pairs, true)
    }

    /// Whether the client has signed them.
    #[must_use]
    pub const fn signed(&self) -> bool {
        self.1
    }

    /// Puts a parameter in, in the place of one with the same name.
    pub fn set(&mut self, name: &str, value: String) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value));
    }

    /// All of them, as they were sent.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// All values of a parameter that may come several times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Reads the body of a request to a machine endpoint.
    ///
    /// # Errors
    ///
    /// [`ParamsError`], also when the content type is not that of a form.
    pub fn of_body(headers: &http::HeaderMap, body: &[u8]) -> Result<Self, ParamsError> {
        let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
        if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
            return Err(ParamsError::NotAForm);
        }
        Self::parse([body])
    }

    /// A parameter's value; an empty one counts as absent (RFC 6749, section 3.1).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Any bytes are parameters or are refused; no name but those that may comes twice.
        #[test]
        fn any_bytes_may_be_sent(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            if let Ok(params) = Params::parse([bytes.as_slice()]) {
                let pairs = params.pairs();
                proptest::prop_assert!(pairs.len() <= MOST);
                for (place, (name, _)) in pairs.iter().enumerate() {
                    let again = pairs[..place].iter().any(|(known, _)| known == name);
                    proptest::prop_assert!(!again || SEVERAL.contains(&name.as_str()));
                }
            }
        }
    }

    #[test]
    fn empty_is_absent_and_twice_is_refused() {
        let params = Params::parse([b"scope=&state=a%20b+c".as_slice()]).unwrap();
        assert_eq!(params.get("scope"), None);
        assert_eq!(params.get("state"), Some("a b c"));
        assert_eq!(Params::parse([b"a=1".as_slice(), b"a=2"]), Err(ParamsError::Repeated("a".to_owned())));
        let many = (0..70).map(|i| format!("p{i}=1&")).collect::<String>();
        assert_eq!(Params::parse([many.as_bytes()]), Err(ParamsError::TooMany));
    }
}
