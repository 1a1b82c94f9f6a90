//! People with a portal account: signing up, signing in, and what they can change about
//! themselves.
//!
//! Nothing here tells whether an address has an account: answers and their times are the same,
//! and only a mail to the address itself says more.

use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use crate::{
    Context, Fault,
    audit::{self, Event},
    authentication::{self, FirstStep},
    days,
    db::Tx,
    entity::{LinkPurpose, OrganizationKind, membership, organization, user},
    limit::{self, Budget, TooMany},
    link::{self, Found},
    mail,
    membership::Role,
    password::{self, Evenly},
    secret, session as sessions, upstream,
};
pub use crate::{
    email::{Email, EmailProblem},
    entity::user::Model as User,
    password::Weakness,
};

/// The longest name of a person or an organization, in characters.
pub const LONGEST_NAME: usize = 80;

/// How long an account may wait for its address to be confirmed.
const UNVERIFIED: i64 = days(7);

/// Something that is wrong with what a person typed about themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// The name.
    Name(rules::text::Problem),
    /// The address.
    Email(EmailProblem),
    /// The password.
    Password(Weakness),
}

/// Why an account was not opened, or something about it not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// What was typed; everything that is wrong with it.
    #[error("{0:?}")]
    Invalid(Vec<Invalid>),
    /// The present password is another one.
    #[error("the password is wrong")]
    WrongPassword,
    /// The link was used, has expired, or was replaced.
    #[error("the link does not work any more")]
    LinkVoid,
    /// Somebody else has taken the address meanwhile.
    #[error("the address is taken")]
    EmailTaken,
    /// Too many tries.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(AccountError);

impl User {
    /// The hash of their password; `None` for who signs in with passkeys alone.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        (!self.password_hash.is_empty()).then_some(self.password_hash.as_str())
    }
}

/// The user of this id.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, id: Uuid) -> Result<Option<User>, Fault> {
    Ok(user::Entity::find_by_id(id).one(ctx.db().reader()).await?)
}

/// Whether the user of this id exists, has confirmed the address, and is not suspended.
///
/// # Errors
///
/// When the database fails.
pub async fn may_sign_in(ctx: &Context, id: Uuid) -> Result<bool, Fault> {
    let user = find(ctx, id).await?;
    Ok(user.is_some_and(|user| user.suspended_at.is_none() && user.email_verified_at.is_some()))
}

/// Whether somebody has an account with this address, and has confirmed it.
pub(crate) async fn has_verified(ctx: &Context, email: &Email) -> Result<bool, Fault> {
    Ok(by_email(ctx, &email.key).await?.is_some_and(|user| user.email_verified_at.is_some()))
}

async fn by_email(ctx: &Context, key: &str) -> Result<Option<User>, Fault> {
    Ok(user::Entity::find().filter(user::Column::EmailKey.eq(key)).one(ctx.db().reader()).await?)
}

/// Held until the end of the transaction: an account that is confirmed meanwhile is not replaced.
pub(crate) async fn by_email_in(tx: &Tx, key: &str) -> Result<Option<User>, Fault> {
    Ok(user::Entity::find().filter(user::Column::EmailKey.eq(key)).lock_exclusive().one(tx).await?)
}

// ---- Signing up ----

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
    /// For [`Proof::Browser`].
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
    let hash = password::hash(ctx, &given.password).await?;
    let budgets = [
        Budget::new(ctx, "sign_in_address", address, ctx.settings().limits.sign_in_address),
        Budget::new(ctx, "mail", &email.key, ctx.settings().limits.mail_recipient),
    ];
    let result = ctx
        .db()
        .write((ctx.clone(), name, email.clone(), hash, budgets), |tx, (ctx, name, email, hash, budgets)| {
            Box::pin(async move {
                if let Err(too_many) = limit::take(tx, budgets, ctx.now()).await? {
                    return Ok::<_, AccountError>(Err(too_many));
                }
                let user = match by_email_in(tx, &email.key).await? {
                    Some(user) if user.email_verified_at.is_some() => {
                        mail::send(tx, ctx, mail::already_registered(ctx, &user.email, &user.name)).await?;
                        // A proof of nothing, of the same form.
                        return Ok(Ok(secret::keyed_hash(ctx, "sign_up", hash.as_bytes())));
                    }
                    // Whoever was here before has not shown that the address is theirs.
                    Some(user) => replace(tx, ctx, user, name, &email.typed, hash).await?,
                    None => insert(tx, ctx, New { name, email, hash, verified: false, administrator: false }).await?,
                };
                send_verification(tx, ctx, &user).await?;
                Ok(Ok(proof(ctx, &user)))
            })
        })
        .await;
    evenly.finish().await;
    Ok(SignedUp { email: email.typed, proof: result?? })
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

