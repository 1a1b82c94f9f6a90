//! Portico as a whole, from the outside: every test drives the real router on a database of its
//! own. Start at [`harness`].

mod accounts;
mod authorize;
mod clients;
mod concurrency;
mod counts;
mod durability;
mod harness;
mod libraries;
mod messages;
mod operators;
mod organizations;
mod platform;
mod products;
mod revocation;
mod subscriber;
mod token;
