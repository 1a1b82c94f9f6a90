//! The running program: from a configuration to an orderly end.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use model::{Context, Fault, SystemClock, SystemRng, db::Db, demo};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use crate::{
    compose,
    config::{Config, MasterKeyError, create_folder},
    edge::is_loopback,
    jobs::{Carriers, Jobs},
};

/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(15);

/// Why the program did not start, or has stopped.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// No address.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// No master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// No data folder.
    #[error("the data folder {0}: {1}")]
    DataDir(String, io::Error),
    /// No database, or another one's.
    #[error("the database ({0}): {1}")]
    Database(String, Fault),
    /// No demo world.
    #[error(transparent)]
    Demo(#[from] demo::DemoError),
    /// Demo world for everybody.
    #[error("the demo world has well-known passwords: it is for a loopback address only, and this is {0}")]
    DemoForAll(String),
    /// No carriers.
    #[error("{0}")]
    Carriers(String),
    /// No signals.
    #[error("signals: {0}")]
    Signals(io::Error),
}

/// Opens the database as configured, without touching its tables.
///
/// # Errors
///
/// When it cannot be reached.
pub async fn open_database(config: &Config) -> Result<Db, Stopped> {
    let url = config.database_url();
    if url.starts_with("sqlite:") {
        let folder = &config.data_dir;
        create_folder(folder).map_err(|error| Stopped::DataDir(folder.display().to_string(), error))?;
    }
    Db::connect(&url).await.map_err(|fault| database(config, fault))
}

/// Opens the model on a database whose tables are up to date.
///
/// # Errors
///
/// When the database fails or was written with another master key.
pub async fn open_model(config: &Config, db: Db) -> Result<Context, Stopped> {
    let master = config.master_key()?;
    Context::open(db, Arc::new(SystemClock), Arc::new(SystemRng), master, config.settings())
        .await
        .map_err(|fault| database(config, fault))
}

/// An error of the database, and which one it is, without a password.
pub fn database(config: &Config, fault: Fault) -> Stopped {
    Stopped::Database(config.database_shown(), fault)
}

/// Creates the demo world, on a loopback address only.
///
/// # Errors
///
/// When the database holds anything else, or people elsewhere could reach it.
pub async fn create_demo(config: &Config, ctx: &Context) -> Result<(), Stopped> {
    let url = config.public_url();
    if !config.listen.ip().is_loopback() {
        return Err(Stopped::DemoForAll(config.listen.to_string()));
    }
    if !url::Url::parse(&url).is_ok_and(|url| is_loopback(&url)) || config.production {
        return Err(Stopped::DemoForAll(url));
    }
    Ok(demo::create(ctx).await?)
}

/// Serves until the process is told to stop.
///
/// # Errors
///
/// When it cannot start.
pub async fn serve(config: &Config, demo_if_empty: bool) -> Result<(), Stopped> {
    // The address first: a second start fails before it touches anything.
    let listener = TcpListener::bind(config.listen).await.map_err(|error| Stopped::Listen(config.listen, error))?;
    // Port 0 means any: from here on it is the one that it became.
    let listen = listener.local_addr().unwrap_or(config.listen);
    let config = &Config { listen, ..config.clone() };
    let carriers = Carriers::new(config).map_err(Stopped::Carriers)?;
    let db = open_database(config).await?;
    db.migrate().await.map_err(|fault| database(config, fault))?;
    let ctx = open_model(config, db).await?;
    if demo_if_empty && demo::is_empty(&ctx).await.map_err(|fault| database(config, fault))? {
        create_demo(config, &ctx).await?;
    }
    let is_demo = demo::exists(&ctx).await.map_err(|fault| database(config, fault))?;

    let stop = stop_signal().map_err(Stopped::Signals)?;
    let web = config.web();
    let router = compose::router(ctx.clone(), &web);
    let jobs = Jobs::start(&ctx, carriers);
    tracing::info!(address = %listen, public_url = ctx.settings().public_url, database = ctx.db().kind(), "serving");
    welcome(&ctx, is_demo);

    let connections = GracefulShutdown::new();
    tokio::select! {
        () = accept(&listener, router, &connections) => {}
        () = stop => {}
    }
    web.stopping.store(true, Ordering::Relaxed);
    drop(listener);
    tracing::info!(connections = connections.count(), "stopping");
    if tokio::time::timeout(config.shutdown_timeout, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
    jobs.stop(&ctx).await;
    ctx.db().close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn accept(listener: &TcpListener, router: Router, connections: &GracefulShutdown) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(connection(stream, peer, router.clone(), connections.watcher()));
            }
            Err(error) => {
                // Usually too many open files: wait until some are closed.
                tracing::error!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Small answers must not wait for an acknowledgement of the one before.
    let _still_works = stream.set_nodelay(true);
    let service = hyper_util::service::TowerToHyperService::new(router.map_request(
        move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.map(Body::new)
        },
    ));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    let served = builder.http1_only().serve_connection(TokioIo::new(stream), service).into_owned();
    // Connections that clients give up are not our errors.
    let _ended = watcher.watch(served).await;
}

/// Resolves when the process is told to stop.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _failed = tokio::signal::ctrl_c().await;
    })
}

/// Says where to go and who to be.
fn welcome(ctx: &Context, is_demo: bool) {
    use std::fmt::Write as _;
    let url = &ctx.settings().public_url;
    let mut text = format!("\nPortico is at {url}\n");
    if is_demo {
        let people =
            [("developer of Acme Voice", 1), ("staff of Nordtel", 2), ("staff of Fjordmobil", 3), ("administrator", 0)];
        let _infallible = writeln!(text, "\n  Sign in at {url}/signin with the password {}", demo::PASSWORD);
        for (what, index) in people {
            if let Some((email, ..)) = demo::USERS.get(index) {
                let _infallible = writeln!(text, "    {email:<24} {what}");
            }
        }
        let _infallible = writeln!(text, "\n  Or be a subscriber with the number {}:", demo::SUBSCRIBER);
        let _infallible = writeln!(
            text,
            "    {url}/oauth2/auth?response_type=code&client_id=demo-web&redirect_uri=https%3A%2F%2Fexample.com%2Fcallback&scope=openid%20phone&state=hello"
        );
    }
    if ctx.settings().sandbox {
        let _infallible = writeln!(text, "\n  Mails and text messages arrive at {url}/sandbox/outbox");
    }
    use io::Write as _;
    let _nobody_reads = writeln!(io::stdout(), "{text}");
}
