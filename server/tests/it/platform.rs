//! The program around the doors: bounds, headers, health, configuration, shutdown.

use crate::harness::App;

#[tokio::test]
async fn health_is_answered() {
    let app = App::empty().await;
    assert_eq!(app.get("/health/live", &[]).await.status, 200);
    assert_eq!(app.get("/health/ready", &[]).await.status, 200);
}

#[tokio::test]
async fn the_demo_world_is_there_and_refuses_to_mix() {
    let app = App::demo().await;
    assert!(model::demo::exists(&app.ctx).await.unwrap());
    assert!(!model::demo::is_empty(&app.ctx).await.unwrap());
    let again = model::demo::create(&app.ctx).await;
    assert!(matches!(again, Err(model::demo::DemoError::NotEmpty)), "{again:?}");
    let web = model::cache::client(&app.ctx, "demo-web").await.unwrap().unwrap();
    assert_eq!(web.redirect_uris, ["https://example.com/callback", "http://127.0.0.1:8765/callback"]);
}

#[tokio::test]
async fn static_files_are_served_beside_pages_of_the_same_name() {
    let app = App::demo().await;
    let logo = app.get("/operators/nordtel.svg", &[]).await;
    assert_eq!(logo.status, 200);
    assert_eq!(logo.header("content-type"), Some("image/svg+xml"));
    assert_eq!(logo.header("cache-control"), Some("public, max-age=3600"));
    assert_eq!(app.get("/operators/../../Cargo.toml", &[]).await.status, 404);
    assert_eq!(app.get("/operators/%2e%2e/%2e%2e/server/Cargo.json", &[]).await.status, 404);
}
