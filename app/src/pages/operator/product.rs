//! A product as an operator decides about it: what the developer wrote, what it asks for.

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;
use model::{
    distribution::{self, DecideError, Decision, DistributionState},
    operator::{self, Reach},
    product::Audience,
    scope::{self, Row},
};

use super::access::{AtOffer, Decider};
use crate::{
    components::{
        alert::Alert,
        icon::{Glyph, Icon},
        misc::Empty,
        time::Day,
    },
    error::PageError,
    form::{Form, Nothing},
    layout::PageHead,
    notice::{self, Tone},
    pages::product::{Confirm, audience, count, logo, state_of},
};

pub async fn page(at: AtOffer) -> Result<Response, PageError> {
    show(at, StatusCode::OK).await
}

async fn show(at: AtOffer, status: StatusCode) -> Result<Response, PageError> {
    let rows = scope::of_product(at.ctx(), &at.offer.product).await?;
    let reach = operator::of(at.operator.organization_id).reach(at.ctx(), at.offer.product.id).await?;
    let name = at.offer.product.name.clone();
    let page = at.page(name.clone()).status(status).crumb_to("Products", at.path("/products")).crumb(name);
    let visitor = at.member.visitor().clone();
    Ok(page.render(&visitor, move || view! { <Product at=at rows=rows reach=reach/> }))
}

#[component]
fn Product(at: AtOffer, rows: Vec<Row>, reach: Reach) -> impl IntoView {
    let product = at.offer.product.clone();
    let name = product.name.clone();
    let state = at.offer.state;
    let why_not = at.why_not();
    let enabled = state == DistributionState::Enabled;
    let somebody_else = at.why_not_enable().filter(|_| why_not.is_none() && !enabled);
    let button = match (state, &why_not) {
        _ if somebody_else.is_some() => ().into_any(),
        (DistributionState::Enabled, None) => {
            let label = format!("Disable {name}");
            view! { <a class="button button--danger" href=at.here("/disable")>{label}</a> }.into_any()
        }
        (_, None) => {
            let label = format!("Enable {name}");
            view! { <a class="button button--primary" href=at.here("/enable")>{label}</a> }.into_any()
        }
        (_, Some(why)) => {
            let verb = if enabled { "Disable" } else { "Enable" };
            let label = format!("{verb} {name}");
            view! { <button class="button" type="button" disabled=true title=why.clone()>{label}</button> }.into_any()
        }
    };
    let decline = (state == DistributionState::Offered && why_not.is_none()).then(|| at.here("/disable"));
    let links = [
        ("Website", product.website.clone()),
        ("Terms of use", product.terms_url.clone()),
        ("Privacy policy", product.privacy_url.clone()),
    ];
    let permissions: Vec<Row> = rows.into_iter().filter(|row| row.enabled).collect();
    let subscribers = product.audience == Audience::Subscribers;
    view! {
        <PageHead title=name.clone()>
            {button}
            {decline.map(|href| view! { <a class="button button--ghost" href=href>"Decline"</a> })}
        </PageHead>
        <div class="product-head__row">
            <img class="logo logo--large" src=logo(&product) alt="" width="56" height="56"/>
            <div class="product-head__text">
                <p class="product-head__meta">
                    <span>"By " {at.offer.organization.clone()}</span>
                    <span>{audience(product.audience)}</span>
                    {state_of(Some(state))}
                </p>
                <p class="product-head__meta">
                    <span>
                        "Offered on "
                        <Day at=at.offer.offered_at/>
                        {at.offer
                            .decided_at
                            .map(|decided| {
                                let verb = if enabled { "enabled" } else { "disabled" };
                                view! { {format!("; {verb} on ")} <Day at=decided/> }
                            })}
                    </span>
                </p>
            </div>
        </div>
        {why_not.or(somebody_else).map(|why| view! { <Alert tone=Tone::Info>{why}</Alert> })}
        <section class="card" aria-labelledby="written">
            <div class="card__head"><h2 id="written">"What the developer writes"</h2></div>
            <div class="card__body stack">
                {if product.description.is_empty() {
                    view! { <p class="muted">"Nothing yet."</p> }.into_any()
                } else {
                    view! { <p>{product.description}</p> }.into_any()
                }}
                <dl class="facts">
                    {links
                        .into_iter()
                        .filter_map(|(label, url)| url.map(|url| (label, url)))
                        .map(|(label, url)| {
                            let href = url.clone();
                            view! {
                                <div>
                                    <dt>{label}</dt>
                                    <dd><a href=href rel="noopener noreferrer">{url}</a></dd>
                                </div>
                            }
                        })
                        .collect_view()}
                    {product
                        .support_email
                        .map(|email| {
                            view! {
                                <div>
                                    <dt>"Support"</dt>
                                    <dd><a href=format!("mailto:{email}")>{email.clone()}</a></dd>
                                </div>
                            }
                        })}
                </dl>
            </div>
        </section>
        <section class="card" aria-labelledby="asks">
            <div class="card__head"><h2 id="asks">"Permissions"</h2></div>
            <div class="card__body">
                {if permissions.is_empty() {
                    view! {
                        <Empty
                            glyph=Glyph::Shield
                            title="It asks for nothing yet"
                            text="The developer has not enabled any scope. You can decide all the same; subscribers are \
                                  asked when there is something to ask for."
                        />
                    }
                        .into_any()
                } else {
                    view! {
                        <dl class="facts">
                            {permissions.into_iter().map(|row| permission(row, subscribers)).collect_view()}
                        </dl>
                    }
                        .into_any()
                }}
            </div>
        </section>
        <dl class="stats">
            <div>
                <dt>"Subscribers"</dt>
                <dd>{reach.subscribers}</dd>
                <dd class="stats__note">"of " {at.operator.name.clone()}</dd>
            </div>
            <div>
                <dt>"Consents"</dt>
                <dd>{reach.consents}</dd>
                <dd class="stats__note">"to " {name}</dd>
            </div>
        </dl>
    }
}

