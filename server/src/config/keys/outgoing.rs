//! How it asks at addresses that others have named.

use super::{Key, duration, list, quoted_path};

pub(super) const KEYS: &[Key] = &[
    optional!(
        "outgoing.extra_ca",
        "A PEM file with authorities to trust beside the system's, when fetching what clients name: key\n\
         sets, request objects, logos, logout deliveries.",
        "\"/etc/portico/ca.pem\"",
        |c| c.outgoing.extra_ca.as_deref().map(quoted_path),
        |c, v| {
            c.outgoing.extra_ca = Some(v.path()?);
            Ok(())
        }
    ),
    key!(
        "outgoing.allow",
        "Hosts with a port, such as \"127.0.0.1:8765\", that are reached although their address is not\n\
         public, and by http too. For development alone.",
        |c| Some(list(&c.outgoing.allow.iter().map(ToString::to_string).collect::<Vec<_>>())),
        |c, v| {
            let parse = |text: String| text.parse().map_err(|what| format!("{text:?} {what}"));
            c.outgoing.allow = v.list()?.into_iter().map(parse).collect::<Result<_, _>>()?;
            Ok(())
        }
    ),
    key!(
        "outgoing.ports",
        "The ports that are connected to.",
        |c| Some(format!("[{}]", c.outgoing.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", "))),
        |c, v| {
            let parse = |text: String| text.parse().map_err(|_| format!("{text:?} is not a port"));
            c.outgoing.ports = v.list()?.into_iter().map(parse).collect::<Result<_, _>>()?;
            Ok(())
        }
    ),
    key!(
        "outgoing.connect_timeout",
        "How long to wait for a connection.",
        |c| Some(duration(c.outgoing.connect_timeout)),
        |c, v| {
            c.outgoing.connect_timeout = v.duration()?;
            Ok(())
        }
    ),
    key!(
        "outgoing.timeout",
        "How long everything may take, from the name's resolution to the last byte.",
        |c| Some(duration(c.outgoing.timeout)),
        |c, v| {
            c.outgoing.timeout = v.duration()?;
            Ok(())
        }
    ),
    key!(
        "outgoing.body_limit",
        "The largest answer, in bytes.",
        |c| Some(c.outgoing.body_limit.to_string()),
        |c, v| {
            c.outgoing.body_limit = v.count()?;
            Ok(())
        }
    ),
];
