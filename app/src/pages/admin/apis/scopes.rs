//! The scopes of an API: what is there, one more, other words for one, one less.

use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect, Response},
};
use leptos::prelude::*;
use model::{
    api::manage::{
        self, ApiError, Invalid, NAME_LENGTH, NotAScope, SCOPE_LENGTH, ScopeWords, TEXT_LENGTH, is_built_in,
    },
    entity::ScopeAudience,
    scope::Scope,
};
use serde::Deserialize;

use super::{AtApi, PATH, failed, form, frame, used};
use crate::{
    components::{
        field::{ErrorSummary, Field, Select, Tick, ticked},
        form::Csrf,
        icon::Glyph,
        misc::Empty,
        table::CardTable,
    },
    error::PageError,
    form::{Errors, Form, Nothing},
    layout::PageHead,
    notice::{self, Tone},
    pages::product::{Confirm, text_problem},
};

/// What was typed; a box that is not ticked is absent.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewScope {
    scope: String,
    #[serde(flatten)]
    words: Words,
    audience: String,
    refreshable: String,
}

/// What is said of a scope, as it was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Words {
    category: String,
    description: String,
    consent_text: String,
}

impl Words {
    fn of(scope: Scope) -> Self {
        let Scope { category, description, consent_text, .. } = scope;
        Self { category, description, consent_text }
    }

    fn wanted(&self) -> ScopeWords {
        let Self { category, description, consent_text } = self.clone();
        ScopeWords { category, description, consent_text }
    }
}

impl NewScope {
    /// The form as it first stands there.
    pub(super) fn fresh() -> Self {
        let audience = ScopeAudience::Users.as_str().to_owned();
        Self { audience, refreshable: ticked(true), ..Self::default() }
    }
}

/// Which products can enable it, in words.
const fn audience_of(audience: ScopeAudience) -> &'static str {
    match audience {
        ScopeAudience::Subscribers => "Products for subscribers",
        ScopeAudience::Operators => "Products for operators",
        ScopeAudience::Both => "Products for subscribers, and for operators",
        ScopeAudience::Users => "Products for portal users",
        ScopeAudience::People => "Products for subscribers, and for portal users",
    }
}

fn problems(invalid: Invalid) -> Errors {
    let mut errors = Errors::new();
    if let Some(problem) = invalid.scope {
        let text = match problem {
            NotAScope::Malformed => {
                format!("Write up to {SCOPE_LENGTH} letters, digits and signs without a blank, such as orders:read.")
            }
            NotAScope::Standard => "OpenID Connect gives this name a meaning. Write another one.".to_owned(),
            NotAScope::Taken => "There is a scope of this name already, of this API or another.".to_owned(),
        };
        errors.add("scope", text);
    }
    for (field, problem, missing) in [
        ("category", invalid.category, "Write under which it is sorted."),
        ("description", invalid.description, "Write what developers read."),
        ("consent_text", invalid.consent_text, "Write what people read who are asked for it."),
    ] {
        if let Some(problem) = problem {
            errors.add(field, text_problem(problem, missing));
        }
    }
    errors
}

/// The form's address, opened: it is on the API's page.
pub async fn back(at: AtApi) -> Redirect {
    Redirect::to(&at.path())
}

pub async fn add(at: AtApi, Form(typed): Form<NewScope>) -> Result<Response, PageError> {
    let Some(audience) = ScopeAudience::parse(&typed.audience) else {
        let errors = Errors::one("audience", "Choose which products can enable it.");
        return form::show(&at, form::Typed::of(&at), typed, errors).await;
    };
    let new = manage::NewScope {
        name: typed.scope.clone(),
        words: typed.words.wanted(),
        audience,
        refreshable: !typed.refreshable.is_empty(),
    };
    let administrator = &at.administrator;
    match manage::add_scope(administrator.ctx(), Some(administrator.user.id), at.api.row.id, &new).await {
        Ok(()) => {
            Ok(notice::done(&administrator.visitor, &at.path(), "The scope is added. Products can enable it now."))
        }
        Err(ApiError::Invalid(invalid)) => form::show(&at, form::Typed::of(&at), typed, problems(invalid)).await,
        Err(error) => Err(failed(error)),
    }
}

