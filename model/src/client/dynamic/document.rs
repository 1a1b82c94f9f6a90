//! What a program says about a client that it registers, read and checked.

use serde_json::{Map, Value};
use url::Url;

use super::{
    super::{
        DESCRIPTION_LENGTH, Metadata, SubjectType, Uris,
        certificate::{CertificateName, Place},
        grant_type, is_resource, keys,
        keys::PublicKey,
        logout::at_a_login,
        method::offered,
    },
    resources,
};
use crate::{
    Certificates, Context,
    entity::{Audience, AuthMethod, ClientKind, Profile, SigningAlg, UriPurpose},
    jose::HS256,
    outgoing::{self, Request},
    product::web_address,
    redirect_uri::{self, Localhost, localhost_of},
    scopes,
};

/// The longest text, in characters, and the longest list that is taken.
const LONGEST: usize = 2000;
const MOST: usize = 20;

/// Ten years, in seconds.
const LONGEST_AGE: i64 = 10 * 365 * 86_400;

/// Why metadata cannot be taken (RFC 7591, section 3.2.2), in words for the client's developer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// `invalid_redirect_uri`.
    #[error("{0}")]
    RedirectUri(String),
    /// `invalid_client_metadata`.
    #[error("{0}")]
    Metadata(String),
}

/// What the client's place allows it to say.
pub(super) struct Frame<'a> {
    pub audience: Audience,
    pub profile: Profile,
    /// The scopes of its product.
    pub scopes: &'a [String],
    /// The grant types that the provider has.
    pub grant_types: &'a [&'a str],
    /// Nobody has let it in.
    pub open: bool,
    /// The front-channel logout address that it has: one that was taken once stays.
    pub front: Option<&'a str>,
}

/// Checked metadata.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub name: String,
    pub auth_method: AuthMethod,
    pub id_token_alg: SigningAlg,
    pub uris: Uris,
    pub keys: Vec<PublicKey>,
    pub metadata: Metadata,
}

impl Document {
    pub fn kind(&self) -> ClientKind {
        kind_of(self.auth_method)
    }
}

fn kind_of(method: AuthMethod) -> ClientKind {
    if method == AuthMethod::None { ClientKind::Public } else { ClientKind::Confidential }
}

/// Reads and checks metadata; what nobody here knows is left out (RFC 7591, section 2).
///
/// # Errors
///
/// The first thing that cannot be taken.
pub(super) async fn read(ctx: &Context, frame: &Frame<'_>, given: &Map<String, Value>) -> Result<Document, Refusal> {
    let reader = Reader { ctx, given };
    let mut metadata = about(&reader)?;
    let auth_method = authentication(&reader, frame, &mut metadata)?;
    let localhost = localhost_of(kind_of(auth_method));
    let login = login_uris(&reader, frame, localhost)?;
    let uris = Uris { login, post_logout: post_logout_uris(&reader, localhost)?, ..Uris::default() };
    let keys = published_keys(&reader, &mut metadata)?;
    if auth_method.needs_keys() && keys.is_empty() && metadata.jwks_uri.is_none() {
        return Err(wrong("jwks", &format!("or jwks_uri must hold a key for {}", auth_method.as_str())));
    }
    certificates(&reader, auth_method, &mut metadata)?;
    grants(&reader, frame, auth_method, &mut metadata)?;
    metadata.scope = scope(&reader, frame)?;
    subjects(&reader, &uris, &mut metadata).await?;
    let id_token_alg = signatures(&reader, frame, &mut metadata)?;
    requests(&reader, frame, &mut metadata)?;
    logout(&reader, frame, &uris, &mut metadata)?;
    let host = || uris.login.first().and_then(|uri| Url::parse(uri).ok()?.host_str().map(str::to_owned));
    let name = metadata.client_name.clone().or_else(host).unwrap_or_else(|| "Registered client".to_owned());
    let name = name.chars().take(DESCRIPTION_LENGTH).collect();
    Ok(Document { name, auth_method, id_token_alg, uris, keys, metadata })
}

fn wrong(name: &str, what: &str) -> Refusal {
    Refusal::Metadata(format!("{name} {what}"))
}

struct Reader<'a> {
    ctx: &'a Context,
    given: &'a Map<String, Value>,
}

