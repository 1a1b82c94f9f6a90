//! What exists in Portico and what may happen: entities, lifecycles, rules, operations.
//!
//! This crate knows no HTTP and no HTML. The doors (`app`, `idp`, the command line) call its
//! verbs, such as [`client::register`] or [`consent::grant`], with a [`Context`], and translate
//! its typed errors into their own language.
//!
//! Where to start reading: [`Context`] is what every verb receives; [`db`] says how reads and
//! writes reach the database; [`entity`] holds the tables as types.

pub mod api;
pub mod audit;
pub mod authentication;
pub mod authorization;
pub mod bearer;
pub mod cache;
pub mod certificate;
pub mod change;
pub mod ciba;
pub mod claims;
pub mod client;
pub mod consent;
mod context;
pub mod db;
pub mod delivery;
pub mod demo;
pub mod device;
pub mod distribution;
pub mod dpop;
mod drawing;
pub mod email;
pub mod entity;
pub mod factor;
mod fault;
pub mod form;
pub mod grant;
pub mod id;
pub mod interaction;
pub mod invitation;
pub mod jose;
pub mod key;
mod language;
pub mod limit;
pub mod link;
pub mod logout;
mod mail;
pub mod membership;
pub mod message;
pub mod meter;
pub mod named;
pub mod operator;
pub mod organization;
pub mod outgoing;
pub mod pairwise;
pub mod passkey;
pub mod password;
pub mod phone;
pub mod pin;
pub mod poll;
pub mod product;
pub mod profile;
pub mod pushed;
pub mod recovery;
pub mod redirect_uri;
mod request;
pub mod resource;
pub mod revoke_link;
pub mod scope;
pub mod scopes;
pub mod seal;
pub mod secret;
pub mod session;
mod settings;
pub mod spent;
pub mod subject;
pub mod subscriber;
pub mod texts;
mod time;
pub mod token;
pub mod totp;
pub mod upstream;
pub mod user;

pub use context::{Context, Rng, SystemRng};
pub use fault::Fault;
pub use language::Language;
pub use request::{ClientAddress, ClientCertificate, RequestId};
pub use settings::{Certificates, Lifetimes, Limits, Registration, Settings};
pub use time::{Clock, SystemClock, Timestamp, days, hours, minutes, seconds};
