//! Commands that try a client, filled in with what it has.

use leptos::prelude::*;
use model::{
    Context,
    client::{Client, ClientKind, Profile, Uris},
    product::{Audience, Product},
    scope::Row,
};

use super::libraries::{Facts, Program, programs};
use crate::{components::alert::Alert, islands::CopyButton, notice::Tone};

/// What the commands are made of.
#[derive(Clone)]
pub struct Start {
    /// The issuer.
    pub issuer: String,
    base: String,
    client_id: String,
    audience: Audience,
    kind: ClientKind,
    profile: Profile,
    redirect_uri: Option<String>,
    /// The enabled scopes, in the order of the catalogue.
    scopes: Vec<String>,
    scopes_path: String,
}

impl Start {
    /// Gathers them.
    pub fn new(ctx: &Context, product: &Product, client: &Client, uris: &Uris, scopes: &[Row]) -> Self {
        Self {
            issuer: ctx.settings().issuer.clone(),
            base: ctx.settings().public_url.clone(),
            client_id: client.client_id.clone(),
            audience: product.audience,
            kind: client.kind,
            profile: client.profile,
            redirect_uri: uris.login.first().cloned(),
            scopes: scopes.iter().filter(|row| row.enabled).map(|row| row.scope.name.clone()).collect(),
            scopes_path: format!("{}/scopes", super::access::product_path(product.id)),
        }
    }

    /// Whether a verifier is part of the flow.
    fn pkce(&self) -> bool {
        self.profile != Profile::Classic || self.kind == ClientKind::Public
    }

    fn verifier(&self) -> String {
        "export CODE_VERIFIER=$(openssl rand -hex 32)\n\
         export CODE_CHALLENGE=$(printf %s \"$CODE_VERIFIER\" | openssl dgst -sha256 -binary \
         | openssl base64 -A | tr '+/' '-_' | tr -d '=')"
            .to_owned()
    }

    fn authorize(&self) -> String {
        let mut url = format!(
            "{}/oauth2/auth?response_type=code&scope={}&client_id={}&redirect_uri={}&state=this-is-a-key-set-by-the-caller",
            self.base,
            self.scopes.join("%20"),
            self.client_id,
            encode(self.redirect_uri.as_deref().unwrap_or_default()),
        );
        if self.pkce() {
            url.push_str("&code_challenge=$CODE_CHALLENGE&code_challenge_method=S256");
            return format!("echo \"{url}\"");
        }
        url
    }

    fn authentication(&self) -> String {
        match self.kind {
            ClientKind::Confidential => format!("-u {}:$CLIENT_SECRET", self.client_id),
            ClientKind::Public => format!("--data client_id={}", self.client_id),
        }
    }

    fn exchange(&self) -> String {
        let verifier = if self.pkce() { " \\\n  --data code_verifier=$CODE_VERIFIER" } else { "" };
        format!(
            "curl \\\n  {} \\\n  --url '{}/oauth2/token' \\\n  --data grant_type=authorization_code \\\n  \
             --data code=\"{{CODE FROM THE CALLBACK URI}}\" \\\n  --data-urlencode 'redirect_uri={}'{verifier}",
            self.authentication(),
            self.base,
            self.redirect_uri.as_deref().unwrap_or_default(),
        )
    }

    fn user_info(&self) -> String {
        format!(
            "export ACCESS_TOKEN=\"{{ACCESS TOKEN FROM THE RESPONSE}}\"\ncurl -H \"Authorization: Bearer \
             $ACCESS_TOKEN\" {}/userinfo",
            self.base
        )
    }

    fn client_credentials(&self) -> String {
        format!(
            "curl \\\n  {} \\\n  --url '{}/oauth2/token' \\\n  --data grant_type=client_credentials \\\n  \
             --data-urlencode 'scope={}'",
            self.authentication(),
            self.base,
            self.scopes.join(" "),
        )
    }

    fn programs(&self) -> [Program; 3] {
        programs(&Facts {
            issuer: &self.issuer,
            base: &self.base,
            client_id: &self.client_id,
            secret: self.kind == ClientKind::Confidential,
            redirect_uri: self.audience.signs_in().then(|| self.redirect_uri.as_deref().unwrap_or_default()),
            scope: &self.scopes.join(" "),
        })
    }
}

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// How to try it, step by step.
#[component]
pub fn QuickStart(start: Start) -> impl IntoView {
    let programs = start.programs();
    let missing = start.scopes.is_empty().then(|| start.scopes_path.clone());
    let steps = match start.audience {
        Audience::Operators => vec![Step {
            name: "Get a token",
            text: "Set CLIENT_SECRET in your shell first. The client gets a token for itself.",
            command: start.client_credentials(),
        }],
        Audience::Subscribers | Audience::Users => {
            let mut steps = Vec::new();
            if start.pkce() {
                steps.push(Step {
                    name: "Make a code verifier",
                    text: "PKCE ties the code to whoever asked for it. A library does this for you.",
                    command: start.verifier(),
                });
            }
            steps.push(Step {
                name: "Sign somebody in",
                text: if start.pkce() {
                    "Open the printed address in a browser. After the sign-in and the consent you land on your redirect \
                     URI, with a code."
                } else {
                    "Open it in a browser. After the sign-in and the consent you land on your redirect URI, with a code."
                },
                command: start.authorize(),
            });
            steps.push(Step {
                name: "Exchange the code",
                text: match start.kind {
                    ClientKind::Confidential => {
                        "Set CLIENT_SECRET in your shell first. A code lives for a minute and works once."
                    }
                    ClientKind::Public => "A code lives for a minute and works once.",
                },
                command: start.exchange(),
            });
            steps.push(Step {
                name: "Ask who it is",
                text: "The answer has what the granted scopes allow, such as the phone number with the scope phone.",
                command: start.user_info(),
            });
            steps
        }
    };
    view! {
        <section class="section" aria-labelledby="try">
            <div class="section__head">
                <h2 id="try">"Try it"</h2>
                <p>
                    "Issuer "
                    <code>{start.issuer}</code>
                    ". A library finds everything else in its "
                    <a href="/.well-known/openid-configuration">"configuration"</a>
                    "."
                </p>
            </div>
            {missing
                .map(|path| {
                    view! {
                        <Alert tone=Tone::Warning>
                            "The product has no scopes enabled, so there is nothing to ask for. "
                            <a href=path>"Enable API scopes"</a>
                        </Alert>
                    }
                })}
            {steps.into_iter().map(step).collect_view()}
            <h3>"With a library"</h3>
            {programs.into_iter().map(program).collect_view()}
        </section>
    }
}

struct Step {
    name: &'static str,
    text: &'static str,
    command: String,
}

fn step(step: Step) -> impl IntoView {
    let Step { name, text, command } = step;
    view! {
        <div class="stack">
            <p>{text}</p>
            <figure class="code">
                <figcaption class="code__head">
                    <span>{name}</span>
                    <CopyButton value=command.clone() label=format!("Copy: {name}") words=false/>
                </figcaption>
                <pre tabindex="0"><code>{command}</code></pre>
            </figure>
        </div>
    }
}

/// One at a time is open, without a script.
fn program(program: Program) -> impl IntoView {
    let Program { language, install, text } = program;
    view! {
        <details class="more" name="library">
            <summary>{language}</summary>
            <figure class="code">
                <figcaption class="code__head">
                    <span><code>{install}</code></span>
                    <CopyButton value=text.clone() label=format!("Copy the program in {language}") words=false/>
                </figcaption>
                <pre tabindex="0" aria-label=format!("Program in {language}")><code>{text}</code></pre>
            </figure>
        </details>
    }
}
