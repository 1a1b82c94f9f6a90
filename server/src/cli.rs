//! The command line.

use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use model::{
    client::dynamic::token::{self, LetInError, NewToken},
    demo,
    entity::SigningAlg,
    id,
    key::{self, KeyError},
    product,
    user::{self, AccountError, Invalid, SignUp},
};
use uuid::Uuid;

use crate::{
    config::{self, Config, Sources},
    doctor, log,
    serve::{Stopped, create_demo, database, open_database, open_model, serve},
};

/// A developer portal with an identity provider built in.
#[derive(Parser)]
#[command(name = "portico", version, about)]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Options {
    /// The configuration file [default: portico.toml, if it exists]
    #[arg(long, global = true, env = "PORTICO_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any key of the configuration, such as log.level=debug; can be repeated
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// The folder for the database and the master key
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it must be KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

#[derive(Subcommand)]
enum Command {
    /// Serve the portal and the identity provider
    Serve {
        /// The address to listen on, such as 127.0.0.1:3000
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<String>,
        /// Serve HTTPS with this certificate (PEM), without a proxy
        #[arg(long, value_name = "FILE", requires = "tls_key")]
        tls_cert: Option<String>,
        /// The certificate's private key (PEM)
        #[arg(long, value_name = "FILE", requires = "tls_cert")]
        tls_key: Option<String>,
        /// Create the demo world if the database is new
        #[arg(long)]
        demo_if_empty: bool,
    },
    /// Bring the database's tables up to date
    Migrate,
    /// Create the demo world in an empty database
    Demo {
        /// Only print the key pair of its client `demo-fapi`, as a JSON Web Key
        #[arg(long)]
        keys: bool,
    },
    /// Local administration
    #[command(subcommand)]
    Admin(Admin),
    /// Signing and sealing keys
    #[command(subcommand)]
    Keys(Keys),
    /// Clients that register themselves
    #[command(subcommand)]
    Registration(RegistrationCommand),
    /// Check configuration, database, clock, keys, outgoing mail and SMS, and say what to do
    Doctor,
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Subcommand)]
enum Admin {
    /// Create a user with a verified address; the password is read from standard input
    CreateUser {
        /// The address to sign in with
        #[arg(long)]
        email: String,
        /// The person's name
        #[arg(long)]
        name: String,
        /// Make this a platform administrator
        #[arg(long)]
        administrator: bool,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// List the keys and when each is used
    List,
    /// Put new keys in the place of the current ones, now
    Rotate {
        /// Only the keys of this algorithm: RS256, ES256 or EdDSA
        #[arg(long, value_name = "ALG", value_parser = alg)]
        alg: Option<SigningAlg>,
    },
    /// Use a key no longer; what it signed stays good
    Retire {
        /// Its id
        #[arg(value_name = "KEY")]
        id: Uuid,
    },
    /// Destroy a key that others may have: whatever it signed stops being good
    Pull {
        /// Its id
        #[arg(value_name = "KEY")]
        id: Uuid,
        /// For the log
        #[arg(long)]
        reason: String,
        /// Only say what it would do
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Subcommand)]
enum RegistrationCommand {
    /// Make an initial access token, with which programs register clients of a product
    Token {
        /// The organization's id, as its page's address has it: org_…
        #[arg(long, value_name = "ID")]
        organization: String,
        /// The product's id, as its page's address has it: prd_…
        #[arg(long, value_name = "ID")]
        product: String,
        /// Who gets it, for the history
        #[arg(long, default_value = "Command line")]
        label: String,
        /// For how many days it works
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
        /// How many clients it registers; without it, any number
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..))]
        uses: Option<i64>,
    },
}

