//! Who signs in: a subscriber with a phone number, or a portal user with an account. Consents,
//! grants and tokens are about either.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Context, Fault, Timestamp,
    cache::{self, Client, Product},
    change::RevokedKind,
    entity::{Audience, SubjectKind},
    pairwise,
};

/// Who a token is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A subscriber.
    Subscriber(Uuid),
    /// A portal user.
    User(Uuid),
}

impl Subject {
    /// As the tables hold it.
    #[must_use]
    pub const fn new(kind: SubjectKind, id: Uuid) -> Self {
        match kind {
            SubjectKind::Subscriber => Self::Subscriber(id),
            SubjectKind::User => Self::User(id),
        }
    }

    /// The row's id.
    #[must_use]
    pub const fn id(self) -> Uuid {
        match self {
            Self::Subscriber(id) | Self::User(id) => id,
        }
    }

    /// Of which kind.
    #[must_use]
    pub const fn kind(self) -> SubjectKind {
        match self {
            Self::Subscriber(_) => SubjectKind::Subscriber,
            Self::User(_) => SubjectKind::User,
        }
    }

    /// Whether products for `audience` are for such people.
    #[must_use]
    pub const fn fits(self, audience: Audience) -> bool {
        matches!((self, audience), (Self::Subscriber(_), Audience::Subscribers) | (Self::User(_), Audience::Users))
    }

    /// The `sub` towards a client (OpenID Connect Core, section 8): pairwise for subscribers, with
    /// the product as sector; for portal users as the client has registered, with the host of its
    /// `sector_identifier_uri` as sector, or else its product. Clients' ids cannot be one: they are
    /// shorter, or have a colon.
    #[must_use]
    pub fn sub(self, ctx: &Context, client: &Client) -> String {
        match self {
            Self::User(id) if !client.metadata.pairwise() => format!("usr_{}", id.simple()),
            Self::User(id) => {
                let sector = client.metadata.sector_identifier_uri.as_deref();
                let shared = sector.and_then(|uri| pairwise::in_sector(ctx, uri, id));
                shared.unwrap_or_else(|| pairwise::subject(ctx, client.product_id, id))
            }
            Self::Subscriber(id) => pairwise::subject(ctx, client.product_id, id),
        }
    }

    /// Whether everything issued about them until `at` was ended.
    #[must_use]
    pub fn ended_since(self, ctx: &Context, at: Timestamp) -> bool {
        ctx.caches().is_revoked(RevokedKind::Subscriber, self.id(), at)
    }
}

/// Someone who may use a product now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Their number, in E.164, for subscribers.
    pub phone_number: Option<String>,
}

/// Whether somebody exists, is not suspended, and may use the product: a subscriber's operator
/// decides that, and portal users decide for themselves.
///
/// # Errors
///
/// When the database fails.
pub async fn allowed(ctx: &Context, subject: Subject, product: &Product) -> Result<Option<Allowed>, Fault> {
    if !subject.fits(product.audience) {
        return Ok(None);
    }
    match subject {
        Subject::Subscriber(id) => {
            let subscriber = cache::subscriber(ctx, id).await?;
            Ok(subscriber
                .filter(|subscriber| subscriber.ended_at.is_none() && product.enabled_by(subscriber.operator_id))
                .map(|subscriber| Allowed { phone_number: Some(subscriber.phone_number.clone()) }))
        }
        Subject::User(id) => {
            let living = crate::user::may_sign_in(ctx, id).await?;
            Ok(living.then_some(Allowed { phone_number: None }))
        }
    }
}
