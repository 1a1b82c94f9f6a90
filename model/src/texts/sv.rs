//! Swedish, with "du".

use super::{
    Approve, Consent, Device, Errors, FormPost, Login, Logout, NoFactor, NotEnabled, Pin, Place, Revoke, Scopes, Texts,
    Wait, counted, listed, portal,
};
use crate::phone::NotANumber;

pub(super) static TEXTS: Texts = Texts {
    required: "obligatoriskt",
    need_help: "Behöver du hjälp?",
    go_on: "Fortsätt",
    start_again: "Börja om",
    for_developers: "För tjänstens utvecklare:",
    by: |organization| format!("från {organization}"),
    cancel_to: |product| format!("Avbryt och gå tillbaka till {product}"),
    back_to: |name| format!("Tillbaka till {name}"),
    login: Login {
        title: "Logga in",
        heading: |product| format!("Logga in på {product}"),
        number: "Ditt telefonnummer",
        hint: "Börja med + och landsnumret. Du får en PIN-kod med sms.",
        send: "Skicka PIN-kod",
        for_subscribers_of: |operators| format!("För kunder hos {}.", listed(operators, "och")),
        not_a_number: |why| match why {
            NotANumber::Empty => "Skriv ditt telefonnummer.",
            NotANumber::NoCountryCode => "Börja med + och landsnumret.",
            NotANumber::Zero => "Ett landsnummer börjar inte med 0. Ta bort nollan.",
            NotANumber::Extension => "Ett nummer med anknytning kan inte ta emot en PIN-kod. Ta bort anknytningen.",
            NotANumber::NotDigits => "Ett telefonnummer har bara siffror efter plustecknet.",
            NotANumber::TooShort => "Numret är för kort. Skriv det med + och landsnummer.",
            NotANumber::TooLong => "Numret är för långt. Skriv det med + och landsnummer.",
        },
        too_many: |wait| format!("För många PIN-koder har begärts. Försök igen {}.", within(wait)),
    },
    pin: Pin {
        title: "Ange PIN-koden",
        sent_to: "Vi har skickat sex siffror till ",
        valid: |minutes| format!(". De gäller i {}.", counted(minutes, ("minut", "minuter"))),
        label: "PIN-kod från sms:et",
        resend: "Skicka en ny PIN-kod",
        other_number: "Använd ett annat nummer",
        sent_again: "En ny PIN-kod är på väg. Den förra gäller inte längre.",
        delayed: "Sms kommer fram långsamt just nu. PIN-koden är på väg och kan dröja några minuter; du behöver inte \
                  begära en ny.",
        never_tell: "Lämna aldrig ut PIN-koden till någon. Ingen som arbetar för oss frågar efter den.",
        not_here: |operators| match operators {
            Some(operators) => format!("Inget sms? Kontrollera numret ovan. {operators}"),
            None => "Inget sms? Kontrollera numret ovan: PIN-koder når bara nummer hos operatörer som samarbetar med \
                     oss."
                .to_owned(),
        },
        outbox: "Det här är en testmiljö: meddelandena ligger i ",
        outbox_link: "utkorgen",
        six_digits: "PIN-koden är de sex siffrorna i sms:et.",
        expired: "PIN-koden har gått ut. Begär en ny.",
        exhausted: "PIN-koden har prövats för många gånger och gäller inte längre. Begär en ny.",
        ended: "PIN-koden har redan använts, eller så har en nyare skickats. Ange den senaste eller begär en ny.",
        wrong: |left| format!("PIN-koden är fel. Du har {} kvar.", counted(left.into(), ("försök", "försök"))),
        too_many: |wait| format!("För många felaktiga PIN-koder har angetts. Försök igen {}.", within(wait)),
    },
    consent: Consent {
        title: |product| format!("Lägg till {product}"),
        strip: |number| format!("Lägg till en tjänst för {number}"),
        strip_more: |number| format!("Uppdatera en tjänst för {number}"),
        strip_account: |account| format!("Inloggad som {account}"),
        would_like: |product| format!("{product} vill"),
        would_also_like: |product| format!("{product} vill nu också"),
        nothing: "Tjänsten ber inte om något mer än att du loggar in.",
        optional: "Du kan välja bort det här.",
        does_not_work_without: |product| format!(" {product} fungerar inte utan det."),
        before: |product| format!("Det du har tillåtit {product} tidigare ändras inte."),
        next: "Vad som händer sedan",
        published_at: "Så beskriver tjänsten sig själv, på",
        receives: |organization| format!("{organization} får det du tillåter ovan, och inget annat."),
        nobody_has_checked: |product| {
            format!(
                "Ingen här har kontrollerat vem som står bakom {product}. Tjänsten får det du tillåter ovan. Fortsätt \
                 bara om du själv har påbörjat det här."
            )
        },
        lasts: |product, operator| {
            let operator = operator.unwrap_or("din kontosida här");
            format!(
                "Det gäller tills du tar tillbaka det. Det kan du göra när som helst, via {product} eller {operator}."
            )
        },
        return_to: |place| match place {
            Some(Place::Host(host)) => format!("Du kommer tillbaka till {host}."),
            Some(Place::Device(host)) => format!("Du kommer tillbaka till ett program på den här enheten ({host})."),
            Some(Place::App(scheme)) => format!("Du kommer tillbaka till appen {scheme} på den här enheten."),
            None => "Du fortsätter på enheten som visar koden.".to_owned(),
        },
        any_program: "Vilket program som helst på den här enheten kan ta emot svaret. Fortsätt bara om du själv \
                      nyss har startat det här programmet.",
        terms: |product| format!("Villkor för {product}"),
        privacy: "Integritet",
        other_number: "Inte ditt nummer? Använd ett annat",
        other_account: "Inte du? Använd ett annat konto",
        cancel: "Avbryt",
        allow: "Tillåt",
    },
    scopes: Scopes {
        offline_access: "Behålla åtkomsten när du inte använder tjänsten",
        openid: "Känna igen dig när du kommer tillbaka",
        phone: "Se ditt telefonnummer",
        profile: "Se din profil",
        email: "Se din e-postadress",
        address: "Se din postadress",
        portal_read: "Se dina organisationer och dina roller i dem",
    },
    device: Device {
        title: "Logga in på en enhet",
        lead: "Ange koden som visas på din enhet.",
        code: "Kod på enheten",
        hint: "Åtta bokstäver. Stora bokstäver och bindestreck spelar ingen roll.",
        empty: "Ange koden som visas på din enhet.",
        unknown: "Ingen enhet väntar på den här koden. Jämför den med enheten; efter tio minuter visar enheten en ny.",
        too_many: |wait| format!("För många felaktiga koder har angetts. Försök igen {}.", within(wait)),
        heading: |product| format!("Logga in på {product} på en enhet?"),
        receives: |organization| {
            format!("{organization} står bakom tjänsten. Du ser vad den ber om innan du tillåter något.")
        },
        asked_from: |address, minutes| match minutes {
            ..=1 => format!("Enheten frågade alldeles nyss, från ip-adressen {address}."),
            _ => format!("Enheten frågade för {minutes} minuter sedan, från ip-adressen {address}."),
        },
        warning: "Fortsätt bara om du själv har påbörjat det här, på en enhet framför dig. Om någon har skickat koden \
                  till dig, eller läser upp den för dig, är den personen ute efter ditt konto.",
        mine: "Jag har påbörjat det här",
        not_mine: "Det var inte jag",
        allowed: ("Din enhet är inloggad", "Du kan stänga sidan och fortsätta på enheten. Det kan ta några sekunder."),
        denied: ("Din enhet är inte inloggad", "Inget har delats. Du kan stänga sidan."),
        over: (
            "Koden har redan använts",
            "Den har besvarats tidigare, eller så har tiden gått ut. Titta på enheten: om den inte är inloggad, låt \
             den visa en ny kod. Du kan stänga sidan.",
        ),
    },
    approve: Approve {
        title: |product| format!("{product} ber om ditt tillstånd"),
        strip: |number| format!("För {number}"),
        compare: "Tillåt bara om du ser samma ord där du påbörjade det här:",
        settled: |product| format!("{product} får det du har tillåtit tidigare, och inget mer."),
        asked_from: |organization, address, minutes| match minutes {
            ..=1 => format!("{organization} frågade alldeles nyss, från ip-adressen {address}."),
            _ => {
                format!("{organization} frågade för {minutes} minuter sedan, från ip-adressen {address}.")
            }
        },
        warning: "Tillåt bara om du själv har påbörjat det här för en liten stund sedan. Om någon i telefonen eller \
                  i ett meddelande säger åt dig att göra det är den personen ute efter ditt konto: tryck på ”Neka”.",
        deny: "Neka",
        allowed: ("Tillåtet", "Fortsätt där du började. Du kan stänga sidan."),
        denied: ("Nekat", "Inget har delats. Du kan stänga sidan."),
        over: (
            "Det finns inget att svara på här",
            "Begäran har besvarats tidigare, eller så har tiden gått ut. Om du fortfarande behöver den, börja om \
             där du började. Du kan stänga sidan.",
        ),
    },
    revoke: Revoke {
        title: |product| format!("Ta bort {product}"),
        strip: |number| format!("Ta bort en tjänst från {number}"),
        loses: |product| format!("{product} förlorar all åtkomst till ditt abonnemang."),
        at_once: |product| format!("Det sker genast. Du kan lägga till {product} igen när du vill."),
        stays: |organization| format!("Det som {organization} har fått hittills finns kvar där."),
        questions: |product| format!("Frågor om {product}?"),
        remove: "Ta bort tjänsten",
        removed: (
            "Tjänsten är borttagen",
            "Den har inte längre någon åtkomst till ditt abonnemang. Du kan stänga sidan.",
        ),
        kept: ("Inget har ändrats", "Du har behållit tjänsten. Du kan stänga sidan."),
        over: (
            "Det finns inget att ta bort här",
            "Länken har redan använts, eller så har tiden gått ut. Om du fortfarande vill ta bort tjänsten, börja om \
             där du började.",
        ),
    },
    not_enabled: NotEnabled {
        title: |operator, product| format!("{operator} har inte aktiverat {product}"),
        lead: |operator, product| {
            format!(
                "{product} finns inte för kunder hos {operator}, så du kan inte använda tjänsten. Inget har delats."
            )
        },
    },
    no_factor: NoFactor {
        title: |product| format!("{product} kräver en andra faktor"),
        lead: "Ditt konto har ingen ännu. Lägg till en autentiseringsapp eller en nyckel (passkey), kom sedan \
               tillbaka till den här sidan och fortsätt: du loggar in en gång till, med båda.",
        set_up: "Lägg till en på kontots säkerhetssida (öppnas i en ny flik)",
    },
    form_post: FormPost {
        title: "Tillbaka till tjänsten",
        lead: "Du skickas vidare. Tryck på knappen om inget händer.",
    },
    logout: Logout {
        ask: "Logga ut?",
        whose: |accounts| format!("Du är inloggad i den här webbläsaren som {}.", listed(accounts, "och")),
        asked_by: |product| format!("{product} vill logga ut dig."),
        sign_out: "Logga ut",
        stay: "Förbli inloggad",
        kept: ("Du är fortfarande inloggad", "Inget har ändrats. Du kan stänga sidan."),
        done: "Klart",
        done_title: "Du är utloggad",
        done_lead: "Du kan stänga sidan eller gå tillbaka till tjänsten.",
        done_back: "Tjänsterna som du har använt i den här webbläsaren har fått veta det.",
        done_elsewhere: "Begäran angav en adress att gå vidare till. Den är inte registrerad för tjänsten, så vi \
                         leder dig inte dit.",
        frame: "Utloggning från en tjänst",
    },
    errors: Errors {
        broken: (
            "Det finns ingen inloggning här",
            "Länken är ofullständig eller gjord för något annat. Gå tillbaka till tjänsten och börja om.",
        ),
        expired: (
            "Det tog för lång tid",
            "För din säkerhet upphör en inloggning efter en stund. Gå tillbaka till tjänsten och börja om; inget har \
             delats.",
        ),
        other_browser: (
            "Den här inloggningen hör till en annan webbläsare",
            "En inloggning kan bara slutföras i den webbläsare där den började, och behöver dess kakor. Om kakor är \
             avstängda för den här webbplatsen, slå på dem; gå sedan tillbaka till tjänsten och börja om.",
        ),
        forged: (
            "Formuläret gäller inte längre",
            "Det öppnades för ett tag sedan, eller kom inte från vår egen sida. Gå tillbaka, ladda om sidan och försök \
             igen; inget har delats.",
        ),
        tampered: (
            "Svaret stämmer inte med frågan",
            "Sidan ändrades på vägen, eller så har tjänsten ändrat vad den ber om. Inget har delats. Börja om.",
        ),
        sign_in_again: ("Logga in igen", "Tjänsten vill att du loggar in på nytt. Gå tillbaka till den och börja om."),
        client_gone: (
            "Tjänsten finns inte längre här",
            "Den togs bort eller stängdes av medan du loggade in. Inget har delats.",
        ),
        bad_request: ("Länken fungerar inte", "Tjänsten som skickade dig hit har gjort ett fel. Inget har delats."),
        wrong_client: (
            "Vi vet inte vem som skickade dig hit",
            "Tjänsten som skickade dig hit är inte registrerad hos oss, eller är avstängd. Inget har delats.",
        ),
        wrong_redirect_uri: (
            "Vi vet inte vart vi ska skicka dig tillbaka",
            "Tjänsten som skickade dig hit angav en adress som den inte har registrerat. För att ingen annan ska få \
             dina uppgifter slutar inloggningen här. Inget har delats.",
        ),
        fault: ("Något gick fel här", "Det är vårt fel, inte ditt. Försök igen om en stund; inget har delats."),
    },
    portal: &portal::sv::PORTAL,
};

/// "om 4 minuter".
pub(super) fn within(wait: Wait) -> String {
    format!("om {}", wait.words([("sekund", "sekunder"), ("minut", "minuter"), ("timme", "timmar")]))
}
