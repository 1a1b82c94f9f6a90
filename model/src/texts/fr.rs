//! French, with "vous". Names do not follow "de", which would have to know how they begin.

use super::{
    Approve, Consent, Device, Errors, FormPost, Login, Logout, NoFactor, NotEnabled, Pin, Place, Revoke, Scopes, Texts,
    Wait, counted, listed, portal,
};
use crate::phone::NotANumber;

pub(super) static TEXTS: Texts = Texts {
    required: "obligatoire",
    need_help: "Besoin d’aide\u{a0}?",
    go_on: "Continuer",
    start_again: "Recommencer",
    for_developers: "Pour les développeurs du service\u{a0}:",
    by: |organization| format!("par {organization}"),
    cancel_to: |product| format!("Annuler et revenir à {product}"),
    back_to: |name| format!("Retour à {name}"),
    login: Login {
        title: "Se connecter",
        heading: |product| format!("Se connecter à {product}"),
        number: "Votre numéro de téléphone",
        hint: "Commencez par + et l’indicatif du pays. Vous recevrez un code PIN par SMS.",
        send: "Envoyer le code PIN",
        for_subscribers_of: |operators| match operators {
            [one] => format!("Pour les abonnés de l’opérateur {one}."),
            several => format!("Pour les abonnés des opérateurs {}.", listed(several, "et")),
        },
        not_a_number: |why| match why {
            NotANumber::Empty => "Saisissez votre numéro de téléphone.",
            NotANumber::NoCountryCode => "Commencez par + et l’indicatif du pays.",
            NotANumber::Zero => "Un indicatif de pays ne commence pas par 0. Supprimez le zéro.",
            NotANumber::Extension => {
                "Un numéro avec un poste interne ne peut pas recevoir de code PIN. Supprimez le poste."
            }
            NotANumber::NotDigits => "Après le +, un numéro de téléphone ne contient que des chiffres.",
            NotANumber::TooShort => "Ce numéro est trop court. Écrivez-le avec + et l’indicatif du pays.",
            NotANumber::TooLong => "Ce numéro est trop long. Écrivez-le avec + et l’indicatif du pays.",
        },
        too_many: |wait| format!("Trop de codes PIN ont été demandés. Réessayez {}.", within(wait)),
    },
    pin: Pin {
        title: "Saisissez le code PIN",
        sent_to: "Nous avons envoyé six chiffres au ",
        valid: |minutes| format!(". Ils sont valables {}.", counted(minutes, ("minute", "minutes"))),
        label: "Code PIN reçu par SMS",
        resend: "Envoyer un nouveau code PIN",
        other_number: "Utiliser un autre numéro",
        sent_again: "Un nouveau code PIN est en route. Le précédent ne fonctionne plus.",
        delayed: "Les SMS arrivent lentement en ce moment. Le code PIN est en route et peut prendre quelques \
                  minutes\u{a0}; il est inutile d’en demander un autre.",
        never_tell: "Ne communiquez ce code PIN à personne. Aucun de nos collaborateurs ne vous le demandera.",
        not_here: |operators| match operators {
            Some(operators) => format!("Pas de SMS\u{a0}? Vérifiez le numéro ci-dessus. {operators}"),
            None => "Pas de SMS\u{a0}? Vérifiez le numéro ci-dessus\u{a0}: seuls les numéros des opérateurs qui \
                     travaillent avec nous reçoivent des codes PIN."
                .to_owned(),
        },
        outbox: "Ceci est un environnement de test\u{a0}: les messages se trouvent dans la ",
        outbox_link: "boîte d’envoi",
        six_digits: "Le code PIN correspond aux six chiffres du SMS.",
        expired: "Ce code PIN a expiré. Demandez-en un nouveau.",
        exhausted: "Ce code PIN a été essayé trop de fois et ne fonctionne plus. Demandez-en un nouveau.",
        ended: "Ce code PIN a déjà été utilisé, ou un plus récent a été envoyé. Saisissez le plus récent ou \
                demandez-en un nouveau.",
        wrong: |left| {
            format!("Ce code PIN est incorrect. Il vous reste {}.", counted(left.into(), ("essai", "essais")))
        },
        too_many: |wait| format!("Trop de codes PIN incorrects ont été saisis. Réessayez {}.", within(wait)),
    },
    consent: Consent {
        title: |product| format!("Ajouter {product}"),
        strip: |number| format!("Ajouter un service pour {number}"),
        strip_more: |number| format!("Mettre à jour un service pour {number}"),
        strip_account: |account| format!("Connecté avec le compte {account}"),
        would_like: |product| format!("{product} souhaite"),
        would_also_like: |product| format!("{product} souhaite désormais aussi"),
        nothing: "Le service ne demande rien de plus que votre connexion.",
        optional: "Vous pouvez ne pas l’autoriser.",
        does_not_work_without: |product| format!(" {product} ne fonctionne pas sans cela."),
        before: |product| format!("Ce que vous avez déjà accordé à {product} reste inchangé."),
        next: "Et ensuite",
        published_at: "C’est ainsi que le service se présente lui-même, sur",
        receives: |organization| format!("{organization} reçoit ce que vous autorisez ci-dessus, et rien d’autre."),
        nobody_has_checked: |product| {
            format!(
                "Personne ici n’a vérifié qui se trouve derrière {product}. Le service reçoit ce que vous autorisez \
                 ci-dessus. Ne continuez que si vous êtes à l’origine de cette demande."
            )
        },
        lasts: |product, operator| {
            let operator = operator.unwrap_or("la page de votre compte ici");
            format!(
                "Votre accord vaut jusqu’à ce que vous le retiriez, ce que vous pouvez faire à tout moment, via \
                 {product} ou {operator}."
            )
        },
        return_to: |place| match place {
            Some(Place::Host(host)) => format!("Vous retournerez sur {host}."),
            Some(Place::Device(host)) => format!("Vous retournerez dans un programme sur cet appareil ({host})."),
            Some(Place::App(scheme)) => format!("Vous retournerez dans l’application {scheme} sur cet appareil."),
            None => "Vous continuerez sur l’appareil qui affiche le code.".to_owned(),
        },
        any_program: "N’importe quel programme de cet appareil peut recevoir la réponse. Ne continuez que si vous \
                      venez de lancer vous-même celui-ci.",
        terms: |product| format!("Conditions du service {product}"),
        privacy: "Confidentialité",
        other_number: "Ce n’est pas votre numéro\u{a0}? En utiliser un autre",
        other_account: "Ce n’est pas vous\u{a0}? Utiliser un autre compte",
        cancel: "Annuler",
        allow: "Autoriser",
    },
    scopes: Scopes {
        offline_access: "Conserver l’accès lorsque vous n’utilisez pas le service",
        openid: "Vous reconnaître lorsque vous revenez",
        phone: "Connaître votre numéro de téléphone",
        profile: "Voir votre profil",
        email: "Connaître votre adresse e-mail",
        address: "Connaître votre adresse postale",
        portal_read: "Voir vos organisations et les rôles que vous y avez",
    },
    device: Device {
        title: "Se connecter sur un appareil",
        lead: "Saisissez le code affiché sur votre appareil.",
        code: "Code affiché sur l’appareil",
        hint: "Huit lettres. Les majuscules et le tiret n’ont pas d’importance.",
        empty: "Saisissez le code affiché sur votre appareil.",
        unknown: "Aucun appareil n’attend ce code. Comparez-le avec celui de l’appareil\u{a0}; au bout de dix minutes, \
                  l’appareil en affiche un nouveau.",
        too_many: |wait| format!("Trop de codes incorrects ont été saisis. Réessayez {}.", within(wait)),
        heading: |product| format!("Se connecter à {product} sur un appareil\u{a0}?"),
        receives: |organization| {
            format!(
                "{organization} est à l’origine du service. Vous verrez ce qu’il demande avant d’autoriser quoi que ce \
                 soit."
            )
        },
        asked_from: |address, minutes| match minutes {
            ..=1 => format!("L’appareil a fait sa demande à l’instant, depuis l’adresse IP {address}."),
            _ => format!("L’appareil a fait sa demande il y a {minutes} minutes, depuis l’adresse IP {address}."),
        },
        warning: "Ne continuez que si vous êtes à l’origine de cette demande, sur un appareil que vous avez devant \
                  vous. Si quelqu’un vous a envoyé le code ou vous le lit, c’est votre compte qui l’intéresse.",
        mine: "C’est bien ma demande",
        not_mine: "Ce n’est pas ma demande",
        allowed: (
            "Votre appareil est connecté",
            "Vous pouvez fermer cette page et continuer sur l’appareil. Cela peut prendre quelques secondes.",
        ),
        denied: ("Votre appareil n’est pas connecté", "Rien n’a été transmis. Vous pouvez fermer cette page."),
        over: (
            "Ce code a déjà été utilisé",
            "Il a déjà reçu une réponse, ou son délai est écoulé. Regardez l’appareil\u{a0}: s’il n’est pas connecté, \
             faites-lui afficher un nouveau code. Vous pouvez fermer cette page.",
        ),
    },
    approve: Approve {
        title: |product| format!("{product} demande votre autorisation"),
        strip: |number| format!("Pour le {number}"),
        compare: "N’autorisez que si vous voyez ces mêmes mots là où vous avez commencé\u{a0}:",
        settled: |product| format!("{product} reçoit ce que vous avez déjà autorisé, et rien de plus."),
        asked_from: |organization, address, minutes| match minutes {
            ..=1 => format!("{organization} a fait sa demande à l’instant, depuis l’adresse IP {address}."),
            _ => {
                format!("{organization} a fait sa demande il y a {minutes} minutes, depuis l’adresse IP {address}.")
            }
        },
        warning: "N’autorisez que si vous êtes vous-même, à l’instant, à l’origine de cette demande. Si quelqu’un vous \
                  le demande au téléphone ou dans un message, c’est votre compte qui l’intéresse\u{a0}: appuyez sur \
                  «\u{a0}Refuser\u{a0}».",
        deny: "Refuser",
        allowed: ("Autorisé", "Continuez là où vous avez commencé. Vous pouvez fermer cette page."),
        denied: ("Refusé", "Rien n’a été transmis. Vous pouvez fermer cette page."),
        over: (
            "Il n’y a rien à confirmer ici",
            "La demande a déjà reçu une réponse, ou son délai est écoulé. Si vous en avez encore besoin, \
             recommencez là où vous aviez commencé. Vous pouvez fermer cette page.",
        ),
    },
    revoke: Revoke {
        title: |product| format!("Retirer {product}"),
        strip: |number| format!("Retirer un service du {number}"),
        loses: |product| format!("{product} perdra tout accès à votre abonnement."),
        at_once: |product| format!("C’est immédiat. Vous pourrez ajouter {product} de nouveau quand vous le voudrez."),
        stays: |organization| format!("Ce que {organization} a reçu jusqu’ici y reste."),
        questions: |product| format!("Des questions sur {product}\u{a0}?"),
        remove: "Retirer le service",
        removed: (
            "Le service est retiré",
            "Il n’a plus aucun accès à votre abonnement. Vous pouvez fermer cette page.",
        ),
        kept: ("Rien n’a changé", "Vous avez gardé le service. Vous pouvez fermer cette page."),
        over: (
            "Il n’y a rien à retirer ici",
            "Le lien a déjà servi, ou son délai est écoulé. Si vous voulez toujours retirer le service, recommencez \
             là où vous aviez commencé.",
        ),
    },
    not_enabled: NotEnabled {
        title: |operator, product| format!("{operator} n’a pas activé {product}"),
        lead: |operator, product| {
            format!(
                "{product} n’est pas disponible chez {operator}, vous ne pouvez donc pas l’utiliser. Rien n’a été \
                 transmis."
            )
        },
    },
    no_factor: NoFactor {
        title: |product| format!("{product} demande un second facteur"),
        lead: "Votre compte n’en a pas encore. Ajoutez une application d’authentification ou une clé d’accès \
               (passkey), puis revenez à cette page et continuez\u{a0}: vous vous connectez une fois de plus, avec \
               les deux.",
        set_up: "En ajouter un sur la page de sécurité de votre compte (s’ouvre dans un nouvel onglet)",
    },
    form_post: FormPost {
        title: "Retour au service",
        lead: "Vous allez être redirigé. Si rien ne se passe, appuyez sur le bouton.",
    },
    logout: Logout {
        ask: "Se déconnecter\u{a0}?",
        whose: |accounts| format!("Vous êtes connecté dans ce navigateur avec {}.", listed(accounts, "et")),
        asked_by: |product| format!("{product} souhaite vous déconnecter."),
        sign_out: "Se déconnecter",
        stay: "Rester connecté",
        kept: ("Vous êtes toujours connecté", "Rien n’a changé. Vous pouvez fermer cette page."),
        done: "Terminé",
        done_title: "Vous êtes déconnecté",
        done_lead: "Vous pouvez fermer cette page ou revenir au service.",
        done_back: "Les services que vous avez utilisés dans ce navigateur en sont informés.",
        done_elsewhere: "La demande indiquait une adresse où aller ensuite. Elle n’est pas enregistrée pour le \
                         service\u{a0}: nous ne vous y conduisons donc pas.",
        frame: "Déconnexion d’un service",
    },
    errors: Errors {
        broken: (
            "Aucune connexion n’est en cours ici",
            "Le lien est incomplet ou était destiné à autre chose. Retournez au service et recommencez.",
        ),
        expired: (
            "Cela a pris trop de temps",
            "Pour votre sécurité, une connexion inachevée expire au bout d’un moment. Retournez au service et \
             recommencez\u{a0}; rien n’a été transmis.",
        ),
        other_browser: (
            "Cette connexion appartient à un autre navigateur",
            "Une connexion ne peut être terminée que dans le navigateur où elle a commencé, et a besoin de ses \
             cookies. Si les cookies sont désactivés pour ce site, activez-les\u{a0}; puis retournez au service et \
             recommencez.",
        ),
        forged: (
            "Ce formulaire a expiré",
            "Il a été ouvert il y a un moment, ou ne vient pas de notre propre page. Revenez en arrière, rechargez la \
             page et réessayez\u{a0}; rien n’a été transmis.",
        ),
        tampered: (
            "Cette réponse ne correspond pas à la question",
            "La page a été modifiée en chemin, ou le service demande maintenant autre chose. Rien n’a été transmis. \
             Recommencez.",
        ),
        sign_in_again: (
            "Connectez-vous à nouveau",
            "Le service souhaite que vous vous connectiez à nouveau. Retournez-y et recommencez.",
        ),
        client_gone: (
            "Ce service n’est plus disponible ici",
            "Il a été supprimé ou désactivé pendant votre connexion. Rien n’a été transmis.",
        ),
        bad_request: (
            "Ce lien ne fonctionne pas",
            "Le service qui vous a envoyé ici a fait une erreur. Rien n’a été transmis.",
        ),
        wrong_client: (
            "Nous ne savons pas qui vous a envoyé ici",
            "Le service qui vous a envoyé ici n’est pas enregistré chez nous, ou est désactivé. Rien n’a été transmis.",
        ),
        wrong_redirect_uri: (
            "Nous ne savons pas où vous renvoyer",
            "Le service qui vous a envoyé ici a donné une adresse qu’il n’a pas enregistrée. Pour que personne d’autre \
             ne reçoive vos données, la connexion s’arrête ici. Rien n’a été transmis.",
        ),
        fault: (
            "Une erreur s’est produite ici",
            "Elle vient de nous, pas de vous. Réessayez dans un instant\u{a0}; rien n’a été transmis.",
        ),
    },
    portal: &portal::fr::PORTAL,
};

/// "dans 4 minutes".
pub(super) fn within(wait: Wait) -> String {
    format!("dans {}", wait.words([("seconde", "secondes"), ("minute", "minutes"), ("heure", "heures")]))
}
