//! `/signin/with/{provider}`: signing in with another provider, there and back.

use axum::{
    Router,
    extract::{OriginalUri, Path},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, Uri, header};
use leptos::prelude::*;
use model::{
    texts::{Wait, portal::About},
    upstream::{self, Answer, AnswerError, BeginError, Failed, Failure, Intent, Outcome, Provider},
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    asking::Asking,
    entry,
    kept::{Kept, SIGNED_UP},
};
use crate::{
    AppState,
    components::form::{ButtonForm, Csrf},
    error::PageError,
    extract::{Cookie, Visitor},
    form::Form,
    notice::{self, Tone},
    pages::local_path,
};

mod link;
mod open;

/// What the browser keeps of what a provider has said of somebody whom nobody here knows: sealed,
/// and worth nothing in another one.
const PROVEN: Cookie = Cookie::new("portico-provider", Some(1_200));

/// The pages of signing in with another provider.
pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/signin/with/{provider}", get(back).post(begin))
        .route("/signin/with/{provider}/callback", get(callback))
        .route("/signin/new", get(open::show).post(open::submit))
        .route("/signin/link", get(link::show).post(link::submit))
}

async fn back() -> Redirect {
    Redirect::to("/signin")
}

/// Names by id.
pub(super) fn names(visitor: &Visitor) -> Vec<(String, String)> {
    let providers = &visitor.ctx().settings().providers;
    providers.iter().map(|provider| (provider.id.clone(), provider.name.clone())).collect()
}

/// What people read for the provider of this id.
pub(super) fn name_of(visitor: &Visitor, id: &str) -> String {
    upstream::find(visitor.ctx().settings(), id).map_or_else(|| id.to_owned(), |provider| provider.name.clone())
}

