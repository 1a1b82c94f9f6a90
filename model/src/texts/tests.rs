use super::*;

/// Every text of a language, with values in it. Taken apart field by field, so that a new text
/// does not compile until it is looked at here.
fn all(texts: &Texts) -> Vec<String> {
    let Texts {
        required,
        need_help,
        go_on,
        start_again,
        for_developers,
        by,
        cancel_to,
        back_to,
        login,
        pin,
        consent,
        scopes,
        device,
        approve,
        revoke,
        not_enabled,
        no_factor,
        form_post,
        logout,
        errors,
        portal,
    } = texts;
    let mut all: Vec<String> =
        [*required, *need_help, *go_on, *start_again, *for_developers].map(str::to_owned).to_vec();
    all.extend([by("Nord<1>"), cancel_to("Nord<1>"), back_to("Nord<1>")]);
    all.extend(of_login(login));
    all.extend(of_pin(pin));
    all.extend(of_consent(consent));
    all.extend(of_scopes(scopes));
    all.extend(of_device(device));
    all.extend(of_approve(approve));
    all.extend(of_revoke(revoke));
    let NotEnabled { title, lead } = not_enabled;
    all.extend([title("Nord<1>", "Voice<2>"), lead("Nord<1>", "Voice<2>")]);
    let NoFactor { title, lead, set_up } = no_factor;
    all.extend([title("Voice<1>"), (*lead).to_owned(), (*set_up).to_owned()]);
    let FormPost { title, lead } = form_post;
    all.extend([*title, *lead].map(str::to_owned));
    let Logout {
        ask,
        whose,
        asked_by,
        sign_out,
        stay,
        kept,
        done,
        done_title,
        done_lead,
        done_back,
        done_elsewhere,
        frame,
    } = logout;
    let fixed =
        [*ask, *sign_out, *stay, kept.0, kept.1, *done, *done_title, *done_lead, *done_back, *done_elsewhere, *frame];
    all.extend(fixed.map(str::to_owned));
    all.extend([whose(&["a<1>"]), whose(&["a<1>", "b<2>"]), asked_by("Voice<1>")]);
    all.extend(of_errors(errors));
    all.extend(portal::tests::all(portal));
    all
}

fn of_login(texts: &Login) -> Vec<String> {
    let Login { title, heading, number, hint, send, for_subscribers_of, not_a_number, too_many } = texts;
    let why = [
        NotANumber::Empty,
        NotANumber::NoCountryCode,
        NotANumber::Zero,
        NotANumber::Extension,
        NotANumber::NotDigits,
        NotANumber::TooShort,
        NotANumber::TooLong,
    ];
    let mut all = [*title, *number, *hint, *send].map(str::to_owned).to_vec();
    all.extend(why.map(|why| not_a_number(why).to_owned()));
    all.extend([
        heading("Voice<1>"),
        for_subscribers_of(&["Nord<1>"]),
        for_subscribers_of(&["Nord<1>", "Fjord<2>"]),
        for_subscribers_of(&["Nord<1>", "Fjord<2>", "Sund<3>"]),
        too_many(Wait::Minutes(4)),
    ]);
    all
}

fn of_pin(texts: &Pin) -> Vec<String> {
    let Pin {
        title,
        sent_to,
        valid,
        label,
        resend,
        other_number,
        sent_again,
        delayed,
        never_tell,
        not_here,
        outbox,
        outbox_link,
        six_digits,
        expired,
        exhausted,
        ended,
        wrong,
        too_many,
    } = texts;
    let mut all = [*title, *sent_to, *label, *resend, *other_number, *sent_again, *delayed, *never_tell].to_vec();
    all.extend([*outbox, *outbox_link, *six_digits, *expired, *exhausted, *ended]);
    let mut all: Vec<String> = all.into_iter().map(str::to_owned).collect();
    all.extend([valid(10), not_here(None), not_here(Some("Nord<1>")), wrong(1), wrong(4), too_many(Wait::Hours(2))]);
    all
}

fn of_consent(texts: &Consent) -> Vec<String> {
    let Consent {
        title,
        strip,
        strip_more,
        strip_account,
        would_like,
        would_also_like,
        nothing,
        optional,
        does_not_work_without,
        before,
        next,
        published_at,
        receives,
        nobody_has_checked,
        lasts,
        return_to,
        any_program,
        terms,
        privacy,
        other_number,
        other_account,
        cancel,
        allow,
    } = texts;
    let mut all: Vec<String> = [*nothing, *optional, *next, *privacy, *other_number, *other_account, *cancel, *allow]
        .map(str::to_owned)
        .to_vec();
    all.extend([*published_at, *any_program].map(str::to_owned));
    let about = [
        title,
        strip,
        strip_more,
        strip_account,
        would_like,
        would_also_like,
        does_not_work_without,
        before,
        receives,
        nobody_has_checked,
        terms,
    ];
    all.extend(about.map(|text| text("Voice<1>")));
    all.extend([lasts("Voice<1>", Some("Nord<2>")), lasts("Voice<1>", None), return_to(None)]);
    let places = [Place::Host("a<1>".to_owned()), Place::Device("a<1>".to_owned()), Place::App("a<1>".to_owned())];
    all.extend(places.map(|place| return_to(Some(&place))));
    all
}

fn of_scopes(texts: &Scopes) -> Vec<String> {
    let Scopes { offline_access, openid, phone, profile, email, address, portal_read } = texts;
    [*offline_access, *openid, *phone, *profile, *email, *address, *portal_read].map(str::to_owned).to_vec()
}