impl<'a> Reader<'a> {
    fn value(&self, name: &str) -> Option<&'a Value> {
        self.given.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= LONGEST => {
                Ok(Some(text.as_str()).filter(|text| !text.is_empty()))
            }
            Some(_) => Err(wrong(name, "must be a text of at most 2000 characters")),
        }
    }

    /// A line that people read.
    fn line(&self, name: &str, longest: usize) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match rules::text::line(text, longest) {
            Ok(line) => Ok(Some(line.to_owned())),
            Err(_) => Err(wrong(name, &format!("must be one line of at most {longest} plain characters"))),
        }
    }

    fn list(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let items = match self.value(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) if items.len() <= MOST => items,
            Some(_) => return Err(wrong(name, "must be a list of at most 20 texts")),
        };
        let text = |item: &Value| item.as_str().filter(|text| text.len() <= LONGEST).map(str::to_owned);
        let texts: Option<Vec<String>> = items.iter().map(text).collect();
        texts.ok_or_else(|| wrong(name, "must be a list of texts"))
    }

    fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.value(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(wrong(name, "must be true or false")),
        }
    }

    /// One of several words.
    fn one_of(&self, name: &str, words: &[&str]) -> Result<Option<String>, Refusal> {
        match self.text(name)? {
            Some(word) if !words.contains(&word) => Err(wrong(name, &format!("must be one of {}", words.join(", ")))),
            word => Ok(word.map(str::to_owned)),
        }
    }

    /// An address that a browser opens.
    fn web(&self, name: &str) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match web_address(text) {
            Ok(address) if outgoing::openable(self.ctx, text) => Ok(address),
            _ => Err(wrong(name, NOT_REACHABLE)),
        }
    }

    /// The address of the logo, which we connect to, and which may be where we do so by exception alone.
    /// On a port that we do not connect to it stays a link, without a copy.
    fn logo(&self) -> Result<Option<String>, Refusal> {
        let name = "logo_uri";
        self.web(name).or_else(|refusal| match self.text(name)? {
            Some(text) if text.starts_with("http://") && outgoing::admitted(self.ctx, text).is_some() => {
                Ok(Some(text.to_owned()))
            }
            _ => Err(refusal),
        })
    }

    /// An address that we connect to.
    fn fetched(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.text(name)? {
            Some(text) if outgoing::admitted(self.ctx, text).is_none() => Err(wrong(name, NOT_REACHABLE)),
            text => Ok(text.map(str::to_owned)),
        }
    }
}

/// The links that people follow from a client's page or consent, and that it can do without.
const LINKS: [&str; 4] = ["client_uri", "logo_uri", "policy_uri", "tos_uri"];

/// Takes the links out that cannot be shown, for a client that was not asked to register here.
pub(super) fn drop_unfit_links(ctx: &Context, given: &mut Map<String, Value>) {
    let reader = Reader { ctx, given };
    let read = |name| if name == "logo_uri" { reader.logo() } else { reader.web(name) };
    let unfit: Vec<&str> = LINKS.into_iter().filter(|name| read(name).is_err()).collect();
    for name in unfit {
        given.remove(name);
    }
}

const NOT_REACHABLE: &str = "must be an https URL on a public address";

/// What people read about the client.
fn about(reader: &Reader<'_>) -> Result<Metadata, Refusal> {
    let contacts = reader.list("contacts")?;
    if contacts.iter().any(|contact| rules::text::line(contact, 254).is_err()) {
        return Err(wrong("contacts", "must be mail addresses"));
    }
    Ok(Metadata {
        client_name: reader.line("client_name", crate::product::NAME_LENGTH)?,
        client_uri: reader.web("client_uri")?,
        logo_uri: reader.logo()?,
        policy_uri: reader.web("policy_uri")?,
        tos_uri: reader.web("tos_uri")?,
        contacts,
        application_type: reader.one_of("application_type", &["web", "native"])?,
        software_id: reader.line("software_id", 200)?,
        software_version: reader.line("software_version", 200)?,
        initiate_login_uri: reader.web("initiate_login_uri")?,
        ..Metadata::default()
    })
}

fn login_uris(reader: &Reader<'_>, frame: &Frame<'_>, localhost: Localhost) -> Result<Vec<String>, Refusal> {
    let as_redirect = |refusal: Refusal| Refusal::RedirectUri(refusal.to_string());
    let uris = reader.list("redirect_uris").map_err(as_redirect)?;
    if !frame.audience.signs_in() {
        return if uris.is_empty() {
            Ok(uris)
        } else {
            Err(Refusal::RedirectUri("nobody signs in to this product: it has no redirect_uris".to_owned()))
        };
    }
    if uris.is_empty() {
        return Err(Refusal::RedirectUri("redirect_uris must hold at least one URI".to_owned()));
    }
    checked(&uris, localhost, "redirect_uris").map_err(as_redirect)?;
    Ok(uris)
}

