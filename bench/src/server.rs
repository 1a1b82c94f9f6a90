//! The server under measurement: the release binary, with a fresh demo world, alone on its core.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Database};
use url::Url;

use crate::Result;
use crate::browser::authority;
use crate::http::{self, Connection};
use crate::signed::Signer;

pub struct Server {
    binary: PathBuf,
    /// The core that it has for itself.
    pub core: Option<String>,
    pub data: PathBuf,
    pub url: Url,
    pub address: SocketAddr,
    child: Option<Child>,
}

impl Server {
    pub fn new(binary: PathBuf, core: Option<String>, data: PathBuf) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self { binary, core, data, url: Url::parse(&format!("http://{address}"))?, address, child: None })
    }

    /// Starts the server, and says how long it took until the first answer.
    pub async fn start(&mut self) -> Result<Duration> {
        let mut command = match &self.core {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", core]).arg(&self.binary);
                command
            }
            None => Command::new(&self.binary),
        };
        let log = std::fs::File::create(self.data.with_extension("log"))?;
        command
            .args(["serve", "--demo-if-empty"])
            .env("PORTICO_LISTEN", self.address.to_string())
            .env("PORTICO_ISSUER", self.url.origin().ascii_serialization())
            .env("PORTICO_DATA_DIR", &self.data)
            .env("PORTICO_LOG_LEVEL", "warn")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let started = Instant::now();
        let child = self.child.insert(command.spawn()?);
        let probe = http::request("GET", &authority(&self.url), "/health/ready", &[], None);
        loop {
            if let Ok(answer) = Connection::new(self.address).exchange(&probe).await
                && answer.status == 200
            {
                return Ok(started.elapsed());
            }
            if let Some(status) = child.try_wait()? {
                let log = std::fs::read_to_string(self.data.with_extension("log")).unwrap_or_default();
                return Err(format!("the server ended with {status}:\n{log}").into());
            }
            if started.elapsed() > Duration::from_secs(60) {
                return Err("the server is not ready after a minute".into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Asks the server to stop, as an operator would, and waits for its end.
    pub async fn stop(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            Command::new("kill").args(["-TERM", &child.id().to_string()]).status()?;
            let asked = Instant::now();
            while child.try_wait()?.is_none() {
                if asked.elapsed() > Duration::from_secs(30) {
                    child.kill()?;
                    child.wait()?;
                    return Err("the server did not stop within 30 s of SIGTERM".into());
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(())
    }

    /// Resident memory, in megabytes.
    pub fn memory(&self) -> Option<f64> {
        let id = self.child.as_ref()?.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes / 1024.0)
    }

    /// The demo world's client that signs.
    pub fn signer(&self) -> Result<Signer> {
        let printed = Command::new(&self.binary).args(["demo", "--keys"]).output()?;
        Signer::new(&String::from_utf8(printed.stdout)?, &self.url.origin().ascii_serialization())
    }

    /// Changes rows of the stopped server's database.
    pub async fn sql(&self, statement: &str) -> Result<()> {
        let file = sqlite_file(&self.data)?;
        let db = Database::connect(format!("sqlite://{}", file.display())).await?;
        db.execute_unprepared(statement).await?;
        db.close().await?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Nobody is left to hear about it.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn sqlite_file(folder: &Path) -> Result<PathBuf> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let mut start = Vec::new();
        if path.is_file() {
            std::fs::File::open(&path)?.take(16).read_to_end(&mut start)?;
        }
        if start == b"SQLite format 3\0" {
            return Ok(path);
        }
    }
    Err(format!("{} holds no SQLite database", folder.display()).into())
}
