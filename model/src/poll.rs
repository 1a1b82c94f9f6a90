//! Clients that ask again and again whether somebody has answered: how often they may, and what
//! they are told (RFC 8628, section 3.5; OpenID Connect CIBA 1.0, section 11).

use crate::{Fault, Timestamp, entity::AnswerState, from_database, seconds};

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

/// What a poll gets.
pub(crate) enum Polled {
    /// What was allowed; it is in the row.
    Allowed,
    /// Nothing, and nothing later.
    Over(PollError),
    /// Nothing yet; from now on the client waits so long between two polls, in milliseconds.
    NotYet(PollError, i64),
}

/// What a poll at `now` gets for a request, of which the row says this.
pub(crate) fn at(
    now: Timestamp,
    state: AnswerState,
    expires_at: Timestamp,
    polled_at: Option<Timestamp>,
    interval: i64,
) -> Polled {
    match (state, polled_at) {
        // Also when it is late: only the redemption can tell a replay.
        (AnswerState::Approved, _) => Polled::Allowed,
        (AnswerState::Denied, _) => Polled::Over(PollError::Denied),
        (AnswerState::Pending, _) if expires_at <= now => Polled::Over(PollError::Expired),
        (AnswerState::Pending, Some(at)) if now.since(at) < interval => {
            Polled::NotYet(PollError::SlowDown, interval + INTERVAL)
        }
        (AnswerState::Pending, _) => Polled::NotYet(PollError::Pending, interval),
    }
}
