//! Clients that ask again and again whether somebody has answered: how often they may, and what
//! they are told (RFC 8628, section 3.5; OpenID Connect CIBA 1.0, section 11).

use crate::{Fault, Timestamp, from_database, seconds};

/// How long a client waits between two polls, and how much longer after each one that came too
/// soon, in milliseconds.
pub const INTERVAL: i64 = seconds(5);

/// Why a poll gives nothing.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// It is not one of ours, or long gone.
    #[error("the device code or auth_req_id is not one of ours")]
    Unknown,
    /// It belongs to another client; the incident is recorded.
    #[error("the device code or auth_req_id was issued to another client")]
    ForeignClient,
    /// Nobody has answered yet.
    #[error("nobody has answered yet")]
    Pending,
    /// The poll came too soon; from now on, five seconds more have to pass.
    #[error("wait five seconds longer between two polls")]
    SlowDown,
    /// The person, or their operator, said no.
    #[error("the request was denied")]
    Denied,
    /// Nobody has answered in time.
    #[error("the device code or auth_req_id has expired")]
    Expired,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

from_database!(PollError);

/// What a poll at `now` gets while nobody has answered, and how long the client has to wait before
/// the next one, in milliseconds.
pub(crate) fn not_yet(polled_at: Option<Timestamp>, interval: i64, now: Timestamp) -> (PollError, i64) {
    match polled_at {
        Some(at) if now.since(at) < interval => (PollError::SlowDown, interval + INTERVAL),
        _ => (PollError::Pending, interval),
    }
}
