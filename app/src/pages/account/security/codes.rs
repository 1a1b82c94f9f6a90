//! `/account/security/codes`: ten new recovery codes, displayed once: in the answer to the form
//! that made them.

use axum::response::Response;
use leptos::prelude::*;
use model::recovery::{self, Codes};

use super::{HERE, page, refused};
use crate::{
    components::{
        form::Csrf,
        icon::{Glyph, Icon},
    },
    error::PageError,
    extract::Fresh,
    form::{Form, Nothing},
    islands::CopyButton,
    layout::PageHead,
};

pub(super) async fn ask(fresh: Fresh) -> Response {
    page("Recovery codes").render(&fresh.visitor, || {
        view! {
            <PageHead title="Recovery codes" lead="New codes replace the former ones, which then work no more."/>
            <form class="card" method="post" action="/account/security/codes">
                <Csrf/>
                <div class="card__foot button-row">
                    <button class="button button--primary">"Make new codes"</button>
                    <a class="button button--ghost" href=HERE>"Cancel"</a>
                </div>
            </form>
        }
    })
}

pub(super) async fn make(fresh: Fresh, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    match recovery::regenerate(fresh.ctx(), fresh.id()).await {
        Ok(made) => Ok(shown(&fresh, "You have new recovery codes.", made)),
        Err(error) => refused(&fresh, error),
    }
}

/// The page that displays them.
pub(super) fn shown(fresh: &Fresh, done: &'static str, made: Codes) -> Response {
    let lines = made.join("\n");
    let download = format!("data:text/plain;charset=utf-8,{}", made.join("%0A"));
    page("Recovery codes").render(&fresh.visitor, move || {
        let items = made.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view();
        view! {
            <PageHead title="Store your recovery codes now" lead=done/>
            <section class="secret" aria-labelledby="codes-title">
                <div class="secret__head">
                    <Icon glyph=Glyph::Key/>
                    <div>
                        <h2 id="codes-title">"The codes are displayed only once"</h2>
                        <p>
                            "When your passkey or your phone is lost, one of these lets you in with your password. Each \
                             works once. Keep them where you keep other important papers."
                        </p>
                    </div>
                </div>
                <ol class="recovery-codes">{items}</ol>
                <div class="secret__foot">
                    <div class="button-row">
                        <a class="button button--small" download="portico-recovery-codes.txt" href=download>
                            <Icon glyph=Glyph::Download/>
                            "Download"
                        </a>
                        <CopyButton value=lines label="Copy the codes".to_owned() words=true/>
                    </div>
                    <a class="button button--primary" href=HERE>"I have stored them"</a>
                </div>
            </section>
        }
    })
}
