//! The frames that pages stand in: the portal with its bar, the card of signing in, the start.

use std::collections::BTreeSet;

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;
use model::{Language, organization::Organization};
use uuid::Uuid;

use crate::{
    components::{
        alert::NoticeBox,
        icon::{Glyph, Icon},
        topbar::{Brand, Footer, Home, Topbar},
    },
    extract::{Member, Visitor, organization_path},
    form::Errors,
    notice::Notice,
    shell::{self, Document},
};

type Part = Box<dyn FnOnce() -> AnyView>;

/// A step of the breadcrumb.
#[derive(Clone, Debug)]
pub struct Crumb {
    /// What it says.
    pub label: String,
    /// Where it leads; the present page leads nowhere.
    pub href: Option<String>,
}

/// A tab or an entry of a side navigation.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it says.
    pub label: &'static str,
    /// Where it leads.
    pub href: String,
    /// Its icon; tabs have none.
    pub glyph: Option<Glyph>,
    /// Whether this is where we are.
    pub current: bool,
}

impl Entry {
    /// A tab.
    #[must_use]
    pub fn tab(label: &'static str, href: impl Into<String>, current: bool) -> Self {
        Self { label, href: href.into(), glyph: None, current }
    }

    /// An entry of a side navigation.
    #[must_use]
    pub fn side(label: &'static str, href: impl Into<String>, glyph: Glyph, current: bool) -> Self {
        Self { label, href: href.into(), glyph: Some(glyph), current }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    Portal,
    Card,
    Open,
    Dialog,
}

/// A page about to be rendered.
///
/// ```text
/// Page::new("Members").of(&member).crumb("Members").render(member.visitor(), move || view! { … })
/// ```
#[must_use]
pub struct Page {
    title: String,
    status: StatusCode,
    frame: Frame,
    width: &'static str,
    organization: Option<Uuid>,
    crumbs: Vec<Crumb>,
    head: Option<Part>,
    side: Option<(&'static str, Vec<Entry>)>,
    below: Option<Part>,
    errors: Errors,
    notice: Option<Notice>,
    language: Language,
    form_schemes: BTreeSet<String>,
    frames: Vec<String>,
}

impl Page {
    /// A page in the portal's frame: the bar, and a column for the content.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            status: StatusCode::OK,
            frame: Frame::Portal,
            width: "page",
            organization: None,
            crumbs: Vec::new(),
            head: None,
            side: None,
            below: None,
            errors: Errors::new(),
            notice: None,
            language: Language::English,
            form_schemes: BTreeSet::new(),
            frames: Vec::new(),
        }
    }

    /// A small page with one card: signing in and the like.
    pub fn card(title: impl Into<String>) -> Self {
        Self { frame: Frame::Card, ..Self::new(title) }
    }

    /// A page that fills its width by itself.
    pub fn open(title: impl Into<String>) -> Self {
        Self { frame: Frame::Open, ..Self::new(title) }
    }

    /// A dialog with an address of its own, before the inert page that it belongs to (which
    /// `head`, `side` and `below` describe). The body is the content of `div.dialog`, whose
    /// heading has the id `dialog-title`.
    pub fn dialog(title: impl Into<String>) -> Self {
        Self { frame: Frame::Dialog, ..Self::new(title) }
    }

