//! What a browser keeps that has signed up, until the address is confirmed.

use http::HeaderMap;
use model::user::SignedUp;

use crate::{
    extract::{Cookie, Visitor},
    pages::local_path,
};

/// Where it is kept.
pub(super) const SIGNED_UP: Cookie = Cookie::new("portico-signup", Some(172_800));

/// The longest value, in bytes: browsers drop a cookie of over 4,096.
const LONGEST: usize = 3_500;

/// The proof that it was this browser, the address, and where to go on afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) proof: String,
    pub(super) email: String,
    /// A page of ours, such as one that leads on to a client; empty for the start.
    pub(super) return_to: String,
}

impl Kept {
    pub(super) fn new(signed_up: SignedUp, return_to: &str) -> Self {
        let SignedUp { email, proof } = signed_up;
        Self { proof, email, return_to: String::new() }.leading_to(return_to)
    }

    /// The same, going on at a page of ours; anything else is left out.
    fn leading_to(self, return_to: &str) -> Self {
        Self { return_to: local_path(return_to).unwrap_or_default().to_owned(), ..self }
    }

    /// What this browser has kept.
    pub(super) fn read(visitor: &Visitor, headers: &HeaderMap) -> Option<Self> {
        Self::parse(SIGNED_UP.read(visitor.ctx().settings(), headers)?)
    }

    fn parse(value: &str) -> Option<Self> {
        let (proof, encoded) = value.split_once('.')?;
        let (email, return_to) = url::form_urlencoded::parse(encoded.as_bytes()).next()?;
        let kept = Self { proof: proof.to_owned(), email: email.into_owned(), return_to: String::new() };
        Some(kept.leading_to(&return_to))
    }

    /// The value of the cookie. A request that is too long for it is left out: one begins anew at the client.
    pub(super) fn value(&self) -> String {
        let encoded = |return_to: &str| {
            let mut pair = url::form_urlencoded::Serializer::new(String::new());
            format!("{}.{}", self.proof, pair.append_pair(&self.email, return_to).finish())
        };
        let whole = encoded(&self.return_to);
        if whole.len() > LONGEST { encoded("") } else { whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(return_to: &str) -> Kept {
        let signed_up = SignedUp { email: "nia+a=b&c@acme.test".to_owned(), proof: "proof".to_owned() };
        Kept::new(signed_up, return_to)
    }

    #[test]
    fn what_is_kept_comes_back_and_leads_nowhere_else() {
        let whole = kept("/oauth2/auth?client_id=a&state=%3D");
        assert_eq!(Kept::parse(&whole.value()), Some(whole));
        assert_eq!(Kept::parse(&kept("").value()), Some(kept("")));
        // As browsers keep it since before there was a way on.
        let before = Kept::parse("proof.nia%2Ba%3Db%26c%40acme.test");
        assert_eq!(before, Some(kept("")));
        for elsewhere in ["https://evil.example/", "//evil.example/", "/\\evil.example"] {
            assert_eq!(kept(elsewhere).return_to, "");
            let forged = Kept::parse(&format!("proof.a={elsewhere}")).unwrap();
            assert_eq!(forged.return_to, "");
        }
    }

    #[test]
    fn what_browsers_would_drop_is_left_out() {
        let long = kept(&format!("/oauth2/auth?state={}", "a".repeat(LONGEST)));
        let value = long.value();
        assert!(value.len() < 100, "{value}");
        assert_eq!(Kept::parse(&value), Some(kept("")));
    }
}
