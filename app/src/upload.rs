//! Forms that carry a file.

use axum::{
    extract::{FromRef, FromRequest, FromRequestParts as _, Multipart, Request, multipart::MultipartError},
    http::StatusCode,
};

use model::profile::picture::Overlong;

use crate::{AppState, error::PageError, extract::Visitor, form::CSRF_FIELD};

/// The file of a form that came from one of our pages in this very browser. What the browser says
/// of its name and kind is not believed, and so not kept.
///
/// Name it last in a handler.
pub enum Upload {
    /// Its bytes.
    File(Vec<u8>),
    /// There were too many of them, and whoever sent them is not known to be a page of ours.
    Overlong,
}

impl<S> FromRequest<S> for Upload
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        if parts.extensions.get::<Overlong>().is_some() {
            return Ok(Self::Overlong);
        }
        let visitor = Visitor::from_request_parts(&mut parts, state).await?;
        let request = Request::from_parts(parts, body);
        let mut multipart = Multipart::from_request(request, state).await.map_err(|_| PageError::BadRequest)?;
        let mut proved = false;
        let mut file = None;
        while let Some(field) = multipart.next_field().await.map_err(broken)? {
            if field.name() == Some(CSRF_FIELD) {
                let token = field.text().await.map_err(broken)?;
                // The first one counts, as in other forms.
                if !proved && !visitor.browser.sent(visitor.ctx(), &token) {
                    return Err(PageError::Forged);
                }
                proved = true;
            } else if !proved {
                return Err(PageError::Forged);
            } else if file.is_none() {
                file = Some(field.bytes().await.map_err(broken)?.to_vec());
            }
        }
        if proved { Ok(Self::File(file.unwrap_or_default())) } else { Err(PageError::Forged) }
    }
}

fn broken(error: MultipartError) -> PageError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { PageError::TooLarge } else { PageError::BadRequest }
}
