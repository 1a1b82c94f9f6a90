//! The logos of clients. A client names an address (`logo_uri`; RFC 7591, section 2), and a page of
//! ours loads nothing from anywhere else. So what is there is fetched, drawn anew, and served from here:
//! nobody learns who looks at a sign-in, and what was seen once is not exchanged for something else
//! meanwhile.
//!
//! A row is written with the client, and says what is to be fetched and when. A background job
//! fetches: nobody waits for the server of somebody else. A copy belongs to its address; with another
//! address it goes at once.

use std::time::Duration;

use image::imageops::FilterType;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, EntityTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, sea_query::OnConflict,
};
use uuid::Uuid;

use super::{Client, Metadata};
use crate::{
    Context, Fault, Timestamp,
    change::Change,
    days,
    db::Tx,
    drawing::{Limits, aside, decoded, png},
    entity::{client, logo},
    hours,
    limit::{self, Budget, Rule, TooMany},
    minutes,
    outgoing::{self, Request},
};

/// Below it, every copy has its address.
pub const PATH: &str = "/clients/logos";

/// The largest file that is read, in bytes.
const LARGEST: usize = 512 * 1024;
/// What is not decoded.
const LIMITS: Limits = Limits { side: 2_048, memory: 32 * 1024 * 1024 };
/// How long the longer side of a copy is at most, in pixels.
const SIDE: u32 = 256;
const KIND: &str = "image/png";

/// How many are fetched at once.
const AT_ONCE: u64 = 16;
/// How many one client can have fetched, however often it names another address.
const OF_ONE: Rule = Rule::new(10, hours(1));
/// How long a copy is good, in milliseconds.
const RENEWED: i64 = days(7);

/// How long after its n-th attempt (from 1) in a row an address is tried again, in milliseconds, if it is.
/// One that had a logo is looked at for a few weeks more.
fn pause(attempt: i32, copied: bool) -> Option<i64> {
    match attempt {
        ..=1 => Some(minutes(10)),
        2 => Some(hours(3)),
        3 => Some(hours(20)),
        4..=7 if copied => Some(RENEWED),
        _ => None,
    }
}

/// Where a copy is.
#[must_use]
pub fn path(copy: Uuid) -> String {
    format!("{PATH}/{}", copy.simple())
}

