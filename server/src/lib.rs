//! The program around the doors: configuration, composition into one router, middleware,
//! background jobs, outgoing messages, command line.
//!
//! Where to start reading: [`compose::router`] says what is served where.

pub mod carriers;
pub mod cli;
pub mod compose;
pub mod config;
mod doctor;
mod edge;
pub mod jobs;
pub mod listen;
mod log;
pub mod outgoing;
pub mod proxy;
mod serve;
mod session_store;
pub mod tls;

pub use compose::{Web, router};
