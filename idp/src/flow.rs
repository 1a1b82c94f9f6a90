//! The way of an authorization request: signed in? allowed by the operator? consented? then a
//! code. Each step looks at the facts again, so that no step can be left out by posting the next.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use model::{
    Context, Fault,
    authorization::{AnswerTo, Code, Request, ResponseMode, sha256},
    cache::{self, Client},
    client::dynamic::by_url,
    consent::{self, Consent, GrantError, Standing},
    device,
    entity::{Audience, operator},
    interaction::{self, Interaction},
    pushed, redirect_uri, scopes,
};

use crate::{
    Idp,
    browser::Browser,
    device_page,
    error::no_store,
    language,
    pages::{self, Asker, PageError},
    session::Session,
    step_up,
};

/// Begins a request in progress in this browser, in the language that the client or else the browser
/// asks for.
///
/// # Errors
///
/// When there is no randomness.
pub fn begin(ctx: &Context, browser: &Browser, mut request: Request) -> Result<Interaction, Fault> {
    language::speak(request.language);
    request.language = Some(language::current());
    Interaction::begin(ctx, browser.id(), request)
}

/// An error that goes back to the client (RFC 6749, section 4.1.2.1; OpenID Connect Core, section
/// 3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial {
    /// A registered code.
    pub error: &'static str,
    /// What helps the client's developer; without `"` and `\`.
    pub description: &'static str,
}

impl Denial {
    /// The person said no.
    pub const CANCELLED: Self = Self { error: "access_denied", description: "The person has cancelled the request." };
    /// The operator said no.
    pub const NOT_ENABLED: Self =
        Self { error: "access_denied", description: "The subscriber's operator has not enabled this product." };
    /// The operator said no, and no page can tell the person.
    const NOT_ENABLED_UNSEEN: Self = Self {
        error: "interaction_required",
        description: "The subscriber's operator has not enabled this product, and prompt=none allows no page that says so.",
    };
    const LOGIN_REQUIRED: Self =
        Self { error: "login_required", description: "The person has to sign in, and prompt=none allows no page." };
    const CONSENT_REQUIRED: Self = Self {
        error: "consent_required",
        description: "The person has to be asked for consent, and prompt=none allows no page.",
    };
    const OTHER_SUBSCRIBER: Self =
        Self { error: "login_required", description: "Somebody else than the subject of id_token_hint has signed in." };
    /// The sign-in that the client insists on cannot be had.
    pub const ACR_NOT_MET: Self = Self {
        error: "unmet_authentication_requirements",
        description: "The person cannot sign in in any of the authentication contexts that are essential.",
    };
    const ANSWERED: Self =
        Self { error: "invalid_request", description: "An answer was given to this pushed request before." };
    const RACED: Self = Self {
        error: "access_denied",
        description: "The consent was taken back while the request was being answered.",
    };
}

/// Who has signed in in this browser, of those whom the request's product is for.
///
/// # Errors
///
/// [`PageError`] when the client has gone.
pub async fn session_for(
    idp: &Idp,
    headers: &HeaderMap,
    interaction: &Interaction,
) -> Result<Option<Session>, PageError> {
    let (_, product) = interaction.parties(&idp.ctx).await?;
    Ok(Session::read(&idp.ctx, headers, product.audience).await?)
}

/// Takes the next step: a page, or the answer to the client.
pub async fn proceed(idp: &Idp, browser: &Browser, interaction: Interaction, session: Option<Session>) -> Response {
    match step(idp, browser, &interaction, session).await {
        Ok(response) => with_browser(&idp.ctx, browser, response),
        Err(error) => error.into_response(),
    }
}

