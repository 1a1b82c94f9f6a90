//! The scope of the portal's own API.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let mut scope = Query::insert();
        scope.into_table("scopes").columns(["name", "category", "description", "consent_text", "audience", "position"]);
        scope.values_panic([
            "portal:read".into(),
            "Portico".into(),
            "Read which organizations the person belongs to, and their roles".into(),
            "See your organizations and your roles in them".into(),
            "users".into(),
            7.into(),
        ]);
        m.execute(scope).await
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.get_connection().execute_unprepared("DELETE FROM scopes WHERE name = 'portal:read'").await?;
        Ok(())
    }
}
