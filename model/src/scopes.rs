//! Lists of scopes, which travel and rest as one space-delimited string (RFC 6749, section 3.3).

/// The scopes of a list, each once, in their order.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    scopes
}

/// One string of a list.
#[must_use]
pub fn join(scopes: &[String]) -> String {
    scopes.join(" ")
}

/// Those of `scopes` that are also in `allowed`, in their order.
#[must_use]
pub fn among(scopes: &[String], allowed: &[String]) -> Vec<String> {
    scopes.iter().filter(|scope| allowed.contains(scope)).cloned().collect()
}
