//! Clients that prove who they are with a certificate (RFC 8705, section 2): one that an authority
//! has signed, known by a name in it, or one of the client's own, known by its key.

use std::net::IpAddr;

use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{
    Client, Metadata,
    amend::{Words, amend},
    keys, published,
};
use crate::{
    ClientCertificate, Context, Fault, cache,
    certificate::{Alternative, Certificate, DistinguishedName},
};

/// The longest name, in bytes.
pub const LONGEST: usize = 500;

/// Where in a certificate the name of its client stands (RFC 8705, section 2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In its subject.
    SubjectDn,
    /// Among its alternative names: a host.
    SanDns,
    /// A URI.
    SanUri,
    /// An address.
    SanIp,
    /// A mail address.
    SanEmail,
}

impl Place {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 5] = [Self::SubjectDn, Self::SanDns, Self::SanUri, Self::SanIp, Self::SanEmail];

    /// Its name in client metadata.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SubjectDn => "tls_client_auth_subject_dn",
            Self::SanDns => "tls_client_auth_san_dns",
            Self::SanUri => "tls_client_auth_san_uri",
            Self::SanIp => "tls_client_auth_san_ip",
            Self::SanEmail => "tls_client_auth_san_email",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.as_str() == text)
    }

    const fn field(self, metadata: &mut Metadata) -> &mut Option<String> {
        match self {
            Self::SubjectDn => &mut metadata.tls_client_auth_subject_dn,
            Self::SanDns => &mut metadata.tls_client_auth_san_dns,
            Self::SanUri => &mut metadata.tls_client_auth_san_uri,
            Self::SanIp => &mut metadata.tls_client_auth_san_ip,
            Self::SanEmail => &mut metadata.tls_client_auth_san_email,
        }
    }
}

/// Why a name cannot be the one that a client is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// RFC 4514.
    #[error("write it as openssl does with -nameopt RFC2253, such as CN=client,O=Acme,C=SE")]
    Dn,
    /// A pattern would let others in.
    #[error("write the whole name of a host, such as client.example.com")]
    Dns,
    /// RFC 3986.
    #[error("write a whole URI, such as urn:example:client")]
    Uri,
    /// RFC 5952.
    #[error("write an address, such as 192.0.2.7 or 2001:db8::7")]
    Ip,
    /// RFC 5321.
    #[error("write a mail address, such as client@example.com")]
    Email,
}

/// The name in its certificate that a client is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateName {
    /// Where it stands.
    pub place: Place,
    /// The name, as it was registered.
    pub text: String,
}

impl CertificateName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`NotAName`].
    pub fn new(place: Place, text: &str) -> Result<Self, NotAName> {
        let text = text.trim();
        let plain = !text.is_empty() && text.len() <= LONGEST && !text.contains(char::is_control);
        let graphic = plain && text.bytes().all(|b| b.is_ascii_graphic());
        let (fits, problem) = match place {
            Place::SubjectDn => (plain && DistinguishedName::parse(text).is_some(), NotAName::Dn),
            Place::SanDns => {
                let host = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
                (graphic && host, NotAName::Dns)
            }
            Place::SanUri => (graphic && url::Url::parse(text).is_ok(), NotAName::Uri),
            Place::SanIp => (text.parse::<IpAddr>().is_ok(), NotAName::Ip),
            Place::SanEmail => (
                graphic && text.split_once('@').is_some_and(|(who, at)| !who.is_empty() && !at.is_empty()),
                NotAName::Email,
            ),
        };
        if fits { Ok(Self { place, text: text.to_owned() }) } else { Err(problem) }
    }

    /// The one that a client has registered.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Option<Self> {
        let mut metadata = metadata.clone();
        let mut found = Place::ALL.into_iter().filter_map(|place| Some((place, place.field(&mut metadata).take()?)));
        let (place, text) = found.next()?;
        Some(Self { place, text })
    }

    /// Puts it in the place of any other.
    pub(super) fn store(name: Option<Self>, metadata: &mut Metadata) {
        for place in Place::ALL {
            *place.field(metadata) = None;
        }
        if let Some(Self { place, text }) = name {
            *place.field(metadata) = Some(text);
        }
    }

    /// Whether a certificate has it, at its place.
    fn is_in(&self, certificate: &Certificate) -> bool {
        let among = |same: &dyn Fn(&Alternative) -> bool| certificate.alternatives.iter().any(same);
        let text = self.text.as_str();
        match self.place {
            Place::SubjectDn => DistinguishedName::parse(text).is_some_and(|name| name == certificate.subject),
            Place::SanDns => among(&|it| matches!(it, Alternative::Dns(host) if host.eq_ignore_ascii_case(text))),
            Place::SanUri => among(&|it| matches!(it, Alternative::Uri(uri) if uri == text)),
            Place::SanIp => {
                let address = text.parse::<IpAddr>().ok();
                among(&|it| matches!(it, Alternative::Ip(ip) if Some(*ip) == address))
            }
            Place::SanEmail => among(&|it| matches!(it, Alternative::Email(email) if same_mailbox(email, text))),
        }
    }
}

