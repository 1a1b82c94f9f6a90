//! The authorization request (RFC 6749, section 4.1.1; OpenID Connect Core, section 3.1.2.1) as it
//! travels, sealed, through login and consent, and the authorization code that it ends in.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::{Context, Fault, Language, Timestamp, claims, entity::SigningAlg, key::Sealed, subject::Subject};

/// How the answer travels back (OAuth 2.0 Multiple Response Type Encoding Practices; Form Post
/// Response Mode; JARM, section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In a form that the browser posts.
    FormPost,
    /// As a JWT in the query.
    QueryJwt,
    /// As a JWT in a form that the browser posts.
    FormPostJwt,
}

impl ResponseMode {
    /// All modes, as requests and metadata name them.
    pub const ALL: [(&'static str, Self); 4] = [
        ("query", Self::Query),
        ("form_post", Self::FormPost),
        ("query.jwt", Self::QueryJwt),
        ("form_post.jwt", Self::FormPostJwt),
    ];

    /// Reads a `response_mode`; `jwt` is the default one for codes, in the query.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = if text == "jwt" { "query.jwt" } else { text };
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, mode)| *mode)
    }

    /// Whether the answer is signed.
    #[must_use]
    pub const fn signed(self) -> bool {
        matches!(self, Self::QueryJwt | Self::FormPostJwt)
    }
}

/// Claims asked for one by one (OpenID Connect Core, section 5.5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// From userinfo.
    pub userinfo: Vec<String>,
    /// In the ID token.
    pub id_token: Vec<String>,
}

impl ClaimsRequest {
    /// The scopes that ask for the same.
    pub fn scopes(&self) -> impl Iterator<Item = &'static str> {
        self.userinfo.iter().chain(&self.id_token).filter_map(|claim| claims::scope_of(claim))
    }

    /// Whether nothing was asked for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

/// To which key or certificate a token is bound; as JSON it is the `cnf` of RFC 7800.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// The thumbprint of a DPoP key (RFC 9449, section 6.1).
    #[serde(rename = "jkt")]
    Jkt(String),
    /// The thumbprint of a certificate (RFC 8705, section 3.1).
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

/// What `prompt` asks for; it is a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// No page at all.
    pub none: bool,
    /// Sign in again.
    pub login: bool,
    /// Ask for consent again.
    pub consent: bool,
}

/// Where the answer to a request goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnswerTo {
    /// With the browser to this redirect URI, which was compared with the registered ones.
    RedirectUri(String),
    /// To the device that waits for it, see [`crate::device`].
    Device(Uuid),
}

/// A request whose client, redirect URI and parameters were found right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The client's public identifier.
    pub client_id: String,
    /// Where the answer goes.
    pub answer_to: AnswerTo,
    /// In the order of the request; the product's own when it named none.
    pub scopes: Vec<String>,
    /// Echoed byte for byte.
    pub state: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// PKCE (RFC 7636) with S256: the challenge.
    pub code_challenge: Option<String>,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// With what it is signed, if it is.
    pub response_alg: SigningAlg,
    /// Which pages are asked for.
    pub prompt: Prompt,
    /// How old the sign-in may be, in seconds.
    pub max_age: Option<i64>,
    /// A phone number or an e-mail address to fill in.
    pub login_hint: Option<String>,
    /// The subject that a valid `id_token_hint`, or the `claims` parameter, named.
    pub subject_hint: Option<String>,
    /// Authentication contexts in order of preference.
    pub acr_values: Vec<String>,
    /// Whether one of them must be met (OpenID Connect Core, section 5.5.1.1).
    pub acr_essential: bool,
    /// Claims asked for one by one.
    pub claims: ClaimsRequest,
    /// Audiences (RFC 8707); empty for the provider's own.
    pub resources: Vec<String>,
    /// The DPoP key that the code is bound to (RFC 9449, section 10).
    pub dpop_jkt: Option<String>,
    /// The pushed request that this one came as, to be used up by its answer.
    pub pushed: Option<Uuid>,
    /// In which language pages are: what the client asked for, else what the browser prefers.
    pub language: Option<Language>,
}

impl Request {
    /// Where the browser goes with the answer, if it does.
    #[must_use]
    pub fn redirect_uri(&self) -> Option<&str> {
        match &self.answer_to {
            AnswerTo::RedirectUri(uri) => Some(uri),
            AnswerTo::Device(_) => None,
        }
    }

    /// Where the browser is redirected to with the answer: to the redirect URI, unless the answer is
    /// a form of its own, on a page of its own, or waits at a device.
    #[must_use]
    pub fn redirected_to(&self) -> Option<&str> {
        match self.response_mode {
            ResponseMode::Query | ResponseMode::QueryJwt => self.redirect_uri(),
            ResponseMode::FormPost | ResponseMode::FormPostJwt => None,
        }
    }

    /// What has to be allowed for it: its scopes, and those whose claims it asks for one by one.
    #[must_use]
    pub fn to_be_allowed(&self) -> Vec<String> {
        let mut names = self.scopes.clone();
        for claim in self.claims.userinfo.iter().chain(&self.claims.id_token) {
            if let Some(scope) = claims::scope_of(claim)
                && !names.iter().any(|name| name == scope)
            {
                names.push(scope.to_owned());
            }
        }
        names
    }
}

