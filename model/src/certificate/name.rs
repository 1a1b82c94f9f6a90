//! Distinguished names, as certificates hold them and as people write them (RFC 4514).

use std::collections::BTreeSet;

use data_encoding::HEXLOWER_PERMISSIVE;
use x509_cert::{
    der::{Decode as _, Encode as _, Tag, Tagged as _, asn1::Any},
    name::Name,
};

/// The types that have a name (RFC 4514, section 3; RFC 4519), and those that `openssl` names.
/// All others are written as numbers.
const TYPES: [(&str, &str); 18] = [
    ("CN", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("TITLE", "2.5.4.12"),
    ("BUSINESSCATEGORY", "2.5.4.15"),
    ("POSTALCODE", "2.5.4.17"),
    ("GN", "2.5.4.42"),
    ("GIVENNAME", "2.5.4.42"),
    ("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
];

/// A distinguished name. Two are equal when they have the same parts in the same order; in which
/// of ASN.1's strings a text is written does not matter, its letters do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName(Vec<BTreeSet<(String, Part)>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Text(String),
    /// DER of what is no text.
    Other(Vec<u8>),
}

impl DistinguishedName {
    pub(super) fn of(name: &Name) -> Self {
        let rdns =
            name.iter_rdn().map(|rdn| rdn.iter().map(|one| (one.oid.to_string(), Part::of(&one.value))).collect());
        Self(rdns.collect())
    }

    /// Reads what `openssl x509 -subject -nameopt RFC2253` writes: the most specific part first.
    /// `None` if it is something else, or empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rdns = Vec::new();
        for rdn in split(text, ',')? {
            let parts: Option<BTreeSet<_>> = split(rdn, '+')?.into_iter().map(attribute).collect();
            rdns.push(parts?);
        }
        rdns.reverse();
        Some(Self(rdns))
    }
}

impl Part {
    fn of(value: &Any) -> Self {
        let text = match value.tag() {
            Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => std::str::from_utf8(value.value()).ok(),
            _ => None,
        };
        text.map_or_else(|| Self::Other(value.to_der().unwrap_or_default()), |text| Self::Text(text.to_owned()))
    }
}

/// The parts between separators that are not escaped; none of them is empty.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut begin, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == separator {
            parts.push(text.get(begin..at)?);
            begin = at + 1;
        }
    }
    parts.push(text.get(begin..)?);
    parts.iter().all(|part| !part.trim().is_empty()).then_some(parts)
}

/// `CN=client`, or `2.5.4.3=#0C06…`.
fn attribute(text: &str) -> Option<(String, Part)> {
    let (kind, value) = text.split_once('=')?;
    let kind = kind.trim().to_ascii_uppercase();
    let named = TYPES.iter().find(|(name, _)| *name == kind).map(|(_, number)| (*number).to_owned());
    let numbers = || kind.contains('.') && kind.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let kind = named.or_else(|| numbers().then(|| kind.clone()))?;
    let value = value.trim_start_matches(' ');
    let part = match value.strip_prefix('#') {
        Some(hexadecimal) => {
            Part::of(&Any::from_der(&HEXLOWER_PERMISSIVE.decode(hexadecimal.trim_end().as_bytes()).ok()?).ok()?)
        }
        None => Part::Text(unescaped(value)?),
    };
    Some((kind, part))
}

/// A value without its escapes: a backslash with a special character or with two hexadecimal
/// digits (RFC 4514, section 3). Spaces at the end count only when they are escaped.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    let mut solid = 0;
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'\\' {
            let next = rest.next()?;
            if next.is_ascii_hexdigit() {
                let digits = [next, rest.next()?];
                bytes.extend(HEXLOWER_PERMISSIVE.decode(&digits).ok()?);
            } else if b" \"#+,;<=>\\".contains(&next) {
                bytes.push(next);
            } else {
                return None;
            }
            solid = bytes.len();
        } else {
            if b"\"<>;\0".contains(&byte) {
                return None;
            }
            bytes.push(byte);
            if byte != b' ' {
                solid = bytes.len();
            }
        }
    }
    bytes.truncate(solid);
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::DistinguishedName;

    #[test]
    fn ways_of_writing_a_name_are_one_name() {
        let name = DistinguishedName::parse("CN=client,O=Acme,C=SE").unwrap();
        for same in [
            "cn=client, o=Acme, c=SE",
            "CN = client , O = Acme , C = SE",
            "2.5.4.3=client,2.5.4.10=Acme,C=SE",
            "2.5.4.3=#0c06636c69656e74,O=Acme,C=SE",
            "CN=\\63lient,O=Acme,C=SE",
        ] {
            assert_eq!(DistinguishedName::parse(same).as_ref(), Some(&name), "{same}");
        }
        for other in [
            "C=SE,O=Acme,CN=client",
            "CN=client,O=Acme",
            "CN=Client,O=Acme,C=SE",
            "CN=client,O=Acme,C=SE,DC=x",
            "CN=client+O=Acme,C=SE",
            "CN=client\\,O=Acme,C=SE",
            "CN=client\\ ,O=Acme,C=SE",
        ] {
            let parsed = DistinguishedName::parse(other).unwrap_or_else(|| panic!("{other}"));
            assert_ne!(parsed, name, "{other}");
        }
        let several = DistinguishedName::parse("OU=Sales+CN=J. Smith,DC=example");
        assert_eq!(several, DistinguishedName::parse("CN=J. Smith+OU=Sales,DC=example"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in
            ["", " ", "CN", "CN=", "CN=a,", ",CN=a", "CN=a,,O=b", "XX=a", "CN=#zz", "CN=a\\", "CN=a\\x", "CN=\"a\""]
        {
            assert_eq!(DistinguishedName::parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        /// Any text is a name or is refused.
        #[test]
        fn any_text_may_be_written(text in ".{0,80}") {
            let _any = DistinguishedName::parse(&text);
        }
    }
}
