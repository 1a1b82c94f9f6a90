//! The issuers whose assertions a client may exchange for tokens.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    Context, Fault,
    client::{
        Client, Metadata, fits, grant_type,
        issuers::{self, IssuerRow, LONGEST, MOST, Problem, Trust, TrustError},
        keys,
    },
    entity::Audience,
    membership::Right,
    scope,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    access::{AtClient, Managed, ManagedClient, OfClient},
    frame::{self, Confirm, Place, ReadOnly},
    words::{count, not_a_key},
};
use crate::{
    components::{
        field::{ErrorSummary, Field, FieldError, TextArea, error_of},
        form::Csrf,
        icon::Glyph,
        misc::Empty,
        table::{CardTable, EndCell},
        time::Day,
    },
    error::PageError,
    form::{Errors, Form, Nothing},
    layout::PageHead,
    notice::{self, Tone},
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    issuer: String,
    jwks_uri: String,
    jwks: String,
    subject: String,
    scopes: Vec<String>,
}

impl Typed {
    fn trust(&self) -> Trust {
        Trust {
            issuer: self.issuer.trim().to_owned(),
            jwks: self.jwks.trim().to_owned(),
            jwks_uri: self.jwks_uri.trim().to_owned(),
            subject: self.subject.trim().to_owned(),
            scopes: self.scopes.clone(),
        }
    }
}

/// What an assertion can give: what the product has enabled, but nothing to refresh.
async fn scopes(at: &AtClient) -> Result<Vec<String>, PageError> {
    let rows = scope::of_product(at.ctx(), &at.product).await?;
    let enabled = rows.into_iter().filter(|row| row.enabled).map(|row| row.scope.name);
    Ok(enabled.filter(|scope| scope != "offline_access").collect())
}

/// The control and what to do about it.
fn advice(problem: Problem, audience: Audience) -> (&'static str, String) {
    let said = |field, text: &str| (field, text.to_owned());
    match problem {
        Problem::Issuer => said("issuer", "Write the iss of its assertions to the letter, without blanks."),
        Problem::Own => said("issuer", "This is Portico or the client itself. Name the other one, who signs."),
        Problem::Subject if audience.signs_in() => said("subject", "Write one sub without blanks, or leave it empty."),
        Problem::Subject => said("subject", "Write the sub of the one service that may use this client."),
        Problem::Keys => said("jwks_uri", "Say where the issuer publishes its keys, or paste them. One of the two."),
        Problem::Address => said("jwks_uri", "Write an https address that we can reach from the internet."),
        Problem::NotKeys(why) => said("jwks", not_a_key(why)),
        Problem::TooManyKeys => ("jwks", format!("Paste {} keys at most.", keys::MOST)),
        Problem::Scopes => said("scopes", "Choose what an assertion can give at most."),
    }
}

pub async fn page(at: AtClient) -> Result<Response, PageError> {
    show(&at, Typed::default(), Errors::new()).await
}

pub async fn submit(at: ManagedClient, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let audience = at.product.audience;
    if !fits(&at.client, audience, grant_type::JWT_BEARER) {
        return Err(PageError::NotFound);
    }
    let enabled = scopes(&at).await?;
    match issuers::add(at.ctx(), at.actor(), &at.client, audience, &enabled, &typed.trust()).await {
        Ok(()) => {
            let grants = Metadata::parse(&at.client.metadata).grant_types;
            let (tone, text) = if grants.iter().any(|grant| grant == grant_type::JWT_BEARER) {
                (Tone::Success, "Trusted. What it signs for this client becomes a token from now on.")
            } else {
                (Tone::Warning, "Trusted. It becomes a token once JWT bearer is turned on under Grants.")
            };
            Ok(notice::go(at.member.visitor(), &at.path("/issuers"), tone, text))
        }
        Err(TrustError::Invalid(problems)) => {
            let mut errors = Errors::new();
            for problem in problems {
                let (field, text) = advice(problem, audience);
                errors.add(field, text);
            }
            show(&at, typed, errors).await
        }
        Err(TrustError::Again) => {
            show(&at, typed, Errors::one("issuer", "This issuer is trusted already. Remove it first.")).await
        }
        Err(TrustError::TooMany) => {
            let text = format!("A client trusts at most {MOST} issuers. Remove one first.");
            show(&at, typed, Errors::one("issuer", text)).await
        }
        Err(TrustError::Fault(fault)) => Err(fault.into()),
    }
}

impl OfClient for IssuerRow {
    const NAME: &'static str = "issuer";

    fn id(&self) -> Uuid {
        self.id
    }

    async fn all(ctx: &Context, client: &Client) -> Result<Vec<Self>, Fault> {
        issuers::list(ctx, client).await
    }
}

pub async fn remove_page(managed: Managed<IssuerRow>) -> Result<Response, PageError> {
    let Managed { at, one: issuer } = managed;
    let effects = vec![
        format!("What {} signs gives this client no new token.", issuer.issuer),
        "Tokens that it gave before end by themselves, within the hour.".to_owned(),
    ];
    let title = format!("Trust {} no longer?", issuer.issuer);
    let back = at.path("/issuers");
    let page = frame::page(&at, Place::Clients, title.clone()).crumb(title.clone());
    Ok(page.render(at.member.visitor(), move || {
        view! { <Confirm title=title effects=effects button="Remove issuer" back=back/> }
    }))
}

