//! Who is told that somebody has signed out.

use model::delivery;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::world::{DEV, World, text};
use crate::{deliveries::Outside, harness::encode};

const BACK: &str = "https://example.com/backchannel";
const FRONT: &str = "https://example.com/frontchannel";

/// Signs somebody out who was signed in at a client with this in its registration; the ID token's
/// claims, the logout token's if one was posted, and the addresses that the page loads.
async fn signed_out(more: Value) -> (Value, Option<Value>, Vec<String>) {
    let world = World::new().await;
    let outside = Outside::of(&world.app, []);
    let client = world.client(more).await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let tokens = client.tokens(&mut browser, &[]).await;
    let hint = text(&tokens, "id_token");
    let page = browser.get(&format!("/oauth2/sessions/logout?{}", encode(&[("id_token_hint", hint)]))).await;
    assert_eq!(page.status, 200, "{}", page.text());
    delivery::deliver_due(&world.app.ctx).await.unwrap();
    let claims = world.verified(hint).await.1;
    let told = match outside.asked().pop() {
        Some(asked) => {
            assert_eq!(asked.url.as_str(), BACK);
            let (_, body) = asked.body.unwrap();
            let (name, jwt) = form_urlencoded::parse(&body).into_owned().next().unwrap();
            assert_eq!(name, "logout_token");
            Some(world.verified(&jwt).await.1)
        }
        None => None,
    };
    (claims, told, page.attributes("iframe", "src"))
}

pub async fn backchannel_logout_supported(value: &Value) {
    assert_eq!(*value, true);
    let (claims, told, _) = signed_out(json!({"backchannel_logout_uri": BACK})).await;
    let told = told.expect("a logout token");
    assert_eq!(told["sub"], claims["sub"]);
    assert!(told["events"].is_object());
}

pub async fn backchannel_logout_session_supported(value: &Value) {
    assert_eq!(*value, true);
    let more = json!({"backchannel_logout_uri": BACK, "backchannel_logout_session_required": true});
    let (claims, told, _) = signed_out(more).await;
    assert!(claims["sid"].is_string());
    assert_eq!(told.expect("a logout token")["sid"], claims["sid"]);
}

pub async fn frontchannel_logout_supported(value: &Value) {
    assert_eq!(*value, true);
    let (_, told, loaded) = signed_out(json!({"frontchannel_logout_uri": FRONT})).await;
    assert!(told.is_none());
    assert!(loaded.len() == 1 && loaded[0].starts_with(FRONT), "{loaded:?}");
}

pub async fn frontchannel_logout_session_supported(value: &Value) {
    assert_eq!(*value, true);
    let more = json!({"frontchannel_logout_uri": FRONT, "frontchannel_logout_session_required": true});
    let (claims, _, loaded) = signed_out(more).await;
    let expected = encode(&[("iss", text(&claims, "iss")), ("sid", text(&claims, "sid"))]);
    assert_eq!(loaded, [format!("{FRONT}?{expected}")]);
}
