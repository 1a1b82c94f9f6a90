//! `/signin/with/{provider}`: signing in with another provider, there and back.

use axum::{
    Router,
    extract::{OriginalUri, Path},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use model::upstream::{self, Answer, AnswerError, BeginError, Failed, Failure, Intent, Outcome, Provider};
use serde::Deserialize;
use tower_sessions::Session;

use super::{SIGNED_UP, entry, keep, sign_in::SUSPENDED};
use crate::{
    AppState,
    components::form::{ButtonForm, Csrf},
    error::{PageError, wait},
    extract::{Cookie, Visitor},
    form::Form,
    layout::Page,
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

/// A button for each provider; nothing, if there is none.
pub(super) fn buttons(visitor: &Visitor, return_to: &str, again: bool) -> Option<AnyView> {
    let names = names(visitor);
    if names.is_empty() {
        return None;
    }
    let again = if again { "1" } else { "" };
    let forms = names
        .into_iter()
        .map(|(id, name)| {
            let fields = vec![("return_to", return_to.to_owned()), ("again", again.to_owned())];
            view! {
                <ButtonForm action=format!("/signin/with/{id}") class="button button--block" fields=fields>
                    "Sign in with " {name}
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
        Err(BeginError::TooMany(error)) => Err(error.into()),
        Err(BeginError::Fault(fault)) => Err(fault.into()),
        Err(BeginError::Failure(failure)) => {
            let linking = matches!(intent, Intent::Link { .. });
            failed(visitor, provider, Failed { error: failure.into(), return_to: return_to.to_owned(), linking })
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
    let provider = upstream::find(visitor.ctx().settings(), &provider).ok_or(PageError::NotFound)?;
    let answer = answer(uri.query().unwrap_or_default()).unwrap_or_default();
    let person = visitor.person.as_ref();
    let answered = upstream::answered(visitor.ctx(), provider, &visitor.browser_mark(), &answer, person).await;
    let answered = match answered {
        Ok(answered) => answered,
        Err(failure) => return failed(&visitor, provider, failure),
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
            let path = if return_to.starts_with("/verify?") { return_to } else { "/verify".to_owned() };
            let kept = keep(&signed_up.proof, &signed_up.email);
            (path, [SIGNED_UP.set(settings, &kept), PROVEN.set(settings, &sealed)])
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
fn over(visitor: &Visitor, return_to: &str) -> Response {
    let words = "That took too long, or was done already. Sign in again.";
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
fn failed(visitor: &Visitor, provider: &Provider, failed: Failed) -> Result<Response, PageError> {
    let name = &provider.name;
    let (status, title, words) = match failed.error {
        AnswerError::Fault(fault) | AnswerError::Link(upstream::LinkError::Fault(fault)) => return Err(fault.into()),
        AnswerError::Void => (
            StatusCode::BAD_REQUEST,
            "That sign-in is over",
            format!(
                "It took too long, was finished already, or was begun in another browser. Nothing has happened. \
                 Begin again with {name}, or sign in another way."
            ),
        ),
        AnswerError::Cancelled => (
            StatusCode::OK,
            "You are not signed in",
            format!("You have cancelled at {name}. Try again, or sign in another way."),
        ),
        AnswerError::Failure(Failure::Unreachable) => (
            StatusCode::BAD_GATEWAY,
            "No answer",
            format!("{name} does not answer at the moment. Try again in a minute, or sign in another way."),
        ),
        AnswerError::Failure(Failure::Refused | Failure::Invalid(_)) => (
            StatusCode::BAD_GATEWAY,
            "That did not work",
            format!(
                "{name} has not told us who you are in a way that we can rely on. Try again; if it stays like this, \
                 sign in another way and tell whoever runs this portal."
            ),
        ),
        AnswerError::NotAsked => (
            StatusCode::FORBIDDEN,
            "Not asked again",
            format!(
                "What comes next asks for a sign-in of a moment ago, and {name} has let you through without asking. \
                 Sign out there first, or use your password or a passkey."
            ),
        ),
        AnswerError::Suspended => (StatusCode::FORBIDDEN, "This account is closed", SUSPENDED.to_owned()),
        AnswerError::OtherSession => (
            StatusCode::FORBIDDEN,
            "Nothing was linked",
            "You have signed out, or somebody else has signed in, since this was begun. Begin again.".to_owned(),
        ),
        AnswerError::Link(upstream::LinkError::Known) => (
            StatusCode::CONFLICT,
            "Nothing was linked",
            format!("That account at {name} signs in an account here already. Unlink it there first."),
        ),
        AnswerError::Link(upstream::LinkError::Void) => {
            (StatusCode::CONFLICT, "Nothing was linked", "This has to begin again.".to_owned())
        }
    };
    if failed.linking {
        return Ok(notice::go(visitor, "/account/security", Tone::Warning, &words));
    }
    let (id, name) = (provider.id.clone(), provider.name.clone());
    let (return_to, another) = (failed.return_to.clone(), entry::returning("/signin", &failed.return_to));
    Ok(Page::card(title).status(status).leads_out(visitor).render(visitor, move || {
        view! {
            <header>
                <h1>{title}</h1>
                <p>{words}</p>
            </header>
            <div class="providers">
                <ButtonForm
                    action=format!("/signin/with/{id}")
                    class="button button--primary button--block"
                    fields=vec![("return_to", return_to)]
                >
                    "Sign in with " {name}
                </ButtonForm>
                <a class="button button--block" href=another>"Sign in another way"</a>
            </div>
        }
    }))
}

/// The link of a verification mail was opened in a browser that has not signed up, and there is no
/// password to ask for: the provider says that it is them.
pub(super) fn ask_before_verifying(visitor: &Visitor, provider: &str, email: &str, token: &str) -> Response {
    let (id, name) = (provider.to_owned(), name_of(visitor, provider));
    let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let (email, return_to) = (email.to_owned(), format!("/verify?token={token}"));
    Page::card("Confirm your address").leads_out(visitor).render(visitor, move || {
        view! {
            <header>
                <h1>"Confirm your address"</h1>
                <p>
                    <strong>{email}</strong> " is going to be your address here. This browser is another one than the \
                    one that you signed up with, so show first that it is you."
                </p>
            </header>
            <form class="form" method="post" action=format!("/signin/with/{id}")>
                <Csrf/>
                <input type="hidden" name="return_to" value=return_to/>
                <button class="button button--primary button--block">"Sign in with " {name}</button>
            </form>
        }
    })
}

/// Too many accounts from here.
fn too_many(retry_after: i64) -> String {
    format!("Too many tries. Wait {} and try again.", wait(retry_after))
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
