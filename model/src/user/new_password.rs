//! Another password: for who has forgotten theirs, with a mailed link; or while signed in.

use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _, QuerySelect as _};
use uuid::Uuid;

use super::{AccountError, Invalid, User, mail_if_known, note, sign_in::confirm_password};
use crate::{
    Context, Fault,
    change::Change,
    db::Tx,
    entity::{LinkPurpose, user},
    link::{self, Found},
    mail, password, secret, session as sessions, upstream,
};

/// Mails a link that sets a new password, if there is an account.
///
/// # Errors
///
/// [`AccountError::Invalid`] or [`AccountError::TooMany`].
pub async fn forgot_password(ctx: &Context, email: &str, address: &str) -> Result<(), AccountError> {
    mail_if_known(ctx, email, address, "mail_reset", |tx, ctx, user| {
        Box::pin(async move {
            let token = link::issue(tx, ctx, LinkPurpose::ResetPassword, user.id, &user.email).await?;
            mail::send(tx, ctx, mail::reset(ctx, &user.email, &user.name, &token)).await
        })
    })
    .await
}

/// Sets a new password with a mailed link. It works once and ends every session; since the mail
/// has arrived, the address is confirmed by it.
///
/// # Errors
///
/// [`AccountError::LinkVoid`] or [`AccountError::Invalid`], which does not use the link up.
pub async fn reset_password(ctx: &Context, token: &str, password: &str) -> Result<(), AccountError> {
    let Found::Works { user, .. } = link::look(ctx, LinkPurpose::ResetPassword, token).await? else {
        return Err(AccountError::LinkVoid);
    };
    let hash = new_hash(ctx, &user, password).await?;
    ctx.db()
        .write((ctx.clone(), secret::hash(token), hash), |tx, (ctx, token, hash)| {
            Box::pin(async move {
                let used = link::consume(tx, LinkPurpose::ResetPassword, token, ctx.now()).await?;
                let link = used.ok_or(AccountError::LinkVoid)?;
                let user = user::Entity::find_by_id(link.user_id).one(tx).await?.ok_or(AccountError::LinkVoid)?;
                if user.email_verified_at.is_none() {
                    // Whoever opened the account may have been somebody else than the address's owner.
                    upstream::forget(tx, user.id).await?;
                }
                let verified = user.email_verified_at.or(Some(ctx.now()));
                let mut row = user.into_active_model();
                row.email_verified_at = Set(verified);
                let user = set_password(tx, ctx, row, hash).await?;
                sessions::end_others_in(tx, ctx, user.id, None).await?;
                note(tx, ctx, "user.password_reset", &user, "Set a new password with a mailed link").await?;
                mail::send(tx, ctx, mail::password_changed(ctx, &user.email, &user.name)).await?;
                Ok(())
            })
        })
        .await
}

/// Changes the password of somebody who is signed in, and ends their other sessions.
///
/// # Errors
///
/// [`AccountError::WrongPassword`], [`AccountError::Invalid`] or [`AccountError::TooMany`].
pub async fn change_password(
    ctx: &Context,
    user: &User,
    keep: Uuid,
    present: &str,
    new: &str,
) -> Result<(), AccountError> {
    confirm_password(ctx, user, present).await?;
    let hash = new_hash(ctx, user, new).await?;
    ctx.db()
        .write((ctx.clone(), user.clone(), keep, hash), |tx, (ctx, user, keep, hash)| {
            Box::pin(async move {
                // It may have changed since the present one was checked: by a link, say, against whoever this is.
                let now = user::Entity::find_by_id(user.id).lock_exclusive().one(tx).await?;
                if now.is_none_or(|now| now.password_hash != user.password_hash) {
                    return Err(AccountError::WrongPassword);
                }
                let user = set_password(tx, ctx, user.clone().into_active_model(), hash).await?;
                sessions::end_others_in(tx, ctx, user.id, Some(*keep)).await?;
                note(tx, ctx, "user.password_changed", &user, "Changed the password").await?;
                mail::send(tx, ctx, mail::password_changed(ctx, &user.email, &user.name)).await?;
                Ok(())
            })
        })
        .await
}

async fn new_hash(ctx: &Context, user: &User, password: &str) -> Result<String, AccountError> {
    if let Err(weakness) = password::check(password, &[&user.name, &user.email]).await? {
        return Err(AccountError::Invalid(vec![Invalid::Password(weakness)]));
    }
    Ok(password::hash(ctx, password).await?)
}

/// Links that were mailed before do not outlive the password.
async fn set_password(tx: &Tx, ctx: &Context, mut row: user::ActiveModel, hash: &str) -> Result<User, Fault> {
    row.password_hash = Set(hash.to_owned());
    row.updated_at = Set(ctx.now());
    let user = row.update(tx).await?;
    tx.changed(Change::User(user.id));
    link::void(tx, user.id, LinkPurpose::ALL).await?;
    Ok(user)
}
