//! What can be wrong with a redirect URI, and what to do about it.

/// Why a URI cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing is written.
    Empty,
    /// More than [`LONGEST`](super::LONGEST) bytes.
    TooLong,
    /// Blanks, line ends or other control characters.
    Blank,
    /// A backslash, which browsers read as a slash.
    Backslash,
    /// A percent sign that two hexadecimal digits do not follow.
    BadEncoding,
    /// An encoded control character, such as `%00`.
    EncodedControl,
    /// `*`, which would be a pattern.
    Wildcard,
    /// A part after `#`.
    Fragment,
    /// No scheme: `example.com/callback` or `//example.com/callback`.
    NoScheme,
    /// A scheme in capital letters.
    SchemeCase,
    /// `javascript:`, `data:`, `vbscript:`, `file:`, `blob:` and their kind.
    DangerousScheme,
    /// A private-use scheme that no domain name stands behind.
    SchemeWithoutDomain,
    /// `http` to something else than a loopback address.
    PlainHttp,
    /// `http://localhost`, which this client may not use.
    Localhost,
    /// No host after `https://`.
    NoHost,
    /// `user@` before the host.
    UserInfo,
    /// A host in other letters than ASCII's.
    HostNotAscii,
    /// A host that is no name and no address.
    BadHost,
    /// A port that is no number between 1 and 65535.
    BadPort,
    /// `.` or `..` as part of the path, encoded or not.
    DotSegment,
    /// A character that must be percent-encoded here.
    MustBeEncoded,
    /// A query parameter whose name the response uses itself.
    ReservedParameter,
    /// Nothing after a private-use scheme.
    NoPath,
    /// The same URI stands in this list already.
    Twice,
}

impl Problem {
    /// What to do about it, in words.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Empty => "Write an address, such as https://example.com/callback.",
            Self::TooLong => "Shorten it to 2000 characters.",
            Self::Blank => "Remove the blanks and line ends. One address for each row.",
            Self::Backslash => "Use / in place of the backslash.",
            Self::BadEncoding => "Write two hexadecimal digits after each %, as in %20.",
            Self::EncodedControl => "Remove the encoded control character (%00 to %1F, %7F).",
            Self::Wildcard => {
                "Write each address in full: there are no wildcards, since a pattern matches more than you mean."
            }
            Self::Fragment => "Remove the part from # on: the response could not be told from it.",
            Self::NoScheme => "Begin with https://, or with your app's own scheme.",
            Self::SchemeCase => "Write the scheme in small letters.",
            Self::DangerousScheme => "Use https. A browser would run or open an address of this scheme by itself.",
            Self::SchemeWithoutDomain => {
                "Name the app's own scheme after a domain of yours, reversed, such as com.example.app."
            }
            Self::PlainHttp => "Use https. Plain http is for 127.0.0.1 and [::1] alone.",
            Self::Localhost => {
                "Write http://127.0.0.1 in place of localhost, which another program or name server can claim. \
                 Public clients alone may use it."
            }
            Self::NoHost => "Write a host after the slashes, as in https://example.com/callback.",
            Self::UserInfo => "Remove the part before @.",
            Self::HostNotAscii => "Write the host in punycode (xn--…), as browsers send it.",
            Self::BadHost => "Write the host as a name such as app.example.com, or as a complete IP address.",
            Self::BadPort => "Write a port between 1 and 65535, or none.",
            Self::DotSegment => "Remove the parts . and .. from the path.",
            Self::MustBeEncoded => "Percent-encode characters that an address cannot hold, such as %C3%A5 for å.",
            Self::ReservedParameter => "Remove the parameters code, state, iss and error: the response brings its own.",
            Self::NoPath => "Write a path after the scheme, as in com.example.app:/callback.",
            Self::Twice => "This address is in the list already. Remove one of the two.",
        }
    }
}

/// What to look at, in words, if there is anything.
#[must_use]
pub fn advice(warnings: &[Warning]) -> Option<String> {
    let words: Vec<&str> = warnings.iter().map(|warning| warning.advice()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// What is allowed, but perhaps not meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The same address with or without the slash at its end is registered as well.
    SlashTwin,
    /// Capital letters in the host.
    HostCase,
    /// A query string.
    Query,
    /// A port other than the scheme's own.
    Port,
    /// A host in punycode, which can look like another one when it is shown.
    Punycode,
    /// `http://localhost`.
    Localhost,
}

impl Warning {
    /// What to look at, in words.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::SlashTwin => "Another row differs only in the slash at the end. Keep the one that your app sends.",
            Self::HostCase => "The host has capital letters. Your app must send them just so.",
            Self::Query => "The query string is compared too, character by character.",
            Self::Port => "Check the port: it is compared too.",
            Self::Localhost => {
                "For public clients alone. Another program or name server can claim localhost, and its port is \
                 compared too: write http://127.0.0.1 if your program can."
            }
            Self::Punycode => "The host is written in punycode. Check that it is the one you mean.",
        }
    }
}