#[component]
pub(super) fn ScopeTable(path: String, own: Vec<Scope>) -> impl IntoView {
    view! {
        <section class="section" aria-labelledby="scopes">
            <div class="section__head">
                <h2 id="scopes">"Scopes"</h2>
            </div>
            {if own.is_empty() {
                view! {
                    <Empty
                        glyph=Glyph::Shield
                        title="No scopes yet"
                        text="Add the first permission below. Until then tokens for this API allow what is of no API \
                              in particular."
                    />
                }
                    .into_any()
            } else {
                view! {
                    <CardTable heading="scopes" label="Scopes of this API" columns=&["Scope", "What it allows", "For"]>
                        {own.into_iter().map(|scope| row(scope, &path)).collect_view()}
                    </CardTable>
                }
                    .into_any()
            }}
        </section>
    }
}

fn encoded(scope: &str) -> String {
    url::form_urlencoded::byte_serialize(scope.as_bytes()).collect()
}

fn row(scope: Scope, path: &str) -> impl IntoView + use<> {
    let encoded = encoded(&scope.name);
    let to = |what| format!("{path}/scopes/{what}?scope={encoded}");
    let actions = (!is_built_in(&scope.name)).then(|| {
        let named = format!(" {}", scope.name);
        view! {
            <a class="button button--small" href=to("edit")>
                "Edit"
                <span class="visually-hidden">{named.clone()}</span>
            </a>
            <a class="button button--small button--danger" href=to("remove")>
                "Remove"
                <span class="visually-hidden">{named}</span>
            </a>
        }
    });
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <div class="cell-main">
                    <code>{scope.name}</code>
                    <small>{scope.category}</small>
                </div>
            </th>
            <td role="cell" data-label="What it allows">
                <div class="cell-main">
                    <span>{scope.description}</span>
                    <small>
                        {scope.consent_text}
                        {(!scope.refreshable).then_some(". For one moment alone")}
                    </small>
                </div>
            </td>
            <td role="cell" data-label="For">{audience_of(scope.audience)}</td>
            <td role="cell" class="actions">{actions}</td>
        </tr>
    }
}

#[component]
pub(super) fn AddScope(path: String, typed: NewScope) -> impl IntoView {
    let audiences = ScopeAudience::ALL.iter().map(|audience| (audience.as_str(), audience_of(*audience))).collect();
    view! {
        <form class="card" method="post" action=format!("{path}/scopes") aria-labelledby="add-scope" novalidate=true>
            <Csrf/>
            <div class="card__head"><h2 id="add-scope">"Add a scope"</h2></div>
            <div class="card__body form">
                <Field
                    id="scope"
                    label="Scope"
                    value=typed.scope
                    hint="Its name in requests and tokens, such as orders:read. It cannot be changed later."
                    maxlength=longest(SCOPE_LENGTH)
                    autocomplete="off"
                    required=true
                    mono=true
                />
                <WordFields typed=typed.words/>
                <Select id="audience" label="Which products can enable it" options=audiences chosen=typed.audience/>
                <Tick
                    name="refreshable"
                    label="It can go on while the person is away: refresh tokens have it"
                    on=!typed.refreshable.is_empty()
                />
            </div>
            <div class="card__foot">
                <p>"Adding it grants nothing: a product enables it, and people allow it."</p>
                <button class="button button--primary">"Add scope"</button>
            </div>
        </form>
    }
}

#[component]
fn WordFields(typed: Words) -> impl IntoView {
    view! {
        <Field
            id="category"
            label="Category"
            value=typed.category
            hint="Under which developers find it."
            maxlength=longest(NAME_LENGTH)
            autocomplete="off"
            required=true
        />
        <Field
            id="description"
            label="Description"
            value=typed.description
            hint="What developers read who enable it."
            maxlength=longest(TEXT_LENGTH)
            autocomplete="off"
            required=true
        />
        <Field
            id="consent_text"
            label="Consent text"
            value=typed.consent_text
            hint="What people read who are asked to allow it, in one language: Read your orders."
            maxlength=longest(TEXT_LENGTH)
            autocomplete="off"
            required=true
        />
    }
}

