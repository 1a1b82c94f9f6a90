//! Signing in with a PIN that is sent by SMS.
//!
//! A PIN is six digits, lives ten minutes, works once, and only in the browser that asked for it.
//! It may be tried five times. Budgets for the number, the address, the client and all together
//! live in the database, where no new request resets them. A number that nobody here has costs
//! the same work, and its challenge looks the same, but no message leaves and no PIN opens it.

mod proof;

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::{
    ClientAddress, Context, Fault, Language, Timestamp, audit,
    db::Tx,
    entity::{Channel, pin_challenge, subscriber},
    from_database, hours,
    limit::{self, Budget, TooMany},
    message::{self, Content},
    phone::PhoneNumber,
    seconds, secret,
    subscriber::Subscriber,
};

pub use self::proof::{Proof, prove, send_proof};

/// How often one PIN may be tried.
pub const TRIES: i32 = 5;

/// A second request for the same number from the same browser within this time is a double click.
const DOUBLE_CLICK: i64 = seconds(2);

/// Who wants a PIN, and for what.
#[derive(Clone, Debug)]
pub struct Request {
    /// The number to send it to.
    pub number: PhoneNumber,
    /// The product's name, which the message shows.
    pub product: String,
    /// The client that sent the subscriber here.
    pub client_id: String,
    /// The browser cookie's value.
    pub browser: String,
    /// Where the request comes from.
    pub address: ClientAddress,
    /// Whether the person asked for another one on purpose, rather than clicked twice.
    pub again: bool,
    /// What the message is written in.
    pub language: Language,
}

/// Why no PIN was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A budget is empty. Which one is not told.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

from_database!(SendError);

/// Why a PIN does not sign anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is another one.
    #[error("the PIN is wrong")]
    Wrong {
        /// How many tries are left.
        left: i32,
    },
    /// It was tried too often.
    #[error("the PIN was tried too often")]
    Exhausted,
    /// Its ten minutes are over.
    #[error("the PIN has expired")]
    Expired,
    /// It was used, or a newer one was sent.
    #[error("the PIN is no longer valid")]
    Ended,
    /// It was asked for in another browser, or never.
    #[error("the PIN belongs to another browser")]
    Foreign,
    /// A budget of wrong tries is empty: the PIN was not looked at.
    #[error(transparent)]
    TooMany(#[from] TooMany),
}

/// Sends a PIN, and ends the ones that were sent to this number before. Returns the id of the
/// challenge, whether or not somebody here has the number.
///
/// # Errors
///
/// [`SendError::TooMany`] when a budget is empty.
pub async fn send(ctx: &Context, request: Request) -> Result<Uuid, SendError> {
    send_for(ctx, request, None).await
}

/// Sends a PIN to sign in, or for a portal user to prove the number.
async fn send_for(ctx: &Context, request: Request, user: Option<Uuid>) -> Result<Uuid, SendError> {
    let id = ctx.new_id()?;
    let pin = generate(ctx)?;
    let sending = Sending {
        id,
        now: ctx.now(),
        pin_hash: pin_hash(ctx, id, &pin),
        number_hash: number_hash(ctx, &request.number),
        browser_hash: secret::hash(&request.browser),
        content: Content {
            to: request.number.as_str().to_owned(),
            subject: String::new(),
            body: text(ctx, request.language, &request.product, &pin),
        },
        budgets: request_budgets(ctx, &request, user),
        wrong: vec![wrong_number_budget(ctx, &request.number), wrong_address_budget(ctx, request.address)],
        request,
        user,
        ctx: ctx.clone(),
    };
    let id = ctx.db().write(sending, |tx, sending| Box::pin(send_in(tx, sending))).await??;
    Ok(id)
}

struct Sending {
    ctx: Context,
    request: Request,
    user: Option<Uuid>,
    id: Uuid,
    now: Timestamp,
    pin_hash: String,
    number_hash: String,
    browser_hash: String,
    content: Content,
    budgets: Vec<Budget>,
    wrong: Vec<Budget>,
}

