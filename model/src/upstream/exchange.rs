//! Talking to a provider: the address that a browser is sent to, and what the code that comes back
//! is worth.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken,
    TokenResponse as _, TokenUrl,
    basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse},
};
use openidconnect::{
    AccessTokenHash, ClaimsVerificationError, Nonce, SignatureVerificationError, TokenResponse as _,
    core::{
        CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJwsSigningAlgorithm,
        CoreTokenResponse,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    provider::{ClientAuth, Endpoints, Fields, Kind, Provider},
    published::{self, Metadata},
};
use crate::{
    Context, Timestamp,
    outgoing::{self, Request},
};

/// With what ID tokens may be signed. Nothing with a shared secret, and never `none`.
const ALGS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The longest subject, in bytes (OpenID Connect Core, section 2).
const LONGEST_SUBJECT: usize = 255;
/// The longest of the other words that are kept, in characters.
const LONGEST_WORD: usize = 254;

/// Why a provider was of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It does not answer.
    #[error("the provider does not answer")]
    Unreachable,
    /// It has refused the code.
    #[error("the provider has refused the code")]
    Refused,
    /// What it says does not hold; for the log.
    #[error("what the provider says does not hold: {0}")]
    Invalid(&'static str),
}

/// What a provider says of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    /// What it calls them, for ever.
    pub subject: String,
    /// A mail address.
    pub email: Option<String>,
    /// Whether it has seen that the address is theirs.
    pub email_verified: bool,
    /// Their name.
    pub name: Option<String>,
    /// What they call their account there.
    pub login: Option<String>,
    /// When they showed there who they are.
    pub auth_time: Option<Timestamp>,
}

impl Said {
    /// What tells the account from others of the same provider.
    pub(super) fn account(&self) -> &str {
        self.email.as_deref().or(self.login.as_deref()).unwrap_or(&self.subject)
    }

    fn checked(self) -> Result<Self, Failure> {
        let odd = self.subject.is_empty()
            || self.subject.len() > LONGEST_SUBJECT
            || self.subject.chars().any(char::is_control);
        if odd {
            return Err(Failure::Invalid("no usable subject"));
        }
        Ok(Self { email: word(self.email), name: word(self.name), login: word(self.login), ..self })
    }
}

/// Something that can be shown on one line, or nothing.
fn word(text: Option<String>) -> Option<String> {
    text.and_then(|text| rules::text::line(&text, LONGEST_WORD).ok().map(str::to_owned))
}

/// Our client at a provider. OpenID providers answer with an ID token beside the access token.
type Client = oauth2::Client<
    BasicErrorResponse,
    CoreTokenResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// A provider, and what it publishes about itself, if it is an OpenID provider.
pub(super) struct Contact<'a> {
    provider: &'a Provider,
    metadata: Option<Arc<Metadata>>,
    client: Client,
}

impl<'a> Contact<'a> {
    /// Looks up where the provider is asked.
    pub(super) async fn with(ctx: &Context, provider: &'a Provider) -> Result<Self, Failure> {
        let (metadata, authorization, token) = match &provider.kind {
            Kind::OAuth(endpoints) => {
                let authorization = AuthUrl::from_url(endpoints.authorization.clone());
                (None, authorization, TokenUrl::from_url(endpoints.token.clone()))
            }
            Kind::OpenId { issuer } => {
                let metadata = published::metadata(ctx, issuer).await?;
                let authorization = metadata.authorization_endpoint().clone();
                let token = metadata.token_endpoint().cloned().ok_or(Failure::Invalid("no token endpoint"))?;
                (Some(metadata), authorization, token)
            }
        };
        let redirect_uri = RedirectUrl::new(provider.redirect_uri(ctx.settings()));
        let redirect_uri = redirect_uri.map_err(|_| Failure::Invalid("our own redirect URI"))?;
        let client = oauth2::Client::new(ClientId::new(provider.client_id.clone()))
            .set_client_secret(ClientSecret::new(provider.client_secret.reveal().to_owned()))
            .set_auth_type(auth_type(provider, metadata.as_deref()))
            .set_auth_uri(authorization)
            .set_token_uri(token)
            .set_redirect_uri(redirect_uri);
        Ok(Self { provider, metadata, client })
    }

