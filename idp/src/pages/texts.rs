//! The words of these pages, in the language of the request that is being answered.

pub use model::texts::*;

use crate::language;

/// The texts of the request that is being answered.
pub fn current() -> &'static Texts {
    of(language::current())
}
