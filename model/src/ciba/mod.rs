//! Requests that a client begins and a subscriber answers on the phone (OpenID Connect CIBA 1.0):
//! the client names a number, a text message with a link goes there, and whoever opens it sees who
//! asks for what, and allows it or not. The client polls, or is pinged and then polls.
//!
//! A number that nobody here has, or whose operator has not enabled the product, costs the same
//! work and gets the same answer: a request that stays pending until its time is over.
//!
//! What is allowed is kept as an authorization [`Code`](crate::authorization::Code) that never
//! leaves: redeeming it follows the rules of every other code.

mod answer;
mod text;

use std::sync::Arc;

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::answer::{Waiting, approve, at_link, deny, poll, sweep};
use crate::{
    ClientAddress, Context, Fault, Language,
    audit::{self, Event},
    cache::{self, Client, Product},
    db::Tx,
    entity::{AnswerState, Channel, DistributionState, backchannel_request, grant},
    from_database,
    limit::{self, Budget, TooMany},
    message::{self, Content},
    phone::PhoneNumber,
    poll::INTERVAL,
    seal::seal_at_rest,
    seconds,
    secret::{Kind, Plain},
    subject::Subject,
    subscriber,
    token::IdTokenHint,
};

/// The purpose of the seal.
const ASKED: &str = "backchannel_requests.asked";

/// The longest binding message, in characters: two screens have to be compared at a glance.
pub const BINDING_MESSAGE_LENGTH: usize = 60;

/// The shortest life that a client can ask for, in milliseconds: a message has to arrive, and
/// somebody has to read it.
const SHORTEST: i64 = seconds(30);

/// Where the subscriber answers, below the public URL.
pub const PATH: &str = "/approve";

/// Whom a client wants to have asked.
#[derive(Clone, Debug)]
pub struct Whom {
    number: PhoneNumber,
    /// The very subscriber that is meant, if it is not just whoever has the number.
    subscriber: Option<Uuid>,
}

impl From<PhoneNumber> for Whom {
    fn from(number: PhoneNumber) -> Self {
        Self { number, subscriber: None }
    }
}

/// Whom an ID token of ours is about, as long as a grant of the session that it names is kept.
///
/// # Errors
///
/// When the database fails.
pub async fn hinted(ctx: &Context, client: &Client, hint: &IdTokenHint) -> Result<Option<Whom>, Fault> {
    let session = hint.sid.as_deref().and_then(|sid| Uuid::try_parse(sid).ok());
    let Some(session) = session.filter(|_| hint.aud.contains(&client.client_id)) else { return Ok(None) };
    let grants = grant::Entity::find()
        .filter(grant::Column::ClientId.eq(client.id))
        .filter(grant::Column::SessionId.eq(session))
        .all(ctx.db().reader())
        .await?;
    let mut subjects = grants.into_iter().map(|row| Subject::new(row.subject_kind, row.subject_id));
    let Some(Subject::Subscriber(id)) = subjects.find(|subject| subject.sub(ctx, client) == hint.sub) else {
        return Ok(None);
    };
    let subscriber = cache::subscriber(ctx, id).await?.filter(|subscriber| subscriber.ended_at.is_none());
    let number = subscriber.and_then(|subscriber| PhoneNumber::parse(&subscriber.phone_number).ok());
    Ok(number.map(|number| Whom { number, subscriber: Some(id) }))
}

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whom.
    pub whom: Whom,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// Audiences (RFC 8707); empty for the provider's own.
    pub resources: Vec<String>,
    /// What the client shows, too, so that the two can be compared: checked by
    /// [`binding_message`].
    pub binding_message: Option<String>,
    /// How long the client wants to wait, in seconds.
    pub requested_expiry: Option<i64>,
    /// With what a ping authenticates, of a client that wants one.
    pub notification_token: Option<String>,
    /// In which language the message is.
    pub language: Language,
    /// Where it asks from.
    pub address: ClientAddress,
}

/// A binding message that a page can show: one short line of visible characters.
#[must_use]
pub fn binding_message(text: &str) -> Option<&str> {
    rules::text::line(text, BINDING_MESSAGE_LENGTH).ok()
}

/// What was asked for, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The client's public identifier.
    pub client_id: String,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// Audiences.
    pub resources: Vec<String>,
    /// What the client shows, too.
    pub binding_message: Option<String>,
    /// Where it asked from.
    pub address: String,
    /// What a ping needs.
    ping: Option<Ping>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ping {
    auth_req_id: String,
    token: String,
}

/// A request that was taken, as the client gets it.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What it asks with.
    pub auth_req_id: Plain,
    /// For how many seconds.
    pub expires_in: i64,
    /// How many seconds to wait between two polls.
    pub interval: i64,
}

/// Why no request was taken.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// A budget is empty. Which one is not told.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

from_database!(BeginError);

struct Beginning {
    ctx: Context,
    product: Arc<Product>,
    whom: Whom,
    budgets: Vec<Budget>,
    row: backchannel_request::ActiveModel,
    content: Content,
    client_id: String,
    lifetime: i64,
}

