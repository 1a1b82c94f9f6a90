//! The profiles of clients: one table of rules, which the endpoints enforce and from which the
//! client's page and the documentation are written.

use super::grant_type::{
    AUTHORIZATION_CODE, CIBA, CLIENT_CREDENTIALS, DEVICE_CODE, JWT_BEARER, REFRESH_TOKEN, TOKEN_EXCHANGE,
};
use crate::{
    entity::{AuthMethod, ClientKind, Profile, SigningAlg},
    jose,
};

/// When PKCE (RFC 7636) is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkce {
    /// Verified when used.
    Optional,
    /// For public clients; a confidential one may send a nonce instead, or ask for no ID token.
    PublicClients,
    /// Always.
    Required,
}

/// Which audiences a client assertion may name (RFC 7523, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionAudience {
    /// The issuer or the token endpoint.
    IssuerOrEndpoint,
    /// The issuer, as a string and not in a list (FAPI 2.0 Security Profile, section 5.3.2.1).
    IssuerOnly,
}

/// The rules of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The client types that can have it.
    pub kinds: &'static [ClientKind],
    /// How its clients may authenticate.
    pub auth_methods: &'static [AuthMethod],
    /// The grant types that its clients may register, see [`super::grant_type::allowed`].
    pub grant_types: &'static [&'static str],
    /// When PKCE is needed.
    pub pkce: Pkce,
    /// Whether the token endpoint must be told the redirect URI also where PKCE was used (RFC 6749,
    /// section 4.1.3); OAuth 2.1, section 10.2, has PKCE in its place. Without PKCE it always must be.
    pub redirect_uri_again: bool,
    /// Whether requests must be pushed (RFC 9126).
    pub par_required: bool,
    /// Whether access tokens must be bound to a key or a certificate.
    pub bound_tokens: bool,
    /// What an assertion's `aud` may be.
    pub assertion_audience: AssertionAudience,
    /// With which algorithms its assertions, proofs and request objects may be signed.
    pub algs: &'static [&'static str],
    /// With which algorithms we sign what its clients are told; the first, if they have not
    /// registered another of them.
    pub signs: &'static [SigningAlg],
    /// Whether a refresh token is replaced when it is used.
    pub rotates: bool,
    /// Whether ID tokens carry the phone number with the scope `phone`.
    pub phone_in_id_token: bool,
    /// Whether a Client ID Metadata Document can be the client's identifier.
    pub metadata_document: bool,
    /// Whether a request may say where its signed object is to be fetched (OpenID Connect Core,
    /// section 6.2).
    pub request_uris: bool,
}

/// What every verifier of ours accepts; never `none`, never a shared key.
/// `Ed25519` (RFC 9864) is another name of what `EdDSA` is here, see [`jose::same_algorithm`].
pub const ASYMMETRIC: &[&str] = &["PS256", "ES256", "EdDSA", "Ed25519", "RS256"];

const CLASSIC: Rules = Rules {
    kinds: &[ClientKind::Confidential],
    auth_methods: &[AuthMethod::Secret],
    grant_types: &[AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS],
    pkce: Pkce::Optional,
    redirect_uri_again: false,
    par_required: false,
    bound_tokens: false,
    assertion_audience: AssertionAudience::IssuerOrEndpoint,
    algs: ASYMMETRIC,
    signs: SigningAlg::ALL,
    rotates: true,
    phone_in_id_token: true,
    metadata_document: false,
    request_uris: true,
};

const STANDARD: Rules = Rules {
    kinds: &[ClientKind::Confidential, ClientKind::Public],
    auth_methods: &[
        AuthMethod::Secret,
        AuthMethod::SecretJwt,
        AuthMethod::PrivateKeyJwt,
        AuthMethod::TlsClientAuth,
        AuthMethod::SelfSignedTls,
        AuthMethod::None,
    ],
    grant_types: &[
        AUTHORIZATION_CODE,
        REFRESH_TOKEN,
        CLIENT_CREDENTIALS,
        DEVICE_CODE,
        CIBA,
        TOKEN_EXCHANGE,
        JWT_BEARER,
    ],
    pkce: Pkce::PublicClients,
    redirect_uri_again: false,
    par_required: false,
    bound_tokens: false,
    assertion_audience: AssertionAudience::IssuerOrEndpoint,
    algs: ASYMMETRIC,
    signs: SigningAlg::ALL,
    rotates: true,
    phone_in_id_token: false,
    metadata_document: false,
    request_uris: true,
};

const FAPI2: Rules = Rules {
    kinds: &[ClientKind::Confidential],
    auth_methods: &[AuthMethod::PrivateKeyJwt, AuthMethod::TlsClientAuth, AuthMethod::SelfSignedTls],
    grant_types: &[AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, CIBA, JWT_BEARER],
    pkce: Pkce::Required,
    redirect_uri_again: true,
    par_required: true,
    bound_tokens: true,
    assertion_audience: AssertionAudience::IssuerOnly,
    algs: &["PS256", "ES256", "EdDSA", "Ed25519"],
    // FAPI 2.0 Security Profile, section 5.4.1, has no RS256.
    signs: &[SigningAlg::Es256, SigningAlg::EdDsa],
    rotates: false,
    phone_in_id_token: false,
    metadata_document: false,
    request_uris: false,
};

const MCP: Rules = Rules {
    kinds: &[ClientKind::Public],
    auth_methods: &[AuthMethod::None],
    grant_types: &[AUTHORIZATION_CODE, REFRESH_TOKEN],
    pkce: Pkce::Required,
    redirect_uri_again: false,
    par_required: false,
    bound_tokens: false,
    assertion_audience: AssertionAudience::IssuerOrEndpoint,
    algs: ASYMMETRIC,
    signs: SigningAlg::ALL,
    rotates: true,
    phone_in_id_token: false,
    metadata_document: true,
    request_uris: false,
};

impl Rules {
    /// The algorithms with which a client may sign that has registered `pinned`.
    #[must_use]
    pub fn algs_of(&self, pinned: Option<&str>) -> Vec<&'static str> {
        let meant = |alg: &str| pinned.is_none_or(|pinned| jose::same_algorithm(pinned, alg));
        self.algs.iter().copied().filter(|alg| meant(alg)).collect()
    }
}

impl Profile {
    /// Its rules.
    #[must_use]
    pub const fn rules(self) -> &'static Rules {
        match self {
            Self::Classic => &CLASSIC,
            Self::Standard => &STANDARD,
            Self::Fapi2 => &FAPI2,
            Self::Mcp => &MCP,
        }
    }

    /// With what we sign for its clients that wish for `alg`, or have not said.
    #[must_use]
    pub fn signing(self, alg: Option<SigningAlg>) -> SigningAlg {
        let signs = self.rules().signs;
        alg.filter(|alg| signs.contains(alg)).or_else(|| signs.first().copied()).unwrap_or(SigningAlg::Es256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_a_way_to_authenticate_for_each_of_its_kinds() {
        for profile in Profile::ALL {
            let rules = profile.rules();
            for kind in rules.kinds {
                let fits = |method: &AuthMethod| (*method == AuthMethod::None) == (*kind == ClientKind::Public);
                assert!(rules.auth_methods.iter().any(fits), "{profile:?} {kind:?}");
            }
        }
    }
}
