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

/// Where a request in progress goes on, whatever is next for it. A form that posts the decision
/// `cancel` there takes the browser back to the client.
pub const GOES_ON: &str = "/consent";

/// The path at which a request in progress goes on, once the person has signed in.
#[must_use]
pub fn path(sealed: &str) -> String {
    format!("{GOES_ON}?i={sealed}")
}

/// The request in progress, sealed, that a path of ours leads back to: at once, or over pages in
/// between that know where to return to.
#[must_use]
pub fn sealed_in(path: &str) -> Option<String> {
    let mut path = path.to_owned();
    // No page of ours is further away.
    for _ in 0..4 {
        let (page, query) = path.split_once('?')?;
        let name = if page == GOES_ON { "i" } else { "return_to" };
        let (_, value) = url::form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name)?;
        let value = value.into_owned();
        if page == GOES_ON {
            return Some(value);
        }
        path = value;
    }
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_back_to_a_request_over_pages_in_between() {
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let back = path("Ab-_9");
        assert_eq!(sealed_in(&back).as_deref(), Some("Ab-_9"));
        let link = format!("/signin/link?return_to={}", encoded(&back));
        assert_eq!(sealed_in(&link).as_deref(), Some("Ab-_9"));
        let sign_in = format!("/signin?again=1&return_to={}", encoded(&link));
        assert_eq!(sealed_in(&sign_in).as_deref(), Some("Ab-_9"));
        for other in ["", "/account", "/consent", "/consent?x=1", "/signin?return_to=", "/signin?return_to=%2Faccount"]
        {
            assert_eq!(sealed_in(other), None, "{other}");
        }
        let far = (0..9).fold(back, |path, _| format!("/signin?return_to={}", encoded(&path)));
        assert_eq!(sealed_in(&far), None);
    }
}
