//! Keys of the provider, while tokens are about.

use super::{NUMBER, text, userinfo};
use crate::harness::{App, Page, header};
use model::hours;

#[tokio::test]
async fn keys_are_published_ahead_rotated_and_kept_for_what_they_signed() {
    let app = App::demo().await;
    let kids = |page: Page| -> Vec<String> {
        page.json()["keys"].as_array().expect("keys").iter().map(|key| text(key, "kid")).collect()
    };
    let published = || async { kids(app.get("/.well-known/jwks.json", &[]).await) };
    let kid = |jwt: &str| text(&header(jwt), "kid");
    for key in app.get("/.well-known/jwks.json", &[]).await.json()["keys"].as_array().expect("keys") {
        for member in ["kid", "alg", "use", "kty"] {
            text(key, member);
        }
        assert!(key.get("d").is_none(), "no private part");
    }
    assert_eq!(published().await.len(), 3);
    let before = kid(&text(&app.tokens("openid", NUMBER).await, "id_token"));

    app.clock.advance(model::days(84));
    model::key::rotate_due(&app.ctx).await.unwrap();
    assert_eq!(published().await.len(), 6, "the next ones are published");
    let still = kid(&text(&app.tokens("openid", NUMBER).await, "id_token"));
    assert_eq!(before, still, "and not used yet");

    app.clock.advance(model::days(7));
    model::key::rotate_due(&app.ctx).await.unwrap();
    let after = kid(&text(&app.tokens("openid", NUMBER).await, "id_token"));
    assert_ne!(before, after);
    assert!(published().await.contains(&before), "what it signed can still be verified");
    app.clock.advance(hours(3));
    model::key::rotate_due(&app.ctx).await.unwrap();
    assert!(!published().await.contains(&before));
    assert_eq!(published().await.len(), 3);
}

#[tokio::test]
async fn a_rotation_in_the_middle_of_a_flow_breaks_nothing() {
    let app = App::demo().await;
    let code = app.code("openid phone offline_access", NUMBER).await;
    model::key::rotate_now(&app.ctx).await.unwrap();
    let tokens = app.redeem(&code).await.json();
    model::key::rotate_now(&app.ctx).await.unwrap();
    assert_eq!(userinfo(&app, &text(&tokens, "access_token")).await.status, 200);
    assert_eq!(app.refresh(&text(&tokens, "refresh_token")).await.status, 200);
}
