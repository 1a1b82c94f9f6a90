//! The running program: from a configuration to an orderly end.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hyper_util::server::graceful::GracefulShutdown;
use model::{Clock as _, Context, Fault, SystemClock, SystemRng, db::Db, demo};
use tokio::net::TcpListener;

use crate::{
    compose::{self, Web},
    config::{Config, MasterKeyError, create_folder},
    edge::is_loopback,
    jobs::{Carriers, Jobs},
    listen::{Door, accept},
    outgoing::Outgoing,
    tls::{Authorities, Tls, TlsError, TlsFiles},
};

/// How often the certificate's files are looked at.
const LOOK_AT_CERTIFICATE: Duration = Duration::from_secs(10);

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
    /// No TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No outgoing requests.
    #[error("{0}")]
    Outgoing(String),
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
    let mutual = match config.mutual_tls() {
        None => None,
        Some((listen, files)) => {
            let listener = TcpListener::bind(listen).await.map_err(|error| Stopped::Listen(listen, error))?;
            Some((listener, files))
        }
    };
    let tls_mutual_listen = mutual.as_ref().and_then(|(listener, _)| listener.local_addr().ok());
    let config = &Config { listen, tls_mutual_listen, ..config.clone() };
    let carriers = Carriers::new(config).map_err(Stopped::Carriers)?;
    let now = SystemClock.now();
    let load = |files: &TlsFiles| Tls::load(files, now).map(Arc::new);
    let tls = config.tls().as_ref().map(load).transpose()?;
    let mutual = mutual.map(|(listener, files)| Ok::<_, TlsError>((listener, load(&files)?))).transpose()?;
    let outgoing = Outgoing::new(&config.outgoing).map_err(Stopped::Outgoing)?;
    let db = open_database(config).await?;
    db.migrate().await.map_err(|fault| database(config, fault))?;
    let ctx = open_model(config, db).await?;
    ctx.go_out_with(Arc::new(outgoing));
    if demo_if_empty && demo::is_empty(&ctx).await.map_err(|fault| database(config, fault))? {
        create_demo(config, &ctx).await?;
    }
    let is_demo = demo::exists(&ctx).await.map_err(|fault| database(config, fault))?;

    let stop = stop_signal().map_err(Stopped::Signals)?;
    let client_ca = config.tls_client_ca.as_deref().map(Authorities::load).transpose()?;
    let web = Web { client_ca, ..config.web() };
    let router = compose::router(ctx.clone(), &web);
    let jobs = Jobs::start(&ctx, carriers);
    tracing::info!(address = %listen, public_url = ctx.settings().public_url, database = ctx.db().kind(), "serving");
    welcome(&ctx, is_demo);

    let connections = GracefulShutdown::new();
    let door = Door { router, tls: tls.clone(), ctx: ctx.clone() };
    let at_mutual = async {
        match &mutual {
            Some((listener, tls)) => {
                let door = Door { tls: Some(Arc::clone(tls)), ..door.clone() };
                accept(listener, &door, &connections).await;
            }
            None => std::future::pending().await,
        }
    };
    let certificates: Vec<&Tls> = tls.iter().chain(mutual.iter().map(|(_, tls)| tls)).map(|tls| &**tls).collect();
    tokio::select! {
        () = accept(&listener, &door, &connections) => {}
        () = at_mutual => {}
        () = follow_certificates(&certificates, &ctx) => {}
        () = stop => {}
    }
    web.stopping.store(true, Ordering::Relaxed);
    drop((listener, mutual));
    tracing::info!(connections = connections.count(), "stopping");
    if tokio::time::timeout(config.shutdown_timeout, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
    jobs.stop(&ctx).await;
    ctx.db().close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Reads the certificate again when its files change, and at once when told to (SIGHUP), wherever we
/// serve with it.
async fn follow_certificates(all: &[&Tls], ctx: &Context) {
    if all.is_empty() {
        return std::future::pending().await;
    }
    #[cfg(unix)]
    let mut told = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok();
    let mut look = tokio::time::interval(LOOK_AT_CERTIFICATE);
    loop {
        #[cfg(unix)]
        let told = async {
            match &mut told {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        #[cfg(not(unix))]
        let told = std::future::pending::<Option<()>>();
        tokio::select! {
            _ = look.tick() => {
                for tls in all {
                    tls.reload_if_changed(ctx.now());
                }
            }
            _ = told => {
                for tls in all {
                    tls.reload(ctx.now());
                }
            }
        }
    }
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