/// Somebody new.
pub(crate) struct New<'a> {
    pub(crate) name: &'a str,
    pub(crate) email: &'a Email,
    /// Empty for who has no password.
    pub(crate) hash: &'a str,
    pub(crate) verified: bool,
    pub(crate) administrator: bool,
}

/// A user and their personal organization.
pub(crate) async fn insert(tx: &Tx, ctx: &Context, new: New<'_>) -> Result<User, Fault> {
    let now = ctx.now();
    let user = User {
        id: ctx.new_id()?,
        name: new.name.to_owned(),
        email_key: new.email.key.clone(),
        email: new.email.typed.clone(),
        email_verified_at: new.verified.then_some(now),
        password_hash: new.hash.to_owned(),
        administrator: new.administrator,
        created_at: now,
        updated_at: now,
        suspended_at: None,
    };
    user::Entity::insert(user.clone().into_active_model().reset_all()).exec_without_returning(tx).await?;
    let organization = organization::ActiveModel {
        id: Set(ctx.new_id()?),
        kind: Set(OrganizationKind::Personal),
        name: Set(user.name.clone()),
        personal_user_id: Set(Some(user.id)),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let membership = membership::ActiveModel {
        organization_id: organization.id.clone(),
        user_id: Set(user.id),
        role: Set(Role::Owner),
        created_at: Set(now),
    };
    organization::Entity::insert(organization).exec_without_returning(tx).await?;
    membership::Entity::insert(membership).exec_without_returning(tx).await?;
    note(tx, ctx, "user.signed_up", &user, "Opened an account").await?;
    Ok(user)
}

/// The account of somebody who has not confirmed the address is given to whoever asks next.
async fn replace(tx: &Tx, ctx: &Context, user: User, name: &str, email: &str, hash: &str) -> Result<User, Fault> {
    organization::Entity::update_many()
        .set(organization::ActiveModel { name: Set(name.to_owned()), ..Default::default() })
        .filter(organization::Column::PersonalUserId.eq(user.id))
        .exec(tx)
        .await?;
    upstream::forget(tx, user.id).await?;
    let mut row = user.into_active_model();
    row.name = Set(name.to_owned());
    row.email = Set(email.to_owned());
    row.password_hash = Set(hash.to_owned());
    row.updated_at = Set(ctx.now());
    Ok(row.update(tx).await?)
}

pub(crate) async fn send_verification(tx: &Tx, ctx: &Context, user: &User) -> Result<(), Fault> {
    let token = link::issue(tx, ctx, LinkPurpose::VerifyEmail, user.id, &user.email).await?;
    mail::send(tx, ctx, mail::verify(ctx, &user.email, &user.name, &token)).await
}

/// Bound to the password: a later sign-up for the same address has another proof.
fn proof(ctx: &Context, user: &User) -> String {
    secret::keyed_hash(ctx, "sign_up", format!("{}\0{}", user.id, user.password_hash).as_bytes())
}

/// What the browser keeps of somebody who has just shown that they opened this account, and has yet
/// to confirm the address.
pub(crate) fn unverified(ctx: &Context, user: &User) -> SignedUp {
    SignedUp { email: user.email.clone(), proof: proof(ctx, user) }
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

fn taken(error: AccountError) -> AccountError {
    match error {
        AccountError::Fault(fault) if fault.violates("users_email_key", "users.email_key") => AccountError::EmailTaken,
        error => error,
    }
}

/// Mails the link again to an address whose account waits for it.
///
/// # Errors
///
/// [`AccountError::TooMany`].
pub async fn resend_verification(ctx: &Context, email: &str, address: &str) -> Result<(), AccountError> {
    mail_if_known(ctx, email, address, |tx, ctx, user| {
        Box::pin(async move {
            if user.email_verified_at.is_none() { send_verification(tx, ctx, user).await } else { Ok(()) }
        })
    })
    .await
}

type Mailing = for<'a> fn(&'a Tx, &'a Context, &'a User) -> futures::future::BoxFuture<'a, Result<(), Fault>>;

async fn mail_if_known(ctx: &Context, email: &str, address: &str, mailing: Mailing) -> Result<(), AccountError> {
    let email = Email::parse(email).map_err(|problem| AccountError::Invalid(vec![Invalid::Email(problem)]))?;
    let evenly = Evenly::start();
    let budgets = [
        Budget::new(ctx, "sign_in_address", address, ctx.settings().limits.sign_in_address),
        Budget::new(ctx, "mail", &email.key, ctx.settings().limits.mail_recipient),
    ];
    let result = ctx
        .db()
        .write((ctx.clone(), email, budgets), move |tx, (ctx, email, budgets)| {
            Box::pin(async move {
                if let Err(too_many) = limit::take(tx, budgets, ctx.now()).await? {
                    return Ok::<_, AccountError>(Err(too_many));
                }
                if let Some(user) = by_email_in(tx, &email.key).await? {
                    mailing(tx, ctx, &user).await?;
                }
                Ok(Ok(()))
            })
        })
        .await;
    evenly.finish().await;
    Ok(result??)
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

// ---- Signing in ----

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

async fn take(ctx: &Context, budgets: Vec<Budget>) -> Result<Result<(), TooMany>, Fault> {
    ctx.db()
        .write((ctx.now(), budgets), |tx, (now, budgets)| Box::pin(async move { limit::take(tx, budgets, *now).await }))
        .await
}

/// Checks the password of somebody who is known; wrong ones are counted as at sign-in.
async fn confirm_password(ctx: &Context, user: &User, password: &str) -> Result<(), AccountError> {
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

// ---- A forgotten password ----

/// Mails a link that sets a new password, if there is an account.
///
/// # Errors
///
/// [`AccountError::Invalid`] or [`AccountError::TooMany`].
pub async fn forgot_password(ctx: &Context, email: &str, address: &str) -> Result<(), AccountError> {
    mail_if_known(ctx, email, address, |tx, ctx, user| {
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
    link::void(tx, user.id, LinkPurpose::ALL).await?;
    Ok(user)
}

// ---- What people change about themselves ----

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
                let user = set_password(tx, ctx, user.clone().into_active_model(), hash).await?;
                sessions::end_others_in(tx, ctx, user.id, Some(*keep)).await?;
                note(tx, ctx, "user.password_changed", &user, "Changed the password").await?;
                mail::send(tx, ctx, mail::password_changed(ctx, &user.email, &user.name)).await?;
                Ok(())
            })
        })
        .await
}

