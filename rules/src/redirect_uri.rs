//! What a client may register as a redirect URI, and which registered one a request means.
//!
//! The rules are those of OAuth 2.1 (exact string comparison), RFC 8252 (loopback addresses and
//! private-use schemes of apps) and RFC 9700. They are stricter than a browser's parser: whatever
//! two parsers could read differently is refused, and the string is kept exactly as it was given.

/// The longest URI that is taken, in bytes.
pub const LONGEST: usize = 2000;

/// How many URIs a list may hold.
pub const MOST: usize = 20;

/// Why a URI cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing is written.
    Empty,
    /// More than [`LONGEST`] bytes.
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
    /// `http://localhost`.
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
                "Write http://127.0.0.1 in place of localhost, which another program or name server can claim."
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
            Self::Punycode => "The host is written in punycode. Check that it is the one you mean.",
        }
    }
}

/// Whether `uri` can be registered, and what to look at if so.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub fn check(uri: &str) -> Result<Vec<Warning>, Problem> {
    characters(uri)?;
    let (scheme, rest) = split_scheme(uri)?;
    match scheme {
        "https" => web(authority_of(rest)?),
        "http" => loopback(authority_of(rest)?),
        _ => private_use(scheme, rest),
    }
}

/// Checks a whole list, row by row: one bad row says nothing about the others.
#[must_use]
pub fn check_all<S: AsRef<str>>(uris: &[S]) -> Vec<Result<Vec<Warning>, Problem>> {
    let bare = |uri: &str| uri.trim_end_matches('/').to_owned();
    uris.iter()
        .enumerate()
        .map(|(row, uri)| {
            let uri = uri.as_ref();
            let mut warnings = check(uri)?;
            if uris.iter().take(row).any(|other| other.as_ref() == uri) {
                return Err(Problem::Twice);
            }
            if uris.iter().any(|other| other.as_ref() != uri && bare(other.as_ref()) == bare(uri)) {
                warnings.push(Warning::SlashTwin);
            }
            Ok(warnings)
        })
        .collect()
}

/// Whether `given`, from an authorization request, is one of `registered`.
///
/// Strings are compared exactly, with one exception: of `http://127.0.0.1` and `http://[::1]` any
/// port is accepted, since an app cannot know which one it will get (RFC 8252, section 7.3).
#[must_use]
pub fn matches(registered: &[String], given: &str) -> bool {
    registered.iter().any(|uri| uri == given || same_but_for_port(uri, given))
}

fn same_but_for_port(registered: &str, given: &str) -> bool {
    match (without_loopback_port(registered), without_loopback_port(given)) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

/// The loopback host and what follows the port.
fn without_loopback_port(uri: &str) -> Option<(&str, &str)> {
    ["http://127.0.0.1", "http://[::1]"].into_iter().find_map(|base| {
        let rest = uri.strip_prefix(base)?;
        let rest = match rest.strip_prefix(':') {
            Some(port_on) => {
                let end = port_on.find(['/', '?']).unwrap_or(port_on.len());
                let (port, rest) = port_on.split_at_checked(end)?;
                valid_port(port).then_some(rest)?
            }
            None => rest,
        };
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((base, rest))
    })
}

/// What is wrong anywhere in the string.
fn characters(uri: &str) -> Result<(), Problem> {
    if uri.is_empty() {
        return Err(Problem::Empty);
    }
    if uri.len() > LONGEST {
        return Err(Problem::TooLong);
    }
    if uri.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}')) {
        return Err(Problem::Blank);
    }
    if uri.contains('\\') {
        return Err(Problem::Backslash);
    }
    if uri.contains('*') {
        return Err(Problem::Wildcard);
    }
    if uri.contains('#') {
        return Err(Problem::Fragment);
    }
    for (at, _) in uri.match_indices('%') {
        let byte = uri.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match byte.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            None => return Err(Problem::BadEncoding),
            Some(byte) if byte.is_ascii_control() => return Err(Problem::EncodedControl),
            Some(_) => {}
        }
    }
    Ok(())
}

