//! `/admin/keys`: the keys that sign and seal, and what can be done to them.

use axum::{
    extract::{FromRef, FromRequestParts, Query},
    response::Response,
};
use http::request::Parts;
use leptos::prelude::*;
use model::{
    Timestamp,
    entity::SigningAlg,
    key::{self, KeyError, KeyState, Listed},
};
use serde::Deserialize;

use super::page as frame;
use crate::{
    AppState,
    components::{
        icon::{Glyph, Icon},
        misc::State,
        table::CardTable,
        time::{Day, Moment},
    },
    error::PageError,
    extract::{Administrator, FreshAdministrator, uuid_in_path},
    form::{Form, Nothing},
    layout::PageHead,
    notice::{self, Tone},
    pages::product::Confirm,
};

/// The page's own path.
pub const PATH: &str = "/admin/keys";

/// The key that the path names as `{key}`, for an administrator who has signed in a moment ago.
pub struct AtKey {
    pub administrator: FreshAdministrator,
    pub key: Listed,
}

impl<S> FromRequestParts<S> for AtKey
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let administrator = FreshAdministrator::from_request_parts(parts, state).await?;
        let id = uuid_in_path(parts, "key").await?;
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
    Ok(frame("Keys", "keys").crumb("Keys").render(&administrator.visitor, move || {
        let rows = keys.into_iter().map(|key| row(key, now)).collect_view();
        view! {
            <PageHead
                title="Keys"
                id="keys"
                lead="What signs tokens and seals what travels. They rotate by themselves: the next one is published a week before its use, a retired one until the last thing that it signed has expired, and an hour more. Its public half stays here as long as a session lives, since clients show old ID tokens as hints when somebody signs out."
            >
                <a class="button" href="/admin/keys/rotate">
                    <Icon glyph=Glyph::Refresh/>
                    "Rotate all now"
                </a>
            </PageHead>
            <CardTable heading="keys" columns=&["Key", "State", "When"]>
                {rows}
            </CardTable>
        }
    }))
}

fn row(key: Listed, now: Timestamp) -> impl IntoView {
    let id = key.id.to_string();
    let purpose = purpose(&key);
    // Sealing keys rotate with all the others, or retire alone.
    let seals = SigningAlg::parse(&key.purpose).is_none();
    let named = format!(" the {purpose} key {id}");
    let (rotate_named, retire_named) = (named.clone(), named.clone());
    let gone = key.expires_at.filter(|at| *at > now);
    let actions = view! {
        {(key.state == KeyState::Signing && !seals)
            .then(|| {
                view! {
                    <a class="button button--small" href=format!("{PATH}/rotate?alg={}", key.purpose)>
                        "Rotate"
                        <span class="visually-hidden">{rotate_named}</span>
                    </a>
                }
            })}
        // One that signs retires when it is rotated.
        {(key.state == KeyState::Next || key.state == KeyState::Signing && seals)
            .then(|| {
                view! {
                    <a class="button button--small" href=format!("{PATH}/{id}/retire")>
                        {if seals { "Retire" } else { "Withdraw" }}
                        <span class="visually-hidden">{retire_named}</span>
                    </a>
                }
            })}
        <a class="button button--small button--danger" href=format!("{PATH}/{id}/pull")>
            "Pull"
            <span class="visually-hidden">{named}</span>
        </a>
    };
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <div class="cell-main">
                    <strong>{purpose}</strong>
                    <small><code>{id.clone()}</code></small>
                </div>
            </th>
            <td role="cell" data-label="State">{state(key.state)}</td>
            <td role="cell" data-label="When">
                <div class="cell-main">
                    <span>"Active from " <Moment at=key.active_from/></span>
                    {gone.map(|at| view! { <span>"Gone " <Moment at=at/></span> })}
                    <small>"Created " <Day at=key.created_at/></small>
                </div>
            </td>
            <td role="cell" class="actions">{actions}</td>
        </tr>
    }
}

fn state(state: KeyState) -> impl IntoView {
    match state {
        KeyState::Next => view! { <State kind="pending" text="Next"/> },
        KeyState::Signing => view! { <State kind="active" text="Signing"/> },
        KeyState::Retired => view! { <State kind="disabled" text="Retired"/> },
        KeyState::Former => view! { <State kind="disabled" text="For hints"/> },
    }
}

/// Which keys: those of one algorithm, or all.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Which {
    alg: String,
}

impl Which {
    fn alg(&self) -> Result<Option<SigningAlg>, PageError> {
        match self.alg.as_str() {
            "" => Ok(None),
            text => SigningAlg::parse(text).map(Some).ok_or(PageError::BadRequest),
        }
    }
}

/// What is asked before it is done.
fn ask(
    administrator: &FreshAdministrator,
    (title, crumb): (String, &'static str),
    effects: Vec<String>,
    button: &'static str,
) -> Response {
    let page = frame(title.clone(), "keys").narrow().crumb_to("Keys", PATH).crumb(crumb);
    page.render(&administrator.visitor, move || {
        view! { <Confirm title=title effects=effects button=button back=PATH/> }
    })
}

pub async fn rotate_page(administrator: FreshAdministrator, Query(which): Query<Which>) -> Result<Response, PageError> {
    let (title, first) = match which.alg()? {
        Some(alg) => {
            let alg = alg.as_str();
            (format!("Rotate the {alg} key?"), format!("Another {alg} key signs from this moment on."))
        }
        None => {
            let first = "Other keys sign and seal from this moment on: one for each algorithm, and one that seals.";
            ("Rotate all keys?".to_owned(), first.to_owned())
        }
    };
    let effects = vec![
        first,
        "What was signed and sealed before stays good: the former keys verify and open it until it expires.".to_owned(),
        "Clients that keep our key set for long may meet a key that they do not know; they have to fetch it anew."
            .to_owned(),
    ];
    let button = if which.alg.is_empty() { "Rotate all keys" } else { "Rotate key" };
    Ok(ask(&administrator, (title, "Rotate"), effects, button))
}

pub async fn rotate(
    administrator: FreshAdministrator,
    Query(which): Query<Which>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    let alg = which.alg()?;
    key::rotate(administrator.ctx(), Some(administrator.user.id), alg).await?;
    let text = match alg {
        Some(alg) => format!("There is a new {} key. The one before it stays published.", alg.as_str()),
        None => "There are new keys. Those before them stay published.".to_owned(),
    };
    Ok(notice::done(&administrator.visitor, PATH, &text))
}

pub async fn retire_page(at: AtKey) -> Result<Response, PageError> {
    let AtKey { administrator, key } = at;
    if key.state == KeyState::Retired {
        return refused(&administrator.visitor, KeyError::Retired);
    }
    let purpose = purpose(&key);
    let (title, effects, button) = match key.state {
        KeyState::Next => (
            format!("Withdraw the next {purpose} key?"),
            vec![
                "It has signed nothing, so nothing ends. It leaves the key set at once.".to_owned(),
                "The present key goes on, and another one is published before it is due.".to_owned(),
            ],
            "Withdraw key",
        ),
        _ => (
            format!("Retire the {purpose} key?"),
            vec![
                "Another one takes its place at once.".to_owned(),
                "What it signed or sealed stays good until it expires.".to_owned(),
            ],
            "Retire key",
        ),
    };
    Ok(ask(&administrator, (title, "Retire"), effects, button))
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
