//! Values as the file, the environment and flags give them, and how they are read.

use std::{path::PathBuf, str::FromStr, time::Duration};

use model::limit::Rule;

/// A value before its key has said what it should be.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A string of the file, or anything from the environment or a flag.
    Text(String),
    /// A TOML boolean.
    Bool(bool),
    /// A TOML integer.
    Integer(i64),
    /// A TOML array.
    List(Vec<Self>),
    /// A TOML table whose values are strings.
    Table(Vec<(String, String)>),
    /// A float or a date.
    Other(&'static str),
}

impl Value {
    fn kind(&self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::List(_) => "an array".to_owned(),
            Self::Table(_) => "a table".to_owned(),
            Self::Other(kind) => (*kind).to_owned(),
        }
    }

    fn wanted(&self, what: &str) -> String {
        format!("must be {what}, and is {}", self.kind())
    }

    pub(super) fn text(&self) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            other => Err(other.wanted("a string")),
        }
    }

    /// Text; empty means not set.
    pub(super) fn optional(&self) -> Result<Option<String>, String> {
        Ok(Some(self.text()?).filter(|text| !text.is_empty()))
    }

    pub(super) fn path(&self) -> Result<PathBuf, String> {
        match self.text()? {
            text if text.is_empty() => Err("must be a path, and is empty".to_owned()),
            text => Ok(PathBuf::from(text)),
        }
    }

    pub(super) fn parsed<T: FromStr>(&self, what: &str) -> Result<T, String> {
        let text = self.text().map_err(|_| self.wanted(what))?;
        text.parse().map_err(|_| format!("must be {what}, and is {text:?}"))
    }

    pub(super) fn bool(&self) -> Result<bool, String> {
        match self {
            Self::Bool(value) => Ok(*value),
            Self::Text(text) if text == "true" => Ok(true),
            Self::Text(text) if text == "false" => Ok(false),
            Self::Text(text) => Err(format!("must be true or false, and is {text:?}")),
            other => Err(other.wanted("true or false")),
        }
    }

    /// Strings: an array, or text separated by commas.
    pub(super) fn list(&self) -> Result<Vec<String>, String> {
        match self {
            Self::List(values) => values
                .iter()
                .map(|value| match value {
                    Self::Integer(number) => Ok(number.to_string()),
                    other => other.text(),
                })
                .collect(),
            Self::Text(text) => {
                Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
            }
            other => Err(other.wanted("an array of strings")),
        }
    }

    /// A number of something, at least 1.
    pub(super) fn count(&self) -> Result<usize, String> {
        const WHAT: &str = "a number above 0";
        let number = match self {
            Self::Integer(number) => usize::try_from(*number).ok(),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        };
        number.filter(|number| *number > 0).ok_or_else(|| self.wanted(WHAT))
    }

    /// Names and values: a table, or a JSON object as text.
    pub(super) fn table(&self) -> Result<Vec<(String, String)>, String> {
        match self {
            Self::Table(pairs) => Ok(pairs.clone()),
            Self::Text(json) => serde_json::from_str::<std::collections::BTreeMap<String, String>>(json)
                .map(|pairs| pairs.into_iter().collect())
                .map_err(|_| "must be a JSON object of strings, such as {\"X-Key\": \"value\"}".to_owned()),
            other => Err(other.wanted("a table of strings")),
        }
    }

    pub(super) fn milliseconds(&self) -> Result<i64, String> {
        const WHAT: &str = "a time such as \"30s\", \"10m\", \"12h\" or \"90d\"";
        let text = self.text().map_err(|_| self.wanted(WHAT))?;
        parse_milliseconds(&text).ok_or_else(|| format!("must be {WHAT}, and is {text:?}"))
    }

    pub(super) fn duration(&self) -> Result<Duration, String> {
        self.milliseconds().map(|ms| Duration::from_millis(ms.unsigned_abs()))
    }

    /// A budget in the database, which refills in whole milliseconds.
    pub(super) fn rule(&self) -> Result<Rule, String> {
        self.rule_within(1, "a limit such as \"10 in 15m\", at most one in a millisecond")
    }

    /// A budget in memory, see [`model::meter`].
    pub(super) fn fast_rule(&self) -> Result<Rule, String> {
        self.rule_within(1_000, "a limit such as \"100000 in 10s\", at most a thousand in a millisecond")
    }

    fn rule_within(&self, per_millisecond: i64, what: &str) -> Result<Rule, String> {
        let text = self.text().map_err(|_| self.wanted(what))?;
        let parsed = text.split_once(" in ").and_then(|(burst, period)| {
            let burst: i64 = burst.trim().parse().ok().filter(|burst| *burst >= 1)?;
            let period = parse_milliseconds(period.trim())?;
            (period.saturating_mul(per_millisecond) >= burst).then(|| Rule::new(burst, period))
        });
        parsed.ok_or_else(|| format!("must be {what}, and is {text:?}"))
    }
}

fn parse_milliseconds(text: &str) -> Option<i64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let number: i64 = number.parse().ok()?;
    let unit = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(unit).filter(|ms| *ms > 0)
}

/// What [`Value::milliseconds`] reads.
pub(super) fn show_milliseconds(ms: i64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    match units.into_iter().find(|(unit, _)| ms % unit == 0) {
        Some((unit, name)) => format!("{}{name}", ms / unit),
        None => format!("{ms}ms"),
    }
}

/// What [`Value::rule`] reads.
pub(super) fn show_rule(rule: Rule) -> String {
    format!("{} in {}", rule.burst, show_milliseconds(rule.period))
}
