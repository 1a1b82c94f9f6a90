//! English.

use rules::text::Problem;

use super::{Account, Fields, Password, Portal, Provider, SecondStep, SignIn, SignUp};
use crate::{email::EmailProblem, password::Weakness, texts::en::within};

pub(in crate::texts) static PORTAL: Portal = Portal {
    sign_in: SignIn {
        still_you: "Is it still you?",
        again: "What comes next asks for a sign-in of a moment ago.",
        email: "E-mail address",
        password: "Password",
        forgotten: "Forgotten?",
        passkey: "Use a passkey",
        no_passkey: "No passkey was used. Your browser may not have one for this site.",
        with: |provider| format!("Sign in with {provider}"),
        new_here: "New here?",
        create: "Create an account",
        wrong: "That e-mail address and password do not go together. Check both and try again.",
        suspended: "This account is suspended. Ask whoever runs this portal.",
        too_many: |wait| format!("Too many tries. Try again {}, or set a new password.", within(wait)),
        passkey_late: "That took too long. Try the passkey again.",
        passkey_unknown: "That passkey does not sign in here. It may have been removed from the account.",
        late: "That took too long. Sign in again.",
        signed_out: "You are signed out.",
    },
    second: SecondStep {
        title: "Second step",
        heading: "One more step",
        password_right: "Your password is right.",
        known_to: |provider| format!("{provider} knows you."),
        show: "Show that it is you.",
        show_with_passkey: "Show that it is you with a passkey.",
        code: "Code",
        code_hint: "Six digits from your authenticator app. A recovery code works too, once.",
        recovery_code: "Recovery code",
        recovery_hint: "One of the codes that you kept when you added the passkey. It works once.",
        go_on: "Go on",
        somebody_else: "Somebody else?",
        wrong: "That code is not right, or it was used already. Wait for the next one and try again.",
        too_many: |wait| format!("Too many tries. Try again {}.", within(wait)),
        passkey_wrong: "That passkey did not work. Try again.",
    },
    provider: Provider {
        over: ("That sign-in is over", |provider| {
            format!(
                "It took too long, was finished already, or was begun in another browser. Nothing has happened. Begin \
                 again with {provider}, or sign in another way."
            )
        }),
        cancelled: ("You are not signed in", |provider| {
            format!("You have cancelled at {provider}. Try again, or sign in another way.")
        }),
        unreachable: ("No answer", |provider| {
            format!("{provider} does not answer at the moment. Try again in a minute, or sign in another way.")
        }),
        refused: ("That did not work", |provider| {
            format!(
                "{provider} has not told us who you are in a way that we can rely on. Try again; if it stays like \
                 this, sign in another way and tell whoever runs this portal."
            )
        }),
        not_asked: ("Not asked again", |provider| {
            format!(
                "What comes next asks for a sign-in of a moment ago, and {provider} has let you through without \
                 asking. Sign out there first, or use your password or a passkey."
            )
        }),
        suspended: "This account is closed",
        another_way: "Sign in another way",
        used: "That took too long, or was done already. Sign in again.",
    },
    account: Account {
        create: "Create account",
        known: |provider, account| {
            format!("{provider} knows you as {account}. Nobody here does yet: check this, and you are in.")
        },
        name: "Your name",
        sends_link: |provider| format!("Unless {provider} has confirmed it, we send a link there."),
        have_one: "Have an account here?",
        sign_in_and_link: "Sign in and link it",
        theirs: ("You have an account", "You have an account here"),
        theirs_lead: |email, provider| {
            format!(
                "{email} has an account. Sign in to it once as you are used to; from then on {provider} signs you in, \
                 too."
            )
        },
        link_title: "Link accounts",
        link_heading: |provider| format!("Link {provider}?"),
        link_lead: |provider, account, email| {
            format!("Whoever signs in to {provider} as {account} is signed in here as {email} from now on.")
        },
        link: "Link it",
        not_now: "Not now",
    },
    sign_up: SignUp {
        email_hint: "We send a link there to confirm it.",
        password_hint: "8 to 128 characters of anything. A few unrelated words are good.",
        have_one: "Have an account?",
        confirm_title: "Confirm your address",
        confirm_lead: |email| format!("One step left: {email} is going to be your address here."),
        confirm_password: "The one that you signed up with. This browser is another one than then, so we ask.",
        confirm_elsewhere: |email| {
            format!(
                "{email} is going to be your address here. This browser is another one than the one that you signed up \
                 with, so show first that it is you."
            )
        },
        confirm: "Confirm address",
        mail_title: "Look into your mail",
        mail_lead: |email| {
            format!("We have sent a link to {}. Open it to confirm the address.", email.unwrap_or("your address"))
        },
        void: "This link does not work any more: it has expired, or a newer one was sent.",
        nothing: "Nothing has arrived?",
        again: "Send the link again",
        sent_again: "If that address waits to be confirmed, a new link is on its way. Earlier ones no longer work.",
        wrong_address: "A wrong address?",
        another: "Take another one",
        confirmed_already: "Confirmed already?",
        confirmed: "Your address is confirmed. Sign in.",
    },
    password: Password {
        title: "Set a new password",
        lead: "We send a link to your address. It works once, for an hour.",
        send: "Send link",
        remembered: "Remembered it?",
        sent: "If there is an account with that address, a link to set a new password is on its way.",
        late: " Mail is slow at the moment: it may take some minutes.",
        void: "This link does not work any more: it was used, it has expired, or a newer one was sent. Ask for \
               another.",
        reset_lead: |email| format!("For {email}. You will be signed out everywhere."),
        new: "New password",
        hint: "8 to 128 characters of anything.",
        set: "Set password",
        changed: "Your password is changed, and you are signed out everywhere. Sign in with the new one.",
    },
    fields: Fields {
        not_yet: "That did not work yet",
        error: "Error: ",
        name: |problem, longest| match problem {
            Problem::Missing => "Enter a name.".to_owned(),
            Problem::TooLong(_) => format!("Use at most {longest} characters."),
            Problem::Characters => "Use letters, digits and signs on one line.".to_owned(),
        },
        email: |problem| match problem {
            EmailProblem::Missing => "Enter an e-mail address.",
            EmailProblem::Form => "Write it like name@example.com.",
            EmailProblem::TooLong => "An e-mail address has at most 254 characters.",
        },
        password: |weakness| match weakness {
            Weakness::TooShort => "Use at least 8 characters.",
            Weakness::TooLong => "Use at most 128 characters.",
            Weakness::Common => "This one is on lists of common passwords. Choose another.",
            Weakness::Guessable => "This one is easy to guess. A few unrelated words make a good password.",
        },
        wrong_password: "That is not your password. Check it and try again.",
        link_void: "This link does not work any more. Ask for a new one.",
        email_taken: "This address belongs to another account.",
        too_many: |wait| format!("Too many tries. Try again {}.", within(wait)),
    },
};
