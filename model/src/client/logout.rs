//! How a client is told that somebody has signed out.

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{
    Client, Metadata,
    amend::{Words, amend},
};
use crate::{
    Context, Fault,
    entity::{UriPurpose, client_uri},
    redirect_uri::{self, Localhost, Problem},
};

/// Where a client is told, and whether of which session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogoutUris {
    /// Where logout tokens are posted to (OpenID Connect Back-Channel Logout, section 2.2).
    pub back: Option<String>,
    /// Whether they must carry `sid`. Ours always do.
    pub back_session_required: bool,
    /// What the browser loads (OpenID Connect Front-Channel Logout, section 2).
    pub front: Option<String>,
    /// Whether it must be told `iss` and `sid`.
    pub front_session_required: bool,
}

/// Why an address cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutUriProblem {
    /// It is no address that could be a redirect URI either.
    Form(Problem),
    /// It is an app's own scheme, to which nothing can be posted.
    Scheme,
    /// Scheme, host and port are not those of a redirect URI (Front-Channel Logout, section 2).
    OtherOrigin,
}

impl LogoutUriProblem {
    /// What to do about it, in words.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Form(problem) => problem.advice(),
            Self::Scheme => "Begin with https://. An app cannot be told this way.",
            Self::OtherOrigin => "Use the scheme, host and port of one of the login redirect URIs.",
        }
    }
}

/// What is wrong, by address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InvalidLogout {
    /// With the back-channel address.
    pub back: Option<LogoutUriProblem>,
    /// With the front-channel address.
    pub front: Option<LogoutUriProblem>,
}

/// Why it was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SetLogoutError {
    /// What was said cannot be taken.
    #[error("a logout address cannot be taken")]
    Invalid(InvalidLogout),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(SetLogoutError);

impl LogoutUris {
    /// What a client has registered.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            back: metadata.backchannel_logout_uri.clone(),
            back_session_required: metadata.backchannel_logout_session_required,
            front: metadata.frontchannel_logout_uri.clone(),
            front_session_required: metadata.frontchannel_logout_session_required,
        }
    }

    /// Checks the addresses of a client whose login redirect URIs are `login`: https, or a loopback
    /// address for development, without a fragment.
    ///
    /// # Errors
    ///
    /// Everything that is wrong.
    pub fn check(&self, login: &[String]) -> Result<(), InvalidLogout> {
        let web = |uri: &String| match redirect_uri::check(uri, Localhost::Refused) {
            Err(problem) => Some(LogoutUriProblem::Form(problem)),
            Ok(_) => origin(uri).is_none().then_some(LogoutUriProblem::Scheme),
        };
        let back = self.back.as_ref().and_then(web);
        let front = self
            .front
            .as_ref()
            .and_then(|uri| web(uri).or_else(|| (!at_a_login(uri, login)).then_some(LogoutUriProblem::OtherOrigin)));
        let invalid = InvalidLogout { back, front };
        if invalid == InvalidLogout::default() { Ok(()) } else { Err(invalid) }
    }

    fn store(self, metadata: &mut Metadata) {
        metadata.backchannel_logout_session_required = self.back.is_some() && self.back_session_required;
        metadata.backchannel_logout_uri = self.back;
        metadata.frontchannel_logout_session_required = self.front.is_some() && self.front_session_required;
        metadata.frontchannel_logout_uri = self.front;
    }
}

/// Whether a front-channel address has the scheme, host and port of one of the login redirect URIs
/// (Front-Channel Logout, section 2), so that nobody has pages of others loaded in a frame.
pub(super) fn at_a_login(front: &str, login: &[String]) -> bool {
    origin(front).is_some_and(|front| login.iter().any(|login| origin(login).as_ref() == Some(&front)))
}

/// The origin of an address of the web, as browsers write it.
fn origin(uri: &str) -> Option<String> {
    let url = url::Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    Some(url.origin().ascii_serialization())
}

/// Changes where a client is told that somebody has signed out.
///
/// # Errors
///
/// [`SetLogoutError::Invalid`] with everything that is wrong.
pub async fn set_logout(
    ctx: &Context,
    actor: Option<Uuid>,
    client: &Client,
    uris: LogoutUris,
) -> Result<(), SetLogoutError> {
    ctx.db()
        .write((ctx.clone(), actor, client.id, uris), |tx, (ctx, actor, id, uris)| {
            Box::pin(async move {
                let login: Vec<String> = client_uri::Entity::find()
                    .filter(client_uri::Column::ClientId.eq(*id))
                    .filter(client_uri::Column::Purpose.eq(UriPurpose::Login))
                    .all(tx)
                    .await?
                    .into_iter()
                    .map(|row| row.uri)
                    .collect();
                uris.check(&login).map_err(SetLogoutError::Invalid)?;
                amend(tx, ctx, *actor, *id, |_, metadata| {
                    uris.clone().store(metadata);
                    let or_none = |uri: &Option<String>| uri.clone().unwrap_or_else(|| "none".to_owned());
                    let how = format!("back-channel {}, front-channel {}", or_none(&uris.back), or_none(&uris.front));
                    Ok(Words { what: "logout addresses", how })
                })
                .await
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(back: &str, front: &str) -> InvalidLogout {
        let given = |uri: &str| (!uri.is_empty()).then(|| uri.to_owned());
        let uris = LogoutUris { back: given(back), front: given(front), ..LogoutUris::default() };
        let login = ["https://example.com/callback".to_owned(), "com.example.app:/callback".to_owned()];
        uris.check(&login).err().unwrap_or_default()
    }

    #[test]
    fn addresses_are_of_the_web_and_the_front_is_the_clients_own() {
        assert_eq!(problems("https://logout.example/x?y=1", "https://example.com/out"), InvalidLogout::default());
        assert_eq!(problems("http://127.0.0.1:9000/logout", ""), InvalidLogout::default());
        assert_eq!(problems("https://a.example/#b", "").back, Some(LogoutUriProblem::Form(Problem::Fragment)));
        assert_eq!(problems("http://a.example/", "").back, Some(LogoutUriProblem::Form(Problem::PlainHttp)));
        assert_eq!(problems("com.example.app:/out", "").back, Some(LogoutUriProblem::Scheme));
        assert_eq!(problems("", "com.example.app:/callback").front, Some(LogoutUriProblem::Scheme));
        for front in ["https://evil.example/", "https://example.com:8443/", "https://example.com.evil.example/"] {
            assert_eq!(problems("", front).front, Some(LogoutUriProblem::OtherOrigin), "{front}");
        }
    }
}
