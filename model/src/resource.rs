//! For which API a token is (RFC 8707), and what it can allow there: audience and scope go in pairs.
//!
//! A permission of an API is for that API alone. What is of none in particular, as are the scopes of
//! OpenID Connect, goes with each.

use crate::{
    cache::{Client, Product, ProductScope},
    scopes,
};

/// Why there is no token for what a request names. To the client it is `invalid_target`, or
/// `invalid_scope` where it has named the scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The client may not ask for it, or it was not in the authorization.
    #[error("the resource {0} is not one that this client may ask for")]
    Resource(String),
    /// Nothing that was granted means anything there.
    #[error("nothing that was granted is a permission of the API that resource names")]
    Nothing,
    /// The scope was named, and means nothing there.
    #[error("the scope {0} is a permission of another API than resource names")]
    Scope(String),
}

/// What a request for a token names, of what was granted; empty where it leaves it open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Scopes.
    pub scopes: Vec<String>,
    /// Audiences.
    pub resources: Vec<String>,
}

/// For whom a token is, and what it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its audience; empty for the provider's own endpoints.
    pub audience: Vec<String>,
    /// Its scopes.
    pub scopes: Vec<String>,
}

impl ProductScope {
    /// Whether it means anything to one of `resources`. Where there are none, nothing is left out.
    #[must_use]
    pub fn meant_for(&self, resources: &[String]) -> bool {
        resources.is_empty()
            || self.audiences.is_empty()
            || self.audiences.iter().any(|audience| resources.contains(audience))
    }
}

impl Product {
    /// Whether a scope means anything to one of `resources`, see [`ProductScope::meant_for`].
    #[must_use]
    pub fn meant_for(&self, scope: &str, resources: &[String]) -> bool {
        self.scopes.iter().find(|known| known.name == scope).is_none_or(|known| known.meant_for(resources))
    }
}

/// The audience of a token under an authorization that `granted` these: what is asked for now, of
/// that and of what the client may still ask for (RFC 8707, section 2.2).
///
/// # Errors
///
/// [`TargetError::Resource`].
pub fn audience(client: &Client, granted: &[String], asked: &[String]) -> Result<Vec<String>, TargetError> {
    let may = |one: &String| client.metadata.resources.contains(one);
    if asked.is_empty() {
        let left: Vec<String> = granted.iter().filter(|one| may(one)).cloned().collect();
        return match granted.first() {
            // A token for nobody in particular would be one for the provider itself.
            Some(lost) if left.is_empty() => Err(TargetError::Resource(lost.clone())),
            _ => Ok(left),
        };
    }
    let mut audience: Vec<String> = Vec::with_capacity(asked.len());
    for one in asked {
        if !may(one) || !(granted.is_empty() || granted.contains(one)) {
            return Err(TargetError::Resource(one.clone()));
        }
        if !audience.contains(one) {
            audience.push(one.clone());
        }
    }
    Ok(audience)
}

/// What of the `granted` scopes a token for `audience` allows: those that are `named`, all of which
/// must mean something there, or else those that do.
///
/// # Errors
///
/// [`TargetError::Scope`], [`TargetError::Nothing`].
pub fn narrowed(
    product: &Product,
    granted: &[String],
    named: &[String],
    audience: Vec<String>,
) -> Result<Target, TargetError> {
    if let Some(foreign) = named.iter().find(|scope| !product.meant_for(scope, &audience)) {
        return Err(TargetError::Scope(foreign.clone()));
    }
    let wanted = if named.is_empty() { granted.to_vec() } else { scopes::among(named, granted) };
    let meant: Vec<String> = wanted.iter().filter(|scope| product.meant_for(scope, &audience)).cloned().collect();
    if meant.is_empty() && !wanted.is_empty() {
        return Err(TargetError::Nothing);
    }
    Ok(Target { audience, scopes: meant })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use uuid::Uuid;

    use super::*;
    use crate::entity::Audience;

    fn product(scopes: &[(&str, &[&str])]) -> Product {
        let scopes = scopes.iter().map(|(name, audiences)| ProductScope {
            name: (*name).to_owned(),
            consent_text: String::new(),
            optional: false,
            refreshable: true,
            audiences: list(audiences),
        });
        Product {
            id: Uuid::nil(),
            organization_id: Uuid::nil(),
            organization_name: String::new(),
            audience: Audience::Users,
            name: String::new(),
            description: String::new(),
            website: None,
            terms_url: None,
            privacy_url: None,
            support_email: None,
            logo: None,
            scopes: scopes.collect(),
            distribution: HashMap::new(),
        }
    }

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_scope_goes_with_its_api_and_what_is_of_none_with_each() {
        let product =
            product(&[("openid", &[]), ("mail.read", &["https://mail.example/"]), ("files.read", &["urn:files"])]);
        let granted = list(&["openid", "mail.read", "files.read"]);
        for (resources, expected) in [
            (&[][..], &["openid", "mail.read", "files.read"][..]),
            (&["https://mail.example/"], &["openid", "mail.read"]),
            (&["urn:files"], &["openid", "files.read"]),
            (&["urn:files", "https://mail.example/"], &["openid", "mail.read", "files.read"]),
            (&["urn:other"], &["openid"]),
            // One text is not the beginning of another.
            (&["https://mail.example"], &["openid"]),
        ] {
            let target = narrowed(&product, &granted, &[], list(resources)).unwrap();
            assert_eq!((target.audience, target.scopes), (list(resources), list(expected)));
        }
        let files = list(&["urn:files"]);
        let named = narrowed(&product, &granted, &list(&["mail.read"]), files.clone());
        assert_eq!(named, Err(TargetError::Scope("mail.read".to_owned())));
        assert_eq!(narrowed(&product, &list(&["mail.read"]), &[], files), Err(TargetError::Nothing));
    }
}
