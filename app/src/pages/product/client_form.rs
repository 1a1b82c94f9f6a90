//! The part that creating and editing a client have in common: description, URIs, profile.

use leptos::prelude::*;
use model::{
    client::{Client, ClientKind, DESCRIPTION_LENGTH, Invalid, ListProblem, Profile, UriPurpose, Uris},
    entity::TokenFormat,
    redirect_uri::{self, Localhost, localhost_of},
};
use serde::Deserialize;

use super::words::text;
use crate::{
    components::field::{Field, FieldError, error_of},
    form::Errors,
    islands::{UriList, UriRow},
};

/// What was typed. Lists hold the rows as they were, empty ones too.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub id: String,
    pub description: String,
    pub kind: String,
    pub profile: String,
    pub token_format: String,
    pub login: Vec<String>,
    pub revoke: Vec<String>,
    pub logout: Vec<String>,
    /// Which button was pressed.
    pub action: String,
}

/// The lists as the form names them.
const LISTS: [(UriPurpose, &str); 3] =
    [(UriPurpose::Login, "login"), (UriPurpose::PostRevoke, "revoke"), (UriPurpose::PostLogout, "logout")];

impl Typed {
    /// What a new client begins with.
    pub fn new() -> Self {
        Self {
            kind: ClientKind::Confidential.as_str().to_owned(),
            profile: Profile::Standard.as_str().to_owned(),
            ..Self::default()
        }
    }

    /// What a registered client has.
    pub fn of(client: &Client, uris: Uris) -> Self {
        Self {
            description: client.description.clone(),
            kind: client.kind.as_str().to_owned(),
            profile: client.profile.as_str().to_owned(),
            token_format: client.token_format.as_str().to_owned(),
            login: uris.login,
            revoke: uris.post_revoke,
            logout: uris.post_logout,
            ..Self::default()
        }
    }

    fn list_mut(&mut self, name: &str) -> Option<&mut Vec<String>> {
        match name {
            "login" => Some(&mut self.login),
            "revoke" => Some(&mut self.revoke),
            "logout" => Some(&mut self.logout),
            _ => None,
        }
    }

    /// Does what a button beside a list asks for: `add-login`, `remove-login-2`. Says whether it
    /// was such a button.
    pub fn edit_lists(&mut self) -> bool {
        let action = std::mem::take(&mut self.action);
        let mut words = action.split('-');
        let (verb, name, row) = (words.next(), words.next(), words.next());
        let Some(list) = name.and_then(|name| self.list_mut(name)) else { return false };
        match (verb, row.and_then(|row| row.parse::<usize>().ok())) {
            (Some("add"), _) => list.push(String::new()),
            (Some("remove"), Some(row)) if row > 0 && row <= list.len() => {
                list.remove(row - 1);
            }
            (Some("remove"), _) => {}
            _ => return false,
        }
        true
    }

    /// Drops empty rows and the blanks around URIs.
    pub fn tidy(&mut self) {
        for list in [&mut self.login, &mut self.revoke, &mut self.logout] {
            *list = list.iter().map(|uri| uri.trim().to_owned()).filter(|uri| !uri.is_empty()).collect();
        }
    }

    /// The lists for the model. Call [`Self::tidy`] first, so that its row numbers fit.
    pub fn uris(&self) -> Uris {
        Uris { login: self.login.clone(), post_revoke: self.revoke.clone(), post_logout: self.logout.clone() }
    }

    /// The profile: as chosen, else as before.
    pub fn profile(&self, before: Profile) -> Profile {
        Profile::parse(&self.profile).unwrap_or(before)
    }

    /// How its access tokens are to look: as chosen, else as before.
    pub fn token_format(&self, client: &Client) -> TokenFormat {
        TokenFormat::parse(&self.token_format).unwrap_or(client.token_format)
    }
}

/// What is wrong, by control: `description`, `login-2`.
pub fn errors(invalid: &Invalid) -> Errors {
    let mut errors = Errors::new();
    if let Some(problem) = invalid.description {
        errors.add("description", text(problem, "Write a description, so that your team can tell clients apart."));
    }
    for (purpose, name) in LISTS {
        for (list, problem) in &invalid.lists {
            if *list == purpose {
                let words = match problem {
                    ListProblem::Empty => "Add at least one address to return to after signing in.",
                    ListProblem::TooMany => "Keep at most 20 addresses in a list.",
                };
                errors.add(format!("{name}-1"), words);
            }
        }
        for (list, row, problem) in &invalid.uris {
            if *list == purpose {
                errors.add(format!("{name}-{}", row + 1), problem.advice());
            }
        }
    }
    if invalid.profile {
        errors.add("profile", "This profile is not for this kind of client. Register another client for it.");
    }
    errors
}

