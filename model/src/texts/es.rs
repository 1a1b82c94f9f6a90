//! Spanish, with "tú".

use super::{
    Approve, Consent, Device, Errors, FormPost, Login, Logout, NoFactor, NotEnabled, Pin, Place, Revoke, Scopes, Texts,
    Wait, counted, portal,
};
use crate::phone::NotANumber;

pub(super) static TEXTS: Texts = Texts {
    required: "obligatorio",
    need_help: "¿Necesitas ayuda?",
    go_on: "Continuar",
    start_again: "Volver a empezar",
    for_developers: "Para quien desarrolla el servicio:",
    by: |organization| format!("de {organization}"),
    cancel_to: |product| format!("Cancelar y volver a {product}"),
    back_to: |name| format!("Volver a {name}"),
    login: Login {
        title: "Iniciar sesión",
        heading: |product| format!("Inicia sesión en {product}"),
        number: "Tu número de teléfono",
        hint: "Empieza con + y el prefijo del país. Te enviaremos un PIN por SMS.",
        send: "Enviar PIN",
        for_subscribers_of: |operators| match operators {
            [one] => format!("Para clientes de {one}."),
            several => format!("Para clientes de estas operadoras: {}.", several.join(", ")),
        },
        not_a_number: |why| match why {
            NotANumber::Empty => "Escribe tu número de teléfono.",
            NotANumber::NoCountryCode => "Empieza con + y el prefijo del país.",
            NotANumber::Zero => "El prefijo de un país no empieza por 0. Quita el cero.",
            NotANumber::Extension => "Un número con extensión no puede recibir un PIN. Quita la extensión.",
            NotANumber::NotDigits => "Después del +, un número de teléfono solo tiene cifras.",
            NotANumber::TooShort => "Ese número es demasiado corto. Escríbelo con + y el prefijo del país.",
            NotANumber::TooLong => "Ese número es demasiado largo. Escríbelo con + y el prefijo del país.",
        },
        too_many: |wait| format!("Se han pedido demasiados PIN. Inténtalo de nuevo {}.", within(wait)),
    },
    pin: Pin {
        title: "Escribe el PIN",
        sent_to: "Hemos enviado seis cifras al ",
        valid: |minutes| format!(". Caducan en {}.", counted(minutes, ("minuto", "minutos"))),
        label: "PIN del SMS",
        resend: "Enviar un PIN nuevo",
        other_number: "Usar otro número",
        sent_again: "Un PIN nuevo está en camino. El anterior ya no sirve.",
        delayed: "Los SMS llegan despacio en este momento. El PIN está en camino y puede tardar unos minutos; no hace \
                  falta pedir otro.",
        never_tell: "No des este PIN a nadie. Nadie que trabaje para nosotros te lo pedirá.",
        not_here: |operators| match operators {
            Some(operators) => format!("¿No llega el SMS? Comprueba el número de arriba. {operators}"),
            None => "¿No llega el SMS? Comprueba el número de arriba: los PIN solo llegan a números de operadoras que \
                     trabajan con nosotros."
                .to_owned(),
        },
        outbox: "Este es un entorno de pruebas: los mensajes están en la ",
        outbox_link: "bandeja de salida",
        six_digits: "El PIN son las seis cifras del SMS.",
        expired: "Ese PIN ha caducado. Pide uno nuevo.",
        exhausted: "Ese PIN se ha probado demasiadas veces y ya no sirve. Pide uno nuevo.",
        ended: "Ese PIN ya se ha usado, o se ha enviado otro más reciente. Escribe el último o pide uno nuevo.",
        wrong: |left| match left {
            1 => "Ese PIN no es correcto. Te queda 1 intento.".to_owned(),
            _ => format!("Ese PIN no es correcto. Te quedan {left} intentos."),
        },
        too_many: |wait| format!("Se han escrito demasiados PIN incorrectos. Inténtalo de nuevo {}.", within(wait)),
    },
    consent: Consent {
        title: |product| format!("Añadir {product}"),
        strip: |number| format!("Añadir un servicio a {number}"),
        strip_more: |number| format!("Actualizar un servicio de {number}"),
        strip_account: |account| format!("Sesión iniciada como {account}"),
        would_like: |product| format!("{product} quiere"),
        would_also_like: |product| format!("{product} ahora también quiere"),
        nothing: "No pide ningún permiso aparte de que inicies sesión.",
        optional: "Puedes no permitirlo.",
        does_not_work_without: |product| format!(" {product} no funciona sin esto."),
        before: |product| format!("Lo que ya permitiste a {product} no cambia."),
        next: "Qué pasa después",
        published_at: "Así se describe el propio servicio, en",
        receives: |organization| format!("{organization} recibe lo que permitas arriba, y nada más."),
        nobody_has_checked: |product| {
            format!(
                "Aquí nadie ha comprobado quién está detrás de {product}. El servicio recibe lo que permitas arriba. \
                 Sigue solo si has empezado esto tú."
            )
        },
        lasts: |product, operator| {
            let operator = operator.unwrap_or("la página de tu cuenta");
            format!(
                "El permiso dura hasta que lo retires, y puedes hacerlo cuando quieras, a través de {product} o de \
                 {operator}."
            )
        },
        return_to: |place| match place {
            Some(Place::Host(host)) => format!("Volverás a {host}."),
            Some(Place::Device(host)) => format!("Volverás a un programa de este dispositivo ({host})."),
            Some(Place::App(scheme)) => format!("Volverás a la aplicación {scheme} de este dispositivo."),
            None => "Seguirás en el dispositivo que muestra el código.".to_owned(),
        },
        any_program: "Cualquier programa de este dispositivo puede recibir la respuesta. Sigue solo si acabas de \
                      iniciar tú este programa.",
        terms: |product| format!("Condiciones de {product}"),
        privacy: "Privacidad",
        other_number: "¿No es tu número? Usa otro",
        other_account: "¿No eres tú? Usa otra cuenta",
        cancel: "Cancelar",
        allow: "Permitir",
    },
    scopes: Scopes {
        offline_access: "Mantener el acceso cuando no lo estés usando",
        openid: "Reconocerte cuando vuelvas",
        phone: "Conocer tu número de teléfono",
        profile: "Ver tu perfil",
        email: "Conocer tu dirección de correo",
        address: "Conocer tu dirección postal",
        portal_read: "Ver tus organizaciones y tus roles en ellas",
    },
    device: Device {
        title: "Iniciar sesión en un dispositivo",
        lead: "Escribe el código que muestra tu dispositivo.",
        code: "Código del dispositivo",
        hint: "Ocho letras. Las mayúsculas y el guion no importan.",
        empty: "Escribe el código que muestra tu dispositivo.",
        unknown: "Ningún dispositivo espera este código. Compáralo con el del dispositivo; a los diez minutos el \
                  dispositivo muestra otro.",
        too_many: |wait| format!("Se han escrito demasiados códigos incorrectos. Inténtalo de nuevo {}.", within(wait)),
        heading: |product| format!("¿Iniciar sesión en {product} en un dispositivo?"),
        receives: |organization| {
            format!("{organization} está detrás del servicio. Verás qué pide antes de permitir nada.")
        },
        asked_from: |address, minutes| match minutes {
            ..=1 => format!("El dispositivo lo ha pedido hace un momento, desde la dirección IP {address}."),
            _ => {
                format!("El dispositivo lo pidió hace {minutes} minutos, desde la dirección IP {address}.")
            }
        },
        warning: "Sigue solo si has empezado esto tú, en un dispositivo que tienes delante. Si alguien te ha enviado \
                  el código, o te lo lee, quiere apoderarse de tu cuenta.",
        mine: "Lo he empezado yo",
        not_mine: "No he sido yo",
        allowed: (
            "Has iniciado sesión en tu dispositivo",
            "Puedes cerrar esta página y seguir en el dispositivo. Puede tardar unos segundos.",
        ),
        denied: ("No se ha iniciado sesión en tu dispositivo", "No se ha compartido nada. Puedes cerrar esta página."),
        over: (
            "Este código ya se ha usado",
            "Ya se ha respondido, o ha caducado. Mira el dispositivo: si no se ha iniciado sesión en él, haz \
             que muestre un código nuevo. Puedes cerrar esta página.",
        ),
    },
    approve: Approve {
        title: |product| format!("{product} pide tu permiso"),
        strip: |number| format!("Para {number}"),
        compare: "Permítelo solo si ves estas mismas palabras donde has empezado esto:",
        settled: |product| format!("{product} recibe lo que ya le permitiste, y nada más."),
        asked_from: |organization, address, minutes| match minutes {
            ..=1 => format!("{organization} lo ha pedido hace un momento, desde la dirección IP {address}."),
            _ => {
                format!("{organization} lo pidió hace {minutes} minutos, desde la dirección IP {address}.")
            }
        },
        warning: "Permítelo solo si has empezado esto tú, hace un momento. Si alguien te lo pide por teléfono o en \
                  un mensaje, quiere apoderarse de tu cuenta: pulsa «Denegar».",
        deny: "Denegar",
        allowed: ("Permitido", "Sigue donde empezaste. Puedes cerrar esta página."),
        denied: ("Denegado", "No se ha compartido nada. Puedes cerrar esta página."),
        over: (
            "Aquí no hay nada que responder",
            "La petición ya se ha respondido, o ha caducado. Si todavía la necesitas, empieza de nuevo \
             donde empezaste. Puedes cerrar esta página.",
        ),
    },
    revoke: Revoke {
        title: |product| format!("Quitar {product}"),
        strip: |number| format!("Quitar un servicio de {number}"),
        loses: |product| format!("{product} perderá todo acceso a tu línea."),
        at_once: |product| format!("Es inmediato. Puedes volver a añadir {product} cuando quieras."),
        stays: |organization| format!("Lo que {organization} ha recibido hasta ahora se queda allí."),
        questions: |product| format!("¿Preguntas sobre {product}?"),
        remove: "Quitar el servicio",
        removed: ("El servicio se ha quitado", "Ya no tiene ningún acceso a tu línea. Puedes cerrar esta página."),
        kept: ("No ha cambiado nada", "Has conservado el servicio. Puedes cerrar esta página."),
        over: (
            "Aquí no hay nada que quitar",
            "El enlace ya se ha usado, o ha caducado. Si todavía quieres quitar el servicio, empieza de nuevo donde \
             empezaste.",
        ),
    },
    not_enabled: NotEnabled {
        title: |operator, product| format!("{operator} no ha activado {product}"),
        lead: |operator, product| {
            format!(
                "{product} no está disponible para clientes de {operator}, así que no puedes usarlo. No se ha \
                 compartido nada."
            )
        },
    },
    no_factor: NoFactor {
        title: |product| format!("{product} pide un segundo factor"),
        lead: "Tu cuenta aún no tiene ninguno. Añade una aplicación de autenticación o una llave de acceso \
               (passkey), vuelve después a esta página y continúa: inicias sesión una vez más, con ambos.",
        set_up: "Añadir uno en la página de seguridad de tu cuenta (se abre en una pestaña nueva)",
    },
    form_post: FormPost {
        title: "Volver al servicio",
        lead: "Vas a salir de esta página. Si no pasa nada, pulsa el botón.",
    },
    logout: Logout {
        ask: "¿Cerrar sesión?",
        whose: |accounts| format!("Tienes la sesión iniciada en este navegador como {}.", accounts.join(" y ")),
        asked_by: |product| format!("{product} pide cerrar tu sesión."),
        sign_out: "Cerrar sesión",
        stay: "Mantener la sesión",
        kept: ("La sesión sigue abierta", "No ha cambiado nada. Puedes cerrar esta página."),
        done: "Listo",
        done_title: "Has cerrado sesión",
        done_lead: "Puedes cerrar esta página o volver al servicio.",
        done_back: "Hemos avisado a los servicios que has usado en este navegador.",
        done_elsewhere: "La solicitud indicaba una dirección a la que ir después. No está registrada para el \
                         servicio, así que no te llevamos allí.",
        frame: "Cierre de sesión en un servicio",
    },
    errors: Errors {
        broken: (
            "Aquí no hay ningún inicio de sesión en curso",
            "El enlace está incompleto o era para otra cosa. Vuelve al servicio y empieza de nuevo.",
        ),
        expired: (
            "Ha pasado demasiado tiempo",
            "Por tu seguridad, un inicio de sesión termina al cabo de un rato. Vuelve al servicio y empieza de nuevo; \
             no se ha compartido nada.",
        ),
        other_browser: (
            "Este inicio de sesión es de otro navegador",
            "Un inicio de sesión solo se puede terminar en el navegador en el que empezó, y necesita sus cookies. Si \
             las cookies están desactivadas para este sitio, actívalas; después vuelve al servicio y empieza de nuevo.",
        ),
        forged: (
            "Este formulario ha caducado",
            "Se abrió hace un rato o no viene de una página nuestra. Vuelve atrás, recarga la página e inténtalo de \
             nuevo; no se ha compartido nada.",
        ),
        tampered: (
            "Esa respuesta no encaja con la pregunta",
            "La página ha cambiado por el camino, o el servicio ahora pide otra cosa. No se ha compartido nada. Vuelve \
             a empezar.",
        ),
        sign_in_again: (
            "Inicia sesión de nuevo",
            "El servicio quiere que inicies sesión otra vez. Vuelve a él y empieza de nuevo.",
        ),
        client_gone: (
            "Este servicio ya no está aquí",
            "Se ha eliminado o desactivado mientras iniciabas sesión. No se ha compartido nada.",
        ),
        bad_request: (
            "Este enlace no funciona",
            "El servicio que te ha enviado aquí ha cometido un error. No se ha compartido nada.",
        ),
        wrong_client: (
            "No sabemos quién te ha enviado aquí",
            "El servicio que te ha enviado aquí no está registrado con nosotros, o está desactivado. No se ha \
             compartido nada.",
        ),
        wrong_redirect_uri: (
            "No sabemos adónde enviarte de vuelta",
            "El servicio que te ha enviado aquí ha dado una dirección que no ha registrado. Para que nadie más reciba \
             tus datos, el inicio de sesión termina aquí. No se ha compartido nada.",
        ),
        fault: (
            "Algo ha fallado aquí",
            "Es culpa nuestra, no tuya. Inténtalo de nuevo dentro de un momento; no se ha compartido nada.",
        ),
    },
    portal: &portal::es::PORTAL,
};

/// "dentro de 4 minutos".
pub(super) fn within(wait: Wait) -> String {
    format!("dentro de {}", wait.words([("segundo", "segundos"), ("minuto", "minutos"), ("hora", "horas")]))
}
