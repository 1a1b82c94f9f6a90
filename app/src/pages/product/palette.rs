//! What the command palette offers: places that a person can go to.

use axum::response::{IntoResponse as _, Response};
use http::header;
use model::{membership::Right, organization::OrganizationKind, product};

use super::access::product_path;
use crate::{
    error::PageError,
    extract::{SignedIn, organization_path},
};

/// How many products are offered.
const PRODUCTS: u64 = 100;

/// A line for each place: label, what it belongs to, path, between tabs. Fetched when the palette
/// is opened for the first time.
pub async fn links(person: SignedIn) -> Result<Response, PageError> {
    let mut lines = Vec::new();
    let mut add = |label: &str, of: &str, path: String| {
        let clean = |text: &str| text.replace(['\t', '\n', '\r'], " ");
        lines.push(format!("{}\t{}\t{path}", clean(label), clean(of)));
    };
    let products = product::seen_by(person.id()).list(person.ctx(), PRODUCTS).await?;
    for product in &products {
        let may = person.visitor.belonging(product.organization_id);
        let may = may.is_some_and(|belonging| belonging.role.may(Right::ManageClients));
        let path = product_path(product.id);
        add("OAuth clients", &product.name, format!("{path}/clients"));
        if may {
            add("Add OAuth client", &product.name, format!("{path}/clients/new"));
        }
        add("Enable API scopes", &product.name, format!("{path}/scopes"));
        add("Description", &product.name, format!("{path}/information"));
        add("Distribution and availability", &product.name, format!("{path}/distribution"));
    }
    for belonging in &person.visitor.organizations {
        let organization = &belonging.organization;
        let path = organization_path(organization.id);
        if organization.kind == OrganizationKind::Operator {
            let console = path.replacen("/organizations/", "/operators/", 1);
            add("Operator console", &organization.name, format!("{console}/products"));
        }
        add("Products", &organization.name, path.clone());
        if belonging.role.may(Right::ManageProducts) {
            add("Create product", &organization.name, format!("{path}/products/new"));
        }
        add("Members", &organization.name, format!("{path}/members"));
        add("Settings", &organization.name, format!("{path}/settings"));
        add("History", &organization.name, format!("{path}/history"));
    }
    for (label, path) in [
        ("All organizations", "/organizations"),
        ("Create organization", "/organizations/new"),
        ("Your account", "/account"),
        ("Your profile", "/account/profile"),
        ("Security", "/account/security"),
        ("Your sessions", "/account/sessions"),
        ("Recent activity", "/account/activity"),
        ("Authorized applications", "/account/applications"),
        ("Invitations", "/invitations"),
    ] {
        add(label, "", path.to_owned());
    }
    if person.person.user.administrator {
        for (label, path) in [
            ("Keys", "/admin/keys"),
            ("APIs", "/admin/apis"),
            ("Registration tokens", "/admin/registration"),
            ("History", "/admin/history"),
        ] {
            add(label, "Administration", path.to_owned());
        }
    }
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, lines.join("\n")).into_response())
}
