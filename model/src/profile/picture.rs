//! Pictures of people. What is uploaded is decoded and drawn anew, so that what is kept and served
//! is a picture and nothing else, of one size, and does not say where it was taken.

use image::{DynamicImage, codecs::jpeg::JpegEncoder, imageops::FilterType};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::touch;
use crate::{
    Context, Fault,
    audit::{self, Event},
    db::Tx,
    drawing::{Limits, aside, decoded, png},
    entity::picture,
    limit::{self, Budget, TooMany},
};

/// The most bytes of an upload. The server takes no larger body.
pub const LARGEST: usize = 1500 * 1024;
/// How long the sides are that it is cut to, in pixels.
const SIDE: u32 = 512;
/// What is not decoded.
const LIMITS: Limits = Limits { side: 8_192, memory: 128 * 1024 * 1024 };

/// Why a picture was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// There is no file.
    #[error("Choose a file.")]
    Missing,
    /// More than [`LARGEST`] bytes.
    #[error("Choose a file of at most {} kB.", LARGEST / 1024)]
    TooLarge,
    /// Not a picture, or of another kind.
    #[error("Choose a PNG, JPEG or WebP picture.")]
    Kind,
    /// Too many of them.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Something failed inside.
    #[error(transparent)]
    Fault(#[from] Fault),
}

crate::from_database!(PictureError);

/// Says of a request that it brought more than a picture may have, and that nobody kept it.
#[derive(Clone, Copy, Debug)]
pub struct Overlong;

/// Replaces the picture of a user.
///
/// # Errors
///
/// See [`PictureError`].
pub async fn replace(ctx: &Context, user: Uuid, file: &[u8]) -> Result<(), PictureError> {
    if file.is_empty() {
        return Err(PictureError::Missing);
    }
    if file.len() > LARGEST {
        return Err(PictureError::TooLarge);
    }
    let budget = Budget::new(ctx, "picture", &user.to_string(), ctx.settings().limits.picture_account);
    ctx.db()
        .write((ctx.now(), budget), |tx, (now, budget)| {
            Box::pin(async move { limit::take(tx, std::slice::from_ref(budget), *now).await })
        })
        .await??;
    let file = file.to_vec();
    let drawn = aside(move || redrawn(&file)).await?;
    let drawn = drawn.ok_or(PictureError::Kind)?;
    ctx.db()
        .write((ctx.clone(), user, drawn), |tx, (ctx, user, drawn)| {
            Box::pin(async move {
                store(tx, ctx, *user, drawn.clone()).await?;
                Ok(note(tx, ctx, *user, "Changed the picture").await?)
            })
        })
        .await
}

async fn note(tx: &Tx, ctx: &Context, user: Uuid, detail: &str) -> Result<(), Fault> {
    let event = Event {
        action: "user.picture_changed",
        organization: None,
        actor: Some(user),
        object_kind: "user",
        object: Some(user),
        detail: detail.to_owned(),
    };
    audit::record(tx, ctx, event).await
}

