//! Whoever asks, signed in or not, and what the frame of a page needs to know of them.

use std::{convert::Infallible, ops::Deref, sync::Arc};

use axum::extract::{FromRef, FromRequestParts};
use http::{HeaderMap, Method, header, request::Parts};
use model::{
    ClientAddress, Context, Language, RequestId, form, id,
    membership::Belonging,
    secret,
    session::{self, Person},
};
use uuid::Uuid;

use super::Cookie;
use crate::{AppState, error::PageError, notice};

/// The cookie that form tokens are bound to; the identity provider uses the same.
const BROWSER: Cookie = Cookie::new("portico-browser", None);

/// The cookie that remembers the theme.
pub(crate) const THEME: Cookie = Cookie::new("portico-theme", Some(31_536_000));

/// Which colours a person wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Those of their system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All themes, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The value of form and cookie.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads what [`Self::as_str`] wrote; anything else is the system's.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text).unwrap_or_default()
    }
}

/// The random value that a browser keeps, to which form tokens are bound.
#[derive(Clone, Debug)]
pub struct Browser {
    value: String,
    /// Whether it still has to be told to the browser.
    fresh: bool,
}

impl Browser {
    fn of(ctx: &Context, headers: &HeaderMap) -> Result<Self, PageError> {
        let known = BROWSER
            .read(ctx.settings(), headers)
            .filter(|value| value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit()));
        Ok(match known {
            Some(value) => Self { value: value.to_owned(), fresh: false },
            None => Self { value: hex(&ctx.random::<16>()?), fresh: true },
        })
    }

    /// The token that forms carry.
    #[must_use]
    pub fn token(&self, ctx: &Context) -> String {
        form::token(ctx, &self.value)
    }

    /// What is bound to this browser beside forms holds this.
    #[must_use]
    pub fn mark(&self, ctx: &Context) -> String {
        secret::keyed_hash(ctx, "browser", self.value.as_bytes())
    }

    /// What a request in progress is bound to, see [`model::interaction`]; none in a browser that
    /// has just got it.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        (!self.fresh).then_some(self.value.as_str())
    }

    /// Whether a form carried the right token. A browser that had no cookie cannot have.
    #[must_use]
    pub fn sent(&self, ctx: &Context, token: &str) -> bool {
        !self.fresh && form::verify(ctx, &self.value, token)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whoever asks.
#[derive(Clone)]
pub struct Visitor {
    inner: Arc<Inner>,
}

/// What [`Visitor`] derefs to.
pub struct Inner {
    /// What every handler shares.
    pub state: AppState,
    /// Path and query of the request.
    pub path: String,
    /// Whether the request changes nothing: then memory is asked who they are, else the database.
    pub safe: bool,
    /// Which colours they want.
    pub theme: Theme,
    /// What form tokens are bound to.
    pub browser: Browser,
    /// Where they ask from.
    pub address: String,
    /// The address as budgets count it.
    pub bucket: String,
    /// What their browser prefers of our languages.
    pub language: Language,
    /// What their browser calls itself.
    pub user_agent: String,
    /// Under which id the log knows the request.
    pub request_id: String,
    /// Who they are, if signed in.
    pub person: Option<Person>,
    /// The organizations that they belong to.
    pub organizations: Vec<Belonging>,
    /// What a page before this one wants to tell them.
    pub notice: Option<notice::Notice>,
}

impl Deref for Visitor {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl Visitor {
    /// The model.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.state.ctx
    }

    /// What forms carry.
    #[must_use]
    pub fn csrf(&self) -> String {
        self.browser.token(self.ctx())
    }

    /// What is bound to their browser beside forms, see [`Browser::mark`].
    #[must_use]
    pub fn browser_mark(&self) -> String {
        self.browser.mark(self.ctx())
    }

    /// The organization of this id, if they belong to it.
    #[must_use]
    pub fn belonging(&self, organization: Uuid) -> Option<&Belonging> {
        self.organizations.iter().find(|belonging| belonging.organization.id == organization)
    }

    /// The cookies that a page for them must set.
    pub(crate) fn set_cookies(&self, headers: &mut HeaderMap) {
        let settings = self.ctx().settings();
        if self.browser.fresh
            && let Some(cookie) = BROWSER.set(settings, &self.browser.value)
        {
            headers.append(header::SET_COOKIE, cookie);
        }
        if self.notice.is_some()
            && let Some(cookie) = notice::COOKIE.clear(settings)
        {
            headers.append(header::SET_COOKIE, cookie);
        }
    }

    async fn load(state: AppState, parts: &Parts) -> Result<Self, PageError> {
        let ctx = &state.ctx;
        let settings = ctx.settings();
        let headers = &parts.headers;
        let client = parts.extensions.get::<ClientAddress>();
        let address = client.map(|client| client.0.to_canonical().to_string()).unwrap_or_default();
        let session = parts.extensions.get::<tower_sessions::Session>().and_then(tower_sessions::Session::id);
        let safe = matches!(parts.method, Method::GET | Method::HEAD);
        let signed_in = match session.map(|session| session.to_string()) {
            Some(session) if safe => session::onlooker(ctx, &session, &address).await?,
            Some(session) => session::person(ctx, &session, &address).await?,
            None => None,
        };
        let (person, organizations) = signed_in.unzip();
        let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let inner = Inner {
            path: parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            safe,
            theme: THEME.read(settings, headers).map(Theme::parse).unwrap_or_default(),
            browser: Browser::of(ctx, headers)?,
            language: Language::preferred(
                headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok()),
            ),
            bucket: client.map(|client| client.bucket()).unwrap_or_default(),
            address,
            user_agent: user_agent.chars().take(300).collect(),
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
            person,
            organizations: organizations.unwrap_or_default(),
            notice: notice::COOKIE.read(settings, headers).and_then(|value| notice::read(ctx, value)),
            state,
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}

impl<S> FromRequestParts<S> for Visitor
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        if let Some(visitor) = parts.extensions.get::<Self>() {
            return Ok(visitor.clone());
        }
        let visitor = Self::load(AppState::from_ref(state), parts).await?;
        parts.extensions.insert(visitor.clone());
        Ok(visitor)
    }
}

/// Whoever is signed in. Others are sent to sign in, and come back afterwards.
#[derive(Clone)]
pub struct SignedIn {
    /// Whoever asks.
    pub visitor: Visitor,
    /// Who they are.
    pub person: Person,
}

impl SignedIn {
    /// The user's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.person.user.id
    }

    /// The model.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        self.visitor.ctx()
    }
}

impl<S> FromRequestParts<S> for SignedIn
where
    S: Send + Sync,
    AppState: FromRef<S>,
{
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PageError> {
        let visitor = Visitor::from_request_parts(parts, state).await?;
        match visitor.person.clone() {
            Some(person) => Ok(Self { visitor, person }),
            None => Err(PageError::SignInFirst(if visitor.safe { visitor.path.clone() } else { String::new() })),
        }
    }
}

/// The path of an organization.
#[must_use]
pub fn organization_path(organization: Uuid) -> String {
    format!("/organizations/{}", id::show(id::ORGANIZATION, organization))
}

/// Never happens; lets handlers use `?` on what cannot fail.
impl From<Infallible> for PageError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