    /// Where the browser is sent.
    pub(super) fn authorize_url(&self, state: &str, nonce: &str, verifier: &str, again: bool) -> Url {
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.to_owned()));
        let state = CsrfToken::new(state.to_owned());
        let mut request = self
            .client
            .authorize_url(|| state)
            .add_scopes(self.provider.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        if self.metadata.is_some() {
            request = request.add_extra_param("nonce", nonce);
            if again {
                // Ask even whom you know (OpenID Connect Core, section 3.1.2.1).
                request = request.add_extra_param("max_age", "0");
            }
        }
        request.url().0
    }

    /// Whether an answer that names this issuer, or none, can be the provider's (RFC 9207, section
    /// 2.4). A plain OAuth server has no issuer to compare with; its answer came to its own address.
    pub(super) fn is_from(&self, iss: Option<&str>) -> bool {
        match (&self.metadata, iss) {
            (None, _) => true,
            (Some(_), Some(iss)) => iss == self.provider.issuer(),
            (Some(metadata), None) => !metadata.additional_metadata().authorization_response_iss_parameter_supported,
        }
    }

    /// What the code is worth: whom the provider means.
    pub(super) async fn redeem(&self, ctx: &Context, code: &str, nonce: &str, verifier: &str) -> Result<Said, Failure> {
        let tokens = self
            .client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
            .request_async(&published::client(ctx))
            .await
            // What was answered may hold tokens: it stays out of the log.
            .map_err(|error| match error {
                RequestTokenError::Request(_) => Failure::Unreachable,
                RequestTokenError::ServerResponse(_) => Failure::Refused,
                _ => Failure::Invalid("the answer of the token endpoint"),
            })?;
        let said = match &self.provider.kind {
            Kind::OpenId { issuer } => self.said_in_id_token(ctx, issuer, &tokens, nonce).await?,
            Kind::OAuth(endpoints) => said_by_server(ctx, endpoints, tokens.access_token().secret()).await?,
        };
        said.checked()
    }

    /// OpenID Connect Core, section 3.1.3.7.
    async fn said_in_id_token(
        &self,
        ctx: &Context,
        issuer: &str,
        tokens: &CoreTokenResponse,
        nonce: &str,
    ) -> Result<Said, Failure> {
        let id_token = tokens.id_token().ok_or(Failure::Invalid("no ID token"))?;
        let metadata = self.metadata.as_ref().ok_or(Failure::Invalid("no metadata"))?;
        let claims = match self.verified(ctx, metadata, tokens, id_token, nonce) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey | SignatureVerificationError::CryptoError(_),
            )) => match published::with_other_keys(ctx, issuer, metadata).await {
                Some(renewed) => self.verified(ctx, &renewed, tokens, id_token, nonce),
                None => return Err(Failure::Invalid("an ID token of no known key")),
            },
            verified => verified,
        };
        let claims = claims.map_err(|error| Failure::Invalid(reason(&error)))?;
        let mut said = Said {
            subject: claims.subject().to_string(),
            email: claims.email().map(|email| email.to_string()),
            email_verified: claims.email_verified() == Some(true),
            name: claims.name().and_then(|names| names.get(None)).map(|name| name.to_string()),
            login: claims.preferred_username().map(|name| name.to_string()),
            auth_time: claims.auth_time().map(|at| Timestamp(at.timestamp_millis())),
        };
        if said.email.is_none()
            && let Some(url) = metadata.userinfo_endpoint()
        {
            let user = fetched(ctx, url.url(), tokens.access_token().secret()).await?;
            // OpenID Connect Core, section 5.3.2: what is said of somebody else is not used.
            if text_of(&user, "sub").as_ref() != Some(&said.subject) {
                return Err(Failure::Invalid("user info of somebody else"));
            }
            said.email = text_of(&user, "email");
            said.email_verified = is_true(&user, "email_verified");
            said.name = said.name.or_else(|| text_of(&user, "name"));
            said.login = said.login.or_else(|| text_of(&user, "preferred_username"));
        }
        Ok(said)
    }

    fn verified<'t>(
        &self,
        ctx: &Context,
        metadata: &Metadata,
        tokens: &CoreTokenResponse,
        id_token: &'t CoreIdToken,
        nonce: &str,
    ) -> Result<&'t CoreIdTokenClaims, ClaimsVerificationError> {
        let now = DateTime::<Utc>::from_timestamp_millis(ctx.now().0).unwrap_or_default();
        let client_id = self.client.client_id().clone();
        // As of a public client: our secret is no key.
        let verifier =
            CoreIdTokenVerifier::new_public_client(client_id, metadata.issuer().clone(), metadata.jwks().clone())
                .set_allowed_algs(ALGS)
                .set_time_fn(move || now);
        let claims = id_token.claims(&verifier, &Nonce::new(nonce.to_owned()))?;
        let other = |what: &str| ClaimsVerificationError::Other(what.to_owned());
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.provider.client_id) {
            return Err(other("azp"));
        }
        if let Some(expected) = claims.access_token_hash() {
            let key = id_token.signing_key(&verifier).map_err(ClaimsVerificationError::SignatureVerification)?;
            let alg = id_token.signing_alg().map_err(ClaimsVerificationError::SignatureVerification)?;
            let hash = AccessTokenHash::from_token(tokens.access_token(), alg, key).map_err(|_| other("at_hash"))?;
            if hash != *expected {
                return Err(other("at_hash"));
            }
        }
        Ok(claims)
    }
}

/// For the log, without what the token says.
const fn reason(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "an expired ID token",
        ClaimsVerificationError::InvalidAudience(_) => "an ID token for somebody else",
        ClaimsVerificationError::InvalidIssuer(_) => "an ID token of another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "an ID token of another sign-in",
        ClaimsVerificationError::SignatureVerification(_) => "the signature of the ID token",
        _ => "the ID token",
    }
}