/// The description.
#[component]
pub fn Description(value: String, #[prop(optional)] autofocus: bool) -> impl IntoView {
    view! {
        <Field
            id="description"
            label="Client description"
            value=value
            hint="Only your team sees it."
            maxlength=u32::try_from(DESCRIPTION_LENGTH).unwrap_or_default()
            autocomplete="off"
            required=true
            autofocus=autofocus
        />
    }
}

/// Login and post-revoke redirect URIs.
#[component]
pub fn RedirectUris(
    typed: Typed,
    product: String,
    /// Of a client of which kind; any, if that is not chosen yet.
    kind: Option<ClientKind>,
    #[prop(optional)] locked: bool,
) -> impl IntoView {
    view! {
        <List
            name="login"
            legend="Login redirect URIs"
            one="Login redirect URI"
            values=typed.login
            kind=kind
            locked=locked
            hint=view! { "Where people return after signing in. Compared character by character." }.into_any()
        />
        <List
            name="revoke"
            legend="Post revoke consent redirect URIs"
            one="Post revoke consent redirect URI"
            values=typed.revoke
            kind=kind
            optional=true
            locked=locked
            hint=view! {
                {format!("Where people return after removing {product}. ")}
                <a href="/help/redirect-uris#revoke" target="_blank" rel="noopener">
                    "Learn more about the revoke consent redirect URI"
                    <span class="visually-hidden">" (opens in a new tab)"</span>
                </a>
            }
            .into_any()
        />
    }
}

/// Post-logout redirect URIs.
#[component]
pub fn LogoutUris(
    values: Vec<String>,
    /// Of a client of which kind; any, if that is not chosen yet.
    kind: Option<ClientKind>,
    #[prop(optional)] locked: bool,
) -> impl IntoView {
    view! {
        <List
            name="logout"
            legend="Post logout redirect URIs"
            one="Post logout redirect URI"
            values=values
            kind=kind
            optional=true
            locked=locked
            hint=view! { "Where people return after signing out." }.into_any()
        />
    }
}

#[component]
fn List(
    name: &'static str,
    legend: &'static str,
    one: &'static str,
    values: Vec<String>,
    kind: Option<ClientKind>,
    #[prop(optional)] optional: bool,
    locked: bool,
    hint: AnyView,
) -> impl IntoView {
    let values = if values.is_empty() { vec![String::new()] } else { values };
    let localhost = kind.map_or(Localhost::Taken, localhost_of);
    let checked = redirect_uri::check_all(&values, localhost);
    let rows: Vec<UriRow> = values
        .into_iter()
        .zip(checked)
        .enumerate()
        .map(|(row, (value, checked))| {
            let advice = checked.ok().and_then(|warnings| redirect_uri::advice(&warnings));
            UriRow { value, error: error_of(&format!("{name}-{}", row + 1)), advice }
        })
        .collect();
    let hint_id = format!("{name}-hint");
    let described = hint_id.clone();
    view! {
        <fieldset class="uri-list" aria-describedby=described>
            <legend>
                {legend}
                {optional.then(|| view! { <span class="field__optional">" optional"</span> })}
            </legend>
            <UriList
                name=name.to_owned()
                one=one.to_owned()
                rows=rows
                localhost=localhost == Localhost::Taken
                locked=locked
            />
            <p class="field__hint" id=hint_id>{hint}</p>
        </fieldset>
    }
}

