//! Credentials, displayed once: the response to the form that made them, which no address shows
//! again. A reload sends that form again, and the model recognizes it.

use axum::response::Response;
use leptos::prelude::*;
use model::{
    client::{self, Client},
    entity::AuthMethod,
    scope,
    secret::Plain,
};

use super::{
    AtProduct,
    access::client_path,
    frame::{self, Place},
    quick_start::{QuickStart, Start},
};
use crate::{
    components::icon::{Glyph, Icon},
    error::PageError,
    islands::CopyButton,
    layout::PageHead,
};

/// Why there are new credentials.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The client is new.
    New,
    /// Its secret was rotated.
    Rotated,
    /// It signs with its secret from now on.
    Signs,
}

/// The page that displays them.
pub async fn show(at: &AtProduct, client: &Client, secret: &Plain, occasion: Occasion) -> Result<Response, PageError> {
    let ctx = at.ctx();
    let uris = client::uris(ctx, client).await?;
    let scopes = scope::of_product(ctx, &at.product).await?;
    let start = Start::new(ctx, &at.product, client, &uris, &scopes);
    let env = env_file(&start.issuer, &client.client_id, secret.reveal(), uris.login.first());
    let download = format!("data:text/plain;charset=utf-8,{}", percent_encode(&env));
    let file = format!("{}.env", file_name(&client.description));
    let next = client_path(at, client.id, "");
    let (client_id, secret) = (client.client_id.clone(), secret.reveal().to_owned());
    let description = client.description.clone();
    let lead = match occasion {
        Occasion::New => format!("The client “{description}” is ready."),
        Occasion::Rotated => format!("“{description}” has a new secret."),
        Occasion::Signs => format!("“{description}” signs with this secret from now on. The older ones have ended."),
    };
    let kept = match client.auth_method {
        AuthMethod::SecretJwt => {
            "Portico keeps it sealed, to check what the client signs with it, and does not show it again."
        }
        _ => "Portico keeps a fingerprint of it and cannot show it again.",
    };
    // The commands send the secret, which a client that signs with it does not.
    let sends = client.auth_method != AuthMethod::SecretJwt;
    let page = frame::page(at, Place::Clients, "Store the credentials")
        .crumb_to("OAuth clients", at.path("/clients"))
        .crumb("Credentials");
    Ok(page.render(at.member.visitor(), move || {
        view! {
            <PageHead title="Store the credentials now" lead=lead/>
            <section class="secret" aria-labelledby="secret-title">
                <div class="secret__head">
                    <Icon glyph=Glyph::Key/>
                    <div>
                        <h2 id="secret-title">"The secret is displayed only once"</h2>
                        <p>
                            {kept} " When you leave this page, it is gone; if it is lost, rotate it."
                        </p>
                    </div>
                </div>
                <dl class="secret__values">
                    {value("Client id", client_id, "Copy client id")}
                    {value("Client secret", secret, "Copy client secret")}
                </dl>
                <div class="secret__foot">
                    <div class="button-row">
                        <a class="button button--small" download=file href=download>
                            <Icon glyph=Glyph::Download/>
                            "Download .env"
                        </a>
                    </div>
                    <a class="button button--primary" href=next>"I have stored it"</a>
                </div>
                <details class="more no-script-only">
                    <summary>"Lines for an .env file"</summary>
                    <pre tabindex="0"><code>{env}</code></pre>
                </details>
            </section>
            {sends.then(|| view! { <QuickStart start=start/> })}
        }
    }))
}

/// A value that is displayed once, with a button that copies it.
pub fn value(name: &'static str, value: String, label: &'static str) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>
                <code>{value.clone()}</code>
                <CopyButton value=value label=label.to_owned() words=true/>
            </dd>
        </div>
    }
}

fn env_file(issuer: &str, client_id: &str, secret: &str, redirect_uri: Option<&String>) -> String {
    let redirect = redirect_uri.map(|uri| format!("REDIRECT_URI='{uri}'\n")).unwrap_or_default();
    format!("ISSUER={issuer}\nCLIENT_ID={client_id}\nCLIENT_SECRET={secret}\n{redirect}")
}

fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A description as the name of a file.
fn file_name(description: &str) -> String {
    let name: String =
        description.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let name = name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if name.is_empty() { "client".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_has_what_a_program_needs() {
        let uri = "https://example.com/callback".to_owned();
        let env = env_file("http://127.0.0.1:3000", "abc", "pcs_x", Some(&uri));
        assert_eq!(
            env,
            "ISSUER=http://127.0.0.1:3000\nCLIENT_ID=abc\nCLIENT_SECRET=pcs_x\nREDIRECT_URI='https://example.com/callback'\n"
        );
        assert_eq!(percent_encode("a=b\n"), "a%3Db%0A");
        assert_eq!(file_name("This is a test!"), "this-is-a-test");
        assert_eq!(file_name("…"), "client");
    }
}
