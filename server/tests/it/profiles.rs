//! What people say about themselves, and what they cannot say.

use model::{
    hours,
    limit::Rule,
    minutes,
    profile::{self, Claims},
};
use serde_json::json;

use crate::harness::{App, Page};

/// Somebody of whom nothing is known yet.
const WHO: &str = "staff@fjordmobil.test";

const FIELDS: [(&str, &str); 19] = [
    ("name", "Dev Eloper"),
    ("given_name", "Dev"),
    ("family_name", "Eloper"),
    ("middle_name", "van"),
    ("nickname", "D"),
    ("preferred_username", "dev.eloper"),
    ("profile", "https://example.com/dev"),
    ("website", "https://dev.example.com/"),
    ("gender", "non-binary"),
    ("birthdate", "1990-12-31"),
    ("zoneinfo", "Europe/Stockholm"),
    ("locale", "sv-SE"),
    ("phone_number", "+46 70 174 06 99"),
    ("formatted", "Dev Eloper\r\nStorgatan 1"),
    ("street_address", "Storgatan 1"),
    ("locality", "Luleå"),
    ("region", "Norrbotten"),
    ("postal_code", "972 31"),
    ("country", "Sweden"),
];

async fn claims(app: &App, email: &str) -> Claims {
    profile::claims(&app.ctx, app.user_id(email).await).await.unwrap()
}

async fn save(app: &App, more: &[(&str, &str)]) -> Page {
    let mut browser = app.sign_in_portal(WHO).await;
    let page = browser.get("/account/profile").await;
    let mut form = page.form("/account/profile");
    for (name, value) in FIELDS.iter().chain(more) {
        form.set(name, value);
    }
    browser.submit(&form).await
}

fn png() -> Vec<u8> {
    // One red pixel.
    data_encoding::HEXLOWER
        .decode(
            b"89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154\
         08d763f8cfc000000301010018dd8db00000000049454e44ae426082",
        )
        .unwrap()
}

#[tokio::test]
async fn every_standard_claim_can_be_said_and_is_told() {
    let app = App::demo().await;
    let page = save(&app, &[]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let told = serde_json::to_value(claims(&app, WHO).await).unwrap();
    let mut expected = json!({
        "email": WHO,
        "email_verified": true,
        "phone_number_verified": false,
        "updated_at": 1_800_000_000,
        "address": {},
    });
    for (name, value) in FIELDS {
        let value = value.replace("\r\n", "\n");
        let address = ["formatted", "street_address", "locality", "region", "postal_code", "country"];
        let into = if address.contains(&name) { &mut expected["address"] } else { &mut expected };
        into[name] = json!(if name == "phone_number" { "+46701740699" } else { &value });
    }
    assert_eq!(told, expected);
    for scope in ["profile", "email", "phone", "address"] {
        for claim in model::claims::of_scope(scope) {
            assert!(*claim == "picture" || told.get(claim).is_some(), "{claim}");
        }
    }
    // The form has it all again.
    let mut browser = app.sign_in_portal(WHO).await;
    let form = browser.get("/account/profile").await.form("/account/profile");
    assert_eq!(form.get("locality"), Some("Luleå"));
    assert_eq!(form.get("phone_number"), Some("+46701740699"));
}

#[tokio::test]
async fn the_developer_of_the_demo_world_has_every_claim() {
    let app = App::demo().await;
    let told = serde_json::to_value(claims(&app, "dev@portico.test").await).unwrap();
    for claim in ["profile", "email", "phone", "address"].into_iter().flat_map(model::claims::of_scope) {
        assert!(told.get(claim).is_some(), "{claim}");
    }
    assert_eq!(told["address"].as_object().unwrap().len(), 6);
    let picture = told["picture"].as_str().unwrap().strip_prefix("http://127.0.0.1:3000").unwrap();
    assert_eq!(app.get(picture, &[]).await.status, 200);
}

#[tokio::test]
async fn what_nobody_has_said_is_left_out() {
    let app = App::demo().await;
    let told = serde_json::to_value(claims(&app, "staff@nordtel.test").await).unwrap();
    let mut names: Vec<&String> = told.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["email", "email_verified", "name", "updated_at"]);
    assert_eq!(profile::claims(&app.ctx, uuid::Uuid::nil()).await.unwrap(), Claims::default());
}

