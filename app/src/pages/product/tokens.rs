//! What a client's tokens, answers and requests are like.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    cache,
    client::{Bounds, Choices, Client, InvalidTokens, MOST_RESOURCES, SetTokensError, SubjectType, Tokens, set_tokens},
    entity::{SigningAlg, TokenFormat},
    membership::Right,
};
use serde::Deserialize;

use super::{
    access::{AtClient, ManagedClient},
    frame::{self, ReadOnly, Settings},
};
use crate::{
    components::field::{ErrorSummary, Field, Select, TextArea, Tick, ticked},
    error::PageError,
    form::{Errors, Form},
    layout::PageHead,
    notice,
};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;

/// What was typed; a box that is not ticked is absent.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    access_minutes: String,
    refresh_hours: String,
    id_token_alg: String,
    subject_type: String,
    resources: String,
    userinfo_alg: String,
    introspection_alg: String,
    pushed: String,
    signed: String,
    dpop: String,
}

/// A life in `unit`s of seconds. One that is no whole number of them was registered by a program.
fn shown(lifetime: Option<i64>, unit: i64) -> String {
    lifetime.map(|seconds| (seconds / unit).to_string()).unwrap_or_default()
}

/// Nothing, or a whole number of `unit`s, in seconds. A number that is out of all bounds stays so.
fn read(text: &str, unit: i64) -> Result<Option<i64>, ()> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse::<i64>().map(|number| Some(number.saturating_mul(unit))).map_err(|_| ()),
    }
}

const fn alg_name(alg: Option<SigningAlg>) -> &'static str {
    match alg {
        Some(alg) => alg.as_str(),
        None => "",
    }
}

impl Typed {
    fn of(tokens: &Tokens) -> Self {
        Self {
            access_minutes: shown(tokens.access_lifetime, MINUTE),
            refresh_hours: shown(tokens.refresh_lifetime, HOUR),
            id_token_alg: tokens.id_token_alg.as_str().to_owned(),
            subject_type: tokens.subject_type.as_str().to_owned(),
            resources: tokens.resources.join("\n"),
            userinfo_alg: alg_name(tokens.userinfo_alg).to_owned(),
            introspection_alg: alg_name(tokens.introspection_alg).to_owned(),
            pushed: ticked(tokens.pushed),
            signed: ticked(tokens.signed),
            dpop: ticked(tokens.dpop),
        }
    }

    fn tokens(&self, client: &Client, errors: &mut Errors) -> Tokens {
        let mut life = |field, text, unit| {
            read(text, unit).unwrap_or_else(|()| {
                errors.add(field, "Write a whole number, or nothing.");
                None
            })
        };
        Tokens {
            access_lifetime: life("access_minutes", &self.access_minutes, MINUTE),
            refresh_lifetime: life("refresh_hours", &self.refresh_hours, HOUR),
            id_token_alg: client.profile.signing(SigningAlg::parse(&self.id_token_alg)),
            subject_type: SubjectType::parse(&self.subject_type).unwrap_or(SubjectType::Public),
            resources: self.resources.split_whitespace().map(str::to_owned).collect(),
            userinfo_alg: SigningAlg::parse(&self.userinfo_alg),
            introspection_alg: SigningAlg::parse(&self.introspection_alg),
            pushed: !self.pushed.is_empty(),
            signed: !self.signed.is_empty(),
            dpop: !self.dpop.is_empty(),
        }
    }
}

