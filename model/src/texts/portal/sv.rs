//! Swedish, with "du".

use rules::text::Problem;

use super::{Account, Fields, Password, Portal, Provider, SecondStep, SignIn, SignUp};
use crate::{email::EmailProblem, password::Weakness, texts::sv::within};

pub(in crate::texts) static PORTAL: Portal = Portal {
    sign_in: SignIn {
        still_you: "Är det fortfarande du?",
        again: "För nästa steg behöver du logga in på nytt.",
        email: "E-postadress",
        password: "Lösenord",
        forgotten: "Glömt lösenordet?",
        passkey: "Använd en lösennyckel",
        no_passkey: "Ingen lösennyckel användes. Webbläsaren har kanske ingen för den här webbplatsen.",
        with: |provider| format!("Logga in med {provider}"),
        new_here: "Ny här?",
        create: "Skapa ett konto",
        wrong: "E-postadressen och lösenordet hör inte ihop. Kontrollera båda och försök igen.",
        suspended: "Kontot är avstängt. Fråga den som driver portalen.",
        too_many: |wait| format!("För många försök. Försök igen {}, eller välj ett nytt lösenord.", within(wait)),
        passkey_late: "Det tog för lång tid. Försök med lösennyckeln igen.",
        passkey_unknown: "Den lösennyckeln loggar inte in här. Den kan ha tagits bort från kontot.",
        late: "Det tog för lång tid. Logga in igen.",
        signed_out: "Du är utloggad.",
    },
    second: SecondStep {
        title: "Andra steget",
        heading: "Ett steg till",
        password_right: "Lösenordet är rätt.",
        known_to: |provider| format!("{provider} känner igen dig."),
        show: "Visa att det är du.",
        show_with_passkey: "Visa med en lösennyckel att det är du.",
        code: "Kod",
        code_hint: "Sex siffror från din autentiseringsapp. En återställningskod fungerar också, en gång.",
        recovery_code: "Återställningskod",
        recovery_hint: "En av koderna som du sparade när du lade till lösennyckeln. Den fungerar en gång.",
        go_on: "Fortsätt",
        somebody_else: "Någon annan?",
        wrong: "Koden är fel, eller så har den redan använts. Vänta på nästa och försök igen.",
        too_many: |wait| format!("För många försök. Försök igen {}.", within(wait)),
        passkey_wrong: "Lösennyckeln fungerade inte. Försök igen.",
    },
    provider: Provider {
        over: ("Inloggningen är över", |provider| {
            format!(
                "Den tog för lång tid, var redan klar eller påbörjades i en annan webbläsare. Inget har hänt. Börja om \
                 med {provider}, eller logga in på ett annat sätt."
            )
        }),
        cancelled: ("Du är inte inloggad", |provider| {
            format!("Du avbröt hos {provider}. Försök igen, eller logga in på ett annat sätt.")
        }),
        unreachable: ("Inget svar", |provider| {
            format!("{provider} svarar inte just nu. Försök igen om en minut, eller logga in på ett annat sätt.")
        }),
        refused: ("Det fungerade inte", |provider| {
            format!(
                "{provider} har inte talat om vem du är på ett sätt som vi kan lita på. Försök igen; om det inte \
                 hjälper, logga in på ett annat sätt och säg till den som driver portalen."
            )
        }),
        not_asked: ("Ingen ny inloggning", |provider| {
            format!(
                "För nästa steg behöver du logga in på nytt, men {provider} släppte igenom dig utan att fråga. Logga \
                 först ut där, eller använd ditt lösenord eller en lösennyckel."
            )
        }),
        suspended: "Kontot är stängt",
        another_way: "Logga in på ett annat sätt",
        used: "Det tog för lång tid, eller var redan gjort. Logga in igen.",
    },
    account: Account {
        create: "Skapa konto",
        known: |provider, account| {
            format!("{provider} känner dig som {account}. Här är du ny: kontrollera uppgifterna, så är du inne.")
        },
        name: "Ditt namn",
        sends_link: |provider| format!("Om {provider} inte har bekräftat den skickar vi en länk dit."),
        have_one: "Har du redan ett konto här?",
        sign_in_and_link: "Logga in och koppla det",
        theirs: ("Du har ett konto", "Du har redan ett konto här"),
        theirs_lead: |email, provider| {
            format!(
                "{email} har ett konto. Logga in på det en gång som du brukar; därefter kan du också logga in med \
                 {provider}."
            )
        },
        link_title: "Koppla konton",
        link_heading: |provider| format!("Koppla {provider}?"),
        link_lead: |provider, account, email| {
            format!("Den som loggar in hos {provider} som {account} loggas från och med nu in här som {email}.")
        },
        link: "Koppla",
        not_now: "Inte nu",
    },
    sign_up: SignUp {
        email_hint: "Vi skickar en länk dit för att bekräfta den.",
        password_hint: "8 till 128 valfria tecken. Några ord som inte hör ihop är bra.",
        have_one: "Har du ett konto?",
        confirm_title: "Bekräfta din adress",
        confirm_lead: |email| format!("Ett steg kvar: {email} blir din adress här."),
        confirm_password: "Det som du registrerade dig med. Det här är en annan webbläsare än då, så vi frågar.",
        confirm_elsewhere: |email| {
            format!(
                "{email} blir din adress här. Det här är en annan webbläsare än den du registrerade dig med, så visa \
                 först att det är du."
            )
        },
        confirm: "Bekräfta adressen",
        mail_title: "Titta i din e-post",
        mail_lead: |email| {
            format!(
                "Vi har skickat en länk till {}. Öppna den för att bekräfta adressen.",
                email.unwrap_or("din adress")
            )
        },
        void: "Länken fungerar inte längre: den har gått ut, eller så har en nyare skickats.",
        nothing: "Har inget kommit fram?",
        again: "Skicka länken igen",
        sent_again: "Om adressen väntar på att bekräftas är en ny länk på väg. Tidigare länkar fungerar inte längre.",
        wrong_address: "Fel adress?",
        another: "Välj en annan",
        confirmed_already: "Redan bekräftad?",
        confirmed: "Din adress är bekräftad. Logga in.",
    },
    password: Password {
        title: "Välj ett nytt lösenord",
        lead: "Vi skickar en länk till din adress. Den fungerar en gång, inom en timme.",
        send: "Skicka länk",
        remembered: "Kom du på det?",
        sent: "Om det finns ett konto med den adressen är en länk för att välja ett nytt lösenord på väg.",
        late: " E-post kommer fram långsamt just nu: det kan dröja några minuter.",
        void: "Länken fungerar inte längre: den har använts eller gått ut, eller så har en nyare skickats. Begär en \
               ny.",
        reset_lead: |email| format!("För {email}. Du loggas ut överallt."),
        new: "Nytt lösenord",
        hint: "8 till 128 valfria tecken.",
        set: "Spara lösenordet",
        changed: "Lösenordet är ändrat, och du är utloggad överallt. Logga in med det nya.",
    },
    fields: Fields {
        not_yet: "Det gick inte än",
        error: "Fel: ",
        name: |problem, longest| match problem {
            Problem::Missing => "Skriv ett namn.".to_owned(),
            Problem::TooLong(_) => format!("Använd högst {longest} tecken."),
            Problem::Characters => "Använd bokstäver, siffror och tecken på en rad.".to_owned(),
        },
        email: |problem| match problem {
            EmailProblem::Missing => "Skriv en e-postadress.",
            EmailProblem::Form => "Skriv den som namn@example.com.",
            EmailProblem::TooLong => "En e-postadress har högst 254 tecken.",
        },
        password: |weakness| match weakness {
            Weakness::TooShort => "Använd minst 8 tecken.",
            Weakness::TooLong => "Använd högst 128 tecken.",
            Weakness::Common => "Det står på listor över vanliga lösenord. Välj ett annat.",
            Weakness::Guessable => "Det är lätt att gissa. Några ord som inte hör ihop blir ett bra lösenord.",
        },
        wrong_password: "Det är inte ditt lösenord. Kontrollera det och försök igen.",
        link_void: "Länken fungerar inte längre. Begär en ny.",
        email_taken: "Adressen hör till ett annat konto.",
        too_many: |wait| format!("För många försök. Försök igen {}.", within(wait)),
    },
};
