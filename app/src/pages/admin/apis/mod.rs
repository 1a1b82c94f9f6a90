//! `/admin/apis`: the catalogue of APIs and their scopes.

mod form;
mod scopes;

use axum::{
    extract::{FromRef, FromRequestParts, Query},
    response::Response,
};
use http::request::Parts;
use leptos::prelude::*;
use model::{
    api::manage::{self, ApiError, Listed, UsedBy},
    entity::TokenFormat,
};

pub use self::{
    form::{change, create, new_page, page, remove, remove_page},
    scopes::{
        add as add_scope, back, edit as edit_scope, edit_page as edit_scope_page, remove as remove_scope,
        remove_page as remove_scope_page,
    },
};
use super::page as frame;
use crate::{
    AppState,
    components::{
        icon::{Glyph, Icon},
        misc::Empty,
        paging::{Pages, Pagination, Position, asked},
        table::CardTable,
    },
    error::PageError,
    extract::{Administrator, uuid_in_path},
    layout::PageHead,
    pages::product::count,
};

/// The page's own path.
const PATH: &str = "/admin/apis";

/// So many APIs to a page.
const SIZE: usize = 50;

/// The API that the path names as `{api}`, for an administrator.
pub struct AtApi {
    administrator: Administrator,
    api: Listed,
}

impl AtApi {
    fn path(&self) -> String {
        path_of(&self.api)
    }
}

impl<S> FromRequestParts<S> for AtApi
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let administrator = Administrator::from_request_parts(parts, state).await?;
        let id = uuid_in_path(parts, "api").await?;
        let api = manage::find(administrator.ctx(), id).await?.ok_or(PageError::NotFound)?;
        Ok(Self { administrator, api })
    }
}

fn path_of(api: &Listed) -> String {
    format!("{PATH}/{}", api.row.id.simple())
}

/// How tokens for an API look, in words.
const fn format_of(format: Option<TokenFormat>) -> &'static str {
    match format {
        None => "As the client's",
        Some(TokenFormat::Opaque) => "Opaque",
        Some(TokenFormat::Jwt) => "JWT",
    }
}

/// Who keeps it from being removed, in words.
fn used(by: UsedBy) -> String {
    match by {
        UsedBy::Portal => "It is part of Portico itself, and stays.".to_owned(),
        UsedBy::Scopes(some) => {
            format!("It still has {}. Remove them first.", count(some, "scope", "scopes"))
        }
        UsedBy::Clients(some) => {
            format!("{} may still ask for tokens for it.", count(some, "client", "clients"))
        }
        UsedBy::Products(1) => "1 product has it enabled.".to_owned(),
        UsedBy::Products(some) => format!("{} have it enabled.", count(some, "product", "products")),
        UsedBy::People => "People have allowed it. It can go once they have taken that back.".to_owned(),
    }
}

/// What to say of a failure that no field explains.
fn failed(error: ApiError) -> PageError {
    match error {
        ApiError::Fault(fault) => fault.into(),
        ApiError::Invalid(_) | ApiError::Used(_) => PageError::BadRequest,
        ApiError::Unknown => PageError::NotFound,
    }
}

pub async fn list(administrator: Administrator, Query(position): Query<Position>) -> Result<Response, PageError> {
    let after = position.uuid();
    let mut apis = manage::list(administrator.ctx(), after, asked(SIZE)).await?;
    let pages = Pages::of(&mut apis, SIZE, PATH, after, |last| last.row.id.simple().to_string());
    Ok(frame("APIs", "apis").crumb("APIs").render(&administrator.visitor, move || {
        view! {
            <PageHead
                title="APIs"
                id="apis"
                lead="The servers that take access tokens, and the scopes that are permissions of each. An API says how \
                      tokens for it look, and which organization runs it: its clients may introspect them."
            >
                <a class="button button--primary" href=format!("{PATH}/new")>
                    <Icon glyph=Glyph::Plus/>
                    "Add API"
                </a>
            </PageHead>
            {if apis.is_empty() {
                view! {
                    <Empty
                        glyph=Glyph::Globe
                        title="No APIs"
                        text="Add the first one, and the scopes that products can enable for it."
                    />
                }
                    .into_any()
            } else {
                view! {
                    <CardTable heading="apis" columns=&["API", "Access tokens", "Run by", "Scopes"]>
                        {apis.into_iter().map(row).collect_view()}
                    </CardTable>
                }
                    .into_any()
            }}
            <Pagination pages=pages/>
        }
    }))
}

fn row(api: Listed) -> impl IntoView {
    let path = path_of(&api);
    let runner = if api.built_in() { Some("Portico".to_owned()) } else { api.organization };
    let named = format!(" {}", api.row.name);
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <div class="cell-main">
                    <span>{api.row.name}</span>
                    <small><code>{api.row.resource}</code></small>
                </div>
            </th>
            <td role="cell" data-label="Access tokens">{format_of(api.row.token_format)}</td>
            <td role="cell" data-label="Run by">
                {match runner {
                    Some(name) => name.into_any(),
                    None => view! { <span class="muted">"–"</span> }.into_any(),
                }}
            </td>
            <td role="cell" data-label="Scopes">{api.scopes}</td>
            <td role="cell" class="actions">
                <a class="button button--small" href=path>
                    "Edit"
                    <span class="visually-hidden">{named}</span>
                </a>
            </td>
        </tr>
    }
}