/// What differs from the platform's own, in words.
pub fn summary(client: &Client) -> String {
    let tokens = Tokens::of(client);
    let mut words = Vec::new();
    if let Some(seconds) = tokens.access_lifetime {
        words.push(format!("access tokens live {} min", seconds / MINUTE));
    }
    if let Some(seconds) = tokens.refresh_lifetime {
        words.push(format!("refresh tokens live {} h", seconds / HOUR));
    }
    match tokens.resources.len() {
        0 => {}
        1 => words.push("one audience".to_owned()),
        more => words.push(format!("{more} audiences")),
    }
    for (on, text) in [
        (tokens.pushed, "requests are pushed"),
        (tokens.signed, "requests are signed"),
        (tokens.dpop, "tokens are bound"),
    ] {
        if on {
            words.push(text.to_owned());
        }
    }
    if words.is_empty() {
        return "The platform's".to_owned();
    }
    let text = words.join(", ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

pub async fn page(at: AtClient) -> Result<Response, PageError> {
    let typed = Typed::of(&Tokens::of(&at.client));
    show(&at, typed, Errors::new()).await
}

pub async fn submit(at: ManagedClient, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let mut errors = Errors::new();
    let tokens = typed.tokens(&at.client, &mut errors);
    if !errors.is_empty() {
        return show(&at, typed, errors).await;
    }
    match set_tokens(at.ctx(), at.actor(), &at.client, at.product.audience, tokens).await {
        Ok(()) => {
            let text = "Saved. It counts for tokens and requests to come.";
            Ok(notice::done(at.member.visitor(), &at.path("/tokens"), text))
        }
        Err(SetTokensError::Invalid(invalid)) => {
            let errors = problems(&at, invalid);
            show(&at, typed, errors).await
        }
        Err(SetTokensError::Fault(fault)) => Err(fault.into()),
    }
}

fn problems(at: &AtClient, invalid: InvalidTokens) -> Errors {
    let mut errors = Errors::new();
    let range = |bounds: Bounds, unit: i64, units: &str| {
        format!("Write a whole number of {units} from {} to {}, or nothing.", bounds.least / unit, bounds.most / unit)
    };
    if invalid.access_lifetime {
        errors.add("access_minutes", range(Bounds::access(at.ctx()), MINUTE, "minutes"));
    }
    if invalid.refresh_lifetime {
        errors.add("refresh_hours", range(Bounds::refresh(at.ctx()), HOUR, "hours"));
    }
    if let Some(text) = invalid.resource {
        errors.add("resources", format!("{text} is not an absolute URI without a fragment."));
    } else if invalid.many_resources {
        errors.add("resources", format!("Write {MOST_RESOURCES} at most."));
    }
    if invalid.keyless {
        errors.add("signed", "The client has no key to sign with. Add one under Keys and method first.");
    }
    errors
}

async fn show(at: &AtClient, typed: Typed, errors: Errors) -> Result<Response, PageError> {
    let known = known(at).await?;
    let path = at.path("");
    let why_not = at.why_not(Right::ManageClients);
    let locked = why_not.is_some();
    let client = at.client.clone();
    let choices = Choices::of(&at.client, at.product.audience);
    let (access, refresh) = (Bounds::access(at.ctx()), Bounds::refresh(at.ctx()));
    let page = frame::client_page(at, "Tokens and requests").crumb("Tokens and requests").errors(errors);
    Ok(page.render(at.member.visitor(), move || {
        view! {
            <PageHead
                title="Tokens and requests"
                lead="How long the client's tokens live, for whom they are, what is signed, and what its requests must \
                      be like. Who leaves all of it alone has what most clients need."
            />
            <ReadOnly why=why_not/>
            <ErrorSummary/>
            <Settings action=format!("{path}/tokens") label="Tokens and requests" locked=locked note="It counts for tokens and requests to come.">
                <Field
                    id="access_minutes"
                    label="Life of access tokens, in minutes"
                    value=typed.access_minutes
                    hint=format!("From {} to {}; {} when empty.", access.least / MINUTE, access.most / MINUTE, access.most / MINUTE)
                    autocomplete="off"
                    optional=true
                />
                {choices
                    .people
                    .then(|| {
                        view! {
                            <Field
                                id="refresh_hours"
                                label="Life of refresh tokens, in hours"
                                value=typed.refresh_hours
                                hint=format!(
                                    "From {} to {}, counted from the consent; {} when empty. Then people are asked to \
                                     sign in again.",
                                    refresh.least / HOUR,
                                    refresh.most / HOUR,
                                    refresh.most / HOUR,
                                )
                                autocomplete="off"
                                optional=true
                            />
                        }
                    })}
                <TextArea
                    id="resources"
                    label="Audiences of access tokens"
                    value=typed.resources
                    hint="The APIs, as absolute URIs, a line each, that the client may name as resource (RFC 8707). A \
                          token that names none is for Portico's own."
                    optional=true
                    rows=3
                />
                <KnownApis known=known/>
                {choices.subjects.then(|| view! { <Subjects chosen=typed.subject_type/> })}
                {choices
                    .people
                    .then(|| {
                        view! {
                            <Select
                                id="id_token_alg"
                                label="ID tokens are signed with"
                                options=algs(&client, false)
                                chosen=typed.id_token_alg
                                hint="RS256 is what every library knows; ES256 is shorter and faster."
                            />
                            <Select
                                id="userinfo_alg"
                                label="Answers of userinfo"
                                options=algs(&client, true)
                                chosen=typed.userinfo_alg
                            />
                        }
                    })}
                {choices
                    .introspection
                    .then(|| {
                        view! {
                            <Select
                                id="introspection_alg"
                                label="Answers of introspection"
                                options=algs(&client, true)
                                chosen=typed.introspection_alg
                                hint="Signed, they can be shown to others as evidence (RFC 9701)."
                            />
                        }
                    })}
                <Demands client=client choices=choices pushed=typed.pushed signed=typed.signed dpop=typed.dpop/>
            </Settings>
        }
    }))
}

/// An audience of the client that is an API of the catalogue.
struct Known {
    resource: String,
    /// What it is called, and how its tokens look if it says so.
    words: String,
}

async fn known(at: &AtClient) -> Result<Vec<Known>, PageError> {
    let catalogue = cache::catalogue(at.ctx()).await?;
    let named = |resource: String| {
        let api = catalogue.apis.iter().find(|api| api.resources.contains(&resource))?;
        let words = match api.token_format {
            Some(TokenFormat::Jwt) => format!("{}, whose tokens are JWTs: ", api.name),
            Some(TokenFormat::Opaque) => format!("{}, whose tokens are opaque: ", api.name),
            None => format!("{}: ", api.name),
        };
        Some(Known { resource, words })
    };
    Ok(Tokens::of(&at.client).resources.into_iter().filter_map(named).collect())
}

/// What the APIs are called that the client may ask for.
#[component]
fn KnownApis(known: Vec<Known>) -> impl IntoView {
    (!known.is_empty()).then(|| {
        let lines = known.into_iter().map(|api| view! { <li>{api.words} <code>{api.resource}</code></li> });
        view! {
            <div class="field__hint">
                <p>"APIs of the catalogue among them:"</p>
                <ul>{lines.collect_view()}</ul>
            </div>
        }
    })
}

/// What must be so of each request. What the profile demands is said and not asked.
#[component]
fn Demands(client: Client, choices: Choices, pushed: String, signed: String, dpop: String) -> impl IntoView {
    let rules = client.profile.rules();
    view! {
        <fieldset class="fieldset">
            <legend>"Refuse requests"</legend>
            {choices
                .pushed
                .then(|| view! { <Tick name="pushed" label="that were not pushed (PAR)" on=!pushed.is_empty()/> })}
            {choices
                .signed
                .then(|| {
                    view! { <Tick name="signed" label="whose parameters the client has not signed" on=!signed.is_empty()/> }
                })}
            {choices
                .dpop
                .then(|| {
                    view! {
                        <Tick name="dpop" label="for tokens that are not bound to a key (DPoP)" on=!dpop.is_empty()/>
                    }
                })}
            {(rules.par_required || rules.bound_tokens)
                .then(|| {
                    view! {
                        <p class="field__hint">
                            "The profile refuses requests that were not pushed and tokens that are not bound anyway."
                        </p>
                    }
                })}
        </fieldset>
    }
}

#[component]
fn Subjects(chosen: String) -> impl IntoView {
    view! {
        <Select
            id="subject_type"
            label="People are known by"
            options=vec![
                ("public", "one sub everywhere (public)"),
                ("pairwise", "a sub of this product (pairwise)"),
            ]
            chosen=chosen
            hint="With a change, those who have signed in before come back as somebody else."
        />
    }
}

fn algs(client: &Client, plain: bool) -> Vec<(&'static str, &'static str)> {
    let plain = plain.then_some(("", "Not signed: JSON"));
    plain.into_iter().chain(client.profile.rules().signs.iter().map(|alg| (alg.as_str(), alg.as_str()))).collect()
}