#[tokio::test]
async fn zitadel_cve_2026_27946_nobody_verifies_their_own_number_or_address() {
    let app = App::demo().await;
    let mut lies = Vec::new();
    for name in [
        "phone_number_verified",
        "phone_verified",
        "phone_number_verified_at",
        "email",
        "email_verified",
        "email_verified_at",
        "administrator",
        "role",
        "user_id",
        "id",
        "sub",
        "picture",
        "updated_at",
    ] {
        for value in ["true", "1", "evil@portico.test"] {
            lies.push((name, value));
        }
    }
    for lie in lies {
        assert_eq!(save(&app, &[lie]).await.status, 303, "{lie:?}");
        let told = claims(&app, WHO).await;
        assert_eq!(told.phone_number_verified, Some(false), "{lie:?}");
        assert_eq!((told.email.as_deref(), told.picture), (Some(WHO), None), "{lie:?}");
    }
    let mut browser = app.sign_in_portal(WHO).await;
    let page = browser.get("/account").await;
    assert_eq!(page.status, 200);
    let administrators = app.texts("users WHERE administrator", "email").await;
    assert_eq!(administrators, ["admin@portico.test"]);
}

#[tokio::test]
async fn another_number_is_an_unverified_one() {
    let app = App::demo().await;
    save(&app, &[]).await;
    // As a proof would.
    app.execute("UPDATE profiles SET phone_number_verified_at = 1").await;
    save(&app, &[("phone_number", "0046 70 174 06 99"), ("nickname", "Other")]).await;
    assert_eq!(claims(&app, WHO).await.phone_number_verified, Some(true), "the same number");
    save(&app, &[("phone_number", "+46 70 174 06 98")]).await;
    assert_eq!(claims(&app, WHO).await.phone_number_verified, Some(false));
    save(&app, &[]).await;
    assert_eq!(claims(&app, WHO).await.phone_number_verified, Some(false), "not even the former one again");
}

#[tokio::test]
async fn what_is_wrong_with_a_profile_is_said_beside_each_field() {
    let app = App::demo().await;
    let wrong = [
        ("name", " "),
        ("website", "javascript:alert(1)"),
        ("profile", "example.com"),
        ("birthdate", "31.12.1990"),
        ("zoneinfo", "GMT plus one"),
        ("locale", "?"),
        ("phone_number", "070 174"),
        ("preferred_username", "dev eloper"),
        ("country", "Swe\u{202e}den"),
    ];
    let page = save(&app, &wrong).await;
    assert_eq!(page.status, 422);
    for (field, typed) in wrong {
        assert_eq!(page.select(&format!("#{field}-error")).len(), 1, "{field}");
        assert_eq!(page.form("/account/profile").get(field), Some(typed));
    }
    assert_eq!(page.form("/account/profile").get("given_name"), Some("Dev"), "nothing typed is lost");
    assert_eq!(claims(&app, WHO).await.given_name.as_deref(), None, "and nothing is half saved");
}