/// Which rules the client is held to.
#[component]
pub fn ProfileChoice(chosen: Profile) -> impl IntoView {
    let card = |profile: Profile, title: &'static str, text: &'static str| {
        view! {
            <label class="radio-card">
                <input type="radio" name="profile" value=profile.as_str() checked=profile == chosen/>
                <span class="radio-card__body">
                    <strong>{title}</strong>
                    <span>{text}</span>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="radio-cards" id="profile">
            <legend>"Profile"</legend>
            <div class="radio-cards__grid">
                {card(
                    Profile::Standard,
                    "Standard",
                    "OAuth 2.1: every authorization is bound to its client with PKCE. For everything new.",
                )}
                {card(
                    Profile::Classic,
                    "Classic",
                    "For clients written before 2020: PKCE may be absent, and the ID token holds the phone number.",
                )}
                {card(
                    Profile::Fapi2,
                    "FAPI 2.0",
                    "For banks and the like: requests are pushed, the client signs in with a key of its own, and tokens \
                     are bound to a key.",
                )}
                {card(
                    Profile::Mcp,
                    "MCP",
                    "For agents: a public client of the Model Context Protocol, with PKCE.",
                )}
            </div>
            <FieldError id="profile" error=error_of("profile")/>
        </fieldset>
    }
}

/// How the client's access tokens look, and what that means for whoever receives them.
#[component]
pub fn TokenFormatChoice(chosen: TokenFormat) -> impl IntoView {
    let cards = TokenFormat::ALL
        .iter()
        .map(|format| {
            let (title, text) = match format {
                TokenFormat::Opaque => (
                    "Opaque",
                    "Nobody but Portico can read it: your API asks the introspection endpoint, and learns of a \
                     revocation at once.",
                ),
                TokenFormat::Jwt => (
                    "JWT",
                    "Your API checks the signature by itself (RFC 9068), and asks nobody. A revoked one passes there \
                     until it expires, and whoever holds it can read it.",
                ),
            };
            view! {
                <label class="radio-card">
                    <input type="radio" name="token_format" value=format.as_str() checked=*format == chosen/>
                    <span class="radio-card__body">
                        <strong>{title}</strong>
                        <span>{text}</span>
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="radio-cards" id="token_format">
            <legend>"Access tokens"</legend>
            <div class="radio-cards__grid">{cards}</div>
            <p class="field__hint">"It counts for tokens to come, unless they are for an API that says itself how its tokens look. Those that are out stay as they are."</p>
        </fieldset>
    }
}

/// Whether the client can keep a secret.
#[component]
pub fn KindChoice(chosen: String) -> impl IntoView {
    let card = |kind: ClientKind, title: &'static str, text: &'static str| {
        view! {
            <label class="radio-card">
                <input type="radio" name="kind" value=kind.as_str() checked=kind.as_str() == chosen/>
                <span class="radio-card__body">
                    <strong>{title}</strong>
                    <span>{text}</span>
                </span>
            </label>
        }
    };
    view! {
        <fieldset class="radio-cards" id="kind">
            <legend>"Where does it run?"</legend>
            <div class="radio-cards__grid">
                {card(ClientKind::Confidential, "On a server", "It can keep a secret, which it gets.")}
                {card(ClientKind::Public, "In a browser or an app", "It cannot keep a secret: it gets none, and uses PKCE.")}
            </div>
            <p class="field__hint">"This cannot be changed later."</p>
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_beside_lists_add_and_remove_rows() {
        let mut typed = Typed { login: vec!["a".into(), "b".into()], action: "remove-login-1".into(), ..Typed::new() };
        assert!(typed.edit_lists());
        assert_eq!(typed.login, ["b"]);
        typed.action = "add-login".into();
        assert!(typed.edit_lists());
        assert_eq!(typed.login, ["b", ""]);
        for other in ["save", "", "remove-login-9", "remove-login-0", "remove-nothing-1"] {
            typed.action = other.into();
            let was_button = typed.edit_lists();
            assert_eq!(was_button, other.starts_with("remove-login"), "{other}");
            assert_eq!(typed.login, ["b", ""]);
        }
    }

    #[test]
    fn one_bad_row_is_named_and_the_others_stay() {
        let mut typed = Typed { login: vec![" https://example.com/a ".into(), "".into(), "b".into()], ..Typed::new() };
        typed.tidy();
        assert_eq!(typed.login, ["https://example.com/a", "b"]);
        let invalid = Invalid {
            uris: vec![(UriPurpose::Login, 1, model::redirect_uri::Problem::NoScheme)],
            ..Invalid::default()
        };
        assert!(errors(&invalid).on("login-2").is_some());
        assert!(errors(&invalid).on("login-1").is_none());
    }
}