fn permission(row: Row, subscribers: bool) -> impl IntoView {
    let Row { scope, enabled: _, optional } = row;
    let words = if subscribers { scope.consent_text } else { scope.description };
    view! {
        <div>
            <dt><code>{scope.name}</code></dt>
            <dd>
                {words}
                {(optional && subscribers).then(|| view! { " " <span class="pill">"Optional"</span> })}
            </dd>
        </div>
    }
}

pub async fn enable_page(at: Decider) -> Result<Response, PageError> {
    if at.why_not_enable().is_some() {
        return show(at.clone(), StatusCode::FORBIDDEN).await;
    }
    ask(&at, Decision::Enable).await
}

pub async fn disable_page(at: Decider) -> Result<Response, PageError> {
    ask(&at, Decision::Disable).await
}

pub async fn enable(at: Decider, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    decide(&at, Decision::Enable).await
}

pub async fn disable(at: Decider, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    decide(&at, Decision::Disable).await
}

async fn decide(at: &AtOffer, decision: Decision) -> Result<Response, PageError> {
    let name = &at.offer.product.name;
    match distribution::decide(at.ctx(), at.actor(), &at.operator, &at.offer.product, decision).await {
        Ok(_) => {
            let text = match decision {
                Decision::Enable => format!("{name} is enabled. Your subscribers can use it from now on."),
                Decision::Disable => format!("{name} is disabled, and its tokens about your subscribers have ended."),
            };
            Ok(notice::done(at.member.visitor(), &at.here(""), &text))
        }
        Err(DecideError::NotOffered) => {
            let text = format!("{} has withdrawn {name} meanwhile.", at.offer.organization);
            Ok(notice::go(at.member.visitor(), &at.path("/products"), Tone::Warning, &text))
        }
        Err(DecideError::Own) => show(at.clone(), StatusCode::FORBIDDEN).await,
        Err(DecideError::Fault(fault)) => Err(fault.into()),
    }
}

async fn ask(at: &AtOffer, decision: Decision) -> Result<Response, PageError> {
    let reach = operator::of(at.operator.organization_id).reach(at.ctx(), at.offer.product.id).await?;
    let product = at.offer.product.clone();
    let name = product.name.clone();
    let operator = at.operator.name.clone();
    let people = count(reach.subscribers, "subscriber", "subscribers");
    let (title, button, effects) = match (decision, product.audience) {
        (Decision::Enable, Audience::Subscribers) => (
            format!("Enable {name}?"),
            "Enable product",
            vec![
                format!("{operator}’s {people} can sign in to {name}."),
                "Each is asked for consent first, with every permission in words.".to_owned(),
                "You can disable it at any time, which ends its tokens at once.".to_owned(),
            ],
        ),
        (Decision::Enable, Audience::Operators | Audience::Users) => (
            format!("Enable {name}?"),
            "Enable product",
            vec![
                format!("{name} gets the permissions listed on its page, for {operator}."),
                "No subscriber is asked. You can disable it at any time.".to_owned(),
            ],
        ),
        (Decision::Disable, _) => (
            format!("Disable {name}?"),
            "Disable product",
            vec![
                format!(
                    "{} who consented can no longer use {name}.",
                    count(reach.consents, "subscriber", "subscribers")
                ),
                format!(
                    "{} about them end, and every access token.",
                    count(reach.refresh_tokens, "living refresh token", "living refresh tokens")
                ),
                "Their consents are kept: enabled again, nobody is asked anew.".to_owned(),
            ],
        ),
    };
    let back = at.here("");
    let page = at
        .page(title.clone())
        .narrow()
        .crumb_to("Products", at.path("/products"))
        .crumb_to(name, back.clone())
        .crumb(button);
    let enabling = decision == Decision::Enable;
    Ok(page.render(at.member.visitor(), move || {
        if enabling {
            use crate::components::form::Csrf;
            view! {
                <PageHead title=title/>
                <form class="card" method="post">
                    <Csrf/>
                    <div class="card__body">
                        <ul class="stack">{effects.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                    </div>
                    <div class="card__foot">
                        <a class="button button--ghost" href=back>"Cancel"</a>
                        <button class="button button--primary"><Icon glyph=Glyph::Check/> {button}</button>
                    </div>
                </form>
            }
            .into_any()
        } else {
            view! { <Confirm title=title effects=effects button=button back=back/> }.into_any()
        }
    }))
}
