//! How messages leave: mail by SMTP, text messages by an HTTP gateway. In the sandbox nothing
//! leaves.

use std::{fmt, str::FromStr, time::Duration};

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::authentication::Credentials,
};
use model::message::{Carrier, CarryError, Content};

use crate::config::Secret;

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// `smtp://…` or `smtps://…`.
    pub url: Option<String>,
    /// The sender.
    pub from: String,
    /// The account at the server.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
}

impl Default for Smtp {
    fn default() -> Self {
        Self { url: None, from: "Portico <portico@localhost>".to_owned(), username: None, password: None }
    }
}

/// How text messages leave.
#[derive(Clone, Debug)]
pub struct SmsGateway {
    /// A template.
    pub url: Option<String>,
    /// `POST` rather than `GET`.
    pub post: bool,
    /// A template.
    pub body: String,
    /// Names and templates.
    pub headers: Vec<(String, String)>,
    /// How the request proves who sends it.
    pub auth: SmsAuth,
    /// The account at the gateway.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// The answers that mean that a message was taken.
    pub success: Vec<Statuses>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for the answer.
    pub timeout: Duration,
}

impl Default for SmsGateway {
    fn default() -> Self {
        Self {
            url: None,
            post: true,
            body: r#"{"to":"{to:json}","text":"{text:json}"}"#.to_owned(),
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            auth: SmsAuth::None,
            username: None,
            password: None,
            success: vec![Statuses(200, 299)],
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
        }
    }
}

/// How a request to the gateway proves who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsAuth {
    /// Not at all, or by what the templates hold.
    None,
    /// HTTP Basic.
    Basic,
}

/// A status, or a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statuses(u16, u16);

impl FromStr for Statuses {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let parse = |text: &str| text.parse::<u16>().ok().filter(|status| (100..600).contains(status)).ok_or(());
        let (first, last) = (parse(first)?, parse(last)?);
        if first <= last { Ok(Self(first, last)) } else { Err(()) }
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == self.1 { write!(f, "{}", self.0) } else { write!(f, "{}-{}", self.0, self.1) }
    }
}

/// What stands between braces in a template: which value, and how it is encoded.
const WORDS: [&str; 4] = ["to", "text", "username", "password"];

/// Whether everything that looks like a placeholder is one.
///
/// # Errors
///
/// With the one that is not.
pub fn check_template(template: &str) -> Result<(), String> {
    for inside in placeholders(template) {
        let (word, encoding) = inside.split_once(':').unwrap_or((inside, "url"));
        if !WORDS.contains(&word) || !matches!(encoding, "url" | "json") {
            return Err(format!(
                "has the placeholder {{{inside}}}; there are {{to}}, {{text}}, {{username}} and {{password}}, each also with :url or :json"
            ));
        }
    }
    Ok(())
}

/// The insides of `{word}` and `{word:word}`; braces around anything else are just braces.
fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| {
        let (inside, _) = rest.split_once('}')?;
        let fit = !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b':');
        fit.then_some(inside)
    })
}

#[derive(Clone, Copy)]
enum Plain {
    AsIs,
    Url,
}

/// Sends text messages through the gateway.
pub struct SmsCarrier {
    http: reqwest::Client,
    gateway: SmsGateway,
    url: String,
}

impl SmsCarrier {
    /// A carrier for a gateway that is configured.
    ///
    /// # Errors
    ///
    /// In words, when it is not, or TLS cannot be set up.
    pub fn new(gateway: &SmsGateway) -> Result<Self, String> {
        let url = gateway.url.clone().ok_or("sms.gateway.url is not set")?;
        let http = reqwest::Client::builder()
            .connect_timeout(gateway.connect_timeout)
            .timeout(gateway.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("portico")
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { http, gateway: gateway.clone(), url })
    }

    /// Whether something accepts connections where the gateway should be. Sends nothing.
    ///
    /// # Errors
    ///
    /// In words, when nothing does.
    pub async fn check(&self) -> Result<(), String> {
        let empty = Content { to: String::new(), subject: String::new(), body: String::new() };
        let url = url::Url::parse(&self.fill(&self.url, &empty, Plain::Url)).map_err(|error| error.to_string())?;
        connect(&url, url.port_or_known_default(), self.gateway.connect_timeout).await
    }

    fn fill(&self, template: &str, content: &Content, plain: Plain) -> String {
        let mut filled = template.to_owned();
        let username = self.gateway.username.as_deref().unwrap_or_default();
        let password = self.gateway.password.as_ref().map_or("", |secret| &secret.0);
        // The text last, since it may look like a placeholder.
        for (word, value) in
            [("username", username), ("password", password), ("to", &content.to), ("text", &content.body)]
        {
            filled = filled
                .replace(&format!("{{{word}:url}}"), &url_encoded(value))
                .replace(&format!("{{{word}:json}}"), &json_encoded(value));
            filled = match plain {
                Plain::AsIs => filled.replace(&format!("{{{word}}}"), value),
                Plain::Url => filled.replace(&format!("{{{word}}}"), &url_encoded(value)),
            };
        }
        filled
    }
}

