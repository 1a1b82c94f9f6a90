//! The master key: a file beside the database, made at the first start.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use model::seal::MasterKey;

use super::Config;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or written.
    #[error("the master key {0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// The file holds something else.
    #[error("the master key {0} must be 64 hexadecimal digits")]
    Form(PathBuf),
}

impl Config {
    /// The file with the master key.
    #[must_use]
    pub fn master_key_file(&self) -> PathBuf {
        self.master_key_file.clone().unwrap_or_else(|| self.data_dir.join("master.key"))
    }

    /// The master key. Creates it in the data folder if it was never there.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, or holds something else.
    pub fn master_key(&self) -> Result<MasterKey, MasterKeyError> {
        let file = self.master_key_file();
        let failed = |error| MasterKeyError::Io(file.clone(), error);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => create_master_key(&file).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = [0; 32];
        match hex_bytes(text.trim(), &mut bytes) {
            Some(()) => Ok(MasterKey::new(bytes)),
            None => Err(MasterKeyError::Form(file)),
        }
    }
}

fn create_master_key(file: &Path) -> std::io::Result<String> {
    use std::io::Write as _;
    let mut bytes = [0; 32];
    model::Rng::fill(&model::SystemRng, &mut bytes).map_err(std::io::Error::other)?;
    let mut text = String::with_capacity(65);
    for byte in bytes {
        let _infallible = write!(text, "{byte:02x}");
    }
    text.push('\n');
    if let Some(folder) = file.parent() {
        create_folder(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    Ok(text)
}

/// Creates a folder, if it is not there, that only we can look into.
pub(crate) fn create_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn hex_bytes(text: &str, bytes: &mut [u8; 32]) -> Option<()> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(())
}
