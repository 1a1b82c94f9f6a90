//! The pages at which a person signs a device in (RFC 8628, section 3.3): the code, then who asks,
//! then sign-in and consent as ever.

use axum::{
    Extension, Router,
    body::Bytes,
    extract::{RawQuery, State},
    response::Response,
    routing::get,
};
use http::{HeaderMap, StatusCode};
use model::{
    ClientAddress,
    authorization::{AnswerTo, ClaimsRequest, Prompt, Request, ResponseMode},
    cache,
    device::{self, DeviceError, Waiting},
    entity::SigningAlg,
    limit::TooMany,
};

use crate::{
    Idp,
    browser::Browser,
    flow::{self, Denial, redirect, with_browser},
    form::{self, Fields},
    login::{address_of, back_again, page_of, retry_after, sent},
    pages::{
        Asker, PageError,
        device::{self as page, Outcome},
        texts::{self, Wait},
    },
    paths,
};

const CONFIRM: &str = "/device/confirm";

/// The routes of these pages.
pub fn routes() -> Router<Idp> {
    Router::new().route(paths::DEVICE, get(ask).post(give)).route(CONFIRM, get(show).post(decide))
}

/// Where the page is that says who asks. Nothing goes on before it was answered.
pub fn confirm_url(sealed: &str) -> String {
    format!("{CONFIRM}?i={sealed}")
}

/// `GET /device`: asks for the code. One in the address fills the field in, no more.
async fn ask(State(idp): State<Idp>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    page_of(async {
        let browser = Browser::of(&idp.ctx, &headers)?;
        let fields = Fields::of_query(query.as_deref());
        let response = page::ask(&idp.ctx, &browser, StatusCode::OK, fields.get("user_code"), None)?;
        Ok(with_browser(&idp.ctx, &browser, response))
    })
    .await
}

/// `POST /device`: a code was entered.
async fn give(
    State(idp): State<Idp>,
    address: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    page_of(async {
        let ctx = &idp.ctx;
        let t = &texts::current().device;
        let fields = Fields::of_body(&headers, &body)?;
        let browser = form::verify(ctx, &headers, &fields)?;
        let typed = fields.get("user_code");
        let again = |status, error: &str| page::ask(ctx, &browser, status, typed, Some(error));
        if typed.trim().is_empty() {
            return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, t.empty)?);
        }
        match device::find(ctx, typed, address_of(address)).await {
            Ok(waiting) => {
                let interaction = flow::begin(ctx, &browser, request(ctx, waiting).await?)?;
                Ok(redirect(&confirm_url(&interaction.seal(ctx)?)))
            }
            Err(DeviceError::Unknown) => Ok(again(StatusCode::UNPROCESSABLE_ENTITY, t.unknown)?),
            Err(DeviceError::TooMany(too_many)) => {
                let TooMany { retry_after: wait } = too_many;
                let response = again(StatusCode::TOO_MANY_REQUESTS, &(t.too_many)(Wait::of(wait)))?;
                Ok(retry_after(response, too_many))
            }
            Err(DeviceError::Fault(fault)) => Err(fault.into()),
        }
    })
    .await
}

/// The device's request as one that is led through sign-in and consent.
async fn request(ctx: &model::Context, waiting: Waiting) -> Result<Request, PageError> {
    let client = cache::client(ctx, &waiting.asked.client_id).await?.ok_or(PageError::ClientGone)?;
    let acr_values = Some(waiting.asked.acr_values).filter(|wanted| !wanted.is_empty());
    Ok(Request {
        client_id: client.client_id.clone(),
        answer_to: AnswerTo::Device(waiting.id),
        scopes: waiting.asked.scopes,
        state: None,
        nonce: None,
        code_challenge: None,
        response_mode: ResponseMode::Query,
        response_alg: SigningAlg::Rs256,
        prompt: Prompt::default(),
        max_age: client.metadata.default_max_age,
        login_hint: None,
        subject_hint: None,
        acr_values: acr_values.unwrap_or_else(|| client.metadata.default_acr_values.clone()),
        acr_essential: false,
        claims: ClaimsRequest::default(),
        resources: waiting.asked.resources,
        dpop_jkt: None,
        pushed: None,
        language: None,
    })
}

/// `GET /device/confirm`: says who asks, and from where.
async fn show(State(idp): State<Idp>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    page_of(async {
        let (browser, interaction) = back_again(&idp, &headers, &Fields::of_query(query.as_deref()))?;
        let AnswerTo::Device(id) = interaction.request.answer_to else { return Err(PageError::Tampered) };
        let (client, product) = interaction.parties(&idp.ctx).await?;
        let asker = Asker { client: &client, product: &product };
        match device::waiting_with(&idp.ctx, id).await? {
            Some(waiting) => Ok(page::confirm(&idp.ctx, &browser, &interaction, asker, &waiting)?),
            None => Ok(page::end(&idp.ctx, None, Outcome::Over)),
        }
    })
    .await
}

/// `POST /device/confirm`: it is theirs, or it is not.
async fn decide(State(idp): State<Idp>, headers: HeaderMap, body: Bytes) -> Response {
    page_of(async {
        let (fields, browser, mut interaction) = sent(&idp, &headers, &body)?;
        if !matches!(interaction.request.answer_to, AnswerTo::Device(_)) {
            return Err(PageError::Tampered);
        }
        if fields.get("decision") != "go" {
            return flow::deny(&idp.ctx, &interaction, Denial::CANCELLED).await;
        }
        interaction.device_confirmed = true;
        let session = flow::session_for(&idp, &headers, &interaction).await?;
        Ok(flow::proceed(&idp, &browser, interaction, session).await)
    })
    .await
}
