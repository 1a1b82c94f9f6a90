//! What an X.509 certificate of a client says (RFC 5280): its names, and its key as a JSON Web Key.
//!
//! Whether an authority has signed it is found out where TLS ends, see [`crate::ClientCertificate`].

mod name;

use std::net::IpAddr;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use x509_cert::{
    der::{
        Decode as _, Reader as _, SliceReader,
        asn1::{ObjectIdentifier, UintRef},
    },
    ext::pkix::{SubjectAltName, name::GeneralName},
    spki::SubjectPublicKeyInfoOwned,
};

pub use self::name::DistinguishedName;

/// The largest certificate that is read, in bytes.
pub const LARGEST: usize = 16 * 1024;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A certificate that was read.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Whose it is.
    pub subject: DistinguishedName,
    /// Further names of its subject (RFC 5280, section 4.2.1.6).
    pub alternatives: Vec<Alternative>,
    /// Its public key (RFC 7517); absent if it is of a kind that we do not know.
    pub key: Option<Value>,
}

/// A further name of a certificate's subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// The name of a host.
    Dns(String),
    /// A URI.
    Uri(String),
    /// An address.
    Ip(IpAddr),
    /// A mail address.
    Email(String),
}

impl Certificate {
    /// Reads a certificate in DER; `None` if it is none.
    #[must_use]
    pub fn read(der: &[u8]) -> Option<Self> {
        if der.len() > LARGEST {
            return None;
        }
        let certificate = x509_cert::Certificate::from_der(der).ok()?;
        let body = certificate.tbs_certificate();
        let alternatives = body.get_extension::<SubjectAltName>().ok()?;
        Some(Self {
            subject: DistinguishedName::of(body.subject()),
            alternatives: alternatives
                .map(|(_, names)| names.0.iter().filter_map(alternative).collect())
                .unwrap_or_default(),
            key: key(body.subject_public_key_info()),
        })
    }
}

/// The first certificate in a PEM text, in DER.
#[must_use]
pub fn from_pem(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).ok()
}

fn alternative(name: &GeneralName) -> Option<Alternative> {
    match name {
        GeneralName::DnsName(text) => Some(Alternative::Dns(text.as_str().to_owned())),
        GeneralName::UniformResourceIdentifier(text) => Some(Alternative::Uri(text.as_str().to_owned())),
        GeneralName::Rfc822Name(text) => Some(Alternative::Email(text.as_str().to_owned())),
        GeneralName::IpAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(bytes.as_bytes()).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(bytes.as_bytes()).map(IpAddr::from));
            Some(Alternative::Ip(address.ok()?))
        }
        _ => None,
    }
}

/// A public key as a JSON Web Key (RFC 7518, section 6; RFC 8037, section 2).
fn key(info: &SubjectPublicKeyInfoOwned) -> Option<Value> {
    let bytes = info.subject_public_key.as_bytes()?;
    let text = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let algorithm = info.algorithm.oid;
    if algorithm == EC {
        let curve: ObjectIdentifier = info.algorithm.parameters.as_ref()?.decode_as().ok()?;
        let (x, y) =
            bytes.strip_prefix(&[4]).filter(|point| curve == P256 && point.len() == 64)?.split_at_checked(32)?;
        return Some(json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)}));
    }
    if algorithm == ED25519 {
        return (bytes.len() == 32).then(|| json!({"kty": "OKP", "crv": "Ed25519", "x": text(bytes)}));
    }
    if algorithm == RSA || algorithm == RSA_PSS {
        let mut reader = SliceReader::new(bytes).ok()?;
        let parts = reader.sequence(|reader| {
            let modulus: UintRef<'_> = reader.decode()?;
            let exponent: UintRef<'_> = reader.decode()?;
            Ok::<_, x509_cert::der::Error>((text(modulus.as_bytes()), text(exponent.as_bytes())))
        });
        let (n, e) = parts.ok()?;
        return Some(json!({"kty": "RSA", "n": n, "e": e}));
    }
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj
    /// '/C=SE/O=Acme, Inc./CN=Årsta/emailAddress=a@example.com' -addext
    /// 'subjectAltName=DNS:client.example.com,IP:2001:db8::1,URI:urn:acme:1,email:b@example.com'`
    pub const CERTIFICATE: &str = include_str!("test.pem");

    #[test]
    fn names_and_key_are_read() {
        let der = from_pem(CERTIFICATE).unwrap();
        let read = Certificate::read(&der).unwrap();
        let written = "1.2.840.113549.1.9.1=#160D61406578616D706C652E636F6D,CN=\\C3\\85rsta,O=Acme\\, Inc.,C=SE";
        assert_eq!(DistinguishedName::parse(written), Some(read.subject));
        assert_eq!(
            read.alternatives,
            [
                Alternative::Dns("client.example.com".to_owned()),
                Alternative::Ip("2001:db8::1".parse().unwrap()),
                Alternative::Uri("urn:acme:1".to_owned()),
                Alternative::Email("b@example.com".to_owned()),
            ]
        );
        assert!(crate::client::keys::public_key(&read.key.unwrap()).is_ok());
    }

    proptest::proptest! {
        /// Any bytes are a certificate or are refused.
        #[test]
        fn any_bytes_may_come(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            proptest::prop_assert!(Certificate::read(&bytes).is_none());
        }

        /// So may any change of a good one.
        #[test]
        fn any_byte_may_be_another(place in 0_usize..10_000, byte: u8) {
            let mut der = from_pem(CERTIFICATE).unwrap();
            let place = place % der.len();
            der[place] = byte;
            let _any = Certificate::read(&der);
        }
    }
}
