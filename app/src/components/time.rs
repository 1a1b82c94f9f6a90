//! Moments in words.

use leptos::prelude::*;
use model::Timestamp;
use time::{OffsetDateTime, macros::format_description};

/// A day, such as `1 Oct 2026`, with the exact moment in UTC on hover.
#[component]
pub fn Day(at: Timestamp) -> impl IntoView {
    let moment = at.to_offset();
    let text = moment.format(format_description!("[day padding:none] [month repr:short] [year]")).unwrap_or_default();
    view! { <time datetime=machine(moment) title=exact(moment)>{text}</time> }
}

/// A moment to the minute, in UTC, with the seconds on hover.
#[component]
pub fn Moment(at: Timestamp) -> impl IntoView {
    let moment = at.to_offset();
    let text = moment
        .format(format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute] UTC"))
        .unwrap_or_default();
    view! { <time datetime=machine(moment) title=exact(moment)>{text}</time> }
}

/// How long ago, such as `2 days ago`, with the exact moment on hover.
#[component]
pub fn Ago(
    /// The moment.
    at: Timestamp,
    /// The present.
    now: Timestamp,
) -> impl IntoView {
    let moment = at.to_offset();
    view! { <time datetime=machine(moment) title=exact(moment)>{ago(now.since(at))}</time> }
}

fn machine(moment: OffsetDateTime) -> String {
    moment.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

fn exact(moment: OffsetDateTime) -> String {
    moment.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC")).unwrap_or_default()
}

/// A time that has passed, in words.
#[must_use]
pub fn ago(milliseconds: i64) -> String {
    let minutes = milliseconds / 60_000;
    let plural = |n: i64, word: &str| format!("{n} {word}{} ago", if n == 1 { "" } else { "s" });
    match minutes {
        ..2 => "now".to_owned(),
        2..60 => plural(minutes, "minute"),
        60..1440 => plural(minutes / 60, "hour"),
        _ => plural(minutes / 1440, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_told_in_its_largest_unit() {
        let told = [30_000, 120_000, 3_600_000, 90_000_000, 200_000_000].map(ago);
        assert_eq!(told, ["now", "2 minutes ago", "1 hour ago", "1 day ago", "2 days ago"]);
    }
}
