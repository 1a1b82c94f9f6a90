//! `/account/activity`: what happened to one's own account.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::audit;

use super::overview::side;
use crate::{
    components::{
        history::{ASKED, History, Log},
        paging::Position,
    },
    error::PageError,
    extract::SignedIn,
    layout::{Page, PageHead},
};

/// The page's own path.
pub(super) const HERE: &str = "/account/activity";

pub(super) async fn show(signed_in: SignedIn, Query(position): Query<Position>) -> Result<Response, PageError> {
    let entries = audit::of_user(signed_in.ctx(), signed_in.id(), position.uuid(), ASKED).await?;
    let log = Log::new(entries, &position, HERE);
    let page = Page::new("Recent activity")
        .crumb_to("Account", "/account")
        .crumb_to("Security", "/account/security")
        .crumb("Recent activity");
    Ok(page.side("Account", side("activity")).render(&signed_in.visitor, move || {
        view! {
            <PageHead
                title="Recent activity"
                id="history"
                lead="What was changed in your account. Something that you have not done is a reason to change your \
                      password and to sign out everywhere."
            />
            <History
                log=log
                nothing="Every change of your profile, and of how you sign in, is noted here."
            />
        }
    }))
}
