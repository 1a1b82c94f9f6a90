//! The staff of an operator, and what is offered to it. For others neither exists.

use std::ops::Deref;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use model::{
    Context, distribution, id,
    membership::Right,
    operator::{self, Offer, Operator},
};
use uuid::Uuid;

use crate::{
    AppState,
    error::PageError,
    extract::{Member, id_in_path},
    layout::{OrganizationTab, Page},
};

/// A member of the operator that the path names as `{org}`.
#[derive(Clone)]
pub struct AtOperator {
    /// Who asks.
    pub member: Member,
    /// The operator.
    pub operator: Operator,
}

impl AtOperator {
    /// The model.
    pub fn ctx(&self) -> &Context {
        self.member.ctx()
    }

    /// Who asks, for the audit log.
    pub const fn actor(&self) -> Option<Uuid> {
        Some(self.member.signed_in.id())
    }

    /// A path below the console's.
    pub fn path(&self, rest: &str) -> String {
        format!("/operators/{}{rest}", id::show(id::ORGANIZATION, self.operator.organization_id))
    }

    /// The path of a product in the console.
    pub fn product_path(&self, product: Uuid, rest: &str) -> String {
        self.path(&format!("/products/{}{rest}", id::show(id::PRODUCT, product)))
    }

    /// Why they may not decide, in words; nothing if they may.
    pub fn why_not(&self) -> Option<String> {
        let right = Right::OperateProducts;
        (!self.member.may(right)).then(|| {
            format!(
                "You are a {} of {}. Deciding takes the role {} or a higher one.",
                self.member.role.as_str(),
                self.operator.name,
                right.least_role().as_str()
            )
        })
    }

    /// A page of the console.
    pub fn page(&self, title: impl Into<String>) -> Page {
        Page::new(title).of(&self.member).organization_head(&self.member, OrganizationTab::Console)
    }
}

impl<S> FromRequestParts<S> for AtOperator
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let member = Member::from_request_parts(parts, state).await?;
        let operator = operator::find(member.ctx(), member.organization.id).await?.ok_or(PageError::NotFound)?;
        Ok(Self { member, operator })
    }
}

/// The product that the path names as `{product}`, as it is offered to the operator.
#[derive(Clone)]
pub struct AtOffer {
    /// The operator.
    pub at: AtOperator,
    /// The offer.
    pub offer: Offer,
    /// Whether it is theirs, so that somebody else has to enable it.
    own: bool,
}

impl Deref for AtOffer {
    type Target = AtOperator;

    fn deref(&self) -> &AtOperator {
        &self.at
    }
}

impl AtOffer {
    /// A path below the offer's.
    pub fn here(&self, rest: &str) -> String {
        self.at.product_path(self.offer.product.id, rest)
    }

    /// Why they may not enable it although their role would allow it, in words; nothing if they may.
    pub fn why_not_enable(&self) -> Option<String> {
        let (product, operator) = (&self.offer.product.name, &self.at.operator.name);
        self.own.then(|| {
            format!(
                "{product} is your own: you have offered it, or belong to {}. Somebody else at {operator} has to \
                 enable it.",
                self.offer.organization
            )
        })
    }
}

impl<S> FromRequestParts<S> for AtOffer
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let at = AtOperator::from_request_parts(parts, state).await?;
        let id = id_in_path(parts, "product", id::PRODUCT).await?;
        let operator = operator::of(at.operator.organization_id);
        let offer = operator.find(at.ctx(), id).await?.ok_or(PageError::NotFound)?;
        let user = at.member.signed_in.id();
        let own = distribution::is_own(at.ctx(), user, at.operator.organization_id, &offer.product).await?;
        Ok(Self { at, offer, own })
    }
}

/// The same, for members who may decide.
pub struct Decider(AtOffer);

impl Deref for Decider {
    type Target = AtOffer;

    fn deref(&self) -> &AtOffer {
        &self.0
    }
}

impl<S> FromRequestParts<S> for Decider
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let at = AtOffer::from_request_parts(parts, state).await?;
        at.member.need(Right::OperateProducts)?;
        Ok(Self(at))
    }
}
