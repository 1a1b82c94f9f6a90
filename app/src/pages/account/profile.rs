//! `/account/profile`: what one says about oneself.

use axum::response::{Redirect, Response};
use leptos::prelude::*;
use model::profile::{
    self, Problem, Profile, ProfileError,
    picture::{self, PictureError},
};
use serde::Deserialize;

use super::{
    choices::{LOCALES, ZONES},
    overview::side,
};
use crate::{
    components::{
        field::{ErrorSummary, Field, FieldError, TextArea, described_by, error_of},
        form::{ButtonForm, Csrf},
        misc::State,
    },
    error::{PageError, wait},
    extract::SignedIn,
    form::{Errors, Form, Nothing},
    layout::{Page, PageHead},
    notice,
    upload::Upload,
};

/// What the form has, and so all that it can change. Whether a number is verified is not in it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    name: String,
    given_name: String,
    family_name: String,
    middle_name: String,
    nickname: String,
    preferred_username: String,
    profile: String,
    website: String,
    gender: String,
    birthdate: String,
    zoneinfo: String,
    locale: String,
    phone_number: String,
    formatted: String,
    street_address: String,
    locality: String,
    region: String,
    postal_code: String,
    country: String,
}

impl From<Fields> for Profile {
    fn from(typed: Fields) -> Self {
        Self {
            name: typed.name,
            given_name: typed.given_name,
            family_name: typed.family_name,
            middle_name: typed.middle_name,
            nickname: typed.nickname,
            preferred_username: typed.preferred_username,
            profile: typed.profile,
            website: typed.website,
            gender: typed.gender,
            birthdate: typed.birthdate,
            zoneinfo: typed.zoneinfo,
            locale: typed.locale,
            phone_number: typed.phone_number,
            formatted: typed.formatted,
            street_address: typed.street_address,
            locality: typed.locality,
            region: typed.region,
            postal_code: typed.postal_code,
            country: typed.country,
        }
    }
}

const HERE: &str = "/account/profile";

pub(super) async fn show(signed_in: SignedIn) -> Result<Response, PageError> {
    let stored = stored(&signed_in).await?;
    page(&signed_in, stored, Errors::new()).await
}

async fn stored(signed_in: &SignedIn) -> Result<Profile, PageError> {
    profile::find(signed_in.ctx(), signed_in.id()).await?.ok_or(PageError::NotFound)
}

pub(super) async fn save(signed_in: SignedIn, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let typed = Profile::from(fields);
    match profile::edit(signed_in.ctx(), signed_in.id(), &typed).await {
        Ok(()) => Ok(notice::done(&signed_in.visitor, HERE, "Your profile is saved.")),
        Err(ProfileError::Invalid(list)) => {
            let mut errors = Errors::new();
            for invalid in list {
                errors.add(invalid.field, words(invalid.problem));
            }
            page(&signed_in, typed, errors).await
        }
        Err(ProfileError::Fault(fault)) => Err(fault.into()),
    }
}

fn words(problem: Problem) -> String {
    match problem {
        Problem::Text(rules::text::Problem::Missing) => "Enter a name.".to_owned(),
        Problem::Text(rules::text::Problem::TooLong(longest)) => format!("Use at most {longest} characters."),
        Problem::Text(rules::text::Problem::Characters) => "Use letters, digits and signs.".to_owned(),
        problem => problem.to_string(),
    }
}

pub(super) async fn upload(signed_in: SignedIn, file: Upload) -> Result<Response, PageError> {
    let replaced = match file {
        Upload::File(file) => picture::replace(signed_in.ctx(), signed_in.id(), &file).await,
        Upload::Overlong => Err(PictureError::TooLarge),
    };
    match replaced {
        Ok(()) => Ok(notice::done(&signed_in.visitor, HERE, "Your picture is saved.")),
        Err(PictureError::Fault(fault)) => Err(fault.into()),
        Err(error) => {
            let stored = stored(&signed_in).await?;
            let words = match &error {
                PictureError::TooMany(error) => {
                    format!("These are many pictures. Wait {} and try again.", wait(error.retry_after))
                }
                error => error.to_string(),
            };
            page(&signed_in, stored, Errors::one("picture", words)).await
        }
    }
}

