//! The program `portico` as a process of its own.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{
    Browser,
    database::{Copy, database_url, execute, postgres},
    digits, encode,
};

/// An empty database and an empty folder, for a program that runs outside of this process.
pub struct Outside {
    pub folder: PathBuf,
    pub url: String,
    _copy: Copy,
    _folder: tempfile::TempDir,
}

impl Outside {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let copy = match postgres() {
            None => {
                let url = format!("sqlite:{}", folder.path().join("portico.db").display());
                Copy { url, drop: None, _folder: None }
            }
            Some(admin) => {
                static NEXT: AtomicU64 = AtomicU64::new(1);
                let name = format!("portico_outside_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
                execute(&admin, &format!("CREATE DATABASE {name}")).await;
                Copy { url: database_url(&admin, &name), drop: Some((admin, name)), _folder: None }
            }
        };
        Self { folder: folder.path().to_owned(), url: copy.url.clone(), _copy: copy, _folder: folder }
    }
}

/// The program `portico`, serving the demo world on a port of its own. Killed when dropped.
pub struct Process {
    child: std::process::Child,
    /// Where it is.
    pub url: String,
    /// What it logs, as JSON.
    pub log: PathBuf,
}

impl Process {
    /// Starts it on a database, and waits until it serves.
    pub fn start(outside: &Outside) -> Self {
        Self::start_with(outside, &[])
    }

    /// Starts it with further arguments of `serve`.
    pub fn start_with(outside: &Outside, arguments: &[&str]) -> Self {
        use std::io::BufRead as _;
        let log = outside.folder.join("log");
        let file = std::fs::File::options().create(true).append(true).open(&log).expect("a file for the log");
        let mut command = Self::command(outside);
        command.env("PORTICO_LOG_LEVEL", "info").env("PORTICO_LOG_FORMAT", "json").stderr(file);
        command
            .args(["serve", "--demo-if-empty", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(std::process::Stdio::piped());
        let child = command.spawn().expect("the program starts");
        let mut process = Self { child, url: String::new(), log };
        let mut out = std::io::BufReader::new(process.child.stdout.take().expect("its output"));
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(out.read_line(&mut line).expect("text"), 0, "the program has ended before it served");
            if let Some(url) = line.trim().strip_prefix("Portico is at ") {
                // The rest is read too: a full pipe would stop the program.
                url.clone_into(&mut process.url);
                std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
                return process;
            }
        }
    }

    /// The program on a database, with no argument yet.
    pub fn command(outside: &Outside) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portico"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PORTICO_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&outside.folder)
            .env("PORTICO_DATABASE_URL", &outside.url)
            .env("PORTICO_DATA_DIR", &outside.folder)
            .env("PORTICO_LOG_LEVEL", "warn");
        command
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it has ended");
    }

    /// `kill -TERM`; how it ended.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        self.signal("-TERM");
        self.child.wait().expect("it has ended")
    }

    /// `kill` with a signal such as `-HUP`.
    pub fn signal(&self, signal: &str) {
        // The shell's own: not every machine has a program of that name.
        let kill = format!("kill {signal} {}", self.child.id());
        let killed = std::process::Command::new("sh").args(["-c", &kill]).status();
        assert!(killed.expect("there is a shell").success());
    }

    /// Goes from an authorization request through PIN and consent; the parameters of the redirect
    /// back to the client.
    pub async fn authorize(&self, url: &str, number: &str) -> BTreeMap<String, String> {
        let mut browser = Browser::at(&self.url);
        let page = browser.follow(url).await;
        let page = browser.submit_following(page.form("/login").set("number", number)).await;
        let outbox = format!("/sandbox/outbox?{}", encode(&[("format", "json"), ("to", number)]));
        let messages = browser.get(&outbox).await.json();
        let text = messages[0]["body"].as_str().unwrap_or_else(|| panic!("no message to {number}"));
        let pin = digits(text, 6).expect("a PIN");
        let page = browser.submit_following(page.form("/login/pin").set("pin", &pin)).await;
        browser.allow(page).await.redirect_parameters()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            log.lines().filter(|line| !line.contains("\"INFO\"")).for_each(|line| eprintln!("{line}"));
        }
    }
}
