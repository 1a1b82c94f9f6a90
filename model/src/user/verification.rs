//! Confirming an address, with a mailed link and by who has signed up.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{AccountError, SignedUp, User, mail_if_known, note, sign_in::confirm_password};
use crate::{
    Context, Fault,
    authentication::{self, FirstStep},
    change::Change,
    db::Tx,
    entity::{LinkPurpose, user},
    link::{self, Found},
    mail, secret, upstream,
};

pub(crate) async fn send_verification(tx: &Tx, ctx: &Context, user: &User) -> Result<(), Fault> {
    let token = link::issue(tx, ctx, LinkPurpose::VerifyEmail, user.id, &user.email).await?;
    mail::send(tx, ctx, mail::verify(ctx, &user.email, &user.name, &token)).await
}

/// Bound to the password: a later sign-up for the same address has another proof.
pub(super) fn proof(ctx: &Context, user: &User) -> String {
    secret::keyed_hash(ctx, "sign_up", format!("{}\0{}", user.id, user.password_hash).as_bytes())
}

/// What the browser keeps of somebody who has just shown that they opened this account, and has yet
/// to confirm the address.
pub(crate) fn unverified(ctx: &Context, user: &User) -> SignedUp {
    SignedUp { email: user.email.clone(), proof: proof(ctx, user) }
}

/// Mails the link again to an address whose account waits for it.
///
/// # Errors
///
/// [`AccountError::TooMany`].
pub async fn resend_verification(ctx: &Context, email: &str, address: &str) -> Result<(), AccountError> {
    mail_if_known(ctx, email, address, "mail", |tx, ctx, user| {
        Box::pin(async move {
            if user.email_verified_at.is_none() { send_verification(tx, ctx, user).await } else { Ok(()) }
        })
    })
    .await
}

/// How a person shows that they are who signed up, beside having the mail.
#[derive(Clone, Debug)]
pub enum Proof {
    /// What the browser kept, see [`SignedUp`].
    Browser(String),
    /// The password.
    Password(String),
}

/// What the page behind a verification link needs to know.
#[derive(Clone, Debug)]
pub enum Verification {
    /// The link works.
    Waiting {
        /// The address that it confirms.
        email: String,
        /// Whether this browser must show the password as well, since another one signed up.
        /// Without it, a link that somebody else caused would confirm their password.
        needs_password: bool,
        /// The provider that signs in, if there is no password to show.
        provider: Option<String>,
    },
    /// It was used already.
    Done,
    /// It has expired or was replaced.
    Void,
}

/// Looks at a verification link.
///
/// # Errors
///
/// When the database fails.
pub async fn verification(ctx: &Context, token: &str, browser: Option<&str>) -> Result<Verification, Fault> {
    Ok(match link::look(ctx, LinkPurpose::VerifyEmail, token).await? {
        Found::Works { user, .. } => {
            let known = browser.is_some_and(|kept| secret::same(&proof(ctx, &user), kept));
            let provider = upstream::in_place_of_password(ctx, &user).await?.map(|(_, provider)| provider);
            Verification::Waiting { email: user.email, needs_password: !known, provider }
        }
        Found::Used => Verification::Done,
        Found::Void => Verification::Void,
    })
}

/// Confirms an address, once.
///
/// # Errors
///
/// [`AccountError::LinkVoid`], [`AccountError::WrongPassword`] or [`AccountError::TooMany`].
pub async fn verify(ctx: &Context, token: &str, shown: &Proof) -> Result<FirstStep, AccountError> {
    let Found::Works { user, .. } = link::look(ctx, LinkPurpose::VerifyEmail, token).await? else {
        return Err(AccountError::LinkVoid);
    };
    match shown {
        Proof::Browser(kept) if secret::same(&proof(ctx, &user), kept) => {}
        Proof::Browser(_) => return Err(AccountError::WrongPassword),
        Proof::Password(password) => confirm_password(ctx, &user, password).await?,
    }
    let args = (ctx.clone(), secret::hash(token), user.password_hash);
    let user = ctx
        .db()
        .write(args, |tx, (ctx, token, hash)| {
            Box::pin(async move {
                let used = link::consume(tx, LinkPurpose::VerifyEmail, token, ctx.now()).await?;
                let link = used.ok_or(AccountError::LinkVoid)?;
                // Only the password that was shown: a sign-up in between has another.
                let updated = user::Entity::update_many()
                    .set(user::ActiveModel { email_verified_at: Set(Some(ctx.now())), ..Default::default() })
                    .filter(user::Column::Id.eq(link.user_id))
                    .filter(user::Column::PasswordHash.eq(hash.as_str()))
                    .exec(tx)
                    .await?;
                tx.changed(Change::User(link.user_id));
                let user = user::Entity::find_by_id(link.user_id).one(tx).await?;
                match user {
                    Some(user) if updated.rows_affected == 1 => {
                        note(tx, ctx, "user.verified", &user, "Confirmed the e-mail address").await?;
                        Ok(user)
                    }
                    _ => Err(AccountError::LinkVoid),
                }
            })
        })
        .await?;
    Ok(match upstream::in_place_of_password(ctx, &user).await? {
        Some((identity, provider)) => authentication::after_provider(ctx, user, identity, &provider, None).await?,
        None => authentication::after_password(ctx, user).await?,
    })
}
