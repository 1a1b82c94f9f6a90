//! A list of URIs: rows with buttons that post, and with scripts chips that are checked while
//! somebody types.

use std::time::Duration;

use leptos::prelude::*;
use rules::redirect_uri::{self, Localhost};
use serde::{Deserialize, Serialize};

use super::dom;
use crate::components::icon::{Glyph, Icon};

/// A row as the server sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UriRow {
    /// What is in it.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// What to look at, where it is right.
    pub advice: Option<String>,
}

/// A row as it is now.
#[derive(Clone, Copy)]
struct Row {
    key: usize,
    value: RwSignal<String>,
    /// What the server said about it, until it is changed.
    refused: RwSignal<Option<String>>,
    /// What it said to look at: to be read until the island wakes, which says so by itself.
    advice: StoredValue<Option<String>>,
    /// Whether somebody is typing into it.
    busy: RwSignal<bool>,
}

impl Row {
    fn new(key: usize, row: UriRow) -> Self {
        let UriRow { value, error, advice } = row;
        Self {
            key,
            value: RwSignal::new(value),
            refused: RwSignal::new(error),
            advice: StoredValue::new(advice),
            busy: RwSignal::new(false),
        }
    }
}

/// What there is to say about a row.
#[derive(Clone, PartialEq, Eq)]
enum Word {
    Nothing,
    Advice(String),
    Error(String),
}

/// The rows of a list of URIs. All its fields are called `name`, so that a form without scripts
/// and one with them send the same.
#[island]
pub fn UriList(
    /// The name in the form.
    name: String,
    /// What one of them is called.
    one: String,
    /// What the server knows.
    rows: Vec<UriRow>,
    /// Whether `http://localhost` may be among them.
    localhost: bool,
    /// Whether nothing can be changed.
    locked: bool,
) -> impl IntoView {
    let container = format!("{name}-rows");
    let small = one.to_lowercase().replace(" uri", " URI");
    let next = StoredValue::new(rows.len());
    let awake = RwSignal::new(false);
    let rows = RwSignal::new(rows.into_iter().enumerate().map(|(key, row)| Row::new(key, row)).collect::<Vec<_>>());
    let localhost = if localhost { Localhost::Taken } else { Localhost::Refused };
    let list = List { container: container.clone(), name, one, small, localhost, rows, next, awake };

    Effect::new({
        let container = container.clone();
        move |_| {
            if locked {
                return;
            }
            // What was typed before the island woke is in the fields.
            for (row, typed) in rows.get_untracked().iter().zip(dom::values(&container)) {
                if row.value.get_untracked() != typed {
                    row.value.set(typed);
                    row.refused.set(None);
                }
            }
            awake.set(true);
        }
    });

    let on_add = {
        let list = list.clone();
        move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            list.add();
        }
    };
    let add_value = format!("add-{}", list.name);
    let add_label = format!("Add {}", list.small);
    let each = {
        let list = list.clone();
        move |row: Row| row_view(&list, row)
    };
    view! {
        <div id=container class="uri-list__body">
            <ul class="uri-list__rows" class:uri-list__rows--chips=move || awake.get()>
                <For each=move || rows.get() key=|row| row.key children=each/>
            </ul>
            <button class="button button--small uri-list__add" name="action" value=add_value on:click=on_add>
                <Icon glyph=Glyph::Plus/>
                {add_label}
            </button>
        </div>
    }
}

#[derive(Clone)]
struct List {
    container: String,
    name: String,
    one: String,
    small: String,
    localhost: Localhost,
    rows: RwSignal<Vec<Row>>,
    next: StoredValue<usize>,
    awake: RwSignal<bool>,
}

impl List {
    fn empty_row(&self) -> Row {
        let key = self.next.get_value();
        self.next.set_value(key + 1);
        Row::new(key, UriRow::default())
    }

    /// Goes to a row at the end for the next one, which is made unless the last one is empty.
    fn add(&self) {
        let full = self.rows.with_untracked(|rows| {
            rows.last().is_none_or(|row| row.value.with_untracked(|value| !value.trim().is_empty()))
        });
        if full {
            let row = self.empty_row();
            self.rows.update(|rows| rows.push(row));
        }
        dom::focus_last(&self.container);
    }

    /// Takes a row away; an empty one is left if it was the only one.
    fn remove(&self, row: Row) {
        let only = self.rows.with_untracked(|rows| rows.len() <= 1).then(|| self.empty_row());
        self.rows.update(|rows| {
            rows.retain(|other| other.key != row.key);
            rows.extend(only);
        });
    }
}

