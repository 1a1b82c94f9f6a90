//! `/signin/new`: somebody whom a provider knows and nobody here. A new account, or the one that
//! they have.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use http::HeaderMap;
use leptos::prelude::*;
use model::{
    upstream::{self, Opened, Proven},
    user::AccountError,
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{forget, over, proven};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
    },
    error::PageError,
    extract::Visitor,
    form::{Errors, Form},
    pages::account::{IDS, asking::Asking, entry, errors_in, kept::Kept, sign_up},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    pub(super) return_to: String,
}

pub(super) async fn show(
    visitor: Visitor,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, PageError> {
    let asking = Asking::of(&visitor, &wanted.return_to).await?;
    let Some(proven) = proven(&visitor, &headers) else { return Ok(over(&visitor, &asking, &wanted.return_to)) };
    if upstream::has_account(visitor.ctx(), &proven).await? {
        return Ok(theirs(&visitor, &asking, &proven, &wanted.return_to));
    }
    let fields =
        Fields { name: proven.name().to_owned(), email: proven.email().to_owned(), return_to: wanted.return_to };
    Ok(page(&visitor, &asking, &proven, fields, Errors::new()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    name: String,
    email: String,
    return_to: String,
}

pub(super) async fn submit(
    visitor: Visitor,
    headers: HeaderMap,
    session: Session,
    Form(fields): Form<Fields>,
) -> Result<Response, PageError> {
    let asking = Asking::of(&visitor, &fields.return_to).await?;
    let Some(proven) = proven(&visitor, &headers) else { return Ok(over(&visitor, &asking, &fields.return_to)) };
    let opened = upstream::open_account(visitor.ctx(), &proven, &fields.name, &fields.email, &visitor.bucket).await;
    let errors = match opened {
        Ok(Opened::Done(first)) => {
            let response = entry::after_password(&session, &visitor, first, &fields.return_to).await?;
            return Ok(forget(&visitor, response));
        }
        Ok(Opened::Waiting(signed_up)) => {
            let kept = Kept::new(signed_up, &fields.return_to);
            return Ok(forget(&visitor, sign_up::to_mail(&visitor, &kept)));
        }
        Ok(Opened::Taken) => {
            return Ok(Redirect::to(&entry::returning("/signin/new", &fields.return_to)).into_response());
        }
        Err(AccountError::LinkVoid) => return Ok(over(&visitor, &asking, &fields.return_to)),
        Err(error) => errors_in(asking.portal(), error, IDS)?,
    };
    Ok(page(&visitor, &asking, &proven, fields, errors))
}

fn page(visitor: &Visitor, asking: &Asking, proven: &Proven, fields: Fields, errors: Errors) -> Response {
    let (texts, provider) = (&asking.portal().account, &proven.provider().name);
    let lead = (texts.known)(provider, proven.account());
    let hint = (texts.sends_link)(provider);
    let link = entry::returning("/signin/link", &fields.return_to);
    let page = asking.card(texts.create).errors(errors);
    let page = page.below(move || view! { <p>{texts.have_one} " " <a href=link>{texts.sign_in_and_link}</a></p> });
    let asking = asking.clone();
    page.render(visitor, move || {
        view! {
            {asking.head(texts.create, Some(lead))}
            <ErrorSummary/>
            <form class="form" method="post" action="/signin/new">
                <Csrf/>
                <input type="hidden" name="return_to" value=fields.return_to/>
                <Field id="name" label=texts.name value=fields.name autocomplete="name" required=true/>
                <Field
                    id="email"
                    label=asking.portal().sign_in.email
                    kind="email"
                    value=fields.email
                    hint=hint
                    autocomplete="email"
                    required=true
                />
                <button class="button button--primary button--block">{texts.create}</button>
            </form>
            {asking.way_back()}
        }
    })
}

/// Nobody gets into an account because of an address: they show that it is theirs, once.
fn theirs(visitor: &Visitor, asking: &Asking, proven: &Proven, return_to: &str) -> Response {
    let texts = &asking.portal().account;
    let ((title, heading), lead) = (texts.theirs, (texts.theirs_lead)(proven.email(), &proven.provider().name));
    let (link, forgotten) = (entry::returning("/signin/link", return_to), entry::returning("/forgot", return_to));
    let asking = asking.clone();
    asking.card(title).render(visitor, move || {
        view! {
            {asking.head(heading, Some(lead))}
            <div class="providers">
                <a class="button button--primary button--block" href=link>{texts.sign_in_and_link}</a>
                <a class="button button--block" href=forgotten>{asking.portal().password.title}</a>
            </div>
            {asking.way_back()}
        }
    })
}
