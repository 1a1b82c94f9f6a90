//! How often things may happen.

use super::{Key, rule};

macro_rules! limit {
    ($name:literal, $doc:literal, $field:ident) => {
        key!($name, $doc, |c| Some(rule(c.limits.$field)), |c, v| {
            c.limits.$field = v.rule()?;
            Ok(())
        })
    };
}

pub(super) const KEYS: &[Key] = &[
    limit!("limits.sign_in_account", "Sign-ins with a password for one account.", sign_in_account),
    limit!("limits.second_factor", "Wrong codes at the second step of a sign-in, for one account.", second_factor),
    limit!("limits.sign_in_address", "Sign-ins and sign-ups from one address.", sign_in_address),
    limit!("limits.mail_recipient", "Mails to one address.", mail_recipient),
    limit!("limits.mail_sender", "Invitations and changes of address that one account has mailed.", mail_sender),
    limit!("limits.picture_account", "Pictures that one account uploads.", picture_account),
    limit!("limits.pin_number", "PINs sent to one number.", pin_number),
    limit!("limits.pin_address", "PINs asked for from one address.", pin_address),
    limit!("limits.pin_client", "PINs asked for through one client.", pin_client),
    limit!("limits.pin_overall", "PINs in all.", pin_overall),
    limit!("limits.pin_wrong_number", "Wrong PINs for one number.", pin_wrong_number),
    limit!("limits.pin_wrong_address", "Wrong PINs from one address.", pin_wrong_address),
    limit!("limits.device_address", "Sign-ins that devices begin, from one address.", device_address),
    limit!("limits.device_wrong_address", "Wrong device codes from one address.", device_wrong_address),
    limit!("limits.backchannel_number", "Requests (CIBA) that one number is sent.", backchannel_number),
    limit!("limits.backchannel_client", "Requests (CIBA) of the clients of one owner.", backchannel_client),
    limit!("limits.backchannel_overall", "Requests (CIBA) in all.", backchannel_overall),
    limit!(
        "limits.client_auth_address",
        "Wrong client secrets from one address for one client, counted by each node for itself. Right ones are\n\
         never refused for it, so that nobody locks a client out.",
        client_auth_address
    ),
    key!(
        "limits.client_requests",
        "Requests of one client for tokens, introspection, revocation, pushed requests, devices and approvals;\n\
         of a client without a secret, those from one address. Counted by each node for itself, in memory. The\n\
         default stops nothing but a program in an endless loop on a large machine: set it to what your largest\n\
         client needs.",
        |c| Some(rule(c.limits.client_requests)),
        |c, v| {
            c.limits.client_requests = v.fast_rule()?;
            Ok(())
        }
    ),
    limit!(
        "limits.registration_address",
        "Clients registered from one address without an initial access token.",
        registration_address
    ),
    limit!(
        "limits.fetch_address",
        "What is fetched because of requests from one address: request objects, metadata documents, lists of sectors.",
        fetch_address
    ),
    limit!("limits.fetch_client", "Request objects fetched for one client.", fetch_client),
    limit!(
        "limits.fetch_host",
        "Metadata documents and lists of sectors fetched from one host, and as many logos.",
        fetch_host
    ),
];