fn post_logout_uris(reader: &Reader<'_>, localhost: Localhost) -> Result<Vec<String>, Refusal> {
    let name = "post_logout_redirect_uris";
    let uris = reader.list(name)?;
    checked(&uris, localhost, name)?;
    Ok(uris)
}

/// By the rules of the portal's form.
fn checked(uris: &[String], localhost: Localhost, name: &str) -> Result<(), Refusal> {
    for (place, result) in redirect_uri::check_all(uris, localhost).into_iter().enumerate() {
        if let Err(problem) = result {
            return Err(wrong(name, &format!("number {}: {}", place + 1, problem.advice())));
        }
    }
    Ok(())
}

fn authentication(reader: &Reader<'_>, frame: &Frame<'_>, metadata: &mut Metadata) -> Result<AuthMethod, Refusal> {
    let name = "token_endpoint_auth_method";
    let default = if frame.profile.rules().auth_methods.contains(&AuthMethod::Secret) {
        "client_secret_basic"
    } else {
        "private_key_jwt"
    };
    let given = reader.text(name)?.unwrap_or(default);
    let method = match given {
        "client_secret_basic" | "client_secret_post" => AuthMethod::Secret,
        "client_secret_jwt" if offered(reader.ctx, AuthMethod::SecretJwt) => AuthMethod::SecretJwt,
        "private_key_jwt" => AuthMethod::PrivateKeyJwt,
        "tls_client_auth" => AuthMethod::TlsClientAuth,
        "self_signed_tls_client_auth" => AuthMethod::SelfSignedTls,
        "none" => AuthMethod::None,
        _ => return Err(wrong(name, "must be one of token_endpoint_auth_methods_supported")),
    };
    if !offered(reader.ctx, method) {
        return Err(wrong(name, "cannot be this: no client certificates reach this server"));
    }
    let alone = method == AuthMethod::None && !frame.audience.signs_in();
    if alone || !frame.profile.rules().auth_methods.contains(&method) {
        return Err(wrong(name, "is not one that this client may have"));
    }
    metadata.token_endpoint_auth_method = Some(given.to_owned());
    let algs: &[&str] = if method == AuthMethod::SecretJwt { &[HS256] } else { frame.profile.rules().algs };
    metadata.token_endpoint_auth_signing_alg = reader.one_of("token_endpoint_auth_signing_alg", algs)?;
    Ok(method)
}

/// What its certificate is (RFC 8705, sections 2.1.2 and 3.4). Of the names, `tls_client_auth`
/// needs one, and nothing else needs any.
fn certificates(reader: &Reader<'_>, method: AuthMethod, metadata: &mut Metadata) -> Result<(), Refusal> {
    let name = "tls_client_certificate_bound_access_tokens";
    metadata.tls_client_certificate_bound_access_tokens = reader.flag(name)?;
    if metadata.tls_client_certificate_bound_access_tokens {
        if reader.ctx.settings().certificates == Certificates::None {
            return Err(wrong(name, "cannot be true: no client certificates reach this server"));
        }
        if reader.flag("dpop_bound_access_tokens")? {
            return Err(wrong(name, "and dpop_bound_access_tokens exclude each other"));
        }
    }
    if method != AuthMethod::TlsClientAuth {
        return Ok(());
    }
    let mut given = None;
    for place in Place::ALL {
        let Some(text) = reader.text(place.as_str())? else { continue };
        if given.is_some() {
            return Err(wrong(place.as_str(), "is one name too many: register one"));
        }
        let checked = CertificateName::new(place, text);
        given = Some(checked.map_err(|problem| wrong(place.as_str(), &format!("cannot be taken: {problem}")))?);
    }
    if given.is_none() {
        return Err(wrong(Place::SubjectDn.as_str(), "or another name is needed for tls_client_auth"));
    }
    CertificateName::store(given, metadata);
    Ok(())
}

