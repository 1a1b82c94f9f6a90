//! TLS without a proxy, and client certificates, with authorities of the test's own.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{Extension, Router, body::Body, extract::ConnectInfo, routing::get};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::graceful::GracefulShutdown,
};
use model::{ClientCertificate, days};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    RootCertStore,
    client::ResolvesClientCert,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    sign::{CertifiedKey, SingleCertAndKey},
};
use server::{
    compose::{Proxies, behind_edge},
    listen::{Door, accept},
    tls::{Authorities, Tls, TlsError, TlsFiles},
};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tower::ServiceExt as _;

use crate::harness::{App, BEGINNING, Outside, Process};

/// An authority.
pub struct Authority {
    pub certificate: rcgen::Certificate,
    pub issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, in PEM.
#[derive(Clone)]
pub struct Pair {
    pub certificate: String,
    pub key: String,
    pub der: Vec<u8>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::default()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self { certificate: params.self_signed(&key).unwrap(), issuer: Issuer::new(params, key) }
    }

    pub fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> Pair {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        pair(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }
}

pub fn pair(certificate: &rcgen::Certificate, key: &KeyPair) -> Pair {
    Pair { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().to_vec() }
}

pub fn self_signed() -> Pair {
    let key = KeyPair::generate().unwrap();
    pair(&CertificateParams::new(["client".to_owned()]).unwrap().self_signed(&key).unwrap(), &key)
}

/// A folder with the files of a server.
pub struct Files {
    folder: tempfile::TempDir,
    pub files: TlsFiles,
}

impl Files {
    pub fn new(pair: &Pair, client_ca: Option<&Authority>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let client_ca = client_ca.map(|authority| {
            std::fs::write(path("clients.pem"), authority.certificate.pem()).unwrap();
            path("clients.pem")
        });
        let asks = client_ca.is_some();
        let files = TlsFiles { certificate: path("tls.pem"), key: path("tls.key"), client_ca, asks };
        let files = Self { folder, files };
        files.write(pair);
        files
    }

    /// The same, and clients are asked for a certificate, or are not.
    pub fn asking(mut self, asks: bool) -> Self {
        self.files.asks = asks;
        self
    }

    fn write(&self, pair: &Pair) {
        std::fs::write(&self.files.certificate, &pair.certificate).unwrap();
        std::fs::write(&self.files.key, &pair.key).unwrap();
    }

