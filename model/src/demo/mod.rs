//! The demo world: two operators with subscribers, a developer with products and clients. Tests
//! and people rely on it, so it is the same everywhere.

mod facts;
mod world;

use sea_orm::{EntityTrait as _, PaginatorTrait as _};

use self::world::World;
use crate::{
    Context, Fault,
    entity::{fact, organization, user},
    password,
};

/// The password of every user of the demo world.
pub const PASSWORD: &str = "portico-demo";

/// The users of the demo world: address, name, whether a platform administrator.
pub const USERS: [(&str, &str, bool); 4] = [
    ("admin@portico.test", "Ada Admin", true),
    ("dev@portico.test", "Dev Eloper", false),
    ("staff@nordtel.test", "Nora Nordtel", false),
    ("staff@fjordmobil.test", "Finn Fjordmobil", false),
];

/// The phone number of the first subscriber of Nordtel.
pub const SUBSCRIBER: &str = "+46701740605";

/// The key pair of `demo-fapi` as a JSON Web Key, private part and all: the demo world is for
/// trying out. Its public part is registered.
pub const FAPI_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"iaJfyWhAhU2damU4PVs3Ontu7QT_iME_SnZ934OvV6I","y":"ytBic0DvZOKPet3jhrWwWx_uLYNjbnsRyaLGGPLY-6M","d":"yeFlRP4KQDvZv47WrrnThYtanYpeM4EdDMwuwR0GZ_I","alg":"ES256","use":"sig","kid":"demo-fapi-1"}"#;

/// The name of the fact that says that this is the demo world.
const FACT: &str = "demo_world";

/// Why the demo world was not created.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// It would mix with somebody's data.
    #[error("the database holds something already; the demo world wants an empty one")]
    NotEmpty,
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(DemoError);

/// Whether nobody has used this database yet: it has neither users nor organizations.
///
/// # Errors
///
/// When the database fails.
pub async fn is_empty(ctx: &Context) -> Result<bool, Fault> {
    let db = ctx.db().reader();
    Ok(user::Entity::find().count(db).await? == 0 && organization::Entity::find().count(db).await? == 0)
}

/// Whether this database holds the demo world.
///
/// # Errors
///
/// When the database fails.
pub async fn exists(ctx: &Context) -> Result<bool, Fault> {
    Ok(fact::Entity::find_by_id(FACT).one(ctx.db().reader()).await?.is_some())
}

/// Creates the demo world, all of it or nothing.
///
/// # Errors
///
/// [`DemoError::NotEmpty`] when the database holds anything else.
pub async fn create(ctx: &Context) -> Result<(), DemoError> {
    let mut hashes = Vec::with_capacity(USERS.len());
    for _ in USERS {
        hashes.push(password::hash(ctx, PASSWORD).await?);
    }
    ctx.db()
        .write((ctx.clone(), hashes), |tx, (ctx, hashes)| {
            Box::pin(async move {
                let used = user::Entity::find().count(tx).await? + organization::Entity::find().count(tx).await?;
                if used > 0 {
                    return Err(DemoError::NotEmpty);
                }
                World { tx, ctx, now: ctx.now() }.create(hashes).await?;
                Ok(())
            })
        })
        .await
}
