//! `/organizations/{org}/members`: who belongs to it, and who is invited.

use axum::response::{Redirect, Response};
use http::request::Parts;
use leptos::prelude::*;
use model::{
    id,
    invitation::{self, InvitationError, InvitationRow},
    membership::{self, MemberRow, Right, Role},
    organization::{OrganizationError, OrganizationKind},
};
use serde::Deserialize;
use uuid::Uuid;

use super::errors_of;
use crate::{
    components::{
        field::{ErrorSummary, Field},
        form::{ButtonForm, Csrf},
        icon::{Glyph, Icon},
        misc::State,
        time::Day,
        topbar::initials,
    },
    error::{PageError, wait},
    extract::{ManageMembers, Member, With, id_in_path},
    form::{Errors, Form, Nothing},
    layout::{OrganizationTab, Page, PageHead},
    notice,
};

/// The prefix of users' ids in paths.
const USER: &str = "usr";
/// The prefix of invitations' ids in paths.
const INVITATION: &str = "inv";

/// What was typed into the form that invites.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct InviteFields {
    email: String,
    role: String,
}

pub(super) async fn show(member: Member) -> Result<Response, PageError> {
    page(&member, InviteFields::default(), Errors::new()).await
}

pub(super) async fn back(member: Member) -> Redirect {
    Redirect::to(&format!("{}/members", member.path()))
}

/// What each role may do, in a few words.
const fn role_words(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Owner => ("Owner", "Everything, including giving it away"),
        Role::Admin => ("Admin", "Everything but ownership"),
        Role::Developer => ("Developer", "Products, clients, secrets"),
        Role::Viewer => ("Viewer", "Sees everything but secrets"),
    }
}

/// The roles that `member` can give.
fn roles_for(member: &Member) -> Vec<Role> {
    Role::ALL.iter().copied().filter(|role| member.role.reaches(*role)).collect()
}

async fn page(member: &Member, typed: InviteFields, errors: Errors) -> Result<Response, PageError> {
    let ctx = member.ctx();
    let rows = membership::list(ctx, member.organization.id).await?;
    let invitations = invitation::list(ctx, member.organization.id).await?;
    let personal = member.organization.kind == OrganizationKind::Personal;
    let manages = member.may(Right::ManageMembers);
    let context = RowContext {
        path: format!("{}/members", member.path()),
        me: member.signed_in.id(),
        role: member.role,
        manages,
        roles: roles_for(member),
        owners: rows.iter().filter(|row| row.role == Role::Owner).count(),
    };
    let lead = format!("People who work on the products of {}.", member.organization.name);
    let page = Page::new("Members").of(member).crumb("Members").organization_head(member, OrganizationTab::Members);
    Ok(page.errors(errors).render(member.visitor(), move || {
        let last = context.role == Role::Owner && context.owners == 1;
        let shown = context.clone();
        view! {
            <PageHead title="Members" id="members" lead=lead/>
            <ErrorSummary/>
            <div class="table-box">
                <div class="table-scroll" role="region" aria-labelledby="members" tabindex="0">
                    <table class="table table--cards" role="table" aria-labelledby="members">
                        <thead role="rowgroup">
                            <tr role="row">
                                <th scope="col" role="columnheader">"Person"</th>
                                <th scope="col" role="columnheader">"Role"</th>
                                <th scope="col" role="columnheader">"Joined"</th>
                                <th scope="col" role="columnheader"><span class="visually-hidden">"Actions"</span></th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">
                            {rows.into_iter().map(|row| member_row(row, &shown)).collect_view()}
                            {invitations.into_iter().map(|row| invitation_row(row, &shown)).collect_view()}
                        </tbody>
                    </table>
                </div>
            </div>
            {(last && !personal)
                .then(|| {
                    view! {
                        <p class="muted" id="last-owner">
                            "You are the last owner, so you cannot leave. Make somebody else an owner first."
                        </p>
                    }
                })}
            {match (personal, manages) {
                (true, _) => view! {
                    <p class="muted">
                        "Your personal organization is yours alone. To work with others, "
                        <a href="/organizations/new">"create an organization"</a> "."
                    </p>
                }
                .into_any(),
                (false, true) => view! { <Invite context=context typed=typed/> }.into_any(),
                (false, false) => view! {
                    <p class="muted">"Inviting and removing people takes the role admin or owner."</p>
                }
                .into_any(),
            }}
        }
    }))
}

/// What the rows need to know about whoever looks at them.
#[derive(Clone)]
struct RowContext {
    path: String,
    me: Uuid,
    role: Role,
    manages: bool,
    roles: Vec<Role>,
    owners: usize,
}

