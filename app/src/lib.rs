//! Portico's portal: pages, components and islands.
//!
//! Each page is an axum handler in [`pages`]. Its extractors ([`extract`]) yield what the person
//! may see, already loaded; it calls the model, and renders a whole document through
//! [`shell::Page`]. Forms are ordinary forms that post to their own page; islands only add to them.

// The types of views nest as deeply as the elements do.
#![recursion_limit = "512"]

pub mod components;
pub mod islands;

#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
pub mod extract;
#[cfg(feature = "ssr")]
pub mod form;
#[cfg(feature = "ssr")]
pub mod layout;
#[cfg(feature = "ssr")]
pub mod notice;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
mod state;
#[cfg(feature = "ssr")]
pub mod upload;

#[cfg(feature = "ssr")]
pub use state::{AppState, router};
