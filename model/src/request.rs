//! What rules need to know about where a request comes from.

use std::net::{IpAddr, Ipv6Addr};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The address of whoever asks, as far as configured proxies can be trusted to say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// What budgets count: the address, of IPv6 the network (a person has a whole /64).
    #[must_use]
    pub fn bucket(self) -> String {
        match self.0.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64));
                format!("{network}/64")
            }
        }
    }
}

/// The certificate that a client has shown and whose key it has proved to hold, by TLS itself or
/// on the word of a trusted proxy (RFC 9440).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// Whether a configured authority has signed it and it was valid. Self-signed ones are not.
    pub trusted: bool,
}

impl ClientCertificate {
    /// Its SHA-256 thumbprint, the `x5t#S256` of RFC 8705, section 3.1.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.der))
    }
}

/// The id under which the log knows the request; error pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

tokio::task_local! {
    static CURRENT: RequestId;
}

impl RequestId {
    /// Runs the handling of the request, which can ask for [`Self::current`].
    pub async fn scope<F: Future>(self, handling: F) -> F::Output {
        CURRENT.scope(self, handling).await
    }

    /// The id of the request that is being handled; empty outside of one.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_else(|_| Self(String::new()))
    }
}