fn split_scheme(uri: &str) -> Result<(&str, &str), Problem> {
    const DANGEROUS: [&str; 12] = [
        "javascript",
        "data",
        "vbscript",
        "file",
        "blob",
        "about",
        "view-source",
        "filesystem",
        "intent",
        "mailto",
        "ws",
        "wss",
    ];
    let (scheme, rest) = uri.split_once(':').ok_or(Problem::NoScheme)?;
    let mut letters = scheme.bytes();
    if !letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        || !letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    {
        return Err(Problem::NoScheme);
    }
    if DANGEROUS.iter().any(|dangerous| scheme.eq_ignore_ascii_case(dangerous)) {
        return Err(Problem::DangerousScheme);
    }
    // `localhost:8080/callback` reads as a scheme of that name, `example.com:8080` as a private one.
    if rest.bytes().next().is_some_and(|b| b.is_ascii_digit()) {
        return Err(Problem::NoScheme);
    }
    if scheme.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(Problem::SchemeCase);
    }
    Ok((scheme, rest))
}

/// What is looked at again of `//host:port/path?query`.
struct Authority<'a> {
    host: &'a str,
    port: Option<&'a str>,
    query: Option<&'a str>,
}

fn authority_of(rest: &str) -> Result<Authority<'_>, Problem> {
    let rest = rest.strip_prefix("//").ok_or(Problem::NoHost)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end).ok_or(Problem::BadHost)?;
    if authority.contains('@') {
        return Err(Problem::UserInfo);
    }
    let bracket = authority.find(']');
    let colon = authority.rfind(':').filter(|colon| bracket.is_none_or(|bracket| *colon > bracket));
    let (host, port) = match colon.and_then(|at| authority.split_at_checked(at)) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => (authority, None),
    };
    if host.is_empty() {
        return Err(Problem::NoHost);
    }
    if port.is_some_and(|port| !valid_port(port)) {
        return Err(Problem::BadPort);
    }
    let (path, query) = split_query(rest);
    check_path(path)?;
    check_query(query)?;
    Ok(Authority { host, port, query })
}

fn split_query(rest: &str) -> (&str, Option<&str>) {
    rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)))
}

fn valid_port(port: &str) -> bool {
    !port.starts_with('0') && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

fn web(uri: Authority<'_>) -> Result<Vec<Warning>, Problem> {
    check_host(uri.host)?;
    let mut warnings = common_warnings(&uri);
    if uri.port.is_some() {
        warnings.push(Warning::Port);
    }
    Ok(warnings)
}

fn loopback(uri: Authority<'_>) -> Result<Vec<Warning>, Problem> {
    match uri.host {
        "127.0.0.1" | "[::1]" => Ok(common_warnings(&uri)),
        host if host.eq_ignore_ascii_case("localhost") => Err(Problem::Localhost),
        _ => Err(Problem::PlainHttp),
    }
}

fn common_warnings(uri: &Authority<'_>) -> Vec<Warning> {
    let Authority { host, port: _, query } = uri;
    let mut warnings = Vec::new();
    if host.bytes().any(|b| b.is_ascii_uppercase()) {
        warnings.push(Warning::HostCase);
    }
    if host.to_ascii_lowercase().split('.').any(|label| label.starts_with("xn--")) {
        warnings.push(Warning::Punycode);
    }
    if query.is_some() {
        warnings.push(Warning::Query);
    }
    warnings
}

fn check_host(host: &str) -> Result<(), Problem> {
    if !host.is_ascii() || host.contains('%') {
        return Err(Problem::HostNotAscii);
    }
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').ok_or(Problem::BadHost)?;
        let read: std::net::Ipv6Addr = address.parse().map_err(|_| Problem::BadHost)?;
        // Browsers rewrite [::0] and [::ffff:127.0.0.1]: an address is written as they would.
        let same = read.to_string() == address.to_ascii_lowercase() && !address.contains('.');
        return if same { Ok(()) } else { Err(Problem::BadHost) };
    }
    // Browsers read 0x7f.1 and 2130706433 as addresses: a host that ends in a number must be a
    // complete address.
    let last = host.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    if last.bytes().all(|b| b.is_ascii_digit()) || hexadecimal.is_some() {
        return host.parse::<std::net::Ipv4Addr>().map(|_| ()).map_err(|_| Problem::BadHost);
    }
    let valid_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if host.len() <= 253 && host.split('.').all(valid_label) { Ok(()) } else { Err(Problem::BadHost) }
}

