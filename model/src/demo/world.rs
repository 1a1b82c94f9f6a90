//! Its rows, written in one transaction.

use sea_orm::{ActiveValue::Set, EntityTrait as _};
use uuid::Uuid;

use super::{
    FACT, FAPI_KEY, USERS,
    facts::{
        ClientFacts, DEMO_APP, DEMO_CALL, DEMO_FAPI, DEMO_REPORTS, DEMO_SPA, DEMO_WEB, FJORDMOBIL, NORDTEL,
        OperatorFacts, ProductFacts, SCOPES, TRAFFIC_REPORTS, VOICEBOX, WORKBENCH,
    },
};
use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    change::Change,
    client::{
        Metadata,
        secrets::{NewSecret, insert_secret},
    },
    db::Tx,
    entity::{
        ClientState, DistributionState, OrganizationKind, Role, TokenFormat, client, client_key, client_uri,
        distribution, fact, membership, number_range, operator, organization, product, product_scope, scope,
        subscriber, user,
    },
    profile,
    secret::Plain,
};

/// How many subscribers each operator has, from the start of its range.
const SUBSCRIBERS: i64 = 10;

/// Where it comes into being.
pub(super) struct World<'a> {
    pub tx: &'a Tx,
    pub ctx: &'a Context,
    pub now: Timestamp,
}