async fn send_in(tx: &Tx, sending: &Sending) -> Result<Result<Uuid, TooMany>, Fault> {
    let Sending { ctx, request, now, .. } = sending;
    if !request.again
        && let Some(open) = just_sent(tx, sending).await?
    {
        return Ok(Ok(open));
    }
    // Taking from the number's budget locks its row, so that of two requests for one number the
    // second sees, and ends, what the first inserts.
    if let Err(too_many) = limit::take(tx, &sending.budgets, *now).await? {
        return Ok(Err(too_many));
    }
    // A PIN that could not be tried is not worth a message.
    if let Err(too_many) = limit::left(tx, &sending.wrong, *now).await? {
        return Ok(Err(too_many));
    }
    let subscriber = crate::subscriber::find(tx, &request.number).await?;
    pin_challenge::Entity::update_many()
        .set(pin_challenge::ActiveModel { closed_at: Set(Some(*now)), ..Default::default() })
        .filter(pin_challenge::Column::NumberHash.eq(sending.number_hash.as_str()))
        .filter(pin_challenge::Column::ClosedAt.is_null())
        .exec(tx)
        .await?;
    let challenge = pin_challenge::ActiveModel {
        id: Set(sending.id),
        subscriber_id: Set(subscriber.as_ref().map(|subscriber| subscriber.id)),
        user_id: Set(sending.user),
        number_hash: Set(sending.number_hash.clone()),
        pin_hash: Set(sending.pin_hash.clone()),
        browser_hash: Set(sending.browser_hash.clone()),
        attempts: Set(0),
        created_at: Set(*now),
        expires_at: Set(now.plus(ctx.settings().lifetimes.pin)),
        closed_at: Set(None),
    };
    pin_challenge::Entity::insert(challenge).exec_without_returning(tx).await?;
    match &subscriber {
        Some(_) => {
            message::queue(tx, ctx, Channel::Sms, &sending.content, ctx.settings().lifetimes.pin).await?;
        }
        None => {
            let length = sending.content.body.len();
            message::queue_nothing(tx, ctx, Channel::Sms, length, ctx.settings().lifetimes.pin).await?;
        }
    }
    let (action, detail) = match subscriber {
        Some(_) => ("subscriber.pin_sent", format!("A PIN was sent for {}", request.client_id)),
        None => ("subscriber.pin_not_sent", format!("No PIN: nobody has the number, for {}", request.client_id)),
    };
    record(tx, ctx, action, subscriber.as_ref(), detail).await?;
    Ok(Ok(sending.id))
}

/// The challenge that this browser got for this number a moment ago, if it is still open.
async fn just_sent(tx: &Tx, sending: &Sending) -> Result<Option<Uuid>, Fault> {
    let challenge = pin_challenge::Entity::find()
        .filter(pin_challenge::Column::NumberHash.eq(sending.number_hash.as_str()))
        .filter(pin_challenge::Column::BrowserHash.eq(sending.browser_hash.as_str()))
        .filter(pin_challenge::Column::ClosedAt.is_null())
        .filter(pin_challenge::Column::CreatedAt.gt(sending.now.plus(-DOUBLE_CLICK)))
        .one(tx)
        .await?;
    Ok(challenge.filter(|challenge| challenge.user_id == sending.user).map(|challenge| challenge.id))
}

/// Tries a PIN. The try is counted before the answer is known, and stays counted.
///
/// # Errors
///
/// The inner error is the refusal; the outer one when the database fails.
pub async fn check(
    ctx: &Context,
    challenge: Uuid,
    browser: &str,
    address: ClientAddress,
    pin: &str,
) -> Result<Result<Subscriber, Refused>, Fault> {
    let checking = Checking {
        ctx: ctx.clone(),
        id: challenge,
        user: None,
        now: ctx.now(),
        browser_hash: secret::hash(browser),
        pin_hash: pin_hash(ctx, challenge, pin),
        wrong_address: wrong_address_budget(ctx, address),
    };
    ctx.db().write(checking, |tx, checking| Box::pin(check_in(tx, checking))).await
}

struct Checking {
    ctx: Context,
    id: Uuid,
    /// Whom it was sent for, see [`send_for`].
    user: Option<Uuid>,
    now: Timestamp,
    browser_hash: String,
    pin_hash: String,
    wrong_address: Budget,
}

async fn check_in(tx: &Tx, checking: &Checking) -> Result<Result<Subscriber, Refused>, Fault> {
    match try_in(tx, checking).await? {
        Ok((subscriber, _)) => {
            let detail = "Signed in with a PIN".to_owned();
            record(tx, &checking.ctx, "subscriber.signed_in", Some(&subscriber), detail).await?;
            Ok(Ok(subscriber))
        }
        Err(refused) => Ok(Err(refused)),
    }
}

