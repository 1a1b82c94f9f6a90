//! `/organizations/{org}/history`: what happened, newest first.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::audit;

use crate::{
    components::{
        history::{ASKED, History, Log},
        paging::Position,
    },
    error::PageError,
    extract::Member,
    layout::{OrganizationTab, Page, PageHead},
};

pub(super) async fn show(member: Member, Query(position): Query<Position>) -> Result<Response, PageError> {
    let entries = audit::of_organization(member.ctx(), member.organization.id, position.uuid(), ASKED).await?;
    let log = Log::new(entries, &position, &format!("{}/history", member.path()));
    let page = Page::new("History").of(&member).crumb("History").organization_head(&member, OrganizationTab::History);
    Ok(page.render(member.visitor(), move || {
        view! {
            <PageHead
                title="History"
                id="history"
                lead="Who did what, and when. Entries are added, never changed."
            />
            <History
                log=log
                nothing="Every change of members, products and clients is noted here, with who made it."
            />
        }
    }))
}
