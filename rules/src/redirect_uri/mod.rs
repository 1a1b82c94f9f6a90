//! What a client may register as a redirect URI, and which registered one a request means.
//!
//! The rules are those of OAuth 2.1 (exact string comparison), RFC 8252 (loopback addresses and
//! private-use schemes of apps) and RFC 9700. They are stricter than a browser's parser: whatever
//! two parsers could read differently is refused, and the string is kept exactly as it was given.

mod parts;
mod problem;
#[cfg(test)]
mod tests;

use self::parts::{
    Authority, authority_of, check_characters, check_host, check_path, check_query, split_query, split_scheme,
    valid_port,
};
pub use self::problem::{Problem, Warning, advice};

/// The longest URI that is taken, in bytes.
pub const LONGEST: usize = 2000;

/// How many URIs a list may hold.
pub const MOST: usize = 20;

/// Whether `http://localhost` can be registered. OAuth 2.1 (section 8.4.2) advises against it, since
/// another program or name server can claim the name. Many programs use it all the same, and one that
/// proves with PKCE that it has asked loses nothing but the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Localhost {
    /// Not by a client that runs on a server.
    Refused,
    /// By a public client, as an exact string: its port is not free.
    Taken,
}

/// Whether `uri` can be registered, and what to look at if so.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub fn check(uri: &str, localhost: Localhost) -> Result<Vec<Warning>, Problem> {
    check_characters(uri)?;
    let (scheme, rest) = split_scheme(uri)?;
    match scheme {
        "https" => web(authority_of(rest)?),
        "http" => loopback(authority_of(rest)?, localhost),
        _ => private_use(scheme, rest),
    }
}

fn web(uri: Authority<'_>) -> Result<Vec<Warning>, Problem> {
    check_host(uri.host)?;
    let mut warnings = common_warnings(&uri);
    if uri.port.is_some() {
        warnings.push(Warning::Port);
    }
    Ok(warnings)
}

fn loopback(uri: Authority<'_>, localhost: Localhost) -> Result<Vec<Warning>, Problem> {
    match uri.host {
        "127.0.0.1" | "[::1]" => Ok(common_warnings(&uri)),
        "localhost" if localhost == Localhost::Taken => {
            let mut warnings = common_warnings(&uri);
            warnings.push(Warning::Localhost);
            Ok(warnings)
        }
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

/// Checks a whole list, row by row: one bad row says nothing about the others.
#[must_use]
pub fn check_all<S: AsRef<str>>(uris: &[S], localhost: Localhost) -> Vec<Result<Vec<Warning>, Problem>> {
    let bare = |uri: &str| uri.trim_end_matches('/').to_owned();
    uris.iter()
        .enumerate()
        .map(|(row, uri)| {
            let uri = uri.as_ref();
            let mut warnings = check(uri, localhost)?;
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
/// port is accepted, since an app cannot know which one it will get (RFC 8252, section 7.3). Not so of
/// `http://localhost`.
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