/// Whose number it is, and the challenge, which is used up; or why not.
async fn try_in(tx: &Tx, checking: &Checking) -> Result<Result<(Subscriber, pin_challenge::Model), Refused>, Fault> {
    let Checking { ctx, id, now, .. } = checking;
    let Some(challenge) = pin_challenge::Entity::find_by_id(*id).one(tx).await? else {
        return Ok(Err(Refused::Expired));
    };
    if !secret::same(&challenge.browser_hash, &checking.browser_hash) || challenge.user_id != checking.user {
        return Ok(Err(Refused::Foreign));
    }
    let wrong = [
        Budget::new(ctx, "pin_wrong_number", &challenge.number_hash, ctx.settings().limits.pin_wrong_number),
        checking.wrong_address.clone(),
    ];
    if let Err(too_many) = limit::left(tx, &wrong, *now).await? {
        return Ok(Err(Refused::TooMany(too_many)));
    }
    if !count_attempt(tx, *id, *now).await? {
        return Ok(Err(why_closed(&challenge, *now)));
    }
    let right = secret::same(&challenge.pin_hash, &checking.pin_hash);
    match (right, owner(tx, ctx, &challenge).await?) {
        (true, Some(subscriber)) if close(tx, *id, *now).await? => Ok(Ok((subscriber, challenge))),
        // Somebody else was faster with it.
        (true, Some(_)) => Ok(Err(Refused::Ended)),
        (_, subscriber) => {
            // Whether the budgets had something left is known already; the next try is refused.
            let _empty = limit::take(tx, &wrong, *now).await?;
            let left = (TRIES - challenge.attempts - 1).max(0);
            if left > 0 {
                return Ok(Err(Refused::Wrong { left }));
            }
            let detail = format!("A PIN was tried {TRIES} times and is void");
            record(tx, ctx, "subscriber.pin_exhausted", subscriber.as_ref(), detail).await?;
            Ok(Err(Refused::Exhausted))
        }
    }
}

/// Counts a try, if one is left.
async fn count_attempt(tx: &Tx, id: Uuid, now: Timestamp) -> Result<bool, Fault> {
    use sea_orm::sea_query::{Expr, ExprTrait as _};
    let counted_once_more = Expr::col(pin_challenge::Column::Attempts).add(1);
    let counted = pin_challenge::Entity::update_many()
        .col_expr(pin_challenge::Column::Attempts, counted_once_more)
        .filter(pin_challenge::Column::Id.eq(id))
        .filter(pin_challenge::Column::ClosedAt.is_null())
        .filter(pin_challenge::Column::ExpiresAt.gt(now))
        .filter(pin_challenge::Column::Attempts.lt(TRIES))
        .exec(tx)
        .await?;
    Ok(counted.rows_affected == 1)
}

/// Uses a challenge up. Of several that try, one succeeds.
async fn close(tx: &Tx, id: Uuid, now: Timestamp) -> Result<bool, Fault> {
    let closed = pin_challenge::Entity::update_many()
        .set(pin_challenge::ActiveModel { closed_at: Set(Some(now)), ..Default::default() })
        .filter(pin_challenge::Column::Id.eq(id))
        .filter(pin_challenge::Column::ClosedAt.is_null())
        .exec(tx)
        .await?;
    Ok(closed.rows_affected == 1)
}

fn why_closed(challenge: &pin_challenge::Model, now: Timestamp) -> Refused {
    if challenge.attempts >= TRIES {
        Refused::Exhausted
    } else if challenge.closed_at.is_none() && challenge.expires_at <= now {
        Refused::Expired
    } else {
        Refused::Ended
    }
}

/// The subscriber who was sent the PIN, if the number is still theirs.
async fn owner(tx: &Tx, ctx: &Context, challenge: &pin_challenge::Model) -> Result<Option<Subscriber>, Fault> {
    // The same query whether or not there is somebody.
    let id = challenge.subscriber_id.unwrap_or_default();
    let subscriber = subscriber::Entity::find_by_id(id).one(tx).await?;
    Ok(subscriber.filter(|subscriber| {
        subscriber.ended_at.is_none() && hash_number(ctx, &subscriber.phone_number) == challenge.number_hash
    }))
}

async fn record(
    tx: &Tx,
    ctx: &Context,
    action: &'static str,
    subscriber: Option<&Subscriber>,
    detail: String,
) -> Result<(), Fault> {
    let event = audit::Event {
        action,
        organization: subscriber.map(|subscriber| subscriber.operator_id),
        actor: None,
        object_kind: "subscriber",
        object: subscriber.map(|subscriber| subscriber.id),
        detail,
    };
    audit::record(tx, ctx, event).await
}

