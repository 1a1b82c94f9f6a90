//! Every English word that subscribers read, in one place, so that it can be translated.

pub mod approve;

use crate::flow::Lost;

pub const PORTAL: &str = "Portico";
pub const REQUIRED: &str = "required";

pub mod login {
    pub const TITLE: &str = "Sign in";
    pub const NUMBER: &str = "Your phone number";
    pub const EXAMPLE: &str = "+46 70 174 06 05";
    pub const HINT: &str = "Start with + and the country code. We send you a PIN by SMS.";
    pub const SEND: &str = "Send PIN";

    pub fn heading(product: &str) -> String {
        format!("Sign in to {product}")
    }

    pub fn for_subscribers_of(operators: &[String]) -> Option<String> {
        match operators {
            [one] => Some(format!("For subscribers of {one}.")),
            [one, two] => Some(format!("For subscribers of {one} and {two}.")),
            [one, two, three] => Some(format!("For subscribers of {one}, {two} and {three}.")),
            _ => None,
        }
    }
}

pub fn by(organization: &str) -> String {
    format!("by {organization}")
}

pub fn cancel_to(product: &str) -> String {
    format!("Cancel and go back to {product}")
}

pub fn back_to(name: &str) -> String {
    format!("Back to {name}")
}

pub const NEED_HELP: &str = "Need help?";

/// What is wrong with a number, as a sentence that says what to do.
pub const fn not_a_number(why: model::phone::NotANumber) -> &'static str {
    use model::phone::NotANumber as N;
    match why {
        N::Empty => "Enter your phone number.",
        N::NoCountryCode => "Start with + and the country code.",
        N::Zero => "A country code does not start with 0. Leave the zero out.",
        N::Extension => "A number with an extension cannot receive a PIN. Leave the extension out.",
        N::NotDigits => "A phone number has digits only, after the +.",
        N::TooShort => "That number is too short. Write it with + and the country code.",
        N::TooLong => "That number is too long. Write it with + and the country code.",
    }
}

pub fn too_many_pins(retry_after: i64) -> String {
    format!("Too many PINs were asked for. Try again {}.", in_a_while(retry_after))
}

/// "in 4 minutes", rounded up.
pub fn in_a_while(milliseconds: i64) -> String {
    let seconds = (milliseconds.max(1) + 999) / 1000;
    match (seconds, (seconds + 59) / 60) {
        (..=1, _) => "in a second".to_owned(),
        (2..=90, _) => format!("in {seconds} seconds"),
        (_, minutes @ ..=90) => format!("in {minutes} minutes"),
        (_, minutes) => format!("in {} hours", (minutes + 59) / 60),
    }
}

pub mod pin {
    pub const TITLE: &str = "Enter the PIN";
    pub const LABEL: &str = "PIN from the SMS";
    pub const CONTINUE: &str = "Continue";
    pub const RESEND: &str = "Send a new PIN";
    pub const OTHER_NUMBER: &str = "Use another number";
    pub const SENT_AGAIN: &str = "A new PIN is on its way. The one before no longer works.";
    pub const DELAYED: &str = "Text messages are slow at the moment. The PIN is on its way and may take some minutes; there is no need to \
         ask for another one.";
    pub const SIX_DIGITS: &str = "The PIN is the six digits in the SMS.";
    pub const NEVER_TELL: &str = "Never read this PIN to anybody. Nobody who works for us asks for it.";
    pub const OUTBOX: &str = "This is a sandbox: messages wait in the";
    pub const OUTBOX_LINK: &str = "outbox";
    pub const EXPIRED: &str = "That PIN has expired. Ask for a new one.";
    pub const EXHAUSTED: &str = "That PIN was tried too often and no longer works. Ask for a new one.";
    pub const ENDED: &str =
        "That PIN was used already, or a newer one was sent. Enter the newest, or ask for a new one.";

    pub fn wrong(left: i32) -> String {
        match left {
            1 => "That PIN is not right. You have 1 try left.".to_owned(),
            _ => format!("That PIN is not right. You have {left} tries left."),
        }
    }

    pub fn too_many(retry_after: i64) -> String {
        format!("Too many wrong PINs were entered. Try again {}.", super::in_a_while(retry_after))
    }

    pub fn minutes(minutes: i64) -> String {
        format!(". They are valid for {minutes} minutes.")
    }

