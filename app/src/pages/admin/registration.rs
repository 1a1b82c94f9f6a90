//! `/admin/registration`: the initial access tokens with which programs register clients.

use axum::{
    extract::{FromRef, FromRequestParts, Query},
    response::Response,
};
use http::request::Parts;
use leptos::prelude::*;
use model::{
    Registration, Timestamp,
    client::dynamic::token::{self, LABEL_LENGTH, LetInError, Listed, NewToken},
    days,
    named::Named,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{page as frame, waiting};
use crate::{
    AppState,
    components::{
        alert::Alert,
        field::{ErrorSummary, Field},
        form::Csrf,
        icon::{Glyph, Icon},
        misc::{Empty, State},
        paging::{Pages, Pagination, Position, asked},
        table::{CardTable, EndCell},
        time::{Day, Moment},
    },
    error::PageError,
    extract::{Administrator, uuid_in_path},
    form::{Errors, Form, Nothing},
    layout::PageHead,
    notice::{self, Tone},
    pages::product::{Confirm, form_id, shown_once, text_problem},
};

/// The page's own path.
const PATH: &str = "/admin/registration";

/// So many tokens to a page.
const SIZE: usize = 50;

/// For how many days a token works at most.
const MOST_DAYS: i64 = 3650;

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    id: String,
    product: String,
    label: String,
    days: String,
    uses: String,
}

pub async fn page(administrator: Administrator, Query(position): Query<Position>) -> Result<Response, PageError> {
    let typed = Typed { days: "30".to_owned(), ..Typed::default() };
    show(&administrator, &position, typed, Errors::new()).await
}

pub async fn create(administrator: Administrator, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let ctx = administrator.ctx();
    let mut errors = Errors::new();
    let product = match token::find_product(ctx, &typed.product).await? {
        Named::One(product) => Some(product),
        Named::Nobody => {
            errors.add("product", "Write the product whose clients it registers, as Organization: Product.");
            None
        }
        Named::Several => {
            errors.add("product", "Several products are called so. Write its id, prd_…, as in its address.");
            None
        }
    };
    let lifetime = typed.days.trim().parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
    if lifetime.is_none() {
        errors.add("days", format!("Write a number of days, from 1 to {MOST_DAYS}."));
    }
    let most_uses = match typed.uses.trim() {
        "" => Some(None),
        text => text.parse().ok().filter(|uses: &i64| *uses > 0).map(Some),
    };
    if most_uses.is_none() {
        errors.add("uses", "Write how many clients it registers, or nothing for any number.");
    }
    if let Err(problem) = rules::text::line(&typed.label, LABEL_LENGTH) {
        errors.add("label", text_problem(problem, "Write who gets it."));
    }
    let (Some(product), Some(lifetime), Some(most_uses), true) = (product, lifetime, most_uses, errors.is_empty())
    else {
        return show(&administrator, &Position::default(), typed, errors).await;
    };
    let id = form_id(ctx, &typed.id)?;
    let new = NewToken { id, label: typed.label.clone(), lifetime: days(lifetime), most_uses };
    match token::let_in(ctx, Some(administrator.user.id), &product, &new).await {
        Ok(token) => Ok(made(&administrator, &product.name, token.reveal().to_owned())),
        Err(LetInError::Again) => {
            let text = "This form was sent before, and the token was displayed then. If nobody stored it, revoke it \
                        and make another one.";
            Ok(notice::go(&administrator.visitor, PATH, Tone::Warning, text))
        }
        Err(LetInError::Label(problem)) => {
            let errors = Errors::one("label", text_problem(problem, "Write who gets it."));
            show(&administrator, &Position::default(), typed, errors).await
        }
        Err(LetInError::Fault(fault)) => Err(fault.into()),
    }
}

/// The response to the form that made it, which no address shows again.
fn made(administrator: &Administrator, product: &str, token: String) -> Response {
    let lead = format!("With it programs register clients of {product}.");
    let page = frame("Store the token", "registration").crumb_to("Registration tokens", PATH).crumb("New");
    page.render(&administrator.visitor, move || {
        view! {
            <PageHead title="Store the token now" lead=lead/>
            <section class="secret" aria-labelledby="secret-title">
                <div class="secret__head">
                    <Icon glyph=Glyph::Key/>
                    <div>
                        <h2 id="secret-title">"The token is displayed only once"</h2>
                        <p>
                            "Portico keeps a fingerprint of it and cannot show it again. When you leave this page, it is \
                             gone; if it is lost, revoke it and make another one."
                        </p>
                    </div>
                </div>
                <dl class="secret__values">{shown_once("Initial access token", token, "Copy token")}</dl>
                <div class="secret__foot">
                    <p>"Programs send it as a bearer token to the registration endpoint."</p>
                    <a class="button button--primary" href=PATH>"I have stored it"</a>
                </div>
            </section>
        }
    })
}