/// Deletes challenges that expired a while ago. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now().plus(-hours(1)), |tx, before| {
            Box::pin(async move {
                let deleted = pin_challenge::Entity::delete_many()
                    .filter(pin_challenge::Column::ExpiresAt.lt(*before))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}

/// The PIN in what a person typed: digits, of whatever script, and separators.
#[must_use]
pub fn tidy(typed: &str) -> String {
    typed.chars().filter_map(crate::phone::digit).take(12).collect()
}

/// Six digits, each as likely as any other.
fn generate(ctx: &Context) -> Result<String, Fault> {
    const PINS: u32 = 1_000_000;
    // The largest multiple of a million below 2³²: what lies above would favour low PINs.
    const FAIR: u32 = u32::MAX - u32::MAX % PINS;
    loop {
        let number = u32::from_be_bytes(ctx.random()?);
        if number < FAIR {
            return Ok(format!("{:06}", number % PINS));
        }
    }
}

fn pin_hash(ctx: &Context, challenge: Uuid, pin: &str) -> String {
    let mut value = challenge.as_bytes().to_vec();
    value.extend_from_slice(pin.as_bytes());
    secret::keyed_hash(ctx, "pin", &value)
}

fn number_hash(ctx: &Context, number: &PhoneNumber) -> String {
    hash_number(ctx, number.as_str())
}

fn hash_number(ctx: &Context, number: &str) -> String {
    secret::keyed_hash(ctx, "pin number", number.as_bytes())
}

/// The message. Its last line is what phones fill in on our pages only ("origin-bound one-time
/// codes"), so nothing from outside may start a line of its own.
fn text(ctx: &Context, language: Language, product: &str, pin: &str) -> String {
    let settings = ctx.settings();
    let words = words(language, &message::name(product), pin, settings.lifetimes.pin / 60_000);
    format!("{words}\n\n@{} #{pin}", settings.message_host)
}

/// What a person reads. It keeps to the letters of the GSM 7-bit alphabet (3GPP TS 23.038): one
/// other letter, and a message has room for 70 characters rather than 160.
fn words(language: Language, product: &str, pin: &str, minutes: i64) -> String {
    let one = minutes == 1;
    match language {
        Language::English => {
            let minutes = if one { "1 minute".to_owned() } else { format!("{minutes} minutes") };
            format!("Your PIN for {product} is {pin}. It is valid for {minutes}. Do not share it.")
        }
        Language::Swedish => {
            let minutes = if one { "1 minut".to_owned() } else { format!("{minutes} minuter") };
            format!("Din PIN-kod till {product} är {pin}. Den gäller i {minutes}. Dela den inte med någon.")
        }
        Language::Norwegian => {
            let minutes = if one { "1 minutt".to_owned() } else { format!("{minutes} minutter") };
            format!("PIN-koden din til {product} er {pin}. Den gjelder i {minutes}. Ikke del den med noen.")
        }
        Language::German => {
            let minutes = if one { "1 Minute".to_owned() } else { format!("{minutes} Minuten") };
            format!("Ihre PIN für {product} ist {pin}. Sie gilt {minutes}. Geben Sie sie nicht weiter.")
        }
        Language::French => {
            let minutes = if one { "1 minute".to_owned() } else { format!("{minutes} minutes") };
            format!("Votre code PIN pour {product} est {pin}. Il est valable {minutes}. Ne le donnez à personne.")
        }
        Language::Spanish => {
            let minutes = if one { "1 minuto".to_owned() } else { format!("{minutes} minutos") };
            format!("Tu PIN para {product} es {pin}. Caduca en {minutes}. No lo compartas con nadie.")
        }
    }
}

fn request_budgets(ctx: &Context, request: &Request, user: Option<Uuid>) -> Vec<Budget> {
    let limits = &ctx.settings().limits;
    // An account's own first: it is spent before what it shares with others.
    let own = user.map(|user| Budget::new(ctx, "pin_user", &user.to_string(), limits.pin_number));
    let mut budgets: Vec<Budget> = own.into_iter().collect();
    budgets.extend([
        Budget::new(ctx, "pin_address", &request.address.bucket(), limits.pin_address),
        Budget::new(ctx, "pin_number", request.number.as_str(), limits.pin_number),
        Budget::new(ctx, "pin_client", &request.client_id, limits.pin_client),
        Budget::new(ctx, "pin_overall", "", limits.pin_overall),
    ]);
    budgets
}

fn wrong_number_budget(ctx: &Context, number: &PhoneNumber) -> Budget {
    Budget::new(ctx, "pin_wrong_number", &number_hash(ctx, number), ctx.settings().limits.pin_wrong_number)
}

fn wrong_address_budget(ctx: &Context, address: ClientAddress) -> Budget {
    Budget::new(ctx, "pin_wrong_address", &address.bucket(), ctx.settings().limits.pin_wrong_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_each_language_is_one_text_message() {
        // The letters of the alphabet's basic table (3GPP TS 23.038, section 6.2.1) beyond ASCII.
        const LETTERS: &str = "åäöÅÄÖØøÆæßéÉèùìòÇñÑüÜà¿¡";
        let product = "x".repeat(40);
        for language in Language::ALL {
            let text = words(language, &product, "123456", 10);
            assert!(text.chars().all(|c| c.is_ascii() && !"`[]{}\\^~|".contains(c) || LETTERS.contains(c)), "{text}");
            // The last line, with a host of 20 letters, is 31 more.
            assert!(text.chars().count() + 31 <= 160, "{}: {text}", text.chars().count());
            assert!(text.contains("10 ") && text.contains("123456"), "{text}");
            assert_ne!(words(language, &product, "123456", 1), text.replace("10 ", "1 "), "one minute is singular");
        }
    }
}