/// The host's case does not matter (RFC 5280, section 7.5).
fn same_mailbox(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((who, at)), Some((other_who, other_at))) => who == other_who && at.eq_ignore_ascii_case(other_at),
        _ => false,
    }
}

/// Why a certificate proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// None came.
    #[error("no client certificate came with this connection")]
    Missing,
    /// It cannot be read.
    #[error("the client certificate cannot be read")]
    Malformed,
    /// No authority that is trusted here has signed it, or it is not valid now.
    #[error("the client certificate is not valid, or of no authority that is trusted here")]
    Untrusted,
    /// It has another name than the registered one.
    #[error("the client certificate does not have the name that is registered for this client")]
    OtherName,
    /// None of the client's registered keys and certificates is this one.
    #[error("the client certificate is none of those that are registered for this client")]
    OtherKey,
}

/// Checks that a certificate of an authority is the client's (RFC 8705, section 2.1).
///
/// # Errors
///
/// [`CertificateError`].
pub fn check_named(client: &cache::Client, shown: Option<&ClientCertificate>) -> Result<(), CertificateError> {
    let shown = shown.ok_or(CertificateError::Missing)?;
    if !shown.trusted {
        return Err(CertificateError::Untrusted);
    }
    let certificate = Certificate::read(&shown.der).ok_or(CertificateError::Malformed)?;
    let name = CertificateName::of(&client.metadata).ok_or(CertificateError::OtherName)?;
    if name.is_in(&certificate) { Ok(()) } else { Err(CertificateError::OtherName) }
}

/// Checks that a certificate is one that the client has made for itself (RFC 8705, section 2.2): it
/// or its key is among the registered keys, or among those at the client's `jwks_uri`.
///
/// # Errors
///
/// [`CertificateError`].
pub async fn check_own(
    ctx: &Context,
    client: &cache::Client,
    shown: Option<&ClientCertificate>,
) -> Result<(), CertificateError> {
    let shown = shown.ok_or(CertificateError::Missing)?;
    let key = Certificate::read(&shown.der).ok_or(CertificateError::Malformed)?.key;
    let thumbprint = key.and_then(|key| Some(keys::public_key(&key).ok()?.thumbprint));
    let own = Own { der: &shown.der, thumbprint: &thumbprint.ok_or(CertificateError::OtherKey)? };
    if let Some(key) = client.keys.iter().find(|key| own.is(&key.jwk)) {
        ctx.caches().credential_used(key.id, ctx.now());
        return Ok(());
    }
    let jwks_uri = client.metadata.jwks_uri.as_deref().ok_or(CertificateError::OtherKey)?;
    let known = published::keys(ctx, client.id, jwks_uri).await;
    if known.iter().any(|jwk| own.is(jwk)) {
        return Ok(());
    }
    let others = published::other_keys(ctx, client.id, jwks_uri, &known).await.ok_or(CertificateError::OtherKey)?;
    if others.iter().any(|jwk| own.is(jwk)) { Ok(()) } else { Err(CertificateError::OtherKey) }
}