fn auth_type(provider: &Provider, metadata: Option<&Metadata>) -> AuthType {
    let published = metadata.and_then(|metadata| metadata.token_endpoint_auth_methods_supported());
    match (provider.client_auth, metadata) {
        (Some(ClientAuth::Basic), _) => AuthType::BasicAuth,
        (Some(ClientAuth::Post), _) | (None, None) => AuthType::RequestBody,
        // Without a word it is the header (OpenID Connect Discovery, section 3).
        (None, Some(_)) => match published {
            Some(methods) if !methods.contains(&CoreClientAuthMethod::ClientSecretBasic) => AuthType::RequestBody,
            _ => AuthType::BasicAuth,
        },
    }
}

/// What a plain OAuth server says.
async fn said_by_server(ctx: &Context, endpoints: &Endpoints, token: &str) -> Result<Said, Failure> {
    let user = fetched(ctx, &endpoints.user, token).await?;
    let fields = &endpoints.fields;
    let mut said = said_by(&user, fields).ok_or(Failure::Invalid("no subject in what was said of the user"))?;
    if let Some(url) = &endpoints.emails {
        let emails = fetched(ctx, url, token).await?;
        (said.email, said.email_verified) = best(&emails);
    }
    Ok(said)
}

fn said_by(user: &Value, fields: &Fields) -> Option<Said> {
    Some(Said {
        subject: text_of(user, &fields.subject)?,
        email: text_of(user, &fields.email),
        email_verified: fields.email_verified.as_deref().is_some_and(|field| is_true(user, field)),
        name: text_of(user, &fields.name),
        login: text_of(user, &fields.login),
        auth_time: None,
    })
}

/// The address to take of a list: a verified one if there is any, the primary one if there is a
/// choice.
fn best(emails: &Value) -> (Option<String>, bool) {
    let score = |email: &&Value| (is_true(email, "verified"), is_true(email, "primary"));
    let best = emails.as_array().and_then(|emails| emails.iter().filter(|email| email.is_object()).max_by_key(score));
    best.map_or((None, false), |email| (text_of(email, "email"), is_true(email, "verified")))
}

async fn fetched(ctx: &Context, url: &Url, token: &str) -> Result<Value, Failure> {
    let request = Request::get(url.clone()).accept("application/json").bearer(token);
    let answer = outgoing::send(ctx, request).await.map_err(|_| Failure::Unreachable)?;
    if !answer.is_success() {
        return Err(Failure::Invalid("the user info is refused"));
    }
    serde_json::from_slice(&answer.body).map_err(|_| Failure::Invalid("the user info is not JSON"))
}

fn member<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, name| value.get(name))
}

/// A text, or a whole number as text: some count their users.
fn text_of(value: &Value, path: &str) -> Option<String> {
    match member(value, path)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

fn is_true(value: &Value, path: &str) -> bool {
    match member(value, path) {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(email_verified: Option<&str>) -> Fields {
        let text = str::to_owned;
        Fields {
            subject: text("data.id"),
            email: text("data.email"),
            email_verified: email_verified.map(text),
            name: text("data.name"),
            login: text("data.login"),
        }
    }

    #[test]
    fn an_address_is_verified_only_if_the_provider_says_so() {
        let user = json!({"data": {"id": 7, "email": "a@b.example", "ok": true}});
        assert!(!said_by(&user, &fields(None)).unwrap().email_verified);
        assert!(said_by(&user, &fields(Some("data.ok"))).unwrap().email_verified);
        for value in [json!(1), json!("yes"), json!(null), json!({}), json!("TRUE")] {
            let user = json!({"data": {"id": 7, "email": "a@b.example", "ok": value}});
            assert!(!said_by(&user, &fields(Some("data.ok"))).unwrap().email_verified, "{user}");
        }
    }

    #[test]
    fn a_subject_is_a_text_or_a_whole_number() {
        for (id, subject) in [
            (json!(7), Some("7")),
            (json!("7"), Some("7")),
            (json!(18_446_744_073_709_551_615_u64), Some("18446744073709551615")),
            (json!(7.5), None),
            (json!(true), None),
            (json!(null), None),
            (json!([7]), None),
        ] {
            let said = said_by(&json!({"data": {"id": id}}), &fields(None));
            assert_eq!(said.as_ref().map(|said| said.subject.as_str()), subject, "{id}");
        }
        for subject in ["", "a\nb", &"x".repeat(256)] {
            let said = said_by(&json!({"data": {"id": subject}}), &fields(None)).unwrap();
            assert!(said.checked().is_err(), "{subject:?}");
        }
    }

    #[test]
    fn the_verified_address_is_taken_before_the_primary_one() {
        let emails = json!([
            {"email": "primary@b.example", "primary": true, "verified": false},
            {"email": "verified@b.example", "primary": false, "verified": true},
        ]);
        assert_eq!(best(&emails), (Some("verified@b.example".to_owned()), true));
        assert_eq!(best(&json!([])), (None, false));
        assert_eq!(best(&json!({"message": "forbidden"})), (None, false));
    }
}