fn of_device(texts: &Device) -> Vec<String> {
    let Device {
        title,
        lead,
        code,
        hint,
        empty,
        unknown,
        too_many,
        heading,
        receives,
        asked_from,
        warning,
        mine,
        not_mine,
        allowed,
        denied,
        over,
    } = texts;
    let mut all = [*title, *lead, *code, *hint, *empty, *unknown, *warning, *mine, *not_mine].to_vec();
    all.extend([allowed.0, allowed.1, denied.0, denied.1, over.0, over.1]);
    let mut all: Vec<String> = all.into_iter().map(str::to_owned).collect();
    all.extend([too_many(Wait::Seconds(1)), too_many(Wait::Seconds(30)), heading("Voice<1>"), receives("Nord<1>")]);
    all.extend([asked_from("a<1>", 0), asked_from("a<1>", 5)]);
    all
}

fn of_approve(texts: &Approve) -> Vec<String> {
    let Approve { title, strip, compare, settled, asked_from, warning, deny, allowed, denied, over } = texts;
    let all = [compare, warning, deny, allowed.0, allowed.1, denied.0, denied.1, over.0, over.1];
    let mut all: Vec<String> = all.into_iter().map(str::to_owned).collect();
    all.extend([title("Voice<1>"), strip("Voice<1>"), settled("Voice<1>")]);
    all.extend([asked_from("Nord<1>", "a<2>", 0), asked_from("Nord<1>", "a<2>", 5)]);
    assert!(warning.contains(deny), "{warning}: {deny}");
    all
}

fn of_revoke(texts: &Revoke) -> Vec<String> {
    let Revoke { title, strip, loses, at_once, stays, questions, remove, removed, kept, over } = texts;
    let all = [remove, removed.0, removed.1, kept.0, kept.1, over.0, over.1];
    let mut all: Vec<String> = all.into_iter().map(str::to_owned).collect();
    all.extend([title, strip, loses, at_once, stays, questions].map(|text| text("Voice<1>")));
    all
}

fn of_errors(texts: &Errors) -> Vec<String> {
    let Errors {
        broken,
        expired,
        other_browser,
        forged,
        tampered,
        sign_in_again,
        client_gone,
        bad_request,
        wrong_client,
        wrong_redirect_uri,
        fault,
    } = texts;
    let all = [
        broken,
        expired,
        other_browser,
        forged,
        tampered,
        sign_in_again,
        client_gone,
        bad_request,
        wrong_client,
        wrong_redirect_uri,
        fault,
    ];
    all.into_iter().flat_map(|(title, lead)| [(*title).to_owned(), (*lead).to_owned()]).collect()
}

#[test]
fn every_text_is_translated() {
    let english = all(of(Language::English));
    for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
        for (text, english) in all(of(language)).iter().zip(&english) {
            assert_ne!(text, english, "{language:?}");
        }
    }
}

#[test]
fn every_text_says_its_values_and_is_tidy() {
    let english = all(of(Language::English));
    for language in Language::ALL {
        let texts = all(of(language));
        assert_eq!(texts.len(), english.len());
        for (text, english) in texts.iter().zip(&english) {
            assert!(!text.trim().is_empty() && !text.contains("  "), "{language:?}: {text}");
            for value in ["<1>", "<2>", "<3>"] {
                assert_eq!(text.contains(value), english.contains(value), "{language:?}: {text}");
            }
            // A sentence is one in every language, and a label is none.
            let sentence = |text: &str| text.trim().ends_with('.');
            assert_eq!(sentence(text), sentence(english), "{language:?}: {text}");
            assert_eq!(text.starts_with(' '), english.starts_with(' '), "{language:?}: {text}");
            assert_eq!(text.ends_with(' '), english.ends_with(' '), "{language:?}: {text}");
        }
    }
}

#[test]
fn a_while_is_rounded_up() {
    for (milliseconds, words) in [
        (0, "in a second"),
        (1_001, "in 2 seconds"),
        (90_000, "in 90 seconds"),
        (91_000, "in 2 minutes"),
        (360_000, "in 6 minutes"),
        (5_400_001, "in 2 hours"),
    ] {
        let text = (of(Language::English).pin.too_many)(Wait::of(milliseconds));
        assert_eq!(text, format!("Too many wrong PINs were entered. Try again {words}."));
    }
}

#[test]
fn places_have_names() {
    assert_eq!(Place::of("https://example.com/callback"), Place::Host("example.com".to_owned()));
    assert_eq!(Place::of("http://127.0.0.1:8765/callback"), Place::Device("127.0.0.1:8765".to_owned()));
    assert_eq!(Place::of("com.example.app:/callback"), Place::App("com.example.app".to_owned()));
}

#[test]
fn one_is_singular() {
    for (language, one, several) in [
        (Language::English, "You have 1 try left.", "You have 4 tries left."),
        (Language::Swedish, "Du har 1 försök kvar.", "Du har 4 försök kvar."),
        (Language::Norwegian, "Du har 1 forsøk igjen.", "Du har 4 forsøk igjen."),
        (Language::German, "Sie haben noch 1 Versuch.", "Sie haben noch 4 Versuche."),
        (Language::French, "Il vous reste 1 essai.", "Il vous reste 4 essais."),
        (Language::Spanish, "Te queda 1 intento.", "Te quedan 4 intentos."),
    ] {
        let wrong = of(language).pin.wrong;
        assert!(wrong(1).ends_with(one) && wrong(4).ends_with(several), "{} {}", wrong(1), wrong(4));
    }
}
