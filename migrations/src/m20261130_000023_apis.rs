//! APIs as rows: how tokens for each look, and who runs it.

use sea_orm_migration::{
    prelude::*,
    schema::*,
    sea_orm::{Statement, prelude::Uuid},
};

use crate::m20261121_000001_accounts::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The ids of those that there are already begin here, before whatever a clock gives.
const FIRST: u128 = 0x0000_0000_0000_7000_8000_0000_0000_0001;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("apis")
                .col(pk_uuid("id"))
                .col(string("name"))
                // What `scopes.resource` names it by.
                .col(string("resource").unique_key())
                // As the client's without.
                .col(string_null("token_format"))
                // Whose clients may introspect tokens for it, beside those of the token's client.
                .col(uuid_null("organization_id"))
                .col(big_integer("created_at"))
                .foreign_key(
                    ForeignKey::create()
                        .from("apis", "organization_id")
                        .to("organizations", "id")
                        .on_delete(ForeignKeyAction::SetNull),
                )
                .to_owned(),
        )
        .await?;
        index(m, "scopes", "scopes_resource", &["resource"]).await?;

        let db = m.get_connection();
        let sql = "SELECT DISTINCT resource FROM scopes WHERE resource IS NOT NULL ORDER BY resource";
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
        for (id, row) in (FIRST..).zip(rows) {
            let resource: String = row.try_get("", "resource")?;
            let name = if resource == "/api/v1" { "Portico".to_owned() } else { resource.clone() };
            let mut api = Query::insert();
            api.into_table("apis").columns(["id", "name", "resource", "created_at"]);
            api.values_panic([Uuid::from_u128(id).into(), name.into(), resource.into(), 0.into()]);
            m.execute(api).await?;
        }
        Ok(())
    }

    async fn down(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.drop_index(Index::drop().name("scopes_resource").table("scopes").to_owned()).await?;
        m.drop_table(Table::drop().table("apis").to_owned()).await
    }
}
