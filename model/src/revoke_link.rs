//! Links at which a subscriber takes back what they have allowed a product: the product's client
//! makes one and sends the subscriber there, who says yes or no.
//!
//! The link is the proof. Only the client to which the subscriber gave a token can make one, with
//! that token while it lives; and all that somebody else could do with a link is to take access
//! away. It signs nobody in.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::entity::revoke_link::RevokeAnswer as Answer;
use crate::{
    Context, Fault,
    cache::{self, Client},
    consent,
    db::Tx,
    entity::{
        ClientState, consent as consents,
        revoke_link::{self, RevokeAnswer},
    },
    from_database, grant,
    seal::{open_at_rest, seal_at_rest},
    secret::{self, Kind, Plain},
    subject::Subject,
    token::AccessToken,
};

/// The purpose of the seal.
const ASKED: &str = "revoke_links.asked";

/// The longest state that a client can have carried back, in bytes.
pub const LONGEST_STATE: usize = 4096;

/// Where the subscriber returns to, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayBack {
    /// The public identifier of the client that made the link.
    pub client_id: String,
    /// One of its post-revoke redirect URIs.
    pub redirect_to: String,
    /// What it wants to have back, unchanged.
    pub state: Option<String>,
}

/// Why no link was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Nobody knows whether that address is the client's.
    #[error("redirectTo is none of the client's post revoke consent redirect URIs")]
    NotRegistered,
    /// It would not fit into an address.
    #[error("state is longer than 4096 bytes")]
    StateTooLong,
    /// Not ours, over, revoked, of another client, about no subscriber: one answer for all.
    #[error("token is not a living access token that a subscriber has given to this client")]
    Token,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

from_database!(CreateError);

/// Makes a link for the subscriber whom `token` is about.
///
/// # Errors
///
/// [`CreateError`]. A token of another client is noted in the audit log.
pub async fn create(
    ctx: &Context,
    client: &Client,
    token: &str,
    redirect_to: &str,
    state: Option<&str>,
) -> Result<Plain, CreateError> {
    if !client.post_revoke_uris.iter().any(|uri| uri == redirect_to) {
        return Err(CreateError::NotRegistered);
    }
    if state.is_some_and(|state| state.len() > LONGEST_STATE) {
        return Err(CreateError::StateTooLong);
    }
    let token = AccessToken::read(ctx, token).ok_or(CreateError::Token)?;
    if token.client != client.id {
        grant::note_foreign(ctx, client, "token").await?;
        return Err(CreateError::Token);
    }
    // What a service has exchanged hangs from the consent to another product.
    let about = token.about.filter(|_| token.actors.is_empty()).ok_or(CreateError::Token)?;
    let Subject::Subscriber(subscriber) = about.subject else { return Err(CreateError::Token) };
    let way_back = WayBack {
        client_id: client.client_id.clone(),
        redirect_to: redirect_to.to_owned(),
        state: state.map(str::to_owned),
    };
    let link = Plain::generate(ctx, Kind::Revoke)?;
    let now = ctx.now();
    let row = revoke_link::ActiveModel {
        id: Set(ctx.new_id()?),
        client_id: Set(client.id),
        subscriber_id: Set(subscriber),
        consent_id: Set(about.consent),
        link_hash: Set(link.hash()),
        asked_sealed: Set(seal_at_rest(ctx, ASKED, &way_back)?),
        answer: Set(None),
        created_at: Set(now),
        expires_at: Set(now.plus(ctx.settings().lifetimes.revoke_link)),
    };
    let product = client.product_id;
    let made = ctx
        .db()
        .write((row, subscriber, about.consent, product), |tx, (row, subscriber, consent, product)| {
            Box::pin(async move {
                // A consent that was taken back on another node, of which this one has not heard yet.
                let living = consent::of_subscriber(*subscriber)
                    .living()
                    .filter(consents::Column::Id.eq(*consent))
                    .filter(consents::Column::ProductId.eq(*product));
                if living.one(tx).await?.is_none() {
                    return Ok(false);
                }
                revoke_link::Entity::insert(row.clone()).exec_without_returning(tx).await?;
                Ok::<_, Fault>(true)
            })
        })
        .await?;
    if made { Ok(link) } else { Err(CreateError::Token) }
}

/// A link whose time is not over.
#[derive(Clone, Debug)]
pub struct Link {
    id: Uuid,
    /// Who is asked.
    pub subscriber: Uuid,
    /// What they can take back; it may have ended in another way.
    pub consent: Uuid,
    /// Where they return to.
    pub way_back: WayBack,
    /// What they have answered.
    pub answer: Option<Answer>,
}

/// The link at which somebody stands. Looking does not use it up, since programs look at links by
/// themselves; the answer does.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, link: &str) -> Result<Option<Link>, Fault> {
    if !secret::well_formed(Kind::Revoke, link) {
        return Ok(None);
    }
    let row = revoke_link::Entity::find()
        .filter(revoke_link::Column::LinkHash.eq(secret::hash(link)))
        .filter(revoke_link::Column::ExpiresAt.gt(ctx.now()))
        .one(ctx.db().reader())
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Link {
        id: row.id,
        subscriber: row.subscriber_id,
        consent: row.consent_id,
        way_back: open_at_rest(ctx, ASKED, &row.asked_sealed)?,
        answer: row.answer,
    }))
}

/// Of several answers the first counts: one conditional update, which ends the consent and all that
/// hangs from it if that is the answer. Says whether this one counts.
///
/// # Errors
///
/// When the database fails.
pub async fn answer(ctx: &Context, link: &Link, answer: Answer) -> Result<bool, Fault> {
    ctx.db()
        .write((ctx.clone(), link.clone(), answer), |tx, (ctx, link, answer)| {
            Box::pin(answer_in(tx, ctx, link, *answer))
        })
        .await
}

async fn answer_in(tx: &Tx, ctx: &Context, link: &Link, answer: RevokeAnswer) -> Result<bool, Fault> {
    let used = revoke_link::Entity::update_many()
        .set(revoke_link::ActiveModel { answer: Set(Some(answer)), ..Default::default() })
        .filter(revoke_link::Column::Id.eq(link.id))
        .filter(revoke_link::Column::Answer.is_null())
        .filter(revoke_link::Column::ExpiresAt.gt(ctx.now()))
        .exec(tx)
        .await?;
    if used.rows_affected != 1 {
        return Ok(false);
    }
    if answer == RevokeAnswer::Removed {
        // If it has ended in another way meanwhile, there is what the subscriber wants.
        consent::of_subscriber(link.subscriber).end_in(tx, ctx, link.consent).await?;
    }
    Ok(true)
}

/// Whether the subscriber can still be sent back: the client is there, works, and has the address
/// registered.
///
/// # Errors
///
/// When the database fails.
pub async fn leads_back(ctx: &Context, way_back: &WayBack) -> Result<bool, Fault> {
    let client = cache::client(ctx, &way_back.client_id).await?;
    Ok(client.is_some_and(|client| {
        client.state == ClientState::Active && client.post_revoke_uris.contains(&way_back.redirect_to)
    }))
}

/// Deletes links whose time is over. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now(), |tx, now| {
            Box::pin(async move {
                let deleted =
                    revoke_link::Entity::delete_many().filter(revoke_link::Column::ExpiresAt.lt(*now)).exec(tx).await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
