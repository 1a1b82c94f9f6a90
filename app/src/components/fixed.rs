//! Parts that are the same on every page and for everybody.

use std::sync::OnceLock;

use leptos::{prelude::*, tachys::html::InertElement};

use crate::shell::without_markers;

/// Renders a part once; from then on it stands on every page as it was. It must not depend on whoever
/// looks, or on the page.
pub fn fixed<V: IntoView + 'static>(place: &'static OnceLock<String>, part: impl FnOnce() -> V) -> InertElement {
    InertElement::new(place.get_or_init(|| without_markers(&part().into_view().to_html())).as_str())
}
