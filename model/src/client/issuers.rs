//! Issuers that a client's owner trusts: what they assert about a service or a person, the client
//! may exchange for a token (RFC 7523, section 2.1).
//!
//! Whose word counts is written down one by one, with the keys, with what it can give at most, and
//! for a service with the one subject that is meant. An issuer gives a person nothing: what a
//! token allows is what that person has consented to.

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Client, event,
    keys::{self, NotAKey, PublicKey},
};
pub use crate::entity::client_issuer::Model as IssuerRow;
use crate::{
    Context, Fault, audit,
    entity::{Audience, client_issuer},
    outgoing, scopes,
};

/// How many issuers a client can trust.
pub const MOST: usize = 10;

/// The longest issuer or subject, in characters.
pub const LONGEST: usize = 255;

/// What an owner says about an issuer.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The `iss` of its assertions, to the letter.
    pub issuer: String,
    /// Its keys as people paste them; empty if they are published.
    pub jwks: String,
    /// Where they are published; empty if they are given.
    pub jwks_uri: String,
    /// The one `sub` that counts; empty for any person whom we know.
    pub subject: String,
    /// What its assertions can give at most.
    pub scopes: Vec<String>,
}

/// What is wrong with a [`Trust`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No issuer, or one with blanks or control characters.
    Issuer,
    /// It is this provider, or the client itself.
    Own,
    /// A service needs one.
    Subject,
    /// Neither keys nor an address, or both.
    Keys,
    /// Not keys.
    NotKeys(NotAKey),
    /// Too many keys.
    TooManyKeys,
    /// Nothing can be fetched from there.
    Address,
    /// None, or one that the product has not.
    Scopes,
}

/// Why an issuer was not added.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// What was said cannot be taken.
    #[error("what was said about the issuer cannot be taken")]
    Invalid(Vec<Problem>),
    /// The client has [`MOST`].
    #[error("a client trusts at most {MOST} issuers")]
    TooMany,
    /// The client has this one.
    #[error("this issuer is trusted already")]
    Again,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(TrustError);

/// The issuers that a client trusts, oldest first.
///
/// # Errors
///
/// When the database fails.
pub async fn list(ctx: &Context, client: &Client) -> Result<Vec<IssuerRow>, Fault> {
    Ok(client_issuer::Entity::find()
        .filter(client_issuer::Column::ClientId.eq(client.id))
        .order_by_asc(client_issuer::Column::Id)
        .all(ctx.db().reader())
        .await?)
}

/// The issuer of this name that a client trusts.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, client: Uuid, issuer: &str) -> Result<Option<IssuerRow>, Fault> {
    // PostgreSQL has no such text, and would call it an error of ours.
    if issuer.contains('\0') {
        return Ok(None);
    }
    Ok(client_issuer::Entity::find()
        .filter(client_issuer::Column::ClientId.eq(client))
        .filter(client_issuer::Column::Issuer.eq(issuer))
        .one(ctx.db().reader())
        .await?)
}

impl IssuerRow {
    /// The keys that were given.
    #[must_use]
    pub fn keys(&self) -> Vec<Value> {
        let set: Option<Value> = self.jwks.as_deref().and_then(|text| serde_json::from_str(text).ok());
        set.and_then(|set| set.get("keys")?.as_array().cloned()).unwrap_or_default()
    }

    /// What its assertions can give at most.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        scopes::split(&self.scopes)
    }
}

