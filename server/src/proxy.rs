//! What proxies say about the client behind them, and whose word is taken: that of the configured
//! ones alone, in the one header that they are configured to write. A header that they do not
//! write passes through them as the client has sent it.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use axum::http::{HeaderMap, HeaderName};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{ClientCertificate, Timestamp};
use rustls::pki_types::CertificateDer;
use x509_cert::der::Decode as _;

use crate::tls::{Authorities, judge};

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

/// The largest certificate that is read from a header, in bytes.
const CERTIFICATE: usize = 16 * 1024;

/// Which header proxies add the address to that they were asked from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, which is what most write.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Whose word is taken, and for what.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// Their addresses.
    pub trusted: Vec<Network>,
    /// The header that they write.
    pub header: ForwardedHeader,
    /// Whether they pass client certificates on (RFC 9440), and remove what clients send under
    /// that name.
    pub client_certificates: bool,
}

impl Proxies {
    /// Whether a proxy of ours stands at this address.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    /// The rightmost address that no proxy of ours stands at: what is left of it, anybody can claim.
    #[must_use]
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut address = peer.to_canonical();
        if !self.trusts(address) {
            return address;
        }
        let hops = match self.header {
            ForwardedHeader::XForwardedFor => hops_of_x_forwarded_for(headers),
            ForwardedHeader::Forwarded => hops_of_forwarded(headers),
        };
        for hop in hops.into_iter().rev() {
            if !self.trusts(address) {
                break;
            }
            let Some(hop) = hop else { break };
            address = hop.to_canonical();
        }
        address
    }

    /// The certificate that a proxy passes on for its client, taken out of the headers: whoever
    /// comes later cannot take a client's own word for it.
    #[must_use]
    pub fn client_certificate(
        &self,
        peer: IpAddr,
        headers: &mut HeaderMap,
        authorities: Option<&Authorities>,
        now: Timestamp,
    ) -> Option<ClientCertificate> {
        let believed = self.client_certificates && self.trusts(peer);
        let chain = if believed { certificates(headers) } else { None };
        headers.remove(CLIENT_CERT);
        headers.remove(CLIENT_CERT_CHAIN);
        judge(authorities, &chain?, now)
    }
}

/// The addresses of `X-Forwarded-For`, first to last; `None` for what is not an address.
fn hops_of_x_forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(FORWARDED_FOR).iter();
    // Each for itself: what a client has written before says nothing of what a proxy has added.
    let hops = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    hops.map(|hop| parse_hop(std::str::from_utf8(hop).ok()?.trim())).collect()
}

/// The `for` of each element of `Forwarded` (RFC 7239, section 4), first to last; `None` for what
/// is not an address, such as `unknown` or `_hidden`.
fn hops_of_forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(FORWARDED).iter();
    let mut hops = Vec::new();
    for line in lines {
        match split_outside_quotes(&String::from_utf8_lossy(line.as_bytes()), ',') {
            Some(elements) => hops.extend(elements.into_iter().map(forwarded_for)),
            None => hops.push(None),
        }
    }
    hops
}

fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut found = None;
    for pair in split_outside_quotes(element, ';')? {
        let (name, value) = pair.trim().split_once('=')?;
        if name.eq_ignore_ascii_case("for") {
            // Each parameter occurs once: of two, neither is believed.
            if found.is_some() {
                return None;
            }
            let bare = value.strip_prefix('"').map_or(Some(value), |rest| rest.strip_suffix('"'))?;
            found = Some(parse_hop(bare)?);
        }
    }
    found
}

/// Parts of a header line; a separator within a quoted string does not separate. `None` when a
/// quoted string has no end: what a proxy adds behind a client's open one would be part of it.
fn split_outside_quotes(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(|c: char| {
        let separates = c == separator && !quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        separates
    });
    let parts = parts.collect();
    (!quoted).then_some(parts)
}

/// An address, with or without a port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The certificates of `Client-Cert` and `Client-Cert-Chain` (RFC 9440, section 2), the client's
/// own first.
fn certificates(headers: &HeaderMap) -> Option<Vec<CertificateDer<'static>>> {
    let mut own = headers.get_all(CLIENT_CERT).iter();
    let (Some(first), None) = (own.next(), own.next()) else { return None };
    let mut chain = vec![byte_sequence(first.to_str().ok()?)?];
    for line in headers.get_all(CLIENT_CERT_CHAIN) {
        for item in line.to_str().ok()?.split(',') {
            chain.push(byte_sequence(item)?);
        }
    }
    Some(chain)
}