struct Own<'a> {
    der: &'a [u8],
    thumbprint: &'a str,
}

impl Own<'_> {
    /// Whether a key of the client is this certificate's. One that was registered with a
    /// certificate is good for that certificate alone.
    fn is(&self, jwk: &serde_json::Value) -> bool {
        let Ok(key) = keys::public_key(jwk) else { return false };
        let same_key = key.thumbprint.as_bytes().ct_eq(self.thumbprint.as_bytes());
        match keys::certificate(jwk) {
            Some(der) => (same_key & der.as_slice().ct_eq(self.der)).into(),
            None => same_key.into(),
        }
    }
}

/// What a client says about its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The name that it is known by, if an authority signs its certificates.
    pub name: Option<CertificateName>,
    /// Whether its access tokens are bound to the certificate that it asks with (RFC 8705, section
    /// 3.4).
    pub bound_tokens: bool,
}

impl Registered {
    /// What a client has registered.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self { name: CertificateName::of(metadata), bound_tokens: metadata.tls_client_certificate_bound_access_tokens }
    }
}

/// Changes what a client says about its certificate. Without a name nobody signs in with
/// `tls_client_auth` any more.
///
/// # Errors
///
/// When the database fails.
pub async fn set(ctx: &Context, actor: Option<Uuid>, client: &Client, registered: Registered) -> Result<(), Fault> {
    ctx.db()
        .write((ctx.clone(), actor, client.id, registered), |tx, (ctx, actor, id, registered)| {
            Box::pin(amend(tx, ctx, *actor, *id, |_, metadata| {
                CertificateName::store(registered.name.clone(), metadata);
                metadata.tls_client_certificate_bound_access_tokens = registered.bound_tokens;
                // A token is bound to one of them.
                metadata.dpop_bound_access_tokens &= !registered.bound_tokens;
                let name = registered.name.as_ref().map_or("none", |name| name.text.as_str());
                let tokens = if registered.bound_tokens { "bound" } else { "not bound" };
                Ok::<_, Fault>(Words { what: "certificate", how: format!("name {name}, tokens {tokens}") })
            }))
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::{from_pem, tests::CERTIFICATE};

    #[test]
    fn a_name_counts_at_its_place_alone() {
        let certificate = Certificate::read(&from_pem(CERTIFICATE).unwrap()).unwrap();
        let is_in = |place, text: &str| CertificateName::new(place, text).unwrap().is_in(&certificate);
        let dn = "emailAddress=a@example.com,CN=\\C3\\85rsta,O=Acme\\, Inc.,C=SE";
        assert!(is_in(Place::SubjectDn, dn));
        assert!(!is_in(Place::SubjectDn, "CN=Årsta"));
        assert!(is_in(Place::SanDns, "CLIENT.example.com") && !is_in(Place::SanDns, "example.com"));
        assert!(!is_in(Place::SanDns, "client.example.com.") && !is_in(Place::SanUri, "https://client.example.com"));
        assert!(is_in(Place::SanUri, "urn:acme:1") && !is_in(Place::SanUri, "urn:acme:12"));
        assert!(is_in(Place::SanIp, "2001:db8:0::1") && !is_in(Place::SanIp, "::1"));
        assert!(is_in(Place::SanEmail, "b@EXAMPLE.com") && !is_in(Place::SanEmail, "B@example.com"));
        assert!(!is_in(Place::SanEmail, "a@example.com"), "the subject's is another place");
    }

    #[test]
    fn what_is_no_name_or_stands_for_several_is_refused() {
        for (place, text) in [
            (Place::SubjectDn, "client"),
            (Place::SubjectDn, ""),
            (Place::SanDns, "*.example.com"),
            (Place::SanDns, "client example"),
            (Place::SanUri, "client"),
            (Place::SanIp, "192.0.2.0/24"),
            (Place::SanEmail, "@example.com"),
            (Place::SanEmail, "client"),
        ] {
            assert!(CertificateName::new(place, text).is_err(), "{place:?} {text}");
        }
    }
}
