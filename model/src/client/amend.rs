//! Changing what a client has registered.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, DbErr, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{Client, Metadata, event};
use crate::{Context, Fault, audit, change::Change, db::Tx, entity::client};

/// What was changed, for the history.
pub(super) struct Words {
    /// What of the client.
    pub what: &'static str,
    /// Into what; nothing if there is no more to say.
    pub how: String,
}

/// Changes a client's metadata, and what of its columns goes with that: `change` gets both as they are
/// now, and returns the words for the history. Nothing is changed if it refuses, or if the client
/// was deleted meanwhile.
///
/// # Errors
///
/// That of `change`; or when the database fails.
pub(super) async fn amend<E: From<Fault> + From<DbErr>>(
    tx: &Tx,
    ctx: &Context,
    actor: Option<Uuid>,
    id: Uuid,
    change: impl FnOnce(&mut Client, &mut Metadata) -> Result<Words, E> + Send,
) -> Result<(), E> {
    let Some(mut client) = client::Entity::find_by_id(id).one(tx).await? else { return Ok(()) };
    let mut metadata = Metadata::parse(&client.metadata);
    let Words { what, how } = change(&mut client, &mut metadata)?;
    let row = client::ActiveModel {
        metadata: Set(metadata.to_text()),
        id_token_alg: Set(client.id_token_alg),
        auth_method: Set(client.auth_method),
        updated_at: Set(ctx.now()),
        ..Default::default()
    };
    client::Entity::update_many().set(row).filter(client::Column::Id.eq(id)).exec(tx).await?;
    tx.changed(Change::Client(client.client_id.clone()));
    let mut detail = format!("Changed the {what} of the client {} ({})", client.description, client.client_id);
    if !how.is_empty() {
        detail.push_str("; ");
        detail.push_str(&how);
    }
    audit::record(tx, ctx, event("client.changed", actor, &client, detail)).await?;
    Ok(())
}