fn check_path(path: &str) -> Result<(), Problem> {
    let dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if path.split('/').any(dots) {
        return Err(Problem::DotSegment);
    }
    if path.bytes().all(|b| is_pchar(b) || b == b'/') { Ok(()) } else { Err(Problem::MustBeEncoded) }
}

fn check_query(query: Option<&str>) -> Result<(), Problem> {
    const RESERVED: [&str; 4] = ["code", "state", "iss", "error"];
    let Some(query) = query else { return Ok(()) };
    if !query.bytes().all(|b| is_pchar(b) || matches!(b, b'/' | b'?')) {
        return Err(Problem::MustBeEncoded);
    }
    let reserved = |pair: &str| {
        let name = decode(pair.split('=').next().unwrap_or_default());
        RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved.as_bytes()))
    };
    if query.split(['&', ';']).any(reserved) { Err(Problem::ReservedParameter) } else { Ok(()) }
}

/// RFC 3986, section 3.3; the digits after `%` were checked before.
const fn is_pchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%')
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'+' | b',' | b';' | b'=')
        || matches!(byte, b':' | b'@')
}

fn decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.extend_from_slice(before.as_bytes());
        let digits = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match digits {
            Some(byte) => {
                decoded.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(b'%');
                rest = after;
            }
        }
    }
    decoded.extend_from_slice(rest.as_bytes());
    decoded
}

