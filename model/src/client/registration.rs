//! Registering a client and changing what was registered.

use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use uuid::Uuid;

use super::{
    Client, DESCRIPTION_LENGTH, Metadata, event,
    secrets::{NewSecret, forget, insert_secret},
};
use crate::{
    Context, Fault, audit,
    change::Change,
    db::Tx,
    entity::{
        Audience, AuthMethod, ClientKind, ClientState, Profile, TokenFormat, UriPurpose, client, client_uri, product,
        retired_client_id,
    },
    redirect_uri::{self, MOST, Problem, localhost_of},
    secret::{Kind, Plain, base62},
};

/// The lists of URIs of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uris {
    /// Where people return after signing in.
    pub login: Vec<String>,
    /// Where they return after taking a consent back.
    pub post_revoke: Vec<String>,
    /// Where they return after signing out.
    pub post_logout: Vec<String>,
}

impl Uris {
    /// One of the lists.
    #[must_use]
    pub const fn list(&self, purpose: UriPurpose) -> &Vec<String> {
        match purpose {
            UriPurpose::Login => &self.login,
            UriPurpose::PostRevoke => &self.post_revoke,
            UriPurpose::PostLogout => &self.post_logout,
        }
    }

    /// One of the lists, to fill it.
    pub const fn list_mut(&mut self, purpose: UriPurpose) -> &mut Vec<String> {
        match purpose {
            UriPurpose::Login => &mut self.login,
            UriPurpose::PostRevoke => &mut self.post_revoke,
            UriPurpose::PostLogout => &mut self.post_logout,
        }
    }
}

/// What a developer says about a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// For the team, to tell clients apart.
    pub description: String,
    /// Whether it can keep a secret. Fixed at registration.
    pub kind: ClientKind,
    /// The rules that it is held to.
    pub profile: Profile,
    /// Its URIs. Products for operators have none.
    pub uris: Uris,
}

/// What is wrong with a registration, all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invalid {
    /// With the description.
    pub description: Option<rules::text::Problem>,
    /// With one URI of a list, by its place in the list.
    pub uris: Vec<(UriPurpose, usize, Problem)>,
    /// With a list as a whole.
    pub lists: Vec<(UriPurpose, ListProblem)>,
    /// The profile is not for this kind of client.
    pub profile: bool,
}

/// What is wrong with a list of URIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListProblem {
    /// One is needed.
    Empty,
    /// More than [`MOST`].
    TooMany,
}

/// Why a client was not registered or changed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// What was said cannot be taken.
    #[error("the registration cannot be taken")]
    Invalid(Invalid),
    /// The form was sent before; this is what it made. Its secret is not shown again.
    #[error("the form was sent before")]
    Again(Box<Client>),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(RegisterError);

/// A client that was just registered.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The client.
    pub client: Client,
    /// Its first secret, this once. Public clients have none.
    pub secret: Option<Plain>,
}

struct Checked {
    description: String,
    uris: Vec<(UriPurpose, String)>,
}

fn check(audience: Audience, kind: ClientKind, description: &str, uris: &Uris) -> Result<Checked, Invalid> {
    let mut invalid = Invalid::default();
    let description = rules::text::line(description, DESCRIPTION_LENGTH);
    let mut checked = Vec::new();
    if audience.signs_in() {
        for purpose in UriPurpose::ALL.iter().copied() {
            let list = uris.list(purpose);
            if list.is_empty() && purpose == UriPurpose::Login {
                invalid.lists.push((purpose, ListProblem::Empty));
            }
            if list.len() > MOST {
                invalid.lists.push((purpose, ListProblem::TooMany));
            }
            for (row, result) in redirect_uri::check_all(list, localhost_of(kind)).into_iter().enumerate() {
                if let Err(problem) = result {
                    invalid.uris.push((purpose, row, problem));
                }
            }
            checked.extend(list.iter().map(|uri| (purpose, uri.clone())));
        }
    }
    match description {
        Err(problem) => invalid.description = Some(problem),
        Ok(description) if invalid == Invalid::default() => {
            return Ok(Checked { description: description.to_owned(), uris: checked });
        }
        Ok(_) => {}
    }
    Err(invalid)
}

pub(super) struct Registering {
    pub ctx: Context,
    pub actor: Option<Uuid>,
    pub client: Client,
    pub uris: Vec<(UriPurpose, String)>,
    pub secret: Option<(Uuid, Plain)>,
}