async fn step(
    idp: &Idp,
    browser: &Browser,
    interaction: &Interaction,
    session: Option<Session>,
) -> Result<Response, PageError> {
    let ctx = &idp.ctx;
    let request = &interaction.request;
    let (client, product) = interaction.parties(ctx).await?;
    let asker = Asker { client: &client, product: &product };
    if interaction.device_unconfirmed() {
        return Ok(redirect(&device_page::confirm_url(&interaction.seal(ctx)?)));
    }

    let Some(session) = session.filter(|session| fresh_enough(interaction, session)) else {
        if request.prompt.none {
            return deny(ctx, interaction, Denial::LOGIN_REQUIRED).await;
        }
        return sign_in(idp, browser, interaction, asker, request.prompt.login).await;
    };
    if let Some(expected) = &request.subject_hint
        && *expected != session.subject.sub(ctx, &client)
    {
        // With a page at hand the person can sign in as the one who is expected, once.
        if request.prompt.none || session.auth_time >= interaction.started_at {
            return deny(ctx, interaction, Denial::OTHER_SUBSCRIBER).await;
        }
        return sign_in(idp, browser, interaction, asker, true).await;
    }
    if let Some(operator) = session.operator
        && !product.enabled_by(operator)
    {
        if request.prompt.none {
            return deny(ctx, interaction, Denial::NOT_ENABLED_UNSEEN).await;
        }
        return pages::not_enabled::page(idp, browser, interaction, &session, operator, &product).await;
    }
    match (step_up::standing(ctx, request, &session).await?, request.prompt.none) {
        (step_up::Standing::Met, _) => {}
        (step_up::Standing::SignIn, false) => {
            return sign_in(idp, browser, interaction, asker, true).await;
        }
        (step_up::Standing::SignIn, true) if request.acr_essential => {
            return deny(ctx, interaction, Denial::LOGIN_REQUIRED).await;
        }
        // It was a wish.
        (step_up::Standing::SignIn, true) => {}
        (step_up::Standing::NoFactor, false) => {
            return pages::no_factor::page(idp, browser, interaction, &session, &product);
        }
        (step_up::Standing::NoFactor, true) | (step_up::Standing::Unmet, _) => {
            return deny(ctx, interaction, Denial::ACR_NOT_MET).await;
        }
    }
    let again = everything_again(ctx, request, &session, &client).await?;
    match consent::standing(ctx, session.subject, &product, &request.to_be_allowed(), again).await? {
        // There is no permission to ask for, and still an account to show.
        Standing::Remembered(consent) if is_device(request) => {
            pages::consent::page(idp, browser, interaction, &session, asker, &[], Some(&consent)).await
        }
        Standing::Remembered(consent) => complete(ctx, interaction, &session, &client, &consent).await,
        Standing::Missing { .. } if request.prompt.none => deny(ctx, interaction, Denial::CONSENT_REQUIRED).await,
        Standing::Missing { ask, before } => {
            pages::consent::page(idp, browser, interaction, &session, asker, &ask, before.as_deref()).await
        }
    }
}

/// Whether a device waits for the answer. What it gets, and from which account, is shown each time:
/// somebody else may have begun (RFC 8628, section 5.4).
const fn is_device(request: &Request) -> bool {
    matches!(request.answer_to, AnswerTo::Device(_))
}

/// Whether the person is asked for everything once more, also for what they have allowed before.
async fn everything_again(ctx: &Context, request: &Request, session: &Session, client: &Client) -> Result<bool, Fault> {
    Ok(is_device(request)
        || request.prompt.consent
        || by_url::changed_since_asked(ctx, session.subject, client).await?)
}

/// Leads to the sign-in: subscribers give their number here, portal users sign in to the portal
/// and come back. `again` asks for it even in a living session.
async fn sign_in(
    idp: &Idp,
    browser: &Browser,
    interaction: &Interaction,
    asker: Asker<'_>,
    again: bool,
) -> Result<Response, PageError> {
    match asker.product.audience {
        Audience::Users => {
            let again = again || interaction.request.max_age.is_some();
            Ok(redirect(&portal_sign_in(&interaction.seal(&idp.ctx)?, again)))
        }
        _ => pages::login::page(idp, browser, interaction, asker).await,
    }
}

/// The portal's sign-in page, from which the request in progress goes on.
#[must_use]
pub fn portal_sign_in(sealed: &str, again: bool) -> String {
    let again = if again { "again=1&" } else { "" };
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("return_to", &interaction::path(sealed))
        .finish();
    format!("/signin?{again}{query}")
}

