//! A database as it is after years: what is asked should cost the same as on the first day.

use std::time::Instant;

use crate::Result;
use crate::server::Server;

const ORGANIZATIONS: u32 = 100_000;
const CLIENTS: u32 = 1_000_000;
const SUBSCRIBERS: u32 = 10_000_000;
const CONSENTS: u32 = 10_000_000;

/// So many rows are written at once.
const STEP: u32 = 500_000;

/// Writes into the database of the stopped server: an organization and a product for each ten clients
/// and each hundred consents, a secret, two addresses and scopes for each client, a consent for each subscriber.
pub async fn fill(server: &Server) -> Result<()> {
    let started = Instant::now();
    let client = format!(
        "SELECT {}, {}, {}, printf('filled-%07d', i), 'Client ' || i, 'standard', 'confidential', 'opaque', \
         'ES256', 'active', 0, 0, 'secret', '{{}}' FROM n",
        id('c', "i"),
        id('b', "i / 10"),
        id('a', "i / 10")
    );
    let secret = format!("SELECT {}, {}, 'First', printf('%064x', i), 'last', 0 FROM n", id('d', "i"), id('c', "i"));
    let uri = |kind, position, path| {
        format!(
            "SELECT {}, {}, 'login', 'https://client-' || i || '.example/{path}', {position} FROM n",
            id(kind, "i"),
            id('c', "i")
        )
    };
    let consent = format!(
        "SELECT {}, 'subscriber', {}, {}, 'openid phone', '', 0, 0 FROM n",
        id('9', "i"),
        id('8', "i"),
        id('b', "i / 100")
    );
    let scopes = "SELECT {}, 'openid', 0 FROM n UNION ALL SELECT {}, 'phone', 1 FROM n";
    let tables = [
        (
            "organizations (id, kind, name, created_at, updated_at)",
            format!("SELECT {}, 'team', 'Organization ' || i, 0, 0 FROM n", id('a', "i")),
            ORGANIZATIONS,
        ),
        (
            "products (id, organization_id, audience, name, description, created_at, updated_at)",
            format!("SELECT {}, {}, 'subscribers', 'Product ' || i, '', 0, 0 FROM n", id('b', "i"), id('a', "i")),
            ORGANIZATIONS,
        ),
        ("product_scopes (product_id, scope, optional)", scopes.replace("{}", &id('b', "i")), ORGANIZATIONS),
        (
            "clients (id, product_id, organization_id, client_id, description, profile, kind, token_format, \
             id_token_alg, state, created_at, updated_at, auth_method, metadata)",
            client,
            CLIENTS,
        ),
        ("client_secrets (id, client_id, label, secret_hash, last_four, created_at)", secret, CLIENTS),
        ("client_uris (id, client_id, purpose, uri, position)", uri('e', 0, "callback"), CLIENTS),
        ("client_uris (id, client_id, purpose, uri, position)", uri('f', 1, "again"), CLIENTS),
        (
            "subscribers (id, operator_id, phone_number, created_at)",
            format!(
                "SELECT {}, (SELECT operator_id FROM subscribers WHERE phone_number LIKE '+4670%'), \
                 printf('+88210%08d', i), 0 FROM n",
                id('8', "i")
            ),
            SUBSCRIBERS,
        ),
        (
            "consents (id, subject_kind, subject_id, product_id, scopes, declined, created_at, updated_at)",
            consent,
            CONSENTS,
        ),
    ];
    for (table, select, count) in tables {
        for from in (0..count).step_by(STEP as usize) {
            let last = count.min(from + STEP) - 1;
            server
                .sql(&format!(
                    "PRAGMA synchronous = OFF; \
                     WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) \
                     INSERT INTO {table} {select}"
                ))
                .await?;
        }
    }
    println!(
        "filled in {:.0} s: {CLIENTS} clients of {ORGANIZATIONS} organizations, {SUBSCRIBERS} subscribers, \
         {CONSENTS} consents",
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// A UUID as it is stored, of a kind of rows and a number.
fn id(kind: char, number: &str) -> String {
    format!("unhex(printf('{kind}0000000000070008000%012x', {number}))")
}
