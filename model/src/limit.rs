//! Budgets: how often something may be tried, counted in the database so that every node and
//! every restart agrees, and no new session resets them.
//!
//! The generic cell rate algorithm: one row and one conditional statement for each budget.

use sea_orm::{ConnectionTrait as _, EntityTrait as _, Statement};

use crate::{Context, Fault, Timestamp, db::Tx, entity::limit, secret};

/// At most `burst` tries at once, refilled evenly so that `burst` more have come after `period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// How many, at least 1.
    pub burst: i64,
    /// Milliseconds.
    pub period: i64,
}

impl Rule {
    /// `burst` tries in `period` milliseconds.
    #[must_use]
    pub const fn new(burst: i64, period: i64) -> Self {
        Self { burst, period }
    }

    const fn interval(self) -> i64 {
        let burst = if self.burst < 1 { 1 } else { self.burst };
        self.period / burst
    }
}

/// What is limited: a purpose and the value that is counted, such as a phone number. The value
/// is stored as a keyed hash.
#[derive(Clone, Debug)]
pub struct Budget {
    bucket: String,
    rule: Rule,
}

impl Budget {
    /// The budget of `value` for `purpose`.
    #[must_use]
    pub fn new(ctx: &Context, purpose: &str, value: &str, rule: Rule) -> Self {
        let hash = secret::keyed_hash(ctx, "limit", format!("{purpose}\0{value}").as_bytes());
        Self { bucket: format!("{purpose}:{}", hash.get(..32).unwrap_or_default()), rule }
    }
}

/// Takes one from each budget, in order. The first empty one refuses: what was taken before it
/// stays taken, so that trying costs.
///
/// # Errors
///
/// When the database fails.
pub async fn take(tx: &Tx, budgets: &[Budget], now: Timestamp) -> Result<Result<(), TooMany>, Fault> {
    for budget in budgets {
        if !take_one(tx, budget, now).await? {
            let row = limit::Entity::find_by_id(budget.bucket.as_str()).one(tx).await?;
            let arrival = row.map_or(now.0, |row| row.arrival);
            let retry_after = (arrival + budget.rule.interval() - budget.rule.period - now.0).max(1);
            return Ok(Err(TooMany { retry_after }));
        }
    }
    Ok(Ok(()))
}

/// Whether every budget has something left, without taking it.
///
/// # Errors
///
/// When the database fails.
pub async fn left(tx: &Tx, budgets: &[Budget], now: Timestamp) -> Result<Result<(), TooMany>, Fault> {
    for budget in budgets {
        let row = limit::Entity::find_by_id(budget.bucket.as_str()).one(tx).await?;
        let arrival = row.map_or(now.0, |row| row.arrival.max(now.0));
        let over = arrival + budget.rule.interval() - budget.rule.period - now.0;
        if over > 0 {
            return Ok(Err(TooMany { retry_after: over }));
        }
    }
    Ok(Ok(()))
}

/// Gives one back to each budget, for a try that turned out well.
///
/// # Errors
///
/// When the database fails.
pub async fn give_back(tx: &Tx, budgets: &[Budget]) -> Result<(), Fault> {
    for budget in budgets {
        let statement = Statement::from_sql_and_values(
            tx.get_database_backend(),
            "UPDATE limits SET arrival = arrival - $1 WHERE bucket = $2",
            [budget.rule.interval().into(), budget.bucket.as_str().into()],
        );
        tx.execute_raw(statement).await?;
    }
    Ok(())
}

async fn take_one(tx: &Tx, budget: &Budget, now: Timestamp) -> Result<bool, Fault> {
    let interval = budget.rule.interval();
    let latest = now.0 + budget.rule.period;
    let statement = Statement::from_sql_and_values(
        tx.get_database_backend(),
        "INSERT INTO limits (bucket, arrival, expires_at) VALUES ($1, $2, $3) \
         ON CONFLICT (bucket) DO UPDATE SET \
         arrival = (CASE WHEN limits.arrival > $4 THEN limits.arrival ELSE $4 END) + $5, expires_at = $3 \
         WHERE (CASE WHEN limits.arrival > $4 THEN limits.arrival ELSE $4 END) + $5 <= $3",
        [budget.bucket.as_str().into(), (now.0 + interval).into(), latest.into(), now.0.into(), interval.into()],
    );
    Ok(tx.execute_raw(statement).await?.rows_affected() == 1)
}

/// A budget is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many tries")]
pub struct TooMany {
    /// Milliseconds until the next try can succeed.
    pub retry_after: i64,
}

impl TooMany {
    /// Whole seconds until then, for `Retry-After`.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        (self.retry_after + 999) / 1000
    }
}

/// Deletes budgets that are full again. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    use sea_orm::{ColumnTrait as _, QueryFilter as _};
    ctx.db()
        .write(ctx.now(), |tx, now| {
            Box::pin(async move {
                let deleted = limit::Entity::delete_many().filter(limit::Column::ExpiresAt.lt(*now)).exec(tx).await?;
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}