fn row_view(list: &List, row: Row) -> impl IntoView + use<> {
    let List { name, one, small, localhost, rows, awake, .. } = list.clone();
    let list = list.clone();
    let number = Memo::new(move |_| rows.with(|rows| rows.iter().position(|r| r.key == row.key).unwrap_or(0)) + 1);
    let word = Memo::new(move |_| match row.refused.get() {
        Some(refusal) => Word::Error(refusal),
        None if awake.get() => said(&rows.get(), row, localhost),
        None => row.advice.get_value().map_or(Word::Nothing, Word::Advice),
    });
    let chip =
        move || awake.get() && !row.busy.get() && row.value.with(|v| !v.trim().is_empty()) && !failed(&word.get());

    let remove = {
        let list = list.clone();
        move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            list.remove(row);
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let empty = row.value.with_untracked(|value| value.trim().is_empty());
        let key = event.key();
        if (key == "Enter" && !empty) || key == "," {
            event.prevent_default();
            row.busy.set(false);
            if !empty && !failed(&word.get_untracked()) {
                list.add();
            }
        } else if key == "Backspace" && empty && rows.with_untracked(Vec::len) > 1 {
            // On to the one before, which can be changed or taken away in turn.
            event.prevent_default();
            list.remove(row);
            dom::focus_last(&list.container);
        }
    };
    let on_input = move |event| {
        row.busy.set(true);
        row.refused.set(None);
        row.value.set(event_target_value(&event));
    };

    // What is said below the field moves what is below it: not under a button that is being pressed.
    let on_blur = move |_| {
        set_timeout(
            move || {
                row.busy.try_set(false);
            },
            Duration::from_millis(250),
        );
    };

    let id = {
        let name = name.clone();
        Memo::new(move |_| format!("{name}-{}", number.get()))
    };
    let label = move || format!("{one} {}", number.get());
    let remove_label = move || format!("Remove {small} {}", number.get());
    let remove_value = {
        let name = name.clone();
        move || format!("remove-{name}-{}", number.get())
    };
    view! {
        <li class="uri-row" class:uri-row--chip=chip>
            <input
                class="input input--mono"
                id=move || id.get()
                name=name
                type="text"
                inputmode="url"
                value=row.value.get_untracked()
                aria-label=label
                aria-invalid=move || failed(&word.get()).then_some("true")
                aria-describedby=move || (word.get() != Word::Nothing).then(|| format!("{}-error", id.get()))
                placeholder="https://"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                on:input=on_input
                on:keydown=on_key
                on:focus=move |_| row.busy.set(true)
                on:blur=on_blur
            />
            <button
                class="button button--ghost button--icon"
                name="action"
                value=remove_value
                aria-label=remove_label
                on:click=remove
            >
                <Icon glyph=Glyph::X/>
            </button>
            {move || word_view(word.get(), format!("{}-error", id.get()))}
        </li>
    }
}

fn word_view(word: Word, id: String) -> AnyView {
    match word {
        Word::Nothing => ().into_any(),
        Word::Advice(advice) => view! { <p class="field__hint" id=id>{advice}</p> }.into_any(),
        Word::Error(error) => view! {
            <p class="field__error" id=id>
                <Icon glyph=Glyph::Warning/>
                <span>
                    <strong>"Error: "</strong>
                    {error}
                </span>
            </p>
        }
        .into_any(),
    }
}

fn failed(word: &Word) -> bool {
    matches!(word, Word::Error(_))
}

/// What the rules say: a problem once somebody has stopped typing, a warning beside what is fine.
fn said(rows: &[Row], row: Row, localhost: Localhost) -> Word {
    let at = rows.iter().position(|other| other.key == row.key);
    let values: Vec<String> = rows.iter().map(|row| row.value.with(|value| value.trim().to_owned())).collect();
    let Some(result) = at.and_then(|at| redirect_uri::check_all(&values, localhost).into_iter().nth(at)) else {
        return Word::Nothing;
    };
    if row.value.with(|value| value.trim().is_empty()) {
        return Word::Nothing;
    }
    match result {
        Err(_) if row.busy.get() => Word::Nothing,
        Err(problem) => Word::Error(problem.advice().to_owned()),
        Ok(warnings) => redirect_uri::advice(&warnings).map_or(Word::Nothing, Word::Advice),
    }
}