/// A button for each provider; nothing, if there is none. Who is asked to sign in `again` sees those
/// alone that can say when they have asked.
pub(super) fn buttons(visitor: &Visitor, asking: &Asking, return_to: &str, again: bool) -> Option<AnyView> {
    let providers = visitor.ctx().settings().providers.iter();
    let providers = providers.filter(|provider| !again || provider.kind.says_when());
    let names: Vec<_> = providers.map(|provider| (provider.id.clone(), provider.name.clone())).collect();
    if names.is_empty() {
        return None;
    }
    let again = if again { "1" } else { "" };
    let with = asking.portal().sign_in.with;
    let forms = names
        .into_iter()
        .map(|(id, name)| {
            let fields = vec![("return_to", return_to.to_owned()), ("again", again.to_owned())];
            view! {
                <ButtonForm action=format!("/signin/with/{id}") class="button button--block" fields=fields>
                    {with(&name)}
                </ButtonForm>
            }
        })
        .collect_view();
    Some(view! { <div class="providers">{forms}</div> }.into_any())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BeginFields {
    return_to: String,
    again: String,
}

async fn begin(
    visitor: Visitor,
    Path(provider): Path<String>,
    Form(fields): Form<BeginFields>,
) -> Result<Response, PageError> {
    let provider = upstream::find(visitor.ctx().settings(), &provider).ok_or(PageError::NotFound)?;
    let again = fields.again == "1" && visitor.person.is_some();
    send_out(&visitor, provider, Intent::SignIn { again }, &fields.return_to).await
}

/// Sends the browser to the provider.
pub(super) async fn send_out(
    visitor: &Visitor,
    provider: &Provider,
    intent: Intent,
    return_to: &str,
) -> Result<Response, PageError> {
    let return_to = local_path(return_to).unwrap_or_default();
    let begun =
        upstream::begin(visitor.ctx(), provider, &visitor.browser_mark(), &visitor.bucket, intent, return_to).await;
    match begun {
        Ok(url) => Ok(Redirect::to(url.as_str()).into_response()),
        Err(error) => {
            let error = match error {
                BeginError::TooMany(error) => error.into(),
                BeginError::Failure(failure) => failure.into(),
                BeginError::Fault(fault) => return Err(fault.into()),
            };
            let linking = matches!(intent, Intent::Link { .. });
            let again = intent == Intent::SignIn { again: true };
            failed(visitor, provider, Failed { error, return_to: return_to.to_owned(), linking, again }).await
        }
    }
}

/// The answer, each of its parameters once: twice is nobody's.
fn answer(query: &str) -> Option<Answer> {
    let mut answer = Answer::default();
    let mut state = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let place = match name.as_ref() {
            "state" => &mut state,
            "code" => &mut answer.code,
            "error" => &mut answer.error,
            "iss" => &mut answer.iss,
            _ => continue,
        };
        if place.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    answer.state = state?;
    Some(answer)
}

async fn callback(
    visitor: Visitor,
    session: Session,
    Path(provider): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, PageError> {
    come_back(visitor, session, provider, uri).await.map(without_fragment)
}

/// A browser takes the fragment of an address along over redirects that name none, so that what the
/// provider has written there would end up at the client that the person comes from. An empty one
/// stops it.
fn without_fragment(mut response: Response) -> Response {
    let location = response.headers().get(header::LOCATION).filter(|to| !to.as_bytes().contains(&b'#'));
    let ended = location.and_then(|to| HeaderValue::from_bytes(&[to.as_bytes(), b"#"].concat()).ok());
    if let Some(ended) = ended {
        response.headers_mut().insert(header::LOCATION, ended);
    }
    response
}

async fn come_back(visitor: Visitor, session: Session, provider: String, uri: Uri) -> Result<Response, PageError> {
    let provider = upstream::find(visitor.ctx().settings(), &provider).ok_or(PageError::NotFound)?;
    let answer = answer(uri.query().unwrap_or_default()).unwrap_or_default();
    // It comes as if somebody only looked, and links: who they are is asked of the database.
    let person = match session.id() {
        Some(id) => model::session::peek(visitor.ctx(), &id.to_string()).await?,
        None => None,
    };
    let (mark, address) = (visitor.browser_mark(), &visitor.bucket);
    let answered = upstream::answered(visitor.ctx(), provider, &mark, &answer, person.as_ref(), address).await;
    let answered = match answered {
        Ok(answered) => answered,
        Err(failure) => return failed(&visitor, provider, failure).await,
    };
    let return_to = answered.return_to;
    let settings = visitor.ctx().settings();
    let (path, cookies) = match answered.outcome {
        Outcome::Known(first) => {
            return Ok(alone(entry::after_password(&session, &visitor, first, &return_to).await?));
        }
        Outcome::Linked => {
            let words = format!("{} signs you in from now on.", provider.name);
            return Ok(notice::done(&visitor, "/account/security", &words));
        }
        Outcome::Unknown(sealed) => {
            (entry::returning("/signin/new", &return_to), [PROVEN.set(settings, &sealed), None])
        }
        // Back to the mailed link, if that is where it was begun: now it works in this browser.
        Outcome::Unverified(signed_up, sealed) => {
            let (path, return_to) = if return_to.starts_with("/verify?") {
                (return_to.as_str(), "")
            } else {
                ("/verify", return_to.as_str())
            };
            let kept = Kept::new(signed_up, return_to).value();
            (path.to_owned(), [SIGNED_UP.set(settings, &kept), PROVEN.set(settings, &sealed)])
        }
    };
    let mut response = Redirect::to(&path).into_response();
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Leaves behind what stood in the fragment of the address that the provider has sent the browser to: it
/// would go along with each redirect, to an application in the end, unless one has a fragment of its own.
fn alone(mut response: Response) -> Response {
    let location = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
    let onward = location.filter(|to| to.starts_with("/consent?")).map(|to| HeaderValue::try_from(format!("{to}#")));
    if let Some(Ok(onward)) = onward {
        response.headers_mut().insert(header::LOCATION, onward);
    }
    response
}

/// Whether a provider has said something in this browser with which an account can be started over.
pub(super) fn has_said(visitor: &Visitor, headers: &http::HeaderMap) -> bool {
    proven(visitor, headers).is_some()
}

/// What was said of somebody in this browser.
fn proven(visitor: &Visitor, headers: &http::HeaderMap) -> Option<upstream::Proven> {
    let ctx = visitor.ctx();
    upstream::proven(ctx, PROVEN.read(ctx.settings(), headers)?, &visitor.browser_mark())
}

/// It was made use of, or took too long.
fn over(visitor: &Visitor, asking: &Asking, return_to: &str) -> Response {
    let words = asking.portal().provider.used;
    forget(visitor, notice::go(visitor, &entry::returning("/signin", return_to), Tone::Info, words))
}

/// The browser need not keep what was said any longer.
fn forget(visitor: &Visitor, mut response: Response) -> Response {
    if let Some(cookie) = PROVEN.clear(visitor.ctx().settings()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Says what went wrong and what to do. Where the person wanted to go is not lost.
async fn failed(visitor: &Visitor, provider: &Provider, failed: Failed) -> Result<Response, PageError> {
    // Whoever links is on the account's own pages.
    let asking = if failed.linking { Asking::of_the_portal() } else { Asking::of(visitor, &failed.return_to).await? };
    let texts = &asking.portal().provider;
    let name = &provider.name;
    let about = |(title, words): About| (title, words(name));
    let (status, (title, words)) = match failed.error {
        AnswerError::Fault(fault) | AnswerError::Link(upstream::LinkError::Fault(fault)) => return Err(fault.into()),
        AnswerError::Void => (StatusCode::BAD_REQUEST, about(texts.over)),
        AnswerError::Cancelled => (StatusCode::OK, about(texts.cancelled)),
        AnswerError::Failure(Failure::Unreachable) => (StatusCode::BAD_GATEWAY, about(texts.unreachable)),
        AnswerError::Failure(Failure::Refused | Failure::Invalid(_)) => (StatusCode::BAD_GATEWAY, about(texts.refused)),
        AnswerError::TooMany(error) => {
            let words = (asking.portal().sign_in.too_many)(Wait::of(error.retry_after));
            (StatusCode::TOO_MANY_REQUESTS, (texts.refused.0, words))
        }
        AnswerError::NotAsked => (StatusCode::FORBIDDEN, about(texts.not_asked)),
        AnswerError::Suspended => {
            (StatusCode::FORBIDDEN, (texts.suspended, asking.portal().sign_in.suspended.to_owned()))
        }
        AnswerError::OtherSession => {
            let words = "You have signed out, or somebody else has signed in, since this was begun. Begin again.";
            (StatusCode::FORBIDDEN, (NOT_LINKED, words.to_owned()))
        }
        AnswerError::Link(upstream::LinkError::Known) => {
            let words = format!("That account at {name} signs in an account here already. Unlink it there first.");
            (StatusCode::CONFLICT, (NOT_LINKED, words))
        }
        AnswerError::Link(upstream::LinkError::Void) => {
            (StatusCode::CONFLICT, (NOT_LINKED, "This has to begin again.".to_owned()))
        }
    };
    if failed.linking {
        return Ok(notice::go(visitor, "/account/security", Tone::Warning, &words));
    }
    let (action, with) = (format!("/signin/with/{}", provider.id), (asking.portal().sign_in.with)(name));
    let again = if failed.again { "1" } else { "" };
    let mut another = entry::returning("/signin", &failed.return_to);
    if failed.again {
        another.push_str(if another.contains('?') { "&again=1" } else { "?again=1" });
    }
    let return_to = failed.return_to.clone();
    Ok(asking.card(title).status(status).leads_out(visitor).render(visitor, move || {
        view! {
            {asking.head(title, Some(words))}
            <div class="providers">
                <ButtonForm
                    action=action
                    class="button button--primary button--block"
                    fields=vec![("return_to", return_to), ("again", again.to_owned())]
                >
                    {with}
                </ButtonForm>
                <a class="button button--block" href=another>{texts.another_way}</a>
            </div>
            {asking.way_back()}
        }
    }))
}

/// The title of what only the account's own pages say.
const NOT_LINKED: &str = "Nothing was linked";

/// The link of a verification mail was opened in a browser that has not signed up, and there is no
/// password to ask for: the provider says that it is them.
pub(super) async fn ask_before_verifying(
    visitor: &Visitor,
    provider: &str,
    email: &str,
    token: &str,
) -> Result<Response, PageError> {
    let asking = Asking::of(visitor, "").await?;
    let texts = &asking.portal().sign_up;
    let (action, with) =
        (format!("/signin/with/{provider}"), (asking.portal().sign_in.with)(&name_of(visitor, provider)));
    let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let (lead, return_to) = ((texts.confirm_elsewhere)(email), format!("/verify?token={token}"));
    Ok(asking.card(texts.confirm_title).leads_out(visitor).render(visitor, move || {
        view! {
            {asking.head(texts.confirm_title, Some(lead))}
            <form class="form" method="post" action=action>
                <Csrf/>
                <input type="hidden" name="return_to" value=return_to/>
                <button class="button button--primary button--block">{with}</button>
            </form>
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn an_answer_has_each_parameter_once() {
        let whole = answer("state=s&code=c&iss=https%3A%2F%2Fa.example&scope=x&scope=y").unwrap();
        assert_eq!((whole.state.as_str(), whole.code.as_deref()), ("s", Some("c")));
        assert_eq!(whole.iss.as_deref(), Some("https://a.example"));
        for query in ["", "code=c", "state=s&state=t", "state=s&code=a&code=b", "state=s&iss=a&iss=b"] {
            assert!(answer(query).is_none(), "{query}");
        }
    }
}
