//! Who may do what with a product. Asking yields the loaded row.

use std::{future::Future, marker::PhantomData, ops::Deref};

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;
use model::{
    Context, Fault,
    client::{self, Client},
    id,
    membership::Right,
    product::{self, Product},
};
use uuid::Uuid;

use crate::{
    AppState,
    error::PageError,
    extract::{Member, Requires, SignedIn, id_in_path, text_in_path},
};

/// The product that the path names as `{product}`, for members of the organization that owns it.
/// For others it does not exist.
#[derive(Clone)]
pub struct AtProduct {
    /// Who asks, as a member of the organization.
    pub member: Member,
    /// The product.
    pub product: Product,
}

impl AtProduct {
    /// The model.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        self.member.ctx()
    }

    /// Who asks, for the audit log.
    #[must_use]
    pub const fn actor(&self) -> Option<Uuid> {
        Some(self.member.signed_in.id())
    }

    /// A path below the product's.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("{}{rest}", product_path(self.product.id))
    }

    /// Why they may not use `right` here, in words; nothing if they may.
    #[must_use]
    pub fn why_not(&self, right: Right) -> Option<String> {
        (!self.member.may(right)).then(|| {
            format!(
                "You are a {} of {}. Changing this takes the role {} or a higher one.",
                self.member.role.as_str(),
                self.member.organization.name,
                right.least_role().as_str()
            )
        })
    }
}

/// The path of a product.
#[must_use]
pub fn product_path(product: Uuid) -> String {
    format!("/products/{}", id::show(id::PRODUCT, product))
}

impl<S> FromRequestParts<S> for AtProduct
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let signed_in = SignedIn::from_request_parts(parts, state).await?;
        let id = id_in_path(parts, "product", id::PRODUCT).await?;
        let mine = product::among(&signed_in.visitor.organizations);
        let found = if signed_in.visitor.safe {
            mine.look_at(signed_in.ctx(), id).await?
        } else {
            mine.find(signed_in.ctx(), id).await?
        };
        let (product, belonging) = found.ok_or(PageError::NotFound)?;
        Ok(Self { member: Member::new(signed_in, belonging), product })
    }
}

/// The same, for members who have the right `R`.
pub struct ProductWith<R> {
    at: AtProduct,
    right: PhantomData<R>,
}

impl<R> Deref for ProductWith<R> {
    type Target = AtProduct;

    fn deref(&self) -> &AtProduct {
        &self.at
    }
}

impl<S, R> FromRequestParts<S> for ProductWith<R>
where
    S: Send + Sync,
    AppState: FromRef<S>,
    R: Requires,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let at = AtProduct::from_request_parts(parts, state).await?;
        at.member.need(R::RIGHT)?;
        Ok(Self { at, right: PhantomData })
    }
}

/// The client that the path names as `{client}`, of the product that it names as `{product}`.
#[derive(Clone)]
pub struct AtClient {
    /// The product.
    pub at: AtProduct,
    /// The client.
    pub client: Client,
}

impl AtClient {
    /// A path below the client's.
    pub fn path(&self, rest: &str) -> String {
        client_path(&self.at, self.client.id, rest)
    }
}

impl Deref for AtClient {
    type Target = AtProduct;

    fn deref(&self) -> &AtProduct {
        &self.at
    }
}

/// A path below a client's.
pub fn client_path(at: &AtProduct, client: Uuid, rest: &str) -> String {
    at.path(&format!("/clients/{}{rest}", id::show(id::CLIENT, client)))
}

impl<S> FromRequestParts<S> for AtClient
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let at = AtProduct::from_request_parts(parts, state).await?;
        let id = id_in_path(parts, "client", id::CLIENT).await?;
        let client = client::of(&at.product).find(at.ctx(), id).await?.ok_or(PageError::NotFound)?;
        Ok(Self { at, client })
    }
}

/// The same, for members who may manage clients.
pub struct ManagedClient(AtClient);

impl Deref for ManagedClient {
    type Target = AtClient;

    fn deref(&self) -> &AtClient {
        &self.0
    }
}

impl<S> FromRequestParts<S> for ManagedClient
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let at = AtClient::from_request_parts(parts, state).await?;
        at.member.need(Right::ManageClients)?;
        Ok(Self(at))
    }
}

/// Something that a client has several of: a secret, a key, an issuer that it trusts.
pub trait OfClient: Send + Sized {
    /// What the path calls it.
    const NAME: &'static str;

    /// Its id.
    fn id(&self) -> Uuid;

    /// All that the client has.
    fn all(ctx: &Context, client: &Client) -> impl Future<Output = Result<Vec<Self>, Fault>> + Send;
}

/// The one that the path names by its id, of a client that one may manage.
pub struct Managed<T> {
    /// The client.
    pub at: ManagedClient,
    /// What of it.
    pub one: T,
}

impl<S, T> FromRequestParts<S> for Managed<T>
where
    S: Send + Sync,
    AppState: FromRef<S>,
    T: OfClient,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let at = ManagedClient::from_request_parts(parts, state).await?;
        let id = Uuid::try_parse(&text_in_path(parts, T::NAME).await?).map_err(|_| PageError::NotFound)?;
        let all = T::all(at.ctx(), &at.client).await?;
        let one = all.into_iter().find(|one| one.id() == id).ok_or(PageError::NotFound)?;
        Ok(Self { at, one })
    }
}