    /// The status, if it is not 200.
    pub const fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// What is wrong with what was typed. If anything is, the status is 422.
    pub fn errors(mut self, errors: Errors) -> Self {
        if !errors.is_empty() {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        self.errors = errors;
        self
    }

    /// The page has forms that lead to another provider. Chromium holds the redirects that follow a
    /// form to the policy, also those of the provider's own, which may send people on to another
    /// host of its: the scheme is named, not the host.
    pub fn leads_out(self, visitor: &Visitor) -> Self {
        let providers = &visitor.ctx().settings().providers;
        let secure = (!providers.is_empty()).then_some("https");
        let plain = providers.iter().any(|provider| !provider.is_secure()).then_some("http");
        self.leads_on(secure.into_iter().chain(plain).map(str::to_owned))
    }

    /// The page has forms from which the browser may be redirected over these schemes, such as to
    /// the client that somebody signs in for.
    pub fn leads_on(mut self, schemes: impl IntoIterator<Item = String>) -> Self {
        self.form_schemes.extend(schemes);
        self
    }

    /// The page is in this language. Without it, it is in English.
    pub const fn language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// Loads addresses of clients in frames that nobody sees. They may run scripts of their own, and
    /// cannot lead the page away.
    pub fn frames(mut self, frames: Vec<String>) -> Self {
        self.frames = frames;
        self
    }

    /// A narrow column, for a single form.
    pub const fn narrow(mut self) -> Self {
        self.width = "page page--narrow";
        self
    }

    /// A wide column, for a table.
    pub const fn wide(mut self) -> Self {
        self.width = "page page--wide";
        self
    }

    /// Something to say above the content, beside what the page before wants to say.
    pub fn notice(mut self, notice: Option<Notice>) -> Self {
        self.notice = notice;
        self
    }

    /// A page of an organization: the switcher shows it, the breadcrumb starts with it.
    pub fn of(mut self, member: &Member) -> Self {
        self.organization = Some(member.organization.id);
        self.crumb_to(member.organization.name.clone(), member.path())
    }

    /// A step of the breadcrumb that leads somewhere.
    pub fn crumb_to(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.crumbs.push(Crumb { label: label.into(), href: Some(href.into()) });
        self
    }

    /// The present page in the breadcrumb.
    pub fn crumb(mut self, label: impl Into<String>) -> Self {
        self.crumbs.push(Crumb { label: label.into(), href: None });
        self
    }

    /// What stands above the columns: the head of an organization or a product, with its tabs.
    pub fn head<V: IntoView + 'static>(mut self, head: impl FnOnce() -> V + 'static) -> Self {
        self.head = Some(Box::new(move || head().into_any()));
        self
    }

    /// The head of an organization, with the tab `current`.
    pub fn organization_head(self, member: &Member, current: OrganizationTab) -> Self {
        let organization = member.organization.clone();
        self.head(move || view! { <OrganizationHead organization=organization current=current/> })
    }

    /// The side navigation and its name.
    pub fn side(mut self, label: &'static str, entries: Vec<Entry>) -> Self {
        self.side = Some((label, entries));
        self
    }

    /// What stands below a card, or behind a dialog.
    pub fn below<V: IntoView + 'static>(mut self, below: impl FnOnce() -> V + 'static) -> Self {
        self.below = Some(Box::new(move || below().into_any()));
        self
    }

    /// Renders it for `visitor`. `body` is called where components find the form token and the
    /// errors by themselves.
    pub fn render<V: IntoView + 'static>(self, visitor: &Visitor, body: impl FnOnce() -> V + 'static) -> Response {
        let body: Part = Box::new(move || body().into_any());
        self.render_part(visitor, body)
    }

    fn render_part(self, visitor: &Visitor, body: Part) -> Response {
        let class = if self.frame == Frame::Card { "auth" } else { "app" };
        let document = Document {
            title: self.title,
            status: self.status,
            class,
            errors: self.errors,
            form_action: self.form_schemes.iter().fold("'self'".to_owned(), |all, scheme| format!("{all} {scheme}:")),
            language: self.language,
            frames: self.frames.clone(),
        };
        let frames = self.frames;
        let notices: Vec<Notice> = visitor.notice.clone().into_iter().chain(self.notice).collect();
        let notices = move || notices.into_iter().map(|notice| view! { <NoticeBox notice=notice/> }).collect_view();
        let organization = self.organization;
        let crumbs = self.crumbs;
        let topbar = move || view! { <Topbar organization=organization crumbs=crumbs/> };
        let (head, side, below, width) = (self.head, self.side, self.below, self.width);
        shell::render(document, visitor, move || match self.frame {
            Frame::Portal => view! {
                <SkipLink/>
                {topbar()}
                <main class="main">
                    {head.map(|head| head())}
                    {columns(
                        side,
                        view! {
                            <div class=width id="content" tabindex="-1">
                                {notices()}
                                {body()}
                            </div>
                        },
                    )}
                </main>
                <Footer/>
            }
            .into_any(),
            Frame::Card => view! {
                <main class="auth__main" id="content">
                    <Brand to=Home::Start/>
                    <div class="auth-card">{notices()} {body()}</div>
                    {below.map(|below| view! { <div class="auth__foot">{below()}</div> })}
                </main>
                <Footer/>
                {framed(frames)}
            }
            .into_any(),
            Frame::Open => view! {
                <SkipLink/>
                {topbar()}
                <main class="main" id="content" tabindex="-1">
                    {notices()}
                    {body()}
                </main>
                <Footer/>
            }
            .into_any(),
            Frame::Dialog => view! {
                <div class="shell" inert=true>
                    {topbar()}
                    <div class="main">
                        {head.map(|head| head())}
                        {columns(side, view! { <div class=width>{below.map(|below| below())}</div> })}
                    </div>
                </div>
                <main class="dialog-layer">
                    <div class="dialog" role="dialog" aria-modal="true" aria-labelledby="dialog-title">
                        {notices()}
                        {body()}
                    </div>
                </main>
            }
            .into_any(),
        })
    }
}

