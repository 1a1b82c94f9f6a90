use super::*;

/// Every text of a language, see the tests of [`crate::texts`].
pub fn all(texts: &Portal) -> Vec<String> {
    let Portal { sign_in, second, provider, account, sign_up, password, fields } = texts;
    let mut all = of_sign_in(sign_in);
    all.extend(of_second(second));
    all.extend(of_provider(provider));
    all.extend(of_account(account));
    all.extend(of_sign_up(sign_up));
    all.extend(of_password(password));
    all.extend(of_fields(fields));
    all
}

fn owned<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn of_sign_in(texts: &SignIn) -> Vec<String> {
    let SignIn {
        still_you,
        again,
        email,
        password,
        forgotten,
        passkey,
        no_passkey,
        with,
        new_here,
        create,
        wrong,
        suspended,
        too_many,
        passkey_late,
        passkey_unknown,
        late,
        signed_out,
    } = texts;
    let mut all = owned([still_you, again, email, password, forgotten, passkey, no_passkey, new_here, create, wrong]);
    all.extend(owned([suspended, passkey_late, passkey_unknown, late, signed_out]));
    all.extend([with("Nord<1>"), too_many(Wait::Minutes(4))]);
    all
}

fn of_second(texts: &SecondStep) -> Vec<String> {
    let SecondStep {
        title,
        heading,
        password_right,
        known_to,
        show,
        show_with_passkey,
        code,
        code_hint,
        recovery_code,
        recovery_hint,
        go_on,
        somebody_else,
        wrong,
        too_many,
        passkey_wrong,
    } = texts;
    let mut all = owned([title, heading, password_right, show, show_with_passkey, code, code_hint]);
    all.extend(owned([recovery_code, recovery_hint, go_on, somebody_else, wrong, passkey_wrong]));
    all.extend([known_to("Nord<1>"), too_many(Wait::Seconds(30))]);
    all
}

fn of_provider(texts: &Provider) -> Vec<String> {
    let Provider { over, cancelled, unreachable, refused, not_asked, suspended, another_way, used } = texts;
    let mut all = owned([suspended, another_way, used]);
    for (title, lead) in [over, cancelled, unreachable, refused, not_asked] {
        all.extend([(*title).to_owned(), lead("Nord<1>")]);
    }
    all
}

fn of_account(texts: &Account) -> Vec<String> {
    let Account {
        create,
        known,
        name,
        sends_link,
        have_one,
        sign_in_and_link,
        theirs,
        theirs_lead,
        link_title,
        link_heading,
        link_lead,
        link,
        not_now,
    } = texts;
    let mut all = owned([create, name, have_one, sign_in_and_link, theirs.0, theirs.1, link_title, link, not_now]);
    all.extend([known("Nord<1>", "a<2>"), sends_link("Nord<1>"), theirs_lead("a<1>", "Nord<2>")]);
    all.extend([link_heading("Nord<1>"), link_lead("Nord<1>", "a<2>", "b<3>")]);
    all
}

fn of_sign_up(texts: &SignUp) -> Vec<String> {
    let SignUp {
        email_hint,
        password_hint,
        have_one,
        confirm_title,
        confirm_lead,
        confirm_password,
        confirm_elsewhere,
        confirm,
        mail_title,
        mail_lead,
        void,
        nothing,
        again,
        sent_again,
        wrong_address,
        another,
        confirmed_already,
        confirmed,
    } = texts;
    let mut all = owned([email_hint, password_hint, have_one, confirm_title, confirm_password, confirm, mail_title]);
    all.extend(owned([void, nothing, again, sent_again, wrong_address, another, confirmed_already, confirmed]));
    all.extend([confirm_lead("a<1>"), confirm_elsewhere("a<1>"), mail_lead(Some("a<1>")), mail_lead(None)]);
    all
}

fn of_password(texts: &Password) -> Vec<String> {
    let Password { title, lead, send, remembered, sent, late, void, reset_lead, new, hint, set, changed } = texts;
    let mut all = owned([title, lead, send, remembered, sent, late, void, new, hint, set, changed]);
    all.push(reset_lead("a<1>"));
    all
}

fn of_fields(texts: &Fields) -> Vec<String> {
    let Fields { not_yet, error, name, email, password, wrong_password, link_void, email_taken, too_many } = texts;
    let mut all = owned([not_yet, error, wrong_password, link_void, email_taken]);
    all.push(too_many(Wait::Hours(2)));
    all.extend([Problem::Missing, Problem::TooLong(7), Problem::Characters].map(|problem| name(problem, 7)));
    let problems = [EmailProblem::Missing, EmailProblem::Form, EmailProblem::TooLong];
    all.extend(problems.map(|problem| email(problem).to_owned()));
    let weak = [Weakness::TooShort, Weakness::TooLong, Weakness::Common, Weakness::Guessable];
    let weak = weak.map(password);
    assert!(weak[0].contains(&crate::password::SHORTEST.to_string()), "{}", weak[0]);
    assert!(weak[1].contains(&crate::password::LONGEST.to_string()), "{}", weak[1]);
    all.extend(owned(weak));
    all
}
