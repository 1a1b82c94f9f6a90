//! Signing in: a phone number, then the PIN that was sent to it.
//!
//! Every step redirects to the next with 303, so that reloading repeats nothing, and carries the
//! sealed request in progress. Whether somebody here has the number shows nowhere.

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use model::{
    ClientAddress,
    entity::Audience,
    interaction::{self, Interaction, Lost},
    limit::TooMany,
    logout,
    phone::PhoneNumber,
    pin::{self, Refused, SendError},
};

use crate::{
    Idp,
    browser::Browser,
    flow::{self, Denial, redirect},
    form::{self, Fields},
    language,
    pages::{
        self, Asker, Back, PageError,
        texts::{self, Wait},
    },
    session::Session,
};

/// The routes of the sign-in.
pub fn routes() -> Router<Idp> {
    Router::new()
        .route("/login", get(ask_number).post(give_number))
        .route("/login/pin", get(ask_pin).post(give_pin))
        .route("/login/resend", post(resend))
}

/// `GET /login`: asks for a number; for another one, when there is one already.
async fn ask_number(State(idp): State<Idp>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    page_of(async {
        let (browser, interaction) = back_again(&idp, &headers, &Fields::of_query(query.as_deref()))?;
        let (client, product) = interaction.parties(&idp.ctx).await?;
        pages::login::page(&idp, &browser, &interaction, Asker { client: &client, product: &product }).await
    })
    .await
}

/// `POST /login`: a number was given, or the person goes back to the client.
async fn give_number(
    State(idp): State<Idp>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    page_of(async {
        let (fields, browser, interaction) = sent(&idp, &headers, &body)?;
        if fields.get("action") == "cancel" {
            return flow::deny(&idp.ctx, &interaction, Denial::CANCELLED).await;
        }
        let sending = Sending { idp: &idp, browser: &browser, interaction, address: address_of(address) };
        match PhoneNumber::parse(fields.get("number")) {
            Ok(number) => sending.send(number, fields.get("number"), false).await,
            Err(why) => {
                let error = (texts::current().login.not_a_number)(why);
                sending.ask_number(StatusCode::UNPROCESSABLE_ENTITY, fields.get("number"), error).await
            }
        }
    })
    .await
}

/// `POST /login/resend`: another PIN to the same number.
async fn resend(
    State(idp): State<Idp>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    page_of(async {
        let (_, browser, interaction) = sent(&idp, &headers, &body)?;
        match interaction.number.as_deref().and_then(|number| PhoneNumber::parse(number).ok()) {
            Some(number) => {
                let typed = number.as_str().to_owned();
                let sending = Sending { idp: &idp, browser: &browser, interaction, address: address_of(address) };
                sending.send(number, &typed, true).await
            }
            None => Ok(redirect(&step_url("/login", &interaction.seal(&idp.ctx)?))),
        }
    })
    .await
}

/// `GET /login/pin`: asks for the PIN.
async fn ask_pin(State(idp): State<Idp>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    page_of(async {
        let fields = Fields::of_query(query.as_deref());
        let (browser, interaction) = back_again(&idp, &headers, &fields)?;
        if interaction.challenge.is_none() {
            return Ok(redirect(&step_url("/login", &interaction.seal(&idp.ctx)?)));
        }
        let (_, product) = interaction.parties(&idp.ctx).await?;
        let asked = pages::pin::Asked::first(fields.get("again") == "1");
        Ok(pages::pin::render(&idp.ctx, &browser, &interaction, &product, &asked).await?)
    })
    .await
}

/// `POST /login/pin`: a PIN was entered.
async fn give_pin(
    State(idp): State<Idp>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    page_of(async {
        let ctx = &idp.ctx;
        let (fields, browser, interaction) = sent(&idp, &headers, &body)?;
        let Some(challenge) = interaction.challenge else {
            return Ok(redirect(&step_url("/login", &interaction.seal(ctx)?)));
        };
        let pin = pin::tidy(fields.get("pin"));
        if pin.len() != 6 {
            let asked = pages::pin::Asked {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                error: Some(texts::current().pin.six_digits),
                open: true,
                again: false,
            };
            let (_, product) = interaction.parties(ctx).await?;
            return Ok(pages::pin::render(ctx, &browser, &interaction, &product, &asked).await?);
        }
        match pin::check(ctx, challenge, browser.id(), address_of(address), &pin).await? {
            Ok(subscriber) => {
                let before = Session::read(ctx, &headers, Audience::Subscribers).await?;
                let session = Session::start(ctx, &subscriber, before.as_ref())?;
                if let Some(before) = before.filter(|before| before.id != session.id) {
                    logout::end(ctx, before.id).await?;
                }
                let mut response = redirect(&signed_in_url(&idp, interaction)?);
                response.headers_mut().append(header::SET_COOKIE, session.set_cookie(ctx)?);
                Ok(response)
            }
            Err(refused) => {
                // The second click of two finds the PIN used, by the first.
                let session = Session::read(ctx, &headers, Audience::Subscribers).await?;
                if refused == Refused::Ended
                    && session.is_some_and(|session| session.auth_time >= interaction.started_at)
                {
                    return Ok(redirect(&signed_in_url(&idp, interaction)?));
                }
                refuse_pin(&idp, &browser, &interaction, refused).await
            }
        }
    })
    .await
}