/// Mails a link to a new address, and a notice to the present one. Nothing changes until the
/// link is used; an address that has an account gets another mail.
///
/// # Errors
///
/// [`AccountError::WrongPassword`], [`AccountError::Invalid`] or [`AccountError::TooMany`].
pub async fn request_email(ctx: &Context, user: &User, password: &str, email: &str) -> Result<(), AccountError> {
    let email = Email::parse(email).map_err(|problem| AccountError::Invalid(vec![Invalid::Email(problem)]))?;
    confirm_password(ctx, user, password).await?;
    let evenly = Evenly::start();
    let budget = Budget::new(ctx, "mail", &email.key, ctx.settings().limits.mail_recipient);
    let result = ctx
        .db()
        .write((ctx.clone(), user.clone(), email, budget), |tx, (ctx, user, email, budget)| {
            Box::pin(async move {
                if let Err(too_many) = limit::take(tx, std::slice::from_ref(budget), ctx.now()).await? {
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
                // Links that went to the former address must not open the account any more.
                link::void(tx, *user, LinkPurpose::ALL).await?;
                note(tx, ctx, "user.email_changed", &changed, "Changed the e-mail address").await?;
                Ok(changed)
            })
        })
        .await;
    changed.map_err(taken)
}

/// Deletes accounts whose address nobody has confirmed in time. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now().plus(-UNVERIFIED), |tx, before| {
            Box::pin(async move {
                let deleted = user::Entity::delete_many()
                    .filter(user::Column::EmailVerifiedAt.is_null())
                    .filter(user::Column::UpdatedAt.lt(*before))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}

async fn note(tx: &Tx, ctx: &Context, action: &'static str, user: &User, detail: &str) -> Result<(), Fault> {
    let event = Event {
        action,
        organization: None,
        actor: Some(user.id),
        object_kind: "user",
        object: Some(user.id),
        detail: detail.to_owned(),
    };
    audit::record(tx, ctx, event).await
}
