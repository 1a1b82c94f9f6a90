//! A section of a client's page: what was posted to its addresses, and how that went.

use leptos::prelude::*;
use model::{
    Timestamp,
    delivery::{DeliveryKind, DeliveryState, Listed},
};

use super::words::count;
use crate::components::{
    misc::State,
    table::CardTable,
    time::{Ago, Moment},
};

/// The section, when there are any.
#[component]
pub fn Deliveries(deliveries: Vec<Listed>, now: Timestamp) -> impl IntoView {
    if deliveries.is_empty() {
        return None;
    }
    let rows = deliveries.into_iter().map(|delivery| row(delivery, now)).collect_view();
    Some(view! {
        <section class="section" aria-labelledby="deliveries">
            <div class="section__head">
                <h2 id="deliveries">"Deliveries"</h2>
                <p>"What Portico has posted to this client. What does not arrive is tried again with growing pauses."</p>
            </div>
            <CardTable heading="deliveries" label="Deliveries to this client" plain=true columns=&["What", "Queued", "State", "Last attempt"]>
                {rows}
            </CardTable>
        </section>
    })
}

fn row(delivery: Listed, now: Timestamp) -> impl IntoView {
    let what = match delivery.kind {
        DeliveryKind::Logout => "Logout token",
        DeliveryKind::Ping => "Ping",
    };
    let tries = count(delivery.attempts, "attempt", "attempts");
    let state = match delivery.state {
        DeliveryState::Queued => view! { <State kind="pending" text="Waiting"/> },
        DeliveryState::Delivered => view! { <State kind="active" text="Delivered"/> },
        DeliveryState::Failed => view! { <State kind="danger" text="Failed"/> },
    };
    let next = delivery.next_at.filter(|_| delivery.attempts > 0);
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <span class="cell-main">{what} <small class="mono">{delivery.url}</small></span>
            </th>
            <td role="cell" data-label="Queued" class="nowrap"><Ago at=delivery.created_at now=now/></td>
            <td role="cell" data-label="State">{state}</td>
            <td role="cell" data-label="Last attempt">
                {delivery.last_status.unwrap_or_else(|| "Not yet".to_owned())} " (" {tries} ")"
                {next.map(|at| view! { ", next " <Moment at=at/> })}
            </td>
        </tr>
    }
}
