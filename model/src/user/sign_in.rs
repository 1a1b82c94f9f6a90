//! Signing in with address and password, and counting who tries.

use super::{AccountError, User, by_email, send_verification, verification::proof};
use crate::{
    Context, Fault,
    authentication::{self, FirstStep},
    limit::{self, Budget, TooMany},
    password,
};

/// Whose password was right.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// Come in, perhaps by a second step.
    Welcome(FirstStep),
    /// The password is right, but the address is not confirmed. The link was mailed again,
    /// unless it was too often.
    Unverified {
        /// Where the mail went.
        email: String,
        /// For this browser, as after signing up: it has shown that it knows the password.
        proof: String,
    },
}

/// Why somebody may not sign in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Address and password do not go together, or there is no such account.
    #[error("address and password do not go together")]
    Wrong,
    /// The account is suspended; said only to who knows the password.
    #[error("the account is suspended")]
    Suspended,
    /// Too many tries, for this account or from this address.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(SignInError);

/// Checks address and password. Tries are counted before they are checked, so that many at once
/// are counted like many in a row; one that succeeds is given back.
///
/// # Errors
///
/// See [`SignInError`].
pub async fn sign_in(ctx: &Context, email: &str, password: &str, address: &str) -> Result<SignIn, SignInError> {
    let key = email.trim().to_ascii_lowercase();
    let budgets = sign_in_budgets(ctx, &key, address);
    take(ctx, budgets.clone()).await??;
    let user = by_email(ctx, &key).await?;
    let right = password::verify(password, user.as_ref().and_then(User::password)).await?;
    let user = match user {
        Some(user) if right => user,
        _ => return Err(SignInError::Wrong),
    };
    if user.suspended_at.is_some() {
        return Err(SignInError::Suspended);
    }
    let mail_budget = Budget::new(ctx, "mail", &key, ctx.settings().limits.mail_recipient);
    let args = (ctx.clone(), user.clone(), budgets, mail_budget);
    let unverified = ctx
        .db()
        .write(args, |tx, (ctx, user, budgets, mail_budget)| {
            Box::pin(async move {
                limit::give_back(tx, budgets).await?;
                if user.email_verified_at.is_some() {
                    return Ok::<_, SignInError>(None);
                }
                if limit::take(tx, std::slice::from_ref(mail_budget), ctx.now()).await?.is_ok() {
                    send_verification(tx, ctx, user).await?;
                }
                Ok(Some(SignIn::Unverified { email: user.email.clone(), proof: proof(ctx, user) }))
            })
        })
        .await?;
    match unverified {
        Some(unverified) => Ok(unverified),
        None => Ok(SignIn::Welcome(authentication::after_password(ctx, user).await?)),
    }
}

fn sign_in_budgets(ctx: &Context, key: &str, address: &str) -> Vec<Budget> {
    let limits = &ctx.settings().limits;
    vec![
        Budget::new(ctx, "sign_in_address", address, limits.sign_in_address),
        Budget::new(ctx, "sign_in_account", key, limits.sign_in_account),
    ]
}

/// Takes one from each budget, in a write of its own.
pub(super) async fn take(ctx: &Context, budgets: Vec<Budget>) -> Result<Result<(), TooMany>, Fault> {
    ctx.db()
        .write((ctx.now(), budgets), |tx, (now, budgets)| Box::pin(async move { limit::take(tx, budgets, *now).await }))
        .await
}

/// Checks the password of somebody who is known; wrong ones are counted as at sign-in.
pub(super) async fn confirm_password(ctx: &Context, user: &User, password: &str) -> Result<(), AccountError> {
    let budget = Budget::new(ctx, "sign_in_account", &user.email_key, ctx.settings().limits.sign_in_account);
    take(ctx, vec![budget.clone()]).await??;
    if !password::verify(password, user.password()).await? {
        return Err(AccountError::WrongPassword);
    }
    ctx.db()
        .write(budget, |tx, budget| Box::pin(async move { limit::give_back(tx, std::slice::from_ref(budget)).await }))
        .await?;
    Ok(())
}