/// `jwks` or `jwks_uri`, not both (RFC 7591, section 2).
fn published_keys(reader: &Reader<'_>, metadata: &mut Metadata) -> Result<Vec<PublicKey>, Refusal> {
    metadata.jwks_uri = reader.fetched("jwks_uri")?;
    let Some(set) = reader.value("jwks") else { return Ok(Vec::new()) };
    if metadata.jwks_uri.is_some() {
        return Err(wrong("jwks", "and jwks_uri exclude each other"));
    }
    let given = set.get("keys").and_then(Value::as_array).filter(|keys| keys.len() <= keys::MOST);
    let mut read: Vec<PublicKey> = Vec::new();
    for key in given.ok_or_else(|| wrong("jwks", "must be a key set of at most 10 keys"))? {
        match keys::public_key(key) {
            Ok(key) if read.iter().any(|known| known.identity() == key.identity()) => {}
            Ok(key) => read.push(key),
            // For something else than signatures: not our business.
            Err(keys::NotAKey::NotForSignatures | keys::NotAKey::Unsupported) => {}
            Err(error) => return Err(wrong("jwks", &format!("cannot be taken: {error}"))),
        }
    }
    Ok(read)
}

fn grants(reader: &Reader<'_>, frame: &Frame<'_>, method: AuthMethod, metadata: &mut Metadata) -> Result<(), Refusal> {
    let mut grants = reader.list("grant_types")?;
    if grants.is_empty() {
        let default = if frame.audience.signs_in() { "authorization_code" } else { "client_credentials" };
        grants.push(default.to_owned());
    }
    if let Some(unknown) = grants.iter().find(|grant| !frame.grant_types.contains(&grant.as_str())) {
        let unknown: String = unknown.chars().take(60).collect();
        return Err(wrong("grant_types", &format!("holds {unknown}, which is not supported")));
    }
    let alone = grants.iter().any(|grant| grant == "client_credentials");
    if alone && (frame.audience.signs_in() || method == AuthMethod::None) {
        return Err(wrong("grant_types", "holds client_credentials, which is for products of operators"));
    }
    let responses = reader.list("response_types")?;
    if responses.iter().any(|response| response != "code") {
        return Err(wrong("response_types", "must be code"));
    }
    if grants.iter().any(|grant| grant == "authorization_code") {
        metadata.response_types = vec!["code".to_owned()];
    } else if !responses.is_empty() {
        return Err(wrong("response_types", "needs the grant type authorization_code"));
    }
    if grants.iter().any(|grant| grant == grant_type::CIBA) {
        if frame.audience != Audience::Subscribers || method == AuthMethod::None {
            return Err(wrong("grant_types", "holds urn:openid:params:grant-type:ciba, which is for subscribers"));
        }
        backchannel(reader, metadata)?;
    }
    metadata.grant_types = grants;
    Ok(())
}

/// How the client learns that somebody has answered (OpenID Connect CIBA 1.0, section 4).
fn backchannel(reader: &Reader<'_>, metadata: &mut Metadata) -> Result<(), Refusal> {
    let (mode, endpoint) = ("backchannel_token_delivery_mode", "backchannel_client_notification_endpoint");
    metadata.backchannel_token_delivery_mode = reader.one_of(mode, &["poll", "ping"])?;
    metadata.backchannel_client_notification_endpoint = reader.fetched(endpoint)?;
    match metadata.backchannel_token_delivery_mode.as_deref() {
        None => Err(wrong(mode, "must be poll or ping")),
        Some("ping") if metadata.backchannel_client_notification_endpoint.is_none() => {
            Err(wrong(endpoint, "is needed for pings"))
        }
        Some(_) => Ok(()),
    }
}

fn scope(reader: &Reader<'_>, frame: &Frame<'_>) -> Result<Option<String>, Refusal> {
    let asked = scopes::split(reader.text("scope")?.unwrap_or_default());
    if asked.iter().any(|scope| !frame.scopes.contains(scope)) {
        return Err(wrong("scope", &format!("must be among {}", frame.scopes.join(" "))));
    }
    Ok((!asked.is_empty()).then(|| asked.join(" ")))
}

