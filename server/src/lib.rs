//! The program around the doors: configuration, composition into one router, middleware,
//! background jobs, outgoing messages, command line.
//!
//! Where to start reading: [`compose::router`] says what is served where.

pub mod compose;
mod edge;
mod session_store;

pub use compose::{Web, router};