/// Takes a client's request, and sends the message if there is somebody to ask.
///
/// # Errors
///
/// [`BeginError::TooMany`] when a budget of the number, the client, or all together is empty.
pub async fn begin(
    ctx: &Context,
    client: &Client,
    product: &Arc<Product>,
    request: Request,
) -> Result<Begun, BeginError> {
    let auth_req_id = Plain::generate(ctx, Kind::Backchannel)?;
    let link = Plain::generate(ctx, Kind::Approval)?;
    let longest = ctx.settings().lifetimes.backchannel_request;
    let wanted = request.requested_expiry.map(|seconds| seconds.saturating_mul(1000));
    let lifetime = wanted.map_or(longest, |wanted| wanted.max(SHORTEST).min(longest));
    let ping = request.notification_token.map(|token| Ping { auth_req_id: auth_req_id.reveal().to_owned(), token });
    let asked = Asked {
        client_id: client.client_id.clone(),
        scopes: request.scopes,
        resources: request.resources,
        binding_message: request.binding_message,
        address: request.address.0.to_canonical().to_string(),
        ping,
    };
    let now = ctx.now();
    let row = backchannel_request::ActiveModel {
        id: Set(ctx.new_id()?),
        client_id: Set(client.id),
        subscriber_id: Set(None),
        auth_req_id_hash: Set(auth_req_id.hash()),
        link_hash: Set(link.hash()),
        asked_sealed: Set(seal_at_rest(ctx, ASKED, &asked)?),
        state: Set(AnswerState::Pending),
        answer_sealed: Set(None),
        poll_interval: Set(INTERVAL),
        polled_at: Set(None),
        created_at: Set(now),
        expires_at: Set(now.plus(lifetime)),
    };
    let content = Content {
        to: request.whom.number.as_str().to_owned(),
        subject: String::new(),
        body: text::text(ctx, request.language, product, &link, lifetime),
    };
    let beginning = Beginning {
        ctx: ctx.clone(),
        product: Arc::clone(product),
        budgets: budgets(ctx, client, product, &request.whom.number),
        whom: request.whom,
        row,
        content,
        client_id: client.client_id.clone(),
        lifetime,
    };
    ctx.db().write(beginning, |tx, beginning| Box::pin(begin_in(tx, beginning))).await??;
    Ok(Begun { auth_req_id, expires_in: lifetime / 1000, interval: INTERVAL / 1000 })
}

/// The owner's comes first: one that has spent its own cannot spend a number's, and has no more of
/// them for having more clients. A product that no operator has enabled reaches nobody, so it
/// spends nothing that others need.
fn budgets(ctx: &Context, client: &Client, product: &Product, number: &PhoneNumber) -> Vec<Budget> {
    let limits = &ctx.settings().limits;
    let owner = client.organization_id.to_string();
    let mut budgets = vec![Budget::new(ctx, "backchannel_client", &owner, limits.backchannel_client)];
    if product.distribution.values().any(|state| *state == DistributionState::Enabled) {
        budgets.push(Budget::new(ctx, "backchannel_number", number.as_str(), limits.backchannel_number));
        budgets.push(Budget::new(ctx, "backchannel_overall", "", limits.backchannel_overall));
    }
    budgets
}

async fn begin_in(tx: &Tx, beginning: &Beginning) -> Result<Result<(), TooMany>, Fault> {
    let Beginning { ctx, product, whom, budgets, row, content, client_id, lifetime } = beginning;
    if let Err(too_many) = limit::take(tx, budgets, ctx.now()).await? {
        return Ok(Err(too_many));
    }
    let somebody = subscriber::find(tx, &whom.number).await?.filter(|subscriber| {
        whom.subscriber.is_none_or(|meant| meant == subscriber.id) && product.enabled_by(subscriber.operator_id)
    });
    let subscriber_id = somebody.as_ref().map(|subscriber| subscriber.id);
    let row = backchannel_request::ActiveModel { subscriber_id: Set(subscriber_id), ..row.clone() };
    backchannel_request::Entity::insert(row).exec_without_returning(tx).await?;
    match &somebody {
        Some(_) => {
            message::queue(tx, ctx, Channel::Sms, content, *lifetime).await?;
        }
        None => message::queue_nothing(tx, ctx, Channel::Sms, content.body.len(), *lifetime).await?,
    }
    let (action, detail) = match &somebody {
        Some(_) => ("subscriber.asked", format!("A request of {client_id} was sent")),
        None => ("subscriber.not_asked", format!("No request: nobody to ask has the number, for {client_id}")),
    };
    let event = Event {
        action,
        organization: somebody.as_ref().map(|subscriber| subscriber.operator_id),
        actor: None,
        object_kind: "subscriber",
        object: subscriber_id,
        detail,
    };
    audit::record(tx, ctx, event).await?;
    Ok(Ok(()))
}
