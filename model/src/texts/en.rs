//! English.

use super::{
    Approve, Consent, Device, Errors, FormPost, Login, Logout, NoFactor, NotEnabled, Pin, Place, Revoke, Scopes, Texts,
    Wait, counted, listed, portal,
};
use crate::phone::NotANumber;

pub(super) static TEXTS: Texts = Texts {
    required: "required",
    need_help: "Need help?",
    go_on: "Continue",
    start_again: "Start again",
    for_developers: "For the developer of the product:",
    by: |organization| format!("by {organization}"),
    cancel_to: |product| format!("Cancel and go back to {product}"),
    back_to: |name| format!("Back to {name}"),
    login: Login {
        title: "Sign in",
        heading: |product| format!("Sign in to {product}"),
        number: "Your phone number",
        hint: "Start with + and the country code. We send you a PIN by SMS.",
        send: "Send PIN",
        for_subscribers_of: |operators| format!("For subscribers of {}.", listed(operators, "and")),
        not_a_number: |why| match why {
            NotANumber::Empty => "Enter your phone number.",
            NotANumber::NoCountryCode => "Start with + and the country code.",
            NotANumber::Zero => "A country code does not start with 0. Leave the zero out.",
            NotANumber::Extension => "A number with an extension cannot receive a PIN. Leave the extension out.",
            NotANumber::NotDigits => "A phone number has digits only, after the +.",
            NotANumber::TooShort => "That number is too short. Write it with + and the country code.",
            NotANumber::TooLong => "That number is too long. Write it with + and the country code.",
        },
        too_many: |wait| format!("Too many PINs were asked for. Try again {}.", within(wait)),
    },
    pin: Pin {
        title: "Enter the PIN",
        sent_to: "We sent six digits to ",
        valid: |minutes| format!(". They are valid for {}.", counted(minutes, ("minute", "minutes"))),
        label: "PIN from the SMS",
        resend: "Send a new PIN",
        other_number: "Use another number",
        sent_again: "A new PIN is on its way. The one before no longer works.",
        delayed: "Text messages are slow at the moment. The PIN is on its way and may take some minutes; there is no \
                  need to ask for another one.",
        never_tell: "Never read this PIN to anybody. Nobody who works for us asks for it.",
        not_here: |operators| match operators {
            Some(operators) => format!("No SMS? Check the number above. {operators}"),
            None => {
                "No SMS? Check the number above: PINs reach only numbers of operators that work with us.".to_owned()
            }
        },
        outbox: "This is a sandbox: messages wait in the ",
        outbox_link: "outbox",
        six_digits: "The PIN is the six digits in the SMS.",
        expired: "That PIN has expired. Ask for a new one.",
        exhausted: "That PIN was tried too often and no longer works. Ask for a new one.",
        ended: "That PIN was used already, or a newer one was sent. Enter the newest, or ask for a new one.",
        wrong: |left| format!("That PIN is not right. You have {} left.", counted(left.into(), ("try", "tries"))),
        too_many: |wait| format!("Too many wrong PINs were entered. Try again {}.", within(wait)),
    },
    consent: Consent {
        title: |product| format!("Add {product}"),
        strip: |number| format!("Add product to {number}"),
        strip_more: |number| format!("Update a product of {number}"),
        strip_account: |account| format!("Signed in as {account}"),
        would_like: |product| format!("{product} would like to"),
        would_also_like: |product| format!("{product} would now also like to"),
        nothing: "It asks for no permission beyond your sign-in.",
        optional: "You can leave this out.",
        does_not_work_without: |product| format!(" {product} does not work without it."),
        before: |product| format!("What you allowed {product} before stays as it is."),
        next: "What happens next",
        published_at: "It says so about itself, at",
        receives: |organization| format!("{organization} receives what you allow above, and nothing else."),
        nobody_has_checked: |product| {
            format!(
                "Nobody here has checked who is behind {product}. It receives what you allow above. Go on only if you \
                 started this yourself."
            )
        },
        lasts: |product, operator| {
            let operator = operator.unwrap_or("your account page here");
            format!("It lasts until you take it back, which you can at any time, through {product} or {operator}.")
        },
        return_to: |place| match place {
            Some(Place::Host(host)) => format!("You return to {host}."),
            Some(Place::Device(host)) => format!("You return to an application on this device ({host})."),
            Some(Place::App(scheme)) => format!("You return to the app {scheme} on this device."),
            None => "You go on at the device that shows the code.".to_owned(),
        },
        any_program: "Any program on this device can receive the answer. Go on only if you have just started this \
                      one yourself.",
        terms: |product| format!("Terms of {product}"),
        privacy: "Privacy",
        other_number: "Not your number? Use another one",
        other_account: "Not you? Use another account",
        cancel: "Cancel",
        allow: "Allow",
    },
    scopes: Scopes {
        offline_access: "Keep this access while you are not using it",
        openid: "Recognize you when you come back",
        phone: "Know your phone number",
        profile: "See your profile",
        email: "Know your e-mail address",
        address: "Know your postal address",
        portal_read: "See your organizations and your roles in them",
    },
    device: Device {
        title: "Sign in on a device",
        lead: "Enter the code that your device shows.",
        code: "Code on the device",
        hint: "Eight letters. Capitals and the dash do not matter.",
        empty: "Enter the code that your device shows.",
        unknown: "No device waits with this code. Compare it with the device; after ten minutes the device shows a \
                  new one.",
        too_many: |wait| format!("Too many wrong codes were entered. Try again {}.", within(wait)),
        heading: |product| format!("Sign in to {product} on a device?"),
        receives: |organization| {
            format!("{organization} is behind it. You see what it asks for before you allow anything.")
        },
        asked_from: |address, minutes| match minutes {
            ..=1 => format!("The device asked a moment ago, from the internet address {address}."),
            _ => format!("The device asked {minutes} minutes ago, from the internet address {address}."),
        },
        warning: "Go on only if you have started this yourself, on a device in front of you. If somebody has sent you \
                  the code, or reads it to you, they are after your account.",
        mine: "I have started this",
        not_mine: "This is not mine",
        allowed: (
            "Your device is signed in",
            "You can close this page and go on at the device. It may take a few seconds.",
        ),
        denied: ("Your device is not signed in", "Nothing was shared. You can close this page."),
        over: (
            "This code was used already",
            "It has been answered before, or its time is over. Look at the device: if it is not signed in, let it \
             show a new code. You can close this page.",
        ),
    },
    approve: Approve {
        title: |product| format!("{product} asks for your permission"),
        strip: |number| format!("For {number}"),
        compare: "Allow only if you see these same words where you have started this:",
        settled: |product| format!("{product} gets what you allowed it before, and nothing more."),
        asked_from: |organization, address, minutes| match minutes {
            ..=1 => format!("{organization} asked a moment ago, from the internet address {address}."),
            _ => {
                format!("{organization} asked {minutes} minutes ago, from the internet address {address}.")
            }
        },
        warning: "Allow only if you have started this yourself, a moment ago. If somebody on the phone or in a \
                  message tells you to, they are after your account: press “Deny”.",
        deny: "Deny",
        allowed: ("Allowed", "Go on where you have started. You can close this page."),
        denied: ("Denied", "Nothing was shared. You can close this page."),
        over: (
            "There is nothing to answer here",
            "The request was answered before, or its time is over. If you still need it, start again where you have \
             started. You can close this page.",
        ),
    },
    revoke: Revoke {
        title: |product| format!("Remove {product}"),
        strip: |number| format!("Remove product from {number}"),
        loses: |product| format!("{product} will lose all access to your subscription."),
        at_once: |product| format!("It happens at once. You can add {product} again whenever you want."),
        stays: |organization| format!("What {organization} has received until now stays there."),
        questions: |product| format!("Questions about {product}?"),
        remove: "Remove product",
        removed: ("The product is removed", "It has no access to your subscription any more. You can close this page."),
        kept: ("Nothing has changed", "You have kept the product. You can close this page."),
        over: (
            "There is nothing to remove here",
            "The link was used before, or its time is over. If you still want to remove the product, start again \
             where you have started.",
        ),
    },
    not_enabled: NotEnabled {
        title: |operator, product| format!("{operator} has not enabled {product}"),
        lead: |operator, product| {
            format!(
                "{product} is not available to subscribers of {operator}, so you cannot use it. Nothing was shared."
            )
        },
    },
    no_factor: NoFactor {
        title: |product| format!("{product} asks for a second factor"),
        lead: "Your account has none yet. Add an authenticator app or a passkey, then come back to this page and go \
               on: you sign in once more, with both.",
        set_up: "Add one on your account’s security page (opens in a new tab)",
    },
    form_post: FormPost {
        title: "Back to the product",
        lead: "You are sent on. If nothing happens, press the button.",
    },
    logout: Logout {
        ask: "Sign out?",
        whose: |accounts| format!("You are signed in in this browser as {}.", listed(accounts, "and")),
        asked_by: |product| format!("{product} asks to sign you out."),
        sign_out: "Sign out",
        stay: "Stay signed in",
        kept: ("You are still signed in", "Nothing has changed. You can close this page."),
        done: "Done",
        done_title: "You are signed out",
        done_lead: "You can close this page, or go back to the product.",
        done_back: "The products that you used in this browser were told.",
        done_elsewhere: "The request named an address to go to afterwards. It is not registered for the product, \
                         so we do not lead you there.",
        frame: "Signing out of a product",
    },
    errors: Errors {
        broken: (
            "There is no sign-in here",
            "The link is incomplete, or was made for something else. Go back to the product and start again.",
        ),
        expired: (
            "That took too long",
            "For your safety a sign-in ends after a while. Go back to the product and start again; nothing was shared.",
        ),
        other_browser: (
            "This sign-in belongs to another browser",
            "A sign-in can be finished only in the browser in which it began, and needs its cookies. If cookies are \
             off for this site, turn them on; then go back to the product and start again.",
        ),
        forged: (
            "This form has expired",
            "It was opened a while ago, or did not come from our own page. Go back, reload the page and try again; \
             nothing was shared.",
        ),
        tampered: (
            "That answer does not fit the question",
            "The page was changed on its way, or the product has changed what it asks for. Nothing was shared. Start \
             again.",
        ),
        sign_in_again: ("Sign in again", "The product wants you to sign in anew. Go back to it and start again."),
        client_gone: (
            "This product is not here any more",
            "It was removed or turned off while you were signing in. Nothing was shared.",
        ),
        bad_request: (
            "This link does not work",
            "The product that sent you here has made a mistake. Nothing was shared.",
        ),
        wrong_client: (
            "We do not know who sent you here",
            "The product that sent you here is not registered with us, or is turned off. Nothing was shared.",
        ),
        wrong_redirect_uri: (
            "We do not know where to send you back",
            "The product that sent you here gave an address that it has not registered. So that nobody else receives \
             your data, the sign-in ends here. Nothing was shared.",
        ),
        fault: ("Something went wrong here", "It is our fault, not yours. Try again in a moment; nothing was shared."),
    },
    portal: &portal::en::PORTAL,
};

/// "in 4 minutes".
pub(super) fn within(wait: Wait) -> String {
    match wait {
        Wait::Seconds(1) => "in a second".to_owned(),
        _ => format!("in {}", wait.words([("second", "seconds"), ("minute", "minutes"), ("hour", "hours")])),
    }
}
