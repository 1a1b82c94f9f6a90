//! Extractors: what a handler names is there, loaded and permitted.
//!
//! [`Visitor`] is whoever asks; [`SignedIn`] sends others to sign in, [`Fresh`] those too whose
//! sign-in was long ago; [`Administrator`] does not exist for others; [`Member`] and [`With`]
//! yield the organization of the path `{org}`, which does not exist for others.

mod administrator;
mod cookie;
mod fresh;
mod member;
mod path;
mod visitor;

pub use administrator::Administrator;
pub use cookie::{Cookie, cookie};
pub use fresh::{Fresh, FreshAdministrator};
pub use member::{
    ManageClients, ManageMembers, ManageOrganization, ManageProducts, Member, OperateProducts, Requires, With,
};
pub use path::{id_in_path, text_in_path, uuid_in_path};
pub(crate) use visitor::THEME;
pub use visitor::{Browser, SignedIn, Theme, Visitor, organization_path};
