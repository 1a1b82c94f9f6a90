//! The log: lines on standard error, written by a thread of its own, so that no request waits for
//! a slow terminal or pipe.

use std::{
    io::{BufWriter, Write},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::JoinHandle,
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::config::{Config, LogFormat};

/// How many lines may wait before whoever logs waits too.
const WAITING: usize = 4096;

/// Starts the log. Its last lines are written when the returned value is dropped.
#[must_use]
pub fn start(config: &Config) -> Flush {
    let (lines, waiting) = sync_channel(WAITING);
    let writer = std::thread::spawn(move || write(&waiting));
    // The migrator announces itself at every start; what is configured can still ask for it.
    let filter = EnvFilter::builder().parse_lossy(format!("sea_orm_migration=warn,{}", config.log_level));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Lines(lines.clone()));
    let result = match config.log_format {
        LogFormat::Json => tracing::subscriber::set_global_default(builder.json().flatten_event(true).finish()),
        LogFormat::Text => {
            let colors = std::io::IsTerminal::is_terminal(&std::io::stderr());
            tracing::subscriber::set_global_default(builder.with_ansi(colors).finish())
        }
    };
    // Only a second start in one process can fail, and then the first one stands.
    let _already_started = result;
    Flush { lines, writer: Some(writer) }
}

/// Writes what is still waiting when dropped.
pub struct Flush {
    lines: SyncSender<Vec<u8>>,
    writer: Option<JoinHandle<()>>,
}

impl Drop for Flush {
    fn drop(&mut self) {
        // An empty line is never logged: it ends the writer.
        let _gone = self.lines.send(Vec::new());
        if let Some(writer) = self.writer.take() {
            let _panicked = writer.join();
        }
    }
}

fn write(waiting: &Receiver<Vec<u8>>) {
    let mut out = BufWriter::new(std::io::stderr());
    while let Ok(line) = waiting.recv() {
        let mut next = Some(line);
        while let Some(line) = next {
            if line.is_empty() {
                let _closed = out.flush();
                return;
            }
            // A log that nobody reads any more is no reason to stop.
            let _closed = out.write_all(&line);
            next = waiting.try_recv().ok();
        }
        let _closed = out.flush();
    }
}

struct Lines(SyncSender<Vec<u8>>);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { text: Vec::with_capacity(200), lines: self.0.clone() }
    }
}

/// One line; it is on its way once dropped.
struct Line {
    text: Vec<u8>,
    lines: SyncSender<Vec<u8>>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.text.is_empty() {
            let _stopped = self.lines.send(std::mem::take(&mut self.text));
        }
    }
}
