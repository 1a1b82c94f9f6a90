//! Lists a page at a time, newest first: each page begins after the last row of the one before.

use leptos::prelude::*;
use model::id;
use serde::Deserialize;
use uuid::Uuid;

use super::icon::{Glyph, Icon};

/// After which row a page begins, from its address; after none for the first page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Position {
    after: String,
}

impl Position {
    /// The row, where addresses call rows by their UUID.
    #[must_use]
    pub fn uuid(&self) -> Option<Uuid> {
        Uuid::try_parse(&self.after).ok()
    }

    /// The row, where addresses call rows by an id with the prefix `prefix` (see [`model::id`]).
    #[must_use]
    pub fn id(&self, prefix: &str) -> Option<Uuid> {
        id::parse(prefix, &self.after)
    }
}

/// How many rows to ask the model for, for pages of `size`: one more tells whether there is a next
/// page.
#[must_use]
pub const fn asked(size: usize) -> u64 {
    size as u64 + 1
}

/// The ways from a page of a list to the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    first: Option<String>,
    next: Option<String>,
}

impl Pages {
    /// Leaves `size` of the [`asked`] rows that follow the row `after` of the list at `path`. `name` is
    /// what addresses call a row.
    pub fn of<T>(
        rows: &mut Vec<T>,
        size: usize,
        path: &str,
        after: Option<Uuid>,
        name: impl FnOnce(&T) -> String,
    ) -> Self {
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more).map(|last| format!("{path}?after={}", name(last)));
        Self { first: after.map(|_| path.to_owned()), next }
    }
}

/// The ways to the other pages, if there are any.
#[component]
pub fn Pagination(pages: Pages) -> impl IntoView {
    let Pages { first, next } = pages;
    (first.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="pagination" aria-label="Pages">
                <p>"Newest first"</p>
                <div class="button-row">
                    {first.map(|first| view! { <a class="button button--small" href=first>"Newest"</a> })}
                    {next
                        .map(|next| {
                            view! {
                                <a class="button button--small" href=next rel="next">
                                    "Older " <Icon glyph=Glyph::ArrowRight/>
                                </a>
                            }
                        })}
                </div>
            </nav>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_more_than_fits_leads_on() {
        let page = |count: u32, after| {
            let mut rows: Vec<u32> = (1..=count).collect();
            let pages = Pages::of(&mut rows, 2, "/list", after, u32::to_string);
            (rows.len(), pages.first, pages.next)
        };
        let newest = Some("/list".to_owned());
        assert_eq!(page(0, None), (0, None, None));
        assert_eq!(page(2, None), (2, None, None));
        assert_eq!(page(3, None), (2, None, Some("/list?after=2".to_owned())));
        assert_eq!(page(1, Some(Uuid::nil())), (1, newest, None));
    }
}