fn longest(length: usize) -> u32 {
    u32::try_from(length).unwrap_or_default()
}

/// Which scope.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Which {
    scope: String,
}

impl AtApi {
    /// The scope of this API that is named.
    async fn scope(&self, which: &Which) -> Result<Scope, PageError> {
        let own = manage::scopes_of(self.administrator.ctx(), &self.api.row).await?;
        own.into_iter().find(|scope| scope.name == which.scope).ok_or(PageError::NotFound)
    }
}

pub async fn edit_page(at: AtApi, Query(which): Query<Which>) -> Result<Response, PageError> {
    if which.scope.is_empty() || is_built_in(&which.scope) {
        return Ok(back(at).await.into_response());
    }
    let scope = at.scope(&which).await?;
    Ok(show_edit(&at, scope.name.clone(), Words::of(scope), Errors::new()))
}

pub async fn edit(at: AtApi, Query(which): Query<Which>, Form(typed): Form<Words>) -> Result<Response, PageError> {
    let AtApi { administrator, api } = &at;
    let (ctx, actor, words) = (administrator.ctx(), Some(administrator.user.id), typed.wanted());
    match manage::change_scope(ctx, actor, api.row.id, &which.scope, &words).await {
        Ok(()) => Ok(notice::done(&administrator.visitor, &at.path(), "Saved. It is what people read from now on.")),
        Err(ApiError::Invalid(invalid)) => Ok(show_edit(&at, which.scope, typed, problems(invalid))),
        Err(error) => Err(failed(error)),
    }
}

fn show_edit(at: &AtApi, name: String, typed: Words, errors: Errors) -> Response {
    let AtApi { administrator, api } = at;
    let (path, title) = (at.path(), format!("Edit {name}"));
    let page = frame(title.clone(), "apis")
        .narrow()
        .crumb_to("APIs", PATH)
        .crumb_to(api.row.name.clone(), path.clone())
        .crumb("Edit scope")
        .errors(errors);
    page.render(&administrator.visitor, move || {
        view! {
            <PageHead title=title id="about"/>
            <ErrorSummary/>
            <form
                class="card"
                method="post"
                action=format!("{path}/scopes/edit?scope={}", encoded(&name))
                aria-labelledby="about"
                novalidate=true
            >
                <Csrf/>
                <div class="card__body form">
                    <WordFields typed=typed/>
                    <p class="field__hint">
                        "What it allows stays what it is, and who has allowed it is not asked again. For another \
                         permission, add another scope."
                    </p>
                </div>
                <div class="card__foot">
                    <a class="button button--ghost" href=path.clone()>"Cancel"</a>
                    <button class="button button--primary">"Save scope"</button>
                </div>
            </form>
        }
    })
}

pub async fn remove_page(at: AtApi, Query(which): Query<Which>) -> Result<Response, PageError> {
    if which.scope.is_empty() {
        return Ok(back(at).await.into_response());
    }
    let scope = at.scope(&which).await?;
    let AtApi { administrator, api } = &at;
    let title = format!("Remove {}?", scope.name);
    let effects = vec![
        "Products can no longer enable it. Where one has it enabled already, it stays.".to_owned(),
        "It cannot be undone, but a scope of the same name can be added again.".to_owned(),
    ];
    let back = at.path();
    let page = frame(title.clone(), "apis")
        .narrow()
        .crumb_to("APIs", PATH)
        .crumb_to(api.row.name.clone(), at.path())
        .crumb("Remove scope");
    Ok(page.render(&administrator.visitor, move || {
        view! { <Confirm title=title effects=effects button="Remove scope" back=back/> }
    }))
}

pub async fn remove(
    at: AtApi,
    Query(which): Query<Which>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    let AtApi { administrator, api } = &at;
    let visitor = &administrator.visitor;
    match manage::remove_scope(administrator.ctx(), Some(administrator.user.id), api.row.id, &which.scope).await {
        Ok(()) => Ok(notice::done(visitor, &at.path(), "The scope is removed.")),
        Err(ApiError::Used(by)) => {
            let text = format!("The scope was not removed. {}", used(by));
            Ok(notice::go(visitor, &at.path(), Tone::Warning, &text))
        }
        Err(error) => Err(failed(error)),
    }
}
