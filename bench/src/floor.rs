//! What the machine can do at all, measured beside what Portico does on it. The budgets were set on a
//! machine whose figures are known: figures of another one are read against these.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use tokio::net::TcpListener;

use crate::Result;

/// A second on one core of the machine of the budgets: answers of a bare server, and ES256 signatures.
pub const ANSWERS: u32 = 157_000;
pub const SIGNATURES: u32 = 65_600;

/// The argument with which this program is the bare server, or signs.
pub const SERVE: &str = "--floor-serve";
pub const SIGN: &str = "--floor-sign";

/// This program again, on the server's core.
fn on(core: Option<&str>, argument: &str) -> Result<Command> {
    let this = std::env::current_exe()?;
    let mut command = match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", core]).arg(this);
            command
        }
        None => Command::new(this),
    };
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::piped());
    Ok(command)
}

/// The bare server, for as long as it is held.
pub struct Bare {
    child: Child,
    pub address: SocketAddr,
}

impl Bare {
    pub fn start(core: Option<&str>) -> Result<Self> {
        let mut child = on(core, SERVE)?.spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().ok_or("no output")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line)?;
        Ok(Self { child, address: line.trim().parse()? })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // Nobody is left to hear about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers `hello` until it is ended.
pub async fn serve() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "hello" }));
    axum::serve(listener, router).await?;
    Ok(())
}

/// How many signatures the server's core makes in a second.
pub fn signatures(core: Option<&str>) -> Result<f64> {
    let output = on(core, SIGN)?.output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Signs for a second, and says how often.
pub fn sign() -> Result<()> {
    let random = SystemRandom::new();
    let failed = |_| "the key was refused";
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
    // As long as the header and claims of a token.
    let message = [b'x'; 400];
    let started = Instant::now();
    let mut count = 0_u32;
    while started.elapsed() < Duration::from_secs(1) {
        pair.sign(&random, &message).map_err(failed)?;
        count += 1;
    }
    println!("{:.0}", f64::from(count) / started.elapsed().as_secs_f64());
    Ok(())
}
