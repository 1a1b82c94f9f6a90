//! Connections: accepted, TLS agreed on if we terminate it, requests handed to the router.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use model::{ClientCertificate, Context};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::tls::Tls;

/// How long a client may take to agree on TLS, and to send the head of a request.
const HEAD: Duration = Duration::from_secs(15);

/// What a connection leads to.
#[derive(Clone)]
pub struct Door {
    /// What answers.
    pub router: Router,
    /// The certificate, if we terminate TLS.
    pub tls: Option<Arc<Tls>>,
    /// The clock by which client certificates are judged.
    pub ctx: Context,
}

/// Accepts connections for ever.
pub async fn accept(listener: &TcpListener, door: &Door, connections: &GracefulShutdown) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(connection(stream, peer, door.clone(), connections.watcher()));
            }
            Err(error) => {
                // Usually too many open files: wait until some are closed.
                tracing::error!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, door: Door, watcher: Watcher) {
    // Small answers must not wait for an acknowledgement of the one before.
    let _still_works = stream.set_nodelay(true);
    let Some(tls) = door.tls else {
        return requests(stream, peer, None, false, door.router, watcher).await;
    };
    let handshake = TlsAcceptor::from(tls.current()).accept(stream);
    // Whoever does not agree with us on TLS is not our error.
    let Ok(Ok(stream)) = tokio::time::timeout(HEAD, handshake).await else { return };
    let (_, agreed) = stream.get_ref();
    let http2 = agreed.alpn_protocol() == Some(b"h2");
    let certificate = agreed.peer_certificates().and_then(|chain| tls.judge(chain, door.ctx.now()));
    requests(stream, peer, certificate, http2, door.router, watcher).await;
}

async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    certificate: Option<ClientCertificate>,
    http2: bool,
    router: Router,
    watcher: Watcher,
) {
    let service = hyper_util::service::TowerToHyperService::new(router.map_request(
        move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            if let Some(certificate) = &certificate {
                request.extensions_mut().insert(certificate.clone());
            }
            request.map(Body::new)
        },
    ));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    // A peer that is gone is found out by asking.
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD).keep_alive_timeout(HEAD);
    let builder = if http2 { builder.http2_only() } else { builder.http1_only() };
    let served = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    // Connections that clients give up are not our errors.
    let _ended = watcher.watch(served).await;
}
