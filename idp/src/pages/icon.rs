//! The few icons of these pages, as inline SVG.

use maud::{Markup, html};

fn icon(path: &str) -> Markup {
    html! { svg viewBox="0 0 24 24" aria-hidden="true" { path d=(path); } }
}

pub fn alert() -> Markup {
    icon("M12 4L2.5 20h19zM12 10v4.5M12 17.2v.01")
}

pub fn check() -> Markup {
    icon("M5 12.5l4.5 4.5L19 7.5")
}

pub fn person() -> Markup {
    icon("M8 8a4 4 0 1 0 8 0a4 4 0 1 0-8 0M4.5 20.5c1-3.7 4-5.5 7.5-5.5s6.5 1.8 7.5 5.5")
}

pub fn clock() -> Markup {
    icon("M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0M12 7v5l3.5 2")
}

pub fn leave() -> Markup {
    icon("M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9")
}