/// Registers a client of a product. `id` comes from the form ([`Context::new_id`]) and becomes the
/// key of the row, so that a form sent twice makes one client and shows its secret once.
///
/// # Errors
///
/// [`RegisterError::Invalid`] with everything that is wrong; [`RegisterError::Again`] for a form
/// that was sent before.
pub async fn register(
    ctx: &Context,
    actor: Option<Uuid>,
    product: &product::Model,
    id: Uuid,
    registration: &Registration,
) -> Result<Registered, RegisterError> {
    let Registration { description, kind, profile, uris } = registration;
    // Without people there is only client credentials, for which a secret or a key is needed.
    let kind = if product.audience.signs_in() { *kind } else { ClientKind::Confidential };
    let kind = match profile.rules().kinds {
        [only] => *only,
        _ => kind,
    };
    let checked = check(product.audience, kind, description, uris);
    let Checked { description, uris } = checked.map_err(RegisterError::Invalid)?;
    let auth_method = match kind {
        ClientKind::Public => AuthMethod::None,
        // A secret, or keys of its own where the profile has no secrets.
        ClientKind::Confidential => method_under(*profile, AuthMethod::Secret),
    };
    let secret = match auth_method {
        AuthMethod::Secret => Some((ctx.new_id()?, Plain::generate(ctx, Kind::Client)?)),
        _ => None,
    };
    let now = ctx.now();
    let client = Client {
        id,
        product_id: product.id,
        organization_id: product.organization_id,
        client_id: base62(&ctx.random::<16>()?, 22),
        description,
        profile: *profile,
        kind,
        token_format: TokenFormat::Opaque,
        id_token_alg: profile.signing(None),
        state: ClientState::Active,
        auth_method,
        metadata: Metadata::default().to_text(),
        created_by: actor,
        created_at: now,
        updated_at: now,
    };
    let registering = Registering { ctx: ctx.clone(), actor, client: client.clone(), uris, secret: secret.clone() };
    let written = ctx.db().write(registering, |tx, registering| Box::pin(register_in(tx, registering))).await;
    match written {
        Ok(()) => Ok(Registered { client, secret: secret.map(|(_, secret)| secret) }),
        Err(fault) if fault.violates("clients_pkey", "clients.id") => match super::of(product).find(ctx, id).await? {
            Some(client) => Err(RegisterError::Again(Box::new(client))),
            None => Err(RegisterError::Fault(fault)),
        },
        Err(fault) => Err(RegisterError::Fault(fault)),
    }
}

pub(super) async fn register_in(tx: &Tx, registering: &Registering) -> Result<(), Fault> {
    let Registering { ctx, actor, client, uris, secret } = registering;
    let retired = retired_client_id::Entity::find_by_id(client.client_id.as_str()).one(tx).await?;
    if retired.is_some() {
        return Err(Fault::Crypto("a random client id was given before"));
    }
    client::Entity::insert(client.clone().into_active_model()).exec_without_returning(tx).await?;
    insert_uris(tx, ctx, client.id, uris).await?;
    if let Some((id, secret)) = secret {
        let new =
            NewSecret { id: *id, client: client.id, method: client.auth_method, label: "First", secret, actor: *actor };
        insert_secret(tx, ctx, new).await?;
    }
    tx.changed(Change::Client(client.client_id.clone()));
    let detail = format!("Registered the client {} ({})", client.description, client.client_id);
    audit::record(tx, ctx, event("client.created", *actor, client, detail)).await?;
    Ok(())
}

