//! The pages of one API: what it is like, its scopes, and its end.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    Context,
    api::manage::{self, About, ApiError, Invalid, Listed, NAME_LENGTH, NotAResource, NotARunner, RESOURCE_LENGTH},
    entity::TokenFormat,
    named::Named,
};
use serde::Deserialize;

use super::{
    AtApi, PATH, failed, frame, path_of,
    scopes::{AddScope, NewScope, ScopeTable},
    used,
};
use crate::{
    components::{
        field::{ErrorSummary, Field, Select},
        form::Csrf,
        misc::{DangerRow, DangerZone},
    },
    error::PageError,
    extract::Administrator,
    form::{Errors, Form, Nothing},
    layout::PageHead,
    notice::{self, Tone},
    pages::product::{Confirm, text_problem},
};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    resource: String,
    token_format: String,
    organization: String,
}

impl Typed {
    pub(super) fn of(at: &AtApi) -> Self {
        let row = &at.api.row;
        Self {
            name: row.name.clone(),
            resource: row.resource.clone(),
            token_format: row.token_format.map(|format| format.as_str().to_owned()).unwrap_or_default(),
            organization: at.api.organization.clone().unwrap_or_default(),
        }
    }

    /// What is wanted of an API that is new, or is `before`, unless something is not there to choose.
    async fn about(&self, ctx: &Context, before: Option<&Listed>) -> Result<Result<About, Errors>, PageError> {
        let mut errors = Errors::new();
        let token_format = match self.token_format.as_str() {
            "" => None,
            text => {
                let format = TokenFormat::parse(text);
                if format.is_none() {
                    errors.add("token_format", "Choose one of the formats.");
                }
                format
            }
        };
        // Who runs it already stays, however many are called so.
        let same = before.filter(|before| before.organization.as_deref() == Some(&self.organization));
        let organization = match (same, self.organization.trim()) {
            (Some(before), _) => before.row.organization_id,
            (None, "") => None,
            (None, text) => match manage::find_runner(ctx, text).await? {
                Named::One(organization) => Some(organization.id),
                Named::Nobody => {
                    errors.add("organization", UNKNOWN);
                    None
                }
                Named::Several => {
                    errors.add("organization", "Several are called so. Write its id, org_…, as in its address.");
                    None
                }
            },
        };
        let about = About { name: self.name.clone(), token_format, organization };
        Ok(if errors.is_empty() { Ok(about) } else { Err(errors) })
    }
}

const UNKNOWN: &str = "No organization of several people is called so. Write its name or its id, or nothing.";

fn problems(invalid: Invalid) -> Errors {
    let mut errors = Errors::new();
    if let Some(problem) = invalid.name {
        errors.add("name", text_problem(problem, "Write what people call it."));
    }
    if let Some(problem) = invalid.resource {
        let text = match problem {
            NotAResource::Malformed => {
                "Write an absolute URI without a fragment, such as https://api.example.com/, or a path of the portal."
                    .to_owned()
            }
            NotAResource::Long => format!("Shorten it to {RESOURCE_LENGTH} characters."),
            NotAResource::Own => "That is the portal's own address. Write the path alone, such as /api/v2.".to_owned(),
            NotAResource::Taken => "There is an API with this identifier already.".to_owned(),
        };
        errors.add("resource", text);
    }
    if let Some(problem) = invalid.organization {
        let text = match problem {
            NotARunner::Unknown => UNKNOWN,
            NotARunner::Portal => "An API below the portal's address is the portal's own: choose none.",
        };
        errors.add("organization", text);
    }
    errors
}

pub async fn new_page(administrator: Administrator) -> Result<Response, PageError> {
    show_new(&administrator, Typed::default(), Errors::new()).await
}

pub async fn create(administrator: Administrator, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let ctx = administrator.ctx();
    let about = match typed.about(ctx, None).await? {
        Ok(about) => about,
        Err(errors) => return show_new(&administrator, typed, errors).await,
    };
    match manage::add(ctx, Some(administrator.user.id), &typed.resource, &about).await {
        Ok(id) => {
            let text = "The API is added. Its scopes come next: products can enable them.";
            Ok(notice::done(&administrator.visitor, &format!("{PATH}/{}", id.simple()), text))
        }
        Err(ApiError::Invalid(invalid)) => show_new(&administrator, typed, problems(invalid)).await,
        Err(error) => Err(failed(error)),
    }
}

async fn show_new(administrator: &Administrator, typed: Typed, errors: Errors) -> Result<Response, PageError> {
    let organizations = manage::runners(administrator.ctx()).await?;
    let page = frame("Add an API", "apis").narrow().crumb_to("APIs", PATH).crumb("New").errors(errors);
    Ok(page.render(&administrator.visitor, move || {
        view! {
            <PageHead title="Add an API" id="about"/>
            <ErrorSummary/>
            <form class="card" method="post" action=format!("{PATH}/new") aria-labelledby="about" novalidate=true>
                <Csrf/>
                <div class="card__body form">
                    <Name value=typed.name/>
                    <Field
                        id="resource"
                        label="Identifier"
                        value=typed.resource
                        hint="An absolute URI, which clients send as resource and tokens carry as aud; or a path, for an \
                              API of the portal itself. It cannot be changed later."
                        maxlength=u32::try_from(RESOURCE_LENGTH).unwrap_or_default()
                        autocomplete="off"
                        required=true
                        mono=true
                    />
                    <Format chosen=typed.token_format/>
                    <Runner typed=typed.organization organizations=organizations/>
                </div>
                <div class="card__foot">
                    <a class="button button--ghost" href=PATH>"Cancel"</a>
                    <button class="button button--primary">"Add API"</button>
                </div>
            </form>
        }
    }))
}

