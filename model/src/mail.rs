//! The words of every mail. Links start from the configured address, whatever a request says.

use crate::{
    Context, Fault,
    db::Tx,
    message::{self, Channel, Content},
    secret::Plain,
};

/// A mail to somebody.
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    /// After so many milliseconds it is not worth sending any more.
    pub(crate) lifetime: i64,
}

/// Queues a mail.
pub(crate) async fn send(tx: &Tx, ctx: &Context, mail: Mail) -> Result<(), Fault> {
    let content = Content { to: mail.to, subject: mail.subject, body: mail.body };
    message::queue(tx, ctx, Channel::Mail, &content, mail.lifetime).await?;
    Ok(())
}

fn link(ctx: &Context, path: &str, token: &Plain) -> String {
    format!("{}{path}?token={}", ctx.settings().public_url, token.reveal())
}

fn page(ctx: &Context, path: &str) -> String {
    format!("{}{path}", ctx.settings().public_url)
}

/// A lifetime in words.
fn lasting(milliseconds: i64) -> String {
    let hours = milliseconds / crate::hours(1);
    match hours {
        ..1 => format!("{} minutes", milliseconds / crate::minutes(1)),
        1 => "one hour".to_owned(),
        2..48 => format!("{hours} hours"),
        _ => format!("{} days", hours / 24),
    }
}

pub(crate) fn verify(ctx: &Context, to: &str, name: &str, token: &Plain) -> Mail {
    let lifetime = ctx.settings().lifetimes.verify_link;
    Mail {
        to: to.to_owned(),
        subject: "Confirm your e-mail address".to_owned(),
        body: format!(
            "Hello {name},\n\n\
             welcome to Portico. Open this page to confirm your e-mail address:\n\n{}\n\n\
             The link works once, for {}. If you did not sign up, ignore this mail: nothing happens without you.\n",
            link(ctx, "/verify", token),
            lasting(lifetime),
        ),
        lifetime,
    }
}

pub(crate) fn already_registered(ctx: &Context, to: &str, name: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "You already have an account".to_owned(),
        body: format!(
            "Hello {name},\n\n\
             somebody, perhaps you, wanted to sign up at Portico with this address. You have an account already: \
             sign in here\n\n{}\n\nor set a new password here\n\n{}\n\n\
             If it was not you, there is nothing to do.\n",
            page(ctx, "/signin"),
            page(ctx, "/forgot"),
        ),
        lifetime: crate::hours(12),
    }
}

pub(crate) fn reset(ctx: &Context, to: &str, name: &str, token: &Plain) -> Mail {
    let lifetime = ctx.settings().lifetimes.reset_link;
    Mail {
        to: to.to_owned(),
        subject: "Set a new password".to_owned(),
        body: format!(
            "Hello {name},\n\n\
             open this page to set a new password for Portico:\n\n{}\n\n\
             The link works once, for {}. Setting a new password signs you out everywhere. If you did not ask for \
             this, ignore this mail: your password stays as it is.\n",
            link(ctx, "/reset", token),
            lasting(lifetime),
        ),
        lifetime,
    }
}

pub(crate) fn password_changed(ctx: &Context, to: &str, name: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "Your password was changed".to_owned(),
        body: format!(
            "Hello {name},\n\n\
             the password of your Portico account was just changed, and other sessions were signed out.\n\n\
             If it was not you, set a new one at once:\n\n{}\n",
            page(ctx, "/forgot"),
        ),
        lifetime: crate::days(2),
    }
}

/// A way of signing in has changed; `sentence` says which, after the greeting.
pub(crate) fn sign_in_changed(ctx: &Context, to: &str, name: &str, subject: &str, sentence: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: subject.to_owned(),
        body: format!(
            "Hello {name},\n\n\
             {sentence}\n\n\
             If it was not you, set a new password at once, which signs you out everywhere, and then look at how you \
             sign in:\n\n{}\n\n{}\n",
            page(ctx, "/forgot"),
            page(ctx, "/account/security"),
        ),
        lifetime: crate::days(2),
    }
}

pub(crate) fn change_email(ctx: &Context, to: &str, name: &str, token: &Plain) -> Mail {
    let lifetime = ctx.settings().lifetimes.verify_link;
    Mail {
        to: to.to_owned(),
        subject: "Confirm your new e-mail address".to_owned(),
        body: format!(
            "Hello {name},\n\n\
             open this page to use this address for your Portico account from now on:\n\n{}\n\n\
             The link works once, for {}. If you did not ask for this, ignore this mail.\n",
            link(ctx, "/account/email", token),
            lasting(lifetime),
        ),
        lifetime,
    }
}

pub(crate) fn email_is_changing(ctx: &Context, to: &str, name: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "Your e-mail address is about to change".to_owned(),
        body: format!(
            "Hello {name},\n\n\
             somebody who is signed in as you wants to use another e-mail address for your Portico account. It \
             changes as soon as the new address is confirmed.\n\n\
             If it was not you, set a new password at once, which also stops the change:\n\n{}\n",
            page(ctx, "/forgot"),
        ),
        lifetime: crate::days(2),
    }
}

pub(crate) fn email_is_taken(ctx: &Context, to: &str, name: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "You already have an account".to_owned(),
        body: format!(
            "Hello {name},\n\n\
             somebody, perhaps you, wanted to use this address for another Portico account. It belongs to yours \
             already, so nothing was changed. Sign in here:\n\n{}\n",
            page(ctx, "/signin"),
        ),
        lifetime: crate::hours(12),
    }
}

pub(crate) fn invitation(
    ctx: &Context,
    to: &str,
    inviter: &str,
    organization: &str,
    role: &str,
    token: &Plain,
) -> Mail {
    let article = if role.starts_with(['a', 'o']) { "an" } else { "a" };
    let lifetime = ctx.settings().lifetimes.invitation;
    Mail {
        to: to.to_owned(),
        subject: format!("Join {organization} on Portico"),
        body: format!(
            "Hello,\n\n\
             {inviter} invites you to {organization} on Portico, as {article} {role}. Open this page to see the invitation:\n\n\
             {}\n\n\
             It is for this address, and valid for {}. If you do not know {inviter}, ignore this mail.\n",
            link(ctx, "/invitations", token),
            lasting(lifetime),
        ),
        lifetime,
    }
}
