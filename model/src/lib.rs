//! What exists in Portico and what may happen: entities, lifecycles, rules, operations.
//!
//! This crate knows no HTTP and no HTML. The doors (`app`, `idp`, the command line) call its
//! verbs, such as [`client::register`] or [`consent::grant`], with a [`Context`], and translate
//! its typed errors into their own language.
//!
//! Where to start reading: [`Context`] is what every verb receives; [`db`] says how reads and
//! writes reach the database; [`entity`] holds the tables as types.

pub mod audit;
pub mod authorization;
pub mod cache;
pub mod change;
mod context;
pub mod db;
pub mod demo;
pub mod entity;
mod fault;
pub mod form;
pub mod id;
pub mod key;
pub mod limit;
pub mod message;
pub mod phone;
pub mod pin;
mod request;
pub mod seal;
pub mod secret;
pub mod consent;
pub mod grant;
pub mod pairwise;
pub mod scopes;
pub mod token;
mod settings;
pub mod subscriber;
pub mod membership;
pub mod organization;
pub mod session;
mod time;

pub use context::{Context, Rng, SystemRng};
pub use fault::Fault;
pub use request::{ClientAddress, RequestId};
pub use settings::{Lifetimes, Limits, Settings};
pub use time::{Clock, SystemClock, Timestamp, days, hours, minutes, seconds};
