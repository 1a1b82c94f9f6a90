//! The command palette: Ctrl K or ⌘ K, a few letters, Enter.

use leptos::prelude::*;

use super::{awake, dom};
use crate::components::icon::{Glyph, Icon};

const DIALOG: &str = "palette";
const FIELD: &str = "palette-field";
/// How many places are shown at a time.
const SHOWN: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    label: String,
    of: String,
    path: String,
}

/// Reads a line for each place: label, what it belongs to, path, between tabs.
fn parse(text: &str) -> Vec<Place> {
    text.lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, '\t').map(str::to_owned);
            Some(Place { label: parts.next()?, of: parts.next()?, path: parts.next()? })
        })
        .filter(|place| place.path.starts_with('/'))
        .collect()
}

fn search(places: &[Place], query: &str) -> Vec<Place> {
    let query = query.to_lowercase();
    let matches = |place: &&Place| {
        let text = format!("{} {}", place.label, place.of).to_lowercase();
        query.split_whitespace().all(|word| text.contains(word))
    };
    places.iter().filter(matches).take(SHOWN).cloned().collect()
}

/// The button that opens the palette, and the palette. Without scripts it is not there.
#[island]
pub fn CommandPalette() -> impl IntoView {
    let places = RwSignal::new(None::<Vec<Place>>);
    let query = RwSignal::new(String::new());
    let active = RwSignal::new(0_usize);
    let found = Memo::new(move |_| places.with(|places| search(places.as_deref().unwrap_or_default(), &query.get())));

    let open = move || {
        query.set(String::new());
        active.set(0);
        dom::show_dialog(DIALOG, FIELD);
        if places.with_untracked(Option::is_none) {
            dom::fetch_text("/palette", move |text| places.set(Some(parse(&text))));
        }
    };
    Effect::new(move |_| dom::on_shortcut('k', open));
    let awake = awake();

    let go = move |index: usize| {
        if let Some(place) = found.with_untracked(|found| found.get(index).cloned()) {
            dom::close_dialog(DIALOG);
            dom::go(&place.path);
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let last = found.with_untracked(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => {
                event.prevent_default();
                active.update(|active| *active = if *active >= last { 0 } else { *active + 1 });
            }
            "ArrowUp" => {
                event.prevent_default();
                active.update(|active| *active = if *active == 0 { last } else { *active - 1 });
            }
            "Home" => active.set(0),
            "End" => active.set(last),
            _ => {}
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        go(active.get_untracked());
    };
    let status = move || match (places.with(Option::is_none), found.with(Vec::len)) {
        (true, _) => "One moment…".to_owned(),
        (false, 0) => "Nothing matches. Try fewer letters.".to_owned(),
        (false, _) => String::new(),
    };
    view! {
        <button
            class="palette-open js-only"
            type="button"
            aria-haspopup="dialog"
            aria-label="Search and commands"
            disabled=move || !awake.get()
            on:click=move |_| open()
        >
            <Icon glyph=Glyph::Search/>
            <span>"Search"</span>
            <kbd>"Ctrl K"</kbd>
        </button>
        <dialog class="palette" id=DIALOG aria-label="Search and commands">
            <form class="palette__search" method="dialog" on:submit=submit>
                <Icon glyph=Glyph::Search/>
                <input
                    id=FIELD
                    type="text"
                    role="combobox"
                    aria-expanded="true"
                    aria-controls="palette-list"
                    aria-autocomplete="list"
                    aria-activedescendant=move || format!("palette-{}", active.get())
                    aria-label="Search and commands"
                    placeholder="Go to or do…"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || query.get()
                    on:input=move |event| {
                        query.set(event_target_value(&event));
                        active.set(0);
                    }
                    on:keydown=on_key
                />
                <kbd>"Esc"</kbd>
            </form>
            <ul class="palette__list" id="palette-list" role="listbox" aria-label="Places">
                {move || {
                    found
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(index, place)| {
                            view! {
                                <li
                                    role="option"
                                    id=format!("palette-{index}")
                                    aria-selected=move || if active.get() == index { "true" } else { "false" }
                                    on:click=move |_| go(index)
                                >
                                    <Icon glyph=Glyph::ArrowRight/>
                                    {place.label}
                                    <small>{place.of}</small>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
            <p class="palette__hint" role="status">
                {status}
                <span hidden=move || found.with(Vec::is_empty)>
                    <kbd>"↑"</kbd>
                    " "
                    <kbd>"↓"</kbd>
                    " to choose, "
                    <kbd>"Enter"</kbd>
                    " to open"
                </span>
            </p>
        </dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_must_be_found_somewhere() {
        let places = parse("OAuth clients\tVoicebox\t/products/1/clients\nMembers\tAcme\t/m\nOdd\t\thttps://evil\n");
        assert_eq!(places.len(), 2);
        assert_eq!(search(&places, "voice cli").len(), 1);
        assert_eq!(search(&places, "").len(), 2);
        assert_eq!(search(&places, "voice acme").len(), 0);
    }
}
