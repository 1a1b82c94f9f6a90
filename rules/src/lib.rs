//! Rules that need nothing but their input, so that the browser can apply them while somebody
//! types and the model can apply them again when the form arrives: one source of truth.
//!
//! The model depends on the database and the portal's WebAssembly must not, so neither could
//! hold these for the other.

pub mod redirect_uri;
pub mod text;
