//! Spanish, with "tú".

use rules::text::Problem;

use super::{Account, Fields, Password, Portal, Provider, SecondStep, SignIn, SignUp};
use crate::{email::EmailProblem, password::Weakness, texts::es::within};

pub(in crate::texts) static PORTAL: Portal = Portal {
    sign_in: SignIn {
        still_you: "¿Sigues siendo tú?",
        again: "Para el paso siguiente tienes que iniciar sesión de nuevo.",
        email: "Correo electrónico",
        password: "Contraseña",
        forgotten: "¿La has olvidado?",
        passkey: "Usar una llave de acceso",
        no_passkey: "No se ha usado ninguna llave de acceso. Puede que tu navegador no tenga ninguna para este sitio.",
        with: |provider| format!("Iniciar sesión con {provider}"),
        new_here: "¿Es tu primera vez aquí?",
        create: "Crear una cuenta",
        wrong: "Ese correo electrónico y esa contraseña no coinciden. Revisa los dos e inténtalo de nuevo.",
        suspended: "Esta cuenta está suspendida. Pregunta a quien lleva este portal.",
        too_many: |wait| {
            format!("Demasiados intentos. Inténtalo de nuevo {}, o elige una contraseña nueva.", within(wait))
        },
        passkey_late: "Ha tardado demasiado. Prueba otra vez con la llave de acceso.",
        passkey_unknown: "Esa llave de acceso no sirve para entrar aquí. Puede que se haya quitado de la cuenta.",
        late: "Ha tardado demasiado. Inicia sesión de nuevo.",
        signed_out: "Has cerrado la sesión.",
    },
    second: SecondStep {
        title: "Segundo paso",
        heading: "Un paso más",
        password_right: "La contraseña es correcta.",
        known_to: |provider| format!("{provider} te conoce."),
        show: "Demuestra que eres tú.",
        show_with_passkey: "Demuestra que eres tú con una llave de acceso.",
        code: "Código",
        code_hint: "Seis cifras de tu aplicación de autenticación. También sirve un código de recuperación, una vez.",
        recovery_code: "Código de recuperación",
        recovery_hint: "Uno de los códigos que guardaste al añadir la llave de acceso. Sirve una vez.",
        go_on: "Continuar",
        somebody_else: "¿Es otra persona?",
        wrong: "Ese código no es correcto o ya se ha usado. Espera al siguiente e inténtalo de nuevo.",
        too_many: |wait| format!("Demasiados intentos. Inténtalo de nuevo {}.", within(wait)),
        passkey_wrong: "Esa llave de acceso no ha funcionado. Inténtalo de nuevo.",
    },
    provider: Provider {
        over: ("Ese inicio de sesión ha terminado", |provider| {
            format!(
                "Ha tardado demasiado, ya se había completado o se empezó en otro navegador. No ha pasado nada. Empieza \
                 de nuevo con {provider}, o inicia sesión de otra manera."
            )
        }),
        cancelled: ("No has iniciado sesión", |provider| {
            format!("Has cancelado en {provider}. Inténtalo de nuevo, o inicia sesión de otra manera.")
        }),
        unreachable: ("No hay respuesta", |provider| {
            format!(
                "{provider} no responde en este momento. Inténtalo de nuevo dentro de un minuto, o inicia sesión de \
                 otra manera."
            )
        }),
        refused: ("No ha funcionado", |provider| {
            format!(
                "{provider} no nos ha dicho de forma fiable quién eres. Inténtalo de nuevo; si sigue igual, inicia \
                 sesión de otra manera y avisa a quien lleva este portal."
            )
        }),
        not_asked: ("No ha vuelto a preguntar", |provider| {
            format!(
                "Para el paso siguiente tienes que iniciar sesión de nuevo, y {provider} te ha dejado pasar sin \
                 preguntar. Cierra antes la sesión allí, o usa tu contraseña o una llave de acceso."
            )
        }),
        suspended: "Esta cuenta está cerrada",
        another_way: "Iniciar sesión de otra manera",
        used: "Ha tardado demasiado o ya estaba hecho. Inicia sesión de nuevo.",
    },
    account: Account {
        create: "Crear cuenta",
        known: |provider, account| {
            format!("{provider} te conoce como {account}. Aquí aún no: revisa estos datos y ya puedes entrar.")
        },
        name: "Tu nombre",
        sends_link: |provider| format!("Si {provider} no lo ha confirmado, enviamos un enlace a esa dirección."),
        have_one: "¿Ya tienes una cuenta aquí?",
        sign_in_and_link: "Iniciar sesión y vincularla",
        theirs: ("Tienes una cuenta", "Ya tienes una cuenta aquí"),
        theirs_lead: |email, provider| {
            format!(
                "{email} tiene una cuenta. Inicia sesión en ella una vez como de costumbre; a partir de entonces \
                 también podrás entrar con {provider}."
            )
        },
        link_title: "Vincular cuentas",
        link_heading: |provider| format!("¿Vincular {provider}?"),
        link_lead: |provider, account, email| {
            format!("A partir de ahora, quien inicie sesión en {provider} como {account} entra aquí como {email}.")
        },
        link: "Vincular",
        not_now: "Ahora no",
    },
    sign_up: SignUp {
        email_hint: "Enviamos un enlace allí para confirmarlo.",
        password_hint: "De 8 a 128 caracteres cualesquiera. Unas pocas palabras sin relación van bien.",
        have_one: "¿Tienes una cuenta?",
        confirm_title: "Confirma tu dirección",
        confirm_lead: |email| format!("Solo queda un paso: {email} será tu dirección aquí."),
        confirm_password: "La que usaste al registrarte. Este navegador no es el mismo que entonces; por eso preguntamos.",
        confirm_elsewhere: |email| {
            format!(
                "{email} será tu dirección aquí. Este navegador no es el que usaste al registrarte, así que demuestra \
                 antes que eres tú."
            )
        },
        confirm: "Confirmar la dirección",
        mail_title: "Mira tu correo",
        mail_lead: |email| {
            format!(
                "Hemos enviado un enlace a {}. Ábrelo para confirmar la dirección.",
                email.unwrap_or("tu dirección")
            )
        },
        void: "Este enlace ya no sirve: ha caducado o se ha enviado otro más reciente.",
        nothing: "¿No ha llegado nada?",
        again: "Enviar el enlace de nuevo",
        sent_again: "Si esa dirección está pendiente de confirmar, un enlace nuevo está en camino. Los anteriores ya no \
                     sirven.",
        wrong_address: "¿La dirección está mal?",
        another: "Elegir otra",
        confirmed_already: "¿Ya está confirmada?",
        confirmed: "Tu dirección está confirmada. Inicia sesión.",
    },
    password: Password {
        title: "Elegir una contraseña nueva",
        lead: "Enviamos un enlace a tu dirección. Sirve una vez, durante una hora.",
        send: "Enviar enlace",
        remembered: "¿Ya te acuerdas?",
        sent: "Si hay una cuenta con esa dirección, un enlace para elegir una contraseña nueva está en camino.",
        late: " El correo llega despacio en este momento: puede tardar unos minutos.",
        void: "Este enlace ya no sirve: se ha usado, ha caducado o se ha enviado otro más reciente. Pide otro.",
        reset_lead: |email| format!("Para {email}. Se cerrarán todas tus sesiones."),
        new: "Contraseña nueva",
        hint: "De 8 a 128 caracteres cualesquiera.",
        set: "Guardar la contraseña",
        changed: "Tu contraseña se ha cambiado y se han cerrado todas tus sesiones. Inicia sesión con la nueva.",
    },
    fields: Fields {
        not_yet: "Todavía no ha funcionado",
        error: "Hay un error: ",
        name: |problem, longest| match problem {
            Problem::Missing => "Escribe un nombre.".to_owned(),
            Problem::TooLong(_) => format!("Usa como máximo {longest} caracteres."),
            Problem::Characters => "Usa letras, cifras y signos en una sola línea.".to_owned(),
        },
        email: |problem| match problem {
            EmailProblem::Missing => "Escribe un correo electrónico.",
            EmailProblem::Form => "Escríbelo como nombre@example.com.",
            EmailProblem::TooLong => "Un correo electrónico tiene como máximo 254 caracteres.",
        },
        password: |weakness| match weakness {
            Weakness::TooShort => "Usa al menos 8 caracteres.",
            Weakness::TooLong => "Usa como máximo 128 caracteres.",
            Weakness::Common => "Está en listas de contraseñas habituales. Elige otra.",
            Weakness::Guessable => "Es fácil de adivinar. Unas pocas palabras sin relación hacen una buena contraseña.",
        },
        wrong_password: "Esa no es tu contraseña. Revísala e inténtalo de nuevo.",
        link_void: "Este enlace ya no sirve. Pide uno nuevo.",
        email_taken: "Esa dirección pertenece a otra cuenta.",
        too_many: |wait| format!("Demasiados intentos. Inténtalo de nuevo {}.", within(wait)),
    },
};
