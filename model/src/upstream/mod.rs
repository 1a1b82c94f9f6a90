//! Signing in to the portal with another provider: any OpenID provider by its issuer, or a plain
//! OAuth server that tells who its user is.
//!
//! What a provider says is believed for one thing alone: that this is the account there which it
//! calls so (issuer and subject). An e-mail address is a word on a form, never a key: nobody gets
//! into an account here because a provider says that they have its address. Whoever has an account
//! shows that first, with what signs in to it, and then links the other one.
//!
//! Three proofs are passed on, and each is bound and used up once: the request in progress
//! (`upstream_requests`, by browser, for a link also by account and session), the code there, and
//! what was said of somebody whom nobody here knows ([`Proven`], by browser).

mod account;
mod exchange;
mod flow;
mod provider;
mod published;

pub use self::{
    account::{LinkError, Opened, Proven, has_account, link, list, open_account, proven, unlink},
    exchange::Failure,
    flow::{Answer, AnswerError, Answered, BeginError, Failed, Intent, Outcome, answered, begin, sweep},
    provider::{ClientAuth, Endpoints, Fields, Kind, Provider, find},
    published::examine,
};
pub(crate) use self::{
    account::{forget, in_place_of_password, is_linked, signs_in},
    published::Published,
};
pub use crate::entity::upstream_identity::Model as Identity;
