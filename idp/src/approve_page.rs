//! The page at which a subscriber answers a request that came to the phone (OpenID Connect CIBA
//! 1.0, section 9).
//!
//! Whoever opens the link has the phone, as whoever enters a PIN has: that is the sign-in. It
//! counts for this one request and opens no session in the browser, so that nobody can sign
//! somebody else in by handing them a link.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    response::Response,
    routing::get,
};
use http::HeaderMap;
use model::{
    Context,
    authorization::{ClaimsRequest, Code},
    cache::{self, Client, Product},
    ciba::{self, Waiting},
    consent::{self, Consent, GrantError},
    entity::{ClientState, operator, subscriber},
    scopes,
    subject::{self, Subject},
};

use crate::{
    Idp,
    browser::Browser,
    flow::with_browser,
    form::{self, Fields},
    login::page_of,
    pages::{
        Asker, PageError,
        approve::{self as page, Outcome, Question},
    },
    session::acr,
};

/// The routes of this page.
pub fn routes() -> Router<Idp> {
    Router::new().route(ciba::PATH, get(show).post(decide))
}

/// A request that can be answered, and who is concerned.
struct Open {
    waiting: Waiting,
    client: Arc<Client>,
    product: Arc<Product>,
    subject: Subject,
    subscriber: Arc<subscriber::Model>,
    operator: Arc<operator::Model>,
}

/// What waits at this link, if the client is still there and the subscriber may still use the
/// product.
async fn open(ctx: &Context, link: &str) -> Result<Option<Open>, PageError> {
    let Some(waiting) = ciba::at_link(ctx, link).await? else { return Ok(None) };
    let client = cache::client(ctx, &waiting.asked.client_id).await?;
    let Some(client) = client.filter(|client| client.state == ClientState::Active) else { return Ok(None) };
    let product = cache::product(ctx, client.product_id).await?.ok_or(PageError::ClientGone)?;
    let subject = Subject::Subscriber(waiting.subscriber);
    if subject::allowed(ctx, subject, &product).await?.is_none() {
        return Ok(None);
    }
    let subscriber = cache::subscriber(ctx, waiting.subscriber).await?.ok_or(PageError::ClientGone)?;
    let operator = cache::operator(ctx, subscriber.operator_id).await?.ok_or(PageError::ClientGone)?;
    Ok(Some(Open { waiting, client, product, subject, subscriber, operator }))
}

/// `GET /approve`: who asks for what.
async fn show(State(idp): State<Idp>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    page_of(async {
        let ctx = &idp.ctx;
        let fields = Fields::of_query(query.as_deref());
        let link = fields.get("t");
        let Some(open) = open(ctx, link).await? else { return Ok(page::end(ctx, None, Outcome::Over)) };
        let browser = Browser::of(ctx, &headers)?;
        let standing = consent::standing(ctx, open.subject, &open.product, &open.waiting.asked.scopes, false).await?;
        let question = Question {
            link,
            form_token: &browser.form_token(ctx),
            waiting: &open.waiting,
            asker: Asker { client: &open.client, product: &open.product },
            number: &open.subscriber.phone_number,
            standing: &standing,
        };
        Ok(with_browser(ctx, &browser, page::ask(ctx, &open.operator, &question)?))
    })
    .await
}

/// `POST /approve`: Allow, or Deny. What was asked is not read from the form but looked up again.
async fn decide(State(idp): State<Idp>, headers: HeaderMap, body: Bytes) -> Response {
    page_of(async {
        let ctx = &idp.ctx;
        let fields = Fields::of_body(&headers, &body)?;
        form::verify(ctx, &headers, &fields)?;
        let Some(open) = open(ctx, fields.get("t")).await? else { return Ok(page::end(ctx, None, Outcome::Over)) };
        let (counts, outcome) = match fields.get("decision") {
            "allow" => {
                let allowed: Vec<String> = fields.all("scope").map(str::to_owned).collect();
                (allow(ctx, &open, &allowed).await?, Outcome::Allowed)
            }
            "deny" => (ciba::deny(ctx, &open.client, &open.waiting).await?, Outcome::Denied),
            _ => return Err(PageError::Tampered),
        };
        Ok(page::end(ctx, Some(&open.operator), if counts { outcome } else { Outcome::Over }))
    })
    .await
}

async fn allow(ctx: &Context, open: &Open, allowed: &[String]) -> Result<bool, PageError> {
    let Open { waiting, client, product, .. } = open;
    match ciba::approve(ctx, client, product, waiting, allowed, code(ctx, open)?).await {
        Ok(counts) => Ok(counts),
        Err(GrantError::Fault(fault)) => Err(fault.into()),
        Err(GrantError::NotAsked | GrantError::RequiredMissing) => Err(PageError::Tampered),
    }
}

/// What the client gets under the consent.
fn code(ctx: &Context, open: &Open) -> Result<impl Fn(&Consent) -> Code + Send + Sync + use<>, PageError> {
    let Open { waiting, client, subject, .. } = open;
    let (waiting, client, subject, now) = (waiting.clone(), client.id, *subject, ctx.now());
    // The session is one of its own, which no browser has.
    let (id, session) = (ctx.new_id()?, ctx.new_id()?);
    Ok(move |consent: &Consent| Code {
        id,
        client,
        consent: consent.id,
        subject,
        session,
        amr: "sms".to_owned(),
        acr: acr::SMS.to_owned(),
        redirect_uri_hash: None,
        scopes: scopes::among(&waiting.asked.scopes, &consent.scopes),
        nonce: None,
        code_challenge: None,
        claims: ClaimsRequest::default(),
        resources: waiting.asked.resources.clone(),
        dpop_jkt: None,
        auth_time: now,
        issued_at: now,
        expires_at: waiting.expires_at,
    })
}