pub async fn remove(managed: Managed<IssuerRow>, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    let Managed { at, one: issuer } = managed;
    let removed = issuers::remove(at.ctx(), at.actor(), &at.client, &issuer).await?;
    let text = if removed { "The issuer is trusted no longer." } else { "The issuer was removed already." };
    Ok(notice::done(at.member.visitor(), &at.path("/issuers"), text))
}

async fn show(at: &AtClient, typed: Typed, errors: Errors) -> Result<Response, PageError> {
    let audience = at.product.audience;
    if !fits(&at.client, audience, grant_type::JWT_BEARER) {
        return Err(PageError::NotFound);
    }
    let rows = issuers::list(at.ctx(), &at.client).await?;
    let enabled = scopes(at).await?;
    let why_not = at.why_not(Right::ManageClients);
    let locked = why_not.is_some();
    let path = at.path("");
    let page = frame::client_page(at, "Trusted issuers")
        .crumb_to("Grants", at.path("/grants"))
        .crumb("Trusted issuers")
        .errors(errors);
    Ok(page.render(at.member.visitor(), move || {
        view! {
            <PageHead
                title="Trusted issuers"
                lead="Another system signs a short statement, and the client exchanges it for a token (JWT bearer, \
                      RFC 7523). Only what is signed by an issuer listed here counts."
            />
            <ReadOnly why=why_not/>
            <ErrorSummary/>
            {if rows.is_empty() {
                view! {
                    <Empty
                        glyph=Glyph::Shield
                        title="No issuers yet"
                        text="Name the system that signs, where its keys are, and what its word can give at most."
                    />
                }
                    .into_any()
            } else {
                view! { <IssuerTable rows=rows path=path.clone() locked=locked/> }.into_any()
            }}
            {(!locked).then(|| view! { <AddIssuer typed=typed enabled=enabled audience=audience path=path/> })}
        }
    }))
}

#[component]
fn IssuerTable(rows: Vec<IssuerRow>, path: String, locked: bool) -> impl IntoView {
    let rows = rows
        .into_iter()
        .map(|row| {
            let remove = (!locked).then(|| format!("{path}/issuers/{}/remove", row.id.simple()));
            let name = row.issuer.clone();
            let keys = row.jwks_uri.clone().unwrap_or_else(|| count(row.keys().len(), "key", "keys"));
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader"><code>{row.issuer}</code></th>
                    <td role="cell" data-label="Subject">
                        {row.subject.unwrap_or_else(|| "Whoever has consented".to_owned())}
                    </td>
                    <td role="cell" data-label="At most">{row.scopes}</td>
                    <td role="cell" data-label="Keys">{keys}</td>
                    <td role="cell" data-label="Added"><Day at=row.created_at/></td>
                    <EndCell href=remove label="Remove" name=name/>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="section" aria-labelledby="issuers">
            <div class="section__head"><h2 id="issuers">"Issuers"</h2></div>
            <CardTable
                heading="issuers"
                label="Issuers that this client trusts"
                columns=&["Issuer", "Subject", "At most", "Keys", "Added"]
            >
                {rows}
            </CardTable>
        </section>
    }
}

#[component]
fn AddIssuer(typed: Typed, enabled: Vec<String>, audience: Audience, path: String) -> impl IntoView {
    let subject = match audience {
        Audience::Subscribers => {
            "Assertions name subscribers by number, such as +46701740605. Give one here to trust no other."
        }
        Audience::Users => "Assertions name people as ID tokens do (usr_…). Give one here to trust no other.",
        Audience::Operators => "The sub of the one service that may use this client.",
    };
    let boxes = enabled
        .into_iter()
        .map(|scope| {
            let on = typed.scopes.contains(&scope);
            view! {
                <label class="check">
                    <input type="checkbox" name="scopes" value=scope.clone() checked=on/>
                    <span><code>{scope}</code></span>
                </label>
            }
        })
        .collect_view();
    let longest = u32::try_from(LONGEST).unwrap_or_default();
    view! {
        <form class="card" method="post" action=format!("{path}/issuers") aria-labelledby="add" novalidate=true>
            <Csrf/>
            <div class="card__head"><h2 id="add">"Trust an issuer"</h2></div>
            <div class="card__body form">
                <Field
                    id="issuer"
                    label="Issuer"
                    value=typed.issuer
                    hint="The iss of its assertions, character by character."
                    maxlength=longest
                    autocomplete="off"
                    mono=true
                />
                <Field
                    id="jwks_uri"
                    label="Where its keys are"
                    kind="url"
                    value=typed.jwks_uri
                    hint="An address with a JSON Web Key Set. Best, since the issuer can change keys by itself."
                    autocomplete="off"
                    mono=true
                    optional=true
                />
                <TextArea
                    id="jwks"
                    label="Or its keys"
                    value=typed.jwks
                    hint="One public JSON Web Key or a set of them."
                    rows=4
                    optional=true
                />
                <Field
                    id="subject"
                    label="Subject"
                    value=typed.subject
                    hint=subject
                    maxlength=longest
                    autocomplete="off"
                    mono=true
                    optional={audience.signs_in()}
                />
                <fieldset id="scopes">
                    <legend class="field__label">"Scopes that it can give at most"</legend>
                    {boxes}
                    <FieldError id="scopes" error=error_of("scopes")/>
                </fieldset>
            </div>
            <div class="card__foot">
                <p>
                    {if audience.signs_in() {
                        "A token allows no more than the person has consented to."
                    } else {
                        "A token allows no more than the product has enabled."
                    }}
                </p>
                <button class="button button--primary">"Trust issuer"</button>
            </div>
        </form>
    }
}
