//! The parts of a URI, each refused where two parsers could read it differently.

use super::{LONGEST, Problem};

/// What is wrong anywhere in the string.
pub(super) fn check_characters(uri: &str) -> Result<(), Problem> {
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

pub(super) fn split_scheme(uri: &str) -> Result<(&str, &str), Problem> {
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
pub(super) struct Authority<'a> {
    pub host: &'a str,
    pub port: Option<&'a str>,
    pub query: Option<&'a str>,
}

pub(super) fn authority_of(rest: &str) -> Result<Authority<'_>, Problem> {
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

pub(super) fn split_query(rest: &str) -> (&str, Option<&str>) {
    rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)))
}

pub(super) fn valid_port(port: &str) -> bool {
    !port.starts_with('0') && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

pub(super) fn check_host(host: &str) -> Result<(), Problem> {
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

pub(super) fn check_path(path: &str) -> Result<(), Problem> {
    let dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if path.split('/').any(dots) {
        return Err(Problem::DotSegment);
    }
    if path.bytes().all(|b| is_pchar(b) || b == b'/') { Ok(()) } else { Err(Problem::MustBeEncoded) }
}

pub(super) fn check_query(query: Option<&str>) -> Result<(), Problem> {
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
