//! Programs that try a client with a library, filled in with what it has. Each prints an address
//! to open and asks for the one that the browser landed on, so that it needs no server.

/// With what a program shows who it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// With nothing: it says who it is.
    Nothing,
    /// With a secret.
    Secret,
    /// With what it signs.
    Key,
}

/// What a program is made of.
pub struct Facts<'a> {
    /// The issuer, from which libraries find everything else.
    pub issuer: &'a str,
    /// Where the endpoints are.
    pub base: &'a str,
    /// The client.
    pub client_id: &'a str,
    /// With what it shows who it is.
    pub proof: Proof,
    /// Whether its requests are pushed.
    pub pushed: bool,
    /// Whether its tokens are bound to a key of proofs.
    pub dpop: bool,
    /// With what its ID tokens are signed.
    pub id_token_alg: &'a str,
    /// Where people return; absent if no subscriber takes part.
    pub redirect_uri: Option<&'a str>,
    /// The enabled scopes, separated by spaces.
    pub scope: &'a str,
}

/// A program.
pub struct Program {
    /// The language's name.
    pub language: &'static str,
    /// The command that installs its libraries.
    pub install: &'static str,
    /// The program.
    pub text: String,
}

/// The same in each language whose library does what the client must.
pub fn programs(facts: &Facts) -> Vec<Program> {
    let mut all =
        vec![Program { language: "JavaScript", install: "npm install openid-client", text: java_script(facts) }];
    if facts.proof != Proof::Key && !facts.pushed && !facts.dpop {
        all.push(Program { language: "Python", install: "pip install authlib requests", text: python(facts) });
        let install = "cargo add oauth2 tokio --features tokio/full";
        all.push(Program { language: "Rust", install, text: rust(facts) });
    }
    all
}

/// Finds the provider, as the client.
fn configuration(facts: &Facts) -> String {
    let Facts { issuer, client_id, proof, dpop, id_token_alg, .. } = facts;
    // What openid-client expects without being told.
    let expected = (*id_token_alg != "RS256").then(|| format!("id_token_signed_response_alg: \"{id_token_alg}\""));
    let (secret, method) = match (proof, expected) {
        (Proof::Nothing, None) => ("undefined".to_owned(), "oauth.None()"),
        (Proof::Nothing, Some(expected)) => (format!("{{ {expected} }}"), "oauth.None()"),
        (Proof::Secret, None) => ("process.env.CLIENT_SECRET".to_owned(), "undefined"),
        (Proof::Secret, Some(expected)) => {
            (format!("{{ client_secret: process.env.CLIENT_SECRET, {expected} }}"), "undefined")
        }
        (Proof::Key, None) => ("undefined".to_owned(), "oauth.PrivateKeyJwt({ key, kid: jwk.kid })"),
        (Proof::Key, Some(expected)) => (format!("{{ {expected} }}"), "oauth.PrivateKeyJwt({ key, kid: jwk.kid })"),
    };
    let options = if issuer.starts_with("http:") { ", { execute: [oauth.allowInsecureRequests] }" } else { "" };
    let key = match proof {
        Proof::Key => {
            "// The private key as a JSON Web Key, of P-256 or RSA.\n\
             const jwk = JSON.parse(readFileSync(\"client.json\", \"utf8\"));\n\
             const kinds = { EC: { name: \"ECDSA\", namedCurve: \"P-256\" }, RSA: { name: \"RSA-PSS\", hash: \"SHA-256\" } };\n\
             const key = await crypto.subtle.importKey(\"jwk\", jwk, kinds[jwk.kty], false, [\"sign\"]);\n"
        }
        _ => "",
    };
    let handle = if *dpop {
        "const DPoP = oauth.getDPoPHandle(config, await oauth.randomDPoPKeyPair(\"ES256\"));\n"
    } else {
        ""
    };
    format!(
        "const issuer = new URL(\"{issuer}\");\n{key}\
         const config = await oauth.discovery(issuer, \"{client_id}\", {secret}, {method}{options});\n{handle}"
    )
}

