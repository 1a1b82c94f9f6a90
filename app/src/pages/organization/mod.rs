//! Organizations: what they own, who belongs to them, what happened.

use axum::{
    Router,
    routing::{get, post},
};
use model::organization::OrganizationError;

use crate::{AppState, error::PageError, form::Errors, pages::account::name_words};

mod history;
mod invitations;
mod list;
mod members;
mod products;
mod settings;
mod takeover;

/// The pages below `/organizations`, and `/invitations`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/organizations", get(list::show))
        .route("/organizations/new", get(list::new).post(list::create))
        .route("/organizations/{org}", get(products::show))
        .route("/organizations/{org}/members", get(members::show).post(members::invite))
        .route("/organizations/{org}/members/role", get(members::back).post(members::change_role))
        .route("/organizations/{org}/members/{user}/remove", get(members::confirm_removal).post(members::remove))
        .route("/organizations/{org}/members/invitations/{invitation}/resend", post(members::resend))
        .route("/organizations/{org}/members/invitations/{invitation}/withdraw", post(members::withdraw))
        .route("/organizations/{org}/settings", get(settings::show).post(settings::rename))
        .route("/organizations/{org}/settings/transfer", get(settings::back).post(settings::transfer))
        .route("/organizations/{org}/settings/delete", get(settings::back).post(settings::delete))
        .route("/organizations/{org}/history", get(history::show))
        .route("/organizations/{org}/takeover", get(takeover::show).post(takeover::submit))
        .route("/invitations", get(invitations::show).post(invitations::decide))
}

/// What to say beside which field; what no field explains becomes a page of its own.
fn errors_of(error: OrganizationError) -> Result<Errors, PageError> {
    Ok(match error {
        OrganizationError::Name(problem) => Errors::one("name", name_words(problem)),
        OrganizationError::NotAllowed { role, needed } => return Err(PageError::Forbidden { role, needed }),
        OrganizationError::NotMember => Errors::one("", "That person does not belong to the organization (any more)."),
        OrganizationError::LastOwner => Errors::one(
            "",
            "This is the last owner. Make somebody else an owner first, so that the organization stays in good hands.",
        ),
        OrganizationError::Personal => Errors::one(
            "",
            "This organization is yours alone or an operator’s. Create an organization to work with others.",
        ),
        OrganizationError::NotEmpty => {
            Errors::one("", "It still owns products. Delete them first, so that nobody loses one by accident.")
        }
        OrganizationError::Fault(fault) => return Err(fault.into()),
    })
}
