//! The one set of icons. Stroke, fill and size come from the class `icon`.

use leptos::{prelude::*, tachys::html::InertElement};

/// An icon of the set, drawn on a grid of 24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Plus,
    Check,
    X,
    Copy,
    Eye,
    Key,
    Lock,
    User,
    Users,
    Building,
    Box,
    Globe,
    Settings,
    Search,
    ChevronDown,
    ChevronRight,
    ArrowLeft,
    ArrowRight,
    Trash,
    Pencil,
    Refresh,
    Download,
    Info,
    Warning,
    Shield,
    Phone,
    Mail,
    Clock,
    Link,
    Logout,
    Sun,
    Moon,
    System,
    Menu,
    More,
    External,
    History,
    List,
    Signal,
    Code,
    Home,
    Chevrons,
    Minus,
    Chart,
}

impl Glyph {
    const fn paths(self) -> &'static str {
        match self {
            Self::Plus => r#"<path d="M12 5v14M5 12h14"/>"#,
            Self::Check => r#"<path d="M5 12.5l4.5 4.5L19 7.5"/>"#,
            Self::X => r#"<path d="M6 6l12 12M18 6L6 18"/>"#,
            Self::Copy => {
                r#"<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M15 9V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h3"/>"#
            }
            Self::Eye => {
                r#"<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="3"/>"#
            }
            Self::Key => r#"<circle cx="8" cy="15" r="4"/><path d="M10.9 12.1L20 3M16 7l3 3"/>"#,
            Self::Lock => r#"<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>"#,
            Self::User => r#"<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c1-3.7 4-5.5 7.5-5.5s6.5 1.8 7.5 5.5"/>"#,
            Self::Users => {
                r#"<circle cx="9" cy="8" r="3.5"/><path d="M2.5 19.5c.8-3.3 3.3-5 6.5-5s5.7 1.7 6.5 5"/><path d="M15.5 4.8a3.5 3.5 0 0 1 0 6.4M18 14.9c1.8.8 3 2.3 3.5 4.6"/>"#
            }
            Self::Building => {
                r#"<rect x="5" y="3" width="14" height="18" rx="1.5"/><path d="M9 7.5h1.5M13.5 7.5H15M9 11.5h1.5M13.5 11.5H15M10 21v-4.5h4V21"/>"#
            }
            Self::Box => r#"<path d="M12 3l8 4.5v9L12 21l-8-4.5v-9z"/><path d="M4 7.5l8 4.5 8-4.5M12 12v9"/>"#,
            Self::Globe => {
                r#"<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c2.5 2.6 3.8 5.6 3.8 9s-1.3 6.4-3.8 9c-2.5-2.6-3.8-5.6-3.8-9s1.3-6.4 3.8-9z"/>"#
            }
            Self::Settings => {
                r#"<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>"#
            }
            Self::Search => r#"<circle cx="11" cy="11" r="6.5"/><path d="M16 16l4.5 4.5"/>"#,
            Self::ChevronDown => r#"<path d="M6 9.5l6 6 6-6"/>"#,
            Self::ChevronRight => r#"<path d="M9.5 6l6 6-6 6"/>"#,
            Self::ArrowLeft => r#"<path d="M19 12H5M11 6l-6 6 6 6"/>"#,
            Self::ArrowRight => r#"<path d="M5 12h14M13 6l6 6-6 6"/>"#,
            Self::Trash => r#"<path d="M4 7h16M9.5 7V4.5h5V7M6 7l1 13h10l1-13M10 11v5.5M14 11v5.5"/>"#,
            Self::Pencil => r#"<path d="M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5"/>"#,
            Self::Refresh => {
                r#"<path d="M20 11A8 8 0 0 0 5.5 7.3L4 9M4 4.5V9h4.5M4 13a8 8 0 0 0 14.5 3.7L20 15M20 19.5V15h-4.5"/>"#
            }
            Self::Download => r#"<path d="M12 4v11M7 10.5l5 5 5-5M5 20h14"/>"#,
            Self::Info => r#"<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5v.01"/>"#,
            Self::Warning => r#"<path d="M12 4L2.5 20h19zM12 10v4.5M12 17.2v.01"/>"#,
            Self::Shield => {
                r#"<path d="M12 3l7.5 2.8v5.4c0 4.6-3 8-7.5 9.8-4.5-1.8-7.5-5.2-7.5-9.8V5.8z"/><path d="M8.5 12l2.5 2.5 4.5-5"/>"#
            }
            Self::Phone => r#"<rect x="7" y="2.5" width="10" height="19" rx="2.5"/><path d="M11 18.5h2"/>"#,
            Self::Mail => r#"<rect x="3" y="5" width="18" height="14" rx="2"/><path d="M3.5 7l8.5 6 8.5-6"/>"#,
            Self::Clock => r#"<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3.5 2"/>"#,
            Self::Link => {
                r#"<path d="M10 14a4 4 0 0 0 5.7 0l3.5-3.5a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.5 3.5a4 4 0 0 0 5.7 5.7L12 17.7"/>"#
            }
            Self::Logout => r#"<path d="M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9"/>"#,
            Self::Sun => {
                r#"<circle cx="12" cy="12" r="4"/><path d="M12 2.5V5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3L7 7M17 17l1.7 1.7M5.3 18.7L7 17M17 7l1.7-1.7"/>"#
            }
            Self::Moon => r#"<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"/>"#,
            Self::System => r#"<rect x="3" y="4" width="18" height="12" rx="2"/><path d="M8 20h8M12 16v4"/>"#,
            Self::Menu => r#"<path d="M4 7h16M4 12h16M4 17h16"/>"#,
            Self::More => {
                r#"<circle cx="6" cy="12" r="0.75"/><circle cx="12" cy="12" r="0.75"/><circle cx="18" cy="12" r="0.75"/>"#
            }
            Self::External => {
                r#"<path d="M14 4h6v6M20 4l-9 9M18 14v4a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h4"/>"#
            }
            Self::History => r#"<path d="M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5M12 8v4.5l3 1.8"/>"#,
            Self::List => r#"<path d="M9 6h11M9 12h11M9 18h11M4.5 6v.01M4.5 12v.01M4.5 18v.01"/>"#,
            Self::Signal => r#"<path d="M5 20v-4M10 20v-8M15 20V8M20 20V4"/>"#,
            Self::Code => r#"<path d="M8 7l-5 5 5 5M16 7l5 5-5 5"/>"#,
            Self::Home => r#"<path d="M4 11l8-7 8 7v8.5a1 1 0 0 1-1 1h-4.5V15h-5v5.5H5a1 1 0 0 1-1-1z"/>"#,
            Self::Chevrons => r#"<path d="M8 9.5l4-4 4 4M8 14.5l4 4 4-4"/>"#,
            Self::Minus => r#"<path d="M5 12h14"/>"#,
            Self::Chart => r#"<path d="M4 4v16h16M8 15l4-4.5 3 3 5-6"/>"#,
        }
    }
}

/// An icon beside words, so that screen readers pass over it. An icon that stands alone needs an
/// `aria-label` on its button.
#[component]
pub fn Icon(glyph: Glyph, #[prop(optional)] small: bool) -> impl IntoView {
    let class = if small { "icon icon--small" } else { "icon" };
    // As text: a page has dozens, and an element with attributes costs ten times as much.
    let paths = glyph.paths();
    InertElement::new(format!(r#"<svg class="{class}" viewBox="0 0 24 24" aria-hidden="true">{paths}</svg>"#))
}