/// A byte sequence (RFC 9651, section 3.3.5) that holds a certificate.
fn byte_sequence(item: &str) -> Option<CertificateDer<'static>> {
    let text = item.trim().strip_prefix(':')?.strip_suffix(':')?;
    let der = STANDARD.decode(text).ok().filter(|der| der.len() <= CERTIFICATE)?;
    x509_cert::Certificate::from_der(&der).ok()?;
    Some(der.into())
}

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether an address belongs to it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                network.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "is not an address such as 10.0.0.1 or a network such as 10.0.0.0/8";
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| WANTED)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| WANTED)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        if prefix > longest { Err(WANTED) } else { Ok(Self { address, prefix }) }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_network_contains_its_addresses() {
        let network: Network = "10.1.0.0/16".parse().unwrap();
        assert!(network.contains("10.1.200.3".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.200.3".parse().unwrap()));
        assert!(!network.contains("10.2.0.1".parse().unwrap()));
        let all: Network = "::/0".parse().unwrap();
        assert!(all.contains("2001:db8::1".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<Network>().is_err());
        assert!("ten".parse::<Network>().is_err());
    }

    fn seen(header: ForwardedHeader, lines: &[(HeaderName, &str)]) -> String {
        let proxies = Proxies { trusted: vec!["10.0.0.0/8".parse().unwrap()], header, ..Proxies::default() };
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        proxies.client_address("10.0.0.1".parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn what_a_client_writes_before_hides_nothing_that_a_proxy_adds() {
        for (header, name, line) in [
            (ForwardedHeader::XForwardedFor, FORWARDED_FOR, &b"\x80, 198.51.100.7"[..]),
            (ForwardedHeader::XForwardedFor, FORWARDED_FOR, &b"\xc3\xa9\t, 198.51.100.7"[..]),
            (ForwardedHeader::Forwarded, FORWARDED, &b"for=\x80, for=198.51.100.7"[..]),
        ] {
            let proxies = Proxies { trusted: vec!["10.0.0.0/8".parse().unwrap()], header, ..Proxies::default() };
            let headers = HeaderMap::from_iter([(name, HeaderValue::from_bytes(line).unwrap())]);
            let address = proxies.client_address("10.0.0.1".parse().unwrap(), &headers);
            assert_eq!(address.to_string(), "198.51.100.7", "{line:?}");
        }
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_says() {
        let forwarded = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| (FORWARDED, *line)).collect();
            seen(ForwardedHeader::Forwarded, &lines)
        };
        assert_eq!(forwarded(&["for=198.51.100.1"]), "198.51.100.1");
        assert_eq!(forwarded(&["For=\"[2001:db8::1]:4711\";proto=https;by=10.0.0.1"]), "2001:db8::1");
        assert_eq!(forwarded(&["for=1.2.3.4, for=198.51.100.1;proto=http, for=10.0.0.7"]), "198.51.100.1");
        assert_eq!(forwarded(&["for=1.2.3.4", "proto=https;for=\"198.51.100.1:80\""]), "198.51.100.1");
        // A quoted comma does not begin an element that the client made up.
        assert_eq!(forwarded(&["for=198.51.100.1;host=\"a,for=1.2.3.4\""]), "198.51.100.1");
        for unclear in
            ["for=unknown", "for=_hidden", "for=1.2.3.4;for=5.6.7.8", "proto=https", "nonsense", "for=\"1.2.3.4", ""]
        {
            assert_eq!(forwarded(&[unclear]), "10.0.0.1", "{unclear}");
        }
        // What a client left open does not swallow what the proxy adds behind it on the same line.
        for open in ["for=1.2.3.4;x=\"", "for=1.2.3.4;x=\"\\", "for=1.2.3.4, for=\""] {
            for added in ["for=198.51.100.1", "for=\"[2001:db8::1]\""] {
                assert_eq!(forwarded(&[&format!("{open}, {added}")]), "10.0.0.1", "{open}");
            }
        }
    }

    /// A proxy that writes one header passes the other one on as the client has sent it.
    #[test]
    fn only_the_header_that_proxies_write_is_believed() {
        let both = [(FORWARDED, "for=1.2.3.4"), (FORWARDED_FOR, "198.51.100.1")];
        assert_eq!(seen(ForwardedHeader::XForwardedFor, &both), "198.51.100.1");
        assert_eq!(seen(ForwardedHeader::Forwarded, &both), "1.2.3.4");
        assert_eq!(seen(ForwardedHeader::XForwardedFor, &both[..1]), "10.0.0.1");
    }
}
