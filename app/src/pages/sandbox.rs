//! `/sandbox/outbox`: the mails and text messages of a sandbox, for people and for tests.

use axum::{
    Json, Router,
    extract::Query,
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, header};
use leptos::prelude::*;
use model::message::{self, Channel, Kept};
use serde::Deserialize;

use crate::{
    AppState,
    components::{
        icon::{Glyph, Icon},
        misc::Empty,
        table::CardTable,
        time::Moment,
    },
    error::PageError,
    extract::Visitor,
    layout::{Page, PageHead},
};

/// So many messages are shown.
const SHOWN: usize = 100;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/sandbox/outbox", get(outbox))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    to: String,
    format: String,
}

async fn outbox(visitor: Visitor, headers: HeaderMap, Query(filter): Query<Filter>) -> Result<Response, PageError> {
    if !visitor.ctx().settings().sandbox {
        return Err(PageError::NotFound);
    }
    // A plus that was not encoded arrives as a blank.
    let to = if filter.to.starts_with(' ') { filter.to.replacen(' ', "+", 1) } else { filter.to };
    let to = Some(to.as_str()).filter(|to| !to.is_empty());
    let messages = message::outbox(visitor.ctx(), to, SHOWN).await?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if filter.format == "json" || (accept.contains("application/json") && !accept.contains("text/html")) {
        let mut response = Json(messages).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return Ok(response);
    }
    Ok(page(&visitor, messages, to.unwrap_or_default().to_owned()))
}

fn page(visitor: &Visitor, messages: Vec<Kept>, to: String) -> Response {
    let base = visitor.ctx().settings().public_url.clone();
    let json = match to.as_str() {
        "" => "/sandbox/outbox?format=json".to_owned(),
        to => format!(
            "/sandbox/outbox?format=json&to={}",
            url::form_urlencoded::byte_serialize(to.as_bytes()).collect::<String>()
        ),
    };
    Page::new("Sandbox outbox").wide().crumb("Sandbox outbox").render(visitor, move || {
        let filtered = !to.is_empty();
        let content = match (messages.is_empty(), filtered) {
            (true, true) => view! {
                <Empty glyph=Glyph::Search title="No message to this recipient" text="Nothing was sent there in the last day.">
                    <a class="button" href="/sandbox/outbox">"Show all messages"</a>
                </Empty>
            }
            .into_any(),
            (true, false) => view! {
                <Empty
                    glyph=Glyph::Mail
                    title="No messages yet"
                    text="Mails and text messages that Portico would send are kept here for a day instead. Sign up, or sign in with a phone number, and the first one appears."
                />
            }
            .into_any(),
            (false, _) => view! { <Messages messages=messages base=base/> }.into_any(),
        };
        view! {
            <PageHead
                title="Sandbox outbox"
                id="outbox"
                lead="This installation sends nothing to anybody: what it would send is kept here for a day."
            >
                <a class="button" href=json>"As JSON"</a>
            </PageHead>
            <form class="filter" role="search" method="get" action="/sandbox/outbox">
                <label class="visually-hidden" for="to">"Filter by recipient"</label>
                <Icon glyph=Glyph::Search/>
                <input class="input" id="to" name="to" type="search" placeholder="Filter by address or number" value=to/>
                <button class="button button--small">"Filter"</button>
            </form>
            {content}
        }
    })
}

#[component]
fn Messages(messages: Vec<Kept>, base: String) -> impl IntoView {
    let rows = messages
        .into_iter()
        .map(|message| {
            let kind = match message.channel {
                Channel::Mail => "Mail",
                Channel::Sms => "Text message",
            };
            view! {
                <tr role="row">
                    <td role="cell" data-label="When" class="nowrap"><Moment at=message.created_at/></td>
                    <th scope="row" role="rowheader">
                        <span class="cell-main">
                            {message.to} <small>{kind}</small>
                        </span>
                    </th>
                    <td role="cell" class="prose">
                        {(!message.subject.is_empty()).then(|| view! { <p><strong>{message.subject}</strong></p> })}
                        {paragraphs(&message.body, &base)}
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <CardTable heading="outbox" plain=true columns=&["When", "To", "Text"]>
            {rows}
        </CardTable>
    }
}

/// The text, a paragraph at a time, with our own links as links.
fn paragraphs(body: &str, base: &str) -> AnyView {
    body.split("\n\n")
        .map(|paragraph| {
            let text = paragraph.trim().to_owned();
            match text.strip_prefix(base) {
                Some(path) if path.starts_with('/') && !text.contains(char::is_whitespace) => {
                    let path = path.to_owned();
                    view! { <p class="mono"><a href=path>{text}</a></p> }.into_any()
                }
                _ => view! { <p>{text}</p> }.into_any(),
            }
        })
        .collect_view()
        .into_any()
}
