//! The doors as one router.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::State, http::StatusCode, middleware, response::IntoResponse, routing::get};
use leptos::config::LeptosOptions;
use model::Context;
use tower_http::compression::CompressionLayer;
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

use crate::{
    edge::{self, Edge},
    session_store::ModelStore,
    tls::Authorities,
};

pub use crate::proxy::{ForwardedHeader, Network, Proxies};

/// What serving needs to know beyond the model's settings.
#[derive(Clone, Debug)]
pub struct Web {
    /// The folder with the static files: `pkg/` and what lies in `public`.
    pub site_root: PathBuf,
    /// Whose word about a client is taken.
    pub proxies: Proxies,
    /// The authorities of client certificates that proxies pass on.
    pub client_ca: Option<Authorities>,
    /// How long a request may take before it is given up.
    pub request_timeout: Duration,
    /// Whether each request is logged.
    pub access_log: bool,
    /// Set once the program is stopping: balancers are then told to go elsewhere.
    pub stopping: Arc<AtomicBool>,
}

impl Default for Web {
    fn default() -> Self {
        Self {
            site_root: PathBuf::from("target/site"),
            proxies: Proxies::default(),
            client_ca: None,
            request_timeout: Duration::from_secs(30),
            access_log: true,
            stopping: Arc::default(),
        }
    }
}

/// Everything that is served.
///
/// The identity provider's paths carry only what every request needs ([`edge`]); sessions and
/// compression lie around the portal alone.
pub fn router(ctx: Context, web: &Web) -> Router {
    let portal = app::router(ctx.clone(), leptos_options(web))
        .layer(sessions(&ctx))
        .layer(CompressionLayer::new().br(true).gzip(true));
    let doors = Router::new()
        .merge(idp::router(ctx.clone()))
        .merge(api::router(ctx.clone()))
        .merge(health(ctx.clone(), web))
        .merge(portal);
    behind_edge(doors, ctx, web)
}

/// Routes behind what every request passes first, see [`edge`].
pub fn behind_edge(routes: Router, ctx: Context, web: &Web) -> Router {
    routes.layer(middleware::from_fn_with_state(Arc::new(Edge::new(ctx, web)), edge::handle))
}

/// The portal's own session cookie; the identity provider has another one.
fn sessions(ctx: &Context) -> SessionManagerLayer<ModelStore> {
    let secure = ctx.settings().secure();
    let lifetime = time::Duration::milliseconds(ctx.settings().lifetimes.portal_session);
    SessionManagerLayer::new(ModelStore::new(ctx.clone()))
        .with_name(if secure { "__Host-portico-session" } else { "portico-session" })
        .with_secure(secure)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(lifetime))
}

/// How the pages find scripts and styles. Their names carry hashes once `cargo leptos` has written
/// those beside the program.
fn leptos_options(web: &Web) -> LeptosOptions {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("hash.txt")));
    LeptosOptions::builder()
        .output_name("portico")
        .site_root(web.site_root.to_string_lossy().as_ref())
        .site_pkg_dir("pkg")
        .hash_files(beside.is_some_and(|file| file.exists()))
        .build()
}

#[derive(Clone)]
struct Health {
    ctx: Context,
    stopping: Arc<AtomicBool>,
}

fn health(ctx: Context, web: &Web) -> Router {
    Router::new()
        .route("/health/live", get(|| async { "ok\n" }))
        .route("/health/ready", get(ready))
        .with_state(Health { ctx, stopping: Arc::clone(&web.stopping) })
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    if health.stopping.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match health.ctx.db().ping().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