/// `com.example.app:/callback` (RFC 8252, section 7.1).
fn private_use(scheme: &str, rest: &str) -> Result<Vec<Warning>, Problem> {
    let labels: Vec<&str> = scheme.split('.').collect();
    if labels.len() < 2 || labels.iter().any(|label| label.is_empty()) {
        return Err(Problem::SchemeWithoutDomain);
    }
    if !rest.starts_with('/') {
        return Err(Problem::NoPath);
    }
    let (path, query) = match rest.strip_prefix("//") {
        Some(after) => {
            let end = after.find(['/', '?']).unwrap_or(after.len());
            let (authority, after) = after.split_at_checked(end).ok_or(Problem::BadHost)?;
            if authority.contains('@') {
                return Err(Problem::UserInfo);
            }
            if !authority.is_ascii() {
                return Err(Problem::HostNotAscii);
            }
            if authority.is_empty() && after.is_empty() {
                return Err(Problem::NoPath);
            }
            if !authority.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')) {
                return Err(Problem::BadHost);
            }
            split_query(after)
        }
        None => split_query(rest),
    };
    check_path(path)?;
    check_query(query)?;
    Ok(if query.is_some() { vec![Warning::Query] } else { Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// What can be registered is a URI without a fragment that begins with its scheme, and is
        /// no address in a page; it matches itself, and nothing with a byte more.
        #[test]
        fn whatever_is_taken_is_harmless(text in "[a-z]{1,12}:(//)?[ -~é\u{202e}]{0,60}", more in "[ -~]{1,8}") {
            if check(&text).is_ok() {
                let url = url::Url::parse(&text).unwrap();
                proptest::prop_assert!(url.fragment().is_none() && url.password().is_none());
                proptest::prop_assert!(!matches!(url.scheme(), "javascript" | "data" | "vbscript" | "file" | "blob"));
                let registered = [text.clone()];
                proptest::prop_assert!(matches(&registered, &text));
                let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]"));
                let longer = [text, more].concat();
                proptest::prop_assert!(loopback || !matches(&registered, &longer));
            }
        }
    }

    const GOOD: [&str; 20] = [
        "https://example.com/callback",
        "https://example.com",
        "https://example.com/",
        "https://app.example.com:8443/oauth/callback",
        "https://192.0.2.7/callback",
        "https://[2001:db8::7]/callback",
        "https://localhost/callback",
        "https://my_host.example/callback",
        "https://xn--bcher-kva.example/callback",
        "https://Example.com/callback",
        "https://example.com/callback?tenant=7",
        "https://example.com/callback?code_version=2",
        "https://example.com/a%20b/@home:1,2;3",
        "https://example.com//callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:8765/callback",
        "http://[::1]:8765/callback",
        "com.example.app:/oauth2redirect",
        "com.example.app://callback",
        "com.example.app://callback/path?from=portico",
    ];

    #[test]
    fn what_developers_need_can_be_registered() {
        for uri in GOOD {
            assert!(check(uri).is_ok(), "{uri}: {:?}", check(uri));
        }
    }

    #[test]
    fn a1_a_browser_reads_every_accepted_host_as_we_do() {
        for uri in GOOD.iter().filter(|uri| uri.starts_with("http")) {
            let browser = url::Url::parse(uri).unwrap();
            let ours = authority_of(uri.split_once(':').unwrap().1).unwrap();
            assert_eq!(browser.host_str().unwrap(), ours.host.to_ascii_lowercase(), "{uri}");
            assert_eq!(browser.username(), "");
            assert!(browser.fragment().is_none());
        }
    }

    #[test]
    fn a1_what_deceives_is_refused() {
        let table = [
            ("", Problem::Empty),
            ("example.com/callback", Problem::NoScheme),
            ("//evil.tld/callback", Problem::NoScheme),
            ("/callback", Problem::NoScheme),
            ("example.com:8080/callback", Problem::NoScheme),
            ("https:example.com", Problem::NoHost),
            ("https:/example.com", Problem::NoHost),
            ("https://", Problem::NoHost),
            ("https:///callback", Problem::NoHost),
            ("https://:443/callback", Problem::NoHost),
            ("https://ok.example.com@evil.tld/callback", Problem::UserInfo),
            ("https://user:password@example.com/", Problem::UserInfo),
            ("https://example.com\\@evil.tld/", Problem::Backslash),
            ("https:\\\\evil.tld", Problem::Backslash),
            ("\\evil", Problem::Backslash),
            ("https://example.com/callback#", Problem::Fragment),
            ("https://example.com/callback#x", Problem::Fragment),
            ("https://*.example.com/callback", Problem::Wildcard),
            ("https://example.com/*", Problem::Wildcard),
            ("https://example.com/a b", Problem::Blank),
            ("https://example.com/\n", Problem::Blank),
            ("https://exam\tple.com/", Problem::Blank),
            ("https://example.com/\u{0}", Problem::Blank),
            ("https://example.com/\u{200b}", Problem::Blank),
            ("https://example.com/%00", Problem::EncodedControl),
            ("https://example.com/%0d%0aSet-Cookie:a", Problem::EncodedControl),
            ("https://example.com/%7f", Problem::EncodedControl),
            ("https://example.com/%", Problem::BadEncoding),
            ("https://example.com/%zz", Problem::BadEncoding),
            ("https://example.com/%+1", Problem::BadEncoding),
            ("https://example.com/../evil", Problem::DotSegment),
            ("https://example.com/%2e%2e/evil", Problem::DotSegment),
            ("https://example.com/a/.%2E/b", Problem::DotSegment),
            ("https://example.com/./a", Problem::DotSegment),
            ("https://ex\u{e4}mple.com/", Problem::HostNotAscii),
            ("https://ex\u{430}mple.com/", Problem::HostNotAscii),
            ("https://example\u{3002}com/", Problem::HostNotAscii),
            ("https://example%2ecom/", Problem::HostNotAscii),
            ("https://example.com./", Problem::BadHost),
            ("https://example..com/", Problem::BadHost),
            ("https://-example.com/", Problem::BadHost),
            ("https://exa<mple.com/", Problem::BadHost),
            ("https://0x7f.1/", Problem::BadHost),
            ("https://2130706433/", Problem::BadHost),
            ("https://127.1/", Problem::BadHost),
            ("https://0177.0.0.1/", Problem::BadHost),
            ("https://[::1/", Problem::BadHost),
            // Found by the fuzz target `redirect_uri`.
            ("https://[::0]", Problem::BadHost),
            ("https://[2001:db8:0:0::7]/", Problem::BadHost),
            ("https://[::ffff:127.0.0.1]/", Problem::BadHost),
            ("https://[::ffff:7f00:1]/", Problem::BadHost),
            ("https://[fe80::1%25eth0]/", Problem::HostNotAscii),
            ("https://example.com:/", Problem::BadPort),
            ("https://example.com:0/", Problem::BadPort),
            ("https://example.com:0443/", Problem::BadPort),
            ("https://example.com:65536/", Problem::BadPort),
            ("https://example.com:+443/", Problem::BadPort),
            ("https://example.com/\u{e4}", Problem::MustBeEncoded),
            ("https://example.com/\"onload", Problem::MustBeEncoded),
            ("https://example.com/<script>", Problem::MustBeEncoded),
            ("https://example.com/?code=1", Problem::ReservedParameter),
            ("https://example.com/?a=1&state=x", Problem::ReservedParameter),
            ("https://example.com/?%63ode=1", Problem::ReservedParameter),
            ("https://example.com/?iss", Problem::ReservedParameter),
            ("HTTPS://example.com/", Problem::SchemeCase),
            ("http://example.com/callback", Problem::PlainHttp),
        ];
        for (uri, problem) in table {
            assert_eq!(check(uri), Err(problem), "{uri:?}");
        }
        let long = format!("https://example.com/{}", "a".repeat(LONGEST));
        assert_eq!(check(&long), Err(Problem::TooLong));
    }

    #[test]
    fn a1_only_the_registered_string_matches() {
        let registered = ["https://ok.example.com/callback".to_owned(), "https://ok.example.com/twin/".to_owned()];
        assert!(matches(&registered, "https://ok.example.com/callback"));
        for given in [
            "",
            "https://ok.example.com.evil.tld/callback",
            "https://ok.example.com@evil.tld/callback",
            "https://evil.tld\\@ok.example.com/callback",
            "//ok.example.com/callback",
            "https://ok.example.com/callback/",
            "https://ok.example.com/callback?",
            "https://ok.example.com/callback?x=1",
            "https://ok.example.com/callback#",
            "https://ok.example.com/callback%00",
            "https://ok.example.com/callback\n",
            "https://ok.example.com/callback ",
            " https://ok.example.com/callback",
            "https://ok.example.com/./callback",
            "https://ok.example.com/a/../callback",
            "https://ok.example.com/%63allback",
            "https://ok.example.com:443/callback",
            "https://OK.example.com/callback",
            "HTTPS://ok.example.com/callback",
            "http://ok.example.com/callback",
            "https://ok.example.com/Callback",
            "https://ok.example.com/twin",
            "https://ok.example\u{3002}com/callback",
            "https://\u{43e}k.example.com/callback",
        ] {
            assert!(!matches(&registered, given), "{given:?}");
        }
    }

    #[test]
    fn a2_the_port_is_free_on_loopback_addresses_alone() {
        let registered = [
            "http://127.0.0.1:8765/callback".to_owned(),
            "http://[::1]/callback".to_owned(),
            "https://127.0.0.1:8443/callback".to_owned(),
        ];
        for given in [
            "http://127.0.0.1:8765/callback",
            "http://127.0.0.1/callback",
            "http://127.0.0.1:1/callback",
            "http://127.0.0.1:65535/callback",
            "http://[::1]:49152/callback",
            "https://127.0.0.1:8443/callback",
        ] {
            assert!(matches(&registered, given), "{given}");
        }
        for given in [
            "http://localhost:8765/callback",
            "http://localhost.evil:8765/callback",
            "http://127.0.0.1.evil.tld/callback",
            "http://127.0.0.1:8765.evil.tld/callback",
            "http://127.0.0.1:8765@evil.tld/callback",
            "http://127.0.0.1:@evil.tld/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.0.0.1:+80/callback",
            "http://127.0.0.1:08/callback",
            "http://127.0.0.1:8765/callback/",
            "http://127.0.0.1:8765/callback?x",
            "http://127.0.0.1:8765/callback#x",
            "http://127.0.0.1:8765",
            "http://127.0.0.2:8765/callback",
            "http://[::1]:49152/other",
            "http://[::1]:49152",
            "https://127.0.0.1:8444/callback",
            "https://[::1]:1/callback",
        ] {
            assert!(!matches(&registered, given), "{given}");
        }
        for (uri, problem) in [
            ("http://localhost:8765/callback", Problem::Localhost),
            ("http://LOCALHOST/callback", Problem::Localhost),
            ("http://localhost.evil/callback", Problem::PlainHttp),
            ("http://127.0.0.2/callback", Problem::PlainHttp),
            ("http://127.0.0.1.evil.tld/callback", Problem::PlainHttp),
            ("http://0.0.0.0/callback", Problem::PlainHttp),
            ("http://[::]/callback", Problem::PlainHttp),
            ("http://[::ffff:127.0.0.1]/callback", Problem::PlainHttp),
        ] {
            assert_eq!(check(uri), Err(problem), "{uri}");
        }
    }

    #[test]
    fn a3_a_private_scheme_is_named_after_a_domain() {
        for (uri, problem) in [
            ("myapp:/callback", Problem::SchemeWithoutDomain),
            ("myapp://callback", Problem::SchemeWithoutDomain),
            ("com.:/callback", Problem::SchemeWithoutDomain),
            ("com..app:/callback", Problem::SchemeWithoutDomain),
            ("com.example.app:", Problem::NoPath),
            ("com.example.app:callback", Problem::NoPath),
            ("com.example.app://", Problem::NoPath),
            ("com.example.app://user@callback", Problem::UserInfo),
            ("com.example.app:/../x", Problem::DotSegment),
            ("com.example.app:/x?state=1", Problem::ReservedParameter),
            ("Com.Example.App:/x", Problem::SchemeCase),
        ] {
            assert_eq!(check(uri), Err(problem), "{uri}");
        }
    }

    #[test]
    fn a4_schemes_that_a_browser_runs_are_refused() {
        for uri in [
            "javascript:alert(1)",
            "JavaScript:alert(1)//https://example.com",
            "data:text/html,x",
            "vbscript:msgbox(1)",
            "file:///etc/passwd",
            "blob:https://example.com/1",
            "view-source:https://example.com",
            "about:blank",
        ] {
            assert_eq!(check(uri), Err(Problem::DangerousScheme), "{uri}");
        }
        assert_eq!(check("java\nscript:alert(1)"), Err(Problem::Blank));
    }

    #[test]
    fn what_is_perhaps_not_meant_is_said() {
        for (uri, warning) in [
            ("https://Example.com/", Warning::HostCase),
            ("https://example.com/?a=1", Warning::Query),
            ("https://example.com:444/", Warning::Port),
            ("https://xn--bcher-kva.example/", Warning::Punycode),
        ] {
            assert_eq!(check(uri), Ok(vec![warning]), "{uri}");
        }
    }

    #[test]
    fn one_bad_row_says_nothing_about_the_others() {
        let rows = check_all(&[
            "https://example.com/callback",
            "http://example.com/callback",
            "https://example.com/callback/",
            "https://example.com/callback",
        ]);
        assert_eq!(
            rows,
            [Ok(vec![Warning::SlashTwin]), Err(Problem::PlainHttp), Ok(vec![Warning::SlashTwin]), Err(Problem::Twice)]
        );
    }
}