/// The PIN page again, with what is wrong and what helps.
async fn refuse_pin(
    idp: &Idp,
    browser: &Browser,
    interaction: &Interaction,
    refused: Refused,
) -> Result<Response, PageError> {
    let t = &texts::current().pin;
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let (status, error, open) = match refused {
        Refused::Wrong { left } => (unprocessable, (t.wrong)(left), true),
        Refused::Exhausted => (unprocessable, t.exhausted.to_owned(), false),
        Refused::Expired => (unprocessable, t.expired.to_owned(), false),
        Refused::Ended => (unprocessable, t.ended.to_owned(), true),
        Refused::TooMany(TooMany { retry_after }) => {
            (StatusCode::TOO_MANY_REQUESTS, (t.too_many)(Wait::of(retry_after)), true)
        }
        Refused::Foreign => {
            let back = interaction.request.redirect_uri().and_then(Back::to);
            return Err(PageError::Lost { lost: Lost::OtherBrowser, back });
        }
    };
    let (_, product) = interaction.parties(&idp.ctx).await?;
    let asked = pages::pin::Asked { status, error: Some(&error), open, again: false };
    let response = pages::pin::render(&idp.ctx, browser, interaction, &product, &asked).await?;
    Ok(match refused {
        Refused::TooMany(too_many) => retry_after(response, too_many),
        _ => response,
    })
}

/// A request for a PIN.
struct Sending<'a> {
    idp: &'a Idp,
    browser: &'a Browser,
    interaction: Interaction,
    address: ClientAddress,
}

impl Sending<'_> {
    /// Sends a PIN and goes on to the page that asks for it, whether or not anybody has the
    /// number.
    async fn send(mut self, number: PhoneNumber, typed: &str, again: bool) -> Result<Response, PageError> {
        let ctx = &self.idp.ctx;
        let (client, product) = self.interaction.parties(ctx).await?;
        let request = pin::Request {
            number: number.clone(),
            product: product.name.clone(),
            client_id: client.client_id.clone(),
            browser: self.browser.id().to_owned(),
            address: self.address,
            again,
            language: language::current(),
        };
        match pin::send(ctx, request).await {
            Ok(challenge) => {
                self.interaction.challenge = Some(challenge);
                self.interaction.number = Some(number.as_str().to_owned());
                let mut url = step_url("/login/pin", &self.interaction.seal(ctx)?);
                if again {
                    url.push_str("&again=1");
                }
                Ok(redirect(&url))
            }
            Err(SendError::TooMany(too_many)) => {
                let error = (texts::current().login.too_many)(Wait::of(too_many.retry_after));
                let response = self.ask_number(StatusCode::TOO_MANY_REQUESTS, typed, &error).await?;
                Ok(retry_after(response, too_many))
            }
            Err(SendError::Fault(fault)) => Err(fault.into()),
        }
    }

    /// The page with the number again, and what is wrong with it.
    async fn ask_number(&self, status: StatusCode, typed: &str, error: &str) -> Result<Response, PageError> {
        let ctx = &self.idp.ctx;
        let (client, product) = self.interaction.parties(ctx).await?;
        let asker = Asker { client: &client, product: &product };
        let asked = pages::login::Asked { status, number: typed, error: Some(error) };
        Ok(pages::login::render(ctx, self.browser, &self.interaction, asker, &asked).await?)
    }
}

/// A handler's answer; what went wrong is a page, too.
pub(crate) async fn page_of(step: impl Future<Output = Result<Response, PageError>>) -> Response {
    step.await.unwrap_or_else(IntoResponse::into_response)
}

/// What a form of ours carries: its fields, the browser that it belongs to, the request in
/// progress.
pub(crate) fn sent(idp: &Idp, headers: &HeaderMap, body: &[u8]) -> Result<(Fields, Browser, Interaction), PageError> {
    let fields = Fields::of_body(headers, body)?;
    let interaction = form::interaction(&idp.ctx, headers, &fields)?;
    let browser = form::verify(&idp.ctx, headers, &fields)?;
    Ok((fields, browser, interaction))
}

/// What a link of ours carries.
pub(crate) fn back_again(idp: &Idp, headers: &HeaderMap, fields: &Fields) -> Result<(Browser, Interaction), PageError> {
    let interaction = form::interaction(&idp.ctx, headers, fields)?;
    Ok((Browser::of(&idp.ctx, headers)?, interaction))
}

/// The next step of a request in progress.
fn step_url(path: &str, sealed: &str) -> String {
    format!("{path}?i={sealed}")
}

/// Where a person who has signed in goes on. The number has done its duty and stays behind.
fn signed_in_url(idp: &Idp, mut interaction: Interaction) -> Result<String, PageError> {
    interaction.challenge = None;
    interaction.number = None;
    Ok(interaction::path(&interaction.seal(&idp.ctx)?))
}

/// The address that budgets count; requests that came around the server's front share one.
pub(crate) fn address_of(address: Option<Extension<ClientAddress>>) -> ClientAddress {
    address.map_or(ClientAddress(std::net::Ipv4Addr::UNSPECIFIED.into()), |Extension(address)| address)
}

pub(crate) fn retry_after(mut response: Response, too_many: TooMany) -> Response {
    let seconds = (too_many.retry_after.max(1) + 999) / 1000;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
