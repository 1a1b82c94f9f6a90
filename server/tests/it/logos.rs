//! Logos of clients: fetched from where they say, drawn anew, and shown from here.

use std::{io::Cursor, sync::Arc};

use axum::http::Method;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use model::{
    client::{
        Metadata,
        logo::{self, Standing},
    },
    days,
    db::Work,
    hours, minutes,
    outgoing::{Fetch, FetchError, Fetched, Request},
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    ciba, device,
    elsewhere::{Elsewhere, Served, resolve_to_us},
    harness::{App, Browser, CHALLENGE, Page, VERIFIER, authorize_url},
    logout::row,
    registration::{manage, registered, web},
};

const DEV: &str = "dev@portico.test";
const DEFAULT: &str = "/products/default.svg";

/// The demo world, and where others have their logos.
struct World {
    app: App,
    elsewhere: Elsewhere,
}

impl World {
    async fn new() -> Self {
        let app = App::demo().await;
        let elsewhere = Elsewhere::reached_by(&app).await;
        Self { app, elsewhere }
    }

    /// A client that has registered itself with a logo at `path`.
    async fn client(&self, path: &str) -> Value {
        registered(&self.app, &with_logo(&self.elsewhere.url(path))).await
    }

    /// Lets a client say that its logo is at `uri`, or that it has none.
    async fn change(&self, client: &Value, uri: Option<&str>) {
        change(&self.app, client, uri).await;
    }

    async fn fetch(&self) -> usize {
        logo::fetch_due(&self.app.ctx).await.unwrap()
    }

    async fn standing(&self, client: &Value) -> Standing {
        logo::of(&self.app.ctx, &row(&self.app, id(client)).await).await.unwrap().expect("it names one").standing
    }

    /// The path of a client's copy.
    async fn copy(&self, client: &Value) -> String {
        match self.standing(client).await {
            Standing::Copied { path, .. } => path,
            other => panic!("{other:?}"),
        }
    }

    /// The logo on the page that asks a portal user.
    async fn shown(&self, browser: &mut Browser, client: &Value) -> String {
        let page = browser.follow(&url(client)).await;
        assert!(page.text().contains("Pocket would like to"), "{}", page.text());
        the_logo(&page)
    }
}

fn with_logo(uri: &str) -> Value {
    let mut body = web();
    body["logo_uri"] = uri.into();
    body
}

async fn change(app: &App, client: &Value, uri: Option<&str>) {
    let mut body = uri.map_or_else(web, with_logo);
    body["client_id"] = client["client_id"].clone();
    let page = manage(app, Method::PUT, client, &body).await;
    assert_eq!((page.status, page.json()["logo_uri"].as_str()), (200, uri), "{}", page.body);
}

fn id(client: &Value) -> &str {
    client["client_id"].as_str().unwrap()
}

