//! `/admin/history`: what happened to the installation.

use axum::{extract::Query, response::Response};
use leptos::prelude::*;
use model::audit;

use super::page;
use crate::{
    components::{
        history::{ASKED, History, Log},
        paging::Position,
    },
    error::PageError,
    extract::Administrator,
    layout::PageHead,
};

pub async fn show(administrator: Administrator, Query(position): Query<Position>) -> Result<Response, PageError> {
    let entries = audit::of_platform(administrator.ctx(), position.uuid(), ASKED).await?;
    let log = Log::new(entries, &position, "/admin/history");
    Ok(page("History", "history").crumb("History").render(&administrator.visitor, move || {
        view! {
            <PageHead
                title="History"
                id="history"
                lead="What was done to keys and to APIs, and which organizations are gone. What belongs to an organization is in its own history."
            />
            <History log=log nothing="Every rotation and every pull of a key is noted here, and every change of an API, with who did it."/>
        }
    }))
}
