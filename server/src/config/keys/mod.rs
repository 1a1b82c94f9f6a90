//! Every key: its name, what it means, how it is read and shown.

use std::path::Path;

use model::limit::Rule;

use super::{
    Config,
    value::{Value, show_milliseconds, show_rule},
};

pub(super) struct Key {
    /// Dotted, as in the file.
    pub name: &'static str,
    /// For the example.
    pub doc: &'static str,
    /// Whether it can also be read from a file, and is not shown.
    pub secret: bool,
    /// The value as TOML; `None` when it is not set.
    pub show: fn(&Config) -> Option<String>,
    /// For the example, when it is not set.
    pub sample: &'static str,
    pub set: fn(&mut Config, &Value) -> Result<(), String>,
}

/// A key whose value is always there.
macro_rules! key {
    ($name:literal, $doc:literal, $show:expr, $set:expr) => {
        Key { name: $name, doc: $doc, secret: false, show: $show, sample: "", set: $set }
    };
}

/// A key that may be absent.
macro_rules! optional {
    ($name:literal, $doc:literal, $sample:literal, $show:expr, $set:expr) => {
        Key { name: $name, doc: $doc, secret: false, show: $show, sample: $sample, set: $set }
    };
}

/// A key that may be absent and is not shown.
macro_rules! secret {
    ($name:literal, $doc:literal, $sample:literal, $($field:ident).+) => {
        Key {
            name: $name,
            doc: $doc,
            secret: true,
            show: |_| None,
            sample: $sample,
            set: |c, v| {
                c.$($field).+ = v.optional()?.map(Secret);
                Ok(())
            },
        }
    };
}

mod carriers;
mod lifetimes;
mod limits;
mod outgoing;
mod serving;

/// Every key, in the order of the example.
pub(super) fn all() -> impl Iterator<Item = &'static Key> {
    [serving::KEYS, carriers::KEYS, outgoing::KEYS, lifetimes::KEYS, limits::KEYS].into_iter().flatten()
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

fn list(items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

fn duration(duration: std::time::Duration) -> String {
    quoted(&show_milliseconds(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
}

fn rule(rule: Rule) -> String {
    quoted(&show_rule(rule))
}

/// An http or https URL without query and fragment, as it was written.
fn web_url(value: &Value) -> Result<String, String> {
    let text = value.text()?;
    let parsed = url::Url::parse(&text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none() && url.has_host()
    });
    parsed.ok_or_else(|| format!("must be a URL such as \"https://portico.example.com\", and is {text:?}"))?;
    Ok(text)
}
