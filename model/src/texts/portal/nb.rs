//! Norwegian Bokmål, with "du".

use rules::text::Problem;

use super::{Account, Fields, Password, Portal, Provider, SecondStep, SignIn, SignUp};
use crate::{email::EmailProblem, password::Weakness, texts::nb::within};

pub(in crate::texts) static PORTAL: Portal = Portal {
    sign_in: SignIn {
        still_you: "Er det fortsatt deg?",
        again: "For neste steg må du logge inn på nytt.",
        email: "E-postadresse",
        password: "Passord",
        forgotten: "Glemt passordet?",
        passkey: "Bruk en tilgangsnøkkel",
        no_passkey: "Ingen tilgangsnøkkel ble brukt. Nettleseren har kanskje ingen for dette nettstedet.",
        with: |provider| format!("Logg inn med {provider}"),
        new_here: "Ny her?",
        create: "Opprett en konto",
        wrong: "E-postadressen og passordet hører ikke sammen. Sjekk begge og prøv igjen.",
        suspended: "Kontoen er sperret. Spør den som driver portalen.",
        too_many: |wait| format!("For mange forsøk. Prøv igjen {}, eller velg et nytt passord.", within(wait)),
        passkey_late: "Det tok for lang tid. Prøv tilgangsnøkkelen igjen.",
        passkey_unknown: "Den tilgangsnøkkelen logger ikke inn her. Den kan være fjernet fra kontoen.",
        late: "Det tok for lang tid. Logg inn på nytt.",
        signed_out: "Du er logget ut.",
    },
    second: SecondStep {
        title: "Andre steg",
        heading: "Ett steg til",
        password_right: "Passordet er riktig.",
        known_to: |provider| format!("{provider} kjenner deg igjen."),
        show: "Vis at det er deg.",
        show_with_passkey: "Vis med en tilgangsnøkkel at det er deg.",
        code: "Kode",
        code_hint: "Seks sifre fra autentiseringsappen din. En gjenopprettingskode virker også, én gang.",
        recovery_code: "Gjenopprettingskode",
        recovery_hint: "En av kodene som du tok vare på da du la til tilgangsnøkkelen. Den virker én gang.",
        go_on: "Fortsett",
        somebody_else: "Noen andre?",
        wrong: "Koden er feil, eller den er allerede brukt. Vent på den neste og prøv igjen.",
        too_many: |wait| format!("For mange forsøk. Prøv igjen {}.", within(wait)),
        passkey_wrong: "Tilgangsnøkkelen virket ikke. Prøv igjen.",
    },
    provider: Provider {
        over: ("Innloggingen er over", |provider| {
            format!(
                "Den tok for lang tid, var allerede ferdig eller ble påbegynt i en annen nettleser. Ingenting har \
                 skjedd. Begynn på nytt med {provider}, eller logg inn på en annen måte."
            )
        }),
        cancelled: ("Du er ikke logget inn", |provider| {
            format!("Du avbrøt hos {provider}. Prøv igjen, eller logg inn på en annen måte.")
        }),
        unreachable: ("Ikke noe svar", |provider| {
            format!("{provider} svarer ikke akkurat nå. Prøv igjen om et minutt, eller logg inn på en annen måte.")
        }),
        refused: ("Det virket ikke", |provider| {
            format!(
                "{provider} har ikke fortalt hvem du er på en måte som vi kan stole på. Prøv igjen; hvis det ikke \
                 hjelper, logg inn på en annen måte og si fra til den som driver portalen."
            )
        }),
        not_asked: ("Ingen ny innlogging", |provider| {
            format!(
                "For neste steg må du logge inn på nytt, men {provider} slapp deg gjennom uten å spørre. Logg ut der \
                 først, eller bruk passordet ditt eller en tilgangsnøkkel."
            )
        }),
        suspended: "Kontoen er stengt",
        another_way: "Logg inn på en annen måte",
        used: "Det tok for lang tid, eller var allerede gjort. Logg inn på nytt.",
    },
    account: Account {
        create: "Opprett konto",
        known: |provider, account| {
            format!("{provider} kjenner deg som {account}. Her er du ny: sjekk opplysningene, så er du inne.")
        },
        name: "Navnet ditt",
        sends_link: |provider| format!("Hvis {provider} ikke har bekreftet den, sender vi en lenke dit."),
        have_one: "Har du allerede en konto her?",
        sign_in_and_link: "Logg inn og koble den til",
        theirs: ("Du har en konto", "Du har allerede en konto her"),
        theirs_lead: |email, provider| {
            format!(
                "{email} har en konto. Logg inn på den én gang slik du pleier; deretter kan du også logge inn med \
                 {provider}."
            )
        },
        link_title: "Koble kontoer",
        link_heading: |provider| format!("Koble til {provider}?"),
        link_lead: |provider, account, email| {
            format!("Den som logger inn hos {provider} som {account}, blir fra nå av logget inn her som {email}.")
        },
        link: "Koble til",
        not_now: "Ikke nå",
    },
    sign_up: SignUp {
        email_hint: "Vi sender en lenke dit for å bekrefte den.",
        password_hint: "8 til 128 valgfrie tegn. Noen ord som ikke hører sammen, er bra.",
        have_one: "Har du en konto?",
        confirm_title: "Bekreft adressen din",
        confirm_lead: |email| format!("Ett steg igjen: {email} blir adressen din her."),
        confirm_password: "Det som du registrerte deg med. Dette er en annen nettleser enn da, så vi spør.",
        confirm_elsewhere: |email| {
            format!(
                "{email} blir adressen din her. Dette er en annen nettleser enn den du registrerte deg med, så vis \
                 først at det er deg."
            )
        },
        confirm: "Bekreft adressen",
        mail_title: "Sjekk e-posten din",
        mail_lead: |email| {
            format!("Vi har sendt en lenke til {}. Åpne den for å bekrefte adressen.", email.unwrap_or("adressen din"))
        },
        void: "Lenken virker ikke lenger: den er utløpt, eller det er sendt en nyere.",
        nothing: "Har det ikke kommet noe?",
        again: "Send lenken på nytt",
        sent_again: "Hvis adressen venter på å bli bekreftet, er en ny lenke på vei. Tidligere lenker virker ikke lenger.",
        wrong_address: "Feil adresse?",
        another: "Velg en annen",
        confirmed_already: "Allerede bekreftet?",
        confirmed: "Adressen din er bekreftet. Logg inn.",
    },
    password: Password {
        title: "Velg et nytt passord",
        lead: "Vi sender en lenke til adressen din. Den virker én gang, i én time.",
        send: "Send lenke",
        remembered: "Kom du på det?",
        sent: "Hvis det finnes en konto med den adressen, er en lenke for å velge et nytt passord på vei.",
        late: " E-post bruker lang tid akkurat nå: det kan ta noen minutter.",
        void: "Lenken virker ikke lenger: den er brukt eller utløpt, eller det er sendt en nyere. Be om en ny.",
        reset_lead: |email| format!("For {email}. Du blir logget ut overalt."),
        new: "Nytt passord",
        hint: "8 til 128 valgfrie tegn.",
        set: "Lagre passordet",
        changed: "Passordet er endret, og du er logget ut overalt. Logg inn med det nye.",
    },
    fields: Fields {
        not_yet: "Det gikk ikke ennå",
        error: "Feil: ",
        name: |problem, longest| match problem {
            Problem::Missing => "Skriv inn et navn.".to_owned(),
            Problem::TooLong(_) => format!("Bruk høyst {longest} tegn."),
            Problem::Characters => "Bruk bokstaver, sifre og tegn på én linje.".to_owned(),
        },
        email: |problem| match problem {
            EmailProblem::Missing => "Skriv inn en e-postadresse.",
            EmailProblem::Form => "Skriv den som navn@example.com.",
            EmailProblem::TooLong => "En e-postadresse har høyst 254 tegn.",
        },
        password: |weakness| match weakness {
            Weakness::TooShort => "Bruk minst 8 tegn.",
            Weakness::TooLong => "Bruk høyst 128 tegn.",
            Weakness::Common => "Det står på lister over vanlige passord. Velg et annet.",
            Weakness::Guessable => "Det er lett å gjette. Noen ord som ikke hører sammen, blir et godt passord.",
        },
        wrong_password: "Det er ikke passordet ditt. Sjekk det og prøv igjen.",
        link_void: "Lenken virker ikke lenger. Be om en ny.",
        email_taken: "Adressen hører til en annen konto.",
        too_many: |wait| format!("For mange forsøk. Prøv igjen {}.", within(wait)),
    },
};
