//! A QR code as a drawing.

use std::fmt::Write as _;

use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode};

/// Dark squares on light ground whatever the theme, with the quiet zone around them that readers
/// need. A text that is too long has none.
pub(super) fn picture(text: &str) -> Option<impl IntoView + use<>> {
    const QUIET: usize = 4;
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (at, color) in colors.iter().enumerate() {
        if *color == Color::Dark {
            let _written = write!(path, "M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET);
        }
    }
    let size = width + 2 * QUIET;
    Some(view! {
        <svg viewBox=format!("0 0 {size} {size}") role="img" aria-label="QR code of the secret" shape-rendering="crispEdges">
            <rect width=size height=size fill="#fff"></rect>
            <path d=path fill="#000"></path>
        </svg>
    })
}
