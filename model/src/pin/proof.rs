//! A portal user proves that a phone number is theirs: the same PINs, tries and budgets as when a
//! subscriber signs in. A PIN that was sent for the one is worth nothing for the other.
//!
//! As there, a message leaves only to numbers that an operator here has: an account is quickly
//! made, and a program that texts any number in the world on its word is a present to those who
//! earn with such messages.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use super::{Checking, Refused, Request, SendError, hash_number, send_for, try_in, wrong_address_budget};
use crate::{
    ClientAddress, Context, Fault, Language, audit,
    db::Tx,
    entity::{profile, user},
    phone::PhoneNumber,
    secret,
};

/// What the message calls us.
const PRODUCT: &str = "your Portico account";
/// What stands in the place of a client's identifier, which has no blank.
const CLIENT: &str = "the portal";

/// Who wants to prove which number.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The portal user.
    pub user: Uuid,
    /// The number in their profile.
    pub number: PhoneNumber,
    /// What marks their browser.
    pub browser: String,
    /// Where the request comes from.
    pub address: ClientAddress,
    /// Whether they asked for another PIN on purpose.
    pub again: bool,
}

/// Sends a PIN to the number in a user's profile. Returns the id of the challenge, whether or not
/// a message leaves.
///
/// # Errors
///
/// [`SendError::TooMany`] when a budget is empty.
pub async fn send_proof(ctx: &Context, proof: Proof) -> Result<Uuid, SendError> {
    let Proof { user, number, browser, address, again } = proof;
    let request = Request {
        number,
        product: PRODUCT.to_owned(),
        client_id: CLIENT.to_owned(),
        browser,
        address,
        again,
        language: Language::English,
    };
    send_for(ctx, request, Some(user)).await
}

/// Tries the PIN; if it is right, the number in the user's profile is verified, unless it is
/// another one by now.
///
/// # Errors
///
/// The inner error is the refusal; the outer one when the database fails.
pub async fn prove(
    ctx: &Context,
    user: Uuid,
    challenge: Uuid,
    browser: &str,
    address: ClientAddress,
    pin: &str,
) -> Result<Result<(), Refused>, Fault> {
    let checking = Checking {
        ctx: ctx.clone(),
        id: challenge,
        user: Some(user),
        now: ctx.now(),
        browser_hash: secret::hash(browser),
        pin_hash: super::pin_hash(ctx, challenge, pin),
        wrong_address: wrong_address_budget(ctx, address),
    };
    ctx.db().write((user, checking), |tx, (user, checking)| Box::pin(prove_in(tx, *user, checking))).await
}

async fn prove_in(tx: &Tx, user: Uuid, checking: &Checking) -> Result<Result<(), Refused>, Fault> {
    let Checking { ctx, now, .. } = checking;
    let number_hash = match try_in(tx, checking).await? {
        Ok((_, challenge)) => challenge.number_hash,
        Err(refused) => return Ok(Err(refused)),
    };
    // Held, as when a profile is saved: the number stays what it is until it is verified.
    if user::Entity::find_by_id(user).lock_exclusive().one(tx).await?.is_none() {
        return Ok(Err(Refused::Ended));
    }
    let row = profile::Entity::find_by_id(user).one(tx).await?;
    let number = row.and_then(|row| row.phone_number).filter(|number| hash_number(ctx, number) == number_hash);
    let Some(number) = number else { return Ok(Err(Refused::Ended)) };
    let proved =
        profile::ActiveModel { phone_number_verified_at: Set(Some(*now)), updated_at: Set(*now), ..Default::default() };
    let updated = profile::Entity::update_many()
        .set(proved)
        .filter(profile::Column::UserId.eq(user))
        .filter(profile::Column::PhoneNumber.eq(number))
        .exec(tx)
        .await?;
    if updated.rows_affected != 1 {
        return Ok(Err(Refused::Ended));
    }
    let event = audit::Event {
        action: "user.phone_verified",
        organization: None,
        actor: Some(user),
        object_kind: "user",
        object: Some(user),
        detail: "Proved the phone number with a PIN".to_owned(),
    };
    audit::record(tx, ctx, event).await?;
    Ok(Ok(()))
}
