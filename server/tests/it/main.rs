//! Portico as a whole, from the outside: every test drives the real router on a database of its
//! own. Start at [`harness`].

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking; what its helpers find missing is its failure too"
)]

mod abuse;
mod accounts;
mod addresses;
mod algorithms;
mod api;
mod apis;
mod applications;
mod authenticator;
mod authorize;
mod authorized;
mod belonging;
mod ciba;
mod claims;
mod client_tokens;
mod clients;
mod concurrency;
mod counts;
mod deliveries;
mod device;
mod documents;
mod durability;
mod elsewhere;
mod exchange;
mod fapi;
mod guides;
mod harness;
mod histories;
mod jwt_bearer;
mod key_place;
mod key_sets;
mod keys;
mod languages;
mod libraries;
mod limits;
mod logos;
mod logout;
mod memory;
mod messages;
mod metadata;
mod metadata_documents;
mod mid_flow;
mod mutual;
mod nodes;
mod nonces;
mod number_verification;
mod operators;
mod organizations;
mod outgoing;
mod ownership;
mod paging;
mod passkeys;
mod phone_proof;
mod platform;
mod products;
mod profiles;
mod properties;
mod protocol;
mod proxies;
mod quick_start;
mod registration;
mod registration_tokens;
mod request_uris;
mod resources;
mod revocation;
mod revoke_link;
mod second_factor;
mod secret_jwt;
mod sign_in;
mod step_up;
mod subscriber;
mod takeover;
mod tls;
mod token;
mod upstream;
mod wire;
