//! What is asked of an authenticator (WebAuthn, section 7), and whether it has answered.
//!
//! A challenge is sealed, not stored: it names the browser that it was made for and what it is
//! for, and lives for minutes. Answering it inserts its id into a table with a unique key, so that
//! of any number of answers one counts.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{ActiveValue::Set, EntityTrait as _, sea_query::OnConflict};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;
use webauthn_rs::{Webauthn, WebauthnBuilder, prelude::WebauthnError};

use super::PasskeyError;
use crate::{Context, Fault, Timestamp, db::Tx, entity::spent_challenge, key::Sealed, minutes, secret};

/// How long a challenge waits for its answer, in milliseconds: as long as somebody may look at a
/// sign-in page before they touch anything.
const LIFETIME: i64 = minutes(15);

/// What a page needs to ask for a passkey.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// Comes back with the answer.
    pub challenge: String,
    /// The options for the browser, as JSON (WebAuthn, section 5.1.8 and 5.1.10).
    pub options: String,
}

/// What a challenge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// To add a passkey to this account.
    Register(Uuid),
    /// To sign in, whoever it is.
    SignIn,
    /// To be the second step of this account's sign-in.
    Second(Uuid),
}

#[derive(Serialize, Deserialize)]
pub(super) struct Challenge {
    id: Uuid,
    purpose: Purpose,
    browser: String,
    at: Timestamp,
    /// What the library must find again, as JSON.
    state: String,
}

impl Challenge {
    pub(super) fn seal<T: Serialize>(
        ctx: &Context,
        purpose: Purpose,
        browser: &str,
        state: &T,
    ) -> Result<String, Fault> {
        let state = serde_json::to_string(state).map_err(|_| Fault::Crypto("encoding a challenge"))?;
        let challenge = Self { id: ctx.new_id()?, purpose, browser: browser.to_owned(), at: ctx.now(), state };
        ctx.seal(Sealed::Challenge, &challenge)
    }

    /// A challenge of ours that is still good, for this purpose, in this browser.
    pub(super) fn open(ctx: &Context, purpose: Purpose, browser: &str, sealed: &str) -> Result<Self, PasskeyError> {
        let challenge: Self = ctx.open_sealed(Sealed::Challenge, sealed).ok_or(PasskeyError::Void)?;
        let good = challenge.purpose == purpose
            && secret::same(&challenge.browser, browser)
            && ctx.now().since(challenge.at) < LIFETIME;
        if good { Ok(challenge) } else { Err(PasskeyError::Void) }
    }

    pub(super) fn state<T: DeserializeOwned>(&self) -> Result<T, PasskeyError> {
        serde_json::from_str(&self.state).map_err(|_| PasskeyError::Void)
    }

    /// Uses it up. Of any number who try, one does.
    pub(super) async fn spend(&self, tx: &Tx) -> Result<(), PasskeyError> {
        let row =
            spent_challenge::ActiveModel { id: Set(self.id), expires_at: Set(self.at.plus(LIFETIME + minutes(1))) };
        let inserted = spent_challenge::Entity::insert(row)
            .on_conflict(OnConflict::column(spent_challenge::Column::Id).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
        if inserted == 1 { Ok(()) } else { Err(PasskeyError::Void) }
    }
}

/// Us, as authenticators know us: the host of the configured address and its origin. Browsers take
/// no address made of numbers, so on this very machine it is `localhost`.
pub(super) fn relying_party(ctx: &Context) -> Result<Webauthn, Fault> {
    let broken = |_| Fault::Stored("the public URL has no host that a passkey could belong to".to_owned());
    let mut origin = url::Url::parse(&ctx.settings().public_url).map_err(|_| broken(WebauthnError::Configuration))?;
    let loopback = match origin.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    if loopback {
        origin.set_host(Some("localhost")).map_err(|_| broken(WebauthnError::Configuration))?;
    }
    let id = origin.domain().unwrap_or_default().to_owned();
    WebauthnBuilder::new(&id, &origin).and_then(|builder| builder.rp_name("Portico").build()).map_err(broken)
}

/// Options as browsers take them: without the envelope that the library puts around them.
pub(super) fn options<T: Serialize>(
    response: &T,
    change: impl FnOnce(&mut serde_json::Map<String, serde_json::Value>),
) -> Result<String, Fault> {
    let mut value = serde_json::to_value(response).map_err(|_| Fault::Crypto("encoding a challenge"))?;
    let inner = value.get_mut("publicKey").and_then(serde_json::Value::as_object_mut);
    let inner = inner.ok_or(Fault::Crypto("encoding a challenge"))?;
    change(inner);
    serde_json::to_string(inner).map_err(|_| Fault::Crypto("encoding a challenge"))
}

/// A credential's id as the table and the options have it.
pub(super) fn encoded(id: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(id)
}