impl World<'_> {
    pub(super) async fn create(&self, hashes: &[String]) -> Result<(), Fault> {
        self.scopes().await?;
        let mut people = Vec::with_capacity(USERS.len());
        for ((email, name, administrator), hash) in USERS.into_iter().zip(hashes) {
            people.push(self.user(email, name, administrator, hash).await?);
        }
        let &[_admin, dev, nora, finn] = people.as_slice() else {
            return Err(Fault::Stopped("the demo world has four users"));
        };
        profile::demo::fill(self.tx, self.ctx, dev).await?;

        let nordtel = self.operator(&NORDTEL, nora).await?;
        let fjordmobil = self.operator(&FJORDMOBIL, finn).await?;
        let acme = self.organization(OrganizationKind::Team, "Acme Voice", dev).await?;

        let voicebox = self.product(&VOICEBOX, acme, dev).await?;
        self.offer((voicebox, acme), (nordtel, NORDTEL.name), dev).await?;
        self.offer((voicebox, acme), (fjordmobil, FJORDMOBIL.name), dev).await?;
        self.enable((voicebox, acme), (nordtel, NORDTEL.name), nora).await?;
        self.client(&DEMO_WEB, (voicebox, acme), dev).await?;
        self.client(&DEMO_SPA, (voicebox, acme), dev).await?;
        self.client(&DEMO_CALL, (voicebox, acme), dev).await?;

        let reports = self.product(&TRAFFIC_REPORTS, acme, dev).await?;
        self.client(&DEMO_REPORTS, (reports, acme), dev).await?;

        let workbench = self.product(&WORKBENCH, acme, dev).await?;
        self.client(&DEMO_APP, (workbench, acme), dev).await?;
        let fapi = self.client(&DEMO_FAPI, (workbench, acme), dev).await?;
        self.key(fapi, dev).await?;

        let row = fact::ActiveModel { name: Set(FACT.to_owned()), value: Set(self.now.0.to_string()) };
        fact::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    async fn scopes(&self) -> Result<(), Fault> {
        let rows = (10..).zip(SCOPES).map(|(position, (name, category, description, consent_text, audience))| {
            scope::ActiveModel {
                name: Set((*name).to_owned()),
                category: Set((*category).to_owned()),
                description: Set((*description).to_owned()),
                consent_text: Set((*consent_text).to_owned()),
                audience: Set(*audience),
                position: Set(position),
                refreshable: Set(!name.starts_with("number-verification:")),
                resource: Set(None),
            }
        });
        scope::Entity::insert_many(rows).exec_without_returning(self.tx).await?;
        self.tx.changed(Change::Scopes);
        Ok(())
    }

    async fn user(&self, email: &str, name: &str, administrator: bool, hash: &str) -> Result<Uuid, Fault> {
        let id = self.ctx.new_id()?;
        let row = user::ActiveModel {
            id: Set(id),
            name: Set(name.to_owned()),
            email_key: Set(email.to_owned()),
            email: Set(email.to_owned()),
            email_verified_at: Set(Some(self.now)),
            password_hash: Set(hash.to_owned()),
            administrator: Set(administrator),
            created_at: Set(self.now),
            updated_at: Set(self.now),
            suspended_at: Set(None),
        };
        user::Entity::insert(row).exec_without_returning(self.tx).await?;
        self.organization(OrganizationKind::Personal, name, id).await?;
        Ok(id)
    }

    async fn organization(&self, kind: OrganizationKind, name: &str, owner: Uuid) -> Result<Uuid, Fault> {
        let id = self.ctx.new_id()?;
        let row = organization::ActiveModel {
            id: Set(id),
            kind: Set(kind),
            name: Set(name.to_owned()),
            personal_user_id: Set((kind == OrganizationKind::Personal).then_some(owner)),
            created_at: Set(self.now),
            updated_at: Set(self.now),
        };
        organization::Entity::insert(row).exec_without_returning(self.tx).await?;
        let row = membership::ActiveModel {
            organization_id: Set(id),
            user_id: Set(owner),
            role: Set(Role::Owner),
            created_at: Set(self.now),
        };
        membership::Entity::insert(row).exec_without_returning(self.tx).await?;
        let detail = format!("Created the organization {name}");
        self.record("organization.created", id, owner, ("organization", id), &detail).await?;
        Ok(id)
    }

    async fn operator(&self, facts: &OperatorFacts, owner: Uuid) -> Result<Uuid, Fault> {
        let id = self.organization(OrganizationKind::Operator, facts.name, owner).await?;
        let row = operator::ActiveModel {
            organization_id: Set(id),
            name: Set(facts.name.to_owned()),
            brand_color: Set(facts.colors.0.to_owned()),
            on_brand_color: Set(facts.colors.1.to_owned()),
            logo: Set(facts.logo.to_owned()),
            support_email: Set(facts.support.0.to_owned()),
            support_url: Set(Some(facts.support.1.to_owned())),
            created_at: Set(self.now),
            updated_at: Set(self.now),
        };
        operator::Entity::insert(row).exec_without_returning(self.tx).await?;
        let (first, last) = facts.range;
        let row = number_range::ActiveModel {
            id: Set(self.ctx.new_id()?),
            operator_id: Set(id),
            first: Set(first),
            last: Set(last),
        };
        number_range::Entity::insert(row).exec_without_returning(self.tx).await?;
        let mut subscribers = Vec::new();
        for number in first..first + SUBSCRIBERS {
            subscribers.push(subscriber::ActiveModel {
                id: Set(self.ctx.new_id()?),
                operator_id: Set(id),
                phone_number: Set(format!("+{number}")),
                created_at: Set(self.now),
                ended_at: Set(None),
            });
        }
        subscriber::Entity::insert_many(subscribers).exec_without_returning(self.tx).await?;
        Ok(id)
    }

    async fn product(&self, facts: &ProductFacts, owner: Uuid, by: Uuid) -> Result<Uuid, Fault> {
        let id = self.ctx.new_id()?;
        let row = product::ActiveModel {
            id: Set(id),
            organization_id: Set(owner),
            audience: Set(facts.audience),
            name: Set(facts.name.to_owned()),
            description: Set(facts.description.to_owned()),
            website: Set(Some("https://example.com/".to_owned())),
            terms_url: Set(Some("https://example.com/terms".to_owned())),
            privacy_url: Set(Some("https://example.com/privacy".to_owned())),
            support_email: Set(Some("support@acme-voice.test".to_owned())),
            logo: Set(Some(facts.logo.to_owned())),
            created_at: Set(self.now),
            updated_at: Set(self.now),
        };
        product::Entity::insert(row).exec_without_returning(self.tx).await?;
        let scopes = facts.scopes.iter().map(|(scope, optional)| product_scope::ActiveModel {
            product_id: Set(id),
            scope: Set((*scope).to_owned()),
            optional: Set(*optional),
        });
        product_scope::Entity::insert_many(scopes).exec_without_returning(self.tx).await?;
        let detail = format!("Created the product {}", facts.name);
        self.record("product.created", owner, by, ("product", id), &detail).await?;
        Ok(id)
    }

    async fn offer(
        &self,
        (product, owner): (Uuid, Uuid),
        (operator, name): (Uuid, &str),
        by: Uuid,
    ) -> Result<(), Fault> {
        let row = distribution::ActiveModel {
            product_id: Set(product),
            operator_id: Set(operator),
            state: Set(DistributionState::Offered),
            offered_at: Set(self.now),
            offered_by: Set(Some(by)),
            decided_at: Set(None),
            decided_by: Set(None),
        };
        distribution::Entity::insert(row).exec_without_returning(self.tx).await?;
        let detail = format!("Offered {} to {name}", VOICEBOX.name);
        self.record("product.offered", owner, by, ("product", product), &detail).await?;
        self.record("product.offered", operator, by, ("product", product), &detail).await
    }

    async fn enable(
        &self,
        (product, owner): (Uuid, Uuid),
        (operator, name): (Uuid, &str),
        by: Uuid,
    ) -> Result<(), Fault> {
        let row = distribution::ActiveModel {
            product_id: Set(product),
            operator_id: Set(operator),
            state: Set(DistributionState::Enabled),
            decided_at: Set(Some(self.now)),
            decided_by: Set(Some(by)),
            ..Default::default()
        };
        distribution::Entity::update(row).exec(self.tx).await?;
        let detail = format!("{name} enabled {}", VOICEBOX.name);
        self.record("product.enabled", owner, by, ("product", product), &detail).await?;
        self.record("product.enabled", operator, by, ("product", product), &detail).await
    }

    /// Registers the public part of [`FAPI_KEY`].
    async fn key(&self, client: Uuid, by: Uuid) -> Result<(), Fault> {
        let broken = || Fault::Stopped("the demo key is a key");
        let mut jwk: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(FAPI_KEY).map_err(|_| broken())?;
        jwk.remove("d");
        let key = crate::client::keys::public_key(&jwk.into()).map_err(|_| broken())?;
        let row = client_key::ActiveModel {
            id: Set(self.ctx.new_id()?),
            client_id: Set(client),
            label: Set("Demo".to_owned()),
            thumbprint: Set(key.identity()),
            kid: Set(key.kid),
            jwk: Set(key.jwk.to_string()),
            created_by: Set(Some(by)),
            created_at: Set(self.now),
            last_used_at: Set(None),
        };
        client_key::Entity::insert(row).exec_without_returning(self.tx).await?;
        Ok(())
    }

    async fn client(&self, facts: &ClientFacts, (product, owner): (Uuid, Uuid), by: Uuid) -> Result<Uuid, Fault> {
        let id = self.ctx.new_id()?;
        let metadata = Metadata {
            grant_types: facts.grant_types.iter().map(|&name| name.to_owned()).collect(),
            ..Metadata::default()
        };
        let row = client::ActiveModel {
            id: Set(id),
            product_id: Set(product),
            organization_id: Set(owner),
            client_id: Set(facts.client_id.to_owned()),
            description: Set(facts.description.to_owned()),
            profile: Set(facts.profile),
            kind: Set(facts.kind),
            token_format: Set(TokenFormat::Opaque),
            id_token_alg: Set(facts.profile.signing(None)),
            state: Set(ClientState::Active),
            auth_method: Set(facts.auth_method),
            metadata: Set(metadata.to_text()),
            created_by: Set(Some(by)),
            created_at: Set(self.now),
            updated_at: Set(self.now),
        };
        client::Entity::insert(row).exec_without_returning(self.tx).await?;
        for (position, (purpose, uri)) in (0..).zip(facts.uris) {
            let row = client_uri::ActiveModel {
                id: Set(self.ctx.new_id()?),
                client_id: Set(id),
                purpose: Set(*purpose),
                uri: Set((*uri).to_owned()),
                position: Set(position),
            };
            client_uri::Entity::insert(row).exec_without_returning(self.tx).await?;
        }
        if let Some(text) = facts.secret {
            let plain = Plain::chosen(text);
            let new = NewSecret {
                id: self.ctx.new_id()?,
                client: id,
                method: facts.auth_method,
                label: "Demo",
                secret: &plain,
                actor: Some(by),
            };
            insert_secret(self.tx, self.ctx, new).await?;
        }
        self.tx.changed(Change::Client(facts.client_id.to_owned()));
        let detail = format!("Registered the client {} ({})", facts.description, facts.client_id);
        self.record("client.created", owner, by, ("client", id), &detail).await?;
        Ok(id)
    }

    async fn record(
        &self,
        action: &'static str,
        organization: Uuid,
        actor: Uuid,
        (object_kind, object): (&'static str, Uuid),
        detail: &str,
    ) -> Result<(), Fault> {
        let event = Event {
            action,
            organization: Some(organization),
            actor: Some(actor),
            object_kind,
            object: Some(object),
            detail: detail.to_owned(),
        };
        audit::record(self.tx, self.ctx, event).await
    }
}