fn java_script(facts: &Facts) -> String {
    let Facts { scope, proof, pushed, dpop, .. } = facts;
    let begin = configuration(facts);
    let read = if *proof == Proof::Key { "import { readFileSync } from \"node:fs\";\n" } else { "" };
    let Some(redirect_uri) = facts.redirect_uri else {
        let bound = if *dpop { ", { DPoP }" } else { "" };
        return format!(
            "{read}import * as oauth from \"openid-client\";\n\n{begin}\
             console.log(await oauth.clientCredentialsGrant(config, {{ scope: \"{scope}\" }}{bound}));\n"
        );
    };
    let ask = if *pushed { "await oauth.buildAuthorizationUrlWithPAR" } else { "oauth.buildAuthorizationUrl" };
    let (asked, granted, told) = match (dpop, pushed) {
        (true, true) => (", { DPoP }", ", undefined, { DPoP }", ", { DPoP }"),
        (true, false) => ("", ", undefined, { DPoP }", ", { DPoP }"),
        (false, _) => ("", "", ""),
    };
    format!(
        "{read}import {{ createInterface }} from \"node:readline/promises\";\n\
         import * as oauth from \"openid-client\";\n\n{begin}\n\
         const pkceCodeVerifier = oauth.randomPKCECodeVerifier();\n\
         const expectedState = oauth.randomState();\n\
         const url = {ask}(config, {{\n  \
         redirect_uri: \"{redirect_uri}\",\n  \
         scope: \"{scope}\",\n  \
         state: expectedState,\n  \
         code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),\n  \
         code_challenge_method: \"S256\",\n\
         }}{asked});\n\
         console.log(\"Open\", url.href);\n\n\
         const terminal = createInterface({{ input: process.stdin, output: process.stdout }});\n\
         const landed = new URL(await terminal.question(\"The address you landed on: \"));\n\
         terminal.close();\n\
         const checks = {{ pkceCodeVerifier, expectedState }};\n\
         const tokens = await oauth.authorizationCodeGrant(config, landed, checks{granted});\n\
         console.log(await oauth.fetchUserInfo(config, tokens.access_token, oauth.skipSubjectCheck{told}));\n"
    )
}

fn python(facts: &Facts) -> String {
    let Facts { issuer, client_id, scope, .. } = facts;
    let (import, secret) = if facts.proof == Proof::Secret {
        ("import os\n", ", os.environ[\"CLIENT_SECRET\"]")
    } else {
        ("", ", token_endpoint_auth_method=\"none\"")
    };
    let discover = format!("requests.get(\"{issuer}/.well-known/openid-configuration\").json()");
    let Some(redirect_uri) = facts.redirect_uri else {
        return format!(
            "{import}\nimport requests\nfrom authlib.integrations.requests_client import OAuth2Session\n\n\
             endpoints = {discover}\n\
             client = OAuth2Session(\"{client_id}\"{secret}, scope=\"{scope}\")\n\
             print(client.fetch_token(endpoints[\"token_endpoint\"], grant_type=\"client_credentials\"))\n"
        );
    };
    format!(
        "{import}import secrets\n\nimport requests\nfrom authlib.integrations.requests_client import OAuth2Session\n\n\
         endpoints = {discover}\n\
         client = OAuth2Session(\n    \
         \"{client_id}\"{secret},\n    \
         scope=\"{scope}\",\n    \
         redirect_uri=\"{redirect_uri}\",\n    \
         code_challenge_method=\"S256\",\n\
         )\n\
         verifier = secrets.token_urlsafe(48)\n\
         url, state = client.create_authorization_url(endpoints[\"authorization_endpoint\"], code_verifier=verifier)\n\
         print(\"Open\", url)\n\n\
         landed = input(\"The address you landed on: \")\n\
         client.fetch_token(endpoints[\"token_endpoint\"], authorization_response=landed, state=state, code_verifier=verifier)\n\
         print(client.get(endpoints[\"userinfo_endpoint\"]).json())\n"
    )
}