    pub fn load(&self) -> Result<Tls, TlsError> {
        Tls::load(&self.files, BEGINNING)
    }
}

/// Says which client certificate a request came with.
fn mirror() -> Router {
    let show = |certificate: Option<Extension<ClientCertificate>>| async move {
        match certificate {
            Some(Extension(certificate)) => format!("{} {}", certificate.thumbprint(), certificate.trusted),
            None => "none".to_owned(),
        }
    };
    Router::new().route("/", get(show))
}

/// Serves on a port of its own.
pub async fn serve(app: &App, tls: &Arc<Tls>, router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = Door { router, tls: Some(Arc::clone(tls)), ctx: app.ctx.clone() };
    tokio::spawn(async move { accept(&listener, &door, &GracefulShutdown::new()).await });
    address
}

/// A handshake.
pub async fn connect(
    address: SocketAddr,
    authority: &Authority,
    versions: &[&'static rustls::SupportedProtocolVersion],
    alpn: &[&str],
    own: Option<&Pair>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let own = own.map(|pair| Arc::new(SingleCertAndKey::from(certified(pair))) as Arc<dyn ResolvesClientCert>);
    connect_with(address, authority, versions, alpn, own).await
}

/// A certificate with its key, without a look at whether they belong together.
pub fn certified(pair: &Pair) -> CertifiedKey {
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    let key = rustls::crypto::aws_lc_rs::default_provider().key_provider.load_private_key(key).unwrap();
    CertifiedKey::new(vec![CertificateDer::from(pair.der.clone())], key)
}

/// A handshake of a client that chooses its certificate by what the server says.
pub async fn connect_with(
    address: SocketAddr,
    authority: &Authority,
    versions: &[&'static rustls::SupportedProtocolVersion],
    alpn: &[&str],
    own: Option<Arc<dyn ResolvesClientCert>>,
) -> std::io::Result<TlsStream<TcpStream>> {
    handshake(rustls::crypto::aws_lc_rs::default_provider(), address, authority, versions, alpn, own).await
}

/// A handshake of a client that has these cipher suites.
async fn handshake(
    provider: rustls::crypto::CryptoProvider,
    address: SocketAddr,
    authority: &Authority,
    versions: &[&'static rustls::SupportedProtocolVersion],
    alpn: &[&str],
    own: Option<Arc<dyn ResolvesClientCert>>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).unwrap();
    let provider = Arc::new(provider);
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let builder = builder.with_root_certificates(roots);
    let mut config = match own {
        Some(own) => builder.with_client_cert_resolver(own),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("127.0.0.1").unwrap(), stream).await
}

pub const BOTH: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// What the server's certificate is, in a new connection.
async fn shown(address: SocketAddr, authority: &Authority) -> Vec<u8> {
    let stream = connect(address, authority, BOTH, &[], None).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

/// `GET /` over HTTP/1.1 or, if that was agreed on, HTTP/2.
async fn body(stream: TlsStream<TcpStream>) -> String {
    use axum::body::to_bytes;
    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let io = TokioIo::new(stream);
    let request = axum::http::Request::builder().uri("https://127.0.0.1/").header("host", "127.0.0.1");
    let response = if http2 {
        let request = axum::http::Request::builder().uri("https://127.0.0.1/").body(Body::empty()).unwrap();
        let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    assert_eq!(response.status(), 200);
    String::from_utf8(to_bytes(Body::new(response.into_body()), 1000).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_with_http_1_and_2() {
    let app = App::empty().await;
    let authority = Authority::new();
    let files = Files::new(&authority.sign(|_| {}), None);
    let address = serve(&app, &Arc::new(files.load().unwrap()), mirror()).await;
    for version in BOTH {
        for (offered, agreed) in [(&["h2", "http/1.1"][..], "h2"), (&["http/1.1"][..], "http/1.1")] {
            let stream = connect(address, &authority, &[*version], offered, None).await.unwrap();
            let (_, session) = stream.get_ref();
            assert_eq!(session.protocol_version(), Some(version.version));
            assert_eq!(session.alpn_protocol(), Some(agreed.as_bytes()));
            assert_eq!(body(stream).await, "none");
        }
    }
    // Without ALPN it is HTTP/1.1; without TLS it is nothing.
    assert_eq!(body(connect(address, &authority, BOTH, &[], None).await.unwrap()).await, "none");
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(plain.get(format!("http://{address}/")).send().await.is_err());
}

/// FAPI 2.0 Security Profile, section 5.2.2; RFC 9325, section 4.2.
#[tokio::test]
async fn tls_1_2_has_the_recommended_cipher_suites_alone() {
    let app = App::empty().await;
    let authority = Authority::new();
    let files = Files::new(&authority.sign(|_| {}), None);
    let address = serve(&app, &Arc::new(files.load().unwrap()), mirror()).await;
    let agreed = async |version, gcm: bool| {
        let mut provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.cipher_suites.retain(|suite| format!("{:?}", suite.suite()).contains("GCM") == gcm);
        assert!(!provider.cipher_suites.is_empty());
        handshake(provider, address, &authority, &[version], &[], None).await.is_ok()
    };
    assert!(agreed(&rustls::version::TLS12, true).await);
    assert!(!agreed(&rustls::version::TLS12, false).await);
    assert!(agreed(&rustls::version::TLS13, true).await && agreed(&rustls::version::TLS13, false).await);
}

#[tokio::test]
async fn a_client_certificate_is_asked_for_and_judged() {
    let app = App::empty().await;
    let [authority, clients, strangers] = [Authority::new(), Authority::new(), Authority::new()];
    let files = Files::new(&authority.sign(|_| {}), Some(&clients));
    let address = serve(&app, &Arc::new(files.load().unwrap()), behind_edge(mirror(), app.ctx.clone(), &web())).await;
    let seen = async |own: Option<&Pair>, version| {
        body(connect(address, &authority, &[version], &[], own).await.unwrap()).await
    };
    let expired = clients.sign(|params| params.not_after = rcgen::date_time_ymd(2026, 1, 1));
    for version in BOTH {
        assert_eq!(seen(None, version).await, "none");
        for (own, trusted) in [
            (clients.sign(|_| {}), true),
            (self_signed(), false),
            (strangers.sign(|_| {}), false),
            (expired.clone(), false),
        ] {
            let thumbprint = ClientCertificate { der: own.der.clone(), trusted }.thumbprint();
            assert_eq!(seen(Some(&own), version).await, format!("{thumbprint} {trusted}"));
        }
        // The certificate of somebody else, without its key.
        let stolen = Pair { key: self_signed().key, ..clients.sign(|_| {}) };
        if let Ok(mut stream) = connect(address, &authority, &[version], &[], Some(&stolen)).await {
            assert!(stream.read_u8().await.is_err());
        }
    }
}

fn web() -> server::Web {
    server::Web { access_log: false, ..server::Web::default() }
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let app = App::empty().await;
    let authority = Authority::new();
    let [first, second] = [authority.sign(|_| {}), authority.sign(|_| {})];
    let files = Files::new(&first, None);
    let tls = Arc::new(files.load().unwrap());
    let address = serve(&app, &tls, mirror()).await;
    let lasting = connect(address, &authority, BOTH, &[], None).await.unwrap();
    assert_eq!(shown(address, &authority).await, first.der);
    assert!(!tls.reload_if_changed(BEGINNING));

    // Half of a renewal, and then something else: the old pair stays.
    std::fs::write(&files.files.certificate, &second.certificate).unwrap();
    assert!(!tls.reload_if_changed(BEGINNING));
    std::fs::write(&files.files.key, "nonsense").unwrap();
    assert!(!tls.reload_if_changed(BEGINNING));
    assert_eq!(shown(address, &authority).await, first.der);

    files.write(&second);
    assert!(tls.reload_if_changed(BEGINNING));
    assert!(!tls.reload_if_changed(BEGINNING));
    assert_eq!(shown(address, &authority).await, second.der);
    assert_eq!(body(lasting).await, "none", "a connection outlives its certificate");
}

/// Put in place ahead of its time, it is used once that has come, though nobody touches the files.
#[tokio::test]
async fn a_certificate_whose_time_comes_is_used_then() {
    let authority = Authority::new();
    let [first, second] = [authority.sign(|_| {}), authority.sign(|_| {})];
    let files = Files::new(&first, None);
    let tls = files.load().unwrap();
    files.write(&second);
    assert!(tls.reload_if_changed(BEGINNING));
    let soon = authority.sign(|params| params.not_before = rcgen::date_time_ymd(2029, 1, 1));
    files.write(&soon);
    for _ in 0..2 {
        assert!(!tls.reload_if_changed(BEGINNING));
    }
    assert!(tls.reload_if_changed(BEGINNING.plus(days(365 * 5))));
    assert!(!tls.reload_if_changed(BEGINNING.plus(days(365 * 5))));
}

#[tokio::test]
async fn an_authority_that_is_taken_out_is_not_trusted_any_more() {
    let app = App::empty().await;
    let (authority, clients, others) = (Authority::new(), Authority::new(), Authority::new());
    let files = Files::new(&authority.sign(|_| {}), Some(&clients));
    let tls = Arc::new(files.load().unwrap());
    let address = serve(&app, &tls, mirror()).await;
    let own = clients.sign(|_| {});
    let trusted = async || body(connect(address, &authority, BOTH, &[], Some(&own)).await.unwrap()).await;
    assert!(trusted().await.ends_with("true"));
    let pem = files.folder.path().join("clients.pem");
    std::fs::write(&pem, "nonsense").unwrap();
    assert!(!tls.reload_if_changed(BEGINNING));
    assert!(trusted().await.ends_with("true"), "what is not good changes nothing");
    std::fs::write(&pem, others.certificate.pem()).unwrap();
    assert!(tls.reload_if_changed(BEGINNING));
    assert!(trusted().await.ends_with("false"));
}

#[tokio::test]
async fn what_is_not_good_is_refused_with_the_file_named() {
    let authority = Authority::new();
    let good = authority.sign(|_| {});
    let expired = authority.sign(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let future = authority.sign(|params| params.not_before = rcgen::date_time_ymd(2090, 1, 1));
    let nonsense = Pair { certificate: "nonsense".to_owned(), ..good.clone() };
    let mixed = Pair { key: authority.sign(|_| {}).key, ..good.clone() };
    let no_key = Pair { key: good.certificate.clone(), ..good.clone() };
    for (pair, file, words) in [
        (&expired, "tls.pem", "expired"),
        (&future, "tls.pem", "not valid yet"),
        (&nonsense, "tls.pem", "no certificate"),
        (&mixed, "tls.key", "is not the key of the certificate"),
        (&no_key, "tls.key", ""),
    ] {
        let files = Files::new(pair, None);
        let error = files.load().err().expect("it is refused").to_string();
        assert!(error.contains(file) && error.contains(words), "{error}");
    }
    let files = Files::new(&good, None);
    std::fs::remove_file(&files.files.key).unwrap();
    let error = files.load().err().expect("it is refused").to_string();
    assert!(error.contains("tls.key"), "{error}");
    let files = Files::new(&good, Some(&authority));
    std::fs::write(files.folder.path().join("clients.pem"), "").unwrap();
    let error = files.load().err().expect("it is refused").to_string();
    assert!(error.contains("clients.pem"), "{error}");
}

/// The program itself: it serves the demo world by HTTPS, reads a new certificate when told to,
/// and ends in order.
#[tokio::test]
async fn the_program_serves_https() {
    let outside = Outside::new().await;
    let authority = Authority::new();
    let [first, second] = [authority.sign(|_| {}), authority.sign(|_| {})];
    let files = Files::new(&first, None);
    let path = |file: &PathBuf| file.display().to_string();
    let (certificate, key) = (path(&files.files.certificate), path(&files.files.key));
    let arguments = ["--tls-cert", certificate.as_str(), "--tls-key", key.as_str()];

    files.write(&Pair { key: second.key.clone(), ..first.clone() });
    let refused =
        Process::command(&outside).args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && text.contains("tls.key"), "{text}");
    let alone = Process::command(&outside).args(["serve", "--set", &format!("tls.key={key}")]).output().unwrap();
    assert!(String::from_utf8_lossy(&alone.stderr).contains("tls.certificate is needed"), "{alone:?}");

    files.write(&first);
    let mut portico = Process::start_with(&outside, &arguments);
    assert!(portico.url.starts_with("https://127.0.0.1:"), "{}", portico.url);
    let root = reqwest::Certificate::from_der(authority.certificate.der()).unwrap();
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([root]).pool_max_idle_per_host(0);
    let http = builder.build().unwrap();
    let metadata = http.get(format!("{}/.well-known/openid-configuration", portico.url)).send().await.unwrap();
    let metadata: serde_json::Value = metadata.json().await.unwrap();
    assert_eq!(metadata["issuer"], portico.url.as_str());
    let page = http.get(format!("{}/signin", portico.url)).send().await.unwrap();
    let cookie = page.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-") && cookie.contains("Secure"), "{cookie}");

    let address: SocketAddr = portico.url.trim_start_matches("https://").parse().unwrap();
    assert_eq!(shown(address, &authority).await, first.der);
    files.write(&second);
    portico.signal("-HUP");
    let mut tries = 0;
    while shown(address, &authority).await != second.der {
        tries += 1;
        assert!(tries < 2000, "the new certificate is not used");
    }
    let doctor = Process::command(&outside)
        .args(["doctor", "--set", &format!("tls.certificate={certificate}"), "--set", &format!("tls.key={key}")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(text.contains("ok   TLS"), "{text}");
    assert!(portico.terminate().success());
}

/// A certificate that a proxy passes on (RFC 9440), and what others send under that name.
#[tokio::test]
async fn a_certificate_in_a_header_is_believed_from_trusted_proxies_alone() {
    let app = App::empty().await;
    let clients = Authority::new();
    let files = Files::new(&clients.sign(|_| {}), Some(&clients));
    let authorities = Authorities::load(files.files.client_ca.as_ref().unwrap()).unwrap();
    let own = clients.sign(|_| {});
    let header = format!(":{}:", STANDARD.encode(&own.der));
    let trusted = format!("{} true", ClientCertificate { der: own.der.clone(), trusted: true }.thumbprint());
    let seen = async |client_certificates: bool, client_ca: bool, peer: &str, lines: &[&str], direct: bool| {
        let proxies =
            Proxies { trusted: vec!["10.0.0.0/8".parse().unwrap()], client_certificates, ..Proxies::default() };
        let web = server::Web { proxies, client_ca: client_ca.then(|| authorities.clone()), ..web() };
        let show = |headers: axum::http::HeaderMap, certificate: Option<Extension<ClientCertificate>>| async move {
            assert!(!headers.contains_key("client-cert") && !headers.contains_key("client-cert-chain"));
            certificate.map_or_else(|| "none".to_owned(), |Extension(it)| format!("{} {}", it.thumbprint(), it.trusted))
        };
        let router = behind_edge(Router::new().route("/", get(show)), app.ctx.clone(), &web);
        let mut request = axum::http::Request::builder().uri("/").header("client-cert-chain", ":AAAA:");
        if lines.iter().all(|line| line.starts_with(':')) {
            request = axum::http::Request::builder().uri("/");
        }
        for line in lines {
            request = request.header("client-cert", *line);
        }
        let mut request = request.body(Body::empty()).unwrap();
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        if direct {
            request.extensions_mut().insert(ClientCertificate { der: b"the proxy's own".to_vec(), trusted: true });
        }
        let response = router.oneshot(request).await.unwrap();
        String::from_utf8(axum::body::to_bytes(response.into_body(), 1000).await.unwrap().to_vec()).unwrap()
    };
    let (proxy, client) = ("10.0.0.1:1", "203.0.113.9:1");
    assert_eq!(seen(true, true, proxy, &[&header], false).await, trusted);
    assert_eq!(seen(true, false, proxy, &[&header], false).await, trusted.replace("true", "false"));
    // Not from a proxy of ours, or one that is not known to pass certificates on.
    assert_eq!(seen(true, true, client, &[&header], false).await, "none");
    assert_eq!(seen(false, true, proxy, &[&header], false).await, "none");
    // Two of them, and what is none.
    assert_eq!(seen(true, true, proxy, &[&header, &header], false).await, "none");
    for nonsense in ["", "::", ":AAAA:", ":not base64:", header.trim_matches(':'), &header[..header.len() - 9]] {
        assert_eq!(seen(true, true, proxy, &[nonsense], false).await, "none", "{nonsense}");
    }
    // A proxy's own certificate is not its client's; a client's own is.
    assert_eq!(seen(true, true, proxy, &[], true).await, "none");
    assert!(seen(true, true, client, &[&header], true).await.ends_with(" true"));
}