    pub const SENT_TO: &str = "We sent six digits to ";

    pub fn not_here(operators: Option<&str>) -> String {
        let none = "No SMS? Check the number above: PINs reach only numbers of operators that work with us.";
        operators.map_or_else(|| none.to_owned(), |operators| format!("No SMS? Check the number above. {operators}"))
    }
}

pub mod consent {
    pub const ALLOW: &str = "Allow";
    pub const CANCEL: &str = "Cancel";
    pub const OPTIONAL: &str = "You can leave this out.";
    pub const NEXT: &str = "What happens next";
    pub const NOTHING: &str = "It asks for no permission beyond your sign-in.";
    pub const OTHER_NUMBER: &str = "Not your number? Use another one";
    pub const OTHER_ACCOUNT: &str = "Not you? Use another account";
    pub const ACCOUNT: &str = "your account page here";
    pub const PRIVACY: &str = "Privacy";
    pub const PUBLISHED_AT: &str = "It says so about itself, at";
    pub const ANY_PROGRAM: &str =
        "Any program on this device can receive the answer. Go on only if you have just started this one yourself.";

    pub fn title(product: &str) -> String {
        format!("Add {product}")
    }

    pub fn strip(number: &str) -> String {
        format!("Add product to {number}")
    }

    pub fn strip_more(number: &str) -> String {
        format!("Update a product of {number}")
    }

    pub fn would_like(product: &str) -> String {
        format!("{product} would like to")
    }

    pub fn would_also_like(product: &str) -> String {
        format!("{product} would now also like to")
    }

    pub fn does_not_work_without(product: &str) -> String {
        format!(" {product} does not work without it.")
    }

    pub fn before(product: &str) -> String {
        format!("What you allowed {product} before stays as it is.")
    }

    pub fn receives(organization: &str) -> String {
        format!("{organization} receives what you allow above, and nothing else.")
    }

    pub fn nobody_has_checked(product: &str) -> String {
        format!(
            "Nobody here has checked who is behind {product}. It receives what you allow above. Go on only if you started this yourself."
        )
    }

    pub fn lasts(product: &str, operator: &str) -> String {
        format!("It lasts until you take it back, which you can at any time, through {product} or {operator}.")
    }

    pub fn return_to(place: Option<&super::Place>) -> String {
        match place {
            Some(super::Place::Host(host)) => format!("You return to {host}."),
            Some(super::Place::Device(host)) => format!("You return to an application on this device ({host})."),
            Some(super::Place::App(scheme)) => format!("You return to the app {scheme} on this device."),
            None => "You go on at the device that shows the code.".to_owned(),
        }
    }

    pub fn terms(product: &str) -> String {
        format!("Terms of {product}")
    }
}

/// Where a client's redirect URI leads, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A web site.
    Host(String),
    /// A loopback address.
    Device(String),
    /// An app that has claimed a scheme.
    App(String),
}

impl Place {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Host(name) | Self::Device(name) | Self::App(name) => name,
        }
    }
}

pub mod device {
    pub const TITLE: &str = "Sign in on a device";
    pub const LEAD: &str = "Enter the code that your device shows.";
    pub const CODE: &str = "Code on the device";
    pub const HINT: &str = "Eight letters. Capitals and the dash do not matter.";
    pub const CONTINUE: &str = "Continue";
    pub const UNKNOWN: &str = "No device waits with this code. Compare it with the device; after ten minutes the \
         device shows a new one.";
    pub const EMPTY: &str = "Enter the code that your device shows.";
    pub const WARNING: &str = "Go on only if you have started this yourself, on a device in front of you. If \
         somebody has sent you the code, or reads it to you, they are after your account.";
    pub const MINE: &str = "I have started this";
    pub const NOT_MINE: &str = "This is not mine";
    pub const ALLOWED_TITLE: &str = "Your device is signed in";
    pub const ALLOWED: &str = "You can close this page and go on at the device. It may take a few seconds.";
    pub const DENIED_TITLE: &str = "Your device is not signed in";
    pub const DENIED: &str = "Nothing was shared. You can close this page.";
    pub const OVER_TITLE: &str = "This code was used already";
    pub const OVER: &str = "It has been answered before, or its time is over. Look at the device: if it is not signed \
         in, let it show a new code. You can close this page.";

