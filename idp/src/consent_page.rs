//! The consent page: what was asked, and what the subscriber answered.

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    response::Response,
    routing::get,
};
use http::HeaderMap;
use model::interaction::{self, Interaction};

use crate::{
    Idp,
    browser::Browser,
    flow::{self, Denial},
    form::Fields,
    login::{back_again, page_of, sent},
    pages::PageError,
    session::Session,
    step_up::{self, Standing},
};

/// The routes of the consent page.
pub fn routes() -> Router<Idp> {
    Router::new().route("/consent", get(ask).post(answer))
}

/// `GET /consent`: whatever is next for this request, now that somebody has signed in. Nothing is
/// asked that was answered before.
async fn ask(State(idp): State<Idp>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    page_of(async {
        let (browser, interaction) = back_again(&idp, &headers, &Fields::of_query(query.as_deref()))?;
        let session = flow::session_for(&idp, &headers, &interaction).await?;
        Ok(flow::proceed(&idp, &browser, interaction, session).await)
    })
    .await
}

/// `POST /consent`: Allow, or Cancel.
///
/// What was asked is not read from the form but worked out again: a form can only choose among
/// it. Sent twice, it stores the same consent and completes again.
async fn answer(State(idp): State<Idp>, headers: HeaderMap, body: Bytes) -> Response {
    page_of(async {
        let (fields, browser, interaction) = sent(&idp, &headers, &body)?;
        let session = flow::session_for(&idp, &headers, &interaction).await?;
        if fields.get("decision") == "cancel" {
            return cancel(&idp, &interaction, session.as_ref()).await;
        }
        match session {
            Some(session) if fields.get("session") == session.id.to_string() => {
                allow(&idp, &browser, interaction, session, &fields).await
            }
            // The session has ended, or somebody else has signed in: they have not seen the page.
            session => Ok(flow::proceed(&idp, &browser, interaction, session).await),
        }
    })
    .await
}

async fn cancel(idp: &Idp, interaction: &Interaction, session: Option<&Session>) -> Result<Response, PageError> {
    let (_, product) = interaction.parties(&idp.ctx).await?;
    let denial = match session {
        Some(session) if session.operator.is_some_and(|operator| !product.enabled_by(operator)) => Denial::NOT_ENABLED,
        Some(session) => match step_up::standing(&idp.ctx, &interaction.request, session).await? {
            Standing::NoFactor => Denial::ACR_NOT_MET,
            Standing::Met | Standing::SignIn | Standing::Unmet => Denial::CANCELLED,
        },
        None => Denial::CANCELLED,
    };
    flow::deny_for(&idp.ctx, interaction, session, denial).await
}

async fn allow(
    idp: &Idp,
    browser: &Browser,
    interaction: Interaction,
    session: Session,
    fields: &Fields,
) -> Result<Response, PageError> {
    if fields.get("decision") != "allow" {
        return Ok(flow::proceed(idp, browser, interaction, Some(session)).await);
    }
    let allowed: Vec<String> = fields.all("scope").map(str::to_owned).collect();
    match flow::finish_with_consent(idp, &interaction, &session, &allowed).await {
        Err(PageError::SignInAgain) => Ok(flow::proceed(idp, browser, interaction, Some(session)).await),
        Err(error @ PageError::Tampered) => {
            let again = interaction::path(&interaction.seal(&idp.ctx)?);
            Ok(error.into_response_with(Some(&again)))
        }
        done => done,
    }
}
