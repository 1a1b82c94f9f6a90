//! Pictures that somebody else has made. They are decoded and drawn anew, so that what is kept and
//! served is a picture and nothing else, and says nothing about where it was taken.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader};
use tokio::sync::Semaphore;

use crate::Fault;

/// One at a time: it takes much memory and a processor, and nobody waits for it to sign in.
static PLACE: Semaphore = Semaphore::const_new(1);

/// Draws where it holds nothing else up.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let _place = PLACE.acquire().await.map_err(|_| Fault::Stopped("drawing"))?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Fault::Stopped("drawing"))
}

/// What is not decoded: a few bytes can claim to be gigabytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// A longer side, in pixels.
    pub side: u32,
    /// What takes more memory, in bytes.
    pub memory: u64,
}

/// The picture of a file, the right way up. `None` for what is no PNG, JPEG or WebP, or beyond the
/// limits. The bytes say what they are, never a name or a header.
pub(crate) fn decoded(file: &[u8], limits: Limits) -> Option<DynamicImage> {
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().ok()?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) {
        return None;
    }
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.side);
    bounds.max_image_height = Some(limits.side);
    bounds.max_alloc = Some(limits.memory);
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().ok()?;
    // The decoder bounds what it needs itself, and not what comes out of it.
    if decoder.total_bytes() > limits.memory {
        return None;
    }
    let orientation = decoder.orientation().ok()?;
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    image.apply_orientation(orientation);
    Some(image)
}

/// As a PNG file, with nothing but its pixels.
pub(crate) fn png(image: DynamicImage) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    DynamicImage::from(image.into_rgba8()).write_to(&mut Cursor::new(&mut out), ImageFormat::Png).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { side: 64, memory: 8 * 1024 };

    #[test]
    fn what_is_too_large_is_not_decoded() {
        let file = |width, height| png(DynamicImage::new_rgba8(width, height)).expect("a file");
        let fits = decoded(&file(64, 32), LIMITS).expect("a picture");
        assert_eq!((fits.width(), fits.height()), (64, 32));
        for (width, height) in [(65, 1), (1, 65), (64, 33)] {
            assert!(decoded(&file(width, height), LIMITS).is_none(), "{width} x {height}");
        }
    }
}