#[component]
fn Name(value: String) -> impl IntoView {
    view! {
        <Field
            id="name"
            label="Name"
            value=value
            hint="What developers and administrators call it."
            maxlength=u32::try_from(NAME_LENGTH).unwrap_or_default()
            autocomplete="off"
            required=true
        />
    }
}

#[component]
fn Format(chosen: String) -> impl IntoView {
    let options = vec![
        ("", "As the client has chosen"),
        (TokenFormat::Opaque.as_str(), "Opaque: the API introspects them"),
        (TokenFormat::Jwt.as_str(), "JWT (RFC 9068): the API checks the signature"),
    ];
    view! {
        <Select
            id="token_format"
            label="Access tokens"
            options=options
            chosen=chosen
            hint="A token for several APIs is a JWT if one of them says so."
        />
    }
}

#[component]
fn Runner(typed: String, organizations: Vec<String>) -> impl IntoView {
    view! {
        <Field
            id="organization"
            label="Run by"
            value=typed
            hint="The name or the id of an organization. Its confidential clients may introspect tokens for this API, \
                  whoever they were issued to."
            autocomplete="off"
            optional=true
            choices=organizations
        />
    }
}

pub async fn page(at: AtApi) -> Result<Response, PageError> {
    show(&at, Typed::of(&at), NewScope::fresh(), Errors::new()).await
}

pub async fn change(at: AtApi, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let AtApi { administrator, api } = &at;
    let about = match typed.about(administrator.ctx(), Some(api)).await? {
        Ok(about) => about,
        Err(errors) => return show(&at, typed, NewScope::fresh(), errors).await,
    };
    match manage::change(administrator.ctx(), Some(administrator.user.id), api.row.id, &about).await {
        Ok(()) => {
            let text = "Saved. It counts for tokens to come, and for introspection at once.";
            Ok(notice::done(&administrator.visitor, &at.path(), text))
        }
        Err(ApiError::Invalid(invalid)) => show(&at, typed, NewScope::fresh(), problems(invalid)).await,
        Err(error) => Err(failed(error)),
    }
}

/// The page of one API, with both of its forms as they were typed.
pub(super) async fn show(at: &AtApi, typed: Typed, new: NewScope, errors: Errors) -> Result<Response, PageError> {
    let AtApi { administrator, api } = at;
    let ctx = administrator.ctx();
    let own = manage::scopes_of(ctx, &api.row).await?;
    let organizations = manage::runners(ctx).await?;
    let (path, row, built_in) = (at.path(), api.row.clone(), api.built_in());
    let names = ctx.settings().api_names(&row.resource);
    let page = frame(row.name.clone(), "apis").crumb_to("APIs", PATH).crumb(row.name.clone()).errors(errors);
    Ok(page.render(&administrator.visitor, move || {
        let names = names.into_iter().map(|name| view! { <li><code>{name}</code></li> }).collect_view();
        view! {
            <PageHead title=row.name/>
            <ErrorSummary/>
            <form class="card" method="post" action=path.clone() aria-labelledby="about" novalidate=true>
                <Csrf/>
                <div class="card__head"><h2 id="about">"What it is like"</h2></div>
                <div class="card__body form">
                    <div>
                        <p>"Clients ask for tokens for it with this resource:"</p>
                        <ul class="stack">{names}</ul>
                    </div>
                    <Name value=typed.name/>
                    <Format chosen=typed.token_format/>
                    {(!row.resource.starts_with('/'))
                        .then(|| view! { <Runner typed=typed.organization organizations=organizations/> })}
                </div>
                <div class="card__foot">
                    <p>"It counts for tokens to come."</p>
                    <button class="button button--primary">"Save API"</button>
                </div>
            </form>
            <ScopeTable path=path.clone() own=own/>
            <AddScope path=path.clone() typed=new/>
            {(!built_in)
                .then(|| {
                    view! {
                        <DangerZone>
                            <DangerRow
                                title="Remove API"
                                text="Possible once it has no scopes, and no client may ask for tokens for it."
                            >
                                <a class="button button--danger" href=format!("{path}/remove")>"Remove API"</a>
                            </DangerRow>
                        </DangerZone>
                    }
                })}
        }
    }))
}

pub async fn remove_page(at: AtApi) -> Result<Response, PageError> {
    let AtApi { administrator, api } = &at;
    let title = format!("Remove {}?", api.row.name);
    let effects = vec![
        "Products can no longer be given scopes of it, and it says no longer how tokens look.".to_owned(),
        "Tokens that name it stay what they are until they expire.".to_owned(),
    ];
    let back = path_of(api);
    let page = frame(title.clone(), "apis").narrow().crumb_to("APIs", PATH).crumb("Remove");
    Ok(page.render(&administrator.visitor, move || {
        view! { <Confirm title=title effects=effects button="Remove API" back=back/> }
    }))
}

pub async fn remove(at: AtApi, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    let AtApi { administrator, api } = &at;
    match manage::remove(administrator.ctx(), Some(administrator.user.id), api.row.id).await {
        Ok(()) => Ok(notice::done(&administrator.visitor, PATH, "The API is removed.")),
        Err(ApiError::Used(by)) => {
            let text = format!("The API was not removed. {}", used(by));
            Ok(notice::go(&administrator.visitor, &at.path(), Tone::Warning, &text))
        }
        Err(error) => Err(failed(error)),
    }
}
