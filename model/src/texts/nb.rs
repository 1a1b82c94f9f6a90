//! Norwegian Bokmål, with "du".

use super::{
    Approve, Consent, Device, Errors, FormPost, Login, Logout, NoFactor, NotEnabled, Pin, Place, Revoke, Scopes, Texts,
    Wait, counted, listed, portal,
};
use crate::phone::NotANumber;

pub(super) static TEXTS: Texts = Texts {
    required: "påkrevd",
    need_help: "Trenger du hjelp?",
    go_on: "Fortsett",
    start_again: "Begynn på nytt",
    for_developers: "For utvikleren av tjenesten:",
    by: |organization| format!("fra {organization}"),
    cancel_to: |product| format!("Avbryt og gå tilbake til {product}"),
    back_to: |name| format!("Tilbake til {name}"),
    login: Login {
        title: "Logg inn",
        heading: |product| format!("Logg inn på {product}"),
        number: "Telefonnummeret ditt",
        hint: "Begynn med + og landsnummeret. Du får en PIN-kode på SMS.",
        send: "Send PIN-kode",
        for_subscribers_of: |operators| format!("For kunder hos {}.", listed(operators, "og")),
        not_a_number: |why| match why {
            NotANumber::Empty => "Skriv inn telefonnummeret ditt.",
            NotANumber::NoCountryCode => "Begynn med + og landsnummeret.",
            NotANumber::Zero => "Et landsnummer begynner ikke med 0. Fjern nullen.",
            NotANumber::Extension => "Et nummer med internnummer kan ikke ta imot en PIN-kode. Fjern internnummeret.",
            NotANumber::NotDigits => "Et telefonnummer har bare sifre etter plusstegnet.",
            NotANumber::TooShort => "Nummeret er for kort. Skriv det med + og landsnummer.",
            NotANumber::TooLong => "Nummeret er for langt. Skriv det med + og landsnummer.",
        },
        too_many: |wait| format!("Det er bedt om for mange PIN-koder. Prøv igjen {}.", within(wait)),
    },
    pin: Pin {
        title: "Skriv inn PIN-koden",
        sent_to: "Vi har sendt seks sifre til ",
        valid: |minutes| format!(". De gjelder i {}.", counted(minutes, ("minutt", "minutter"))),
        label: "PIN-kode fra SMS-en",
        resend: "Send en ny PIN-kode",
        other_number: "Bruk et annet nummer",
        sent_again: "En ny PIN-kode er på vei. Den forrige virker ikke lenger.",
        delayed: "SMS-er bruker lang tid akkurat nå. PIN-koden er på vei og kan ta noen minutter; du trenger ikke be \
                  om en ny.",
        never_tell: "Gi aldri PIN-koden til noen. Ingen som jobber for oss, spør etter den.",
        not_here: |operators| match operators {
            Some(operators) => format!("Ingen SMS? Sjekk nummeret over. {operators}"),
            None => "Ingen SMS? Sjekk nummeret over: PIN-koder når bare numre hos operatører som samarbeider med oss."
                .to_owned(),
        },
        outbox: "Dette er et testmiljø: meldingene ligger i ",
        outbox_link: "utboksen",
        six_digits: "PIN-koden er de seks sifrene i SMS-en.",
        expired: "PIN-koden er utløpt. Be om en ny.",
        exhausted: "PIN-koden er prøvd for mange ganger og virker ikke lenger. Be om en ny.",
        ended: "PIN-koden er allerede brukt, eller det er sendt en nyere. Skriv inn den nyeste, eller be om en ny.",
        wrong: |left| format!("PIN-koden er feil. Du har {} igjen.", counted(left.into(), ("forsøk", "forsøk"))),
        too_many: |wait| format!("Det er skrevet inn for mange feil PIN-koder. Prøv igjen {}.", within(wait)),
    },
    consent: Consent {
        title: |product| format!("Legg til {product}"),
        strip: |number| format!("Legg til en tjeneste for {number}"),
        strip_more: |number| format!("Oppdater en tjeneste for {number}"),
        strip_account: |account| format!("Logget inn som {account}"),
        would_like: |product| format!("{product} vil gjerne"),
        would_also_like: |product| format!("{product} vil nå gjerne også"),
        nothing: "Tjenesten ber ikke om mer enn at du logger inn.",
        optional: "Du kan velge bort dette.",
        does_not_work_without: |product| format!(" {product} virker ikke uten dette."),
        before: |product| format!("Det du har tillatt {product} før, endres ikke."),
        next: "Hva som skjer videre",
        published_at: "Slik beskriver tjenesten seg selv, på",
        receives: |organization| format!("{organization} får det du tillater over, og ingenting annet."),
        nobody_has_checked: |product| {
            format!(
                "Ingen her har sjekket hvem som står bak {product}. Tjenesten får det du tillater over. Fortsett bare \
                 hvis du selv har startet dette."
            )
        },
        lasts: |product, operator| {
            let operator = operator.unwrap_or("kontosiden din her");
            format!(
                "Det gjelder til du trekker det tilbake. Det kan du gjøre når som helst, via {product} eller \
                 {operator}."
            )
        },
        return_to: |place| match place {
            Some(Place::Host(host)) => format!("Du kommer tilbake til {host}."),
            Some(Place::Device(host)) => format!("Du kommer tilbake til et program på denne enheten ({host})."),
            Some(Place::App(scheme)) => format!("Du kommer tilbake til appen {scheme} på denne enheten."),
            None => "Du fortsetter på enheten som viser koden.".to_owned(),
        },
        any_program: "Et hvilket som helst program på denne enheten kan ta imot svaret. Fortsett bare hvis du selv \
                      nettopp har startet dette programmet.",
        terms: |product| format!("Vilkår for {product}"),
        privacy: "Personvern",
        other_number: "Ikke ditt nummer? Bruk et annet",
        other_account: "Ikke deg? Bruk en annen konto",
        cancel: "Avbryt",
        allow: "Tillat",
    },
    scopes: Scopes {
        offline_access: "Beholde tilgangen når du ikke bruker tjenesten",
        openid: "Kjenne deg igjen når du kommer tilbake",
        phone: "Se telefonnummeret ditt",
        profile: "Se profilen din",
        email: "Se e-postadressen din",
        address: "Se postadressen din",
        portal_read: "Se organisasjonene dine og rollene dine i dem",
    },
    device: Device {
        title: "Logg inn på en enhet",
        lead: "Skriv inn koden som enheten viser.",
        code: "Koden på enheten",
        hint: "Åtte bokstaver. Store bokstaver og bindestrek spiller ingen rolle.",
        empty: "Skriv inn koden som enheten viser.",
        unknown: "Ingen enhet venter på denne koden. Sammenlign den med enheten; etter ti minutter viser enheten en \
                  ny.",
        too_many: |wait| format!("Det er skrevet inn for mange feil koder. Prøv igjen {}.", within(wait)),
        heading: |product| format!("Logge inn på {product} på en enhet?"),
        receives: |organization| {
            format!("{organization} står bak tjenesten. Du ser hva den ber om før du tillater noe.")
        },
        asked_from: |address, minutes| match minutes {
            ..=1 => format!("Enheten spurte for et øyeblikk siden, fra IP-adressen {address}."),
            _ => format!("Enheten spurte for {minutes} minutter siden, fra IP-adressen {address}."),
        },
        warning: "Fortsett bare hvis du selv har startet dette, på en enhet foran deg. Hvis noen har sendt deg koden, \
                  eller leser den opp for deg, er vedkommende ute etter kontoen din.",
        mine: "Jeg har startet dette",
        not_mine: "Det var ikke meg",
        allowed: ("Enheten din er logget inn", "Du kan lukke siden og fortsette på enheten. Det kan ta noen sekunder."),
        denied: ("Enheten din er ikke logget inn", "Ingenting er delt. Du kan lukke siden."),
        over: (
            "Koden er allerede brukt",
            "Den er besvart tidligere, eller tiden er ute. Se på enheten: Hvis den ikke er logget inn, la den vise en \
             ny kode. Du kan lukke siden.",
        ),
    },
    approve: Approve {
        title: |product| format!("{product} ber om tillatelse"),
        strip: |number| format!("For nummeret {number}"),
        compare: "Tillat bare hvis du ser de samme ordene der du startet dette:",
        settled: |product| format!("{product} får det du har tillatt før, og ingenting mer."),
        asked_from: |organization, address, minutes| match minutes {
            ..=1 => format!("{organization} spurte for et øyeblikk siden, fra IP-adressen {address}."),
            _ => {
                format!("{organization} spurte for {minutes} minutter siden, fra IP-adressen {address}.")
            }
        },
        warning: "Tillat bare hvis du selv har startet dette for et øyeblikk siden. Hvis noen på telefonen eller i \
                  en melding ber deg om det, er vedkommende ute etter kontoen din: trykk på «Avslå».",
        deny: "Avslå",
        allowed: ("Tillatt", "Fortsett der du startet. Du kan lukke siden."),
        denied: ("Avslått", "Ingenting er delt. Du kan lukke siden."),
        over: (
            "Her er det ingenting å svare på",
            "Forespørselen er besvart tidligere, eller tiden er ute. Hvis du fortsatt trenger den, begynn på nytt \
             der du startet. Du kan lukke siden.",
        ),
    },
    revoke: Revoke {
        title: |product| format!("Fjern {product}"),
        strip: |number| format!("Fjern en tjeneste fra {number}"),
        loses: |product| format!("{product} mister all tilgang til abonnementet ditt."),
        at_once: |product| format!("Det skjer med en gang. Du kan legge til {product} igjen når du vil."),
        stays: |organization| format!("Det {organization} har fått til nå, blir værende der."),
        questions: |product| format!("Spørsmål om {product}?"),
        remove: "Fjern tjenesten",
        removed: (
            "Tjenesten er fjernet",
            "Den har ikke lenger noen tilgang til abonnementet ditt. Du kan lukke siden.",
        ),
        kept: ("Ingenting er endret", "Du har beholdt tjenesten. Du kan lukke siden."),
        over: (
            "Her er det ingenting å fjerne",
            "Lenken er brukt tidligere, eller tiden er ute. Hvis du fortsatt vil fjerne tjenesten, begynn på nytt \
             der du startet.",
        ),
    },
    not_enabled: NotEnabled {
        title: |operator, product| format!("{operator} har ikke aktivert {product}"),
        lead: |operator, product| {
            format!(
                "{product} er ikke tilgjengelig for kunder hos {operator}, så du kan ikke bruke tjenesten. Ingenting \
                 er delt."
            )
        },
    },
    no_factor: NoFactor {
        title: |product| format!("{product} krever en andre faktor"),
        lead: "Kontoen din har ingen ennå. Legg til en autentiseringsapp eller en tilgangsnøkkel (passkey), kom så \
               tilbake til denne siden og fortsett: du logger på én gang til, med begge.",
        set_up: "Legg til en på kontoens sikkerhetsside (åpnes i en ny fane)",
    },
    form_post: FormPost {
        title: "Tilbake til tjenesten",
        lead: "Du sendes videre. Trykk på knappen hvis ingenting skjer.",
    },
    logout: Logout {
        ask: "Logge ut?",
        whose: |accounts| format!("Du er logget inn i denne nettleseren som {}.", listed(accounts, "og")),
        asked_by: |product| format!("{product} vil logge deg ut."),
        sign_out: "Logg ut",
        stay: "Forbli innlogget",
        kept: ("Du er fortsatt logget inn", "Ingenting er endret. Du kan lukke siden."),
        done: "Ferdig",
        done_title: "Du er logget ut",
        done_lead: "Du kan lukke siden eller gå tilbake til tjenesten.",
        done_back: "Tjenestene du har brukt i denne nettleseren, har fått beskjed.",
        done_elsewhere: "Forespørselen oppga en adresse å gå videre til. Den er ikke registrert for tjenesten, \
                         så vi leder deg ikke dit.",
        frame: "Utlogging fra en tjeneste",
    },
    errors: Errors {
        broken: (
            "Her er det ingen innlogging",
            "Lenken er ufullstendig eller laget for noe annet. Gå tilbake til tjenesten og begynn på nytt.",
        ),
        expired: (
            "Det tok for lang tid",
            "For din sikkerhet avsluttes en innlogging etter en stund. Gå tilbake til tjenesten og begynn på nytt; \
             ingenting er delt.",
        ),
        other_browser: (
            "Denne innloggingen hører til en annen nettleser",
            "En innlogging kan bare fullføres i nettleseren der den begynte, og trenger informasjonskapslene dens. \
             Hvis informasjonskapsler er slått av for dette nettstedet, slå dem på; gå så tilbake til tjenesten og \
             begynn på nytt.",
        ),
        forged: (
            "Skjemaet gjelder ikke lenger",
            "Det ble åpnet for en stund siden, eller kom ikke fra vår egen side. Gå tilbake, last siden på nytt og \
             prøv igjen; ingenting er delt.",
        ),
        tampered: (
            "Svaret passer ikke til spørsmålet",
            "Siden ble endret underveis, eller tjenesten har endret hva den ber om. Ingenting er delt. Begynn på nytt.",
        ),
        sign_in_again: (
            "Logg inn igjen",
            "Tjenesten vil at du logger inn på nytt. Gå tilbake til den og begynn på nytt.",
        ),
        client_gone: (
            "Tjenesten finnes ikke her lenger",
            "Den ble fjernet eller slått av mens du logget inn. Ingenting er delt.",
        ),
        bad_request: ("Lenken virker ikke", "Tjenesten som sendte deg hit, har gjort en feil. Ingenting er delt."),
        wrong_client: (
            "Vi vet ikke hvem som sendte deg hit",
            "Tjenesten som sendte deg hit, er ikke registrert hos oss, eller er slått av. Ingenting er delt.",
        ),
        wrong_redirect_uri: (
            "Vi vet ikke hvor vi skal sende deg tilbake",
            "Tjenesten som sendte deg hit, oppga en adresse som den ikke har registrert. For at ingen andre skal få \
             opplysningene dine, stopper innloggingen her. Ingenting er delt.",
        ),
        fault: ("Noe gikk galt her", "Det er vår feil, ikke din. Prøv igjen om et øyeblikk; ingenting er delt."),
    },
    portal: &portal::nb::PORTAL,
};

/// "om 4 minutter".
pub(super) fn within(wait: Wait) -> String {
    format!("om {}", wait.words([("sekund", "sekunder"), ("minutt", "minutter"), ("time", "timer")]))
}
