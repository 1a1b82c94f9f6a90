//! `/forgot` and `/reset`: a new password for who has forgotten theirs.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::{
    link::{self, Found, LinkPurpose},
    texts,
    user::{self, AccountError},
};
use serde::Deserialize;

use super::{IDS, asking::Asking, delay, entry, errors_in, sign_up::LinkQuery};
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::Csrf,
    },
    error::PageError,
    extract::Visitor,
    form::{Errors, Form},
    notice::{self, Tone},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    pub(super) return_to: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ForgotFields {
    email: String,
    return_to: String,
}

pub(super) async fn forgot(visitor: Visitor, Query(wanted): Query<Wanted>) -> Result<Response, PageError> {
    let asking = Asking::of(&visitor, &wanted.return_to).await?;
    let email = visitor.person.as_ref().map(|person| person.user.email.clone()).or_else(|| asking.login_hint());
    let fields = ForgotFields { email: email.unwrap_or_default(), return_to: wanted.return_to };
    Ok(forgot_page(&visitor, &asking, fields, Errors::new()))
}

pub(super) async fn send_link(visitor: Visitor, Form(fields): Form<ForgotFields>) -> Result<Response, PageError> {
    let asking = Asking::of(&visitor, &fields.return_to).await?;
    let texts = asking.portal();
    match user::forgot_password(visitor.ctx(), &fields.email, &visitor.bucket).await {
        Ok(()) => {
            let words = format!("{}{}", texts.password.sent, delay(&visitor, texts).await?);
            Ok(notice::go(&visitor, &entry::returning("/signin", &fields.return_to), Tone::Info, &words))
        }
        Err(error) => Ok(forgot_page(&visitor, &asking, fields, errors_in(texts, error, IDS)?)),
    }
}

fn forgot_page(visitor: &Visitor, asking: &Asking, fields: ForgotFields, errors: Errors) -> Response {
    let (texts, sign_in_words) = (&asking.portal().password, asking.texts().login.title);
    let sign_in = entry::returning("/signin", &fields.return_to);
    let page = asking.card(texts.title).errors(errors);
    let page = page.below(move || view! { <p>{texts.remembered} " " <a href=sign_in>{sign_in_words}</a></p> });
    let asking = asking.clone();
    page.render(visitor, move || {
        view! {
            {asking.head(texts.title, Some(texts.lead.to_owned()))}
            <ErrorSummary/>
            <form class="form" method="post" action="/forgot">
                <Csrf/>
                <input type="hidden" name="return_to" value=fields.return_to/>
                <Field
                    id="email"
                    label=asking.portal().sign_in.email
                    kind="email"
                    value=fields.email
                    autocomplete="username"
                    required=true
                    autofocus=true
                />
                <button class="button button--primary button--block">{texts.send}</button>
            </form>
            {asking.way_back()}
        }
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ResetFields {
    token: String,
    password: String,
}

pub(super) async fn reset(visitor: Visitor, Query(query): Query<LinkQuery>) -> Result<Response, PageError> {
    reset_page(&visitor, query.token, Errors::new()).await
}

pub(super) async fn set(visitor: Visitor, Form(fields): Form<ResetFields>) -> Result<Response, PageError> {
    let texts = texts::of(visitor.language).portal;
    match user::reset_password(visitor.ctx(), &fields.token, &fields.password).await {
        Ok(()) => Ok(notice::done(&visitor, "/signin", texts.password.changed)),
        Err(AccountError::LinkVoid) => void(&visitor).await,
        Err(error) => reset_page(&visitor, fields.token, errors_in(texts, error, IDS)?).await,
    }
}

/// The mailed link knows of no request in progress: it may be opened anywhere.
async fn reset_page(visitor: &Visitor, token: String, errors: Errors) -> Result<Response, PageError> {
    let Found::Works { user, .. } = link::look(visitor.ctx(), LinkPurpose::ResetPassword, &token).await? else {
        return void(visitor).await;
    };
    let asking = Asking::of(visitor, "").await?;
    let texts = &asking.portal().password;
    Ok(asking.card(texts.title).errors(errors).render(visitor, move || {
        view! {
            {asking.head(texts.title, Some((texts.reset_lead)(&user.email)))}
            <ErrorSummary/>
            <form class="form" method="post" action="/reset">
                <Csrf/>
                <input type="hidden" name="token" value=token/>
                <input type="hidden" name="username" autocomplete="username" value=user.email/>
                <Field
                    id="password"
                    label=texts.new
                    kind="password"
                    hint=texts.hint
                    autocomplete="new-password"
                    required=true
                    autofocus=true
                />
                <button class="button button--primary button--block">{texts.set}</button>
            </form>
        }
    }))
}

async fn void(visitor: &Visitor) -> Result<Response, PageError> {
    let asking = Asking::of(visitor, "").await?;
    let errors = Errors::one("", asking.portal().password.void);
    Ok(forgot_page(visitor, &asking, ForgotFields::default(), errors))
}