impl ClaimsRequest {
    /// Those of the claims whose scope was allowed.
    #[must_use]
    pub fn allowed_by(&self, scopes: &[String]) -> Self {
        let keep = |names: &[String]| {
            let allowed =
                |name: &&String| claims::scope_of(name).is_some_and(|scope| scopes.iter().any(|one| one == scope));
            names.iter().filter(allowed).cloned().collect()
        };
        Self { userinfo: keep(&self.userinfo), id_token: keep(&self.id_token) }
    }
}

/// What an authorization code says, sealed in the code itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Its id, and that of the grant which it becomes.
    pub id: Uuid,
    /// The client's row.
    pub client: Uuid,
    /// The consent that it stands on.
    pub consent: Uuid,
    /// Who signed in.
    pub subject: Subject,
    /// In which session.
    pub session: Uuid,
    /// How (RFC 8176), space-delimited.
    pub amr: String,
    /// In which authentication context.
    pub acr: String,
    /// SHA-256 of the redirect URI that it was sent to; none when a device waits for it.
    pub redirect_uri_hash: Option<[u8; 32]>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// PKCE.
    pub code_challenge: Option<String>,
    /// Claims asked for one by one.
    pub claims: ClaimsRequest,
    /// Audiences.
    pub resources: Vec<String>,
    /// The DPoP key that it is bound to.
    pub dpop_jkt: Option<String>,
    /// When the subject signed in.
    pub auth_time: Timestamp,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it is void.
    pub expires_at: Timestamp,
}

impl Code {
    /// The code as the client gets it.
    ///
    /// # Errors
    ///
    /// [`Fault::Crypto`] when it cannot be sealed.
    pub fn seal(&self, ctx: &Context) -> Result<String, Fault> {
        ctx.seal(Sealed::Code, self)
    }

    /// Opens a code that we issued, expired or not.
    #[must_use]
    pub fn open(ctx: &Context, text: &str) -> Option<Self> {
        ctx.open_sealed(Sealed::Code, text)
    }

    /// Whether it was sent to this redirect URI.
    #[must_use]
    pub fn sent_to(&self, redirect_uri: &str) -> bool {
        self.redirect_uri_hash.is_some_and(|hash| sha256(redirect_uri).ct_eq(&hash).into())
    }
}

/// SHA-256 of a text.
#[must_use]
pub fn sha256(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}

/// SHA-512 of a text.
#[must_use]
pub fn sha512(text: &str) -> [u8; 64] {
    let mut hash = [0; 64];
    hash.copy_from_slice(digest::digest(&digest::SHA512, text.as_bytes()).as_ref());
    hash
}

/// Whether `text` can be an S256 challenge: 32 bytes in base64url (RFC 7636, section 4.2).
#[must_use]
pub fn is_challenge(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

/// Why a code verifier was refused (RFC 7636, section 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifierError {
    /// There was a challenge, and no verifier came.
    #[error("code_verifier is missing")]
    Missing,
    /// A verifier came, and there was no challenge: somebody has taken it out of the request.
    #[error("the authorization request had no code_challenge")]
    Unexpected,
    /// It is not the verifier of the challenge, or cannot be one.
    #[error("code_verifier does not match")]
    Wrong,
}

/// Checks a code verifier against the challenge of the authorization request.
///
/// # Errors
///
/// Why it is refused.
pub fn check_verifier(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), VerifierError> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(VerifierError::Missing),
        (None, Some(_)) => Err(VerifierError::Unexpected),
        (Some(challenge), Some(verifier)) => {
            let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
            let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
            let computed = URL_SAFE_NO_PAD.encode(sha256(verifier));
            if well_formed && bool::from(computed.as_bytes().ct_eq(challenge.as_bytes())) {
                Ok(())
            } else {
                Err(VerifierError::Wrong)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn b6_verifier_missing_wrong_or_unexpected() {
        assert_eq!(check_verifier(Some(CHALLENGE), Some(VERIFIER)), Ok(()));
        assert_eq!(check_verifier(None, None), Ok(()));
        assert_eq!(check_verifier(Some(CHALLENGE), None), Err(VerifierError::Missing));
        assert_eq!(check_verifier(None, Some(VERIFIER)), Err(VerifierError::Unexpected));
        assert_eq!(check_verifier(Some(CHALLENGE), Some(&VERIFIER.to_lowercase())), Err(VerifierError::Wrong));
        // The challenge itself is what `plain` would have sent.
        assert_eq!(check_verifier(Some(CHALLENGE), Some(CHALLENGE)), Err(VerifierError::Wrong));
    }

    #[test]
    fn b8_verifier_short_long_or_with_illegal_characters() {
        for verifier in
            ["a".repeat(42), "a".repeat(129), format!("{}+", "a".repeat(50)), format!("{}é", "a".repeat(50))]
        {
            let challenge = URL_SAFE_NO_PAD.encode(sha256(&verifier));
            assert_eq!(check_verifier(Some(&challenge), Some(&verifier)), Err(VerifierError::Wrong), "{verifier}");
        }
        for challenge in [
            "",
            "short",
            &format!("{CHALLENGE}A"),
            &format!("{CHALLENGE}="),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
        ] {
            assert!(!is_challenge(challenge), "{challenge}");
        }
        assert!(is_challenge(CHALLENGE));
    }
}
