//! Redirect URIs: the rules that pages check too, see [`rules::redirect_uri`], and the one that
//! needs more than they have: a browser must understand the URI as well.

use url::Url;

pub use rules::redirect_uri::{Localhost, MOST, Problem, Warning, advice, matches};

use crate::entity::ClientKind;

/// Whether `uri` can be registered, and what to look at if so.
///
/// # Errors
///
/// The first thing that is wrong with it.
pub fn check(uri: &str, localhost: Localhost) -> Result<Vec<Warning>, Problem> {
    understood(uri, rules::redirect_uri::check(uri, localhost))
}

/// Whether a client of this kind may register `http://localhost`: one that runs on the person's own
/// device, and must use PKCE.
#[must_use]
pub const fn localhost_of(kind: ClientKind) -> Localhost {
    match kind {
        ClientKind::Public => Localhost::Taken,
        ClientKind::Confidential => Localhost::Refused,
    }
}

/// Appends parameters to a URI, which stays as it was registered. Spaces become `%20`.
#[must_use]
pub fn with_query(uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    let query = query.finish().replace('+', "%20");
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{query}")
}

/// Checks a whole list, row by row: one bad row says nothing about the others.
#[must_use]
pub fn check_all<S: AsRef<str>>(uris: &[S], localhost: Localhost) -> Vec<Result<Vec<Warning>, Problem>> {
    let results = rules::redirect_uri::check_all(uris, localhost);
    uris.iter().zip(results).map(|(uri, result)| understood(uri.as_ref(), result)).collect()
}

/// The schemes of everything over which a browser may be led that is sent to this redirect URI.
///
/// Clients often send people on to another host of theirs, so a page that leads there (Chromium
/// holds every redirect that follows a form to the page's policy) can name the scheme and not the
/// host: with the host alone, such clients would end at a page that does nothing.
#[must_use]
pub fn schemes_beyond(uri: &str) -> Vec<String> {
    match Url::parse(uri) {
        Ok(uri) if uri.scheme() == "http" => vec!["http".to_owned(), "https".to_owned()],
        Ok(uri) => vec![uri.scheme().to_owned()],
        Err(_) => Vec::new(),
    }
}

/// Punycode of nothing, such as `xn--a`, looks like a name and leads a browser nowhere.
fn understood(uri: &str, result: Result<Vec<Warning>, Problem>) -> Result<Vec<Warning>, Problem> {
    let warnings = result?;
    if Url::parse(uri).is_ok() { Ok(warnings) } else { Err(Problem::BadHost) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_leads_to_https_and_nothing_leads_back() {
        assert_eq!(schemes_beyond("https://example.com/callback"), ["https"]);
        assert_eq!(schemes_beyond("http://127.0.0.1:8765/callback"), ["http", "https"]);
        assert_eq!(schemes_beyond("com.example.app:/callback"), ["com.example.app"]);
        assert_eq!(schemes_beyond("nowhere"), [""; 0]);
    }

    /// Found by the fuzz target `redirect_uri`.
    #[test]
    fn a1_punycode_of_nothing_is_no_host() {
        for uri in ["https://xn--a.example/", "https://xn--.example/callback"] {
            assert_eq!(check(uri, Localhost::Taken), Err(Problem::BadHost), "{uri}");
        }
        assert_eq!(check("https://xn--bcher-kva.example/", Localhost::Refused), Ok(vec![Warning::Punycode]));
        let rows = check_all(&["https://xn--a.example/", "https://example.com/"], Localhost::Refused);
        assert_eq!(rows, [Err(Problem::BadHost), Ok(Vec::new())]);
    }
}
