//! The demo world: two operators with subscribers, a developer with products and clients. Tests
//! and people rely on it, so it is the same everywhere.

use sea_orm::{ActiveValue::Set, EntityTrait as _, PaginatorTrait as _};
use uuid::Uuid;

use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    change::Change,
    client::{
        Metadata,
        grant_type::{AUTHORIZATION_CODE, CIBA, CLIENT_CREDENTIALS, DEVICE_CODE, REFRESH_TOKEN, TOKEN_EXCHANGE},
        secrets::{NewSecret, insert_secret},
    },
    db::Tx,
    entity::{
        Audience, AuthMethod, ClientKind, ClientState, DistributionState, OrganizationKind, Profile, Role,
        ScopeAudience, TokenFormat, UriPurpose, client, client_key, client_uri, distribution, fact, membership,
        number_range, operator, organization, product, product_scope, scope, subscriber, user,
    },
    password, profile,
    secret::Plain,
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

/// How many subscribers each operator has, from the start of its range.
const SUBSCRIBERS: i64 = 10;

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

struct World<'a> {
    tx: &'a Tx,
    ctx: &'a Context,
    now: Timestamp,
}

struct OperatorFacts {
    name: &'static str,
    colors: (&'static str, &'static str),
    logo: &'static str,
    support: (&'static str, &'static str),
    range: (i64, i64),
}

const NORDTEL: OperatorFacts = OperatorFacts {
    name: "Nordtel",
    colors: ("#0b3a5b", "#ffffff"),
    logo: "/operators/nordtel.svg",
    support: ("support@nordtel.test", "https://example.com/nordtel/help"),
    range: (46_701_740_605, 46_701_740_699),
};

const FJORDMOBIL: OperatorFacts = OperatorFacts {
    name: "Fjordmobil",
    colors: ("#f4c430", "#10243e"),
    logo: "/operators/fjordmobil.svg",
    support: ("support@fjordmobil.test", "https://example.com/fjordmobil/help"),
    range: (4_790_000_000, 4_790_000_099),
};

struct ProductFacts {
    audience: Audience,
    name: &'static str,
    description: &'static str,
    logo: &'static str,
    /// Name, and whether subscribers may leave it out.
    scopes: &'static [(&'static str, bool)],
}

const VOICEBOX: ProductFacts = ProductFacts {
    audience: Audience::Subscribers,
    name: "Voicebox",
    description: "Your voicemail in your pocket: listen to messages in any order, and keep the ones that matter.",
    logo: "/products/voicebox.svg",
    scopes: &[("openid", false), ("phone", false), ("offline_access", false), ("voicemail.get", true)],
};

const TRAFFIC_REPORTS: ProductFacts = ProductFacts {
    audience: Audience::Operators,
    name: "Traffic Reports",
    description: "How much your network carries, hour by hour, in the tools that you already use.",
    logo: "/products/traffic-reports.svg",
    scopes: &[("metrics.read", false)],
};

struct ClientFacts {
    client_id: &'static str,
    description: &'static str,
    profile: Profile,
    kind: ClientKind,
    auth_method: AuthMethod,
    secret: Option<&'static str>,
    /// Those that it may use; without, those that every client has.
    grant_types: &'static [&'static str],
    uris: &'static [(UriPurpose, &'static str)],
}

const WORKBENCH: ProductFacts = ProductFacts {
    audience: Audience::Users,
    name: "Workbench",
    description: "Plan, test and watch your integrations in one place, signed in with your portal account.",
    logo: "/products/workbench.svg",
    scopes: &[
        ("openid", false),
        ("profile", false),
        ("email", false),
        ("address", false),
        ("phone", false),
        ("offline_access", false),
    ],
};

const DEMO_WEB: ClientFacts = ClientFacts {
    client_id: "demo-web",
    description: "Voicebox web server",
    profile: Profile::Classic,
    kind: ClientKind::Confidential,
    auth_method: AuthMethod::Secret,
    secret: Some("demo-web-secret"),
    grant_types: &[],
    uris: &[
        (UriPurpose::Login, "https://example.com/callback"),
        (UriPurpose::Login, "http://127.0.0.1:8765/callback"),
        (UriPurpose::PostRevoke, "https://example.com/revoke"),
        (UriPurpose::PostLogout, "https://example.com/"),
    ],
};

const DEMO_SPA: ClientFacts = ClientFacts {
    client_id: "demo-spa",
    description: "Voicebox in the browser",
    profile: Profile::Standard,
    kind: ClientKind::Public,
    auth_method: AuthMethod::None,
    secret: None,
    grant_types: &[AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE],
    uris: &[(UriPurpose::Login, "http://127.0.0.1:8766/callback")],
};

const DEMO_CALL: ClientFacts = ClientFacts {
    client_id: "demo-call",
    description: "Voicebox hotline",
    profile: Profile::Standard,
    kind: ClientKind::Confidential,
    auth_method: AuthMethod::Secret,
    secret: Some("demo-call-secret"),
    grant_types: &[AUTHORIZATION_CODE, REFRESH_TOKEN, CIBA],
    uris: &[(UriPurpose::Login, "https://example.com/callback")],
};

