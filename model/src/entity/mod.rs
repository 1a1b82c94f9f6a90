//! The tables as types. Their meaning and rules are in the modules that own them.

pub mod api;
pub mod audit_event;
pub mod backchannel_request;
pub mod client;
pub mod client_issuer;
pub mod client_key;
pub mod client_registration;
pub mod client_secret;
pub mod client_uri;
pub mod consent;
pub mod delivery;
pub mod device_request;
pub mod distribution;
pub mod fact;
pub mod grant;
pub mod initial_access_token;
pub mod invitation;
pub mod key;
pub mod limit;
pub mod link;
pub mod logo;
pub mod membership;
pub mod message;
pub mod number_range;
pub mod operator;
pub mod organization;
pub mod passkey;
pub mod picture;
pub mod pin_challenge;
pub mod product;
pub mod product_scope;
pub mod profile;
pub mod pushed_request;
pub mod recovery_code;
pub mod retired_client_id;
pub mod revocation;
pub mod revoke_link;
pub mod scope;
pub mod session;
pub mod spent;
pub mod spent_challenge;
pub mod subscriber;
pub mod totp_factor;
pub mod upstream_identity;
pub mod upstream_request;
pub mod user;
mod values;

pub use values::{
    AnswerState, Audience, AuthMethod, Channel, ClientKind, ClientState, DistributionState, LinkPurpose, MessageState,
    OrganizationKind, Profile, Role, ScopeAudience, SigningAlg, SubjectKind, TokenFormat, UriPurpose,
};
