//! What proxies say about a client is believed from them alone, and from the right.

#![no_main]

// The file itself: the crate around it would bring the whole portal along.
#[path = "../../server/src/proxy.rs"]
mod proxy;

/// What the file needs of its neighbour.
mod tls {
    use model::{ClientCertificate, Timestamp};
    use rustls::pki_types::CertificateDer;

    #[derive(Debug)]
    pub struct Authorities;

    pub fn judge(_: Option<&Authorities>, chain: &[CertificateDer<'_>], _: Timestamp) -> Option<ClientCertificate> {
        chain.first().map(|own| ClientCertificate { der: own.to_vec(), trusted: false })
    }
}

use std::net::IpAddr;

use fuzz::NOW;
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use proxy::{ForwardedHeader, Network, Proxies};

const OURS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
const STRANGER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|byte| *byte == b'\n');
    let networks: Vec<Network> = lines
        .next()
        .and_then(|line| std::str::from_utf8(line).ok())
        .unwrap_or_default()
        .split(' ')
        .filter_map(|text| text.parse().ok())
        .collect();
    for network in &networks {
        assert_eq!(network.to_string().parse(), Ok(*network), "printed and read again");
    }
    let mut headers = HeaderMap::new();
    for (place, line) in lines.enumerate() {
        let name = ["x-forwarded-for", "forwarded", "client-cert", "client-cert-chain"][place % 4];
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let ours: Vec<Network> = vec!["10.0.0.0/8".parse().expect("a network")];
    for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
        let proxies = Proxies { trusted: ours.clone(), header, client_certificates: true };
        // Nobody else is believed.
        assert_eq!(proxies.client_address(STRANGER, &headers), STRANGER);
        let seen = proxies.client_address(OURS, &headers);
        if header == ForwardedHeader::XForwardedFor {
            assert_eq!(seen, from_the_right(&proxies, &headers));
        }
        // Whatever a client puts in front of what the proxy adds makes no difference.
        let last = HeaderValue::from_static(match header {
            ForwardedHeader::XForwardedFor => "203.0.113.9",
            ForwardedHeader::Forwarded => "for=203.0.113.9;proto=https",
        });
        let name = HeaderName::from_static(match header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        });
        let mut added = headers.clone();
        added.append(name.clone(), last.clone());
        assert_eq!(proxies.client_address(OURS, &added).to_string(), "203.0.113.9");
        // Nor does it on the same line, where it may at most spoil it.
        for line in headers.get_all(&name) {
            let line = [line.as_bytes(), b", ", last.as_bytes()].concat();
            let Ok(line) = HeaderValue::from_bytes(&line) else { continue };
            let seen = proxies.client_address(OURS, &HeaderMap::from_iter([(name.clone(), line)]));
            assert!(seen == OURS || seen.to_string() == "203.0.113.9", "a client chose {seen}");
        }
        // The header goes no further, believed or not.
        for peer in [OURS, STRANGER] {
            let mut passed = headers.clone();
            let certificate = proxies.client_certificate(peer, &mut passed, None, NOW);
            assert!(!passed.contains_key("client-cert") && !passed.contains_key("client-cert-chain"));
            assert!(certificate.is_none() || (peer == OURS && headers.get_all("client-cert").iter().count() == 1));
            assert!(certificate.is_none_or(|certificate| !certificate.trusted));
        }
    }
    let open = Proxies { trusted: networks, ..Proxies::default() };
    let _ = open.client_address(OURS, &headers);
});

/// The same, written another way.
fn from_the_right(proxies: &Proxies, headers: &HeaderMap) -> IpAddr {
    let all: Vec<&str> = headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or("")).collect();
    let joined = all.join(",");
    let mut address = OURS;
    for hop in joined.rsplit(',').map(str::trim) {
        if headers.get("x-forwarded-for").is_none() || !proxies.trusts(address) {
            break;
        }
        let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
        let parsed = bare.parse::<IpAddr>().ok().or_else(|| Some(hop.parse::<std::net::SocketAddr>().ok()?.ip()));
        let Some(parsed) = parsed else { break };
        address = parsed.to_canonical();
    }
    address
}
