//! How long things live.

use super::{Key, quoted};
use crate::config::value::show_milliseconds;

macro_rules! lifetime {
    ($name:literal, $doc:literal, $field:ident) => {
        key!($name, $doc, |c| Some(quoted(&show_milliseconds(c.lifetimes.$field))), |c, v| {
            c.lifetimes.$field = v.milliseconds()?;
            Ok(())
        })
    };
}

pub(super) const KEYS: &[Key] = &[
    lifetime!("lifetimes.code", "Authorization codes; at most 60s.", code),
    lifetime!(
        "lifetimes.access_token",
        "Access tokens; at least 60s. Below 5m, many clients fetch a new one for every call.",
        access_token
    ),
    lifetime!("lifetimes.id_token", "ID tokens.", id_token),
    lifetime!("lifetimes.refresh_token", "Refresh tokens, counted from the first authorization.", refresh_token),
    lifetime!("lifetimes.refresh_idle", "How long refresh tokens live that nobody uses.", refresh_idle),
    lifetime!(
        "lifetimes.refresh_retry",
        "How long a refresh whose answer was lost can be repeated, as long as nobody used the answer.",
        refresh_retry
    ),
    lifetime!("lifetimes.interaction", "An authorization request in progress.", interaction),
    lifetime!("lifetimes.pushed_request", "A pushed authorization request; below 10m.", pushed_request),
    lifetime!("lifetimes.device_code", "What a device shows until somebody enters it elsewhere.", device_code),
    lifetime!(
        "lifetimes.backchannel_request",
        "A request that a subscriber answers on the phone (CIBA); clients may ask for less.",
        backchannel_request
    ),
    lifetime!("lifetimes.revoke_link", "Links at which subscribers take a consent back.", revoke_link),
    lifetime!("lifetimes.pin", "PINs; at most 10m.", pin),
    lifetime!("lifetimes.subscriber_session", "A subscriber's single sign-on session.", subscriber_session),
    lifetime!("lifetimes.portal_session", "A portal session since it was last used.", portal_session),
    lifetime!("lifetimes.verify_link", "Links that verify an address.", verify_link),
    lifetime!("lifetimes.reset_link", "Links that set a new password.", reset_link),
    lifetime!("lifetimes.invitation", "Invitations to an organization.", invitation),
    lifetime!("lifetimes.signing_key", "How long a signing key signs.", signing_key),
    lifetime!("lifetimes.signing_key_ahead", "How long before its use a signing key is published.", signing_key_ahead),
    lifetime!("lifetimes.outbox", "How long messages stay in the sandbox outbox.", outbox),
];
