//! German, with "Sie".

use rules::text::Problem;

use super::{Account, Fields, Password, Portal, Provider, SecondStep, SignIn, SignUp};
use crate::{email::EmailProblem, password::Weakness, texts::de::within};

pub(in crate::texts) static PORTAL: Portal = Portal {
    sign_in: SignIn {
        still_you: "Sind Sie es noch?",
        again: "Für den nächsten Schritt müssen Sie sich neu anmelden.",
        email: "E-Mail-Adresse",
        password: "Passwort",
        forgotten: "Passwort vergessen?",
        passkey: "Passkey verwenden",
        no_passkey: "Es wurde kein Passkey verwendet. Vielleicht hat Ihr Browser keinen für diese Website.",
        with: |provider| format!("Mit {provider} anmelden"),
        new_here: "Neu hier?",
        create: "Konto erstellen",
        wrong: "E-Mail-Adresse und Passwort passen nicht zusammen. Prüfen Sie beides und versuchen Sie es erneut.",
        suspended: "Dieses Konto ist gesperrt. Wenden Sie sich an den Betreiber des Portals.",
        too_many: |wait| {
            format!(
                "Zu viele Versuche. Versuchen Sie es {} erneut, oder legen Sie ein neues Passwort fest.",
                within(wait)
            )
        },
        passkey_late: "Das hat zu lange gedauert. Versuchen Sie es noch einmal mit dem Passkey.",
        passkey_unknown: "Mit diesem Passkey können Sie sich hier nicht anmelden. Vielleicht wurde er aus dem Konto \
                          entfernt.",
        late: "Das hat zu lange gedauert. Melden Sie sich erneut an.",
        signed_out: "Sie sind abgemeldet.",
    },
    second: SecondStep {
        title: "Zweiter Schritt",
        heading: "Noch ein Schritt",
        password_right: "Das Passwort stimmt.",
        known_to: |provider| format!("{provider} kennt Sie."),
        show: "Zeigen Sie noch, dass Sie es sind.",
        show_with_passkey: "Zeigen Sie mit einem Passkey, dass Sie es sind.",
        code: "Einmalcode",
        code_hint: "Sechs Ziffern aus Ihrer Authenticator-App. Auch ein Wiederherstellungscode gilt, einmal.",
        recovery_code: "Wiederherstellungscode",
        recovery_hint: "Einer der Codes, die Sie beim Hinzufügen des Passkeys aufbewahrt haben. Er gilt einmal.",
        go_on: "Weiter",
        somebody_else: "Jemand anders?",
        wrong: "Dieser Code stimmt nicht oder wurde schon verwendet. Warten Sie auf den nächsten und versuchen Sie es \
                erneut.",
        too_many: |wait| format!("Zu viele Versuche. Versuchen Sie es {} erneut.", within(wait)),
        passkey_wrong: "Das hat mit diesem Passkey nicht geklappt. Versuchen Sie es erneut.",
    },
    provider: Provider {
        over: ("Diese Anmeldung ist vorbei", |provider| {
            format!(
                "Sie hat zu lange gedauert, war schon abgeschlossen oder wurde in einem anderen Browser begonnen. Es \
                 ist nichts geschehen. Beginnen Sie erneut mit {provider}, oder melden Sie sich anders an."
            )
        }),
        cancelled: ("Sie sind nicht angemeldet", |provider| {
            format!("Sie haben bei {provider} abgebrochen. Versuchen Sie es erneut, oder melden Sie sich anders an.")
        }),
        unreachable: ("Keine Antwort", |provider| {
            format!(
                "{provider} antwortet zurzeit nicht. Versuchen Sie es in einer Minute erneut, oder melden Sie sich \
                 anders an."
            )
        }),
        refused: ("Das hat nicht geklappt", |provider| {
            format!(
                "{provider} hat uns nicht verlässlich mitgeteilt, wer Sie sind. Versuchen Sie es erneut; wenn es dabei \
                 bleibt, melden Sie sich anders an und sagen Sie dem Betreiber des Portals Bescheid."
            )
        }),
        not_asked: ("Keine neue Anmeldung", |provider| {
            format!(
                "Für den nächsten Schritt müssen Sie sich neu anmelden, aber {provider} hat Sie ohne Nachfrage \
                 durchgelassen. Melden Sie sich zuerst dort ab, oder verwenden Sie Ihr Passwort oder einen Passkey."
            )
        }),
        suspended: "Dieses Konto ist geschlossen",
        another_way: "Anders anmelden",
        used: "Das hat zu lange gedauert oder war schon erledigt. Melden Sie sich erneut an.",
    },
    account: Account {
        create: "Konto erstellen",
        known: |provider, account| {
            format!(
                "{provider} kennt Sie als {account}. Hier sind Sie neu: Prüfen Sie die Angaben, dann sind Sie drin."
            )
        },
        name: "Ihr Name",
        sends_link: |provider| format!("Wenn {provider} sie nicht bestätigt hat, senden wir einen Link dorthin."),
        have_one: "Haben Sie hier schon ein Konto?",
        sign_in_and_link: "Anmelden und verknüpfen",
        theirs: ("Sie haben ein Konto", "Sie haben hier schon ein Konto"),
        theirs_lead: |email, provider| {
            format!(
                "{email} hat ein Konto. Melden Sie sich dort einmal wie gewohnt an; danach können Sie sich auch mit \
                 {provider} anmelden."
            )
        },
        link_title: "Konten verknüpfen",
        link_heading: |provider| format!("{provider} verknüpfen?"),
        link_lead: |provider, account, email| {
            format!("Wer sich bei {provider} als {account} anmeldet, ist von nun an hier als {email} angemeldet.")
        },
        link: "Verknüpfen",
        not_now: "Nicht jetzt",
    },
    sign_up: SignUp {
        email_hint: "Wir senden einen Link dorthin, um sie zu bestätigen.",
        password_hint: "8 bis 128 beliebige Zeichen. Ein paar Wörter ohne Zusammenhang sind gut.",
        have_one: "Haben Sie ein Konto?",
        confirm_title: "Adresse bestätigen",
        confirm_lead: |email| format!("Noch ein Schritt: {email} wird hier Ihre Adresse."),
        confirm_password: "Das von Ihrer Registrierung. Dies ist ein anderer Browser als damals, deshalb fragen wir.",
        confirm_elsewhere: |email| {
            format!(
                "{email} wird hier Ihre Adresse. Dies ist ein anderer Browser als der, mit dem Sie sich registriert \
                 haben; zeigen Sie deshalb zuerst, dass Sie es sind."
            )
        },
        confirm: "Bestätigen",
        mail_title: "Sehen Sie in Ihre E-Mails",
        mail_lead: |email| {
            format!(
                "Wir haben einen Link an {} gesendet. Öffnen Sie ihn, um die Adresse zu bestätigen.",
                email.unwrap_or("Ihre Adresse")
            )
        },
        void: "Dieser Link gilt nicht mehr: Er ist abgelaufen, oder es wurde ein neuerer gesendet.",
        nothing: "Nichts angekommen?",
        again: "Link erneut senden",
        sent_again: "Wenn diese Adresse noch bestätigt werden muss, ist ein neuer Link unterwegs. Frühere gelten nicht \
                     mehr.",
        wrong_address: "Falsche Adresse?",
        another: "Eine andere angeben",
        confirmed_already: "Schon bestätigt?",
        confirmed: "Ihre Adresse ist bestätigt. Melden Sie sich an.",
    },
    password: Password {
        title: "Neues Passwort festlegen",
        lead: "Wir senden einen Link an Ihre Adresse. Er gilt einmal und eine Stunde lang.",
        send: "Link senden",
        remembered: "Wieder eingefallen?",
        sent: "Wenn es ein Konto mit dieser Adresse gibt, ist ein Link zum Festlegen eines neuen Passworts unterwegs.",
        late: " E-Mails kommen zurzeit langsam an: Es kann einige Minuten dauern.",
        void: "Dieser Link gilt nicht mehr: Er wurde verwendet, ist abgelaufen, oder es wurde ein neuerer gesendet. \
               Fordern Sie einen neuen an.",
        reset_lead: |email| format!("Für {email}. Sie werden überall abgemeldet."),
        new: "Neues Passwort",
        hint: "8 bis 128 beliebige Zeichen.",
        set: "Passwort speichern",
        changed: "Ihr Passwort ist geändert, und Sie sind überall abgemeldet. Melden Sie sich mit dem neuen an.",
    },
    fields: Fields {
        not_yet: "Das hat noch nicht geklappt",
        error: "Fehler: ",
        name: |problem, longest| match problem {
            Problem::Missing => "Geben Sie einen Namen ein.".to_owned(),
            Problem::TooLong(_) => format!("Verwenden Sie höchstens {longest} Zeichen."),
            Problem::Characters => "Verwenden Sie Buchstaben, Ziffern und Zeichen in einer Zeile.".to_owned(),
        },
        email: |problem| match problem {
            EmailProblem::Missing => "Geben Sie eine E-Mail-Adresse ein.",
            EmailProblem::Form => "Schreiben Sie sie wie name@example.com.",
            EmailProblem::TooLong => "Eine E-Mail-Adresse hat höchstens 254 Zeichen.",
        },
        password: |weakness| match weakness {
            Weakness::TooShort => "Verwenden Sie mindestens 8 Zeichen.",
            Weakness::TooLong => "Verwenden Sie höchstens 128 Zeichen.",
            Weakness::Common => "Dieses Passwort steht auf Listen häufiger Passwörter. Wählen Sie ein anderes.",
            Weakness::Guessable => {
                "Dieses Passwort ist leicht zu erraten. Ein paar Wörter ohne Zusammenhang ergeben ein gutes Passwort."
            }
        },
        wrong_password: "Das ist nicht Ihr Passwort. Prüfen Sie es und versuchen Sie es erneut.",
        link_void: "Dieser Link gilt nicht mehr. Fordern Sie einen neuen an.",
        email_taken: "Diese Adresse gehört zu einem anderen Konto.",
        too_many: |wait| format!("Zu viele Versuche. Versuchen Sie es {} erneut.", within(wait)),
    },
};
