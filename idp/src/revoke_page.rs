//! The page at which a subscriber takes back what they have allowed a product. Its link is made at
//! [`crate::revoke_link`], and is the proof: see [`model::revoke_link`].

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
    cache::{self, Product},
    consent,
    entity::{operator, subscriber},
    redirect_uri,
    revoke_link::{self, Answer, Link},
};

use crate::{
    Idp,
    browser::Browser,
    flow::{redirect, with_browser},
    form::{self, Fields},
    login::page_of,
    pages::{
        Back, PageError,
        revoke::{self as page, Outcome, Question},
    },
};

/// Where the page is, below the issuer.
pub const PATH: &str = "/revoke-consent";

/// The routes of this page.
pub fn routes() -> Router<Idp> {
    Router::new().route(PATH, get(show).post(decide))
}

/// What can be taken back, and by whom.
struct Open {
    product: Arc<Product>,
    subscriber: Arc<subscriber::Model>,
    operator: Arc<operator::Model>,
    /// The subscriber has allowed the product to know the number.
    knows_number: bool,
}

/// What a link that nobody has answered is about, if there is still something to take back.
async fn open(ctx: &Context, link: &Link) -> Result<Option<Open>, PageError> {
    let subscriber = cache::subscriber(ctx, link.subscriber).await?;
    let Some(subscriber) = subscriber.filter(|subscriber| subscriber.ended_at.is_none()) else { return Ok(None) };
    let operator = cache::operator(ctx, subscriber.operator_id).await?;
    let consent = consent::of_subscriber(subscriber.id).with_product(ctx, link.consent).await?;
    let Some((operator, (consent, product))) = operator.zip(consent) else { return Ok(None) };
    let knows_number = consent.scopes.iter().any(|scope| scope == "phone");
    Ok(Some(Open { product, subscriber, operator, knows_number }))
}

/// `GET /revoke-consent`: what it would mean. It changes nothing.
async fn show(State(idp): State<Idp>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    page_of(async {
        let ctx = &idp.ctx;
        let fields = Fields::of_query(query.as_deref());
        let text = fields.get("revoke_token");
        let Some(link) = revoke_link::find(ctx, text).await? else { return Ok(nothing(ctx)) };
        let open = if link.answer.is_none() { open(ctx, &link).await? } else { None };
        let Some(Open { product, subscriber, operator, knows_number }) = open else {
            return over(ctx, &link).await;
        };
        let browser = Browser::of(ctx, &headers)?;
        let leads_back = revoke_link::leads_back(ctx, &link.way_back).await?;
        let question = Question {
            link: text,
            form_token: &browser.form_token(ctx),
            product: &product,
            number: knows_number.then_some(&*subscriber.phone_number),
            leads_to: leads_back.then_some(&*link.way_back.redirect_to),
        };
        Ok(with_browser(ctx, &browser, page::ask(ctx, &operator, &question)?))
    })
    .await
}

/// `POST /revoke-consent`: Remove, or Cancel. The first answer counts; the same one once more, as a
/// double click or a reload sends it, leads to the same place and does nothing.
async fn decide(State(idp): State<Idp>, headers: HeaderMap, body: Bytes) -> Response {
    page_of(async {
        let ctx = &idp.ctx;
        let fields = Fields::of_body(&headers, &body)?;
        form::verify(ctx, &headers, &fields)?;
        let answer = match fields.get("decision") {
            "remove" => Answer::Removed,
            "cancel" => Answer::Kept,
            _ => return Err(PageError::Tampered),
        };
        let text = fields.get("revoke_token");
        let Some(link) = revoke_link::find(ctx, text).await? else { return Ok(nothing(ctx)) };
        if !revoke_link::answer(ctx, &link, answer).await? {
            let before = revoke_link::find(ctx, text).await?.and_then(|link| link.answer);
            if before != Some(answer) {
                return over(ctx, &link).await;
            }
        }
        go_back(ctx, &link, answer).await
    })
    .await
}

/// 303 to the client, with its state; a page if the address is no longer the client's.
async fn go_back(ctx: &Context, link: &Link, answer: Answer) -> Result<Response, PageError> {
    let way_back = &link.way_back;
    if !revoke_link::leads_back(ctx, way_back).await? {
        let outcome = match answer {
            Answer::Removed => Outcome::Removed,
            Answer::Kept => Outcome::Kept,
        };
        return Ok(page::end(ctx, brand(ctx, link).await?.as_deref(), outcome, None));
    }
    let mut parameters = Vec::new();
    if answer == Answer::Kept {
        parameters.push(("error", "access_denied"));
        parameters.push(("error_description", "The subscriber has kept the product."));
    }
    if let Some(state) = &way_back.state {
        parameters.push(("state", state));
    }
    if parameters.is_empty() {
        return Ok(redirect(&way_back.redirect_to));
    }
    Ok(redirect(&redirect_uri::with_query(&way_back.redirect_to, &parameters)))
}

/// There is nothing to take back at this link, or no more: the way back is to the client's site,
/// and not to where an answer is expected.
async fn over(ctx: &Context, link: &Link) -> Result<Response, PageError> {
    let way_back = &link.way_back;
    let leads_back = revoke_link::leads_back(ctx, way_back).await?;
    let back = if leads_back { Back::to(&way_back.redirect_to) } else { None };
    Ok(page::end(ctx, brand(ctx, link).await?.as_deref(), Outcome::Over, back.as_ref()))
}

/// There never was a link like this.
fn nothing(ctx: &Context) -> Response {
    page::end(ctx, None, Outcome::Over, None)
}

/// The operator whose subscriber a link is for.
async fn brand(ctx: &Context, link: &Link) -> Result<Option<Arc<operator::Model>>, PageError> {
    Ok(match cache::subscriber(ctx, link.subscriber).await? {
        Some(subscriber) => cache::operator(ctx, subscriber.operator_id).await?,
        None => None,
    })
}
