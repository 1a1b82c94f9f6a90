//! Outgoing mail and text messages, against gateways of the test's own.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
};
use model::{
    Context, message,
    message::{Carrier, CarryError, Content},
    minutes, seconds,
};
use server::{
    carriers::{MailCarrier, NoCarrier, SmsCarrier},
    config::{Config, Sources},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use crate::harness::{App, authorize_url, basic, digits};

const NUMBER: &str = "+46701740605";

/// What a gateway was asked.
#[derive(Clone, Debug)]
struct Asked {
    method: Method,
    path: String,
    authorization: Option<String>,
    parameters: BTreeMap<String, String>,
    body: String,
}

/// A gateway that answers what it is told to.
#[derive(Clone)]
struct Gateway {
    asked: Arc<Mutex<Vec<Asked>>>,
    status: Arc<AtomicU16>,
    slow: Arc<AtomicU16>,
    address: String,
}

impl Gateway {
    async fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Self {
            asked: Arc::default(),
            status: Arc::new(AtomicU16::new(status)),
            slow: Arc::default(),
            address: listener.local_addr().unwrap().to_string(),
        };
        let router = Router::new().fallback(take).with_state(gateway.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        gateway
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
}

async fn take(
    State(gateway): State<Gateway>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, &'static str) {
    let slow = gateway.slow.load(Ordering::SeqCst);
    if slow > 0 {
        tokio::time::sleep(Duration::from_millis(slow.into())).await;
    }
    let form = if body.starts_with('{') { "" } else { body.as_str() };
    let pairs = [uri.query().unwrap_or_default(), form].join("&");
    gateway.asked.lock().unwrap().push(Asked {
        method,
        path: uri.path().to_owned(),
        authorization: headers.get("authorization").map(|value| value.to_str().unwrap().to_owned()),
        parameters: url::form_urlencoded::parse(pairs.as_bytes()).into_owned().collect(),
        body,
    });
    let status = StatusCode::from_u16(gateway.status.load(Ordering::SeqCst)).unwrap();
    (status, "0: Accepted for delivery")
}

/// A configuration as an operator would write it.
fn configured(text: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portico.toml");
    std::fs::write(&file, text).unwrap();
    Config::read(&Sources { file: Some(file), ..Sources::default() }).unwrap_or_else(|error| panic!("{error}"))
}

/// Waits for an answer for as long as a busy machine needs.
fn kannel(address: &str) -> SmsCarrier {
    kannel_within(address, "30s")
}

fn kannel_within(address: &str, timeout: &str) -> SmsCarrier {
    let config = configured(&format!(
        r#"
        [sms.gateway]
        url = "http://{address}/cgi-bin/sendsms?username={{username}}&password={{password}}&from=Portico&to={{to}}&text={{text}}&charset=UTF-8&coding=2"
        method = "GET"
        username = "tester"
        password = "foo&bar"
        success = ["200", "202"]
        timeout = "{timeout}"
        "#
    ));
    SmsCarrier::new(&config.sms).unwrap()
}

fn text(body: &str) -> Content {
    Content { to: NUMBER.to_owned(), subject: String::new(), body: body.to_owned() }
}

#[tokio::test]
async fn kannels_sendsms_is_spoken() {
    let gateway = Gateway::start(202).await;
    kannel(&gateway.address).carry(&text("Välkommen & hej\n@id.example #123456")).await.unwrap();
    let asked = gateway.asked().pop().unwrap();
    assert_eq!((asked.method, asked.path.as_str()), (Method::GET, "/cgi-bin/sendsms"));
    assert_eq!(asked.parameters["username"], "tester");
    assert_eq!(asked.parameters["password"], "foo&bar");
    assert_eq!(asked.parameters["to"], NUMBER);
    assert_eq!(asked.parameters["text"], "Välkommen & hej\n@id.example #123456");
    assert_eq!(asked.parameters["charset"], "UTF-8");
    assert_eq!(asked.body, "");
}

#[tokio::test]
async fn a_form_with_basic_authentication_is_spoken() {
    let gateway = Gateway::start(201).await;
    let config = configured(&format!(
        r#"
        [sms.gateway]
        url = "http://{}/2010-04-01/Accounts/AC123/Messages.json"
        body = "To={{to:url}}&From=%2B15005550006&Body={{text:url}}"
        headers = {{ Content-Type = "application/x-www-form-urlencoded" }}
        auth = "basic"
        username = "AC123"
        password = "token"
        success = ["201"]
        "#,
        gateway.address
    ));
    let carrier = SmsCarrier::new(&config.sms).unwrap();
    carrier.carry(&text("Your PIN is 123456 & nothing else")).await.unwrap();
    let asked = gateway.asked().pop().unwrap();
    assert_eq!((asked.method, asked.path.as_str()), (Method::POST, "/2010-04-01/Accounts/AC123/Messages.json"));
    assert_eq!(asked.authorization, Some(basic("AC123", "token")));
    assert_eq!(asked.parameters["To"], NUMBER);
    assert_eq!(asked.parameters["From"], "+15005550006");
    assert_eq!(asked.parameters["Body"], "Your PIN is 123456 & nothing else");

    // What it says no to for good is not tried for ever; everything else is.
    gateway.answer(400);
    assert!(matches!(carrier.carry(&text("x")).await, Err(CarryError::Never(_))));
    for status in [401, 404, 429, 500, 503] {
        gateway.answer(status);
        assert!(matches!(carrier.carry(&text("x")).await, Err(CarryError::Later(_))), "{status}");
    }
    // A redirect is not followed: it is not the gateway that was configured.
    gateway.answer(302);
    let before = gateway.asked().len();
    assert!(matches!(carrier.carry(&text("x")).await, Err(CarryError::Later(_))));
    assert_eq!(gateway.asked().len(), before + 1);
}

#[tokio::test]
async fn json_is_the_default() {
    let gateway = Gateway::start(200).await;
    let config = configured(&format!("[sms.gateway]\nurl = \"http://{}/messages\"\n", gateway.address));
    SmsCarrier::new(&config.sms).unwrap().carry(&text("\"quoted\"\nlines")).await.unwrap();
    let asked = gateway.asked().pop().unwrap();
    let json: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(json, serde_json::json!({ "to": NUMBER, "text": "\"quoted\"\nlines" }));
}

#[tokio::test]
async fn trouble_is_told_without_number_and_text() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let Err(CarryError::Later(why)) = kannel(&address).carry(&text("123456")).await else { panic!("nobody listens") };
    assert!(!why.contains("4670174") && !why.contains("123456") && !why.contains("foo"), "{why}");
}

/// A PIN of the login page reaches the subscriber although the gateway is down at first.
#[tokio::test]
async fn a_gateway_that_is_down_loses_no_message_and_blocks_no_page() {
    let app = App::with(|settings| settings.sandbox = false).await;
    let gateway = Gateway::start(503).await;
    let sms = kannel(&gateway.address);
    let mut browser = app.browser();
    let page = browser.follow(&authorize_url("demo-web", &[])).await;
    let page = browser.submit_following(page.form("/login").set("number", NUMBER)).await;
    assert_eq!(page.status, 200);
    let _the_pin_is_asked_for = page.form("/login/pin");

    assert_eq!(deliver(&app.ctx, &sms).await, 0);
    assert_eq!(gateway.asked().len(), 1);
    assert!(message::delayed(&app.ctx, message::Channel::Sms).await.unwrap());

    // Not tried again before its time, and then less and less often.
    assert_eq!(deliver(&app.ctx, &sms).await, 0);
    assert_eq!(gateway.asked().len(), 1);
    app.clock.advance(seconds(4));
    assert_eq!(deliver(&app.ctx, &sms).await, 0);
    assert_eq!(gateway.asked().len(), 2);
    app.clock.advance(seconds(4));
    deliver(&app.ctx, &sms).await;
    assert_eq!(gateway.asked().len(), 2);

    // Slow is like down: the attempt ends, the message stays.
    app.clock.advance(seconds(4));
    gateway.slow.store(2_000, Ordering::SeqCst);
    assert_eq!(deliver(&app.ctx, &kannel_within(&gateway.address, "500ms")).await, 0);
    gateway.slow.store(0, Ordering::SeqCst);

    gateway.answer(202);
    app.clock.advance(minutes(1));
    assert_eq!(deliver(&app.ctx, &sms).await, 1);
    assert!(!message::delayed(&app.ctx, message::Channel::Sms).await.unwrap());
    assert_eq!(deliver(&app.ctx, &sms).await, 0);

    let sent = gateway.asked().pop().unwrap().parameters["text"].clone();
    let pin = digits(&sent, 6).unwrap_or_else(|| panic!("no PIN in {sent:?}"));
    let after = browser.submit_following(page.form("/login/pin").set("pin", &pin)).await;
    let _consent_is_asked_for = after.form("/consent");
}

#[tokio::test]
async fn a_message_is_void_once_its_pin_is() {
    let app = App::with(|settings| settings.sandbox = false).await;
    let gateway = Gateway::start(503).await;
    let sms = kannel(&gateway.address);
    let mut browser = app.browser();
    let page = browser.follow(&authorize_url("demo-web", &[])).await;
    browser.submit_following(page.form("/login").set("number", NUMBER)).await;
    deliver(&app.ctx, &sms).await;
    app.clock.advance(minutes(11));
    gateway.answer(202);
    assert_eq!(deliver(&app.ctx, &sms).await, 0);
    assert_eq!(gateway.asked().len(), 1);
}

/// Two nodes that look at the same time send a message once.
#[tokio::test]
async fn of_several_nodes_one_sends_a_message() {
    let app = App::with(|settings| settings.sandbox = false).await;
    let (other, _) = app.second_node().await;
    let gateway = Gateway::start(202).await;
    let mut browser = app.browser();
    let page = browser.follow(&authorize_url("demo-web", &[])).await;
    browser.submit_following(page.form("/login").set("number", NUMBER)).await;
    let (sms, more_sms) = (kannel(&gateway.address), kannel(&gateway.address));
    let (here, there) = tokio::join!(deliver(&app.ctx, &sms), deliver(&other, &more_sms));
    assert_eq!(here + there, 1);
    assert_eq!(gateway.asked().len(), 1);
}

async fn deliver(ctx: &Context, sms: &dyn Carrier) -> usize {
    message::deliver_due(ctx, &NoCarrier, sms).await.unwrap()
}

/// A mail server that takes what it gets, or answers a recipient with something else.
async fn mail_server(recipient_answer: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mails: Arc<Mutex<Vec<String>>> = Arc::default();
    let taken = Arc::clone(&mails);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let taken = Arc::clone(&taken);
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                let _gone = write.write_all(b"220 mail.test ESMTP\r\n").await;
                while let Ok(Some(line)) = lines.next_line().await {
                    let command = line.to_ascii_uppercase();
                    let answer = match command.split([' ', ':']).next().unwrap_or_default() {
                        "EHLO" => "250-mail.test\r\n250 8BITMIME".to_owned(),
                        "RCPT" => recipient_answer.to_owned(),
                        "QUIT" => "221 bye".to_owned(),
                        "DATA" => {
                            let _gone = write.write_all(b"354 go on\r\n").await;
                            let mut mail = String::new();
                            while let Ok(Some(line)) = lines.next_line().await {
                                if line == "." {
                                    break;
                                }
                                mail.push_str(&line);
                                mail.push('\n');
                            }
                            taken.lock().unwrap().push(mail);
                            "250 taken".to_owned()
                        }
                        _ => "250 ok".to_owned(),
                    };
                    let _gone = write.write_all(format!("{answer}\r\n").as_bytes()).await;
                }
            });
        }
    });
    (address, mails)
}

