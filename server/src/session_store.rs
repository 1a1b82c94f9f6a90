//! Joins `tower-sessions` and the model: the model keeps the sessions, this translates.

use async_trait::async_trait;
use model::{Context, Fault, Timestamp, session};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// Sessions of the portal, kept by [`model::session`].
#[derive(Clone)]
pub struct ModelStore {
    ctx: Context,
}

impl ModelStore {
    /// A store over the model.
    pub const fn new(ctx: Context) -> Self {
        Self { ctx }
    }
}

impl std::fmt::Debug for ModelStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ModelStore")
    }
}

#[async_trait]
impl SessionStore for ModelStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        while !session::create(&self.ctx, &record.id.to_string(), &record.data).await.map_err(failed)? {
            record.id = Id(i128::from_be_bytes(self.ctx.random().map_err(failed)?));
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        session::save(&self.ctx, &record.id.to_string(), &record.data).await.map_err(failed)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let loaded = session::load(&self.ctx, &id.to_string()).await.map_err(failed)?;
        Ok(loaded.map(|(data, ends)| Record { id: *id, data, expiry_date: moment(ends) }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        session::delete(&self.ctx, &id.to_string()).await.map_err(failed)
    }
}

fn moment(at: Timestamp) -> OffsetDateTime {
    at.to_offset()
}

fn failed(fault: Fault) -> Error {
    Error::Backend(fault.to_string())
}