    pub fn heading(product: &str) -> String {
        format!("Sign in to {product} on a device?")
    }

    pub fn asked_from(address: &str, minutes: i64) -> String {
        match minutes {
            ..=1 => format!("The device asked a moment ago, from the internet address {address}."),
            _ => format!("The device asked {minutes} minutes ago, from the internet address {address}."),
        }
    }

    pub fn receives(organization: &str) -> String {
        format!("{organization} is behind it. You see what it asks for before you allow anything.")
    }

    pub fn too_many(retry_after: i64) -> String {
        format!("Too many wrong codes were entered. Try again {}.", super::in_a_while(retry_after))
    }
}

pub mod not_enabled {
    pub fn title(operator: &str, product: &str) -> String {
        format!("{operator} has not enabled {product}")
    }

    pub fn lead(operator: &str, product: &str) -> String {
        format!("{product} is not available to subscribers of {operator}, so you cannot use it. Nothing was shared.")
    }
}

pub mod form_post {
    pub const TITLE: &str = "Back to the product";
    pub const LEAD: &str = "You are sent on. If nothing happens, press the button.";
    pub const CONTINUE: &str = "Continue";
}

pub mod logout {
    pub const ASK_TITLE: &str = "Sign out?";
    pub const ASK: &str = "You are signed in in this browser.";
    pub const SIGN_OUT: &str = "Sign out";
    pub const DONE: &str = "Done";
    pub const DONE_TITLE: &str = "You are signed out";
    pub const DONE_LEAD: &str = "You can close this page, or go back to the product.";
    pub const DONE_BACK: &str = "The products that you used in this browser were told.";
    pub const CONTINUE: &str = "Continue";
    pub const FRAME: &str = "Signing out of a product";
}

/// A page that says why it does not go on: title and what to do.
pub type Words = (&'static str, &'static str);

pub const fn lost(lost: Lost) -> Words {
    match lost {
        Lost::Broken => (
            "There is no sign-in here",
            "The link is incomplete, or was made for something else. Go back to the product and start again.",
        ),
        Lost::Expired => (
            "That took too long",
            "For your safety a sign-in ends after a while. Go back to the product and start again; nothing was shared.",
        ),
        Lost::OtherBrowser => (
            "This sign-in belongs to another browser",
            "A sign-in can be finished only in the browser in which it began, and needs its cookies. If cookies are \
             off for this site, turn them on; then go back to the product and start again.",
        ),
    }
}

pub const FORGED: Words = (
    "This form has expired",
    "It was opened a while ago, or did not come from our own page. Go back, reload the page and try again; nothing was \
     shared.",
);
pub const TAMPERED: Words = (
    "That answer does not fit the question",
    "The page was changed on its way, or the product has changed what it asks for. Nothing was shared. Start again.",
);
pub const SIGN_IN_AGAIN: Words =
    ("Sign in again", "The product wants you to sign in anew. Go back to it and start again.");
pub const CLIENT_GONE: Words = (
    "This product is not here any more",
    "It was removed or turned off while you were signing in. Nothing was shared.",
);
pub const BAD_REQUEST: Words =
    ("This link does not work", "The product that sent you here has made a mistake. Nothing was shared.");
pub const WRONG_CLIENT: Words = (
    "We do not know who sent you here",
    "The product that sent you here is not registered with us, or is turned off. Nothing was shared.",
);
pub const WRONG_REDIRECT_URI: Words = (
    "We do not know where to send you back",
    "The product that sent you here gave an address that it has not registered. So that nobody else receives your \
     data, the sign-in ends here. Nothing was shared.",
);
pub const FAULT: Words =
    ("Something went wrong here", "It is our fault, not yours. Try again in a moment; nothing was shared.");
pub const FOR_DEVELOPERS: &str = "For the developer of the product:";
pub const START_AGAIN: &str = "Start again";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_while_is_rounded_up() {
        for (milliseconds, words) in [
            (0, "in a second"),
            (1_001, "in 2 seconds"),
            (90_000, "in 90 seconds"),
            (91_000, "in 2 minutes"),
            (360_000, "in 6 minutes"),
            (5_400_001, "in 2 hours"),
        ] {
            assert_eq!(in_a_while(milliseconds), words);
        }
    }
}
