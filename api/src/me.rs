//! Who the token is about.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use model::{
    id,
    membership::{self, Belonging},
};
use serde::Serialize;

use crate::bearer::{Reader, failed};

#[derive(Serialize)]
struct Me {
    sub: String,
    organizations: Vec<Organization>,
}

#[derive(Serialize)]
struct Organization {
    id: String,
    name: String,
    role: &'static str,
}

/// `GET /api/v1/me`: the user, and the organizations that they belong to.
pub async fn get(reader: Reader) -> Response {
    let belongings = match membership::of_user(&reader.ctx, reader.user).await {
        Ok(belongings) => belongings,
        Err(fault) => return failed(&reader.ctx, fault),
    };
    let organizations = belongings.into_iter().map(|Belonging { organization, role }| Organization {
        id: id::show(id::ORGANIZATION, organization.id),
        name: organization.name,
        role: role.as_str(),
    });
    let me = Me { sub: reader.sub, organizations: organizations.collect() };
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(me)).into_response()
}