async fn show(
    administrator: &Administrator,
    position: &Position,
    typed: Typed,
    errors: Errors,
) -> Result<Response, PageError> {
    let ctx = administrator.ctx();
    let now = ctx.now();
    let form = form_id(ctx, &typed.id)?;
    let off = ctx.settings().registration == Registration::Off;
    let after = position.uuid();
    let mut tokens = token::list(ctx, after, asked(SIZE)).await?;
    let pages = Pages::of(&mut tokens, SIZE, PATH, after, |last| last.row.id.simple().to_string());
    let products = token::suggestions(ctx).await?;
    let page = frame("Registration tokens", "registration").crumb("Registration tokens").errors(errors);
    Ok(page.render(&administrator.visitor, move || {
        view! {
            <PageHead
                title="Registration tokens"
                id="tokens"
                lead="With an initial access token programs register clients of a product by themselves. Whoever has it \
                      can, so give it to one team, for as long and for as many clients as it needs."
            />
            {off
                .then(|| {
                    view! {
                        <Alert tone=Tone::Info>
                            "Registration is turned off in the configuration. Tokens can be made, and work once it is on."
                        </Alert>
                    }
                })}
            <ErrorSummary/>
            <p>
                "Clients that have registered without a token belong to nobody: "
                <a href=waiting::PATH>"see those that wait for an owner"</a> "."
            </p>
            {if tokens.is_empty() {
                view! {
                    <Empty
                        glyph=Glyph::Key
                        title="No tokens yet"
                        text="Make one below for the product whose clients register themselves."
                    />
                }
                    .into_any()
            } else {
                view! {
                    <CardTable
                        heading="tokens"
                        columns=&["Label", "Product", "Created", "Expires", "Used", "State"]
                    >
                        {tokens.into_iter().map(|token| row(token, now)).collect_view()}
                    </CardTable>
                }
                    .into_any()
            }}
            <Pagination pages=pages/>
            <NewForm typed=typed form=form products=products/>
        }
    }))
}

fn row(token: Listed, now: Timestamp) -> impl IntoView {
    let living = token.living(now);
    let Listed { row, product, created_by } = token;
    let named = row.label.clone();
    let used = match row.most_uses {
        Some(most) => format!("{} of {most}", row.uses),
        None => format!("{} of any number", row.uses),
    };
    let state = if living {
        view! { <State kind="active" text="Active"/> }
    } else if row.expires_at <= now {
        view! { <State kind="disabled" text="Expired"/> }
    } else {
        view! { <State kind="disabled" text="Used up"/> }
    };
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">{row.label}</th>
            <td role="cell" data-label="Product">{product}</td>
            <td role="cell" data-label="Created">
                <div class="cell-main">
                    <Day at=row.created_at/>
                    <small>{created_by.unwrap_or_else(|| "Command line".to_owned())}</small>
                </div>
            </td>
            <td role="cell" data-label="Expires" class="nowrap"><Moment at=row.expires_at/></td>
            <td role="cell" data-label="Used">{used}</td>
            <td role="cell" data-label="State">{state}</td>
            <EndCell href=Some(format!("{PATH}/{}/revoke", row.id.simple())) label="Revoke" name=named/>
        </tr>
    }
}

#[component]
fn NewForm(typed: Typed, form: Uuid, products: Vec<String>) -> impl IntoView {
    view! {
        <form class="card" method="post" action=PATH aria-labelledby="new" novalidate=true>
            <Csrf/>
            <input type="hidden" name="id" value=form.to_string()/>
            <div class="card__head"><h2 id="new">"Make a token"</h2></div>
            <div class="card__body form">
                <Field
                    id="product"
                    label="Product"
                    value=typed.product
                    hint="What registers with the token becomes a client of it. Organization: Product, or its id."
                    autocomplete="off"
                    required=true
                    choices=products
                />
                <Field
                    id="label"
                    label="Label"
                    value=typed.label
                    hint="Who gets it, so that you know which one to revoke."
                    maxlength=u32::try_from(LABEL_LENGTH).unwrap_or_default()
                    autocomplete="off"
                    required=true
                />
                <Field
                    id="days"
                    label="Works for how many days"
                    value=typed.days
                    hint="Clients that were registered with it stay."
                    autocomplete="off"
                    required=true
                />
                <Field
                    id="uses"
                    label="Registers how many clients"
                    value=typed.uses
                    hint="Any number, if it stays empty."
                    autocomplete="off"
                    optional=true
                />
            </div>
            <div class="card__foot">
                <p>"The token is displayed once, on the next page."</p>
                <button class="button button--primary">"Make token"</button>
            </div>
        </form>
    }
}

/// The token that the path names as `{token}`, for an administrator.
pub struct AtToken {
    administrator: Administrator,
    id: Uuid,
}

impl<S> FromRequestParts<S> for AtToken
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let administrator = Administrator::from_request_parts(parts, state).await?;
        let id = uuid_in_path(parts, "token").await?;
        Ok(Self { administrator, id })
    }
}

pub async fn revoke_page(at: AtToken) -> Result<Response, PageError> {
    let AtToken { administrator, id } = at;
    let token = token::by_id(administrator.ctx(), id).await?;
    let title = format!("Revoke {}?", token.ok_or(PageError::NotFound)?.row.label);
    let effects = vec![
        "No program can register with it any more, from this moment on.".to_owned(),
        "The clients that were registered with it stay, and keep working.".to_owned(),
    ];
    let page = frame(title.clone(), "registration").narrow().crumb_to("Registration tokens", PATH).crumb("Revoke");
    Ok(page.render(&administrator.visitor, move || {
        view! { <Confirm title=title effects=effects button="Revoke token" back=PATH/> }
    }))
}

pub async fn revoke(at: AtToken, Form(Nothing {}): Form<Nothing>) -> Result<Response, PageError> {
    let AtToken { administrator, id } = at;
    let revoked = token::revoke(administrator.ctx(), Some(administrator.user.id), id).await?;
    let text = if revoked {
        "The token is revoked. What was registered with it stays."
    } else {
        "That token was revoked already, or is long expired."
    };
    Ok(notice::done(&administrator.visitor, PATH, text))
}