const DEMO_APP: ClientFacts = ClientFacts {
    client_id: "demo-app",
    description: "Workbench web server",
    profile: Profile::Standard,
    kind: ClientKind::Confidential,
    auth_method: AuthMethod::Secret,
    secret: Some("demo-app-secret"),
    grant_types: &[AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS, DEVICE_CODE, TOKEN_EXCHANGE],
    uris: &[
        (UriPurpose::Login, "http://127.0.0.1:8765/callback"),
        (UriPurpose::Login, "https://example.com/callback"),
        (UriPurpose::PostLogout, "https://example.com/"),
    ],
};

const DEMO_FAPI: ClientFacts = ClientFacts {
    client_id: "demo-fapi",
    description: "Workbench for banks",
    profile: Profile::Fapi2,
    kind: ClientKind::Confidential,
    auth_method: AuthMethod::PrivateKeyJwt,
    secret: None,
    grant_types: &[],
    uris: &[
        (UriPurpose::Login, "http://127.0.0.1:8765/callback"),
        (UriPurpose::Login, "https://example.com/callback"),
        (UriPurpose::PostLogout, "https://example.com/"),
    ],
};

/// The key pair of `demo-fapi` as a JSON Web Key, private part and all: the demo world is for
/// trying out. Its public part is registered.
pub const FAPI_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"iaJfyWhAhU2damU4PVs3Ontu7QT_iME_SnZ934OvV6I","y":"ytBic0DvZOKPet3jhrWwWx_uLYNjbnsRyaLGGPLY-6M","d":"yeFlRP4KQDvZv47WrrnThYtanYpeM4EdDMwuwR0GZ_I","alg":"ES256","use":"sig","kid":"demo-fapi-1"}"#;

const DEMO_REPORTS: ClientFacts = ClientFacts {
    client_id: "demo-reports",
    description: "Report collector",
    profile: Profile::Standard,
    kind: ClientKind::Confidential,
    auth_method: AuthMethod::Secret,
    secret: Some("demo-reports-secret"),
    grant_types: &[],
    uris: &[],
};

/// The scopes of the demo API: name, category, what developers read, what subscribers read, who
/// can enable it. Those of number verification (CAMARA) give no refresh token: they are about the
/// device that is in the hand now.
const SCOPES: &[(&str, &str, &str, &str, ScopeAudience)] = &[
    (
        "sms.text:send_from_subscriber",
        "SMS",
        "Send a text message as the subscriber",
        "Send text messages in your name",
        ScopeAudience::Subscribers,
    ),
    (
        "sms.text:send_to_subscriber",
        "SMS",
        "Send a text message to the subscriber",
        "Send you text messages",
        ScopeAudience::Subscribers,
    ),
    (
        "sms.data:send_to_subscriber",
        "SMS",
        "Send a binary message to the subscriber",
        "Send data messages to your phone",
        ScopeAudience::Subscribers,
    ),
    (
        "voicemail.get",
        "Voicemail",
        "List and fetch voicemail messages",
        "Listen to your voicemail messages",
        ScopeAudience::Subscribers,
    ),
    (
        "voicemail.update",
        "Voicemail",
        "Mark voicemail messages as read, reset the greeting",
        "Mark your voicemail messages as heard",
        ScopeAudience::Subscribers,
    ),
    (
        "voicemail.delete",
        "Voicemail",
        "Delete voicemail messages",
        "Delete your voicemail messages",
        ScopeAudience::Subscribers,
    ),
    (
        "callforwarding.to_voicemail",
        "Call",
        "Forward calls to voicemail",
        "Forward your calls to voicemail",
        ScopeAudience::Subscribers,
    ),
    (
        "callforwarding.to_number",
        "Call",
        "Forward calls to another number",
        "Forward your calls to another number",
        ScopeAudience::Subscribers,
    ),
    (
        "callforwarding.disable",
        "Call",
        "Turn call forwarding off",
        "Turn off call forwarding",
        ScopeAudience::Subscribers,
    ),
    (
        "subscription.handset_details:read",
        "Subscription",
        "Learn when the subscriber changes the handset",
        "Know which phone you use",
        ScopeAudience::Both,
    ),
    (
        "subscription.country_change:read",
        "Subscription",
        "Learn when the subscriber changes country",
        "Know which country you are in",
        ScopeAudience::Both,
    ),
    (
        "subscription.consent:read",
        "Subscription",
        "Read the consents of subscribers",
        "Know which products you use",
        ScopeAudience::Operators,
    ),
    (
        "products.tenant:read",
        "Products",
        "List the products of an operator",
        "List the products of your operator",
        ScopeAudience::Operators,
    ),
    (
        "metrics.read",
        "Metrics",
        "Collect metrics of the operator's traffic",
        "Read figures about your operator's traffic",
        ScopeAudience::Operators,
    ),
    (
        "number-verification:verify",
        "Number verification",
        "Verify that a number is the one of the device",
        "Check that this device has your phone number",
        ScopeAudience::Subscribers,
    ),
    (
        "number-verification:device-phone-number:read",
        "Number verification",
        "Read the number of the device",
        "Read the phone number of this device",
        ScopeAudience::Subscribers,
    ),
];

impl World<'_> {
    async fn create(&self, hashes: &[String]) -> Result<(), Fault> {
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
