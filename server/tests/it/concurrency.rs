//! Races: of many who try the same once-only thing, one succeeds.