#[tokio::test]
async fn a_picture_is_drawn_anew_and_served_as_nothing_else() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(WHO).await;
    let csrf = browser.get("/account/profile").await.csrf();
    let page = browser.post_file("/account/profile/picture", &csrf, "me.html", &png()).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let url = claims(&app, WHO).await.picture.expect("a picture");
    let path = url.strip_prefix("http://127.0.0.1:3000").expect("it is at our address");
    assert_eq!(browser.get("/account/profile").await.attributes("img.portrait", "src"), [path]);
    let served = app.get(path, &[]).await;
    assert_eq!((served.status, served.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(served.header("x-content-type-options"), Some("nosniff"));
    assert!(served.header("content-security-policy").unwrap().contains("sandbox"));
    assert!(!served.headers.contains_key("set-cookie"));

    // Another one has another address, and the former is gone.
    browser.post_file("/account/profile/picture", &csrf, "me.png", &png()).await;
    assert_ne!(claims(&app, WHO).await.picture.unwrap(), url);
    assert_eq!(app.get(path, &[]).await.status, 404);
    let page = browser.get("/account/profile").await;
    browser.submit(&page.form("/account/profile/picture/remove")).await;
    assert_eq!(claims(&app, WHO).await.picture, None);
    let activity = browser.get("/account/activity").await.text();
    assert_eq!(activity.matches("Changed the picture").count(), 2, "{activity}");
    assert_eq!(activity.matches("Removed the picture").count(), 1, "{activity}");
}

/// As a camera makes them: it is said beside the field, like everything else.
#[tokio::test]
async fn a_picture_that_is_too_large_is_answered_in_the_form() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(WHO).await;
    let csrf = browser.get("/account/profile").await.csrf();
    for (size, status, shown) in [(1 << 21, 422, 1), (15 << 20, 422, 1), (17 << 20, 413, 0)] {
        let page = browser.post_file("/account/profile/picture", &csrf, "me.jpg", &vec![0; size]).await;
        assert_eq!((page.status, page.select("#picture-error").len()), (status, shown), "{size}: {}", page.text());
    }
    // Nothing is done for whoever sends it from elsewhere, and nobody else is shown a form.
    assert_eq!(claims(&app, WHO).await.picture, None);
    let page = app.browser().post_file("/account/profile/picture", "", "me.jpg", &vec![0; 1 << 21]).await;
    assert_eq!(page.location().as_deref(), Some("/signin"), "{}", page.status);
}

#[tokio::test]
async fn nobody_has_any_number_of_pictures_drawn() {
    let app = App::with(|settings| settings.limits.picture_account = Rule::new(2, hours(1))).await;
    let mut browser = app.sign_in_portal(WHO).await;
    let csrf = browser.get("/account/profile").await.csrf();
    let mut upload = async || browser.post_file("/account/profile/picture", &csrf, "me.png", &png()).await;
    for _ in 0..2 {
        assert_eq!(upload().await.status, 303);
    }
    let page = upload().await;
    assert_eq!(page.status, 422);
    assert!(page.select("#picture-error").concat().contains("Wait 30 minutes and try again."), "{}", page.text());
    app.clock.advance(minutes(30));
    assert_eq!(upload().await.status, 303);
}

#[tokio::test]
async fn h7_what_is_no_picture_is_not_taken() {
    let app = App::demo().await;
    let mut browser = app.sign_in_portal(WHO).await;
    let csrf = browser.get("/account/profile").await.csrf();
    let large = vec![0; 61 * 1024];
    for file in [
        &b""[..],
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<script>alert(1)</script>",
        b"GIF89a<script>",
        &png()[..40],
        &large,
    ] {
        let page = browser.post_file("/account/profile/picture", &csrf, "me.png", file).await;
        assert_eq!((page.status, page.select("#picture-error").len()), (422, 1), "{}", page.text());
    }
    // The form is guarded as every other one.
    let stolen = app.browser().get("/signin").await.csrf();
    for token in ["", stolen.as_str()] {
        assert_eq!(browser.post_file("/account/profile/picture", token, "me.png", &png()).await.status, 403);
    }
    assert_eq!(claims(&app, WHO).await.picture, None);
    for path in ["/pictures/1", "/pictures/00000000000000000000000000000000", "/pictures/..%2f..%2fetc"] {
        assert_eq!(app.get(path, &[]).await.status, 404, "{path}");
    }
}