pub(super) async fn insert_uris(
    tx: &Tx,
    ctx: &Context,
    client: Uuid,
    uris: &[(UriPurpose, String)],
) -> Result<(), Fault> {
    let mut rows = Vec::with_capacity(uris.len());
    for (position, (purpose, uri)) in uris.iter().enumerate() {
        rows.push(client_uri::ActiveModel {
            id: Set(ctx.new_id()?),
            client_id: Set(client),
            purpose: Set(*purpose),
            uri: Set(uri.clone()),
            position: Set(i32::try_from(position).unwrap_or(i32::MAX)),
        });
    }
    if !rows.is_empty() {
        client_uri::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// What can be changed about a client on its page.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'a> {
    /// For the team, to tell clients apart.
    pub description: &'a str,
    /// The rules that it is held to.
    pub profile: Profile,
    /// How its access tokens look from now on.
    pub token_format: TokenFormat,
    /// Its URIs.
    pub uris: &'a Uris,
}

struct Editing {
    ctx: Context,
    actor: Option<Uuid>,
    before: Client,
    description: String,
    profile: Profile,
    token_format: TokenFormat,
    uris: Vec<(UriPurpose, String)>,
}

/// Changes a client's description, profile, token format and URIs. Never touches its secrets or
/// the tokens that it has. Says how the client signs in from now on: as before, unless its new profile
/// has not that.
///
/// # Errors
///
/// [`RegisterError::Invalid`] with everything that is wrong.
pub async fn edit(
    ctx: &Context,
    actor: Option<Uuid>,
    product: &product::Model,
    client: &Client,
    changes: &Changes<'_>,
) -> Result<AuthMethod, RegisterError> {
    let Changes { description, profile, token_format, uris } = *changes;
    let checked = check(product.audience, client.kind, description, uris);
    let fits = profile.rules().kinds.contains(&client.kind);
    let Checked { description, uris } = match checked {
        Ok(checked) if fits => checked,
        Ok(_) => return Err(RegisterError::Invalid(Invalid { profile: true, ..Invalid::default() })),
        Err(invalid) => return Err(RegisterError::Invalid(Invalid { profile: !fits, ..invalid })),
    };
    let editing = Editing { ctx: ctx.clone(), actor, before: client.clone(), description, profile, token_format, uris };
    ctx.db().write(editing, |tx, editing| Box::pin(edit_in(tx, editing))).await?;
    Ok(method_under(profile, client.auth_method))
}

/// How a client signs in under a profile: as before, if the profile has that.
fn method_under(profile: Profile, before: AuthMethod) -> AuthMethod {
    let methods = profile.rules().auth_methods;
    if methods.contains(&before) { before } else { methods.first().copied().unwrap_or(before) }
}

async fn edit_in(tx: &Tx, editing: &Editing) -> Result<(), RegisterError> {
    let Editing { ctx, actor, before, description, profile, token_format, uris } = editing;
    let auth_method = method_under(*profile, before.auth_method);
    let row = client::ActiveModel {
        description: Set(description.clone()),
        profile: Set(*profile),
        token_format: Set(*token_format),
        id_token_alg: Set(profile.signing(Some(before.id_token_alg))),
        auth_method: Set(auth_method),
        updated_at: Set(ctx.now()),
        ..Default::default()
    };
    let updated = client::Entity::update_many().set(row).filter(client::Column::Id.eq(before.id)).exec(tx).await?;
    if updated.rows_affected != 1 {
        // Deleted meanwhile: nothing to change.
        return Ok(());
    }
    if auth_method != AuthMethod::SecretJwt {
        forget(tx, before.id).await?;
    }
    let old: Vec<String> = client_uri::Entity::find()
        .filter(client_uri::Column::ClientId.eq(before.id))
        .all(tx)
        .await?
        .into_iter()
        .map(|row| row.uri)
        .collect();
    client_uri::Entity::delete_many().filter(client_uri::Column::ClientId.eq(before.id)).exec(tx).await?;
    insert_uris(tx, ctx, before.id, uris).await?;
    tx.changed(Change::Client(before.client_id.clone()));

    let mut detail = format!("Changed the client {description} ({})", before.client_id);
    let added: Vec<&str> =
        uris.iter().map(|(_, uri)| uri.as_str()).filter(|uri| !old.iter().any(|o| o == uri)).collect();
    let removed: Vec<&str> =
        old.iter().map(String::as_str).filter(|uri| !uris.iter().any(|(_, new)| new == uri)).collect();
    for (words, list) in [("added", added), ("removed", removed)] {
        if !list.is_empty() {
            detail.push_str(&format!("; {words} {}", list.join(", ")));
        }
    }
    if *profile != before.profile {
        detail.push_str(&format!("; profile {}", profile.as_str()));
    }
    if auth_method != before.auth_method {
        detail.push_str(&format!("; method {}", auth_method.as_str()));
    }
    if *token_format != before.token_format {
        detail.push_str(&format!("; access tokens {}", token_format.as_str()));
    }
    audit::record(tx, ctx, event("client.changed", *actor, before, detail)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uris(login: &[&str]) -> Uris {
        Uris { login: login.iter().map(|uri| (*uri).to_owned()).collect(), ..Uris::default() }
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let mut given = uris(&["https://example.com/a", "http://example.com/b", "https://example.com/a"]);
        given.post_revoke.push("javascript:alert(1)".into());
        let invalid = check(Audience::Subscribers, ClientKind::Confidential, "", &given).err().unwrap();
        assert_eq!(invalid.description, Some(rules::text::Problem::Missing));
        assert_eq!(
            invalid.uris,
            [
                (UriPurpose::Login, 1, Problem::PlainHttp),
                (UriPurpose::Login, 2, Problem::Twice),
                (UriPurpose::PostRevoke, 0, Problem::DangerousScheme),
            ]
        );
    }

    #[test]
    fn a_product_for_subscribers_needs_a_login_uri_and_one_for_operators_has_none() {
        let invalid = check(Audience::Subscribers, ClientKind::Confidential, "Web", &Uris::default()).err().unwrap();
        assert_eq!(invalid.lists, [(UriPurpose::Login, ListProblem::Empty)]);
        let checked =
            check(Audience::Operators, ClientKind::Confidential, "Reports", &uris(&["http://ignored.example"]))
                .ok()
                .unwrap();
        assert!(checked.uris.is_empty());
    }

    #[test]
    fn the_exact_string_is_kept() {
        let checked = check(Audience::Subscribers, ClientKind::Confidential, "Web", &uris(&["https://Example.com"]))
            .ok()
            .unwrap();
        assert_eq!(checked.uris, [(UriPurpose::Login, "https://Example.com".to_owned())]);
    }
}
