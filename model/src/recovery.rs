//! Recovery codes: ten, shown once, each standing in for a second factor once. They take the place
//! of the factor, never that of the password.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::{
    Context, Fault,
    db::Tx,
    entity::{recovery_code, user::Model as User},
    factor::{self, FactorError, Told},
    secret,
};

/// How many there are.
pub const COUNT: usize = 10;

/// Codes in the clear, to be shown once.
pub type Codes = Vec<String>;

/// Ten new codes; the former ones are void.
///
/// # Errors
///
/// [`FactorError::Void`] when there is no factor that they could stand in for.
pub async fn regenerate(ctx: &Context, user: Uuid) -> Result<Codes, FactorError> {
    ctx.db()
        .write((ctx.clone(), user), |tx, (ctx, user)| {
            Box::pin(async move {
                let (user, factors) = factor::hold(tx, *user).await?;
                if !factors.any() {
                    return Err(FactorError::Void);
                }
                let told = Told {
                    action: "user.recovery_codes_made",
                    detail: "Made new recovery codes",
                    subject: "You have new recovery codes",
                    sentence: "new recovery codes were just made for your Portico account. The former ones do not \
                               work any more.",
                };
                factor::tell(tx, ctx, &user, told).await?;
                Ok(replace(tx, ctx, user.id).await?)
            })
        })
        .await
}

pub(crate) async fn replace(tx: &Tx, ctx: &Context, user: Uuid) -> Result<Codes, Fault> {
    forget(tx, user).await?;
    let mut codes = Codes::with_capacity(COUNT);
    let mut rows = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        let code = generate(ctx)?;
        rows.push(recovery_code::ActiveModel {
            id: Set(ctx.new_id()?),
            user_id: Set(user),
            code_hash: Set(hash(ctx, user, &code)),
            created_at: Set(ctx.now()),
            used_at: Set(None),
        });
        codes.push(code);
    }
    recovery_code::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(codes)
}

pub(crate) async fn forget(tx: &Tx, user: Uuid) -> Result<(), Fault> {
    recovery_code::Entity::delete_many().filter(recovery_code::Column::UserId.eq(user)).exec(tx).await?;
    Ok(())
}

/// Uses a code up. Of any number who try, one gets in; its owner hears of it.
pub(crate) async fn accept(tx: &Tx, ctx: &Context, user: &User, typed: &str) -> Result<bool, Fault> {
    let used = recovery_code::Entity::update_many()
        .set(recovery_code::ActiveModel { used_at: Set(Some(ctx.now())), ..Default::default() })
        .filter(recovery_code::Column::UserId.eq(user.id))
        .filter(recovery_code::Column::CodeHash.eq(hash(ctx, user.id, typed)))
        .filter(recovery_code::Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    if used.rows_affected != 1 {
        return Ok(false);
    }
    let told = Told {
        action: "user.recovery_code_used",
        detail: "Signed in with a recovery code",
        subject: "A recovery code was used",
        sentence: "somebody has just signed in to your Portico account with its password and a recovery code. The \
                   code does not work again.",
    };
    factor::tell(tx, ctx, user, told).await?;
    Ok(true)
}

/// Without the letters that look like digits.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 80 random bits in four groups of four.
fn generate(ctx: &Context) -> Result<String, Fault> {
    let number = ctx.random::<10>()?.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let digit = |at: u32| {
        let five = usize::try_from((number >> (5 * at)) & 31).unwrap_or_default();
        char::from(DIGITS.get(five).copied().unwrap_or(b'0'))
    };
    let groups: Vec<String> = (0..4).map(|group| (0..4).map(|at| digit(group * 4 + at)).collect()).collect();
    Ok(groups.join("-"))
}

/// However it is typed: blanks, dashes and capitals do not matter, nor does an `o` for a `0`.
fn canonical(typed: &str) -> String {
    let letters = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    letters
        .map(|c| match c {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        })
        .collect()
}

fn hash(ctx: &Context, user: Uuid, typed: &str) -> String {
    secret::keyed_hash(ctx, "recovery_code", format!("{user}\0{}", canonical(typed)).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        assert_eq!(canonical(" AB0D-efGh  jkmn pq1s"), "ab0defghjkmnpq1s");
        assert_eq!(canonical("abod-efgh-jkmn-pqls"), canonical("ab0d-efgh-jkmn-pqis"));
    }
}
