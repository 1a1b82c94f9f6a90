//! What every handler shares, and the portal as one router.

use std::sync::{Arc, OnceLock};

use axum::{Router, extract::FromRef, middleware};
use leptos::{hydration::HydrationScripts, nonce::Nonce, prelude::*};
use model::Context;

use crate::{error, pages};

/// What every handler shares. Cheap to clone.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// The model.
    pub ctx: Context,
    /// How the assets are called and where they lie.
    pub leptos_options: LeptosOptions,
    /// What loads the stylesheet.
    pub stylesheet: Stylesheet,
    /// What loads the islands.
    pub scripts: Scripts,
}

/// The elements of the head that load the islands. Making them reads a file, so it is done once;
/// only the nonce differs from page to page.
#[derive(Clone, Debug, Default)]
pub struct Scripts(Arc<OnceLock<(String, String)>>);

impl Scripts {
    /// The elements, with the nonce that leptos has for the page being rendered.
    #[must_use]
    pub fn html(&self, options: &LeptosOptions, nonce: &Nonce) -> String {
        let (first, html) = self.0.get_or_init(|| {
            let nonce = nonce.to_string();
            let html = view! {
                <script nonce=nonce.clone()>"document.documentElement.dataset.js=''"</script>
                <HydrationScripts options=options.clone() islands=true/>
            };
            (nonce, html.to_html())
        });
        html.replace(first, &nonce.to_string())
    }
}

/// The element of the head that loads the stylesheet: its name carries the hash of its content if files
/// are hashed.
#[derive(Clone, Debug)]
pub struct Stylesheet(Arc<str>);

impl Stylesheet {
    fn of(options: &LeptosOptions) -> Self {
        let hash = options.hash_files.then(|| css_hash(options)).flatten();
        let name = &options.output_name;
        let dir = &options.site_pkg_dir;
        let path = match hash {
            Some(hash) => format!("/{dir}/{name}.{hash}.css"),
            None => format!("/{dir}/{name}.css"),
        };
        Self(view! { <link rel="stylesheet" href=path/> }.to_html().into())
    }

    /// The element.
    #[must_use]
    pub fn link(&self) -> &str {
        &self.0
    }
}

/// `cargo leptos` writes the hashes beside the program.
fn css_hash(options: &LeptosOptions) -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let text = std::fs::read_to_string(program.parent()?.join(options.hash_file.as_ref())).ok()?;
    text.lines().find_map(|line| Some(line.trim().strip_prefix("css:")?.trim().to_owned()))
}

/// The portal.
///
/// The server puts under it: a `tower_sessions` layer, and in each request's extensions a
/// [`model::ClientAddress`] and a [`model::RequestId`].
pub fn router(ctx: Context, options: LeptosOptions) -> Router {
    let state =
        AppState { ctx, stylesheet: Stylesheet::of(&options), leptos_options: options, scripts: Scripts::default() };
    Router::new()
        .merge(pages::home::routes())
        .merge(pages::account::routes())
        .merge(pages::admin::routes())
        .merge(pages::organization::routes())
        .merge(pages::product::routes())
        .merge(pages::operator::routes())
        .merge(pages::sandbox::routes())
        .merge(pages::preferences::routes())
        .fallback(pages::not_found)
        .layer(middleware::from_fn_with_state(state.clone(), error::show))
        .with_state(state)
}
