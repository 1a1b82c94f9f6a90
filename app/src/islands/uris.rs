//! A list of URIs: rows with buttons without scripts, chips with them.

use std::time::Duration;

use leptos::prelude::*;
use rules::redirect_uri::{self, Problem};
use serde::{Deserialize, Serialize};

use super::dom;
use crate::components::icon::{Glyph, Icon};

/// A row as the server sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UriRow {
    /// What is in it.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// How long a field that was left waits before it becomes a chip: a button that was pressed
/// meanwhile must not move away from under the pointer.
const LEFT: Duration = Duration::from_millis(300);

/// The rows of a list of URIs. All its controls are called `name`, so that a form without scripts
/// and one with them send the same.
#[island]
pub fn UriList(
    /// The name in the form.
    name: String,
    /// What the list is called.
    legend: String,
    /// What one of them is called.
    one: String,
    /// What the server knows.
    rows: Vec<UriRow>,
    /// Whether nothing can be changed.
    locked: bool,
) -> impl IntoView {
    let container = format!("{name}-rows");
    let awake = RwSignal::new(false);
    let chips = RwSignal::new(Vec::<UriRow>::new());
    Effect::new({
        let (container, rows) = (container.clone(), rows.clone());
        move |_| {
            if locked {
                return;
            }
            // What was typed before the island woke is in the fields.
            let typed = dom::values(&container);
            let focused = dom::holds_focus(&container);
            let known = |value: &str| rows.iter().find(|row| row.value == value).and_then(|row| row.error.clone());
            chips.set(
                typed
                    .into_iter()
                    .filter(|value| !value.trim().is_empty())
                    .map(|value| UriRow { error: known(&value), value })
                    .collect(),
            );
            awake.set(true);
            if focused {
                dom::focus_soon(&container, "input[type=text]");
            }
        }
    });
    view! {
        <div id=container class="uri-list__body">
            {move || {
                if awake.get() {
                    chips_view(name.clone(), legend.clone(), chips).into_any()
                } else {
                    rows_view(&name, &one, &rows).into_any()
                }
            }}
        </div>
    }
}

