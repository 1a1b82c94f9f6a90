//! What needs a client. Every page works without these.
//!
//! Each island renders on the server what a page without scripts needs, and adds to it when the
//! browser wakes it. What they do to the document is in `dom`.

mod copy;
mod dom;
mod escape;
mod filter;
mod palette;
mod passkey;
mod times;
mod uris;

use leptos::prelude::*;

pub use copy::CopyButton;
pub use escape::Escape;
pub use filter::FilterRows;
pub use palette::CommandPalette;
pub use passkey::PasskeyButton;
pub use times::LocalTimes;
pub use uris::{UriList, UriRow};

/// Whether the browser runs the island already: until then a button of its own answers nothing, and
/// is disabled rather than deaf.
fn awake() -> ReadSignal<bool> {
    let (awake, wake) = signal(false);
    Effect::new(move |_| wake.set(true));
    awake
}