fn rust(facts: &Facts) -> String {
    let Facts { base, client_id, scope, .. } = facts;
    let secret = if facts.proof == Proof::Secret {
        "\n        .set_client_secret(ClientSecret::new(std::env::var(\"CLIENT_SECRET\")?))"
    } else {
        "\n        .set_auth_type(AuthType::RequestBody)"
    };
    let scopes = format!("[{}].map(|name| Scope::new(name.to_owned()))", quoted(scope));
    let begin = format!(
        "#[tokio::main]\n\
         async fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    \
         let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;\n    \
         let client = BasicClient::new(ClientId::new(\"{client_id}\".to_owned())){secret}\n        \
         .set_token_uri(TokenUrl::new(\"{base}/oauth2/token\".to_owned())?)"
    );
    let Some(redirect_uri) = facts.redirect_uri else {
        return format!(
            "use oauth2::{{basic::BasicClient, *}};\n\n{begin};\n    \
             let tokens = client\n        \
             .exchange_client_credentials()\n        \
             .add_scopes({scopes})\n        \
             .request_async(&http)\n        \
             .await?;\n    \
             println!(\"{{}}\", tokens.access_token().secret());\n    \
             Ok(())\n}}\n"
        );
    };
    format!(
        "use std::collections::HashMap;\n\nuse oauth2::{{basic::BasicClient, url::Url, *}};\n\n{begin}\n        \
         .set_auth_uri(AuthUrl::new(\"{base}/oauth2/auth\".to_owned())?)\n        \
         .set_redirect_uri(RedirectUrl::new(\"{redirect_uri}\".to_owned())?);\n    \
         let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();\n    \
         let (url, state) = client\n        \
         .authorize_url(CsrfToken::new_random)\n        \
         .add_scopes({scopes})\n        \
         .set_pkce_challenge(challenge)\n        \
         .url();\n    \
         println!(\"Open {{url}}\\nThen paste the address you landed on:\");\n\n    \
         let mut landed = String::new();\n    \
         std::io::stdin().read_line(&mut landed)?;\n    \
         let answer: HashMap<_, _> = Url::parse(landed.trim())?.query_pairs().into_owned().collect();\n    \
         assert_eq!(answer.get(\"state\"), Some(state.secret()));\n    \
         let code = AuthorizationCode::new(answer.get(\"code\").ok_or(\"no code\")?.clone());\n    \
         let tokens = client.exchange_code(code).set_pkce_verifier(verifier).request_async(&http).await?;\n    \
         let user = http.get(\"{base}/userinfo\").bearer_auth(tokens.access_token().secret()).send().await?;\n    \
         println!(\"{{}}\", user.text().await?);\n    \
         Ok(())\n}}\n"
    )
}

fn quoted(scope: &str) -> String {
    scope.split(' ').map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts<'_> = Facts {
        issuer: "https://portico.example",
        base: "https://portico.example",
        client_id: "the-client",
        proof: Proof::Secret,
        pushed: false,
        dpop: false,
        id_token_alg: "RS256",
        redirect_uri: Some("https://example.com/callback"),
        scope: "openid phone",
    };

    #[test]
    fn each_program_is_filled_in_and_holds_no_secret() {
        for program in programs(&FACTS) {
            for fact in ["https://portico.example", "\"the-client\"", "https://example.com/callback", "CLIENT_SECRET"] {
                assert!(program.text.contains(fact), "{fact} in {}: {}", program.language, program.text);
            }
            assert!(!program.text.contains("allowInsecureRequests"), "{}", program.text);
        }
        for program in programs(&Facts { proof: Proof::Nothing, ..FACTS }) {
            assert!(!program.text.contains("CLIENT_SECRET"), "{}", program.text);
        }
        for program in programs(&Facts { redirect_uri: None, ..FACTS }) {
            assert!(!program.text.contains("callback"), "{}", program.text);
        }
    }

    #[test]
    fn a_client_with_a_key_gets_programs_that_sign() {
        let facts = Facts { proof: Proof::Key, pushed: true, dpop: true, id_token_alg: "ES256", ..FACTS };
        let all = programs(&facts);
        assert_eq!(all.iter().map(|program| program.language).collect::<Vec<_>>(), ["JavaScript"]);
        let text = &all.first().unwrap().text;
        for fact in ["PrivateKeyJwt", "WithPAR", "getDPoPHandle", "id_token_signed_response_alg: \"ES256\""] {
            assert!(text.contains(fact), "{fact} in {text}");
        }
        assert!(!text.contains("CLIENT_SECRET"), "{text}");
    }
}
