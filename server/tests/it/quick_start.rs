//! *Try it* on a client's page: commands that fit what the client must send.

use crate::harness::App;

const DEV: &str = "dev@portico.test";

/// The commands and programs on the page of a client, each with its name.
async fn commands(app: &App, client: &str) -> Vec<(String, String)> {
    let mut browser = app.sign_in_portal(DEV).await;
    let page = browser.get(&app.client_path(client).await).await;
    let names = page.select("figure.code figcaption > span");
    names.into_iter().zip(page.select("figure.code pre code")).collect()
}

fn all(commands: &[(String, String)]) -> String {
    commands.iter().map(|(_, command)| command.as_str()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_client_with_a_key_is_shown_how_to_sign_push_and_prove() {
    let app = App::demo().await;
    let commands = commands(&app, "demo-fapi").await;
    let names: Vec<&str> = commands.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Sign with a key",
            "Make a code verifier",
            "Send the request ahead",
            "Sign somebody in",
            "Exchange the code",
            "Ask who it is",
            "npm install openid-client",
        ]
    );
    let text = all(&commands);
    for part in [
        "client_assertion=\"$(node signs.mjs assertion)\"",
        "--url 'http://127.0.0.1:3000/oauth2/par'",
        "client_id=demo-fapi&request_uri=$REQUEST_URI",
        "DPoP: $(node signs.mjs proof POST 'http://127.0.0.1:3000/oauth2/token')",
        "Authorization: DPoP $ACCESS_TOKEN",
        "buildAuthorizationUrlWithPAR",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("CLIENT_SECRET"), "it has none: {text}");
}

#[tokio::test]
async fn a_client_with_a_secret_needs_no_key() {
    let app = App::demo().await;
    let commands = commands(&app, "demo-web").await;
    let text = all(&commands);
    assert!(text.contains("-u demo-web:$CLIENT_SECRET"), "{text}");
    assert!(!text.contains("DPoP") && !text.contains("oauth2/par") && !text.contains("signs.mjs"), "{text}");
    assert_eq!(commands.len(), 6, "three commands and three programs: {text}");
}

#[tokio::test]
async fn each_grant_that_must_be_asked_for_has_its_step() {
    let app = App::demo().await;
    for (client, has, parts) in [
        (
            "demo-app",
            vec!["Sign in on a device", "Exchange a person's token"],
            ["/oauth2/device/auth", "subject_token="],
        ),
        ("demo-call", vec!["Ask on the phone"], ["/oauth2/bc-authorize", "binding_message=W4SCT"]),
        ("demo-spa", vec!["Sign in on a device"], ["--data client_id=demo-spa", "device_code="]),
        ("demo-reports", vec![], ["client_credentials", "-u demo-reports:$CLIENT_SECRET"]),
    ] {
        let commands = commands(&app, client).await;
        for step in ["Sign in on a device", "Ask on the phone", "Exchange a person's token", "Exchange an assertion"] {
            let there = commands.iter().any(|(name, _)| name == step);
            assert_eq!(there, has.contains(&step), "{client}: {step}");
        }
        let text = all(&commands);
        for part in parts {
            assert!(text.contains(part), "{client}: {part}: {text}");
        }
    }
}

#[tokio::test]
async fn a_client_with_a_certificate_shows_it() {
    let app = App::demo().await;
    app.execute("UPDATE clients SET auth_method = 'tls_client_auth' WHERE client_id = 'demo-fapi'").await;
    let text = all(&commands(&app, "demo-fapi").await);
    assert!(text.contains("--cert client.pem --key client.key"), "{text}");
    assert!(!text.contains("DPoP") && !text.contains("signs.mjs"), "bound to the certificate: {text}");
}
