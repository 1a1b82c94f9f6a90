//! Time as Portico keeps it, and where it comes from.

use ::time::OffsetDateTime;
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// A moment in UTC, in milliseconds since the Unix epoch.
///
/// Stored as a `BIGINT`, so that order and arithmetic are exact and the same on every database.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, DeriveValueType,
)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment `milliseconds` later; earlier if negative. Saturates.
    #[must_use]
    pub const fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Whole seconds since the epoch, as JWTs count (RFC 7519, `NumericDate`).
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment `seconds` after the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds from `earlier` to this moment; negative if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The same moment for display.
    #[must_use]
    pub fn to_offset(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// `n` seconds in milliseconds.
#[must_use]
pub const fn seconds(n: i64) -> i64 {
    n * 1000
}

/// `n` minutes in milliseconds.
#[must_use]
pub const fn minutes(n: i64) -> i64 {
    n * 60_000
}

/// `n` hours in milliseconds.
#[must_use]
pub const fn hours(n: i64) -> i64 {
    n * 3_600_000
}

/// `n` days in milliseconds.
#[must_use]
pub const fn days(n: i64) -> i64 {
    n * 86_400_000
}

/// Where the time comes from. Tests bring one that they can move.
pub trait Clock: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
    }
}
