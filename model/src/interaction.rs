//! An authorization request in progress: what the browser carries from page to page until the
//! client is answered.
//!
//! It travels sealed in the pages, not in a table, and is worth nothing in another browser. The
//! identity provider begins it and ends it; the portal's sign-in page opens the one that it is
//! going to lead back to, and says who asks.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Context, Fault, Timestamp,
    authorization::{AnswerTo, Request},
    cache::{self, Client, Product},
    client::dynamic::by_url,
    entity::ClientState,
    key::Sealed,
    secret,
};

/// An authorization request in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// Its id.
    pub id: Uuid,
    /// Which browser began it: a hash of the value that the browser keeps.
    pub browser_hash: String,
    /// When.
    pub started_at: Timestamp,
    /// What the client asked for.
    pub request: Request,
    /// The PIN challenge, once a number was given.
    pub challenge: Option<Uuid>,
    /// The number that was given, in E.164.
    pub number: Option<String>,
    /// Whether the person has seen which device asks, and has said that it is theirs.
    pub device_confirmed: bool,
}

/// Why an interaction cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// It is not one of ours, or was altered.
    #[error("the sign-in link is incomplete")]
    Broken,
    /// It was begun too long ago.
    #[error("the sign-in took too long")]
    Expired,
    /// It was begun in another browser, or cookies are off.
    #[error("the sign-in was started in another browser")]
    OtherBrowser,
}

/// Why nobody can be told who asks.
#[derive(Debug, thiserror::Error)]
pub enum PartiesError {
    /// The client or its product has gone, was disabled, or describes itself otherwise now.
    #[error("the client has gone")]
    Gone,
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Interaction {
    /// Begins one in the browser that keeps the value `browser`.
    ///
    /// # Errors
    ///
    /// When there is no randomness.
    pub fn begin(ctx: &Context, browser: &str, request: Request) -> Result<Self, Fault> {
        Ok(Self {
            id: ctx.new_id()?,
            browser_hash: secret::hash(browser),
            started_at: ctx.now(),
            request,
            challenge: None,
            number: None,
            device_confirmed: false,
        })
    }

    /// As it travels.
    ///
    /// # Errors
    ///
    /// When it cannot be sealed.
    pub fn seal(&self, ctx: &Context) -> Result<String, Fault> {
        ctx.seal(Sealed::Interaction, self)
    }

    /// Opens one that is brought back by the browser that keeps the value `browser`, if it keeps
    /// one.
    ///
    /// # Errors
    ///
    /// [`Lost`].
    pub fn open(ctx: &Context, browser: Option<&str>, text: &str) -> Result<Self, Lost> {
        let interaction = Self::peek(ctx, text).ok_or(Lost::Broken)?;
        if ctx.now().since(interaction.started_at) > ctx.settings().lifetimes.interaction {
            return Err(Lost::Expired);
        }
        match browser {
            Some(browser) if secret::same(&secret::hash(browser), &interaction.browser_hash) => Ok(interaction),
            _ => Err(Lost::OtherBrowser),
        }
    }

    /// Reads one that is of no use any more, or not in this browser: in which language to say so,
    /// and where to begin again. Nothing may go on with it.
    #[must_use]
    pub fn peek(ctx: &Context, text: &str) -> Option<Self> {
        ctx.open_sealed(Sealed::Interaction, text)
    }

    /// Whether a device asks of which the person does not know yet.
    #[must_use]
    pub const fn device_unconfirmed(&self) -> bool {
        matches!(self.request.answer_to, AnswerTo::Device(_)) && !self.device_confirmed
    }

    /// The client and its product, as they are now.
    ///
    /// # Errors
    ///
    /// [`PartiesError::Gone`] when the client has gone or was disabled meanwhile.
    pub async fn parties(&self, ctx: &Context) -> Result<(Arc<Client>, Arc<Product>), PartiesError> {
        let client = cache::client(ctx, &self.request.client_id).await?;
        let client = client.filter(|client| client.state == ClientState::Active).ok_or(PartiesError::Gone)?;
        // What was checked when it began was checked against another document.
        if by_url::is_url(&client.client_id) && client.changed_at > self.started_at {
            return Err(PartiesError::Gone);
        }
        let product = cache::product(ctx, client.product_id).await?.ok_or(PartiesError::Gone)?;
        Ok((client, product))
    }
}