pub(super) async fn remove_picture(
    signed_in: SignedIn,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response, PageError> {
    picture::remove(signed_in.ctx(), signed_in.id()).await?;
    Ok(notice::done(&signed_in.visitor, HERE, "Your picture is removed."))
}

pub(super) async fn back() -> Redirect {
    Redirect::to(HERE)
}

async fn page(signed_in: &SignedIn, typed: Profile, errors: Errors) -> Result<Response, PageError> {
    let picture = picture::of(signed_in.ctx(), signed_in.id()).await?;
    let claims = profile::claims(signed_in.ctx(), signed_in.id()).await?;
    let number = claims.phone_number.zip(claims.phone_number_verified);
    let verified = claims.phone_number_verified == Some(true);
    let page = Page::new("Profile").crumb_to("Account", "/account").crumb("Profile");
    Ok(page.side("Account", side("profile")).errors(errors).render(&signed_in.visitor, move || {
        view! {
            <PageHead
                title="Profile"
                lead="An application that you sign in to may read what you have allowed it to. All but the name may stay empty."
            />
            <ErrorSummary/>
            {picture_card(picture)}
            <form method="post" action=HERE class="stack">
                <Csrf/>
                {names_card(&typed)}
                {about_card(&typed)}
                {reach_card(typed, verified)}
                <div class="button-row">
                    <button class="button button--primary">"Save profile"</button>
                </div>
            </form>
            {number.map(|(number, verified)| number_card(number, verified))}
        }
    }))
}

/// Whether the number that is saved is verified, and the way there.
fn number_card(number: String, verified: bool) -> impl IntoView {
    let state = if verified { ("enabled", "Verified") } else { ("pending", "Not verified") };
    view! {
        <section class="card" aria-labelledby="number-title">
            <div class="card__head">
                <h2 id="number-title">"Your number"</h2>
            </div>
            <div class="card__body">
                <p>{number} " " <State kind=state.0 text=state.1/></p>
                {(!verified)
                    .then(|| {
                        view! {
                            <p>
                                "A PIN by SMS shows that it is yours. It is sent to numbers that an operator here has, and to no other."
                            </p>
                            <ButtonForm action="/account/profile/phone">"Send a PIN"</ButtonForm>
                        }
                    })}
            </div>
        </section>
    }
}

fn picture_card(picture: Option<String>) -> impl IntoView {
    let error = error_of("picture");
    let described = described_by("picture", true, error.is_some());
    let invalid = error.is_some().then_some("true");
    let there = picture.is_some();
    view! {
        <section class="card" aria-labelledby="picture-title">
            <div class="card__head">
                <h2 id="picture-title">"Picture"</h2>
            </div>
            <div class="card__body">
                {picture.map(|src| view! { <img class="portrait" src=src alt="Your picture" width="96" height="96"/> })}
                <form class="form" method="post" action="/account/profile/picture" enctype="multipart/form-data">
                    <Csrf/>
                    <div class="field">
                        <label class="field__label" for="picture">"File"</label>
                        <input
                            id="picture"
                            name="picture"
                            type="file"
                            accept="image/png,image/jpeg,image/webp"
                            aria-describedby=described
                            aria-invalid=invalid
                        />
                        <FieldError id="picture" error=error/>
                        <p class="field__hint" id="picture-hint">
                            {format!(
                                "PNG, JPEG or WebP of at most {} kB. It is cut to a square, and what it says about where it \
                                 was taken is left out.",
                                picture::LARGEST / 1024,
                            )}
                        </p>
                    </div>
                    <div class="button-row">
                        <button class="button">"Save picture"</button>
                    </div>
                </form>
                {there
                    .then(|| {
                        view! {
                            <ButtonForm action="/account/profile/picture/remove" class="button button--danger">
                                "Remove picture"
                            </ButtonForm>
                        }
                    })}
            </div>
        </section>
    }
}

fn names_card(typed: &Profile) -> impl IntoView + use<> {
    let typed = typed.clone();
    view! {
        <section class="card" aria-labelledby="names">
            <div class="card__head">
                <h2 id="names">"Names"</h2>
            </div>
            <div class="card__body">
                <Field id="name" label="Your name" value=typed.name autocomplete="name" required=true/>
                <div class="field-row">
                    <Field id="given_name" label="First name" value=typed.given_name autocomplete="given-name"/>
                    <Field id="middle_name" label="Middle name" value=typed.middle_name autocomplete="additional-name"/>
                    <Field id="family_name" label="Family name" value=typed.family_name autocomplete="family-name"/>
                </div>
                <div class="field-row">
                    <Field id="nickname" label="Nickname" value=typed.nickname autocomplete="nickname"/>
                    <Field
                        id="preferred_username"
                        label="User name"
                        value=typed.preferred_username
                        hint="What applications may call you."
                        autocomplete="off"
                    />
                </div>
            </div>
        </section>
    }
}

fn about_card(typed: &Profile) -> impl IntoView + use<> {
    let typed = typed.clone();
    view! {
        <section class="card" aria-labelledby="about">
            <div class="card__head">
                <h2 id="about">"About you"</h2>
            </div>
            <div class="card__body">
                <div class="field-row">
                    <Field id="gender" label="Gender" value=typed.gender autocomplete="sex"/>
                    <Field
                        id="birthdate"
                        label="Birthday"
                        value=typed.birthdate
                        hint="1990-12-31, or 0000-12-31 without the year, or the year alone."
                        autocomplete="bday"
                    />
                </div>
                <div class="field-row">
                    <Field id="website" label="Website" kind="url" value=typed.website autocomplete="url"/>
                    <Field id="profile" label="Page about you" kind="url" value=typed.profile autocomplete="off"/>
                </div>
                <div class="field-row">
                    <Field
                        id="zoneinfo"
                        label="Time zone"
                        value=typed.zoneinfo
                        hint="Such as Europe/Stockholm."
                        autocomplete="off"
                        choices=owned(ZONES)
                    />
                    <Field
                        id="locale"
                        label="Language"
                        value=typed.locale
                        hint="Such as sv or en-GB."
                        autocomplete="off"
                        choices=owned(LOCALES)
                    />
                </div>
            </div>
        </section>
    }
}

fn reach_card(typed: Profile, verified: bool) -> impl IntoView {
    let hint = if verified {
        "With the country code. It is verified; another one has to be verified anew, below."
    } else {
        "With the country code. Applications are told that nobody has verified it. Save it, then verify it below."
    };
    view! {
        <section class="card" aria-labelledby="reach">
            <div class="card__head">
                <h2 id="reach">"Phone and address"</h2>
                <p>"Your e-mail address is on the " <a href="/account">"account page"</a> "."</p>
            </div>
            <div class="card__body">
                <Field
                    id="phone_number"
                    label="Phone number"
                    kind="tel"
                    value=typed.phone_number
                    hint=hint
                    autocomplete="tel"
                />
                <TextArea id="street_address" label="Street and house" value=typed.street_address rows=2/>
                <div class="field-row">
                    <Field id="postal_code" label="Postal code" value=typed.postal_code autocomplete="postal-code"/>
                    <Field id="locality" label="Town" value=typed.locality autocomplete="address-level2"/>
                </div>
                <div class="field-row">
                    <Field id="region" label="State or province" value=typed.region autocomplete="address-level1"/>
                    <Field id="country" label="Country" value=typed.country autocomplete="country-name"/>
                </div>
                <TextArea
                    id="formatted"
                    label="The whole address"
                    value=typed.formatted
                    hint="As on a letter, if that differs from the parts above."
                    rows=4
                />
            </div>
        </section>
    }
}

fn owned(choices: &[&str]) -> Vec<String> {
    choices.iter().map(|choice| (*choice).to_owned()).collect()
}
