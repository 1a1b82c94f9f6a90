//! The configuration as a file that explains itself: what `portico config example` prints.

use std::fmt::Write as _;

use super::{Config, keys, providers};

/// A file with every key, its meaning and its default.
#[must_use]
pub fn example() -> String {
    let config = Config::default();
    let mut text = String::from(
        "# Portico's configuration. Every key is here with its default; those without one are\n\
         # commented out. The environment overrides the file: `mail.smtp.url` is\n\
         # PORTICO_MAIL_SMTP_URL. Flags override both. A secret can also be read from a file: its\n\
         # key then ends with `_file`.\n",
    );
    let mut section = "";
    for key in keys::all() {
        let (table, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if table != section {
            section = table;
            let _infallible = write!(text, "\n[{table}]\n");
        }
        text.push('\n');
        for line in key.doc.lines() {
            let _infallible = writeln!(text, "# {line}");
        }
        let _infallible = match (key.show)(&config) {
            Some(value) => writeln!(text, "{name} = {value}"),
            None if key.secret => writeln!(
                text,
                "# {name} = {0}\n# {name}_file = \"/run/secrets/portico-{1}\"",
                key.sample,
                name.replace('_', "-")
            ),
            None => writeln!(text, "# {name} = {}", key.sample),
        };
    }
    providers::example(&mut text);
    text
}
