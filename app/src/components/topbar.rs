//! The bar at the top and the line at the bottom.

use std::sync::OnceLock;

use leptos::prelude::*;
use model::{Language, membership::Belonging};
use uuid::Uuid;

use super::{
    fixed::fixed,
    form::Csrf,
    icon::{Glyph, Icon},
};
use crate::{
    extract::{Theme, Visitor, organization_path},
    islands::{CommandPalette, LocalTimes},
    layout::Crumb,
    shell,
};

const MARK: &str = r#"<path d="M4 11.5 16 4.5l12 7v2.5H4z"/><path d="M6 16h3.2v8H6zM22.8 16H26v8h-3.2z"/><path d="M12 24v-4.5a4 4 0 0 1 8 0V24z"/><path d="M4 25.5h24V28H4z"/>"#;

/// Where the mark leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// To the start.
    Start,
    /// To one's organizations.
    Organizations,
}

/// The mark and the name.
#[component]
pub fn Brand(to: Home) -> impl IntoView {
    static START: OnceLock<String> = OnceLock::new();
    static ORGANIZATIONS: OnceLock<String> = OnceLock::new();
    let (place, href) = match to {
        Home::Start => (&START, "/"),
        Home::Organizations => (&ORGANIZATIONS, "/organizations"),
    };
    fixed(place, || {
        view! {
            <a class="brand" href=href>
                <svg class="brand__mark" viewBox="0 0 32 32" fill="currentColor" aria-hidden="true" inner_html=MARK></svg>
                <span class="brand__name">"Portico"</span>
            </a>
        }
    })
}

/// The bar: where one is, where else one may go, who one is.
#[component]
pub fn Topbar(organization: Option<Uuid>, crumbs: Vec<Crumb>) -> impl IntoView {
    static ISLANDS: OnceLock<String> = OnceLock::new();
    let visitor = use_context::<Visitor>();
    let signed_in = visitor.filter(|visitor| visitor.person.is_some());
    match signed_in {
        None => view! {
            <header class="topbar">
                <Brand to=Home::Start/>
                <div class="topbar__end">
                    <nav class="landing-nav" aria-label="Account">
                        <a class="button button--ghost" href="/signin">"Sign in"</a>
                        <a class="button button--primary" href="/signup">"Create account"</a>
                    </nav>
                </div>
            </header>
        }
        .into_any(),
        Some(visitor) => view! {
            <header class="topbar">
                <Brand to=Home::Organizations/>
                <OrganizationSwitch visitor=visitor.clone() current=organization/>
                {(!crumbs.is_empty()).then(|| view! { <Breadcrumb crumbs=crumbs/> })}
                <div class="topbar__end">
                    {fixed(&ISLANDS, || view! { <CommandPalette/> <LocalTimes/> })}
                    <PersonMenu visitor=visitor/>
                </div>
            </header>
        }
        .into_any(),
    }
}

#[component]
fn OrganizationSwitch(visitor: Visitor, current: Option<Uuid>) -> impl IntoView {
    static REST: OnceLock<String> = OnceLock::new();
    let shown = current.and_then(|id| visitor.belonging(id)).map(|b| b.organization.name.clone());
    let label = match shown {
        Some(name) => view! {
            <span class="avatar avatar--square" aria-hidden="true">{initial(&name)}</span>
            <span class="visually-hidden">"Organization: "</span>
            <span class="menu__text">{name}</span>
        }
        .into_any(),
        None => view! {
            <Icon glyph=Glyph::Building/>
            <span class="menu__text">"Organizations"</span>
        }
        .into_any(),
    };
    view! {
        <details class="menu org-switch" name="topbar">
            <summary class="menu__button">{label} <Icon glyph=Glyph::Chevrons/></summary>
            <div class="menu__panel">
                <p class="menu__label" id="org-label">"Organizations"</p>
                <ul class="menu__list" aria-labelledby="org-label">
                    {visitor.organizations.iter().map(|b| organization_item(b, current)).collect_view()}
                </ul>
                {fixed(
                    &REST,
                    || {
                        view! {
                            <hr class="menu__line"/>
                            <ul class="menu__list">
                                <li><a class="menu__item" href="/organizations"><Icon glyph=Glyph::Building/>"All organizations"</a></li>
                                <li><a class="menu__item" href="/organizations/new"><Icon glyph=Glyph::Plus/>"Create organization"</a></li>
                            </ul>
                        }
                    },
                )}
            </div>
        </details>
    }
}

fn organization_item(belonging: &Belonging, current: Option<Uuid>) -> impl IntoView + use<> {
    let here = current == Some(belonging.organization.id);
    let name = belonging.organization.name.clone();
    view! {
        <li>
            <a
                class="menu__item"
                href=organization_path(belonging.organization.id)
                aria-current=here.then_some("true")
            >
                <span class="avatar avatar--square" aria-hidden="true">{initial(&name)}</span>
                {name}
                {here.then(|| view! { <Icon glyph=Glyph::Check/> })}
            </a>
        </li>
    }
}

#[component]
fn Breadcrumb(crumbs: Vec<Crumb>) -> impl IntoView {
    let crumbs = crumbs
        .into_iter()
        .map(|crumb| match crumb.href {
            Some(href) => view! { <li><a href=href>{crumb.label}</a></li> }.into_any(),
            None => view! { <li><span aria-current="page">{crumb.label}</span></li> }.into_any(),
        })
        .collect_view();
    view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol>{crumbs}</ol>
        </nav>
    }
}

