//! `/preferences/theme`: which colours.

use axum::{
    Router,
    response::{IntoResponse as _, Redirect, Response},
    routing::post,
};
use http::header;

use super::local_path;
use crate::{
    AppState,
    extract::{THEME, Theme, Visitor},
    form::Form,
};

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/preferences/theme", post(theme))
}

#[derive(serde::Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Fields {
    theme: String,
    return_to: String,
}

async fn theme(visitor: Visitor, Form(fields): Form<Fields>) -> Response {
    let settings = visitor.ctx().settings();
    let cookie = match Theme::parse(&fields.theme) {
        Theme::System => THEME.clear(settings),
        theme => THEME.set(settings, theme.as_str()),
    };
    let mut response = Redirect::to(local_path(&fields.return_to).unwrap_or("/")).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
