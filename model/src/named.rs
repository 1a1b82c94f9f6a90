//! What somebody types to name one of very many rows: its id, or what it is called.

/// How many are suggested while somebody types, at most: the newest.
pub const SUGGESTED: u64 = 100;

/// What a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named<T> {
    /// This one.
    One(T),
    /// There is nothing of this name.
    Nobody,
    /// Several are called so; an id is needed.
    Several,
}

impl<T> Named<T> {
    /// What was found, of which two are enough to tell.
    pub(crate) fn of(mut found: Vec<T>) -> Self {
        match (found.pop(), found.is_empty()) {
            (Some(one), true) => Self::One(one),
            (Some(_), false) => Self::Several,
            (None, _) => Self::Nobody,
        }
    }
}
