//! `/invitations`: those that wait for oneself. The mailed link leads here.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Response},
};
use leptos::prelude::*;
use model::invitation::{self, InvitationError, InvitationRow};
use serde::Deserialize;
use uuid::Uuid;

use super::list::article;
use crate::{
    components::{field::ErrorSummary, form::Csrf, icon::Glyph, misc::Empty, time::Day},
    error::PageError,
    extract::{SignedIn, Visitor, organization_path},
    form::{Errors, Form},
    layout::{Page, PageHead},
    notice,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Token {
    token: String,
}

pub(super) async fn show(visitor: Visitor, Query(query): Query<Token>) -> Result<Response, PageError> {
    let linked = match query.token.as_str() {
        "" => None,
        token => Some(invitation::look(visitor.ctx(), token).await?),
    };
    let Some(person) = visitor.person.clone() else {
        return Ok(match linked {
            None => PageError::SignInFirst(visitor.path.clone()).into_response(),
            Some(found) => invited(&visitor, found, query.token),
        });
    };
    let signed_in = SignedIn { visitor, person };
    let errors = match linked {
        Some(None) => {
            Errors::one("", "That invitation was accepted or withdrawn, or its time is over. Ask for a new one.")
        }
        Some(Some(row)) if row.email != signed_in.person.user.email_key => {
            let text = format!(
                "That invitation is for {}, and you are signed in as {}. Sign in with that address to accept it.",
                row.email, signed_in.person.user.email,
            );
            Errors::one("", text)
        }
        _ => Errors::new(),
    };
    list(&signed_in, errors).await
}

/// For who is not signed in: what it is about, and both ways in.
fn invited(visitor: &Visitor, found: Option<InvitationRow>, token: String) -> Response {
    let Some(row) = found else {
        return Page::card("Invitation").render(visitor, || {
            view! {
                <header>
                    <h1>"This invitation is over"</h1>
                    <p>"It was accepted or withdrawn, or its time is over. Ask whoever invited you for a new one."</p>
                </header>
                <a class="button button--block" href="/signin">"Sign in"</a>
            }
        });
    };
    let back: String = url::form_urlencoded::byte_serialize(format!("/invitations?token={token}").as_bytes()).collect();
    Page::card("Invitation").render(visitor, move || {
        let role = row.role.as_str();
        view! {
            <header>
                <h1>{format!("Join {}", row.organization)}</h1>
                <p>{format!("{} invites {} as {} {role}.", row.inviter, row.email, article(role))}</p>
            </header>
            <p class="muted">
                "The invitation is for this address: sign in with it, or sign up with it. It then waits for you."
            </p>
            <a class="button button--primary button--block" href=format!("/signin?return_to={back}")>"Sign in"</a>
            <a class="button button--block" href=format!("/signup?return_to={back}")>"Create account"</a>
        }
    })
}

async fn list(signed_in: &SignedIn, errors: Errors) -> Result<Response, PageError> {
    let rows = invitation::of_user(signed_in.ctx(), &signed_in.person.user).await?;
    let page = Page::new("Invitations").narrow().crumb("Invitations").errors(errors);
    Ok(page.render(&signed_in.visitor, move || {
        let content = if rows.is_empty() {
            view! {
                <Empty
                    glyph=Glyph::Mail
                    title="No invitations"
                    text="When somebody invites your address to an organization, you can accept it here."
                >
                    <a class="button" href="/organizations">"Go to your organizations"</a>
                </Empty>
            }
            .into_any()
        } else {
            rows.into_iter().map(card).collect_view().into_any()
        };
        view! {
            <PageHead title="Invitations" lead="Organizations that want you to work with them."/>
            <ErrorSummary/>
            {content}
        }
    }))
}

fn card(row: InvitationRow) -> impl IntoView {
    let role = row.role.as_str();
    view! {
        <form class="card" method="post" action="/invitations">
            <Csrf/>
            <input type="hidden" name="invitation" value=row.id.to_string()/>
            <div class="card__head">
                <h2>{row.organization}</h2>
                <p>
                    {format!("{} invites you as {} {role}, until ", row.inviter, article(role))}
                    <Day at=row.expires_at/> "."
                </p>
            </div>
            <div class="card__foot">
                <button class="button button--primary" name="answer" value="accept">"Accept"</button>
                <button class="button button--ghost" name="answer" value="decline">"Decline"</button>
            </div>
        </form>
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    invitation: Uuid,
    answer: String,
}

pub(super) async fn decide(signed_in: SignedIn, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let (ctx, user) = (signed_in.ctx(), signed_in.id());
    let error = match fields.answer.as_str() {
        "accept" => match invitation::accept(ctx, user, fields.invitation).await {
            Ok(organization) => {
                return Ok(notice::done(
                    &signed_in.visitor,
                    &organization_path(organization),
                    "Welcome to the organization.",
                ));
            }
            Err(error) => error,
        },
        "decline" => match invitation::decline(ctx, user, fields.invitation).await {
            Ok(()) => {
                return Ok(notice::done(&signed_in.visitor, "/organizations", "You have declined the invitation."));
            }
            Err(error) => error,
        },
        _ => return Err(PageError::BadRequest),
    };
    match error {
        InvitationError::Fault(fault) => Err(fault.into()),
        _ => {
            list(&signed_in, Errors::one("", "That invitation was withdrawn, or its time is over. Ask for a new one."))
                .await
        }
    }
}
