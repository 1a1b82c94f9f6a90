//! `portico doctor`: what is well, what is not, and what to do about it.

use std::{io::Write as _, path::Path, process::ExitCode, sync::Arc};

use model::{Clock as _, Context, SystemClock, Timestamp, days, entity::SigningAlg, key, minutes, upstream};

use crate::{
    carriers::{MailCarrier, SmsCarrier},
    config::Config,
    outgoing::Outgoing,
    serve::{open_database, open_model},
    tls::{self, Tls},
};

/// When this program can have been built at the earliest: a clock before it is wrong.
const EARLIEST: Timestamp = Timestamp(1_767_225_600_000);

struct Report {
    bad: usize,
}

impl Report {
    fn say(&mut self, mark: &str, what: &str, finding: &str) {
        let _closed = writeln!(std::io::stdout(), "{mark} {what:<14} {finding}");
    }

    fn good(&mut self, what: &str, finding: &str) {
        self.say("ok  ", what, finding);
    }

    fn note(&mut self, what: &str, finding: &str) {
        self.say("note", what, finding);
    }

    fn bad(&mut self, what: &str, finding: &str, advice: &str) {
        self.bad += 1;
        self.say("BAD ", what, finding);
        let _closed = writeln!(std::io::stdout(), "     {:<14} -> {advice}", "");
    }
}

/// Checks everything, and says so. Sends and changes nothing.
pub async fn examine(config: &Config) -> ExitCode {
    let mut report = Report { bad: 0 };
    let mode = if config.production { "production" } else { "not production" };
    report.good("configuration", &format!("understood; {mode}, listens on {}", config.listen));
    public_url(config, &mut report);
    clock(SystemClock.now(), None, &mut report);
    tls(config, SystemClock.now(), &mut report);
    lifetimes(config, &mut report);
    master_key(config, &mut report);
    static_files(config, &mut report);
    if let Some(ctx) = open(config, &mut report).await {
        keys(&ctx, &mut report).await;
        providers(config, &ctx, &mut report).await;
        ctx.db().close().await;
    }
    gateways(config, &mut report).await;
    match report.bad {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn public_url(config: &Config, report: &mut Report) {
    let url = config.public_url();
    if url.starts_with("https://") {
        report.good("public URL", &url);
    } else {
        report.note("public URL", &format!("{url}: without https, cookies are not marked as secure"));
    }
    if config.issuer.as_ref().is_some_and(|issuer| issuer.trim_end_matches('/') != url) {
        report.note("issuer", "it differs from the public URL: metadata must be reachable below it, too");
    }
}

fn lifetimes(config: &Config, report: &mut Report) {
    let access = config.lifetimes.access_token;
    if access < minutes(5) {
        let finding =
            format!("access tokens live for {} s: many clients fetch a new one for every call", access / 1000);
        report.note("lifetimes", &finding);
    }
}

fn tls(config: &Config, now: Timestamp, report: &mut Report) {
    let Some(files) = config.tls() else { return };
    let loaded = Tls::load(&files, now).and_then(|_good| tls::validity(&files.certificate));
    let shown = files.certificate.display();
    match loaded {
        Ok((_, until)) if until < now.plus(days(14)) => {
            let finding = format!("{shown} expires in {} days", until.since(now) / days(1));
            report.bad("TLS", &finding, "renew it; a new file is noticed without a restart");
        }
        Ok((_, until)) => report.good("TLS", &format!("{shown} is good for {} days", until.since(now) / days(1))),
        Err(error) => report.bad("TLS", &error.to_string(), "see tls.certificate, tls.key and tls.client_ca"),
    }
}

fn clock(now: Timestamp, newest: Option<Timestamp>, report: &mut Report) {
    let advice = "set the system's clock, and keep it right with NTP: tokens depend on it";
    if now < EARLIEST {
        report.bad("clock", "it is before this program was made", advice);
    } else if newest.is_some_and(|newest| newest > now.plus(minutes(1))) {
        report.bad("clock", "the database holds something from the future", advice);
    } else if newest.is_none() {
        let at = now.to_offset();
        report.good("clock", &format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute()));
    }
}

fn master_key(config: &Config, report: &mut Report) {
    let file = config.master_key_file();
    let shown = file.display();
    if !file.exists() {
        report.note("master key", &format!("{shown} is not there yet; the first start creates it"));
        return;
    }
    if let Err(error) = config.master_key() {
        report.bad("master key", &error.to_string(), "restore the file from a copy; nothing opens without it");
        return;
    }
    if readable_by_others(&file) {
        report.bad("master key", &format!("{shown} can be read by others"), &format!("chmod 600 {shown}"));
    } else {
        report.good("master key", &format!("{shown}; keep a copy elsewhere"));
    }
}

#[cfg(unix)]
fn readable_by_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_file: &Path) -> bool {
    false
}