fn alg(text: &str) -> Result<SigningAlg, String> {
    let names = || SigningAlg::ALL.iter().map(|alg| alg.as_str()).collect::<Vec<_>>().join(", ");
    SigningAlg::parse(text).ok_or_else(|| format!("it can be {}", names()))
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print a file with every key, its meaning and its default
    Example,
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Config(ConfigCommand::Example)) {
        print(&config::example());
        return ExitCode::SUCCESS;
    }
    let mut flags = cli.options.set;
    flags.extend(cli.options.data_dir.map(|folder| ("data_dir".to_owned(), folder)));
    if let Command::Serve { listen, tls_cert, tls_key, .. } = &cli.command {
        let given = [("listen", listen), ("tls.certificate", tls_cert), ("tls.key", tls_key)];
        flags.extend(given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))));
    }
    let config = match Config::read(&Sources::of_process(cli.options.config, flags)) {
        Ok(config) => config,
        Err(error) => return fail(&error.to_string()),
    };
    let _flush = log::start(&config);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("no threads: {error}")),
    };
    match runtime.block_on(run(&config, cli.command)) {
        Ok(code) => code,
        Err(error) => fail(&error.to_string()),
    }
}

async fn run(config: &Config, command: Command) -> Result<ExitCode, Stopped> {
    match command {
        Command::Serve { demo_if_empty, .. } => serve(config, demo_if_empty).await?,
        Command::Migrate => {
            let db = open_database(config).await?;
            let pending = db.pending_migrations().await.map_err(|fault| database(config, fault))?;
            db.migrate().await.map_err(|fault| database(config, fault))?;
            db.close().await;
            match pending.as_slice() {
                [] => print("The tables are up to date.\n"),
                names => print(&format!("Done: {}\n", names.join(", "))),
            }
        }
        Command::Demo { keys: true } => print(&format!("{}\n", demo::FAPI_KEY)),
        Command::Demo { keys: false } => {
            let ctx = opened(config).await?;
            let created = create_demo(config, &ctx).await;
            ctx.db().close().await;
            created?;
            print(&format!(
                "The demo world is there: sign in as dev@portico.test with {}\nThe key pair of demo-fapi: {}\n",
                demo::PASSWORD,
                demo::FAPI_KEY,
            ));
        }
        Command::Admin(Admin::CreateUser { email, name, administrator }) => {
            return create_user(config, SignUp { name, email, password: String::new() }, administrator).await;
        }
        Command::Keys(command) => return keys(config, &command).await,
        Command::Registration(RegistrationCommand::Token { organization, product, label, days, uses }) => {
            let place = id::parse(id::ORGANIZATION, &organization).zip(id::parse(id::PRODUCT, &product));
            let Some(place) = place else { return Ok(fail("an id is org_… or prd_… with 32 hexadecimal digits")) };
            return registration_token(config, place, label, model::days(i64::from(days)), uses).await;
        }
        Command::Doctor => return Ok(doctor::examine(config).await),
        Command::Config(ConfigCommand::Example) => print(&config::example()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The model on a database that is migrated first.
async fn opened(config: &Config) -> Result<model::Context, Stopped> {
    let db = open_database(config).await?;
    db.migrate().await.map_err(|fault| database(config, fault))?;
    open_model(config, db).await
}

async fn create_user(config: &Config, mut given: SignUp, administrator: bool) -> Result<ExitCode, Stopped> {
    let ctx = opened(config).await?;
    given.password = match read_password() {
        Ok(password) => password,
        Err(error) => return Ok(fail(&format!("the password cannot be read: {error}"))),
    };
    let created = user::create(&ctx, &given, administrator).await;
    ctx.db().close().await;
    match created {
        Ok(user) => {
            print(&format!("{} can sign in at {}/signin\n", user.email, config.public_url()));
            Ok(ExitCode::SUCCESS)
        }
        Err(AccountError::Invalid(problems)) => {
            for problem in problems {
                let text = match problem {
                    Invalid::Name(_) => {
                        format!("the name must be one line of at most {} characters", user::LONGEST_NAME)
                    }
                    Invalid::Email(_) => "this is not an address that mail can be sent to".to_owned(),
                    Invalid::Password(weakness) => format!("the password: {weakness}"),
                };
                let _failed = fail(&text);
            }
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Ok(fail(&error.to_string())),
    }
}

/// One line of standard input; at a terminal it is asked for and not shown.
fn read_password() -> std::io::Result<String> {
    let terminal = std::io::stdin().is_terminal();
    let echo = |on: &str| std::process::Command::new("stty").arg(on).status().map(|status| status.success());
    if terminal {
        let mut out = std::io::stderr();
        out.write_all(b"Password: ")?;
        out.flush()?;
        let _shown_then = echo("-echo");
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    if terminal {
        let _shown_before = echo("echo");
        std::io::stderr().write_all(b"\n")?;
    }
    read?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn keys(config: &Config, command: &Keys) -> Result<ExitCode, Stopped> {
    let ctx = opened(config).await?;
    let done = change_keys(&ctx, command).await;
    let listed = key::list(&ctx).await.map_err(|fault| database(config, fault));
    ctx.db().close().await;
    match done {
        Ok(text) => print(&text),
        Err(KeyError::Fault(fault)) => return Err(database(config, fault)),
        Err(error) => return Ok(fail(&error.to_string())),
    }
    let mut text = format!("{:<38}{:<8}{:<10}{:<18}{:<18}{}\n", "key", "use", "state", "from", "until", "gone");
    for row in listed? {
        let [retired, gone] = [row.retired_at, row.expires_at].map(|at| at.map(shown).unwrap_or_default());
        let state = row.state.as_str();
        let from = shown(row.active_from);
        let line = format!("{:<38}{:<8}{state:<10}{from:<18}{retired:<18}{gone}", row.id.to_string(), row.purpose);
        text += line.trim_end();
        text.push('\n');
    }
    print(&text);
    Ok(ExitCode::SUCCESS)
}

async fn registration_token(
    config: &Config,
    (organization, product): (Uuid, Uuid),
    label: String,
    lifetime: i64,
    most_uses: Option<i64>,
) -> Result<ExitCode, Stopped> {
    let ctx = opened(config).await?;
    let made = async {
        let new = NewToken { id: ctx.new_id()?, label, lifetime, most_uses };
        match product::of(organization).find(&ctx, product).await? {
            Some(product) => token::let_in(&ctx, None, &product, &new).await.map(Some),
            None => Ok(None),
        }
    };
    let made = made.await;
    ctx.db().close().await;
    let made = match made {
        Err(LetInError::Label(_)) => return Ok(fail("a label is one line of at most 60 characters")),
        Err(LetInError::Again) => return Ok(fail("the token exists already")),
        Err(LetInError::Fault(fault)) => return Err(database(config, fault)),
        Ok(made) => made,
    };
    match made {
        Some(token) => {
            print(&format!("{}\n", token.reveal()));
            Ok(ExitCode::SUCCESS)
        }
        None => Ok(fail("the organization has no such product")),
    }
}

/// Does what was asked; what to say about it.
async fn change_keys(ctx: &model::Context, command: &Keys) -> Result<String, KeyError> {
    const FOLLOW: &str = "Running servers follow within five seconds.\n\n";
    match command {
        Keys::List => Ok(String::new()),
        Keys::Rotate { alg } => {
            key::rotate(ctx, None, *alg).await?;
            Ok(FOLLOW.to_owned())
        }
        Keys::Retire { id } => {
            key::retire(ctx, None, *id).await?;
            Ok(FOLLOW.to_owned())
        }
        Keys::Pull { id, reason, dry_run } => {
            let listed = key::find(ctx, *id).await?.ok_or(KeyError::Unknown)?;
            let impact = key::impact(ctx, &listed).await?;
            let hours = impact.hours(ctx.now());
            let numbers = format!(
                "{} clients use {} keys. At least {} living authorizations have a token of this one; the last would have\n\
                 expired by itself in {hours} hours.\n",
                impact.clients, listed.purpose, impact.authorizations
            );
            if *dry_run {
                return Ok(format!("{numbers}Nothing was done.\n\n"));
            }
            key::pull(ctx, None, *id, reason).await?;
            Ok(format!("{numbers}The key is destroyed. {FOLLOW}"))
        }
    }
}

/// To the minute, in UTC.
fn shown(at: model::Timestamp) -> String {
    let at = at.to_offset();
    format!("{:04}-{:02}-{:02} {:02}:{:02}", at.year(), u8::from(at.month()), at.day(), at.hour(), at.minute())
}

fn print(text: &str) {
    // Whoever reads may have gone away.
    let _closed = std::io::stdout().write_all(text.as_bytes());
}

fn fail(text: &str) -> ExitCode {
    for line in text.lines() {
        let _closed = writeln!(std::io::stderr(), "error: {line}");
    }
    ExitCode::FAILURE
}
