//! The commands, with what the client must send: how it authenticates, and what its profile asks
//! for beyond that.

use model::{
    Context,
    client::{Client, ClientKind, EXTRA, Metadata, Profile, Uris, fits, grant_type},
    entity::AuthMethod,
    product::Product,
    scope::Row,
};

use super::super::{
    access::product_path,
    libraries::{Facts, Program, Proof, programs},
};
use super::signing;

/// How the client shows who it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    Nothing,
    Secret,
    Assertion,
    /// An assertion that is signed with the secret.
    SecretAssertion,
    Certificate,
}

/// What the commands are made of.
#[derive(Clone)]
pub struct Start {
    /// The issuer.
    pub issuer: String,
    /// Where the scopes of the product are enabled, if none is.
    pub without_scopes: Option<String>,
    base: String,
    client_id: String,
    shows: Shows,
    /// Whether a verifier is part of the flow.
    pkce: bool,
    /// Whether the request is sent ahead.
    pushed: bool,
    /// Whether the request must be signed, which no command here does.
    signed: bool,
    /// Whether tokens are bound to a key of proofs.
    dpop: bool,
    id_token_alg: &'static str,
    redirect_uri: Option<String>,
    /// The enabled scopes, in the order of the catalogue.
    scopes: Vec<String>,
    /// The grants that it has: those of its own list, or what every client has.
    code: bool,
    credentials: bool,
    extra: Vec<&'static str>,
}

/// One thing to do.
pub struct Step {
    /// What it is called.
    pub name: &'static str,
    /// What to know.
    pub text: &'static str,
    /// What to type.
    pub command: String,
}

impl Start {
    /// Gathers them.
    pub fn new(ctx: &Context, product: &Product, client: &Client, uris: &Uris, scopes: &[Row]) -> Self {
        let metadata = Metadata::parse(&client.metadata);
        let rules = client.profile.rules();
        let listed = |name: &str| metadata.grant_types.iter().any(|listed| listed == name);
        let has = |name: &str| metadata.grant_types.is_empty() || listed(name);
        let shows = match client.auth_method {
            AuthMethod::None => Shows::Nothing,
            AuthMethod::Secret => Shows::Secret,
            AuthMethod::PrivateKeyJwt => Shows::Assertion,
            AuthMethod::SecretJwt => Shows::SecretAssertion,
            AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTls => Shows::Certificate,
        };
        let scopes: Vec<String> = scopes.iter().filter(|row| row.enabled).map(|row| row.scope.name.clone()).collect();
        Self {
            issuer: ctx.settings().issuer.clone(),
            without_scopes: scopes.is_empty().then(|| format!("{}/scopes", product_path(product.id))),
            base: ctx.settings().public_url.clone(),
            client_id: client.client_id.clone(),
            shows,
            pkce: client.profile != Profile::Classic || client.kind == ClientKind::Public,
            pushed: rules.par_required || metadata.require_pushed_authorization_requests,
            signed: metadata.require_signed_request_object,
            // What is bound to a certificate needs no proof.
            dpop: metadata.dpop_bound_access_tokens || rules.bound_tokens && shows != Shows::Certificate,
            id_token_alg: client.id_token_alg.as_str(),
            redirect_uri: uris.login.first().cloned(),
            scopes,
            code: product.audience.signs_in() && has(grant_type::AUTHORIZATION_CODE),
            credentials: !product.audience.signs_in() && has(grant_type::CLIENT_CREDENTIALS),
            extra: EXTRA.into_iter().filter(|one| listed(one) && fits(client, product.audience, one)).collect(),
        }
    }