fn member_row(row: MemberRow, context: &RowContext) -> impl IntoView + use<> {
    let me = row.user == context.me;
    let last = row.role == Role::Owner && context.owners == 1;
    let below = context.manages && context.role.reaches(row.role);
    let email = if me { format!("{} (you)", row.email) } else { row.email.clone() };
    let role =
        if below && !me && !last { role_form(&row, context).into_any() } else { role_words(row.role).0.into_any() };
    let action = if !(me || below) {
        ().into_any()
    } else if last {
        let (label, described) = if me { ("Leave", Some("last-owner")) } else { ("Remove", None) };
        view! {
            <button class="button button--small" disabled=true aria-describedby=described title="The last owner stays.">
                {label}
            </button>
        }
        .into_any()
    } else {
        let href = format!("{}/{}/remove", context.path, id::show(USER, row.user));
        if me {
            view! { <a class="button button--small" href=href>"Leave"</a> }.into_any()
        } else {
            view! {
                <a class="button button--small button--danger" href=href>
                    "Remove"
                    <span class="visually-hidden">{format!(" {}", row.name)}</span>
                </a>
            }
            .into_any()
        }
    };
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <span class="cell-logo">
                    <span class="avatar" aria-hidden="true">{initials(&row.name)}</span>
                    <span class="cell-main">{row.name} <small>{email}</small></span>
                </span>
            </th>
            <td role="cell" data-label="Role">{role}</td>
            <td role="cell" data-label="Joined"><Day at=row.since/></td>
            <td role="cell" class="actions">{action}</td>
        </tr>
    }
}

fn role_form(row: &MemberRow, context: &RowContext) -> impl IntoView + use<> {
    let select = format!("role-{}", row.user.simple());
    let options = context
        .roles
        .iter()
        .map(|role| view! { <option value=role.as_str() selected=*role == row.role>{role_words(*role).0}</option> })
        .collect_view();
    view! {
        <form class="input-group" method="post" action=format!("{}/role", context.path)>
            <Csrf/>
            <input type="hidden" name="user" value=id::show(USER, row.user)/>
            <label class="visually-hidden" for=select.clone()>{format!("Role of {}", row.name)}</label>
            <select class="select select--small" id=select name="role">{options}</select>
            <button class="button button--small">"Change"</button>
        </form>
    }
}

fn invitation_row(row: InvitationRow, context: &RowContext) -> impl IntoView + use<> {
    let actions = (context.manages && context.role.reaches(row.role)).then(|| {
        let path = format!("{}/invitations/{}", context.path, id::show(INVITATION, row.id));
        let named = format!(" the invitation of {}", row.email);
        let named_too = named.clone();
        view! {
            <ButtonForm action=format!("{path}/resend") class="button button--small button--ghost">
                    "Resend"
                    <span class="visually-hidden">{named}</span>
                </ButtonForm>
                <ButtonForm action=format!("{path}/withdraw") class="button button--small button--danger">
                    "Withdraw"
                    <span class="visually-hidden">{named_too}</span>
                </ButtonForm>
        }
    });
    let state = if row.expired {
        view! { <State kind="disabled" text="Invitation has ended"/> }.into_any()
    } else {
        view! {
            <span class="state state--pending">"Invited, until " <Day at=row.expires_at/></span>
        }
        .into_any()
    };
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <span class="cell-logo">
                    <span class="avatar" aria-hidden="true"><Icon glyph=Glyph::Mail small=true/></span>
                    <span class="cell-main">{row.email} <small>{format!("Invited by {}", row.inviter)}</small></span>
                </span>
            </th>
            <td role="cell" data-label="Role">{role_words(row.role).0}</td>
            <td role="cell" data-label="Joined">{state}</td>
            <td role="cell" class="actions">{actions}</td>
        </tr>
    }
}