/// Notes that a new client names a logo, if it does. [`wake`] whoever fetches it after the commit.
pub(super) async fn want(tx: &Tx, ctx: &Context, client: Uuid, uri: Option<&str>) -> Result<(), Fault> {
    let Some(uri) = uri else { return Ok(()) };
    let row = logo::ActiveModel {
        client_id: Set(client),
        uri: Set(uri.to_owned()),
        attempts: Set(0),
        next_at: Set(Some(ctx.now())),
        ..Default::default()
    };
    logo::Entity::insert(row)
        .on_conflict(OnConflict::column(logo::Column::ClientId).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Notes what a client that has changed names now: the copy of another address goes.
pub(super) async fn want_instead(tx: &Tx, ctx: &Context, client: Uuid, uri: Option<&str>) -> Result<(), Fault> {
    let mut former = logo::Entity::delete_many().filter(logo::Column::ClientId.eq(client));
    if let Some(uri) = uri {
        former = former.filter(logo::Column::Uri.ne(uri));
    }
    former.exec(tx).await?;
    want(tx, ctx, client, uri).await
}

/// Wakes whoever fetches.
pub(super) fn wake(ctx: &Context) {
    ctx.logo_wanted().notify_one();
}

/// Waits until a logo may be due: a client names one, or a while has passed.
pub async fn wait_for_work(ctx: &Context) {
    let _either = tokio::time::timeout(Duration::from_secs(10), ctx.logo_wanted().notified()).await;
}

#[derive(FromQueryResult)]
struct Due {
    client_id: Uuid,
    uri: String,
    copy_id: Option<Uuid>,
    attempts: i32,
    next_at: Timestamp,
}

/// Fetches logos that are due, each once. Returns how many copies are new or as good as new.
///
/// # Errors
///
/// When the database fails.
pub async fn fetch_due(ctx: &Context) -> Result<usize, Fault> {
    let due: Vec<Due> = logo::Entity::find()
        .select_only()
        .columns([
            logo::Column::ClientId,
            logo::Column::Uri,
            logo::Column::CopyId,
            logo::Column::Attempts,
            logo::Column::NextAt,
        ])
        .filter(logo::Column::NextAt.lte(ctx.now()))
        .order_by_asc(logo::Column::NextAt)
        .limit(AT_ONCE)
        .into_model()
        .all(ctx.db().reader())
        .await?;
    let mut copied = 0;
    for fetched in futures::future::join_all(due.into_iter().map(|due| fetch(ctx, due))).await {
        copied += usize::from(fetched?);
    }
    Ok(copied)
}

async fn fetch(ctx: &Context, due: Due) -> Result<bool, Fault> {
    if !claim(ctx, &due).await? {
        return Ok(false);
    }
    let Some(url) = outgoing::admitted(ctx, &due.uri) else { return fail(ctx, due).await };
    if let Err(TooMany { retry_after }) = spend(ctx, &due, url.host_str().unwrap_or_default()).await? {
        let row = logo::ActiveModel {
            attempts: Set(due.attempts),
            next_at: Set(Some(ctx.now().plus(retry_after))),
            ..Default::default()
        };
        update(ctx, due, row).await?;
        return Ok(false);
    }
    let request = Request::get(url).accept("image/png, image/jpeg, image/webp").at_most(LARGEST);
    let file = outgoing::send(ctx, request).await.ok().filter(|answer| answer.status == 200);
    let drawn = match file {
        Some(answer) => aside(move || drawn(&answer.body)).await?,
        None => None,
    };
    match drawn {
        Some(content) => keep(ctx, due, content).await,
        None => fail(ctx, due).await,
    }
}

/// Takes what is due for one attempt: of several nodes, one.
async fn claim(ctx: &Context, due: &Due) -> Result<bool, Fault> {
    let attempts = due.attempts + 1;
    let next = pause(attempts, due.copy_id.is_some()).map(|pause| ctx.now().plus(pause));
    let claiming = (due.client_id, due.uri.clone(), due.attempts, due.next_at, next);
    ctx.db()
        .write(claiming, |tx, (client, uri, attempts, at, next)| {
            Box::pin(async move {
                let row = logo::ActiveModel { attempts: Set(*attempts + 1), next_at: Set(*next), ..Default::default() };
                let claimed = logo::Entity::update_many()
                    .set(row)
                    .filter(logo::Column::ClientId.eq(*client))
                    .filter(logo::Column::Uri.eq(uri.as_str()))
                    .filter(logo::Column::Attempts.eq(*attempts))
                    .filter(logo::Column::NextAt.eq(*at))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(claimed.rows_affected == 1)
            })
        })
        .await
}

/// Whoever names addresses must not make us a nuisance to their hosts.
async fn spend(ctx: &Context, due: &Due, host: &str) -> Result<Result<(), TooMany>, Fault> {
    let budgets = vec![
        Budget::new(ctx, "logo_client", &due.client_id.to_string(), OF_ONE),
        Budget::new(ctx, "logo_host", host, ctx.settings().limits.fetch_host),
    ];
    let taken = ctx.db().write((budgets, ctx.now()), |tx, (budgets, now)| {
        Box::pin(async move { limit::take(tx, budgets, *now).await })
    });
    taken.await
}

/// The picture of a file, drawn anew. It keeps its shape, and what one can see through.
fn drawn(file: &[u8]) -> Option<Vec<u8>> {
    let image = decoded(file, LIMITS)?;
    let fits = image.width() <= SIDE && image.height() <= SIDE;
    png(if fits { image } else { image.resize(SIDE, SIDE, FilterType::Triangle) })
}

/// Keeps a copy, unless the client names another address by now. One that looks as before stays where it is.
async fn keep(ctx: &Context, due: Due, content: Vec<u8>) -> Result<bool, Fault> {
    ctx.db()
        .write((ctx.clone(), due.client_id, due.uri, content), |tx, (ctx, client, uri, content)| {
            Box::pin(async move {
                let found = logo::Entity::find_by_id(*client).filter(logo::Column::Uri.eq(uri.as_str()));
                let Some(before) = found.one(tx).await? else { return Ok(false) };
                let now = ctx.now();
                let mut row = logo::ActiveModel {
                    fetched_at: Set(Some(now)),
                    attempts: Set(0),
                    failed_at: Set(None),
                    next_at: Set(Some(now.plus(RENEWED))),
                    ..Default::default()
                };
                let other = before.content.as_ref() != Some(content);
                if other {
                    row.copy_id = Set(Some(uuid::Builder::from_random_bytes(ctx.random()?).into_uuid()));
                    row.content_type = Set(Some(KIND.to_owned()));
                    row.content = Set(Some(content.clone()));
                }
                let kept = logo::Entity::update_many()
                    .set(row)
                    .filter(logo::Column::ClientId.eq(*client))
                    .filter(logo::Column::Uri.eq(uri.as_str()))
                    .exec(tx)
                    .await?;
                if other && let Some(client) = client::Entity::find_by_id(*client).one(tx).await? {
                    tx.changed(Change::Client(client.client_id));
                }
                Ok::<_, Fault>(kept.rows_affected == 1)
            })
        })
        .await
}

/// Notes that there was no logo. A copy of before stays.
async fn fail(ctx: &Context, due: Due) -> Result<bool, Fault> {
    tracing::info!(client = %due.client_id, attempt = due.attempts + 1, "a logo could not be fetched");
    update(ctx, due, logo::ActiveModel { failed_at: Set(Some(ctx.now())), ..Default::default() }).await?;
    Ok(false)
}

async fn update(ctx: &Context, due: Due, row: logo::ActiveModel) -> Result<(), Fault> {
    ctx.db()
        .write((due.client_id, due.uri, row), |tx, (client, uri, row)| {
            Box::pin(async move {
                logo::Entity::update_many()
                    .set(row.clone())
                    .filter(logo::Column::ClientId.eq(*client))
                    .filter(logo::Column::Uri.eq(uri.as_str()))
                    .exec(tx)
                    .await?;
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// A copy by the id in its address, as content type and content. Everybody may see it.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, copy: Uuid) -> Result<Option<(String, Vec<u8>)>, Fault> {
    let row: Option<(Option<String>, Option<Vec<u8>>)> = logo::Entity::find()
        .select_only()
        .columns([logo::Column::ContentType, logo::Column::Content])
        .filter(logo::Column::CopyId.eq(copy))
        .into_tuple()
        .one(ctx.db().reader())
        .await?;
    Ok(row.and_then(|(kind, content)| kind.zip(content)))
}

/// The path of the copy of what a client names, if there is one.
pub(crate) async fn copy_of(ctx: &Context, client: Uuid, metadata: &Metadata) -> Result<Option<String>, Fault> {
    let Some(uri) = &metadata.logo_uri else { return Ok(None) };
    let copy: Option<Option<Uuid>> = logo::Entity::find()
        .select_only()
        .column(logo::Column::CopyId)
        .filter(logo::Column::ClientId.eq(client))
        .filter(logo::Column::Uri.eq(uri.as_str()))
        .into_tuple()
        .one(ctx.db().reader())
        .await?;
    Ok(copy.flatten().map(path))
}

/// The logo that a client names, for its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// The address.
    pub uri: String,
    /// What became of it.
    pub standing: Standing,
}

/// What became of a client's logo. Why one could not be fetched is not said: that would be a map of
/// our network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has tried yet.
    Awaited,
    /// There is a copy.
    Copied {
        /// Where it is.
        path: String,
        /// How old it is.
        fetched_at: Timestamp,
    },
    /// There was none.
    Missing {
        /// When it is tried again, if it is.
        next_at: Option<Timestamp>,
    },
}

#[derive(FromQueryResult)]
struct Row {
    copy_id: Option<Uuid>,
    fetched_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
    next_at: Option<Timestamp>,
}

/// The logo that a client names, if it names one.
///
/// # Errors
///
/// When the database fails.
pub async fn of(ctx: &Context, client: &Client) -> Result<Option<Logo>, Fault> {
    let Some(uri) = Metadata::parse(&client.metadata).logo_uri else { return Ok(None) };
    let row: Option<Row> = logo::Entity::find()
        .select_only()
        .columns([logo::Column::CopyId, logo::Column::FetchedAt, logo::Column::FailedAt, logo::Column::NextAt])
        .filter(logo::Column::ClientId.eq(client.id))
        .filter(logo::Column::Uri.eq(uri.as_str()))
        .into_model()
        .one(ctx.db().reader())
        .await?;
    let standing = match row {
        Some(Row { copy_id: Some(copy), fetched_at: Some(fetched_at), .. }) => {
            Standing::Copied { path: path(copy), fetched_at }
        }
        Some(Row { failed_at: Some(_), next_at, .. }) => Standing::Missing { next_at },
        _ => Standing::Awaited,
    };
    Ok(Some(Logo { uri, standing }))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat};

    use super::*;

    fn file_of(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut out = Vec::new();
        let image = match format {
            ImageFormat::Jpeg => DynamicImage::new_rgb8(width, height),
            _ => DynamicImage::new_rgba8(width, height),
        };
        image.write_to(&mut Cursor::new(&mut out), format).expect("an encoded picture");
        out
    }

    #[test]
    fn a_logo_keeps_its_shape_and_fits() {
        for (width, height, format, fitted) in [
            (1024, 512, ImageFormat::Png, (256, 128)),
            (300, 900, ImageFormat::WebP, (85, 256)),
            (40, 20, ImageFormat::Jpeg, (40, 20)),
            (2048, 1, ImageFormat::Png, (256, 1)),
        ] {
            let copy = drawn(&file_of(width, height, format)).expect("a logo");
            assert_eq!(image::guess_format(&copy).expect("a format"), ImageFormat::Png);
            let copy = image::load_from_memory(&copy).expect("a picture");
            assert_eq!((copy.width(), copy.height()), fitted, "{width} x {height}");
        }
        let clear = image::load_from_memory(&drawn(&file_of(4, 4, ImageFormat::Png)).expect("a logo"));
        assert_eq!(clear.expect("a picture").into_rgba8().get_pixel(1, 1).0, [0, 0, 0, 0]);
    }

    #[test]
    fn what_is_no_logo_is_refused() {
        assert!(drawn(&file_of(2049, 1, ImageFormat::Png)).is_none());
        for file in [&b"<svg onload=alert(1)>"[..], b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<!doctype html>", &[0; 100]] {
            assert!(drawn(file).is_none());
        }
    }

    #[test]
    fn an_address_without_a_logo_is_given_up() {
        let in_a_row = |copied| (1..).map_while(|n| pause(n, copied)).collect::<Vec<_>>();
        assert_eq!(in_a_row(false), [minutes(10), hours(3), hours(20)]);
        assert_eq!(in_a_row(true).len(), 7);
        assert!(in_a_row(true).is_sorted());
    }
}