fn static_files(config: &Config, report: &mut Report) {
    let root = config.site_root();
    if root.join("pkg").is_dir() {
        report.good("static files", &root.display().to_string());
    } else {
        let finding = format!("no scripts and styles in {}", root.display());
        report.bad("static files", &finding, "build with `make build`, or set site_root");
    }
}

async fn open(config: &Config, report: &mut Report) -> Option<Context> {
    let shown = config.database_shown();
    if let Some(path) = shown.strip_prefix("sqlite:")
        && !Path::new(path.trim_start_matches("//")).exists()
    {
        report.note("database", &format!("{shown} is not there yet; the first start creates it"));
        return None;
    }
    let db = match open_database(config).await {
        Ok(db) => db,
        Err(error) => {
            report.bad("database", &error.to_string(), "start it, or correct database.url");
            return None;
        }
    };
    match db.pending_migrations().await {
        Ok(pending) if pending.is_empty() => {
            report.good("database", &format!("{shown} answers; its tables are up to date"))
        }
        Ok(pending) => {
            report.bad("database", &format!("{} migrations have not run", pending.len()), "run `portico migrate`");
            db.close().await;
            return None;
        }
        Err(error) => {
            report.bad("database", &error.to_string(), "see whether the account may read the tables");
            return None;
        }
    }
    match open_model(config, db).await {
        Ok(ctx) => Some(ctx),
        Err(error) => {
            report.bad("database", &error.to_string(), "use the master key that this database was made with");
            None
        }
    }
}

async fn keys(ctx: &Context, report: &mut Report) {
    let listed = match key::list(ctx).await {
        Ok(listed) => listed,
        Err(error) => return report.bad("keys", &error.to_string(), "see the database"),
    };
    clock(ctx.now(), listed.iter().map(|row| row.created_at).max(), report);
    let missing: Vec<&str> = SigningAlg::ALL
        .iter()
        .filter(|alg| ctx.keys().signer(**alg, ctx.now()).is_err())
        .map(|alg| alg.as_str())
        .collect();
    let oldest = listed.iter().filter(|row| row.retired_at.is_none()).map(|row| row.active_from).min();
    let age = oldest.map_or(0, |from| ctx.now().since(from)) / days(1);
    if !missing.is_empty() {
        report.bad("keys", &format!("none for {}", missing.join(", ")), "run `portico keys rotate`");
    } else if age > ctx.settings().lifetimes.signing_key / days(1) {
        let advice = "is `portico serve` running? It rotates them; or run `portico keys rotate`";
        report.bad("keys", &format!("the oldest in use is {age} days old"), advice);
    } else {
        report.good("keys", &format!("{} of them; the oldest in use is {age} days old", listed.len()));
    }
}

/// Other providers: whether they answer, and what to register there.
async fn providers(config: &Config, ctx: &Context, report: &mut Report) {
    if ctx.settings().providers.is_empty() {
        return;
    }
    match Outgoing::new(&config.outgoing) {
        Ok(outgoing) => ctx.go_out_with(Arc::new(outgoing)),
        Err(error) => return report.bad("providers", &error, "see outgoing.extra_ca"),
    }
    for provider in &ctx.settings().providers {
        let what = format!("provider {}", provider.id);
        let redirect_uri = provider.redirect_uri(ctx.settings());
        match upstream::examine(ctx, provider).await {
            Ok(()) => report.good(&what, &format!("answers; its redirect URI is {redirect_uri}")),
            Err(error) => {
                let advice = format!("see providers.{}.*, outgoing.* and the network", provider.id);
                report.bad(&what, &error, &advice);
            }
        }
    }
}

async fn gateways(config: &Config, report: &mut Report) {
    if config.sandbox {
        report.note("mail and SMS", "sandbox: they stay in the outbox and reach nobody");
        return;
    }
    let mail = match MailCarrier::new(&config.smtp) {
        Ok(carrier) => carrier.check().await,
        Err(error) => Err(error),
    };
    match mail {
        Ok(()) => report.good("mail", "the server answers"),
        Err(error) => report.bad("mail", &error, "see mail.smtp.url, username and password, and the network"),
    }
    let sms = match SmsCarrier::new(&config.sms) {
        Ok(carrier) => carrier.check().await,
        Err(error) => Err(error),
    };
    match sms {
        Ok(()) => report.good("SMS", "something listens at the gateway's address"),
        Err(error) => report.bad("SMS", &error, "see sms.gateway.url and the network"),
    }
}
