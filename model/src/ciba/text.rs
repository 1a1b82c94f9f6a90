//! The message that leads a subscriber to a request, in each language.

use super::PATH;
use crate::{Context, Language, cache::Product, message, secret::Plain};

/// The message. Of the client's own words only the names are in it, which somebody has looked at:
/// what comes by SMS in an operator's name is believed.
pub(super) fn text(ctx: &Context, language: Language, product: &Product, link: &Plain, lifetime: i64) -> String {
    let (name, organization) = (message::name(&product.name), message::name(&product.organization_name));
    let link = format!("{}{PATH}?t={}", ctx.settings().public_url, link.reveal());
    words(language, &name, &organization, (lifetime / 60_000).max(1), &link)
}

/// What a person reads, in the letters of text messages as for PINs. A link at the end of a line
/// ends where the line does, on every phone.
fn words(language: Language, name: &str, organization: &str, minutes: i64, link: &str) -> String {
    match language {
        Language::English => format!(
            "{name} by {organization} asks for your permission. If you have just started this, open within {minutes} \
             min: {link}\nIf not, do nothing."
        ),
        Language::Swedish => format!(
            "{name} från {organization} ber om ditt tillstånd. Om du just har startat detta, öppna inom {minutes} min: \
             {link}\nAnnars behöver du inte göra något."
        ),
        Language::Norwegian => format!(
            "{name} fra {organization} ber om din tillatelse. Hvis du nettopp har startet dette, åpne innen {minutes} \
             min: {link}\nHvis ikke trenger du ikke gjøre noe."
        ),
        Language::German => format!(
            "{name} von {organization} bittet um Ihre Erlaubnis. Wenn Sie das gerade begonnen haben, öffnen Sie binnen \
             {minutes} Min.: {link}\nWenn nicht, tun Sie nichts."
        ),
        Language::French => format!(
            "{name} de {organization} demande votre autorisation. Si vous venez de lancer cette demande, ouvrez d'ici \
             {minutes} min : {link}\nSinon, ne faites rien."
        ),
        Language::Spanish => format!(
            "{name} de {organization} te pide permiso. Si acabas de iniciarlo, abre antes de {minutes} min: \
             {link}\nSi no, no hagas nada."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_each_language_is_in_letters_of_text_messages() {
        // The letters of the alphabet's basic table (3GPP TS 23.038, section 6.2.1) beyond ASCII.
        const LETTERS: &str = "åäöÅÄÖØøÆæßéÉèùìòÇñÑüÜà¿¡";
        let link = "https://portico.example/approve?t=x";
        let mut all = Vec::new();
        for language in Language::ALL {
            let text = words(language, "Voicebox", "Acme Voice", 10, link);
            assert!(text.chars().all(|c| c.is_ascii() && !"`[]{}\\^~|".contains(c) || LETTERS.contains(c)), "{text}");
            assert!(text.starts_with("Voicebox ") && text.contains(" Acme Voice ") && text.contains(" 10 "), "{text}");
            assert!(text.lines().next().is_some_and(|line| line.ends_with(&format!(" {link}"))), "{text}");
            // With the longest names and a link of 100 letters, three messages of 153 letters.
            let longest = words(language, &"x".repeat(40), &"x".repeat(40), 10, &"x".repeat(100));
            assert!(longest.chars().count() <= 3 * 153, "{}: {longest}", longest.chars().count());
            all.push(text);
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), Language::ALL.len());
    }
}
