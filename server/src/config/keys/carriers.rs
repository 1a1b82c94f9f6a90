//! Who carries mail and text messages.

use super::{Key, duration, list, quoted};
use crate::{
    carriers::{SmsAuth, Statuses, check_template},
    config::Secret,
};

pub(super) const KEYS: &[Key] = &[
    optional!(
        "mail.smtp.url",
        "smtps://host, or smtp://host?tls=required for STARTTLS; smtp://host for a relay on this machine.",
        "\"smtps://mail.example.com\"",
        |c| c.smtp.url.as_deref().map(quoted),
        |c, v| {
            let text = v.text()?;
            if !text.starts_with("smtp://") && !text.starts_with("smtps://") {
                return Err(format!("must begin with smtp:// or smtps://, and is {text:?}"));
            }
            c.smtp.url = Some(text);
            Ok(())
        }
    ),
    key!("mail.smtp.from", "Whom mail comes from.", |c| Some(quoted(&c.smtp.from)), |c, v| {
        let text = v.text()?;
        let _mailbox: lettre::message::Mailbox = text
            .parse()
            .map_err(|_| format!("must be an address such as \"Portico <portico@example.com>\", and is {text:?}"))?;
        c.smtp.from = text;
        Ok(())
    }),
    optional!(
        "mail.smtp.username",
        "The account at the mail server, if it wants one.",
        "\"portico\"",
        |c| c.smtp.username.as_deref().map(quoted),
        |c, v| {
            c.smtp.username = v.optional()?;
            Ok(())
        }
    ),
    secret!("mail.smtp.password", "Its password.", "\"…\"", smtp.password),
    optional!(
        "sms.gateway.url",
        "The gateway's address. {to} and {text} are replaced and encoded for a URL, {username} and\n\
         {password} too. Kannel: \"http://127.0.0.1:13013/cgi-bin/sendsms?username={username}&password={password}&to={to}&text={text}&charset=UTF-8&coding=2\"",
        "\"https://sms.example.com/messages\"",
        |c| c.sms.url.as_deref().map(quoted),
        |c, v| {
            let text = v.text()?;
            check_template(&text)?;
            let plain = text.replace(['{', '}'], "");
            let parsed = url::Url::parse(&plain).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            parsed.ok_or_else(|| format!("must be an http or https URL, and is {text:?}"))?;
            c.sms.url = Some(text);
            Ok(())
        }
    ),
    key!("sms.gateway.method", "GET or POST.", |c| Some(quoted(if c.sms.post { "POST" } else { "GET" })), |c, v| {
        c.sms.post = match v.text()?.as_str() {
            "POST" => true,
            "GET" => false,
            other => return Err(format!("must be \"GET\" or \"POST\", and is {other:?}")),
        };
        Ok(())
    }),
    key!(
        "sms.gateway.body",
        "The body of a POST: {to:json} and {text:json} are encoded for the inside of a JSON string,\n\
         {to:url} and {text:url} for a form, {to} and {text} not at all.\n\
         A form: \"To={to:url}&From=Portico&Body={text:url}\"",
        |c| Some(quoted(&c.sms.body)),
        |c, v| {
            let text = v.text()?;
            check_template(&text)?;
            c.sms.body = text;
            Ok(())
        }
    ),
    key!(
        "sms.gateway.headers",
        "Headers of the request, Content-Type among them; {username} and {password} are replaced.",
        |c| {
            let pairs: Vec<_> = c.sms.headers.iter().map(|(k, v)| format!("{} = {}", quoted(k), quoted(v))).collect();
            Some(format!("{{ {} }}", pairs.join(", ")))
        },
        |c, v| {
            let pairs = v.table()?;
            for (name, value) in &pairs {
                check_template(value)?;
                http::HeaderName::try_from(name.as_str())
                    .map_err(|_| format!("cannot hold {name:?}: not a header name"))?;
            }
            c.sms.headers = pairs;
            Ok(())
        }
    ),
    key!(
        "sms.gateway.auth",
        "How the request proves who sends it: none, or basic with username and password.",
        |c| Some(quoted(if c.sms.auth == SmsAuth::Basic { "basic" } else { "none" })),
        |c, v| {
            c.sms.auth = match v.text()?.as_str() {
                "basic" => SmsAuth::Basic,
                "none" => SmsAuth::None,
                other => return Err(format!("must be \"none\" or \"basic\", and is {other:?}")),
            };
            Ok(())
        }
    ),
    optional!(
        "sms.gateway.username",
        "The account at the gateway.",
        "\"portico\"",
        |c| c.sms.username.as_deref().map(quoted),
        |c, v| {
            c.sms.username = v.optional()?;
            Ok(())
        }
    ),
    secret!("sms.gateway.password", "Its password.", "\"…\"", sms.password),
    key!(
        "sms.gateway.success",
        "The answers that mean that the gateway has taken a message.",
        |c| Some(list(&c.sms.success.iter().map(ToString::to_string).collect::<Vec<_>>())),
        |c, v| {
            let parse = |text: String| {
                text.parse::<Statuses>()
                    .map_err(|()| format!("{text:?} is not a status such as \"200\" or \"200-299\""))
            };
            c.sms.success = v.list()?.into_iter().map(parse).collect::<Result<_, _>>()?;
            Ok(())
        }
    ),
    key!(
        "sms.gateway.connect_timeout",
        "How long to wait for a connection.",
        |c| Some(duration(c.sms.connect_timeout)),
        |c, v| {
            c.sms.connect_timeout = v.duration()?;
            Ok(())
        }
    ),
    key!("sms.gateway.timeout", "How long to wait for the answer.", |c| Some(duration(c.sms.timeout)), |c, v| {
        c.sms.timeout = v.duration()?;
        Ok(())
    }),
];
