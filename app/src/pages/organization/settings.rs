//! `/organizations/{org}/settings`: its name, and what cannot be undone.

use axum::response::{Redirect, Response};
use leptos::prelude::*;
use model::{
    id,
    membership::{self, MemberRow, Right, Role},
    organization::{self, OrganizationKind},
};
use serde::Deserialize;

use super::errors_of;
use crate::{
    components::{
        field::{ErrorSummary, Field, FieldError, error_of},
        form::Csrf,
        misc::{DangerRow, DangerZone},
    },
    error::PageError,
    extract::{ManageOrganization, Member, With},
    form::{Errors, Form},
    layout::{OrganizationTab, Page, PageHead},
    notice,
};

pub(super) async fn show(member: Member) -> Result<Response, PageError> {
    page(&member, None, Errors::new()).await
}

pub(super) async fn back(member: Member) -> Redirect {
    Redirect::to(&format!("{}/settings", member.path()))
}

async fn page(member: &Member, typed: Option<String>, errors: Errors) -> Result<Response, PageError> {
    let me = member.signed_in.id();
    let rows = membership::list(member.ctx(), member.organization.id).await?;
    let last_owner = member.role == Role::Owner && rows.iter().all(|row| row.role != Role::Owner || row.user == me);
    let others: Vec<MemberRow> = rows.into_iter().filter(|row| row.user != me).collect();
    let organization = member.organization.clone();
    let owner = member.may(Right::ManageOrganization);
    let path = format!("{}/settings", member.path());
    let leave = format!("{}/members/{}/remove", member.path(), id::show("usr", me));
    let page = Page::new("Settings").of(member).crumb("Settings").organization_head(member, OrganizationTab::Settings);
    Ok(page.errors(errors).render(member.visitor(), move || {
        let personal = organization.kind == OrganizationKind::Personal;
        let team = organization.kind == OrganizationKind::Team;
        let name = typed.unwrap_or_else(|| organization.name.clone());
        view! {
            <PageHead title="Settings"/>
            <ErrorSummary/>
            {if owner {
                view! {
                    <form class="card" method="post" action=path.clone()>
                        <Csrf/>
                        <div class="card__head">
                            <h2>"Name"</h2>
                        </div>
                        <div class="card__body">
                            <Field
                                id="name"
                                label="Name"
                                value=name
                                hint="Subscribers see it on the page where they consent."
                                autocomplete="organization"
                                required=true
                            />
                        </div>
                        <div class="card__foot">
                            <button class="button button--primary">"Save name"</button>
                        </div>
                    </form>
                }
                    .into_any()
            } else {
                view! { <p class="muted">"Changing the name, and giving the organization away, takes the role owner."</p> }
                    .into_any()
            }}
            {(!personal)
                .then(|| {
                    view! {
                        <DangerZone>
                            {owner.then(|| view! { <Transfer path=path.clone() others=others/> })}
                            <DangerRow
                                title="Leave"
                                text="You lose access to its products at once. Coming back takes an invitation."
                            >
                                {if last_owner {
                                    view! {
                                        <button
                                            class="button button--danger"
                                            disabled=true
                                            title="You are the last owner: make somebody else an owner first."
                                        >
                                            "Leave organization"
                                        </button>
                                    }
                                        .into_any()
                                } else {
                                    view! { <a class="button button--danger" href=leave>"Leave organization"</a> }.into_any()
                                }}
                            </DangerRow>
                            {(owner && team).then(|| view! { <Delete path=path name=organization.name/> })}
                        </DangerZone>
                    }
                })}
        }
    }))
}

#[component]
fn Transfer(path: String, others: Vec<MemberRow>) -> impl IntoView {
    let alone = others.is_empty();
    let options = others
        .into_iter()
        .map(|row| view! { <option value=id::show("usr", row.user)>{format!("{} ({})", row.name, row.email)}</option> })
        .collect_view();
    view! {
        <DangerRow title="Transfer" text="Another member becomes its owner, and you become an admin.">
            {if alone {
                view! {
                    <button class="button button--danger" disabled=true title="There is nobody else yet: invite somebody first.">
                        "Transfer"
                    </button>
                }
                    .into_any()
            } else {
                view! {
                    <form class="input-group" method="post" action=format!("{path}/transfer")>
                        <Csrf/>
                        <label class="visually-hidden" for="transfer-to">"New owner"</label>
                        <select class="select select--small" id="transfer-to" name="to">{options}</select>
                        <button class="button button--danger">"Transfer"</button>
                    </form>
                }
                    .into_any()
            }}
        </DangerRow>
    }
}

#[component]
fn Delete(path: String, name: String) -> impl IntoView {
    let error = error_of("confirm");
    let invalid = error.is_some().then_some("true");
    view! {
        <DangerRow
            title="Delete"
            text="Only when it owns no products. Its members lose it, and its history goes with it."
        >
            <form class="stack" method="post" action=format!("{path}/delete")>
                <Csrf/>
                <div class="field">
                    <label class="field__label" for="confirm">{format!("Type “{name}” to confirm")}</label>
                    <input
                            class="input"
                            id="confirm"
                            name="confirm"
                            autocomplete="off"
                            aria-invalid=invalid
                            aria-describedby=error.is_some().then_some("confirm-error")
                        />
                    <FieldError id="confirm" error=error/>
                </div>
                <button class="button button--danger">"Delete organization"</button>
            </form>
        </DangerRow>
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NameFields {
    name: String,
}

pub(super) async fn rename(
    member: With<ManageOrganization>,
    Form(fields): Form<NameFields>,
) -> Result<Response, PageError> {
    match organization::rename(member.ctx(), member.signed_in.id(), member.organization.id, &fields.name).await {
        Ok(()) => Ok(notice::done(member.visitor(), &format!("{}/settings", member.path()), "The name is saved.")),
        Err(error) => page(&member, Some(fields.name), errors_of(error)?).await,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TransferFields {
    to: String,
}

pub(super) async fn transfer(
    member: With<ManageOrganization>,
    Form(fields): Form<TransferFields>,
) -> Result<Response, PageError> {
    let to = id::parse("usr", &fields.to).ok_or(PageError::NotFound)?;
    match membership::transfer(member.ctx(), member.signed_in.id(), member.organization.id, to).await {
        Ok(()) => Ok(notice::done(
            member.visitor(),
            &format!("{}/members", member.path()),
            "The organization has a new owner. You are an admin now.",
        )),
        Err(error) => page(&member, None, errors_of(error)?).await,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct DeleteFields {
    confirm: String,
}

pub(super) async fn delete(
    member: With<ManageOrganization>,
    Form(fields): Form<DeleteFields>,
) -> Result<Response, PageError> {
    if fields.confirm.trim() != member.organization.name {
        let errors = Errors::one("confirm", "Type the name of the organization, exactly as it is written.");
        return page(&member, None, errors).await;
    }
    match organization::delete(member.ctx(), member.signed_in.id(), member.organization.id).await {
        Ok(()) => {
            let text = format!("{} is deleted.", member.organization.name);
            Ok(notice::done(member.visitor(), "/organizations", &text))
        }
        Err(error) => page(&member, None, errors_of(error)?).await,
    }
}
