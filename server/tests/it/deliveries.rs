//! What is posted to addresses of clients: once if it arrives, again if it does not.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use model::{
    Fault,
    client::Client,
    days,
    delivery::{self, DeliveryKind, DeliveryState, Listed, New},
    entity::{client, delivery as table},
    hours,
    logout::Notice,
    minutes,
    outgoing::{Fetch, FetchError, Fetched, Reason, Request},
    seconds,
    subject::Subject,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use server::outgoing::{Outgoing, OutgoingSettings};

use crate::harness::App;

/// Clients' servers: what they were asked, and what they will answer.
#[derive(Default)]
pub struct Outside {
    asked: Mutex<Vec<Request>>,
    answers: Mutex<VecDeque<Result<u16, Reason>>>,
}

#[async_trait::async_trait]
impl Fetch for Outside {
    async fn fetch(&self, request: Request) -> Result<Fetched, FetchError> {
        self.asked.lock().unwrap().push(request);
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(200));
        let status = answer.map_err(FetchError::new)?;
        Ok(Fetched { status, content_type: None, max_age: None, body: Vec::new() })
    }
}

impl Outside {
    pub fn of(app: &App, answers: impl IntoIterator<Item = Result<u16, Reason>>) -> Arc<Self> {
        let outside = Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() });
        app.ctx.go_out_with(Arc::clone(&outside) as Arc<dyn Fetch>);
        outside
    }

    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

async fn demo_web(app: &App) -> Client {
    find(app, "demo-web").await
}

async fn find(app: &App, client_id: &'static str) -> Client {
    let found = app.ctx.db().write(client_id, |tx, client_id| {
        Box::pin(async move {
            let found = client::Entity::find().filter(client::Column::ClientId.eq(*client_id));
            Ok::<_, Fault>(found.one(tx).await?)
        })
    });
    found.await.unwrap().unwrap()
}

async fn queue(app: &App, url: &str, kind: DeliveryKind) {
    queue_for(app, "demo-web", url, kind).await;
}

async fn queue_for(app: &App, client_id: &'static str, url: &str, kind: DeliveryKind) {
    let notice = Notice {
        client_id: client_id.to_owned(),
        subject: Subject::Subscriber(app.ctx.new_id().unwrap()),
        session: app.ctx.new_id().unwrap(),
    };
    let body = match kind {
        DeliveryKind::Logout => notice.to_text().unwrap(),
        DeliveryKind::Ping => r#"{"auth_req_id":"the-id"}"#.to_owned(),
    };
    let new = New {
        kind,
        client: find(app, client_id).await.id,
        url: url.to_owned(),
        body,
        bearer: (kind == DeliveryKind::Ping).then(|| "the-bearer".to_owned()),
        lifetime: hours(1),
    };
    app.ctx
        .db()
        .write((app.ctx.clone(), new), |tx, (ctx, new)| Box::pin(delivery::queue(tx, ctx, new.clone())))
        .await
        .unwrap();
}

async fn listed(app: &App) -> Vec<Listed> {
    delivery::of(&demo_web(app).await).list(&app.ctx).await.unwrap()
}

async fn rows(app: &App) -> Vec<table::Model> {
    let read =
        app.ctx.db().write((), |tx, ()| Box::pin(async move { Ok::<_, Fault>(table::Entity::find().all(tx).await?) }));
    read.await.unwrap()
}

const URL: &str = "https://client.example/logout";

#[tokio::test]
async fn a_delivery_arrives_once_and_its_content_goes() {
    let app = App::demo().await;
    let outside = Outside::of(&app, []);
    queue(&app, URL, DeliveryKind::Logout).await;
    assert!(!rows(&app).await[0].content_sealed.contains("demo-web"), "it is sealed");
    assert_eq!(delivery::deliver_due(&app.ctx).await.unwrap(), 1);
    assert_eq!(delivery::deliver_due(&app.ctx).await.unwrap(), 0);
    let asked = outside.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].url.as_str(), asked[0].authorization.as_deref()), (URL, None));
    let (kind, body) = asked[0].body.clone().unwrap();
    assert_eq!(kind, "application/x-www-form-urlencoded");
    assert!(body.starts_with(b"logout_token=ey"));
    let list = listed(&app).await;
    assert_eq!((list[0].state, list[0].attempts), (DeliveryState::Delivered, 1));
    assert_eq!(list[0].last_status.as_deref(), Some("answered 200"));
    assert_eq!(list[0].delivered_at, Some(app.ctx.now()));
    assert_eq!(rows(&app).await[0].content_sealed, "");

    queue(&app, URL, DeliveryKind::Ping).await;
    delivery::deliver_due(&app.ctx).await.unwrap();
    let ping = outside.asked().pop().unwrap();
    assert_eq!(ping.authorization.as_deref(), Some("Bearer the-bearer"));
    assert_eq!(ping.body.unwrap().0, "application/json");
}

#[tokio::test]
async fn what_does_not_arrive_is_tried_again_with_growing_pauses() {
    let app = App::demo().await;
    let outside = Outside::of(&app, [Err(Reason::Connect), Ok(503), Ok(302), Ok(204)]);
    queue(&app, URL, DeliveryKind::Logout).await;
    let mut pauses = Vec::new();
    for status in ["the address could not be reached", "answered 503", "answered 302", "answered 204"] {
        delivery::deliver_due(&app.ctx).await.unwrap();
        let now = listed(&app).await.remove(0);
        assert_eq!(now.last_status.as_deref(), Some(status));
        if let Some(next) = now.next_at {
            let pause = next.since(app.ctx.now());
            app.clock.advance(pause - 1);
            assert_eq!(delivery::deliver_due(&app.ctx).await.unwrap(), 0, "not before its time");
            app.clock.advance(1);
            pauses.push(pause);
        }
    }
    assert_eq!(pauses, [seconds(10), seconds(20), seconds(40)]);
    assert_eq!(outside.asked().len(), 4);
    assert_eq!(listed(&app).await[0].state, DeliveryState::Delivered);
}