/// A picture as it is kept: what kind of file it is, and its bytes.
pub(super) type Drawn = (&'static str, Vec<u8>);

/// Stores a picture in place of the former one.
pub(super) async fn store(tx: &Tx, ctx: &Context, user: Uuid, (kind, content): Drawn) -> Result<(), Fault> {
    let row = picture::ActiveModel {
        // Not one that tells when it was made, and so which other ones there are.
        id: Set(uuid::Builder::from_random_bytes(ctx.random()?).into_uuid()),
        user_id: Set(user),
        content_type: Set(kind.to_owned()),
        content: Set(content),
        created_at: Set(ctx.now()),
    };
    picture::Entity::delete_many().filter(picture::Column::UserId.eq(user)).exec(tx).await?;
    picture::Entity::insert(row).exec_without_returning(tx).await?;
    touch(tx, ctx, user).await
}

/// Removes the picture of a user, if there is one.
///
/// # Errors
///
/// When the database fails.
pub async fn remove(ctx: &Context, user: Uuid) -> Result<(), Fault> {
    ctx.db()
        .write((ctx.clone(), user), |tx, (ctx, user)| {
            Box::pin(async move {
                let gone = picture::Entity::delete_many().filter(picture::Column::UserId.eq(*user)).exec(tx).await?;
                if gone.rows_affected > 0 {
                    note(tx, ctx, *user, "Removed the picture").await?;
                }
                touch(tx, ctx, *user).await
            })
        })
        .await
}

/// A picture by the id in its address, which everybody may see who has the address.
///
/// # Errors
///
/// When the database fails.
pub async fn find(ctx: &Context, id: Uuid) -> Result<Option<picture::Model>, Fault> {
    Ok(picture::Entity::find_by_id(id).one(ctx.db().reader()).await?)
}

/// Where a user's picture is.
///
/// # Errors
///
/// When the database fails.
pub async fn of(ctx: &Context, user: Uuid) -> Result<Option<String>, Fault> {
    use sea_orm::QuerySelect as _;
    let id = picture::Entity::find()
        .select_only()
        .column(picture::Column::Id)
        .filter(picture::Column::UserId.eq(user))
        .into_tuple::<Uuid>()
        .one(ctx.db().reader())
        .await?;
    Ok(id.map(path))
}

fn path(id: Uuid) -> String {
    format!("/pictures/{}", id.simple())
}

pub(super) fn url(ctx: &Context, id: Uuid) -> String {
    format!("{}{}", ctx.settings().public_url, path(id))
}

/// The picture drawn anew, and what kind of file it is then.
fn redrawn(file: &[u8]) -> Option<Drawn> {
    encoded(decoded(file, LIMITS)?.resize_to_fill(SIDE, SIDE, FilterType::Triangle))
}

fn encoded(image: DynamicImage) -> Option<Drawn> {
    if image.color().has_alpha() {
        Some(("image/png", png(image)?))
    } else {
        let mut out = Vec::new();
        image.into_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut out, 85)).ok()?;
        Some(("image/jpeg", out))
    }
}

/// A picture of one color.
pub(super) fn plain(color: [u8; 3]) -> Result<Drawn, Fault> {
    let image = image::RgbImage::from_pixel(SIDE, SIDE, image::Rgb(color));
    encoded(image.into()).ok_or(Fault::Crypto("drawing a picture"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageFormat;

    use super::*;

    fn file_of(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Vec::new();
        image.write_to(&mut Cursor::new(&mut out), format).expect("an encoded picture");
        out
    }

    #[test]
    fn pictures_are_drawn_anew_in_one_size() {
        let plain = DynamicImage::new_rgb8(40, 20);
        let clear = DynamicImage::new_rgba8(600, 900);
        for (file, kind) in [
            (file_of(&plain, ImageFormat::Jpeg), "image/jpeg"),
            (file_of(&plain, ImageFormat::WebP), "image/jpeg"),
            (file_of(&clear, ImageFormat::Png), "image/png"),
        ] {
            let (content_type, content) = redrawn(&file).expect("a picture");
            assert_eq!(content_type, kind);
            let drawn = image::load_from_memory(&content).expect("a picture");
            assert_eq!((drawn.width(), drawn.height()), (SIDE, SIDE));
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let mut polyglot = file_of(&DynamicImage::new_rgb8(4, 4), ImageFormat::Png);
        polyglot.extend_from_slice(b"<script>alert(1)</script>");
        let (_, content) = redrawn(&polyglot).expect("a picture");
        assert!(!content.windows(8).any(|bytes| bytes == b"<script>"), "what hangs on it is not kept");
        for file in [&b"<svg onload=alert(1)>"[..], b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<!doctype html>", &[0; 100]] {
            assert!(redrawn(file).is_none());
        }
    }
}