/// Whether a session is as young as the request wants it. What was asked for counts from the
/// request's beginning: a sign-in during the request is always young enough.
fn fresh_enough(interaction: &Interaction, session: &Session) -> bool {
    let request = &interaction.request;
    let oldest = match request.max_age {
        _ if request.prompt.login => interaction.started_at,
        Some(seconds) => interaction.started_at.plus(seconds.saturating_mul(-1000)),
        None => return true,
    };
    session.auth_time >= oldest
}

/// Stores what the subscriber allowed on the consent page, and answers the client.
///
/// # Errors
///
/// [`PageError`] when the answer does not fit the question, which no form of ours sends.
pub async fn finish_with_consent(
    idp: &Idp,
    interaction: &Interaction,
    session: &Session,
    allowed: &[String],
) -> Result<Response, PageError> {
    let ctx = &idp.ctx;
    let (client, product) = interaction.parties(ctx).await?;
    let request = &interaction.request;
    let expected = request.subject_hint.as_ref().is_none_or(|sub| *sub == session.subject.sub(ctx, &client));
    let insisted = request.acr_essential && session.told(&request.acr_values).is_none();
    if interaction.device_unconfirmed() || !fresh_enough(interaction, session) || !expected || insisted {
        return Err(PageError::SignInAgain);
    }
    if session.operator.is_some_and(|operator| !product.enabled_by(operator)) {
        return deny(ctx, interaction, Denial::NOT_ENABLED).await;
    }
    let again = everything_again(ctx, request, session, &client).await?;
    match consent::grant(ctx, session.subject, &product, &request.to_be_allowed(), allowed, again).await {
        Ok(consent) => complete(ctx, interaction, session, &client, &consent).await,
        Err(GrantError::Fault(fault)) => Err(fault.into()),
        Err(GrantError::NotAsked | GrantError::RequiredMissing) => Err(PageError::Tampered),
    }
}

/// Issues the code: no write, it is sealed.
async fn complete(
    ctx: &Context,
    interaction: &Interaction,
    session: &Session,
    client: &Client,
    consent: &Consent,
) -> Result<Response, PageError> {
    let request = &interaction.request;
    let granted = scopes::among(&request.scopes, &consent.scopes);
    if granted.is_empty() && !request.scopes.is_empty() {
        return deny(ctx, interaction, Denial::RACED).await;
    }
    if !use_up(ctx, request).await? {
        let Denial { error, description } = Denial::ANSWERED;
        return Ok(answer_error(ctx, request, error, description));
    }
    let now = ctx.now();
    let code = Code {
        id: ctx.new_id()?,
        client: client.id,
        consent: consent.id,
        subject: session.subject,
        session: session.id,
        amr: session.amr.join(" "),
        acr: session.told(&request.acr_values).unwrap_or(session.acr()).to_owned(),
        redirect_uri_hash: request.redirect_uri().map(sha256),
        scopes: granted.clone(),
        nonce: request.nonce.clone(),
        code_challenge: request.code_challenge.clone(),
        claims: request.claims.allowed_by(&consent.scopes),
        resources: request.resources.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        auth_time: session.auth_time,
        issued_at: now,
        expires_at: now.plus(ctx.settings().lifetimes.code),
    };
    if let AnswerTo::Device(id) = request.answer_to {
        let approved = device::approve(ctx, id, code).await?;
        let outcome = if approved { pages::device::Outcome::Allowed } else { pages::device::Outcome::Over };
        return Ok(pages::device::end(ctx, brand(ctx, Some(session)).await?.as_deref(), outcome));
    }
    let code = code.seal(ctx)?;
    Ok(answer(ctx, request, &[("code", &code), ("scope", &scopes::join(&granted))]))
}

/// The operator of whoever has signed in, if they are a subscriber.
async fn brand(ctx: &Context, session: Option<&Session>) -> Result<Option<Arc<operator::Model>>, Fault> {
    match session.and_then(|session| session.operator) {
        Some(operator) => cache::operator(ctx, operator).await,
        None => Ok(None),
    }
}