#[tokio::test]
async fn what_is_refused_or_too_late_is_given_up() {
    let app = App::demo().await;
    let outside = Outside::of(&app, [Ok(400)]);
    queue(&app, URL, DeliveryKind::Logout).await;
    delivery::deliver_due(&app.ctx).await.unwrap();
    assert_eq!(listed(&app).await[0].state, DeliveryState::Failed);

    outside.answers.lock().unwrap().extend(std::iter::repeat_n(Ok(500), 100));
    queue(&app, URL, DeliveryKind::Logout).await;
    for _ in 0..70 {
        delivery::deliver_due(&app.ctx).await.unwrap();
        app.clock.advance(minutes(1));
    }
    let last = listed(&app).await.remove(0);
    assert_eq!(last.state, DeliveryState::Failed);
    assert_eq!(last.last_status.as_deref(), Some("Given up; at last answered 500"));
    let tries = outside.asked().len();
    assert!((8..15).contains(&tries), "{tries}");
    assert!(rows(&app).await.iter().all(|row| row.content_sealed.is_empty()));

    // It is shown for a week, and then nobody knows.
    server::jobs::sweep(app.ctx.clone()).await;
    assert_eq!(listed(&app).await.len(), 2);
    app.clock.advance(days(8));
    server::jobs::sweep(app.ctx.clone()).await;
    assert!(listed(&app).await.is_empty());
}

#[tokio::test]
async fn of_several_nodes_one_delivers() {
    let app = App::demo().await;
    let outside = Outside::of(&app, []);
    let (second, _) = app.second_node().await;
    second.go_out_with(Arc::clone(&outside) as Arc<dyn Fetch>);
    for _ in 0..3 {
        queue(&app, URL, DeliveryKind::Logout).await;
    }
    let (one, two) = tokio::join!(delivery::deliver_due(&app.ctx), delivery::deliver_due(&second));
    assert_eq!(one.unwrap() + two.unwrap(), 3);
    assert_eq!(outside.asked().len(), 3);
}

/// One client's many do not keep others waiting: a round has a share for each.
#[tokio::test]
async fn a_round_has_few_of_one_client() {
    let app = App::demo().await;
    let outside = Outside::of(&app, []);
    for _ in 0..60 {
        queue(&app, URL, DeliveryKind::Logout).await;
    }
    app.clock.advance(1);
    queue_for(&app, "demo-spa", "https://spa.example/", DeliveryKind::Logout).await;
    assert_eq!(delivery::deliver_due(&app.ctx).await.unwrap(), 5);
    assert_eq!(outside.asked().iter().filter(|request| request.url.as_str() == "https://spa.example/").count(), 1);
    assert_eq!(delivery::deliver_due(&app.ctx).await.unwrap(), 4);
}

/// A logout address that points inside reaches nothing, and its owner does not learn why.
#[tokio::test]
async fn keycloak_cve_2026_4874_k4_a_logout_address_reaches_nothing_of_ours() {
    let app = App::demo().await;
    let inside = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = inside.local_addr().unwrap().port();
    let settings = OutgoingSettings { ports: vec![443, port], ..OutgoingSettings::default() };
    app.ctx.go_out_with(Arc::new(Outgoing::new(&settings).unwrap()));
    for host in ["127.0.0.1", "[::1]", "2130706433", "localhost"] {
        queue(&app, &format!("https://{host}:{port}/"), DeliveryKind::Logout).await;
    }
    delivery::deliver_due(&app.ctx).await.unwrap();
    for delivery in listed(&app).await {
        assert_eq!(delivery.last_status.as_deref(), Some("the address could not be reached"), "{}", delivery.url);
    }
    let connected = tokio::time::timeout(std::time::Duration::ZERO, inside.accept()).await;
    assert!(connected.is_err(), "nobody has connected");
}

#[tokio::test]
async fn the_owner_of_a_client_sees_its_deliveries() {
    let app = App::demo().await;
    let _outside = Outside::of(&app, [Ok(200), Ok(500)]);
    let client = demo_web(&app).await;
    let path = format!(
        "/products/{}/clients/{}",
        model::id::show(model::id::PRODUCT, client.product_id),
        model::id::show(model::id::CLIENT, client.id)
    );
    let mut browser = app.sign_in_portal("dev@portico.test").await;
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.text());
    assert!(page.select("#deliveries").is_empty(), "there are none");
    for _ in 0..2 {
        queue(&app, URL, DeliveryKind::Logout).await;
    }
    delivery::deliver_due(&app.ctx).await.unwrap();
    let page = browser.get(&path).await;
    assert_eq!(page.select("#deliveries"), ["Deliveries"]);
    let text = page.text();
    for words in [URL, "answered 200", "answered 500", "Delivered", "Waiting", "1 attempt"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!page.body.contains("logout_token"));
    let mut other = app.sign_in_portal("staff@fjordmobil.test").await;
    assert_eq!(other.get(&path).await.status, 404);

    // They go with the client.
    model::client::delete(&app.ctx, None, &client).await.unwrap();
    assert!(rows(&app).await.is_empty());
}