fn url_encoded(text: &str) -> String {
    // `+` for a space is understood in queries and forms, `%20` everywhere.
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn json_encoded(text: &str) -> String {
    let quoted = serde_json::Value::String(text.to_owned()).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

#[async_trait]
impl Carrier for SmsCarrier {
    async fn carry(&self, content: &Content) -> Result<(), CarryError> {
        let method = if self.gateway.post { reqwest::Method::POST } else { reqwest::Method::GET };
        let mut request = self.http.request(method, self.fill(&self.url, content, Plain::Url));
        for (name, template) in &self.gateway.headers {
            // A GET has no body whose type could be told.
            if self.gateway.post || !name.eq_ignore_ascii_case("content-type") {
                request = request.header(name, self.fill(template, content, Plain::AsIs).replace(['\r', '\n'], " "));
            }
        }
        if self.gateway.auth == SmsAuth::Basic {
            let username = self.gateway.username.as_deref().unwrap_or_default();
            request = request.basic_auth(username, self.gateway.password.as_ref().map(|secret| &secret.0));
        }
        if self.gateway.post {
            request = request.body(self.fill(&self.gateway.body, content, Plain::AsIs));
        }
        // The URL holds the number and the text: it must not get into the log.
        let response = request.send().await.map_err(|error| CarryError::Later(http_trouble(&error.without_url())))?;
        let status = response.status().as_u16();
        if self.gateway.success.iter().any(|range| (range.0..=range.1).contains(&status)) {
            return Ok(());
        }
        let why = format!("the gateway has answered {status}");
        match status {
            // It has understood us, and does not want this very message.
            400 | 413 | 422 => Err(CarryError::Never(why)),
            _ => Err(CarryError::Later(why)),
        }
    }
}

fn http_trouble(error: &reqwest::Error) -> String {
    if error.is_connect() {
        "the gateway cannot be reached".to_owned()
    } else if error.is_timeout() {
        "the gateway did not answer in time".to_owned()
    } else {
        format!("the gateway: {error}")
    }
}

/// Sends mail through an SMTP server.
pub struct MailCarrier {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl MailCarrier {
    /// A carrier for a server that is configured.
    ///
    /// # Errors
    ///
    /// In words, when it is not.
    pub fn new(smtp: &Smtp) -> Result<Self, String> {
        let url = smtp.url.as_deref().ok_or("mail.smtp.url is not set")?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|error| format!("mail.smtp.url: {error}"))?
            .timeout(Some(Duration::from_secs(15)));
        if let Some(username) = &smtp.username {
            let password = smtp.password.clone().unwrap_or_default();
            builder = builder.credentials(Credentials::new(username.clone(), password.0));
        }
        let from = smtp.from.parse().map_err(|error| format!("mail.smtp.from: {error}"))?;
        Ok(Self { transport: builder.build(), from })
    }

    /// Whether the server answers and takes our credentials. Sends nothing.
    ///
    /// # Errors
    ///
    /// In words, when it does not.
    pub async fn check(&self) -> Result<(), String> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the mail server answers, but not as one".to_owned()),
            Err(error) => Err(mail_trouble(&error)),
        }
    }
}

#[async_trait]
impl Carrier for MailCarrier {
    async fn carry(&self, content: &Content) -> Result<(), CarryError> {
        let to: Mailbox = content.to.parse().map_err(|_| CarryError::Never("not an address".to_owned()))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(content.subject.replace(['\r', '\n'], " "))
            .header(ContentType::TEXT_PLAIN)
            .body(content.body.clone())
            .map_err(|_| CarryError::Never("it does not make a mail".to_owned()))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(CarryError::Never(mail_trouble(&error))),
            Err(error) => Err(CarryError::Later(mail_trouble(&error))),
        }
    }
}

/// Without what the server said: it often repeats the address.
fn mail_trouble(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server has answered {code}"),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None if error.is_tls() => "the mail server and we do not agree on TLS".to_owned(),
        None => "the mail server cannot be reached".to_owned(),
    }
}

/// Opens a connection and closes it.
async fn connect(url: &url::Url, port: Option<u16>, timeout: Duration) -> Result<(), String> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = port.ok_or("the URL has no port")?;
    match tokio::time::timeout(timeout, tokio::net::TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_connection)) => Ok(()),
        Ok(Err(error)) => Err(format!("{host}:{port}: {error}")),
        Err(_elapsed) => Err(format!("{host}:{port} does not answer")),
    }
}

/// What stands in for a carrier in the sandbox, where nothing is ever queued.
pub struct NoCarrier;

#[async_trait]
impl Carrier for NoCarrier {
    async fn carry(&self, _content: &Content) -> Result<(), CarryError> {
        Err(CarryError::Later("nothing leaves the sandbox".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_encode_what_they_are_filled_with() {
        let gateway = SmsGateway {
            url: Some("http://127.0.0.1/send?to={to}&text={text}".to_owned()),
            username: Some("me".to_owned()),
            password: Some(Secret("a&b".to_owned())),
            ..SmsGateway::default()
        };
        let carrier = SmsCarrier::new(&gateway).unwrap();
        let content = Content {
            to: "+46701740605".to_owned(),
            subject: String::new(),
            body: "PIN \"1&2\"\n@host #1 {to}".to_owned(),
        };
        assert_eq!(
            carrier.fill("/?to={to}&p={password}&text={text}", &content, Plain::Url),
            "/?to=%2B46701740605&p=a%26b&text=PIN%20%221%262%22%0A%40host%20%231%20%7Bto%7D"
        );
        assert_eq!(
            carrier.fill(r#"{"to":"{to:json}","text":"{text:json}"}"#, &content, Plain::AsIs),
            r#"{"to":"+46701740605","text":"PIN \"1&2\"\n@host #1 {to}"}"#
        );
    }

    #[test]
    fn an_unknown_placeholder_is_named() {
        assert!(check_template(r#"{"to":"{to}","a":{"b":1}}"#).is_ok());
        assert!(check_template("{number}").unwrap_err().contains("{number}"));
        assert!(check_template("{to:xml}").unwrap_err().contains("{to:xml}"));
    }
}