fn url(client: &Value) -> String {
    let more = [("scope", "openid"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    authorize_url(id(client), &more)
}

/// The one logo of a page of the identity provider beside the brand.
fn the_logo(page: &Page) -> String {
    let mut shown = page.attributes(".card__head img", "src");
    assert_eq!(shown.len(), 1, "{}", page.text());
    shown.remove(0)
}

/// A picture of one color.
fn picture(width: u32, height: u32, color: [u8; 3], format: ImageFormat) -> Vec<u8> {
    let mut file = Vec::new();
    let image = DynamicImage::from(RgbImage::from_pixel(width, height, Rgb(color)));
    image.write_to(&mut Cursor::new(&mut file), format).unwrap();
    file
}

fn png(color: [u8; 3]) -> Served {
    Served::new("image/png", picture(64, 32, color, ImageFormat::Png))
}

async fn content(app: &App, path: &str) -> Vec<u8> {
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    logo::find(&app.ctx, id).await.unwrap().expect("a copy").1
}

#[tokio::test]
async fn the_logo_of_a_registered_client_is_fetched_and_shown_where_it_asks() {
    let world = World::new().await;
    world.elsewhere.serve("/logo.png", png([200, 0, 0]));
    let client = world.client("/logo.png").await;
    assert_eq!(client["logo_uri"], world.elsewhere.url("/logo.png"));
    assert_eq!(world.elsewhere.asked(), 0, "nobody waits for it");
    let mut browser = world.app.sign_in_portal(DEV).await;
    assert_eq!(world.shown(&mut browser, &client).await, DEFAULT);
    assert_eq!(world.standing(&client).await, Standing::Awaited);

    assert_eq!(world.fetch().await, 1);
    let copy = world.copy(&client).await;
    assert!(copy.starts_with("/clients/logos/"), "{copy}");
    assert_eq!(world.shown(&mut browser, &client).await, copy);
    let page = world.app.browser().follow(&url(&client)).await;
    assert_eq!(page.attributes(".auth-client img", "src"), [copy.as_str()], "the sign-in: {}", page.text());
    assert_eq!((world.fetch().await, world.elsewhere.asked()), (0, 1));
}

#[tokio::test]
async fn whoever_fetches_is_woken_by_a_registration() {
    let world = World::new().await;
    world.elsewhere.serve("/logo.png", png([0, 200, 0]));
    world.client("/logo.png").await;
    let woken = tokio::time::timeout(std::time::Duration::from_secs(5), logo::wait_for_work(&world.app.ctx)).await;
    assert!(woken.is_ok());
    assert_eq!(world.fetch().await, 1, "and finds what was committed");
}

#[tokio::test]
async fn a_copy_is_a_new_picture_and_served_as_nothing_else() {
    let world = World::new().await;
    let app = &world.app;
    let jpeg = picture(640, 480, [10, 20, 200], ImageFormat::Jpeg);
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0Storgatan 1";
    let mut file = jpeg[..2].to_vec();
    file.extend([0xff, 0xe1, 0, u8::try_from(exif.len() + 2).unwrap()]);
    file.extend(exif);
    file.extend(&jpeg[2..]);
    file.extend(b"<script>alert(1)</script>");
    world.elsewhere.serve("/photo", Served::new("text/html", file));
    let client = world.client("/photo").await;
    assert_eq!(world.fetch().await, 1);
    let path = world.copy(&client).await;
    let copy = content(app, &path).await;
    assert_eq!(image::guess_format(&copy).unwrap(), ImageFormat::Png);
    let drawn = image::load_from_memory(&copy).unwrap().into_rgb8();
    assert_eq!((drawn.width(), drawn.height()), (256, 192));
    assert!(drawn.get_pixel(9, 9).0[2] > 150, "it looks the same");
    for secret in [&b"Storgatan"[..], b"Exif", b"<script>"] {
        assert!(!copy.windows(secret.len()).any(|bytes| bytes == secret), "{}", String::from_utf8_lossy(secret));
    }

    let (work, served) = app.work_of(app.get(&path, &[])).await;
    assert_eq!((served.status, work), (200, Work { statements: 1, commits: 0 }));
    assert_eq!(served.header("content-type"), Some("image/png"));
    assert_eq!(served.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(served.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert!(served.header("content-security-policy").unwrap().contains("sandbox"));
    assert!(!served.headers.contains_key("set-cookie"));
    for path in ["/clients/logos/1", "/clients/logos/00000000000000000000000000000000", "/clients/logos/..%2f..%2fetc"]
    {
        assert_eq!(app.get(path, &[]).await.status, 404, "{path}");
    }
}

/// What is at the address is no logo; neither the people who sign in nor the client learn more.
#[tokio::test]
async fn keycloak_cve_2026_4874_f_what_is_no_logo_of_the_outside_gives_none_and_nobody_learns_why() {
    let world = World::new().await;
    let good = png([1, 2, 3]);
    let away = Served { status: 302, location: Some(world.elsewhere.url("/good")), ..good.clone() };
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let html = b"\x89PNG\r\n\x1a\n<script>alert(1)</script>".to_vec();
    let mut large = good.body.clone();
    large.resize(600 * 1024, 0);
    let served = [
        ("/away", away),
        ("/svg", Served::new("image/svg+xml", svg)),
        ("/html", Served::new("image/png", html)),
        ("/gif", Served::new("image/gif", b"GIF89a\x01\0\x01\0\0\0\0,".to_vec())),
        ("/large", Served::new("image/png", large)),
        ("/bomb", Served::new("image/png", picture(4_000, 1, [0, 0, 0], ImageFormat::Png))),
        ("/bomb.webp", Served::new("image/webp", picture(1, 4_000, [0, 0, 0], ImageFormat::WebP))),
        ("/gone", Served { status: 404, ..good.clone() }),
    ];
    world.elsewhere.serve("/good", good);
    let mut clients = Vec::new();
    for (path, served) in served {
        world.elsewhere.serve(path, served);
        clients.push((path, world.client(path).await));
    }
    assert_eq!(world.fetch().await, 0);
    assert_eq!(world.elsewhere.asked(), clients.len(), "each once, and nothing that it leads to");
    // One at which nobody listens, and one that is ours.
    let nobody = registered(&world.app, &with_logo("https://logos.example.com/logo.png")).await;
    resolve_to_us(&world.app);
    assert_eq!(world.fetch().await, 0);
    clients.push(("private", nobody));
    let mut browser = world.app.sign_in_portal(DEV).await;
    let next_at = Some(world.app.ctx.now().plus(minutes(10)));
    for (path, client) in &clients {
        assert_eq!(world.standing(client).await, Standing::Missing { next_at }, "{path}");
        assert_eq!(world.shown(&mut browser, client).await, DEFAULT, "{path}");
    }
    assert!(world.app.texts("logos", "uri").await.len() == clients.len());
}

#[tokio::test]
async fn an_address_without_a_logo_is_tried_less_and_less_and_then_no_more() {
    let world = World::new().await;
    let client = world.client("/later.png").await;
    let mut asked = Vec::new();
    for pause in [0, minutes(1), minutes(10), hours(1), hours(3), hours(20), days(1), days(30)] {
        world.app.clock.advance(pause);
        world.fetch().await;
        asked.push(world.elsewhere.asked());
    }
    assert_eq!(asked, [1, 1, 2, 2, 3, 4, 4, 4]);
    assert_eq!(world.standing(&client).await, Standing::Missing { next_at: None });
    // Another address is another matter.
    world.elsewhere.serve("/there.png", png([0, 0, 9]));
    world.change(&client, Some(&world.elsewhere.url("/there.png"))).await;
    assert_eq!((world.fetch().await, world.elsewhere.asked()), (1, 5));
}

#[tokio::test]
async fn a_copy_is_renewed_each_week_and_stays_while_its_address_is_silent() {
    let world = World::new().await;
    world.elsewhere.serve("/logo.png", png([200, 0, 0]));
    let client = world.client("/logo.png").await;
    world.fetch().await;
    let first = world.copy(&client).await;
    world.app.clock.advance(days(6));
    assert_eq!((world.fetch().await, world.elsewhere.asked()), (0, 1));
    world.app.clock.advance(days(1));
    assert_eq!((world.fetch().await, world.elsewhere.asked()), (1, 2));
    assert_eq!(world.copy(&client).await, first, "what looks the same stays where it is");

    world.elsewhere.serve("/logo.png", png([0, 200, 0]));
    world.app.clock.advance(days(7));
    assert_eq!(world.fetch().await, 1);
    let second = world.copy(&client).await;
    assert_ne!(second, first, "whoever has kept the old one sees the new one");
    assert_eq!(world.app.get(&first, &[]).await.status, 404);

    world.elsewhere.serve("/logo.png", Served { status: 503, ..png([0, 0, 0]) });
    world.app.clock.advance(days(7));
    assert_eq!((world.fetch().await, world.elsewhere.asked()), (0, 4));
    let mut browser = world.app.sign_in_portal(DEV).await;
    assert_eq!(world.shown(&mut browser, &client).await, second);
    world.elsewhere.serve("/logo.png", png([0, 200, 0]));
    world.app.clock.advance(minutes(10));
    assert_eq!(world.fetch().await, 1);
    assert_eq!(world.copy(&client).await, second);
}

#[tokio::test]
async fn another_address_replaces_a_copy_none_removes_it_and_the_clients_end_too() {
    let world = World::new().await;
    let app = &world.app;
    world.elsewhere.serve("/one.png", png([200, 0, 0]));
    world.elsewhere.serve("/two.png", png([0, 0, 200]));
    let client = world.client("/one.png").await;
    world.fetch().await;
    let one = world.copy(&client).await;
    let mut browser = app.sign_in_portal(DEV).await;
    assert_eq!(world.shown(&mut browser, &client).await, one);

    // What changes nothing about it keeps it.
    world.change(&client, Some(&world.elsewhere.url("/one.png"))).await;
    assert_eq!((world.copy(&client).await, world.fetch().await), (one.clone(), 0));

    world.change(&client, Some(&world.elsewhere.url("/two.png"))).await;
    assert_eq!(world.shown(&mut browser, &client).await, DEFAULT, "the old one goes at once");
    assert_eq!(app.get(&one, &[]).await.status, 404);
    assert_eq!(world.fetch().await, 1);
    let two = world.copy(&client).await;
    assert_eq!(world.shown(&mut browser, &client).await, two);
    let drawn = image::load_from_memory(&content(app, &two).await).unwrap().into_rgb8();
    assert_eq!(drawn.get_pixel(0, 0).0, [0, 0, 200]);

    world.change(&client, None).await;
    assert_eq!(world.shown(&mut browser, &client).await, DEFAULT);
    assert_eq!((app.get(&two, &[]).await.status, app.texts("logos", "uri").await.len()), (404, 0));

    world.change(&client, Some(&world.elsewhere.url("/one.png"))).await;
    assert_eq!(world.fetch().await, 1);
    let last = world.copy(&client).await;
    assert_eq!(manage(app, Method::DELETE, &client, &json!({})).await.status, 204);
    assert_eq!((app.get(&last, &[]).await.status, app.texts("logos", "uri").await.len()), (404, 0));
}

/// Answers when it is told to.
#[derive(Default)]
struct Slow {
    asked: Notify,
    go: Notify,
}

#[async_trait::async_trait]
impl Fetch for Slow {
    async fn fetch(&self, _: Request) -> Result<Fetched, FetchError> {
        self.asked.notify_one();
        self.go.notified().await;
        let body = picture(8, 8, [7, 7, 7], ImageFormat::Png);
        Ok(Fetched { status: 200, content_type: None, max_age: None, body })
    }
}

#[tokio::test]
async fn what_comes_for_an_address_that_was_left_meanwhile_is_not_kept() {
    let world = World::new().await;
    let slow = Arc::new(Slow::default());
    world.app.ctx.go_out_with(Arc::clone(&slow) as Arc<dyn Fetch>);
    let client = registered(&world.app, &with_logo("https://logos.example.com/one.png")).await;
    let meanwhile = async {
        slow.asked.notified().await;
        change(&world.app, &client, Some("https://logos.example.com/two.png")).await;
        slow.go.notify_one();
    };
    let (kept, ()) = tokio::join!(world.fetch(), meanwhile);
    assert_eq!((kept, world.standing(&client).await), (0, Standing::Awaited));
}

#[tokio::test]
async fn of_several_nodes_one_fetches() {
    let world = World::new().await;
    world.elsewhere.serve("/logo.png", png([200, 0, 0]));
    world.client("/logo.png").await;
    let (other, _) = world.app.second_node().await;
    other.go_out_with(Arc::new(world.elsewhere.excepted()));
    let tries = [&world.app.ctx, &other, &world.app.ctx, &other].map(logo::fetch_due);
    let copied: usize = futures::future::join_all(tries).await.into_iter().map(Result::unwrap).sum();
    assert_eq!((copied, world.elsewhere.asked()), (1, 1));
}

#[tokio::test]
async fn f_a_client_that_names_one_address_after_another_has_few_of_them_fetched() {
    let world = World::new().await;
    let client = world.client("/0.png").await;
    world.fetch().await;
    for n in 1..15 {
        world.change(&client, Some(&world.elsewhere.url(&format!("/{n}.png")))).await;
        world.fetch().await;
    }
    assert_eq!(world.elsewhere.asked(), 10);
    assert_eq!(world.standing(&client).await, Standing::Awaited, "it is put off, and not given up");
    world.app.clock.advance(minutes(6));
    world.fetch().await;
    assert_eq!(world.elsewhere.asked(), 11);
}

#[tokio::test]
async fn a_consent_page_with_a_logo_costs_no_more_statements() {
    let world = World::new().await;
    world.elsewhere.serve("/logo.png", png([200, 0, 0]));
    let client = world.client("/logo.png").await;
    let mut browser = world.app.sign_in_portal(DEV).await;
    let url = url(&client);
    browser.follow(&url).await;
    let (without, page) = world.app.least_work_of(async || browser.get(&url).await).await;
    assert_eq!(the_logo(&page), DEFAULT);
    world.fetch().await;
    browser.follow(&url).await;
    let (with, page) = world.app.least_work_of(async || browser.get(&url).await).await;
    assert_eq!((the_logo(&page), with), (world.copy(&client).await, without));
}

/// Lets clients of the demo world name a logo, which no page of the portal does.
async fn name(world: &World, clients: &[&str]) {
    let uri = world.elsewhere.url("/logo.png");
    for client in clients {
        let metadata = Metadata::parse(&row(&world.app, client).await.metadata);
        let metadata = Metadata { logo_uri: Some(uri.clone()), ..metadata }.to_text();
        let of = format!("client_id = '{client}'");
        world.app.execute(&format!("UPDATE clients SET metadata = '{metadata}' WHERE {of}")).await;
        let row = format!("SELECT id, '{uri}', 0, 0 FROM clients WHERE {of}");
        world.app.execute(&format!("INSERT INTO logos (client_id, uri, attempts, next_at) {row}")).await;
    }
}

#[tokio::test]
async fn a_client_is_shown_with_its_own_logo_on_every_page_that_asks() {
    let world = World::new().await;
    let app = &world.app;
    world.elsewhere.serve("/logo.png", png([200, 0, 0]));
    name(&world, &["demo-web", "demo-app", "demo-call"]).await;
    assert_eq!(world.fetch().await, 3);
    let copy = async |client: &str| world.copy(&json!({"client_id": client})).await;

    let mut browser = app.browser();
    let url = authorize_url("demo-web", &[]);
    assert_eq!(the_logo(&browser.follow(&url).await), copy("demo-web").await, "the sign-in");
    let number = "+46701740605";
    assert_eq!(the_logo(&app.log_in(&mut browser, &url, number).await), copy("demo-web").await, "the consent");

    for (client, logo) in [(device::APP, copy("demo-app").await), (device::SPA, "/products/voicebox.svg".to_owned())] {
        let begun = device::begin(app, client, "openid").await;
        let page = device::enter(&mut app.browser(), begun["user_code"].as_str().unwrap()).await;
        assert_eq!(the_logo(&page), logo, "a device; another client of the product has none of its own");
    }

    ciba::ask(app, &[]).await;
    let page = ciba::open(app, &mut app.browser()).await;
    assert_eq!(the_logo(&page), copy("demo-call").await, "the phone");
}

#[tokio::test]
async fn what_somebody_has_authorized_is_listed_with_the_logo_that_asked() {
    let world = World::new().await;
    let app = &world.app;
    world.elsewhere.serve("/logo.png", png([200, 0, 0]));
    name(&world, &["demo-app"]).await;
    assert_eq!(world.fetch().await, 1);
    let mut dev = app.sign_in_portal("dev@portico.test").await;
    let listed = async |dev: &mut Browser| {
        dev.get("/account/applications").await.attributes("section.card .card__head img", "src")
    };
    let redeem = async |client: &str, secret: Option<&str>, page: Page, more: &[(&str, &str)]| {
        let code = page.redirect_parameters()["code"].clone();
        let form = [("grant_type", "authorization_code"), ("code", &*code)];
        let tokens = app.token(client, secret, &[&form[..], more].concat()).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
    };
    let page = dev.follow(&authorize_url("demo-app", &[("scope", "openid")])).await;
    redeem(
        "demo-app",
        Some("demo-app-secret"),
        dev.allow(page).await,
        &[("redirect_uri", "https://example.com/callback")],
    )
    .await;
    assert_eq!(listed(&mut dev).await, [world.copy(&json!({"client_id": "demo-app"})).await]);

    // Once several clients of the product hold one, it is the product that is listed.
    let spare = "UPDATE clients SET product_id = (SELECT product_id FROM clients WHERE client_id = 'demo-app') \
                 WHERE client_id = 'demo-spa'";
    app.execute(spare).await;
    let callback = ("redirect_uri", "http://127.0.0.1:8766/callback");
    let more = [("scope", "openid"), callback, ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let page = dev.follow(&authorize_url("demo-spa", &more)).await;
    redeem("demo-spa", None, page, &[callback, ("code_verifier", VERIFIER)]).await;
    assert_eq!(listed(&mut dev).await, ["/products/workbench.svg"]);
}

#[tokio::test]
async fn the_clients_page_says_what_became_of_its_logo() {
    let world = World::new().await;
    let app = &world.app;
    let path = app.client_path("demo-web").await;
    let mut browser = app.sign_in_portal(DEV).await;
    assert!(!browser.get(&path).await.text().contains("Not fetched yet"));
    name(&world, &["demo-web"]).await;
    let page = browser.get(&path).await;
    assert!(page.text().contains("Not fetched yet"), "{}", page.text());
    assert!(page.text().contains(&world.elsewhere.url("/logo.png")), "{}", page.text());
    world.fetch().await;
    let page = browser.get(&path).await;
    assert!(
        page.text().contains("Could not be fetched as a PNG, JPEG or WebP picture; tried again at"),
        "{}",
        page.text()
    );
    world.elsewhere.serve("/logo.png", png([200, 0, 0]));
    app.clock.advance(minutes(10));
    world.fetch().await;
    let page = browser.get(&path).await;
    let copy = world.copy(&json!({"client_id": "demo-web"})).await;
    assert_eq!(page.attributes("img[src^='/clients/logos/']", "src"), [copy]);
    assert!(page.text().contains("Our copy, fetched"), "{}", page.text());
}
