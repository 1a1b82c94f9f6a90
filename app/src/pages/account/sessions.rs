//! `/account/sessions`: where one is signed in.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{logout, session};
use serde::Deserialize;
use uuid::Uuid;

use super::{overview::side, providers, sign_in};
use crate::{
    components::{
        form::ButtonForm,
        misc::State,
        paging::{Pages, Pagination, Position, asked},
        table::CardTable,
        time::{Ago, Moment},
    },
    error::PageError,
    extract::SignedIn,
    form::{Form, Nothing},
    layout::{Page, PageHead},
    notice,
    pages::{agent, product::Confirm},
};

/// The page's own path.
const HERE: &str = "/account/sessions";

/// So many sessions to a page.
const SIZE: usize = 25;

pub(super) async fn show(signed_in: SignedIn, Query(position): Query<Position>) -> Result<Response, PageError> {
    let now = signed_in.ctx().now();
    let after = position.uuid();
    let mut sessions = session::list(signed_in.ctx(), signed_in.id(), after, asked(SIZE)).await?;
    let pages = Pages::of(&mut sessions, SIZE, HERE, after, |last| last.public_id.to_string());
    let this = signed_in.person.session;
    let names = providers::names(&signed_in.visitor);
    let page = Page::new("Sessions").crumb_to("Account", "/account").crumb("Sessions");
    Ok(page.side("Account", side("sessions")).render(&signed_in.visitor, move || {
        let rows = sessions
            .into_iter()
            .map(|session| {
                let name = agent::describe(&session.user_agent);
                let how = how(&session, &names);
                let named = format!(" {name}");
                let action = if session.public_id == this {
                    view! { <State kind="active" text="This one"/> }.into_any()
                } else {
                    view! {
                        <ButtonForm
                            action=HERE
                            class="button button--small"
                            fields=vec![("session", session.public_id.to_string())]
                        >
                            "Sign out"
                            <span class="visually-hidden">{named}</span>
                        </ButtonForm>
                    }
                    .into_any()
                };
                view! {
                    <tr role="row">
                        <th scope="row" role="rowheader">{name}</th>
                        <td role="cell" data-label="Address"><code>{session.address}</code></td>
                        <td role="cell" data-label="Signed in"><Moment at=session.created_at/></td>
                        <td role="cell" data-label="With">{how}</td>
                        <td role="cell" data-label="Last seen"><Ago at=session.last_seen_at now=now/></td>
                        <td role="cell" class="actions">{action}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <PageHead
                title="Sessions"
                id="sessions"
                lead="The browsers in which you are signed in. One that you do not know is a reason to change your password."
            >
                <a class="button button--danger" href="/account/sessions/end">"Sign out everywhere"</a>
            </PageHead>
            <CardTable heading="sessions" columns=&["Browser", "Address", "Signed in", "With", "Last seen"]>
                {rows}
            </CardTable>
            <Pagination pages=pages/>
        }
    }))
}

/// How a session was opened, in words: *Password and code*.
fn how(session: &session::Listed, names: &[(String, String)]) -> String {
    let amr = session.amr.as_deref().unwrap_or("pwd");
    let provider = session.provider.as_deref();
    let words: Vec<&str> = amr
        .split_ascii_whitespace()
        .filter_map(|method| match method {
            "pwd" => Some("Password"),
            "fed" => {
                let named = names.iter().find(|(id, _)| Some(id.as_str()) == provider);
                Some(named.map_or("Another provider", |(_, name)| name.as_str()))
            }
            "otp" => Some("code"),
            "hwk" | "swk" => Some("passkey"),
            _ => None,
        })
        .collect();
    match words.as_slice() {
        ["passkey"] => "Passkey".to_owned(),
        words => words.join(" and "),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct EndFields {
    session: Uuid,
}

pub(super) async fn end(signed_in: SignedIn, Form(fields): Form<EndFields>) -> Result<Response, PageError> {
    // One that has ended meanwhile is what was wanted.
    session::end(signed_in.ctx(), signed_in.id(), fields.session).await?;
    Ok(notice::done(&signed_in.visitor, HERE, "That session is signed out."))
}

pub(super) async fn ask_all(signed_in: SignedIn) -> Result<Response, PageError> {
    let count = session::count(signed_in.ctx(), signed_in.id()).await?;
    let effects = vec![
        match count {
            0 | 1 => "You are signed out here. There is no other session.".to_owned(),
            2 => "You are signed out here, and in one other browser.".to_owned(),
            _ => format!("You are signed out here, and in {} other browsers.", count - 1),
        },
        "Applications that you have signed in to from them are told. What they may do while you are away stays, until \
         you remove them."
            .to_owned(),
    ];
    let title = "Sign out everywhere?";
    let page = Page::new(title).narrow().crumb_to("Account", "/account").crumb_to("Sessions", HERE);
    Ok(page.crumb("Sign out everywhere").side("Account", side("sessions")).render(&signed_in.visitor, move || {
        view! { <Confirm title=title effects=effects button="Sign out everywhere" back=HERE/> }
    }))
}

pub(super) async fn end_all(signed_in: SignedIn, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    let frames = logout::frames(signed_in.ctx(), signed_in.person.session).await?;
    session::end_others(signed_in.ctx(), signed_in.id(), None).await?;
    Ok(sign_in::signed_out(&signed_in.visitor, frames, "You are signed out everywhere."))
}