/// Trusts an issuer. `enabled` are the scopes of the client's product, which is for `audience`.
///
/// # Errors
///
/// [`TrustError`].
pub async fn add(
    ctx: &Context,
    actor: Option<Uuid>,
    client: &Client,
    audience: Audience,
    enabled: &[String],
    trust: &Trust,
) -> Result<(), TrustError> {
    let keys = check(ctx, client, audience, enabled, trust).map_err(TrustError::Invalid)?;
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let keys: Vec<Value> = keys.into_iter().map(|key| key.jwk).collect();
    let row = client_issuer::ActiveModel {
        id: Set(ctx.new_id()?),
        client_id: Set(client.id),
        issuer: Set(trust.issuer.clone()),
        subject: Set(given(&trust.subject)),
        scopes: Set(scopes::join(&trust.scopes)),
        jwks: Set((!keys.is_empty()).then(|| json!({ "keys": keys }).to_string())),
        jwks_uri: Set(given(&trust.jwks_uri)),
        created_by: Set(actor),
        created_at: Set(ctx.now()),
    };
    let detail = format!("The client {} trusts the issuer {}", client.description, trust.issuer);
    let event = event("client.issuer_added", actor, client, detail);
    let written = ctx
        .db()
        .write((ctx.clone(), client.id, row, event), |tx, (ctx, client, row, event)| {
            Box::pin(async move {
                let there =
                    client_issuer::Entity::find().filter(client_issuer::Column::ClientId.eq(*client)).count(tx).await?;
                if there >= MOST as u64 {
                    return Err(TrustError::TooMany);
                }
                client_issuer::Entity::insert(row.clone()).exec_without_returning(tx).await?;
                audit::record(tx, ctx, event.clone()).await?;
                Ok(())
            })
        })
        .await;
    match written {
        Err(TrustError::Fault(fault)) if fault.violates("client_issuers_once", "client_issuers.client_id") => {
            Err(TrustError::Again)
        }
        written => written,
    }
}

fn check(
    ctx: &Context,
    client: &Client,
    audience: Audience,
    enabled: &[String],
    trust: &Trust,
) -> Result<Vec<PublicKey>, Vec<Problem>> {
    let name = |text: &str| (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let mut problems = Vec::new();
    if !name(&trust.issuer) {
        problems.push(Problem::Issuer);
    } else if trust.issuer.trim_end_matches('/') == ctx.settings().issuer.trim_end_matches('/')
        || trust.issuer == client.client_id
    {
        // Else an ID token of ours, or an assertion with which a client signs in, could be taken
        // for one.
        problems.push(Problem::Own);
    }
    let service = !audience.signs_in();
    let said = !trust.subject.is_empty();
    if (service && !said) || (said && !name(&trust.subject)) {
        problems.push(Problem::Subject);
    }
    let keys = match (trust.jwks.trim(), trust.jwks_uri.as_str()) {
        ("", "") => Err(Problem::Keys),
        ("", uri) if outgoing::admitted(ctx, uri).is_none() => Err(Problem::Address),
        ("", _) => Ok(Vec::new()),
        (text, "") => match keys::read(text) {
            Ok(keys) if keys.len() > keys::MOST => Err(Problem::TooManyKeys),
            Ok(keys) => Ok(keys),
            Err(why) => Err(Problem::NotKeys(why)),
        },
        _ => Err(Problem::Keys),
    };
    if trust.scopes.is_empty() || !trust.scopes.iter().all(|scope| enabled.contains(scope)) {
        problems.push(Problem::Scopes);
    }
    match keys {
        Ok(keys) if problems.is_empty() => Ok(keys),
        Ok(_) => Err(problems),
        Err(problem) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

/// Trusts an issuer no longer. Says whether it was trusted. Tokens that it has given live on: they
/// hang from consents, and end within the hour.
///
/// # Errors
///
/// When the database fails.
pub async fn remove(ctx: &Context, actor: Option<Uuid>, client: &Client, issuer: &IssuerRow) -> Result<bool, Fault> {
    let detail = format!("The client {} no longer trusts the issuer {}", client.description, issuer.issuer);
    let event = event("client.issuer_removed", actor, client, detail);
    ctx.db()
        .write((ctx.clone(), client.id, issuer.id, event), |tx, (ctx, client, id, event)| {
            Box::pin(async move {
                let deleted = client_issuer::Entity::delete_many()
                    .filter(client_issuer::Column::Id.eq(*id))
                    .filter(client_issuer::Column::ClientId.eq(*client))
                    .exec(tx)
                    .await?;
                if deleted.rows_affected != 1 {
                    return Ok(false);
                }
                audit::record(tx, ctx, event.clone()).await?;
                Ok::<_, Fault>(true)
            })
        })
        .await
}
