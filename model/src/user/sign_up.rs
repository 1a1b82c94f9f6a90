//! Signing up, and opening an account from the command line.

use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};

use super::{
    AccountError, Email, Invalid, LONGEST_NAME, New, User, by_email_in, insert, send_verification, sign_in::take,
    taken, verification::proof,
};
use crate::{
    Context, Fault,
    change::Change,
    db::Tx,
    entity::organization,
    limit::Budget,
    mail,
    password::{self, Evenly},
    secret, upstream,
};

/// What a person who signs up has typed.
#[derive(Clone, Debug, Default)]
pub struct SignUp {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// What the browser keeps that signed up, so that it need not show the password again when the
/// link is opened in it.
#[derive(Clone, Debug)]
pub struct SignedUp {
    /// Where the mail went.
    pub email: String,
    /// For [`Proof::Browser`](super::Proof::Browser).
    pub proof: String,
}

/// Opens an account whose address is still to be confirmed, and mails the link. An address that
/// has an account gets a mail that says so; whoever asks sees no difference.
///
/// # Errors
///
/// [`AccountError::Invalid`] or [`AccountError::TooMany`].
pub async fn sign_up(ctx: &Context, given: &SignUp, address: &str) -> Result<SignedUp, AccountError> {
    let (name, email) = checked(given).await?;
    let evenly = Evenly::start();
    let budgets = vec![
        Budget::new(ctx, "sign_in_address", address, ctx.settings().limits.sign_in_address),
        Budget::new(ctx, "mail", &email.key, ctx.settings().limits.mail_recipient),
    ];
    // Before the hash, which is dear: whoever is refused costs no more than that.
    take(ctx, budgets).await??;
    let hash = password::hash(ctx, &given.password).await?;
    let result = ctx
        .db()
        .write((ctx.clone(), name, email.clone(), hash), |tx, (ctx, name, email, hash)| {
            Box::pin(async move {
                let user = match by_email_in(tx, &email.key).await? {
                    Some(user) if user.email_verified_at.is_some() => {
                        mail::send(tx, ctx, mail::already_registered(ctx, &user.email, &user.name)).await?;
                        // A proof of nothing, of the same form.
                        return Ok::<_, AccountError>(secret::keyed_hash(ctx, "sign_up", hash.as_bytes()));
                    }
                    // Whoever was here before has not shown that the address is theirs.
                    Some(user) => replace(tx, ctx, user, name, &email.typed, hash).await?,
                    None => insert(tx, ctx, New { name, email, hash, verified: false, administrator: false }).await?,
                };
                send_verification(tx, ctx, &user).await?;
                Ok(proof(ctx, &user))
            })
        })
        .await;
    evenly.finish().await;
    Ok(SignedUp { email: email.typed, proof: result? })
}

async fn checked(given: &SignUp) -> Result<(String, Email), AccountError> {
    let name = rules::text::line(&given.name, LONGEST_NAME).map(str::to_owned);
    let email = Email::parse(&given.email);
    let strength = password::check(&given.password, &[&given.name, &given.email]).await?;
    match (name, email, strength) {
        (Ok(name), Ok(email), Ok(())) => Ok((name, email)),
        (name, email, strength) => Err(AccountError::Invalid(
            [name.err().map(Invalid::Name), email.err().map(Invalid::Email), strength.err().map(Invalid::Password)]
                .into_iter()
                .flatten()
                .collect(),
        )),
    }
}

/// The account of somebody who has not confirmed the address is given to whoever asks next.
async fn replace(tx: &Tx, ctx: &Context, user: User, name: &str, email: &str, hash: &str) -> Result<User, Fault> {
    organization::Entity::update_many()
        .set(organization::ActiveModel { name: Set(name.to_owned()), ..Default::default() })
        .filter(organization::Column::PersonalUserId.eq(user.id))
        .exec(tx)
        .await?;
    // Whoever has not confirmed belongs to nothing else, and nobody else to this.
    tx.not_held("organizations");
    tx.changed(Change::User(user.id));
    upstream::forget(tx, user.id).await?;
    let mut row = user.into_active_model();
    row.name = Set(name.to_owned());
    row.email = Set(email.to_owned());
    row.password_hash = Set(hash.to_owned());
    row.updated_at = Set(ctx.now());
    Ok(row.update(tx).await?)
}

/// Creates an account whose address needs no confirmation; for the command line.
///
/// # Errors
///
/// [`AccountError::Invalid`] or [`AccountError::EmailTaken`].
pub async fn create(ctx: &Context, given: &SignUp, administrator: bool) -> Result<User, AccountError> {
    let (name, email) = checked(given).await?;
    let hash = password::hash(ctx, &given.password).await?;
    let created = ctx
        .db()
        .write((ctx.clone(), name, email, hash), move |tx, (ctx, name, email, hash)| {
            Box::pin(async move {
                let new = New { name, email, hash, verified: true, administrator };
                Ok::<_, AccountError>(insert(tx, ctx, new).await?)
            })
        })
        .await;
    created.map_err(taken)
}
