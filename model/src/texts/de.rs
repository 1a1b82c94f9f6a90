//! German, with "Sie".

use super::{
    Approve, Consent, Device, Errors, FormPost, Login, Logout, NoFactor, NotEnabled, Pin, Place, Revoke, Scopes, Texts,
    Wait, counted, listed, portal,
};
use crate::phone::NotANumber;

pub(super) static TEXTS: Texts = Texts {
    required: "erforderlich",
    need_help: "Brauchen Sie Hilfe?",
    go_on: "Weiter",
    start_again: "Neu beginnen",
    for_developers: "Für die Entwickler des Dienstes:",
    by: |organization| format!("von {organization}"),
    cancel_to: |product| format!("Abbrechen und zurück zu {product}"),
    back_to: |name| format!("Zurück zu {name}"),
    login: Login {
        title: "Anmelden",
        heading: |product| format!("Bei {product} anmelden"),
        number: "Ihre Telefonnummer",
        hint: "Beginnen Sie mit + und der Landesvorwahl. Sie bekommen eine PIN per SMS.",
        send: "PIN senden",
        for_subscribers_of: |operators| format!("Für Kunden von {}.", listed(operators, "und")),
        not_a_number: |why| match why {
            NotANumber::Empty => "Geben Sie Ihre Telefonnummer ein.",
            NotANumber::NoCountryCode => "Beginnen Sie mit + und der Landesvorwahl.",
            NotANumber::Zero => "Eine Landesvorwahl beginnt nicht mit 0. Lassen Sie die Null weg.",
            NotANumber::Extension => {
                "Eine Nummer mit Durchwahl kann keine PIN empfangen. Lassen Sie die Durchwahl weg."
            }
            NotANumber::NotDigits => "Eine Telefonnummer enthält nach dem + nur Ziffern.",
            NotANumber::TooShort => "Diese Nummer ist zu kurz. Schreiben Sie sie mit + und Landesvorwahl.",
            NotANumber::TooLong => "Diese Nummer ist zu lang. Schreiben Sie sie mit + und Landesvorwahl.",
        },
        too_many: |wait| format!("Es wurden zu viele PINs angefordert. Versuchen Sie es {} erneut.", within(wait)),
    },
    pin: Pin {
        title: "PIN eingeben",
        sent_to: "Wir senden sechs Ziffern an ",
        valid: |minutes| format!(". Sie gelten {}.", counted(minutes, ("Minute", "Minuten"))),
        label: "PIN aus der SMS",
        resend: "Neue PIN senden",
        other_number: "Andere Nummer verwenden",
        sent_again: "Eine neue PIN ist unterwegs. Die vorige gilt nicht mehr.",
        delayed: "SMS kommen zurzeit langsam an. Die PIN ist unterwegs und kann einige Minuten brauchen; Sie müssen \
                  keine weitere anfordern.",
        never_tell: "Verraten Sie diese PIN niemandem. Niemand, der für uns arbeitet, fragt danach.",
        not_here: |operators| match operators {
            Some(operators) => format!("Keine SMS? Prüfen Sie die Nummer oben. {operators}"),
            None => "Keine SMS? Prüfen Sie die Nummer oben: PINs erreichen nur Nummern von Anbietern, die mit uns \
                     zusammenarbeiten."
                .to_owned(),
        },
        outbox: "Das ist eine Testumgebung: Nachrichten liegen im ",
        outbox_link: "Postausgang",
        six_digits: "Die PIN besteht aus den sechs Ziffern in der SMS.",
        expired: "Diese PIN ist abgelaufen. Fordern Sie eine neue an.",
        exhausted: "Diese PIN wurde zu oft falsch eingegeben und gilt nicht mehr. Fordern Sie eine neue an.",
        ended: "Diese PIN wurde schon verwendet, oder es wurde eine neuere gesendet. Geben Sie die neueste ein oder \
                fordern Sie eine neue an.",
        wrong: |left| {
            format!("Diese PIN stimmt nicht. Sie haben noch {}.", counted(left.into(), ("Versuch", "Versuche")))
        },
        too_many: |wait| {
            format!("Es wurden zu viele falsche PINs eingegeben. Versuchen Sie es {} erneut.", within(wait))
        },
    },
    consent: Consent {
        title: |product| format!("{product} hinzufügen"),
        strip: |number| format!("Dienst für {number} hinzufügen"),
        strip_more: |number| format!("Dienst für {number} aktualisieren"),
        strip_account: |account| format!("Angemeldet als {account}"),
        would_like: |product| format!("{product} möchte"),
        would_also_like: |product| format!("{product} möchte nun auch"),
        nothing: "Der Dienst bittet um nichts weiter als Ihre Anmeldung.",
        optional: "Sie müssen das nicht erlauben.",
        does_not_work_without: |product| format!(" Ohne das funktioniert {product} nicht."),
        before: |product| format!("Was Sie {product} bereits erlaubt haben, bleibt, wie es ist."),
        next: "Wie es weitergeht",
        published_at: "So beschreibt sich der Dienst selbst, auf",
        receives: |organization| format!("{organization} bekommt, was Sie oben erlauben, und sonst nichts."),
        nobody_has_checked: |product| {
            format!(
                "Niemand hier hat geprüft, wer hinter {product} steht. Der Dienst bekommt, was Sie oben erlauben. \
                 Gehen Sie nur weiter, wenn Sie das selbst begonnen haben."
            )
        },
        lasts: |product, operator| {
            let operator = operator.unwrap_or("Ihre Kontoseite hier");
            format!("Das gilt, bis Sie es zurücknehmen. Das können Sie jederzeit, über {product} oder {operator}.")
        },
        return_to: |place| match place {
            Some(Place::Host(host)) => format!("Sie kehren zurück zu {host}."),
            Some(Place::Device(host)) => format!("Sie kehren zurück zu einem Programm auf diesem Gerät ({host})."),
            Some(Place::App(scheme)) => format!("Sie kehren zurück zur App {scheme} auf diesem Gerät."),
            None => "Sie machen an dem Gerät weiter, das den Code anzeigt.".to_owned(),
        },
        any_program: "Jedes Programm auf diesem Gerät kann die Antwort bekommen. Gehen Sie nur weiter, wenn Sie \
                      dieses Programm gerade selbst gestartet haben.",
        terms: |product| format!("Bedingungen von {product}"),
        privacy: "Datenschutz",
        other_number: "Nicht Ihre Nummer? Eine andere verwenden",
        other_account: "Nicht Sie? Ein anderes Konto verwenden",
        cancel: "Abbrechen",
        allow: "Erlauben",
    },
    scopes: Scopes {
        offline_access: "Den Zugriff behalten, auch wenn Sie den Dienst nicht benutzen",
        openid: "Sie wiedererkennen, wenn Sie zurückkommen",
        phone: "Ihre Telefonnummer sehen",
        profile: "Ihr Profil sehen",
        email: "Ihre E-Mail-Adresse sehen",
        address: "Ihre Postanschrift sehen",
        portal_read: "Ihre Organisationen und Ihre Rollen darin sehen",
    },
    device: Device {
        title: "Auf einem Gerät anmelden",
        lead: "Geben Sie den Code ein, den Ihr Gerät anzeigt.",
        code: "Code auf dem Gerät",
        hint: "Acht Buchstaben. Großschreibung und Bindestrich spielen keine Rolle.",
        empty: "Geben Sie den Code ein, den Ihr Gerät anzeigt.",
        unknown: "Kein Gerät wartet auf diesen Code. Vergleichen Sie ihn mit dem auf dem Gerät; nach zehn Minuten \
                  zeigt das Gerät einen neuen an.",
        too_many: |wait| {
            format!("Es wurden zu viele falsche Codes eingegeben. Versuchen Sie es {} erneut.", within(wait))
        },
        heading: |product| format!("Bei {product} auf einem Gerät anmelden?"),
        receives: |organization| {
            format!("{organization} steht hinter dem Dienst. Sie sehen, worum er bittet, bevor Sie etwas erlauben.")
        },
        asked_from: |address, minutes| match minutes {
            ..=1 => format!("Das Gerät hat gerade eben angefragt, von der IP-Adresse {address}."),
            _ => format!("Das Gerät hat vor {minutes} Minuten angefragt, von der IP-Adresse {address}."),
        },
        warning: "Gehen Sie nur weiter, wenn Sie das selbst begonnen haben, an einem Gerät, das Sie vor sich haben. \
                  Wenn Ihnen jemand den Code geschickt hat oder vorliest, hat diese Person es auf Ihr Konto abgesehen.",
        mine: "Ich habe das begonnen",
        not_mine: "Das war ich nicht",
        allowed: (
            "Ihr Gerät ist angemeldet",
            "Sie können diese Seite schließen und am Gerät weitermachen. Es kann einige Sekunden dauern.",
        ),
        denied: ("Ihr Gerät ist nicht angemeldet", "Es wurde nichts weitergegeben. Sie können diese Seite schließen."),
        over: (
            "Dieser Code wurde schon verwendet",
            "Die Anfrage wurde schon beantwortet, oder ihre Zeit ist um. Sehen Sie auf das Gerät: Wenn es nicht \
             angemeldet ist, lassen Sie es einen neuen Code anzeigen. Sie können diese Seite schließen.",
        ),
    },
    approve: Approve {
        title: |product| format!("{product} bittet um Ihre Erlaubnis"),
        strip: |number| format!("Für {number}"),
        compare: "Erlauben Sie es nur, wenn Sie dieselben Worte dort sehen, wo Sie das begonnen haben:",
        settled: |product| format!("{product} bekommt, was Sie bereits erlaubt haben, und sonst nichts."),
        asked_from: |organization, address, minutes| match minutes {
            ..=1 => format!("{organization} hat gerade eben angefragt, von der IP-Adresse {address}."),
            _ => {
                format!("{organization} hat vor {minutes} Minuten angefragt, von der IP-Adresse {address}.")
            }
        },
        warning: "Erlauben Sie es nur, wenn Sie das selbst gerade eben begonnen haben. Wenn Sie jemand am Telefon \
                  oder in einer Nachricht dazu auffordert, hat diese Person es auf Ihr Konto abgesehen: Drücken Sie \
                  auf „Ablehnen“.",
        deny: "Ablehnen",
        allowed: ("Erlaubt", "Machen Sie dort weiter, wo Sie begonnen haben. Sie können diese Seite schließen."),
        denied: ("Abgelehnt", "Es wurde nichts weitergegeben. Sie können diese Seite schließen."),
        over: (
            "Hier ist nichts zu beantworten",
            "Die Anfrage wurde schon beantwortet, oder ihre Zeit ist um. Wenn Sie sie noch brauchen, fangen Sie \
             dort neu an, wo Sie begonnen haben. Sie können diese Seite schließen.",
        ),
    },
    revoke: Revoke {
        title: |product| format!("{product} entfernen"),
        strip: |number| format!("Dienst von {number} entfernen"),
        loses: |product| format!("{product} verliert jeden Zugriff auf Ihren Mobilfunkvertrag."),
        at_once: |product| format!("Das geschieht sofort. Sie können {product} jederzeit wieder hinzufügen."),
        stays: |organization| format!("Was {organization} bisher bekommen hat, bleibt dort."),
        questions: |product| format!("Fragen zu {product}?"),
        remove: "Dienst entfernen",
        removed: (
            "Der Dienst ist entfernt",
            "Er hat keinen Zugriff mehr auf Ihren Mobilfunkvertrag. Sie können diese Seite schließen.",
        ),
        kept: ("Es hat sich nichts geändert", "Sie haben den Dienst behalten. Sie können diese Seite schließen."),
        over: (
            "Hier ist nichts zu entfernen",
            "Der Link wurde schon benutzt, oder seine Zeit ist um. Wenn Sie den Dienst noch entfernen möchten, \
             fangen Sie dort neu an, wo Sie begonnen haben.",
        ),
    },
    not_enabled: NotEnabled {
        title: |operator, product| format!("{operator} hat {product} nicht freigegeben"),
        lead: |operator, product| {
            format!(
                "{product} ist für Kunden von {operator} nicht verfügbar, deshalb können Sie es nicht benutzen. Es \
                 wurde nichts weitergegeben."
            )
        },
    },
    no_factor: NoFactor {
        title: |product| format!("{product} verlangt einen zweiten Faktor"),
        lead: "Ihr Konto hat noch keinen. Fügen Sie eine Authentifizierungs-App oder einen Passkey hinzu, kommen \
               Sie dann auf diese Seite zurück und gehen Sie weiter: Sie melden sich noch einmal an, mit beidem.",
        set_up: "Auf der Sicherheitsseite Ihres Kontos hinzufügen (öffnet einen neuen Tab)",
    },
    form_post: FormPost {
        title: "Zurück zum Dienst",
        lead: "Sie werden weitergeleitet. Wenn nichts geschieht, drücken Sie auf den Knopf.",
    },
    logout: Logout {
        ask: "Abmelden?",
        whose: |accounts| format!("Sie sind in diesem Browser als {} angemeldet.", listed(accounts, "und")),
        asked_by: |product| format!("{product} möchte Sie abmelden."),
        sign_out: "Abmelden",
        stay: "Angemeldet bleiben",
        kept: ("Sie sind weiterhin angemeldet", "Es hat sich nichts geändert. Sie können diese Seite schließen."),
        done: "Fertig",
        done_title: "Sie sind abgemeldet",
        done_lead: "Sie können diese Seite schließen oder zum Dienst zurückgehen.",
        done_back: "Die Dienste, die Sie in diesem Browser benutzt haben, wurden benachrichtigt.",
        done_elsewhere: "Die Anfrage nannte eine Adresse, zu der es danach gehen soll. Sie ist für den Dienst \
                         nicht registriert, deshalb leiten wir Sie nicht dorthin.",
        frame: "Abmeldung von einem Dienst",
    },
    errors: Errors {
        broken: (
            "Hier läuft keine Anmeldung",
            "Der Link ist unvollständig oder war für etwas anderes bestimmt. Gehen Sie zum Dienst zurück und beginnen \
             Sie neu.",
        ),
        expired: (
            "Das hat zu lange gedauert",
            "Zu Ihrer Sicherheit endet eine Anmeldung nach einer Weile. Gehen Sie zum Dienst zurück und beginnen Sie \
             neu; es wurde nichts weitergegeben.",
        ),
        other_browser: (
            "Diese Anmeldung gehört zu einem anderen Browser",
            "Eine Anmeldung kann nur in dem Browser abgeschlossen werden, in dem sie begonnen hat, und braucht dessen \
             Cookies. Wenn Cookies für diese Website ausgeschaltet sind, schalten Sie sie ein; gehen Sie dann zum \
             Dienst zurück und beginnen Sie neu.",
        ),
        forged: (
            "Dieses Formular ist abgelaufen",
            "Es wurde vor einer Weile geöffnet oder kam nicht von unserer eigenen Seite. Gehen Sie zurück, laden Sie \
             die Seite neu und versuchen Sie es noch einmal; es wurde nichts weitergegeben.",
        ),
        tampered: (
            "Diese Antwort passt nicht zur Frage",
            "Die Seite wurde unterwegs verändert, oder der Dienst bittet nun um etwas anderes. Es wurde nichts \
             weitergegeben. Beginnen Sie neu.",
        ),
        sign_in_again: (
            "Melden Sie sich erneut an",
            "Der Dienst möchte, dass Sie sich erneut anmelden. Gehen Sie zu ihm zurück und beginnen Sie neu.",
        ),
        client_gone: (
            "Diesen Dienst gibt es hier nicht mehr",
            "Er wurde entfernt oder ausgeschaltet, während Sie sich angemeldet haben. Es wurde nichts weitergegeben.",
        ),
        bad_request: (
            "Dieser Link funktioniert nicht",
            "Der Dienst, der Sie hierher geschickt hat, hat einen Fehler gemacht. Es wurde nichts weitergegeben.",
        ),
        wrong_client: (
            "Wir wissen nicht, wer Sie hierher geschickt hat",
            "Der Dienst, der Sie hierher geschickt hat, ist bei uns nicht registriert oder ausgeschaltet. Es wurde \
             nichts weitergegeben.",
        ),
        wrong_redirect_uri: (
            "Wir wissen nicht, wohin wir Sie zurückschicken sollen",
            "Der Dienst, der Sie hierher geschickt hat, hat eine Adresse angegeben, die er nicht registriert hat. \
             Damit niemand sonst Ihre Daten bekommt, endet die Anmeldung hier. Es wurde nichts weitergegeben.",
        ),
        fault: (
            "Hier ist etwas schiefgegangen",
            "Es liegt an uns, nicht an Ihnen. Versuchen Sie es gleich noch einmal; es wurde nichts weitergegeben.",
        ),
    },
    portal: &portal::de::PORTAL,
};

/// "in 4 Minuten".
pub(super) fn within(wait: Wait) -> String {
    match wait {
        Wait::Seconds(1) => "in einer Sekunde".to_owned(),
        _ => format!("in {}", wait.words([("Sekunde", "Sekunden"), ("Minute", "Minuten"), ("Stunde", "Stunden")])),
    }
}
