//! Authentication contexts that a client asks for (OpenID Connect Core, section 5.5.1.1), and what a
//! session needs to reach one: a portal user who has a second factor signs in with it.

use model::{Context, Fault, authorization::Request, factor, subject::Subject};

use crate::session::{Session, acr};

/// How a session stands to the contexts that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// One of them is reached, or nobody insists and none can be.
    Met,
    /// Signing in again reaches one: the account has a second factor, which was added since.
    SignIn,
    /// A second factor would, and the account has none.
    NoFactor,
    /// No sign-in of this person does.
    Unmet,
}

/// Compares them. The database is asked only where the session falls short.
///
/// # Errors
///
/// When the database fails.
pub async fn standing(ctx: &Context, request: &Request, session: &Session) -> Result<Standing, Fault> {
    let wanted = &request.acr_values;
    if wanted.is_empty() || session.told(wanted).is_some() {
        return Ok(Standing::Met);
    }
    let has_factor = match session.subject {
        Subject::User(id) if wanted.iter().any(|wanted| wanted == acr::MULTI_FACTOR) => {
            Some(factor::of(ctx, id).await?.any())
        }
        Subject::User(_) | Subject::Subscriber(_) => None,
    };
    Ok(match has_factor {
        Some(true) => Standing::SignIn,
        _ if !request.acr_essential => Standing::Met,
        Some(false) => Standing::NoFactor,
        None => Standing::Unmet,
    })
}
