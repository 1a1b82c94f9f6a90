//! Fields: label above, hint below, error beside.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::{form::Errors, shell};

/// What is wrong with the field `id`, if anything.
#[must_use]
pub fn error_of(id: &str) -> Option<String> {
    use_context::<Errors>().and_then(|errors| errors.on(id).map(str::to_owned))
}

/// The ids of hint and error, for `aria-describedby`.
#[must_use]
pub fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    let ids = [error.then(|| format!("{id}-error")), hint.then(|| format!("{id}-hint"))];
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// A labelled input. Its error is found by its id.
#[component]
pub fn Field(
    /// The control's id, and its name unless another is given.
    #[prop(into)]
    id: String,
    /// The label.
    #[prop(into)]
    label: String,
    /// Its name in the form.
    #[prop(optional, into)]
    name: Option<String>,
    /// The kind of input.
    #[prop(default = "text")]
    kind: &'static str,
    /// What is in it.
    #[prop(optional, into)]
    value: String,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Option<String>,
    /// See the HTML attribute.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// See the HTML attribute.
    #[prop(optional)]
    required: bool,
    /// Whether the label says that it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// Whether the page starts here.
    #[prop(optional)]
    autofocus: bool,
    /// Whether it holds an id, a URI or the like.
    #[prop(optional)]
    mono: bool,
    /// See the HTML attribute.
    #[prop(optional)]
    maxlength: Option<u32>,
    /// Which keyboard a phone shows; see the HTML attribute.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// What is offered while typing. Anything else can be typed as well.
    #[prop(optional, into)]
    choices: Vec<String>,
    /// Beside the label, such as a link.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let error = error_of(&id);
    let described = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    let class = if mono { "input input--mono" } else { "input" };
    let name = name.unwrap_or_else(|| id.clone());
    let list = (!choices.is_empty()).then(|| format!("{id}-choices"));
    let choices = list.clone().map(|list| {
        let options = choices.into_iter().map(|choice| view! { <option value=choice></option> }).collect_view();
        view! { <datalist id=list>{options}</datalist> }
    });
    let label = view! {
        <label class="field__label" for=id.clone()>
            {label}
            {optional.then(|| view! { <span class="field__optional">" optional"</span> })}
        </label>
    };
    let label = match children {
        Some(children) => view! { <div class="field__label-row">{label} {children()}</div> }.into_any(),
        None => label.into_any(),
    };
    view! {
        <div class="field">
            {label}
            <input
                class=class
                id=id.clone()
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                required=required
                autofocus=autofocus
                maxlength=maxlength.map(|length| length.to_string())
                inputmode=inputmode
                list=list
                aria-describedby=described
                aria-invalid=invalid
            />
            {choices}
            <FieldError id=id.clone() error=error/>
            {hint.map(|hint| view! { <p class="field__hint" id=format!("{id}-hint")>{hint}</p> })}
        </div>
    }
}

/// A labelled text of several lines.
#[component]
pub fn TextArea(
    /// The control's id and name.
    #[prop(into)]
    id: String,
    /// The label.
    #[prop(into)]
    label: String,
    /// What is in it.
    #[prop(optional, into)]
    value: String,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether the label says that it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// How many lines show.
    #[prop(default = 4)]
    rows: u32,
) -> impl IntoView {
    let error = error_of(&id);
    let described = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                {label}
                {optional.then(|| view! { <span class="field__optional">" optional"</span> })}
            </label>
            <textarea
                class="textarea"
                id=id.clone()
                name=id.clone()
                rows=rows.to_string()
                aria-describedby=described
                aria-invalid=invalid
            >
                {value}
            </textarea>
            <FieldError id=id.clone() error=error/>
            {hint.map(|hint| view! { <p class="field__hint" id=format!("{id}-hint")>{hint}</p> })}
        </div>
    }
}

/// What a form sends of a box, for one that was not sent.
#[must_use]
pub fn ticked(on: bool) -> String {
    if on { "on".to_owned() } else { String::new() }
}

/// A box to tick; when it is not, its name is absent from the form.
#[component]
pub fn Tick(
    /// Its name in the form.
    name: &'static str,
    /// What it says.
    #[prop(into)]
    label: String,
    /// Whether it is ticked.
    on: bool,
) -> impl IntoView {
    let error = error_of(name);
    let invalid = error.is_some().then_some("true");
    let described = described_by(name, false, error.is_some());
    view! {
        <div class="field">
            <label class="check">
                <input type="checkbox" id=name name=name checked=on aria-describedby=described aria-invalid=invalid/>
                <span>{label}</span>
            </label>
            <FieldError id=name error=error/>
        </div>
    }
}

/// One of several values.
#[component]
pub fn Select(
    /// The control's id and name.
    id: &'static str,
    /// The label.
    #[prop(into)]
    label: String,
    /// Each value, and what it is called.
    options: Vec<(&'static str, &'static str)>,
    /// Which one it is.
    #[prop(into)]
    chosen: String,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let error = error_of(id);
    let described = described_by(id, hint.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    let options = options
        .into_iter()
        .map(|(value, text)| view! { <option value=value selected=value == chosen>{text}</option> })
        .collect_view();
    view! {
        <div class="field">
            <label class="field__label" for=id>{label}</label>
            <select class="select" id=id name=id aria-describedby=described aria-invalid=invalid>{options}</select>
            <FieldError id=id error=error/>
            {hint.map(|hint| view! { <p class="field__hint" id=format!("{id}-hint")>{hint}</p> })}
        </div>
    }
}

/// What is wrong, beside the field `id`.
#[component]
pub fn FieldError(#[prop(into)] id: String, error: Option<String>) -> impl IntoView {
    error.map(|error| {
        view! {
            <p class="field__error" id=format!("{id}-error")>
                <Icon glyph=Glyph::Warning/>
                <span>
                    <strong>{shell::texts().portal.fields.error}</strong>
                    {error}
                </span>
            </p>
        }
    })
}

/// Everything that is wrong, with links to the fields; the page starts here after an error.
/// Stands above the form.
#[component]
pub fn ErrorSummary() -> impl IntoView {
    let errors = use_context::<Errors>().unwrap_or_default();
    let general: Vec<String> = errors.iter().filter(|(field, _)| field.is_empty()).map(|(_, m)| m.to_owned()).collect();
    if !general.is_empty() && general.len() == errors.iter().count() {
        return view! {
            <div class="notice notice--danger" role="alert" id="errors" tabindex="-1" autofocus=true>
                <Icon glyph=Glyph::Warning/>
                <div>{general.into_iter().map(|message| view! { <p>{message}</p> }).collect_view()}</div>
            </div>
        }
        .into_any();
    }
    let summary = (!errors.is_empty()).then(|| {
        let lines = errors
            .iter()
            .map(|(field, message)| {
                let message = message.to_owned();
                if field.is_empty() {
                    view! { <li>{message}</li> }.into_any()
                } else {
                    view! { <li><a href=format!("#{field}")>{message}</a></li> }.into_any()
                }
            })
            .collect_view();
        view! {
            <div class="error-summary" role="alert" id="errors" tabindex="-1" autofocus=true>
                <h2>{shell::texts().portal.fields.not_yet}</h2>
                <ul>{lines}</ul>
            </div>
        }
    });
    summary.into_any()
}
