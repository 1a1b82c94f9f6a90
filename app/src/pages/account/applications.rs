//! `/account/applications`: the applications that somebody has authorized, and taking that back.

use axum::{Router, extract::Query, response::Response, routing::get};
use leptos::prelude::*;
use model::consent::{self, Listed};
use serde::Deserialize;
use uuid::Uuid;

use super::{asking::rooted, overview::side};
use crate::{
    AppState,
    components::{
        icon::Glyph,
        misc::Empty,
        paging::{Pages, Pagination, Position, asked},
        time::{Ago, Day},
    },
    error::PageError,
    extract::SignedIn,
    form::{Form, Nothing},
    layout::{Page, PageHead},
    notice,
    pages::product::Confirm,
};

const HERE: &str = "/account/applications";
const TITLE: &str = "Authorized applications";

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(HERE, get(show)).route("/account/applications/remove", get(ask).post(remove))
}

/// So many applications to a page.
const SIZE: usize = 20;

async fn show(signed_in: SignedIn, Query(position): Query<Position>) -> Result<Response, PageError> {
    let now = signed_in.ctx().now();
    let after = position.uuid();
    let mut applications = consent::of_user(signed_in.id()).list(signed_in.ctx(), after, asked(SIZE)).await?;
    let pages = Pages::of(&mut applications, SIZE, HERE, after, |last| last.id.to_string());
    let page = Page::new(TITLE).crumb_to("Account", "/account").crumb(TITLE);
    Ok(page.side("Account", side("applications")).render(&signed_in.visitor, move || {
        let cards = applications.into_iter().map(|application| card(application, now)).collect_view();
        let list = if cards.is_empty() {
            view! {
                <Empty
                    glyph=Glyph::Link
                    title="No applications yet"
                    text="An application that asks you to sign in with your account here, and that you allow \
                          something, is listed here."
                />
            }
            .into_any()
        } else {
            cards.into_any()
        };
        view! {
            <PageHead
                title=TITLE
                lead="What others may do with your account because you have allowed it. What you remove stops working \
                      at once."
            />
            {list}
            <Pagination pages=pages/>
        }
    }))
}

fn card(application: Listed, now: model::Timestamp) -> impl IntoView {
    let Listed { id, product, allowed, since, last_used, clients, logo } = application;
    let remove = format!("{HERE}/remove?id={id}");
    let id = format!("application-{}", id.simple());
    let title = id.clone();
    let named = format!(" {}", product.name);
    view! {
        <section class="card" aria-labelledby=title>
            <div class="card__head">
                <div class="cell-logo">
                    <img class="logo" src=rooted(&logo) alt="" width="40" height="40"/>
                    <div>
                        <h2 id=id>{product.name.clone()}</h2>
                        <p>"By " {product.organization_name.clone()}</p>
                    </div>
                </div>
            </div>
            <div class="card__body">
                <dl class="facts">
                    <div>
                        <dt>"May"</dt>
                        <dd><ul>{allowed.into_iter().map(|what| view! { <li>{what}</li> }).collect_view()}</ul></dd>
                    </div>
                    <div>
                        <dt>"Since"</dt>
                        <dd><Day at=since/></dd>
                    </div>
                    <div>
                        <dt>"Last used"</dt>
                        <dd>
                            {match last_used {
                                Some(at) => view! { <Ago at=at now=now/> }.into_any(),
                                None => "Not lately".into_any(),
                            }}
                        </dd>
                    </div>
                    {(!clients.is_empty())
                        .then(|| {
                            let clients = clients
                                .into_iter()
                                .map(|client| view! { <li><code>{client}</code></li> })
                                .collect_view();
                            view! {
                                <div>
                                    <dt>"Clients"</dt>
                                    <dd><ul>{clients}</ul></dd>
                                </div>
                            }
                        })}
                </dl>
            </div>
            <div class="card__foot">
                <a class="button button--danger" href=remove>
                    "Remove"
                    <span class="visually-hidden">{named}</span>
                </a>
            </div>
        </section>
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Which {
    id: Uuid,
}

async fn ask(signed_in: SignedIn, Query(which): Query<Which>) -> Result<Response, PageError> {
    let found = consent::of_user(signed_in.id()).find(signed_in.ctx(), which.id).await?;
    let name = found.ok_or(PageError::NotFound)?.product.name.clone();
    let title = format!("Remove {name}?");
    let effects = vec![
        format!("{name} can do nothing with your account any more, from this moment on."),
        "What it has learned so far it keeps; ask it to delete that.".to_owned(),
        "You can allow it again: it asks you the next time you sign in there.".to_owned(),
    ];
    let page = Page::new(title.clone()).crumb_to("Account", "/account").crumb_to(TITLE, HERE).crumb(title.clone());
    Ok(page.side("Account", side("applications")).render(&signed_in.visitor, move || {
        view! { <Confirm title=title effects=effects button="Remove application" back=HERE/> }
    }))
}

async fn remove(
    signed_in: SignedIn,
    Query(which): Query<Which>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    if !consent::of_user(signed_in.id()).end(signed_in.ctx(), which.id).await? {
        return Err(PageError::NotFound);
    }
    Ok(notice::done(&signed_in.visitor, HERE, "The application is removed. Its access has ended."))
}
