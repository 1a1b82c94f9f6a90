//! What happens by itself: messages are delivered, keys rotated, and what has expired is deleted.
//! What is due follows from the model's clock and the database, so a job that ran late, twice, or
//! on several nodes does no harm.

use std::{future::Future, sync::Arc, time::Duration};

use model::{
    Context, Fault, cache, ciba,
    client::{
        dynamic::{by_url, token},
        logo,
    },
    delivery, device, grant, invitation, key, limit, link, message, passkey, pin, pushed, revoke_link, session, spent,
    upstream, user,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::{
    carriers::{MailCarrier, NoCarrier, SmsCarrier},
    config::Config,
};

/// The jobs of one process.
pub struct Jobs {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

/// Who carries mail and text messages.
#[derive(Clone)]
pub struct Carriers {
    /// Carries mail.
    pub mail: Arc<dyn message::Carrier>,
    /// Carries text messages.
    pub sms: Arc<dyn message::Carrier>,
}

impl Carriers {
    /// As configured; in the sandbox nobody.
    ///
    /// # Errors
    ///
    /// In words, when the configuration does not make one.
    pub fn new(config: &Config) -> Result<Self, String> {
        if config.sandbox {
            return Ok(Self { mail: Arc::new(NoCarrier), sms: Arc::new(NoCarrier) });
        }
        Ok(Self { mail: Arc::new(MailCarrier::new(&config.smtp)?), sms: Arc::new(SmsCarrier::new(&config.sms)?) })
    }
}

impl Jobs {
    /// Starts them all.
    #[must_use]
    pub fn start(ctx: &Context, carriers: Carriers) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut running = JoinSet::new();
        running.spawn(until(stopped.clone(), deliver(ctx.clone(), carriers)));
        running.spawn(until(stopped.clone(), post_to_clients(ctx.clone())));
        running.spawn(until(stopped.clone(), fetch_logos(ctx.clone())));
        running.spawn(until(stopped.clone(), every(Duration::from_secs(10), ctx.clone(), flush)));
        running.spawn(until(stopped.clone(), every(Duration::from_secs(5), ctx.clone(), follow_keys)));
        running.spawn(until(stopped.clone(), every(Duration::from_secs(60), ctx.clone(), keys)));
        running.spawn(until(stopped, every(Duration::from_secs(300), ctx.clone(), sweep)));
        Self { stop, running }
    }

    /// Stops them, and writes down what they had kept in memory.
    pub async fn stop(mut self, ctx: &Context) {
        let _nobody_listens = self.stop.send(true);
        while self.running.join_next().await.is_some() {}
        flush(ctx.clone()).await;
    }
}

/// Runs a job until it is told to stop. What it has given to the database is done all the same.
async fn until(mut stopped: watch::Receiver<bool>, job: impl Future<Output = ()>) {
    tokio::select! {
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = job => {}
    }
}

async fn every<F: Future<Output = ()>>(period: Duration, ctx: Context, work: impl Fn(Context) -> F) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        work(ctx.clone()).await;
    }
}

async fn deliver(ctx: Context, carriers: Carriers) {
    loop {
        message::wait_for_work(&ctx).await;
        let delivered = message::deliver_due(&ctx, carriers.mail.as_ref(), carriers.sms.as_ref()).await;
        report("delivering messages", delivered);
    }
}

async fn post_to_clients(ctx: Context) {
    loop {
        delivery::wait_for_work(&ctx).await;
        report("posting to clients", delivery::deliver_due(&ctx).await);
    }
}

async fn fetch_logos(ctx: Context) {
    loop {
        logo::wait_for_work(&ctx).await;
        report("fetching logos", logo::fetch_due(&ctx).await);
    }
}

async fn flush(ctx: Context) {
    report("noting which credentials were used", cache::flush_credentials_used(&ctx).await);
}

/// `portico keys pull` is another process, which SQLite does not tell us of, and pulls a key
/// because somebody else has it: that must not wait.
async fn follow_keys(ctx: Context) {
    report("reading the keys", key::reload(&ctx).await);
}

async fn keys(ctx: Context) {
    report("rotating the keys", key::rotate_due(&ctx).await);
}

/// Deletes what has expired. Tests call it after they have moved the clock.
pub async fn sweep(ctx: Context) {
    report("sweeping links", link::sweep(&ctx).await);
    report("sweeping sessions", session::sweep(&ctx).await);
    report("sweeping challenges", passkey::sweep(&ctx).await);
    report("sweeping sign-ins with other providers", upstream::sweep(&ctx).await);
    report("sweeping pushed requests", pushed::sweep(&ctx).await);
    report("sweeping what may come once", spent::sweep(&ctx).await);
    report("sweeping clients with a document", by_url::sweep(&ctx).await);
    report("sweeping accounts", user::sweep(&ctx).await);
    report("sweeping invitations", invitation::sweep(&ctx).await);
    report("sweeping limits", limit::sweep(&ctx).await);
    report("sweeping messages", message::sweep(&ctx).await);
    report("sweeping deliveries", delivery::sweep(&ctx).await);
    report("sweeping PINs", pin::sweep(&ctx).await);
    report("sweeping requests of devices", device::sweep(&ctx).await);
    report("sweeping requests on the phone", ciba::sweep(&ctx).await);
    report("sweeping links that take consents back", revoke_link::sweep(&ctx).await);
    report("sweeping initial access tokens", token::sweep(&ctx).await);
    report("sweeping grants", grant::sweep(&ctx).await);
    report("sweeping revocations", cache::sweep_revocations(&ctx).await);
}

fn report<T>(job: &str, result: Result<T, Fault>) {
    if let Err(error) = result {
        tracing::error!(job, %error, "a background job has failed; it will be tried again");
    }
}
