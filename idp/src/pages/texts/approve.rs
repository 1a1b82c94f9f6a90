//! The words of the page at which a request that came to the phone is answered.

pub const ALLOW: &str = "Allow";
pub const DENY: &str = "Deny";
pub const WHO: &str = "Who asks";
pub const COMPARE: &str = "Allow only if you see these same words where you have started this:";
pub const WARNING: &str = "Allow only if you have started this yourself, a moment ago. If somebody on the phone or in a \
     message tells you to, they are after your account: press Deny.";
pub const ALLOWED_TITLE: &str = "Allowed";
pub const ALLOWED: &str = "Go on where you have started. You can close this page.";
pub const DENIED_TITLE: &str = "Denied";
pub const DENIED: &str = "Nothing was shared. You can close this page.";
pub const OVER_TITLE: &str = "There is nothing to answer here";
pub const OVER: &str = "The request was answered before, or its time is over. If you still need it, start again where you \
     have started. You can close this page.";

pub fn title(product: &str) -> String {
    format!("{product} asks for your permission")
}

pub fn strip(number: &str) -> String {
    format!("For {number}")
}

pub fn asked_from(organization: &str, address: &str, minutes: i64) -> String {
    match minutes {
        ..=1 => format!("{organization} asked a moment ago, from the internet address {address}."),
        _ => format!("{organization} asked {minutes} minutes ago, from the internet address {address}."),
    }
}

pub fn settled(product: &str) -> String {
    format!("{product} gets what you allowed it before, and nothing more.")
}