fn mailer(address: &str) -> MailCarrier {
    let config =
        configured(&format!("[mail.smtp]\nurl = \"smtp://{address}\"\nfrom = \"Portico <portico@example.com>\"\n"));
    MailCarrier::new(&config.smtp).unwrap()
}

#[tokio::test]
async fn mail_is_sent_by_smtp() {
    let (address, mails) = mail_server("250 ok").await;
    let app = App::with(|settings| settings.sandbox = false).await;
    let mut browser = app.browser();
    let page = browser.get("/forgot").await;
    browser.submit(page.form("/forgot").set("email", "dev@portico.test")).await;
    let sent = message::deliver_due(&app.ctx, &mailer(&address), &NoCarrier).await.unwrap();
    assert_eq!(sent, 1);
    let mail = mails.lock().unwrap().pop().unwrap();
    assert!(mail.contains("From: Portico <portico@example.com>"), "{mail}");
    assert!(mail.contains("To: dev@portico.test"), "{mail}");
    assert!(mail.contains("/reset?token="), "{mail}");
}

#[tokio::test]
async fn a_mail_server_that_says_later_is_asked_later() {
    let mail =
        Content { to: "a@b.test".to_owned(), subject: "Hello\r\nBcc: c@d.test".to_owned(), body: "Hi".to_owned() };
    let (address, mails) = mail_server("250 ok").await;
    mailer(&address).carry(&mail).await.unwrap();
    let sent = mails.lock().unwrap().pop().unwrap();
    assert!(!sent.contains("\nBcc:"), "{sent}");

    let (address, _) = mail_server("451 busy, a@b.test").await;
    let Err(CarryError::Later(why)) = mailer(&address).carry(&mail).await else { panic!("it said later") };
    assert!(!why.contains("a@b.test"), "{why}");
    let (address, _) = mail_server("550 no such mailbox").await;
    assert!(matches!(mailer(&address).carry(&mail).await, Err(CarryError::Never(_))));
}
