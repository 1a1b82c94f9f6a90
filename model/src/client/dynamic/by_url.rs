//! Clients whose identifier is the URL of a document about them (OAuth Client ID Metadata
//! Document, draft-ietf-oauth-client-id-metadata-document): nobody registers them, they are looked
//! up.
//!
//! Each gets a row, and a product of its own, when its document is read for the first time, so
//! that consents, grants and tokens hang from it as from every other client. What a browser asks
//! for is measured against the document as it is now. If that has changed, whoever allowed
//! something before is asked again: a document cannot widen what was allowed.
//!
//! A browser can be sent here with any URL. So a document is read from public addresses alone, is
//! small, is kept for a while, and budgets bound what one address can cause and one host can get.

mod row;

use std::{sync::Arc, time::Duration};

use moka::sync::Cache;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;

pub use self::row::sweep;
use super::{
    SCOPES, budget,
    document::{self, Document, Frame},
};
use crate::{
    ClientAddress, Context, Fault, Timestamp,
    cache::{self, Client},
    entity::{Audience, Profile},
    hours, jose,
    limit::TooMany,
    minutes,
    outgoing::{self, Request},
    scopes, seconds,
    subject::Subject,
};

/// The largest document that is read, in bytes, as the draft recommends.
pub const LARGEST: usize = 5 * 1024;

/// The longest URL, in bytes.
const LONGEST: usize = 500;

/// For how long a document is believed, in milliseconds, whatever its server says: at least, at most.
const FRESH: (i64, i64) = (minutes(1), hours(1));
/// How long nothing is fetched after a failure, in milliseconds. Errors are not kept beyond that.
const PAUSE_AFTER_FAILURE: i64 = seconds(10);

/// What is read of a document; the rest is ignored, and above all is never fetched.
const MEMBERS: [&str; 13] = [
    "client_name",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
    "software_id",
    "software_version",
    "redirect_uris",
    "grant_types",
    "response_types",
    "scope",
    "token_endpoint_auth_method",
];

/// When which document was read by this process.
pub(crate) struct Documents(Cache<String, Arc<Mutex<Slot>>>);

impl Documents {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(5_000).time_to_idle(Duration::from_secs(2 * 60 * 60)).build())
    }
}

#[derive(Default)]
struct Slot {
    /// Until when the row is what the document says.
    fresh_until: Option<Timestamp>,
    /// When it failed last, and what was wrong with the document, if it was that.
    failed: Option<(Timestamp, Option<String>)>,
}

/// Why a URL is no client.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Documents are not looked up here.
    #[error("a URL cannot be a client_id here")]
    Off,
    /// It is no URL of a document.
    #[error(
        "a client_id that is a URL must be https, on a public address, in its usual spelling, with a path and without \
         a fragment or a user name"
    )]
    Form,
    /// It cannot be reached. What went wrong is for the log alone.
    #[error("the document at client_id cannot be fetched")]
    Unavailable,
    /// It is there, and cannot be taken.
    #[error("the document at client_id cannot be taken: {0}")]
    Unfit(String),
    /// A budget is empty.
    #[error("documents were fetched too often; wait a little")]
    TooMany(TooMany),
    /// Inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Whether a client's identifier is the URL of its document. Those that we give have no colon.
#[must_use]
pub fn is_url(client_id: &str) -> bool {
    client_id.contains("://")
}

