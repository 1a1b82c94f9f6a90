//! The secrets of a client: at most two living ones, changed over without a gap.

use axum::response::{Redirect, Response};
use leptos::prelude::*;
use model::{
    Context, Fault, Timestamp,
    client::{self, AddSecretError, Client, Grace, MOST_LIVING, SecretRow},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{ending::confirm, show};
use crate::{
    components::{
        field::{Field, FieldError, error_of},
        form::Csrf,
        icon::{Glyph, Icon},
        misc::State,
        table::{CardTable, EndCell},
        time::{Ago, Day},
    },
    error::PageError,
    form::{Errors, Form, Nothing},
    notice::{self, Tone},
    pages::product::{
        access::{AtClient, Managed, ManagedClient, OfClient},
        client_form::Typed,
        create::form_id,
        credentials,
        words::text,
    },
};

impl OfClient for SecretRow {
    const NAME: &'static str = "secret";

    fn id(&self) -> Uuid {
        self.id
    }

    async fn all(ctx: &Context, client: &Client) -> Result<Vec<Self>, Fault> {
        client::secrets(ctx, client).await
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rotation {
    pub(super) id: String,
    label: String,
    grace: String,
}

/// The address of the form that rotates, when it is opened by itself.
pub async fn secrets_page(at: AtClient) -> Redirect {
    Redirect::to(&at.path("#secrets"))
}

pub async fn rotate(at: ManagedClient, Form(rotation): Form<Rotation>) -> Result<Response, PageError> {
    let id = form_id(at.ctx(), &rotation.id)?;
    let error = match Grace::parse(&rotation.grace) {
        None => Errors::one("grace", "Choose how long the present secret keeps working."),
        Some(grace) => match client::add_secret(at.ctx(), at.actor(), &at.client, id, &rotation.label, grace).await {
            Ok(added) => {
                return credentials::show(&at, &at.client, &added.secret, credentials::Occasion::Rotated).await;
            }
            Err(AddSecretError::Again) => {
                let text = "This form was sent before, and the secret was displayed then. If nobody stored it, \
                                rotate again.";
                return Ok(notice::go(at.member.visitor(), &at.path(""), Tone::Warning, text));
            }
            Err(AddSecretError::Label(problem)) => Errors::one("label", text(problem, "Write a label.")),
            Err(AddSecretError::TwoLiving) => {
                Errors::one("grace", "Two secrets are living already. End one of them first, or let both stop now.")
            }
            Err(AddSecretError::Public) => return Err(PageError::BadRequest),
            Err(AddSecretError::Fault(fault)) => return Err(fault.into()),
        },
    };
    let uris = client::uris(at.ctx(), &at.client).await?;
    show(&at, Typed::of(&at.client, uris), rotation, error).await
}

pub async fn end_page(managed: Managed<SecretRow>) -> Result<Response, PageError> {
    let Managed { at, one: secret } = managed;
    let others = client::secrets(at.ctx(), &at.client).await?;
    let others = others.iter().filter(|other| other.living && other.id != secret.id).count();
    let mut effects = vec![format!("Requests with the secret ····{} are refused from then on.", secret.last_four)];
    if others == 0 {
        effects.push("It is the last one: the client gets no tokens until you rotate.".to_owned());
    }
    effects
        .push("Tokens that were issued already keep working. After a leak, rotate with “Stop now” instead.".to_owned());
    Ok(confirm(&at, format!("End the secret “{}”?", secret.label), effects, None, "End secret", false))
}

pub async fn end(managed: Managed<SecretRow>, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    let Managed { at, one: secret } = managed;
    let ended = client::end_secret(at.ctx(), at.actor(), &at.client, secret.id).await?;
    let text = if ended { "The secret has ended." } else { "The secret had ended already." };
    Ok(notice::done(at.member.visitor(), &at.path(""), text))
}

#[component]
pub fn Secrets(
    secrets: Vec<SecretRow>,
    rotation: Rotation,
    form: Uuid,
    path: String,
    now: Timestamp,
    locked: bool,
) -> impl IntoView {
    let living = secrets.iter().filter(|secret| secret.living).count();
    let rows = secrets
        .into_iter()
        .map(|secret| {
            let end = (secret.living && !locked).then(|| format!("{path}/secrets/{}/end", secret.id.simple()));
            secret_row(secret, end, now)
        })
        .collect_view();
    let chosen = Grace::parse(&rotation.grace).unwrap_or(Grace::Day);
    view! {
        <section class="section" aria-labelledby="secrets">
            <div class="section__head">
                <h2 id="secrets">"Secrets"</h2>
                <p>"A client can have two at a time, so that you change over without a gap."</p>
            </div>
            <CardTable heading="secrets" label="Secrets of this client" columns=&["Label", "Secret", "Created", "Last used", "State"]>
                {rows}
            </CardTable>
            {(!locked)
                .then(|| {
                    view! {
                        <form class="card" method="post" action=format!("{path}/secrets") aria-labelledby="rotate" novalidate=true>
                            <Csrf/>
                            <input type="hidden" name="id" value=form.to_string()/>
                            <div class="card__head"><h3 id="rotate">"Rotate the secret"</h3></div>
                            <div class="card__body form">
                                <Field
                                    id="label"
                                    label="Label of the new one"
                                    value=rotation.label
                                    hint="Where it is stored, or since when. It helps when it is rotated next."
                                    autocomplete="off"
                                    optional=true
                                />
                                <GraceChoice chosen=chosen full={living >= MOST_LIVING}/>
                            </div>
                            <div class="card__foot">
                                <p>"The new secret is displayed once, on the next page."</p>
                                <button class="button">
                                    <Icon glyph=Glyph::Refresh/>
                                    "Rotate secret"
                                </button>
                            </div>
                        </form>
                    }
                })}
        </section>
    }
}

#[component]
fn GraceChoice(chosen: Grace, full: bool) -> impl IntoView {
    let cards = Grace::ALL
        .map(|grace| {
            let (title, text) = match grace {
                Grace::Now => ("Stop now", "After a leak. Access tokens end too."),
                Grace::Hour => ("1 hour", ""),
                Grace::Day => ("24 hours", ""),
                Grace::Week => ("7 days", ""),
            };
            view! {
                <label class="radio-card">
                    <input type="radio" name="grace" value=grace.as_str() checked=grace == chosen/>
                    <span class="radio-card__body">
                        <strong>{title}</strong>
                        {(!text.is_empty()).then(|| view! { <span>{text}</span> })}
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="radio-cards" id="grace">
            <legend>"The present secret keeps working for"</legend>
            <div class="radio-cards__grid radio-cards__grid--compact">{cards}</div>
            <FieldError id="grace" error=error_of("grace")/>
            {full
                .then(|| {
                    view! {
                        <p class="field__hint">
                            "Two secrets are living. End one first, or choose “Stop now”, which ends both."
                        </p>
                    }
                })}
        </fieldset>
    }
}

fn secret_row(secret: SecretRow, end: Option<String>, now: Timestamp) -> impl IntoView {
    let SecretRow { id: _, label, last_four, created_by, created_at, last_used_at, expires_at, living } = secret;
    let state = match (living, expires_at) {
        (true, None) => view! { <State kind="active" text="Active"/> }.into_any(),
        (true, Some(at)) => {
            view! { <State kind="pending" text=format!("Ends in {}", span(at.since(now)))/> }.into_any()
        }
        (false, _) => view! { <State kind="disabled" text="Ended"/> }.into_any(),
    };
    let name = label.clone();
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">{label}</th>
            <td role="cell" data-label="Secret">
                <code>
                    <span class="visually-hidden">"ends in "</span>
                    <span aria-hidden="true">"····"</span>
                    {last_four}
                </code>
            </td>
            <td role="cell" data-label="Created">
                <div class="cell-main">
                    <Day at=created_at/>
                    {created_by.map(|name| view! { <small>{name}</small> })}
                </div>
            </td>
            <td role="cell" data-label="Last used">
                {match last_used_at {
                    Some(at) => view! { <Ago at=at now=now/> }.into_any(),
                    None => view! { <span class="muted">"Never"</span> }.into_any(),
                }}
            </td>
            <td role="cell" data-label="State">{state}</td>
            <EndCell href=end label="End now" name=name/>
        </tr>
    }
}

/// A time to come, in words.
fn span(milliseconds: i64) -> String {
    let minutes = (milliseconds + 59_999) / 60_000;
    match minutes {
        ..=1 => "a minute".to_owned(),
        2..=90 => format!("{minutes} minutes"),
        91..=2880 => format!("{} hours", (minutes + 59) / 60),
        _ => format!("{} days", (minutes + 1439) / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_come_is_told_in_words() {
        let told = [30_000, 3_600_000, 86_400_000, 604_800_000].map(span);
        assert_eq!(told, ["a minute", "60 minutes", "24 hours", "7 days"]);
    }
}