fn rows_view(name: &str, one: &str, rows: &[UriRow]) -> impl IntoView + use<> {
    let small = one.to_lowercase().replace(" uri", " URI");
    let items = rows
        .iter()
        .enumerate()
        .map(|(at, row)| {
            let number = at + 1;
            let id = format!("{name}-{number}");
            let error_id = format!("{id}-error");
            let error = row.error.clone();
            view! {
                <li class="uri-row">
                    <input
                        class="input input--mono"
                        id=id
                        name=name.to_owned()
                        type="text"
                        inputmode="url"
                        value=row.value.clone()
                        aria-label=format!("{one} {number}")
                        aria-invalid=error.is_some().then_some("true")
                        aria-describedby=error.is_some().then(|| error_id.clone())
                        placeholder="https://"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                    />
                    <button
                        class="button button--ghost button--icon"
                        name="action"
                        value=format!("remove-{name}-{number}")
                        aria-label=format!("Remove {small} {number}")
                    >
                        <Icon glyph=Glyph::X/>
                    </button>
                    {error.map(|error| error_line(error_id, None, error))}
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="uri-list__rows">{items}</ul>
        <button class="button button--small uri-list__add" name="action" value=format!("add-{name}")>
            <Icon glyph=Glyph::Plus/>
            {format!("Add another {small}")}
        </button>
    }
}

fn error_line(id: String, of: Option<String>, error: String) -> impl IntoView {
    view! {
        <p class="field__error" id=id>
            <Icon glyph=Glyph::Warning/>
            <span>
                <strong>"Error: "</strong>
                {of.map(|of| view! { <code>{of}</code> ": " })}
                {error}
            </span>
        </p>
    }
}

/// What the field says about what is in it.
#[derive(Clone, PartialEq, Eq)]
enum Word {
    Nothing,
    Advice(&'static str),
    Error(&'static str),
}

fn chips_view(name: String, legend: String, chips: RwSignal<Vec<UriRow>>) -> impl IntoView {
    let draft = RwSignal::new(String::new());
    let word = RwSignal::new(Word::Nothing);

    let refusal = move |value: &str| {
        if chips.with_untracked(|chips| chips.iter().any(|chip| chip.value == value)) {
            return Some(Problem::Twice);
        }
        redirect_uri::check(value).err()
    };
    let commit = move || {
        let value = draft.get_untracked().trim().to_owned();
        if value.is_empty() {
            word.set(Word::Nothing);
            return;
        }
        match refusal(&value) {
            Some(problem) => word.set(Word::Error(problem.advice())),
            None => {
                chips.update(|chips| chips.push(UriRow { value, error: None }));
                draft.set(String::new());
                word.set(Word::Nothing);
            }
        }
    };
    let on_input = move |event| {
        let value = event_target_value(&event);
        let said = match refusal(value.trim()) {
            Some(problem) if !unfinished(problem) => Word::Advice(problem.advice()),
            _ => Word::Nothing,
        };
        word.set(said);
        draft.set(value);
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let empty = draft.with_untracked(|draft| draft.trim().is_empty());
        match event.key().as_str() {
            "Enter" if !empty => {
                event.prevent_default();
                commit();
            }
            "," => {
                event.prevent_default();
                commit();
            }
            "Backspace" if draft.with_untracked(String::is_empty) => chips.update(|chips| {
                chips.pop();
            }),
            _ => {}
        }
    };

    let id = {
        let name = name.clone();
        move || format!("{name}-{}", chips.with(Vec::len) + 1)
    };
    let word_id = format!("{name}-word");
    let described = word_id.clone();
    let field_name = name.clone();
    view! {
        {move || list(&name, chips)}
        <input
            class="input input--mono"
            id=id
            name=field_name
            type="text"
            inputmode="url"
            prop:value=move || draft.get()
            aria-label=legend
            aria-invalid=move || matches!(word.get(), Word::Error(_)).then_some("true")
            aria-describedby=described
            placeholder=move || if chips.with(Vec::is_empty) { "https://" } else { "Add another" }
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            on:input=on_input
            on:keydown=on_key
            on:blur=move |_| set_timeout(commit, LEFT)
        />
        <div id=word_id role="status">
            {move || match word.get() {
                Word::Nothing => ().into_any(),
                Word::Advice(advice) => view! { <p class="field__hint">{advice}</p> }.into_any(),
                Word::Error(error) => error_line(String::new(), None, error.to_owned()).into_any(),
            }}
        </div>
    }
}

/// Whether typing on may mend it by itself.
const fn unfinished(problem: Problem) -> bool {
    matches!(
        problem,
        Problem::Empty
            | Problem::NoScheme
            | Problem::NoHost
            | Problem::NoPath
            | Problem::BadHost
            | Problem::BadPort
            | Problem::BadEncoding
            | Problem::SchemeWithoutDomain
            | Problem::PlainHttp
            | Problem::DotSegment
    )
}

fn list(name: &str, chips: RwSignal<Vec<UriRow>>) -> impl IntoView + use<> {
    let rows = chips.get();
    let values: Vec<&str> = rows.iter().map(|row| row.value.as_str()).collect();
    let checked = redirect_uri::check_all(&values);
    let mut lines = Vec::new();
    for (at, (row, result)) in rows.iter().zip(checked).enumerate() {
        let id = format!("{name}-{}-error", at + 1);
        match (result, &row.error) {
            (Err(problem), _) => {
                lines.push(error_line(id, Some(row.value.clone()), problem.advice().to_owned()).into_any());
            }
            (Ok(_), Some(error)) => lines.push(error_line(id, Some(row.value.clone()), error.clone()).into_any()),
            (Ok(warnings), None) => {
                for warning in warnings {
                    let value = row.value.clone();
                    let line = view! { <p class="field__hint"><code>{value}</code> ": " {warning.advice()}</p> };
                    lines.push(line.into_any());
                }
            }
        }
    }
    let items = rows
        .into_iter()
        .enumerate()
        .map(|(at, row)| {
            let remove = move |_| {
                chips.update(|chips| {
                    if at < chips.len() {
                        chips.remove(at);
                    }
                });
            };
            view! {
                <li class="chip" id=format!("{name}-{}", at + 1)>
                    <input type="hidden" name=name.to_owned() value=row.value.clone()/>
                    <span>{row.value.clone()}</span>
                    <button class="chip__remove" type="button" aria-label=format!("Remove {}", row.value) on:click=remove>
                        <Icon glyph=Glyph::X/>
                    </button>
                </li>
            }
        })
        .collect::<Vec<_>>();
    let any = !items.is_empty();
    view! {
        {any.then(|| view! { <ul class="chips">{items}</ul> })}
        {lines}
    }
}
