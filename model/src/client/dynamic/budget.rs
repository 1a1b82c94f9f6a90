//! What it costs to have something fetched that a client publishes.

use crate::{
    Context, Fault,
    limit::{self, Budget, TooMany},
};

/// Spends a fetch from `place` for whoever asks from `address`, before it is made.
///
/// # Errors
///
/// When the database fails; within, [`TooMany`] were made.
pub(super) async fn spend(ctx: &Context, place: &str, address: &str) -> Result<Result<(), TooMany>, Fault> {
    let limits = &ctx.settings().limits;
    let budgets = vec![
        Budget::new(ctx, "fetch_address", address, limits.fetch_address),
        Budget::new(ctx, "fetch_host", place, limits.fetch_host),
    ];
    let taken = ctx.db().write((budgets, ctx.now()), |tx, (budgets, now)| {
        Box::pin(async move { limit::take(tx, budgets, *now).await })
    });
    taken.await
}
