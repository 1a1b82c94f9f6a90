//! The other providers that sign somebody in, on `/account/security`.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{
    Timestamp,
    factor::{self, FactorError},
    upstream::{self, Identity, Intent, Provider},
};
use serde::Deserialize;

use super::{HERE, MAILED, Which, left, refused, state};
use crate::{
    components::{
        form::ButtonForm,
        time::{Ago, Day},
    },
    error::PageError,
    extract::Fresh,
    form::{Form, Nothing},
    notice,
    pages::account::providers::send_out,
};

/// Nothing, if there is neither a provider nor a link.
pub(super) fn card(offered: Vec<Provider>, links: Vec<Identity>, now: Timestamp) -> Option<impl IntoView> {
    if offered.is_empty() && links.is_empty() {
        return None;
    }
    let some = !links.is_empty();
    let rows = links.into_iter().map(|link| row(&offered, link, now)).collect_view();
    let buttons = offered
        .into_iter()
        .map(|Provider { id, name, .. }| {
            view! {
                <ButtonForm action="/account/security/providers/link" fields=vec![("provider", id)]>
                    "Link " {name}
                </ButtonForm>
            }
        })
        .collect_view();
    Some(view! {
        <section class="card" aria-labelledby="providers">
            <div class="card__head">
                <h2 id="providers">"Other providers " {state(some)}</h2>
                <p>
                    "An account elsewhere that signs you in here. If you have an authenticator app or a passkey, we ask \
                     for that all the same."
                </p>
            </div>
            {some.then(|| view! { <ul class="factors">{rows}</ul> })}
            <div class="card__foot button-row">{buttons}</div>
        </section>
    })
}

/// What people call the provider of a link, or how it calls itself where it is not offered any more.
fn name_of(offered: &[Provider], link: &Identity) -> String {
    let provider = offered.iter().find(|provider| provider.issuer() == link.issuer);
    provider.map_or_else(|| link.issuer.clone(), |provider| provider.name.clone())
}

fn row(offered: &[Provider], link: Identity, now: Timestamp) -> impl IntoView + use<> {
    let name = name_of(offered, &link);
    let gone =
        offered.iter().all(|provider| provider.issuer() != link.issuer).then_some(" It is not offered here any more.");
    let named = format!(" {name} {}", link.account);
    view! {
        <li class="factors__row">
            <div>
                <h3>{name}</h3>
                <p>
                    {link.account} ", linked " <Day at=link.created_at/> ", "
                    {match link.last_used_at {
                        Some(at) => view! { "used " <Ago at=at now=now/> }.into_any(),
                        None => "not used since".into_any(),
                    }} "." {gone}
                </p>
            </div>
            <div class="button-row">
                <a
                    class="button button--small button--danger"
                    href=format!("/account/security/providers/unlink?id={}", link.id)
                >
                    "Unlink"
                    <span class="visually-hidden">{named}</span>
                </a>
            </div>
        </li>
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct LinkFields {
    provider: String,
}

pub(super) async fn link(fresh: Fresh, Form(fields): Form<LinkFields>) -> Result<Response, PageError> {
    let provider = upstream::find(fresh.ctx().settings(), &fields.provider).ok_or(PageError::NotFound)?;
    let intent = Intent::Link { user: fresh.id(), session: fresh.person.session };
    send_out(&fresh.visitor, provider, intent, HERE).await
}

pub(super) async fn ask(fresh: Fresh, Query(which): Query<Which>) -> Result<Response, PageError> {
    let ctx = fresh.ctx();
    let links = upstream::list(ctx, fresh.id()).await?;
    let link = links.into_iter().find(|link| link.id == which.id).ok_or(PageError::NotFound)?;
    let factors = factor::of(ctx, fresh.id()).await?;
    let (password, app) = (fresh.person.user.password().is_some(), factors.totp.is_some());
    let Some(left) = left(&fresh, password, app, factors.passkeys.len(), Some(link.id)).await? else {
        return refused(&fresh, FactorError::LastWay);
    };
    let name = name_of(&ctx.settings().providers, &link);
    let effects = vec![
        format!("{} does not sign you in any more, from this moment on.", link.account),
        left,
        "Other browsers that it has signed in are signed out.".to_owned(),
        MAILED.to_owned(),
    ];
    Ok(super::ask(&fresh, format!("Unlink {name}?"), effects, "Unlink"))
}

pub(super) async fn unlink(
    fresh: Fresh,
    Query(which): Query<Which>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    match upstream::unlink(fresh.ctx(), fresh.id(), fresh.person.session, which.id).await {
        Ok(Some(0)) => Ok(notice::done(&fresh.visitor, HERE, "It is unlinked, and does not sign you in any more.")),
        Ok(Some(_)) => {
            let words = "It is unlinked, and does not sign you in any more. Other browsers that it had signed in are \
                         signed out.";
            Ok(notice::done(&fresh.visitor, HERE, words))
        }
        Ok(None) => Err(PageError::NotFound),
        Err(error) => refused(&fresh, error),
    }
}