    /// What to do, in order.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.shows == Shows::Assertion || self.dpop {
            steps.push(Step {
                name: "Sign with a key",
                text: match (self.shows == Shows::Assertion, self.dpop) {
                    (true, true) => {
                        "Put the private key, as a JSON Web Key, into client.json. This program signs with it who the \
                         client is, and that it holds the key that its tokens are bound to. It needs Node.js 20 or newer."
                    }
                    (true, false) => {
                        "Put the private key, as a JSON Web Key, into client.json. This program signs with it who the \
                         client is. It needs Node.js 20 or newer."
                    }
                    (false, _) => {
                        "Put a private key of any kind, as a JSON Web Key, into client.json. This program signs with it \
                         that the client holds the key that its tokens are bound to. It needs Node.js 20 or newer."
                    }
                },
                command: signing::program(&self.client_id, &self.issuer, self.shows == Shows::Assertion, self.dpop),
            });
        }
        if self.shows == Shows::SecretAssertion {
            steps.push(Step {
                name: "Sign with the secret",
                text: "Set CLIENT_SECRET in your shell first. This program signs with it who the client is, and sends it \
                       nowhere. It needs Node.js 20 or newer.",
                command: signing::secret_program(&self.client_id, &self.issuer),
            });
        }
        if self.code {
            self.code_steps(&mut steps);
        }
        if self.credentials {
            steps.push(Step {
                name: "Get a token",
                text: match self.shows {
                    Shows::Secret => "Set CLIENT_SECRET in your shell first. The client gets a token for itself.",
                    _ => "The client gets a token for itself.",
                },
                command: self.token(
                    grant_type::CLIENT_CREDENTIALS,
                    &[format!("--data-urlencode 'scope={}'", self.scopes.join(" "))],
                ),
            });
        }
        for extra in &self.extra {
            self.extra_steps(extra, &mut steps);
        }
        steps
    }

    fn code_steps(&self, steps: &mut Vec<Step>) {
        if self.pkce {
            steps.push(Step {
                name: "Make a code verifier",
                text: "PKCE ties the code to whoever asked for it. A library does this for you.",
                command: "export CODE_VERIFIER=$(openssl rand -hex 32)\n\
                          export CODE_CHALLENGE=$(printf %s \"$CODE_VERIFIER\" | openssl dgst -sha256 -binary \
                          | openssl base64 -A | tr '+/' '-_' | tr -d '=')"
                    .to_owned(),
            });
        }
        if self.pushed {
            steps.push(Step {
                name: "Send the request ahead",
                text: "This client's requests are pushed: they go to us first, and the browser carries only a reference.",
                command: self.push(),
            });
        }
        steps.push(Step {
            name: "Sign somebody in",
            text: match (self.signed, self.pkce || self.pushed) {
                (true, _) => {
                    "This client's requests must be signed, which a library does best: the parameters of this address \
                     go into the request object. After the sign-in and the consent you land on your redirect URI, with \
                     a code."
                }
                (false, true) => {
                    "Open the printed address in a browser. After the sign-in and the consent you land on your redirect \
                     URI, with a code."
                }
                (false, false) => {
                    "Open it in a browser. After the sign-in and the consent you land on your redirect URI, with a code."
                }
            },
            command: self.authorize(),
        });
        steps.push(Step {
            name: "Exchange the code",
            text: match self.shows {
                Shows::Secret => "Set CLIENT_SECRET in your shell first. A code lives for a minute and works once.",
                Shows::Certificate => {
                    "client.pem and client.key are the certificate and its key. A code lives for a minute and works once."
                }
                _ => "A code lives for a minute and works once.",
            },
            command: self.token(grant_type::AUTHORIZATION_CODE, &self.code_parameters()),
        });
        steps.push(Step {
            name: "Ask who it is",
            text: "The answer has what the granted scopes allow, such as the phone number with the scope phone.",
            command: self.user_info(),
        });
    }

    fn extra_steps(&self, grant: &str, steps: &mut Vec<Step>) {
        let scope = format!("--data-urlencode 'scope={}'", self.scopes.join(" "));
        match grant {
            grant_type::DEVICE_CODE => {
                steps.push(Step {
                    name: "Sign in on a device",
                    text: "The device shows the user_code of the answer, and the address where the person enters it.",
                    command: self.ask("/oauth2/device/auth", &[scope]),
                });
                steps.push(Step {
                    name: "Ask for the device's tokens",
                    text: "Every five seconds, until there is an answer.",
                    command: self.token(grant, &["--data device_code=\"{DEVICE CODE FROM THE RESPONSE}\"".to_owned()]),
                });
            }
            grant_type::CIBA => {
                steps.push(Step {
                    name: "Ask on the phone",
                    text: "The subscriber gets a message with a link, and sees the words of binding_message there. \
                           openid must be among the scopes.",
                    command: self.ask(
                        "/oauth2/bc-authorize",
                        &[
                            scope,
                            "--data-urlencode 'login_hint={PHONE NUMBER WITH + AND COUNTRY CODE}'".to_owned(),
                            "--data binding_message=W4SCT".to_owned(),
                        ],
                    ),
                });
                steps.push(Step {
                    name: "Ask for the tokens of the request",
                    text: "Every five seconds, until there is an answer; or once, after we have told your notification \
                           endpoint.",
                    command: self.token(grant, &["--data auth_req_id=\"{AUTH_REQ_ID FROM THE RESPONSE}\"".to_owned()]),
                });
            }
            grant_type::TOKEN_EXCHANGE => steps.push(Step {
                name: "Exchange a person's token",
                text: "ACCESS_TOKEN is the one that your service was called with. The new one says that it acts for \
                       the person, and allows no more.",
                command: self.token(
                    grant,
                    &[
                        "--data subject_token=\"$ACCESS_TOKEN\"".to_owned(),
                        "--data subject_token_type=urn:ietf:params:oauth:token-type:access_token".to_owned(),
                    ],
                ),
            }),
            _ => steps.push(Step {
                name: "Exchange an assertion",
                text: "A statement that one of the client's trusted issuers has signed becomes a token.",
                command: self
                    .token(grant, &["--data assertion=\"{WHAT THE TRUSTED ISSUER HAS SIGNED}\"".to_owned(), scope]),
            }),
        }
    }

    /// A request to one of our endpoints, by the client.
    fn ask(&self, path: &str, parameters: &[String]) -> String {
        let url = format!("{}{path}", self.base);
        let mut lines = vec!["curl".to_owned()];
        match self.shows {
            Shows::Nothing => lines.push(format!("--data client_id={}", self.client_id)),
            Shows::Secret => lines.push(format!("-u {}:$CLIENT_SECRET", self.client_id)),
            Shows::Certificate => {
                lines.push("--cert client.pem --key client.key".to_owned());
                lines.push(format!("--data client_id={}", self.client_id));
            }
            Shows::Assertion => {
                lines.push(
                    "--data client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
                );
                lines.push("--data client_assertion=\"$(node signs.mjs assertion)\"".to_owned());
            }
            Shows::SecretAssertion => {
                lines.push(
                    "--data client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
                );
                lines.push("--data client_assertion=\"$(node asserts.mjs)\"".to_owned());
            }
        }
        if self.dpop && path == TOKEN {
            lines.push(format!("--header \"DPoP: $(node signs.mjs proof POST '{url}')\""));
        }
        lines.push(format!("--url '{url}'"));
        lines.extend_from_slice(parameters);
        lines.join(" \\\n  ")
    }

    fn token(&self, grant: &str, parameters: &[String]) -> String {
        let mut all = vec![format!("--data grant_type={grant}")];
        all.extend_from_slice(parameters);
        self.ask(TOKEN, &all)
    }

    fn code_parameters(&self) -> Vec<String> {
        let mut parameters = vec![
            "--data code=\"{CODE FROM THE CALLBACK URI}\"".to_owned(),
            format!("--data-urlencode 'redirect_uri={}'", self.redirect()),
        ];
        if self.pkce {
            parameters.push("--data code_verifier=$CODE_VERIFIER".to_owned());
        }
        parameters
    }

    fn push(&self) -> String {
        let mut parameters = vec![
            "--data response_type=code".to_owned(),
            format!("--data-urlencode 'scope={}'", self.scopes.join(" ")),
            format!("--data-urlencode 'redirect_uri={}'", self.redirect()),
            "--data state=this-is-a-key-set-by-the-caller".to_owned(),
        ];
        if self.pkce {
            parameters.push("--data code_challenge=$CODE_CHALLENGE --data code_challenge_method=S256".to_owned());
        }
        self.ask("/oauth2/par", &parameters)
    }

    fn authorize(&self) -> String {
        let Self { base, client_id, .. } = self;
        if self.pushed {
            return format!(
                "export REQUEST_URI=\"{{REQUEST URI FROM THE RESPONSE}}\"\n\
                 echo \"{base}/oauth2/auth?client_id={client_id}&request_uri=$REQUEST_URI\""
            );
        }
        let url = format!(
            "{base}/oauth2/auth?response_type=code&scope={}&client_id={client_id}&redirect_uri={}&state=this-is-a-key-set-by-the-caller",
            self.scopes.join("%20"),
            encode(self.redirect()),
        );
        if self.pkce {
            return format!("echo \"{url}&code_challenge=$CODE_CHALLENGE&code_challenge_method=S256\"");
        }
        url
    }

    fn user_info(&self) -> String {
        let url = format!("{}/userinfo", self.base);
        let call = match (self.dpop, self.shows) {
            (true, _) => format!(
                "curl \\\n  -H \"Authorization: DPoP $ACCESS_TOKEN\" \\\n  \
                 -H \"DPoP: $(node signs.mjs proof GET '{url}' \"$ACCESS_TOKEN\")\" \\\n  {url}"
            ),
            (false, Shows::Certificate) => {
                format!("curl --cert client.pem --key client.key -H \"Authorization: Bearer $ACCESS_TOKEN\" {url}")
            }
            (false, _) => format!("curl -H \"Authorization: Bearer $ACCESS_TOKEN\" {url}"),
        };
        format!("export ACCESS_TOKEN=\"{{ACCESS TOKEN FROM THE RESPONSE}}\"\n{call}")
    }

    /// Programs that do the same with a library. None, where no library of theirs does what the
    /// client must: show a certificate, or sign its requests.
    pub fn programs(&self) -> Vec<Program> {
        let proof = match self.shows {
            Shows::Nothing => Proof::Nothing,
            Shows::Secret => Proof::Secret,
            Shows::Assertion => Proof::Key,
            Shows::SecretAssertion | Shows::Certificate => return Vec::new(),
        };
        if self.signed || !(self.code || self.credentials) {
            return Vec::new();
        }
        programs(&Facts {
            issuer: &self.issuer,
            base: &self.base,
            client_id: &self.client_id,
            proof,
            pushed: self.pushed && self.code,
            dpop: self.dpop,
            id_token_alg: self.id_token_alg,
            redirect_uri: self.code.then(|| self.redirect()),
            scope: &self.scopes.join(" "),
        })
    }

    fn redirect(&self) -> &str {
        self.redirect_uri.as_deref().unwrap_or_default()
    }
}

const TOKEN: &str = "/oauth2/token";

fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
