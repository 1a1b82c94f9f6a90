//! `/admin/keys`: the keys that sign and seal, and what can be done to them.

use axum::{
    extract::{FromRef, FromRequestParts},
    response::{Redirect, Response},
};
use http::request::Parts;
use leptos::prelude::*;
use model::{
    Timestamp,
    entity::SigningAlg,
    key::{self, KeyError, KeyState, Listed},
};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    AppState,
    components::{
        form::ButtonForm,
        icon::{Glyph, Icon},
        misc::State,
        table::CardTable,
        time::Moment,
    },
    error::PageError,
    extract::{Administrator, text_in_path},
    form::{Form, Nothing},
    layout::{Page, PageHead},
    notice::{self, Tone},
};

/// The page's own path.
pub const PATH: &str = "/admin/keys";

/// The key that the path names as `{key}`, for an administrator.
pub struct AtKey {
    pub administrator: Administrator,
    pub key: Listed,
}

impl<S> FromRequestParts<S> for AtKey
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let administrator = Administrator::from_request_parts(parts, state).await?;
        let id = Uuid::try_parse(&text_in_path(parts, "key").await?).map_err(|_| PageError::NotFound)?;
        let key = key::find(administrator.ctx(), id).await?.ok_or(PageError::NotFound)?;
        Ok(Self { administrator, key })
    }
}

/// What a key is for, in words.
pub fn purpose(key: &Listed) -> String {
    if SigningAlg::parse(&key.purpose).is_some() { key.purpose.clone() } else { "Sealing".to_owned() }
}

pub async fn page(administrator: Administrator) -> Result<Response, PageError> {
    let ctx = administrator.ctx();
    let keys = key::list(ctx).await?;
    let now = ctx.now();
    let page = Page::new("Keys").wide().crumb("Keys");
    Ok(page.render(&administrator.visitor, move || {
        let rows = keys.into_iter().map(|key| row(key, now)).collect_view();
        view! {
            <PageHead
                title="Keys"
                id="keys"
                lead="What signs tokens and seals what travels. They rotate by themselves: the next one is published a week before its use, a retired one until the last thing that it signed has expired, and an hour more. Its public half stays here as long as a session lives, since clients show old ID tokens as hints when somebody signs out."
            >
                <ButtonForm action="/admin/keys/rotate">
                    <Icon glyph=Glyph::Refresh/>
                    "Rotate all now"
                </ButtonForm>
            </PageHead>
            <CardTable heading="keys" columns=&["Key", "Use", "State", "Created", "Active from", "Gone"]>
                {rows}
            </CardTable>
        }
    }))
}

fn row(key: Listed, now: Timestamp) -> impl IntoView {
    let id = key.id.to_string();
    let purpose = purpose(&key);
    let named = format!(" the {purpose} key {id}");
    let (rotate_named, retire_named) = (named.clone(), named.clone());
    let gone = key.expires_at.filter(|at| *at > now);
    let actions = view! {
        {(key.state == KeyState::Signing && key.purpose != purpose_of_seal())
            .then(|| {
                view! {
                    <ButtonForm
                        action="/admin/keys/rotate"
                        class="button button--small"
                        fields=vec![("alg", key.purpose.clone())]
                    >
                        "Rotate"
                        <span class="visually-hidden">{rotate_named}</span>
                    </ButtonForm>
                }
            })}
        {matches!(key.state, KeyState::Next | KeyState::Signing)
            .then(|| {
                view! {
                    <ButtonForm action=format!("{PATH}/{id}/retire") class="button button--small">
                        "Retire"
                        <span class="visually-hidden">{retire_named}</span>
                    </ButtonForm>
                }
            })}
        <a class="button button--small button--danger" href=format!("{PATH}/{id}/pull")>
            "Pull"
            <span class="visually-hidden">{named}</span>
        </a>
    };
    view! {
        <tr role="row">
            <th scope="row" role="rowheader"><code>{id.clone()}</code></th>
            <td role="cell" data-label="Use">{purpose}</td>
            <td role="cell" data-label="State">{state(key.state)}</td>
            <td role="cell" data-label="Created" class="nowrap"><Moment at=key.created_at/></td>
            <td role="cell" data-label="Active from" class="nowrap"><Moment at=key.active_from/></td>
            <td role="cell" data-label="Gone" class="nowrap">
                {match gone {
                    Some(at) => view! { <Moment at=at/> }.into_any(),
                    None => "–".into_any(),
                }}
            </td>
            <td role="cell" class="actions">{actions}</td>
        </tr>
    }
}

/// Sealing keys rotate with all the others.
const fn purpose_of_seal() -> &'static str {
    "seal"
}

fn state(state: KeyState) -> impl IntoView {
    match state {
        KeyState::Next => view! { <State kind="pending" text="Next"/> },
        KeyState::Signing => view! { <State kind="active" text="Signing"/> },
        KeyState::Retired => view! { <State kind="disabled" text="Retired"/> },
        KeyState::Former => view! { <State kind="disabled" text="For hints"/> },
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Which {
    alg: String,
}

pub async fn rotate(administrator: Administrator, Form(which): Form<Which>) -> Result<Response, PageError> {
    let alg = match which.alg.as_str() {
        "" => None,
        text => Some(SigningAlg::parse(text).ok_or(PageError::BadRequest)?),
    };
    key::rotate(administrator.ctx(), Some(administrator.user.id), alg).await?;
    let text = match alg {
        Some(alg) => format!("There is a new {} key. The one before it stays published.", alg.as_str()),
        None => "There are new keys. Those before them stay published.".to_owned(),
    };
    Ok(notice::done(&administrator.visitor, PATH, &text))
}

pub async fn retire(at: AtKey, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    let AtKey { administrator, key } = at;
    let visitor = &administrator.visitor;
    match key::retire(administrator.ctx(), Some(administrator.user.id), key.id).await {
        Ok(()) => {
            let text = match key.state {
                KeyState::Next => "The key is withdrawn. It has signed nothing.",
                _ => "The key is retired. What it signed stays good until it expires.",
            };
            Ok(notice::done(visitor, PATH, text))
        }
        Err(error) => refused(visitor, error),
    }
}

/// What to say when a key has changed meanwhile.
pub fn refused(visitor: &crate::extract::Visitor, error: KeyError) -> Result<Response, PageError> {
    match error {
        KeyError::Unknown => Err(PageError::NotFound),
        KeyError::Retired => Ok(notice::go(visitor, PATH, Tone::Info, "That key is retired already.")),
        KeyError::Reason => Err(PageError::BadRequest),
        KeyError::Fault(fault) => Err(fault.into()),
    }
}

pub async fn back() -> Redirect {
    Redirect::to(PATH)
}