fn columns(side: Option<(&'static str, Vec<Entry>)>, content: impl IntoView + 'static) -> AnyView {
    match side {
        None => content.into_any(),
        Some((label, entries)) => view! {
            <div class="with-sidenav">
                <nav class="sidenav" aria-label=label>
                    <ul>{entries.into_iter().map(entry).collect_view()}</ul>
                </nav>
                {content}
            </div>
        }
        .into_any(),
    }
}

fn entry(entry: Entry) -> impl IntoView {
    view! {
        <li>
            <a href=entry.href aria-current=entry.current.then_some("page")>
                {entry.glyph.map(|glyph| view! { <Icon glyph=glyph/> })}
                {entry.label}
            </a>
        </li>
    }
}

#[component]
fn SkipLink() -> impl IntoView {
    view! { <a class="skip-link" href="#content">"Skip to content"</a> }
}

/// Tabs.
#[component]
pub fn Tabs(
    /// What the tabs are of.
    label: &'static str,
    /// The tabs.
    entries: Vec<Entry>,
) -> impl IntoView {
    view! {
        <nav class="tabs" aria-label=label>
            <ul>{entries.into_iter().map(entry).collect_view()}</ul>
        </nav>
    }
}

/// The tabs of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationTab {
    /// What it owns.
    Products,
    /// Who belongs to it.
    Members,
    /// Its name and its end.
    Settings,
    /// What happened.
    History,
    /// For operators: their console.
    Console,
}

/// The head of an organization's pages.
#[component]
pub fn OrganizationHead(organization: Organization, current: OrganizationTab) -> impl IntoView {
    use OrganizationTab::{Console, History, Members, Products, Settings};
    let path = organization_path(organization.id);
    let (kind, operator) = match organization.kind {
        model::organization::OrganizationKind::Personal => ("Your personal organization", false),
        model::organization::OrganizationKind::Team => ("Organization", false),
        model::organization::OrganizationKind::Operator => ("Operator", true),
    };
    let mut entries = Vec::new();
    if operator {
        let console = path.replacen("/organizations/", "/operators/", 1);
        entries.push(Entry::tab("Operator console", console, current == Console));
    }
    entries.push(Entry::tab("Products", path.clone(), current == Products));
    entries.push(Entry::tab("Members", format!("{path}/members"), current == Members));
    entries.push(Entry::tab("Settings", format!("{path}/settings"), current == Settings));
    entries.push(Entry::tab("History", format!("{path}/history"), current == History));
    view! {
        <div class="product-head">
            <div class="product-head__row">
                <div class="product-head__text">
                    <p class="product-head__name">{organization.name}</p>
                    <p class="product-head__meta">{kind}</p>
                </div>
            </div>
            <Tabs label="Organization" entries=entries/>
        </div>
    }
}

fn framed(frames: Vec<String>) -> impl IntoView {
    let framed = |frame: String| {
        view! {
            <iframe
                src=frame
                title="Signing out of an application"
                sandbox="allow-scripts allow-same-origin"
                hidden
            ></iframe>
        }
    };
    frames.into_iter().map(framed).collect_view()
}

/// The heading of a page.
#[component]
pub fn PageHead(
    /// The heading.
    #[prop(into)]
    title: String,
    /// A sentence below it.
    #[prop(optional, into)]
    lead: Option<String>,
    /// The heading's id, if something is labelled by it.
    #[prop(optional, into)]
    id: Option<String>,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="page-head">
            <div>
                <h1 id=id>{title}</h1>
                {lead.map(|lead| view! { <p class="page-head__lead">{lead}</p> })}
            </div>
            {children.map(|children| view! { <div class="page-head__actions">{children()}</div> })}
        </header>
    }
}
