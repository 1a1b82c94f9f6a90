//! What one page wants the next one to say, after a redirect: in a signed cookie that is shown
//! once.

use axum::response::{IntoResponse as _, Redirect, Response};
use http::header;
use model::{Context, secret};

use crate::extract::{Cookie, Visitor};

pub(crate) const COOKIE: Cookie = Cookie::new("portico-notice", Some(120));

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something to know.
    Info,
    /// It is done.
    Success,
    /// Take care.
    Warning,
    /// It went wrong.
    Danger,
}

impl Tone {
    const ALL: [Self; 4] = [Self::Info, Self::Success, Self::Warning, Self::Danger];

    /// Its name in class names.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

/// One sentence or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The words.
    pub text: String,
}

/// Sends the person to `path`, where the page says that it is done.
#[must_use]
pub fn done(visitor: &Visitor, path: &str, text: &str) -> Response {
    go(visitor, path, Tone::Success, text)
}

/// Sends the person to `path`, where the page says `text`.
#[must_use]
pub fn go(visitor: &Visitor, path: &str, tone: Tone, text: &str) -> Response {
    let mut response = Redirect::to(path).into_response();
    let ctx = visitor.ctx();
    if let Some(cookie) = COOKIE.set(ctx.settings(), &write(ctx, tone, text)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn write(ctx: &Context, tone: Tone, text: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let body = format!("{}.{encoded}", tone.as_str());
    format!("{}.{body}", signature(ctx, &body))
}

pub(crate) fn read(ctx: &Context, value: &str) -> Option<Notice> {
    let (given, body) = value.split_once('.')?;
    if !secret::same(&signature(ctx, body), given) {
        return None;
    }
    let (tone, encoded) = body.split_once('.')?;
    let tone = Tone::ALL.into_iter().find(|known| known.as_str() == tone)?;
    let (text, _) = url::form_urlencoded::parse(encoded.as_bytes()).next()?;
    Some(Notice { tone, text: text.into_owned() })
}

fn signature(ctx: &Context, body: &str) -> String {
    secret::keyed_hash(ctx, "notice", body.as_bytes())
}
