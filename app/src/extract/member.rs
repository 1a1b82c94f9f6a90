//! Permissions in an organization. Asking for one yields the loaded row.

use std::{marker::PhantomData, ops::Deref};

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use model::{
    Context, id,
    membership::{Belonging, Right, Role},
    organization::Organization,
};

use super::{SignedIn, Visitor, id_in_path, organization_path};
use crate::{AppState, error::PageError};

/// A member of the organization that the path names as `{org}`. For others it does not exist.
#[derive(Clone)]
pub struct Member {
    /// Who asks.
    pub signed_in: SignedIn,
    /// The organization.
    pub organization: Organization,
    /// Their role in it.
    pub role: Role,
}

impl Member {
    /// Takes whoever is signed in as a member of an organization of theirs. Extractors of what
    /// organizations own build on this.
    #[must_use]
    pub fn new(signed_in: SignedIn, belonging: Belonging) -> Self {
        Self { signed_in, organization: belonging.organization, role: belonging.role }
    }

    /// Whoever asks.
    #[must_use]
    pub const fn visitor(&self) -> &Visitor {
        &self.signed_in.visitor
    }

    /// The model.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        self.signed_in.ctx()
    }

    /// The path of the organization's page.
    #[must_use]
    pub fn path(&self) -> String {
        organization_path(self.organization.id)
    }

    /// Whether they have `right` here.
    #[must_use]
    pub const fn may(&self, right: Right) -> bool {
        self.role.may(right)
    }

    /// Refuses with a page that says which role could.
    ///
    /// # Errors
    ///
    /// When they do not have `right`.
    pub fn need(&self, right: Right) -> Result<(), PageError> {
        if self.may(right) {
            return Ok(());
        }
        Err(PageError::Forbidden { role: self.role, needed: right.least_role() })
    }
}

impl<S> FromRequestParts<S> for Member
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let id = id_in_path(parts, "org", id::ORGANIZATION).await?;
        let belonging = signed_in.visitor.belonging(id).cloned().ok_or(PageError::NotFound)?;
        Ok(Self::new(signed_in, belonging))
    }
}

/// A right as a type, for [`With`].
pub trait Requires: Send + Sync + 'static {
    /// The right.
    const RIGHT: Right;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Requires for $name {
            const RIGHT: Right = Right::$name;
        }
    )+};
}

rights! {
    /// See [`Right::ManageProducts`].
    ManageProducts,
    /// See [`Right::ManageClients`].
    ManageClients,
    /// See [`Right::OperateProducts`].
    OperateProducts,
    /// See [`Right::ManageMembers`].
    ManageMembers,
    /// See [`Right::ManageOrganization`].
    ManageOrganization,
}

/// A member of the path's organization who has the right `R`.
pub struct With<R> {
    member: Member,
    right: PhantomData<R>,
}

impl<R> With<R> {
    /// The member.
    #[must_use]
    pub fn into_member(self) -> Member {
        self.member
    }
}

impl<R> Deref for With<R> {
    type Target = Member;

    fn deref(&self) -> &Member {
        &self.member
    }
}

impl<S, R> FromRequestParts<S> for With<R>
where
    S: Send + Sync,
    AppState: FromRef<S>,
    R: Requires,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let member = Member::from_request_parts(parts, state).await?;
        member.need(R::RIGHT)?;
        Ok(Self { member, right: PhantomData })
    }
}
