//! The WebAssembly entry point: wakes the islands that the server has rendered. Nothing else.

use app as _;

/// Called once by the loader script when the module is ready.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