/// The host that publishes a client's document, with the port if it has an unusual one.
#[must_use]
pub fn host(client_id: &str) -> Option<String> {
    let url = Url::parse(client_id).ok().filter(|_| is_url(client_id))?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// The client that the document at `client_id` describes, as the document is now. `address` is
/// whoever asks, for budgets.
///
/// # Errors
///
/// [`DocumentError`].
pub async fn find(
    ctx: &Context,
    client_id: &str,
    address: Option<ClientAddress>,
) -> Result<Arc<Client>, DocumentError> {
    if !ctx.settings().metadata_documents {
        return Err(DocumentError::Off);
    }
    let url = well_formed(ctx, client_id)?;
    let slot = ctx.caches().documents.0.get_with(client_id.to_owned(), Arc::default);
    let mut slot = slot.lock().await;
    let now = ctx.now();
    let known = cache::client(ctx, client_id).await?;
    if slot.fresh_until.is_some_and(|until| now < until)
        && let Some(known) = &known
    {
        return Ok(Arc::clone(known));
    }
    if let Some((at, unfit)) = &slot.failed
        && now < at.plus(PAUSE_AFTER_FAILURE)
    {
        return Err(unfit.clone().map_or(DocumentError::Unavailable, DocumentError::Unfit));
    }
    // A client that is known has a budget of its own: strangers cannot spend it with other paths of
    // its host.
    let place = known.as_ref().map_or(url.host_str().unwrap_or_default(), |known| &known.client_id);
    let asking = address.map(ClientAddress::bucket).unwrap_or_default();
    budget::spend(ctx, place, &asking).await?.map_err(DocumentError::TooMany)?;
    match read(ctx, client_id, url).await {
        Ok((document, max_age)) => {
            row::store(ctx, client_id, known.as_deref(), document).await?;
            let (least, most) = FRESH;
            let fresh_until = now.plus(max_age.unwrap_or(least).clamp(least, most));
            *slot = Slot { fresh_until: Some(fresh_until), failed: None };
            cache::client(ctx, client_id).await?.ok_or(DocumentError::Unavailable)
        }
        Err(unfit) => {
            *slot = Slot { fresh_until: None, failed: Some((now, unfit.clone())) };
            Err(unfit.map_or(DocumentError::Unavailable, DocumentError::Unfit))
        }
    }
}

/// Whether a client's document has changed since somebody was asked whether they allow it
/// something. What they allowed then they allowed to what it said then.
///
/// # Errors
///
/// When the database fails.
pub async fn changed_since_asked(ctx: &Context, subject: Subject, client: &Client) -> Result<bool, Fault> {
    if !is_url(&client.client_id) {
        return Ok(false);
    }
    let before = cache::consent(ctx, subject, client.product_id).await?;
    Ok(before.is_some_and(|before| before.asked_at < client.changed_at))
}

/// Section 3 of the draft. Only the usual spelling is taken, so that there are no dot segments,
/// and two identifiers are never one document.
fn well_formed(ctx: &Context, client_id: &str) -> Result<Url, DocumentError> {
    let url = outgoing::admitted(ctx, client_id).filter(|_| client_id.len() <= LONGEST).ok_or(DocumentError::Form)?;
    let whole = url.as_str() == client_id && url.path() != "/" && url.fragment().is_none();
    if whole { Ok(url) } else { Err(DocumentError::Form) }
}

/// The document, and how long it may be kept; else what is wrong with it, if it is there at all.
async fn read(ctx: &Context, client_id: &str, url: Url) -> Result<(Document, Option<i64>), Option<String>> {
    let request = Request::get(url).accept("application/json").at_most(LARGEST);
    let answer = outgoing::send(ctx, request).await.map_err(|_| None)?;
    if answer.status != 200 {
        return Err(None);
    }
    let kind = answer.content_type.unwrap_or_default();
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        return Err(Some("it is not application/json".to_owned()));
    }
    let given = std::str::from_utf8(&answer.body).ok().and_then(jose::strict_json);
    let Some(Value::Object(given)) = given else { return Err(Some("it is no JSON object".to_owned())) };
    Ok((described(ctx, client_id, &given).await.map_err(Some)?, answer.max_age))
}

async fn described(ctx: &Context, client_id: &str, given: &Map<String, Value>) -> Result<Document, String> {
    // Simple string comparison (section 4 of the draft).
    if given.get("client_id").and_then(Value::as_str) != Some(client_id) {
        return Err("its client_id is not the URL that it is at".to_owned());
    }
    if given.keys().any(|name| name.starts_with("client_secret")) {
        return Err("everybody can read it, so it must not hold a secret".to_owned());
    }
    let mut given: Map<String, Value> = given
        .iter()
        .filter(|(name, _)| MEMBERS.contains(&name.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let method = given.entry("token_endpoint_auth_method").or_insert_with(|| "none".into());
    if *method != "none" {
        return Err("token_endpoint_auth_method must be none".to_owned());
    }
    let rules = Profile::Mcp.rules();
    let scopes = SCOPES.map(str::to_owned);
    // A document is written for many providers: what this one does not have is not asked for.
    keep(&mut given, "grant_types", |grant| rules.grant_types.contains(&grant));
    keep(&mut given, "response_types", |response| response == "code");
    document::drop_unfit_links(ctx, &mut given);
    if let Some(Value::String(scope)) = given.get_mut("scope") {
        *scope = scopes::join(&scopes::among(&scopes::split(scope), &scopes));
    }
    if !given.contains_key("client_name") {
        given.insert("client_name".to_owned(), host(client_id).unwrap_or_default().into());
    }
    let frame = Frame {
        audience: Audience::Users,
        profile: Profile::Mcp,
        scopes: &scopes,
        grant_types: rules.grant_types,
        open: true,
        front: None,
    };
    document::read(ctx, &frame, &given).await.map_err(|refusal| refusal.to_string())
}

/// Leaves the texts of a list that fit. What is no list stays, to be refused.
fn keep(given: &mut Map<String, Value>, name: &str, fits: impl Fn(&str) -> bool) {
    if let Some(Value::Array(items)) = given.get_mut(name) {
        items.retain(|item| item.as_str().is_none_or(&fits));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_that_we_give_are_no_urls() {
        for id in ["demo-web", "0kT3bq9yGJ2mYfVt5Zl1cA", ""] {
            assert!(!is_url(id), "{id}");
        }
        for id in ["https://example.com/client", "http://example.com/", "gopher://example.com/"] {
            assert!(is_url(id), "{id}");
        }
    }

    #[test]
    fn the_host_is_named_with_its_port() {
        assert_eq!(host("https://app.example.com/client.json").as_deref(), Some("app.example.com"));
        assert_eq!(host("http://127.0.0.1:8765/client.json").as_deref(), Some("127.0.0.1:8765"));
        assert_eq!(host("demo-web"), None);
    }
}
