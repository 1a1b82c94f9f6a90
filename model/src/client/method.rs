//! How a client proves who it is: which methods there are here, and choosing one.

use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{
    Client, ClientKind, Metadata,
    amend::{Words, amend},
    certificate::CertificateName,
    secrets::{NewSecret, end_all, forget, insert_secret},
};
use crate::{
    Certificates, Context, Fault,
    entity::{AuthMethod, client_key},
    secret::{Kind, Plain},
};

/// Whether a method is offered here: it is turned on, and what it needs can reach us.
#[must_use]
pub fn offered(ctx: &Context, method: AuthMethod) -> bool {
    match method {
        AuthMethod::SecretJwt => ctx.settings().client_secret_jwt,
        AuthMethod::TlsClientAuth => ctx.settings().certificates == Certificates::Judged,
        AuthMethod::SelfSignedTls => ctx.settings().certificates != Certificates::None,
        AuthMethod::Secret | AuthMethod::PrivateKeyJwt | AuthMethod::None => true,
    }
}

/// Why a client's method was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SetMethodError {
    /// The client cannot have it: its profile or its type has not, or it is not offered here.
    #[error("the client cannot have this method")]
    Unfit,
    /// The name in its certificate must be known before one of an authority counts.
    #[error("the name in the client's certificate is not registered")]
    Unnamed,
    /// It has nothing to sign with: no key is registered, nor where it publishes them.
    #[error("the client has no key")]
    Keyless,
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(SetMethodError);

/// Sets how a confidential client signs in. One that signs with its secret from now on gets a new one, this
/// once: of the older ones only the hashes are known, and they end. What it had to sign with is
/// forgotten when it does not any more.
///
/// # Errors
///
/// [`SetMethodError`].
pub async fn set_method(
    ctx: &Context,
    actor: Option<Uuid>,
    client: &Client,
    method: AuthMethod,
) -> Result<Option<Plain>, SetMethodError> {
    let public = (method == AuthMethod::None) != (client.kind == ClientKind::Public);
    if public || !offered(ctx, method) || !client.profile.rules().auth_methods.contains(&method) {
        return Err(SetMethodError::Unfit);
    }
    let secret = (ctx.new_id()?, Plain::generate(ctx, Kind::Client)?);
    let plain = secret.1.clone();
    let given = ctx
        .db()
        .write((ctx.clone(), actor, client.id, method, secret), |tx, (ctx, actor, id, method, (secret_id, secret))| {
            Box::pin(async move {
                let mut signs_anew = false;
                let registered = client_key::Entity::find().filter(client_key::Column::ClientId.eq(*id));
                let keys = registered.count(tx).await?;
                amend(tx, ctx, *actor, *id, |client, metadata| {
                    if *method == AuthMethod::TlsClientAuth && CertificateName::of(metadata).is_none() {
                        return Err(SetMethodError::Unnamed);
                    }
                    if method.needs_keys() && keys == 0 && metadata.jwks_uri.is_none() {
                        return Err(SetMethodError::Keyless);
                    }
                    signs_anew = *method == AuthMethod::SecretJwt && client.auth_method != *method;
                    if client.auth_method != *method {
                        registered_as(metadata, *method);
                    }
                    client.auth_method = *method;
                    Ok(Words { what: "method", how: method.as_str().to_owned() })
                })
                .await?;
                if signs_anew {
                    end_all(tx, ctx, *id).await?;
                    let (id, client, method, actor) = (*secret_id, *id, *method, *actor);
                    insert_secret(tx, ctx, NewSecret { id, client, method, label: "For signing", secret, actor })
                        .await?;
                } else if *method != AuthMethod::SecretJwt {
                    forget(tx, *id).await?;
                }
                Ok::<_, SetMethodError>(signs_anew)
            })
        })
        .await?;
    Ok(given.then_some(plain))
}

/// What a program is told that asks for its registration: not what it has said once.
fn registered_as(metadata: &mut Metadata, method: AuthMethod) {
    let name = match method {
        AuthMethod::Secret => "client_secret_basic",
        method => method.as_str(),
    };
    metadata.token_endpoint_auth_method = metadata.token_endpoint_auth_method.take().map(|_| name.to_owned());
    metadata.token_endpoint_auth_signing_alg = None;
}
