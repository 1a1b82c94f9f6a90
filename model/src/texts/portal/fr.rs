//! French, with "vous". Names do not follow "de", which would have to know how they begin.

use rules::text::Problem;

use super::{Account, Fields, Password, Portal, Provider, SecondStep, SignIn, SignUp};
use crate::{email::EmailProblem, password::Weakness, texts::fr::within};

pub(in crate::texts) static PORTAL: Portal = Portal {
    sign_in: SignIn {
        still_you: "Est-ce toujours vous\u{a0}?",
        again: "La suite exige une connexion toute récente.",
        email: "Adresse e-mail",
        password: "Mot de passe",
        forgotten: "Mot de passe oublié\u{a0}?",
        passkey: "Utiliser une clé d’accès",
        no_passkey: "Aucune clé d’accès n’a été utilisée. Votre navigateur n’en a peut-être pas pour ce site.",
        with: |provider| format!("Se connecter avec {provider}"),
        new_here: "Première visite\u{a0}?",
        create: "Créer un compte",
        wrong: "Cette adresse e-mail et ce mot de passe ne correspondent pas. Vérifiez-les et réessayez.",
        suspended: "Ce compte est suspendu. Adressez-vous au responsable de ce portail.",
        too_many: |wait| {
            format!("Trop de tentatives. Réessayez {}, ou choisissez un nouveau mot de passe.", within(wait))
        },
        passkey_late: "L’opération a pris trop de temps. Réessayez avec la clé d’accès.",
        passkey_unknown: "Cette clé d’accès ne permet pas de se connecter ici. Elle a peut-être été supprimée du \
                          compte.",
        late: "L’opération a pris trop de temps. Connectez-vous de nouveau.",
        signed_out: "Vous êtes déconnecté.",
    },
    second: SecondStep {
        title: "Deuxième étape",
        heading: "Encore une étape",
        password_right: "Votre mot de passe est correct.",
        known_to: |provider| format!("{provider} vous connaît."),
        show: "Montrez que c’est bien vous.",
        show_with_passkey: "Montrez que c’est bien vous avec une clé d’accès.",
        code: "Code à usage unique",
        code_hint: "Six chiffres de votre application d’authentification. Un code de récupération convient aussi, une \
                    fois.",
        recovery_code: "Code de récupération",
        recovery_hint: "L’un des codes que vous avez conservés en ajoutant la clé d’accès. Il ne sert qu’une fois.",
        go_on: "Continuer",
        somebody_else: "Quelqu’un d’autre\u{a0}?",
        wrong: "Ce code est incorrect ou a déjà été utilisé. Attendez le suivant et réessayez.",
        too_many: |wait| format!("Trop de tentatives. Réessayez {}.", within(wait)),
        passkey_wrong: "Cette clé d’accès n’a pas fonctionné. Réessayez.",
    },
    provider: Provider {
        over: ("Cette connexion est terminée", |provider| {
            format!(
                "Elle a pris trop de temps, était déjà terminée ou avait commencé dans un autre navigateur. Rien ne \
                 s’est passé. Recommencez avec {provider}, ou connectez-vous autrement."
            )
        }),
        cancelled: ("Vous n’êtes pas connecté", |provider| {
            format!("Vous avez annulé chez {provider}. Réessayez, ou connectez-vous autrement.")
        }),
        unreachable: ("Aucune réponse", |provider| {
            format!("{provider} ne répond pas pour le moment. Réessayez dans une minute, ou connectez-vous autrement.")
        }),
        refused: ("Cela n’a pas fonctionné", |provider| {
            format!(
                "{provider} ne nous a pas indiqué de façon fiable qui vous êtes. Réessayez\u{a0}; si cela persiste, \
                 connectez-vous autrement et prévenez le responsable de ce portail."
            )
        }),
        not_asked: ("Pas de nouvelle connexion", |provider| {
            format!(
                "La suite exige une connexion toute récente, et {provider} vous a laissé passer sans rien demander. \
                 Déconnectez-vous d’abord là-bas, ou utilisez votre mot de passe ou une clé d’accès."
            )
        }),
        suspended: "Ce compte est fermé",
        another_way: "Se connecter autrement",
        used: "L’opération a pris trop de temps ou était déjà terminée. Connectez-vous de nouveau.",
    },
    account: Account {
        create: "Créer un compte",
        known: |provider, account| {
            format!(
                "{provider} vous connaît sous le nom {account}. Ici, vous êtes nouveau\u{a0}: vérifiez ces \
                 informations, et vous y êtes."
            )
        },
        name: "Votre nom",
        sends_link: |provider| format!("Si {provider} ne l’a pas confirmée, nous y envoyons un lien."),
        have_one: "Vous avez déjà un compte ici\u{a0}?",
        sign_in_and_link: "Se connecter et l’associer",
        theirs: ("Vous avez un compte", "Vous avez déjà un compte ici"),
        theirs_lead: |email, provider| {
            format!(
                "{email} a un compte. Connectez-vous-y une fois comme d’habitude\u{a0}; ensuite, vous pourrez aussi \
                 vous connecter avec {provider}."
            )
        },
        link_title: "Associer des comptes",
        link_heading: |provider| format!("Associer {provider}\u{a0}?"),
        link_lead: |provider, account, email| {
            format!(
                "Désormais, qui se connecte à {provider} en tant que {account} est connecté ici en tant que {email}."
            )
        },
        link: "Associer",
        not_now: "Pas maintenant",
    },
    sign_up: SignUp {
        email_hint: "Nous y envoyons un lien pour la confirmer.",
        password_hint: "De 8 à 128 caractères, sans autre condition. Quelques mots sans lien conviennent bien.",
        have_one: "Vous avez un compte\u{a0}?",
        confirm_title: "Confirmer votre adresse",
        confirm_lead: |email| format!("Plus qu’une étape\u{a0}: {email} sera votre adresse ici."),
        confirm_password: "Celui de votre inscription. Ce navigateur n’est pas le même qu’alors\u{a0}: nous posons donc \
                           la question.",
        confirm_elsewhere: |email| {
            format!(
                "{email} sera votre adresse ici. Ce navigateur n’est pas celui de votre inscription\u{a0}: montrez \
                 d’abord que c’est bien vous."
            )
        },
        confirm: "Confirmer l’adresse",
        mail_title: "Consultez vos e-mails",
        mail_lead: |email| {
            format!(
                "Nous avons envoyé un lien à {}. Ouvrez-le pour confirmer l’adresse.",
                email.unwrap_or("votre adresse")
            )
        },
        void: "Ce lien ne fonctionne plus\u{a0}: il a expiré, ou un plus récent a été envoyé.",
        nothing: "Rien n’est arrivé\u{a0}?",
        again: "Renvoyer le lien",
        sent_again: "Si cette adresse attend d’être confirmée, un nouveau lien est en route. Les précédents ne \
                     fonctionnent plus.",
        wrong_address: "Une erreur dans l’adresse\u{a0}?",
        another: "En choisir une autre",
        confirmed_already: "Déjà confirmée\u{a0}?",
        confirmed: "Votre adresse est confirmée. Connectez-vous.",
    },
    password: Password {
        title: "Choisir un nouveau mot de passe",
        lead: "Nous envoyons un lien à votre adresse. Il fonctionne une fois, pendant une heure.",
        send: "Envoyer le lien",
        remembered: "Il vous est revenu\u{a0}?",
        sent: "S’il existe un compte avec cette adresse, un lien pour choisir un nouveau mot de passe est en route.",
        late: " Les e-mails arrivent lentement en ce moment\u{a0}: cela peut prendre quelques minutes.",
        void: "Ce lien ne fonctionne plus\u{a0}: il a été utilisé, il a expiré, ou un plus récent a été envoyé. \
               Demandez-en un autre.",
        reset_lead: |email| format!("Pour {email}. Vous serez déconnecté partout."),
        new: "Nouveau mot de passe",
        hint: "De 8 à 128 caractères, sans autre condition.",
        set: "Enregistrer le mot de passe",
        changed: "Votre mot de passe est changé, et vous êtes déconnecté partout. Connectez-vous avec le nouveau.",
    },
    fields: Fields {
        not_yet: "Cela n’a pas encore fonctionné",
        error: "Erreur\u{a0}: ",
        name: |problem, longest| match problem {
            Problem::Missing => "Saisissez un nom.".to_owned(),
            Problem::TooLong(_) => format!("Utilisez au plus {longest} caractères."),
            Problem::Characters => "Utilisez des lettres, des chiffres et des signes, sur une ligne.".to_owned(),
        },
        email: |problem| match problem {
            EmailProblem::Missing => "Saisissez une adresse e-mail.",
            EmailProblem::Form => "Écrivez-la comme nom@example.com.",
            EmailProblem::TooLong => "Une adresse e-mail compte au plus 254 caractères.",
        },
        password: |weakness| match weakness {
            Weakness::TooShort => "Utilisez au moins 8 caractères.",
            Weakness::TooLong => "Utilisez au plus 128 caractères.",
            Weakness::Common => "Il figure sur des listes de mots de passe courants. Choisissez-en un autre.",
            Weakness::Guessable => "Il est facile à deviner. Quelques mots sans lien font un bon mot de passe.",
        },
        wrong_password: "Ce n’est pas votre mot de passe. Vérifiez-le et réessayez.",
        link_void: "Ce lien ne fonctionne plus. Demandez-en un nouveau.",
        email_taken: "Cette adresse appartient à un autre compte.",
        too_many: |wait| format!("Trop de tentatives. Réessayez {}.", within(wait)),
    },
};
