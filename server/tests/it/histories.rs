//! Histories: an account's own, and the installation's.

use model::audit::{self, Event};
use uuid::Uuid;

use crate::harness::App;

const DEV: &str = "dev@portico.test";
const ADMIN: &str = "admin@portico.test";
const ACTIVITY: &str = "/account/activity";
const PLATFORM: &str = "/admin/history";

async fn note(app: &App, object_kind: &'static str, object: Uuid, detail: String) {
    let noted = app.ctx.db().write((app.ctx.clone(), detail), move |tx, (ctx, detail)| {
        let event = Event {
            action: "test.noted",
            organization: None,
            actor: None,
            object_kind,
            object: Some(object),
            detail: detail.clone(),
        };
        Box::pin(async move { audit::record(tx, ctx, event).await })
    });
    noted.await.unwrap();
}

#[tokio::test]
async fn everybody_reads_what_happened_to_their_own_account() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    assert!(dev.get(ACTIVITY).await.text().contains("Nothing has happened yet"));
    let page = dev.get("/account/profile").await;
    dev.submit(page.form("/account/profile").set("nickname", "Dee")).await;
    let page = dev.get(ACTIVITY).await;
    let rows = page.select("tbody tr");
    assert_eq!(rows.len(), 1, "{rows:?}");
    for words in ["Edited the profile", "user.profile_edited", "Dev Eloper"] {
        assert!(rows[0].contains(words), "{words}: {}", rows[0]);
    }
    assert!(dev.get("/account/security").await.attributes("main a", "href").contains(&ACTIVITY.to_owned()));

    // Nobody else does, nor is it the installation's business.
    let mut admin = app.sign_in_portal(ADMIN).await;
    assert!(admin.get(ACTIVITY).await.text().contains("Nothing has happened yet"));
    assert!(!admin.get(PLATFORM).await.text().contains("Edited the profile"));
}

#[tokio::test]
async fn a_long_history_has_pages() {
    let app = App::demo().await;
    let mut dev = app.sign_in_portal(DEV).await;
    let id = app.user_id(DEV).await;
    for number in 0..51 {
        note(&app, "user", id, format!("Number {number}.")).await;
    }
    let page = dev.get(ACTIVITY).await;
    assert_eq!(page.select("tbody tr").len(), 50);
    assert!(page.text().contains("Number 50.") && !page.text().contains("Number 0."));
    let older = page.attributes("nav.pagination a", "href").remove(0);
    let page = dev.get(&older).await;
    assert_eq!(page.select("tbody tr").len(), 1);
    assert!(page.text().contains("Number 0."));
    assert_eq!(page.attributes("nav.pagination a", "href"), [ACTIVITY]);
}

#[tokio::test]
async fn the_installation_s_history_is_for_administrators_alone() {
    let app = App::demo().await;
    note(&app, "key", Uuid::nil(), "Pulled a key".to_owned()).await;
    note(&app, "organization", Uuid::nil(), "Deleted the organization Acme".to_owned()).await;
    note(&app, "user", Uuid::nil(), "Opened an account".to_owned()).await;
    let mut dev = app.sign_in_portal(DEV).await;
    for path in ["/admin", PLATFORM] {
        assert_eq!(dev.get(path).await.status, 404, "{path}");
    }
    let mut admin = app.sign_in_portal(ADMIN).await;
    let text = admin.get(PLATFORM).await.select("tbody tr").join(" ");
    assert!(text.contains("Pulled a key") && text.contains("Deleted the organization Acme"), "{text}");
    // What organizations and accounts note about themselves is theirs.
    assert!(!text.contains("Opened an account") && !text.contains("Created the product"), "{text}");
}

#[tokio::test]
async fn a_consent_names_its_product() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(DEV).await;
    app.tokens_of_user(&mut browser, &[("scope", "openid email")]).await;
    let details = app.texts("audit_events", "detail").await;
    assert!(details.contains(&"A portal user allowed Workbench: openid email".to_owned()), "{details:?}");
}

#[tokio::test]
async fn the_palette_knows_the_pages_of_whoever_asks() {
    let app = App::demo().await;
    let path = "/palette";
    let mut dev = app.sign_in_portal(DEV).await;
    let text = dev.get(path).await.body;
    for line in ["Security\t\t/account/security", "Authorized applications\t\t/account/applications"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("/admin/"), "{text}");
    let text = app.sign_in_portal(ADMIN).await.get(path).await.body;
    assert!(text.contains("History\tAdministration\t/admin/history"), "{text}");
}