#[component]
fn Invite(context: RowContext, typed: InviteFields) -> impl IntoView {
    let chosen = Role::parse(&typed.role).unwrap_or(Role::Developer);
    let roles = context
        .roles
        .iter()
        .map(|role| {
            let (name, words) = role_words(*role);
            view! {
                <label class="radio-card">
                    <input type="radio" name="role" value=role.as_str() checked=*role == chosen/>
                    <span class="radio-card__body">
                        <strong>{name}</strong>
                        <span>{words}</span>
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <form class="card" method="post" action=context.path aria-labelledby="invite">
            <Csrf/>
            <div class="card__head">
                <h2 id="invite">"Invite somebody"</h2>
            </div>
            <div class="card__body">
                <Field
                    id="email"
                    label="E-mail address"
                    kind="email"
                    value=typed.email
                    hint="The invitation is for this address alone, and valid for 7 days."
                    autocomplete="off"
                    required=true
                />
                <fieldset class="radio-cards">
                    <legend>"Role"</legend>
                    <div class="radio-cards__grid">{roles}</div>
                </fieldset>
            </div>
            <div class="card__foot">
                <button class="button button--primary">
                    <Icon glyph=Glyph::Mail/>
                    "Send invitation"
                </button>
            </div>
        </form>
    }
}

pub(super) async fn invite(
    member: With<ManageMembers>,
    Form(fields): Form<InviteFields>,
) -> Result<Response, PageError> {
    let Some(role) = Role::parse(&fields.role) else { return Err(PageError::BadRequest) };
    let organization = member.organization.id;
    match invitation::invite(member.ctx(), member.signed_in.id(), organization, &fields.email, role).await {
        Ok(()) => {
            let text = format!("The invitation for {} is on its way.", fields.email.trim());
            Ok(done(&member, &text))
        }
        Err(error) => page(&member, fields, invitation_errors(error)?).await,
    }
}

fn done(member: &Member, text: &str) -> Response {
    notice::done(member.visitor(), &format!("{}/members", member.path()), text)
}

fn invitation_errors(error: InvitationError) -> Result<Errors, PageError> {
    Ok(match error {
        InvitationError::Email(problem) => Errors::one("email", problem.to_string()),
        InvitationError::AlreadyMember => Errors::one("email", "Somebody with this address belongs to it already."),
        InvitationError::Void => Errors::one("", "That invitation was accepted or withdrawn meanwhile."),
        InvitationError::TooMany(error) => Errors::one(
            "email",
            format!("This address got several mails already. Wait {} and try again.", wait(error.retry_after)),
        ),
        InvitationError::Organization(error) => errors_of(error)?,
        InvitationError::Fault(fault) => return Err(fault.into()),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RoleFields {
    user: String,
    role: String,
}

pub(super) async fn change_role(
    member: With<ManageMembers>,
    Form(fields): Form<RoleFields>,
) -> Result<Response, PageError> {
    let user = id::parse(USER, &fields.user).ok_or(PageError::NotFound)?;
    let role = Role::parse(&fields.role).ok_or(PageError::BadRequest)?;
    match membership::change_role(member.ctx(), member.signed_in.id(), member.organization.id, user, role).await {
        Ok(()) => Ok(done(&member, "The role is changed.")),
        Err(error) => page(&member, InviteFields::default(), errors_of(error)?).await,
    }
}

/// A member whom the path names as `{user}`.
pub(super) struct Named {
    user: Uuid,
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Named {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        Ok(Self { user: id_in_path(parts, "user", USER).await? })
    }
}

pub(super) async fn confirm_removal(member: Member, named: Named) -> Result<Response, PageError> {
    removal_page(&member, named.user, Errors::new()).await
}

async fn removal_page(member: &Member, user: Uuid, errors: Errors) -> Result<Response, PageError> {
    let rows = membership::list(member.ctx(), member.organization.id).await?;
    let row = rows.into_iter().find(|row| row.user == user).ok_or(PageError::NotFound)?;
    let me = user == member.signed_in.id();
    if !me {
        member.need(Right::ManageMembers)?;
        if !member.role.reaches(row.role) {
            return Err(PageError::Forbidden { role: member.role, needed: row.role });
        }
    }
    let back = format!("{}/members", member.path());
    let action = format!("{back}/{}/remove", id::show(USER, user));
    let organization = member.organization.name.clone();
    let (title, words, button) = if me {
        (
            format!("Leave {organization}?"),
            format!("You lose access to the products of {organization} at once. Coming back takes an invitation."),
            "Leave organization",
        )
    } else {
        (
            format!("Remove {}?", row.name),
            format!(
                "{} loses access to the products of {organization} at once. Secrets that they have seen keep working: \
                 rotate those that matter.",
                row.name
            ),
            "Remove member",
        )
    };
    let page = Page::new(title.clone()).narrow().of(member).crumb_to("Members", back.clone()).crumb(button);
    Ok(page.errors(errors).render(member.visitor(), move || {
        view! {
            <PageHead title=title lead=words/>
            <ErrorSummary/>
            <form method="post" action=action>
                <Csrf/>
                <div class="button-row">
                    <button class="button button--danger-solid">{button}</button>
                    <a class="button" href=back>"Cancel"</a>
                </div>
            </form>
        }
    }))
}

pub(super) async fn remove(
    member: Member,
    named: Named,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    let me = member.signed_in.id();
    match membership::remove(member.ctx(), me, member.organization.id, named.user).await {
        Ok(()) if named.user == me => {
            let text = format!("You have left {}.", member.organization.name);
            Ok(notice::done(member.visitor(), "/organizations", &text))
        }
        Ok(()) => Ok(done(&member, "They no longer belong to the organization.")),
        Err(OrganizationError::NotMember) => Err(PageError::NotFound),
        Err(error) => removal_page(&member, named.user, errors_of(error)?).await,
    }
}

/// An invitation that the path names as `{invitation}`.
pub(super) struct Invited {
    invitation: Uuid,
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Invited {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        Ok(Self { invitation: id_in_path(parts, "invitation", INVITATION).await? })
    }
}

pub(super) async fn resend(
    member: With<ManageMembers>,
    invited: Invited,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    let (actor, organization) = (member.signed_in.id(), member.organization.id);
    match invitation::resend(member.ctx(), actor, organization, invited.invitation).await {
        Ok(()) => Ok(done(&member, "The invitation is on its way again, with a new link.")),
        Err(error) => page(&member, InviteFields::default(), invitation_errors(error)?).await,
    }
}

pub(super) async fn withdraw(
    member: With<ManageMembers>,
    invited: Invited,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    let (actor, organization) = (member.signed_in.id(), member.organization.id);
    match invitation::withdraw(member.ctx(), actor, organization, invited.invitation).await {
        Ok(()) => Ok(done(&member, "The invitation is withdrawn: its link no longer works.")),
        Err(error) => page(&member, InviteFields::default(), invitation_errors(error)?).await,
    }
}