/// Uses a pushed request up; a request that was not pushed can be answered.
async fn use_up(ctx: &Context, request: &Request) -> Result<bool, Fault> {
    match request.pushed {
        Some(id) => pushed::answer(ctx, id).await,
        None => Ok(true),
    }
}

/// Tells the client no.
///
/// # Errors
///
/// When the database fails.
pub async fn deny(ctx: &Context, interaction: &Interaction, denial: Denial) -> Result<Response, PageError> {
    deny_for(ctx, interaction, None, denial).await
}

/// Tells the client no, for somebody who has signed in: the last page wears their operator's brand.
///
/// # Errors
///
/// When the database fails.
pub async fn deny_for(
    ctx: &Context,
    interaction: &Interaction,
    session: Option<&Session>,
    denial: Denial,
) -> Result<Response, PageError> {
    if let AnswerTo::Device(id) = interaction.request.answer_to {
        let denied = device::deny(ctx, id).await?;
        let outcome = if denied { pages::device::Outcome::Denied } else { pages::device::Outcome::Over };
        return Ok(pages::device::end(ctx, brand(ctx, session).await?.as_deref(), outcome));
    }
    let Denial { error, description } =
        if use_up(ctx, &interaction.request).await? { denial } else { Denial::ANSWERED };
    Ok(answer_error(ctx, &interaction.request, error, description))
}

/// Sends an error to the client, in the way that it asked for.
#[must_use]
pub fn answer_error(ctx: &Context, request: &Request, error: &str, description: &str) -> Response {
    answer(ctx, request, &[("error", error), ("error_description", description)])
}

/// Sends parameters to the client, with `state` and `iss` (RFC 9207) behind them.
fn answer(ctx: &Context, request: &Request, parameters: &[(&str, &str)]) -> Response {
    // What waits at a device is answered in the database, before it gets here.
    let Some(to) = request.redirect_uri() else { return PageError::Tampered.into_response() };
    let mut parameters = parameters.to_vec();
    if let Some(state) = &request.state {
        parameters.push(("state", state));
    }
    parameters.push(("iss", &ctx.settings().issuer));
    let signed = match request.response_mode.signed().then(|| signed(ctx, request, &parameters)) {
        Some(Ok(jwt)) => Some(jwt),
        Some(Err(fault)) => return PageError::from(fault).into_response(),
        None => None,
    };
    let parameters = match &signed {
        Some(jwt) => vec![("response", jwt.as_str())],
        None => parameters,
    };
    match request.response_mode {
        ResponseMode::Query | ResponseMode::QueryJwt => redirect(&redirect_uri::with_query(to, &parameters)),
        ResponseMode::FormPost | ResponseMode::FormPostJwt => pages::form_post::page(to, &parameters),
    }
}

/// The parameters as a JWT (JARM, section 2.1). It lives as long as a code.
fn signed(ctx: &Context, request: &Request, parameters: &[(&str, &str)]) -> Result<String, Fault> {
    let mut claims: serde_json::Map<String, serde_json::Value> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    claims.insert("aud".to_owned(), request.client_id.clone().into());
    claims.insert("exp".to_owned(), ctx.now().plus(ctx.settings().lifetimes.code).seconds().into());
    claims.insert("iat".to_owned(), ctx.now().seconds().into());
    ctx.keys().signer(request.response_alg, ctx.now())?.sign_jwt("JWT", &claims)
}

/// 303: the browser follows with GET, and sends no form along (RFC 9700, section 4.12).
#[must_use]
pub fn redirect(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => {
            let referrer = (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            (StatusCode::SEE_OTHER, [no_store(), (header::LOCATION, location), referrer]).into_response()
        }
        Err(_) => PageError::Tampered.into_response(),
    }
}

/// Adds the browser's cookie to a response, if the browser is new.
#[must_use]
pub fn with_browser(ctx: &Context, browser: &Browser, mut response: Response) -> Response {
    if let Some(cookie) = browser.set_cookie(ctx) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