async fn subjects(reader: &Reader<'_>, uris: &Uris, metadata: &mut Metadata) -> Result<(), Refusal> {
    let kind = reader.one_of("subject_type", &SubjectType::ALL.map(SubjectType::as_str))?;
    metadata.subject_type = kind.as_deref().and_then(SubjectType::parse);
    let name = "sector_identifier_uri";
    metadata.sector_identifier_uri = reader.fetched(name)?;
    if let Some(uri) = &metadata.sector_identifier_uri {
        let listed = sector(reader.ctx, uri).await;
        if !listed.is_some_and(|listed| uris.login.iter().all(|uri| listed.contains(uri))) {
            return Err(wrong(name, "must lead to a JSON list with every redirect URI"));
        }
    }
    Ok(())
}

/// The redirect URIs of a sector (OpenID Connect Core, section 8.1).
async fn sector(ctx: &Context, uri: &str) -> Option<Vec<String>> {
    let url = outgoing::admitted(ctx, uri)?;
    let answer = outgoing::send(ctx, Request::get(url).accept("application/json")).await.ok()?;
    (answer.status == 200).then(|| serde_json::from_slice(&answer.body).ok()).flatten()
}

fn signatures(reader: &Reader<'_>, frame: &Frame<'_>, metadata: &mut Metadata) -> Result<SigningAlg, Refusal> {
    let rules = frame.profile.rules();
    let ours: Vec<&str> = rules.signs.iter().map(|alg| alg.as_str()).collect();
    metadata.userinfo_signed_response_alg = reader.one_of("userinfo_signed_response_alg", &ours)?;
    metadata.introspection_signed_response_alg = reader.one_of("introspection_signed_response_alg", &ours)?;
    metadata.authorization_signed_response_alg = reader.one_of("authorization_signed_response_alg", &ours)?;
    metadata.request_object_signing_alg = reader.one_of("request_object_signing_alg", rules.algs)?;
    let alg = reader.one_of("id_token_signed_response_alg", &ours)?;
    Ok(frame.profile.signing(alg.as_deref().and_then(SigningAlg::parse)))
}

fn requests(reader: &Reader<'_>, frame: &Frame<'_>, metadata: &mut Metadata) -> Result<(), Refusal> {
    metadata.default_max_age = match reader.value("default_max_age") {
        None => None,
        Some(age) => match age.as_i64() {
            Some(seconds) if (0..=LONGEST_AGE).contains(&seconds) => Some(seconds),
            _ => return Err(wrong("default_max_age", "must be a number of seconds")),
        },
    };
    metadata.default_acr_values = reader.list("default_acr_values")?;
    metadata.require_auth_time = reader.flag("require_auth_time")?;
    metadata.require_signed_request_object = reader.flag("require_signed_request_object")?;
    metadata.require_pushed_authorization_requests = reader.flag("require_pushed_authorization_requests")?;
    metadata.dpop_bound_access_tokens = reader.flag("dpop_bound_access_tokens")?;
    metadata.request_uris = reader.list("request_uris")?;
    if metadata.request_uris.iter().any(|uri| outgoing::admitted(reader.ctx, uri).is_none()) {
        return Err(wrong("request_uris", NOT_REACHABLE));
    }
    metadata.resources = reader.list("resources")?;
    if frame.open {
        let ours = resources(reader.ctx);
        if !metadata.resources.iter().all(|uri| ours.contains(uri)) {
            return Err(wrong("resources", "of others are for clients that an organization has let in"));
        }
        metadata.resources = ours;
    }
    if !metadata.resources.iter().all(|uri| is_resource(uri)) {
        return Err(wrong("resources", "must be absolute URIs without a fragment"));
    }
    Ok(())
}

fn logout(reader: &Reader<'_>, frame: &Frame<'_>, uris: &Uris, metadata: &mut Metadata) -> Result<(), Refusal> {
    metadata.backchannel_logout_uri = reader.fetched("backchannel_logout_uri")?;
    metadata.backchannel_logout_session_required = reader.flag("backchannel_logout_session_required")?;
    let front = "frontchannel_logout_uri";
    metadata.frontchannel_logout_uri = reader.web(front)?;
    if let Some(uri) = metadata.frontchannel_logout_uri.as_deref()
        && frame.front != Some(uri)
        && !at_a_login(uri, &uris.login)
    {
        return Err(wrong(front, "must have the scheme, host and port of one of redirect_uris"));
    }
    metadata.frontchannel_logout_session_required = reader.flag("frontchannel_logout_session_required")?;
    Ok(())
}

/// The purposes whose URIs a document holds; others are the portal's to change.
pub(super) const PURPOSES: [UriPurpose; 2] = [UriPurpose::Login, UriPurpose::PostLogout];
