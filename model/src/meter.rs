//! Budgets of one process, in its memory: for what comes too often to be counted in the database, and
//! does no harm that another node would have to know about. See [`crate::limit`] for the others.

use std::{
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use moka::sync::Cache;

use crate::{
    Timestamp,
    limit::{Rule, TooMany},
};

/// A millisecond has room for thousands of tries.
const NANOSECONDS: i64 = 1_000_000;

/// One budget for each key, by the generic cell rate algorithm. What it forgets, because too many keys
/// came since, is full again.
pub struct Meter<K> {
    arrivals: Cache<K, Arc<AtomicI64>>,
    /// Nanoseconds that one try takes.
    interval: i64,
    /// Nanoseconds that tries can be ahead.
    period: i64,
}

impl<K: Hash + Eq + Send + Sync + 'static> Meter<K> {
    /// Counts by `rule`, for `most` keys at a time.
    #[must_use]
    pub fn new(rule: Rule, most: u64) -> Self {
        let period = rule.period.saturating_mul(NANOSECONDS);
        Self {
            arrivals: Cache::builder().max_capacity(most).build(),
            interval: (period / rule.burst.max(1)).max(1),
            period,
        }
    }

    /// Takes one. What is refused costs nothing of what comes later.
    ///
    /// # Errors
    ///
    /// [`TooMany`] when there is none left.
    pub fn take(&self, key: K, now: Timestamp) -> Result<(), TooMany> {
        let now = now.0.saturating_mul(NANOSECONDS);
        let latest = now.saturating_add(self.period);
        let next = |arrival: i64| arrival.max(now).saturating_add(self.interval);
        let arrival = self.arrivals.get_with(key, Arc::default);
        let taken = arrival.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |arrival| {
            Some(next(arrival)).filter(|next| *next <= latest)
        });
        taken.map(|_| ()).map_err(|arrival| TooMany {
            retry_after: next(arrival).saturating_sub(latest).saturating_add(NANOSECONDS - 1) / NANOSECONDS,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_at_once_and_refilled_evenly() {
        let meter = Meter::new(Rule::new(4, 1_000), 10);
        let at = |milliseconds: i64| Timestamp(1_800_000_000_000 + milliseconds);
        for _ in 0..4 {
            assert_eq!(meter.take("a", at(0)), Ok(()));
        }
        assert_eq!(meter.take("a", at(0)), Err(TooMany { retry_after: 250 }));
        assert_eq!(meter.take("b", at(0)), Ok(()), "another one has its own");
        assert_eq!(meter.take("a", at(250)), Ok(()), "what was refused has cost nothing");
        assert!(meter.take("a", at(499)).is_err());
        for _ in 0..4 {
            assert_eq!(meter.take("a", at(5_000)), Ok(()));
        }
        assert!(meter.take("a", at(5_000)).is_err(), "it never has more than all of it");
    }

    #[test]
    fn many_fit_into_a_millisecond() {
        let meter = Meter::new(Rule::new(100_000, 1_000), 10);
        let now = Timestamp(1_800_000_000_000);
        assert_eq!((0..200_000).filter(|_| meter.take("a", now).is_ok()).count(), 100_000);
        let later = now.plus(1);
        assert_eq!((0..200).filter(|_| meter.take("a", later).is_ok()).count(), 100);
    }
}