#[component]
fn PersonMenu(visitor: Visitor) -> impl IntoView {
    static LINKS: [OnceLock<String>; 2] = [OnceLock::new(), OnceLock::new()];
    static SIGN_OUT: OnceLock<String> = OnceLock::new();
    let (name, email, administrator) = match &visitor.person {
        Some(person) => (person.user.name.clone(), person.user.email.clone(), person.user.administrator),
        None => Default::default(),
    };
    let [links_of_all, links_of_administrators] = &LINKS;
    let links = if administrator { links_of_administrators } else { links_of_all };
    view! {
        <details class="menu person" name="topbar">
            <summary class="menu__button" aria-label=format!("{name}: account menu")>
                <span class="avatar" aria-hidden="true">{initials(&name)}</span>
            </summary>
            <div class="menu__panel menu__panel--end">
                <div class="menu__who">
                    <strong>{name}</strong>
                    <span>{email}</span>
                </div>
                <hr class="menu__line"/>
                {fixed(links, move || view! { <PersonLinks administrator=administrator/> })}
                <p class="menu__label" id="theme-label">"Theme"</p>
                <ThemeSwitch/>
                <hr class="menu__line"/>
                <form method="post" action="/signout">
                    <Csrf/>
                    {fixed(
                        &SIGN_OUT,
                        || view! { <button class="menu__item"><Icon glyph=Glyph::Logout/>"Sign out"</button> },
                    )}
                </form>
            </div>
        </details>
    }
}

#[component]
fn PersonLinks(administrator: bool) -> impl IntoView {
    view! {
        <ul class="menu__list">
            <li><a class="menu__item" href="/account"><Icon glyph=Glyph::User/>"Account"</a></li>
            <li><a class="menu__item" href="/account/sessions"><Icon glyph=Glyph::Shield/>"Sessions"</a></li>
            {administrator
                .then(|| {
                    view! {
                        <li>
                            <a class="menu__item" href="/admin/keys"><Icon glyph=Glyph::Key/>"Administration"</a>
                        </li>
                    }
                })}
        </ul>
    }
}

/// System, light or dark; works by posting. Comes back to the page that it stands on.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    static BUTTONS: [OnceLock<String>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
    let visitor = use_context::<Visitor>();
    let current = visitor.as_ref().map(|visitor| visitor.theme).unwrap_or_default();
    let back = visitor.filter(|visitor| visitor.safe).map(|visitor| visitor.path.clone());
    let [system, light, dark] = &BUTTONS;
    let buttons = match current {
        Theme::System => system,
        Theme::Light => light,
        Theme::Dark => dark,
    };
    view! {
        <form method="post" action="/preferences/theme">
            <Csrf/>
            <input type="hidden" name="return_to" value=back.unwrap_or_default()/>
            {fixed(buttons, move || view! { <ThemeButtons current=current/> })}
        </form>
    }
}

#[component]
fn ThemeButtons(current: Theme) -> impl IntoView {
    let buttons = Theme::ALL
        .map(|theme| {
            let (glyph, label) = match theme {
                Theme::System => (Glyph::System, "System"),
                Theme::Light => (Glyph::Sun, "Light"),
                Theme::Dark => (Glyph::Moon, "Dark"),
            };
            let pressed = if theme == current { "true" } else { "false" };
            view! {
                <button name="theme" value=theme.as_str() aria-pressed=pressed>
                    <Icon glyph=glyph/>
                    {label}
                </button>
            }
        })
        .collect_view();
    view! {
        <div class="theme-switch" role="group" aria-label="Theme">
            {buttons}
        </div>
    }
}

/// The line at the bottom.
#[component]
pub fn Footer() -> impl IntoView {
    static FOOTERS: [OnceLock<String>; 4] = [const { OnceLock::new() }; 4];
    let sandbox = use_context::<Visitor>().is_some_and(|visitor| visitor.ctx().settings().sandbox);
    // It is for whoever runs or uses the platform, in the portal's one language.
    let lang = (shell::language() != Language::English).then_some("en");
    let [live, of_sandbox, live_abroad, of_sandbox_abroad] = &FOOTERS;
    let place = match (sandbox, lang) {
        (false, None) => live,
        (true, None) => of_sandbox,
        (false, Some(_)) => live_abroad,
        (true, Some(_)) => of_sandbox_abroad,
    };
    fixed(place, move || {
        view! {
            <footer class="footer" lang=lang>
                <p>"Portico " {env!("CARGO_PKG_VERSION")}</p>
                <ul>
                    {sandbox.then(|| view! { <li><a href="/sandbox/outbox">"Sandbox outbox"</a></li> })}
                    <li><a href="/.well-known/openid-configuration">"Discovery"</a></li>
                    <li><a href="/health/ready">"Status"</a></li>
                </ul>
            </footer>
        }
    })
}

/// The first letter of a name.
#[must_use]
pub fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().collect()).unwrap_or_default()
}

/// The first letters of the first and the last word of a name.
#[must_use]
pub fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let last = if words.len() > 1 { words.last().copied().map(initial) } else { None };
    format!("{}{}", words.first().copied().map(initial).unwrap_or_default(), last.unwrap_or_default())
}
