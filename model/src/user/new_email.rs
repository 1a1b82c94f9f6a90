//! Another address: asked for with the password, if there is one, and changed by a link that goes to
//! the new one.

use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{AccountError, Email, Invalid, User, by_email_in, note, sign_in::confirm_password, taken};
use crate::{
    Context,
    change::Change,
    entity::{LinkPurpose, user},
    limit::{self, Budget},
    link, mail,
    password::Evenly,
    secret,
};

/// Mails a link to a new address, and a notice to the present one. Nothing changes until the
/// link is used; an address that has an account gets another mail. Who has no password gives none;
/// let them sign in anew before.
///
/// # Errors
///
/// [`AccountError::WrongPassword`], [`AccountError::Invalid`] or [`AccountError::TooMany`].
pub async fn request_email(
    ctx: &Context,
    user: &User,
    password: Option<&str>,
    email: &str,
) -> Result<(), AccountError> {
    let email = Email::parse(email).map_err(|problem| AccountError::Invalid(vec![Invalid::Email(problem)]))?;
    match (password, user.password()) {
        (None, None) => {}
        (given, _) => confirm_password(ctx, user, given.unwrap_or_default()).await?,
    }
    let evenly = Evenly::start();
    let limits = &ctx.settings().limits;
    let budgets = [
        Budget::new(ctx, "mail_sender", &user.id.to_string(), limits.mail_sender),
        Budget::new(ctx, "mail", &email.key, limits.mail_recipient),
    ];
    let result = ctx
        .db()
        .write((ctx.clone(), user.clone(), email, budgets), |tx, (ctx, user, email, budgets)| {
            Box::pin(async move {
                if let Err(too_many) = limit::take(tx, budgets, ctx.now()).await? {
                    return Ok::<_, AccountError>(Err(too_many));
                }
                let owner = by_email_in(tx, &email.key).await?;
                match owner.filter(|owner| owner.id != user.id && owner.email_verified_at.is_some()) {
                    Some(owner) => {
                        mail::send(tx, ctx, mail::email_is_taken(ctx, &owner.email, &owner.name)).await?;
                    }
                    None => {
                        let token = link::issue(tx, ctx, LinkPurpose::ChangeEmail, user.id, &email.typed).await?;
                        mail::send(tx, ctx, mail::change_email(ctx, &email.typed, &user.name, &token)).await?;
                    }
                }
                mail::send(tx, ctx, mail::email_is_changing(ctx, &user.email, &user.name)).await?;
                note(tx, ctx, "user.email_asked", user, "Asked for another e-mail address").await?;
                Ok(Ok(()))
            })
        })
        .await;
    evenly.finish().await;
    Ok(result??)
}

/// Changes the address with the link that was mailed to the new one.
///
/// # Errors
///
/// [`AccountError::LinkVoid`] or [`AccountError::EmailTaken`].
pub async fn change_email(ctx: &Context, user: Uuid, token: &str) -> Result<User, AccountError> {
    let changed = ctx
        .db()
        .write((ctx.clone(), user, secret::hash(token)), |tx, (ctx, user, token)| {
            Box::pin(async move {
                let used = link::consume(tx, LinkPurpose::ChangeEmail, token, ctx.now()).await?;
                let link = used.filter(|link| link.user_id == *user).ok_or(AccountError::LinkVoid)?;
                let email = Email::parse(&link.email).map_err(|_| AccountError::LinkVoid)?;
                // Whoever signed up with this address and never confirmed it did not own it.
                user::Entity::delete_many()
                    .filter(user::Column::EmailKey.eq(email.key.as_str()))
                    .filter(user::Column::EmailVerifiedAt.is_null())
                    .filter(user::Column::Id.ne(*user))
                    .exec(tx)
                    .await?;
                let row = user::Entity::find_by_id(*user).one(tx).await?.ok_or(AccountError::LinkVoid)?;
                let mut row = row.into_active_model();
                row.email = Set(email.typed);
                row.email_key = Set(email.key);
                row.email_verified_at = Set(Some(ctx.now()));
                row.updated_at = Set(ctx.now());
                let changed = row.update(tx).await?;
                tx.changed(Change::User(*user));
                // Links that went to the former address must not open the account any more.
                link::void(tx, *user, LinkPurpose::ALL).await?;
                note(tx, ctx, "user.email_changed", &changed, "Changed the e-mail address").await?;
                Ok(changed)
            })
        })
        .await;
    changed.map_err(taken)
}
