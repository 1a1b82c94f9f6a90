//! What islands do to the document. On the server nothing happens.

#[cfg(all(feature = "hydrate", target_arch = "wasm32"))]
pub use browser::*;
#[cfg(not(all(feature = "hydrate", target_arch = "wasm32")))]
pub use server::*;

/// How a passkey is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// A new one is made.
    New,
    /// One that is there is wanted now.
    Now,
    /// One that is there may be picked from what the browser offers in a field.
    Quietly,
}

#[cfg(all(feature = "hydrate", target_arch = "wasm32"))]
mod browser {
    use std::cell::RefCell;

    use js_sys::{Function, Object, Promise, Reflect};
    use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
    use wasm_bindgen_futures::{JsFuture, spawn_local};
    use web_sys::{
        AbortController, Document, Element, HtmlDialogElement, HtmlElement, HtmlFormElement, HtmlInputElement,
        KeyboardEvent, NodeList, Response, window,
    };

    use super::Asking;

    fn document() -> Option<Document> {
        window()?.document()
    }

    fn by_id(id: &str) -> Option<Element> {
        document()?.get_element_by_id(id)
    }

    fn elements(list: Option<NodeList>) -> Vec<Element> {
        let Some(list) = list else { return Vec::new() };
        (0..list.length()).filter_map(|at| list.item(at)?.dyn_into().ok()).collect()
    }

    /// Whether there is a clipboard to write to: only over https and on the person's own machine.
    pub fn can_copy() -> bool {
        window().is_some_and(|window| window.is_secure_context())
    }

    /// Puts `text` on the clipboard; says whether it is there.
    pub fn copy(text: &str, then: impl FnOnce(bool) + 'static) {
        let Some(window) = window().filter(|_| can_copy()) else { return then(false) };
        let written = window.navigator().clipboard().write_text(text);
        spawn_local(async move { then(JsFuture::from(written).await.is_ok()) });
    }

    /// What is in the fields below the element `container`.
    pub fn values(container: &str) -> Vec<String> {
        let fields = by_id(container).and_then(|element| element.query_selector_all("input").ok());
        elements(fields)
            .into_iter()
            .filter_map(|field| Some(field.dyn_into::<HtmlInputElement>().ok()?.value()))
            .collect()
    }

    /// Focuses the last field below the element `container`, once what changed is there: before the next
    /// key is pressed, while the next frame may be drawn after it.
    pub fn focus_last(container: &str) {
        let container = container.to_owned();
        spawn_local(async move {
            leptos::task::tick().await;
            let fields = by_id(&container).and_then(|element| element.query_selector_all("input").ok());
            let last = elements(fields).into_iter().next_back();
            if let Some(field) = last.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
                let _focused = field.focus();
            }
        });
    }

    /// See [`crate::islands::FilterRows`].
    pub fn filter_rows(input: &str, table: &str, empty: &str) {
        let Some(field) = by_id(input).and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) else { return };
        let (table, empty) = (table.to_owned(), empty.to_owned());
        let source = field.clone();
        let filter = move || {
            let words = source.value().to_lowercase();
            let rows = by_id(&table).and_then(|table| table.query_selector_all("tr").ok());
            let mut any = false;
            for row in elements(rows) {
                let text = row.text_content().unwrap_or_default().to_lowercase();
                let shown = words.split_whitespace().all(|word| text.contains(word));
                any |= shown;
                hide(&row, !shown);
            }
            if let Some(element) = by_id(&empty) {
                hide(&element, any);
            }
        };
        // What was typed before the island woke is in the field.
        filter();
        let filter = Closure::<dyn Fn()>::new(filter);
        let _listening = field.add_event_listener_with_callback("input", filter.as_ref().unchecked_ref());
        filter.forget();
    }

    fn hide(element: &Element, hidden: bool) {
        let _done = if hidden { element.set_attribute("hidden", "") } else { element.remove_attribute("hidden") };
    }

    /// See [`crate::islands::LocalTimes`].
    pub fn local_times() {
        let options = Object::new();
        for (key, value) in
            [("day", "numeric"), ("month", "short"), ("year", "numeric"), ("hour", "2-digit"), ("minute", "2-digit")]
        {
            let _set = Reflect::set(&options, &key.into(), &value.into());
        }
        let _set = Reflect::set(&options, &"timeZoneName".into(), &"short".into());
        let times = document().and_then(|document| document.query_selector_all("time[datetime]").ok());
        for time in elements(times) {
            let text = time.text_content().unwrap_or_default();
            let Some(moment) = time.get_attribute("datetime").filter(|_| text.ends_with("UTC")) else { continue };
            let date = js_sys::Date::new(&JsValue::from_str(&moment));
            if !date.get_time().is_nan() {
                let local = date.to_locale_string("en-GB", &options);
                time.set_text_content(local.as_string().as_deref());
            }
        }
    }

    /// Goes to `path` on Escape, unless something else on the page wanted it.
    pub fn on_escape(path: &str) {
        let Some(window) = window() else { return };
        let path = path.to_owned();
        let listener = Closure::<dyn Fn(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            if event.key() == "Escape" && !event.default_prevented() {
                go(&path);
            }
        });
        let _listening = window.add_event_listener_with_callback("keydown", listener.as_ref().unchecked_ref());
        listener.forget();
    }

    /// Calls `then` on Ctrl or ⌘ and `key`.
    pub fn on_shortcut(key: char, then: impl Fn() + 'static) {
        let Some(window) = window() else { return };
        let listener = Closure::<dyn Fn(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            let pressed = event.key().eq_ignore_ascii_case(key.encode_utf8(&mut [0; 4]));
            if pressed && (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.shift_key() {
                event.prevent_default();
                then();
            }
        });
        let _listening = window.add_event_listener_with_callback("keydown", listener.as_ref().unchecked_ref());
        listener.forget();
    }

    fn dialog(id: &str) -> Option<HtmlDialogElement> {
        by_id(id)?.dyn_into().ok()
    }

    /// Opens the dialog `id`, with the focus in `field`.
    pub fn show_dialog(id: &str, field: &str) {
        let Some(dialog) = dialog(id) else { return };
        if !dialog.open() {
            let _shown = dialog.show_modal();
        }
        if let Some(field) = by_id(field).and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
            let _focused = field.focus();
        }
    }

    /// Closes the dialog `id`.
    pub fn close_dialog(id: &str) {
        if let Some(dialog) = dialog(id) {
            dialog.close();
        }
    }

    /// Goes to another page of ours.
    pub fn go(path: &str) {
        if let Some(window) = window() {
            let _gone = window.location().set_href(path);
        }
    }

    thread_local! {
        /// Ends the question before: a browser answers one at a time.
        static ASKED: RefCell<Option<AbortController>> = const { RefCell::new(None) };
    }

    /// Asks for a passkey with `options` (JSON); `then` gets the answer as JSON, if there is one.
    pub fn ask_passkey(options: &str, asking: Asking, then: impl Fn(Option<String>) + 'static) {
        let options = options.to_owned();
        spawn_local(async move {
            then(passkey(&options, asking).await.ok());
        });
    }

    async fn passkey(options: &str, asking: Asking) -> Result<String, JsValue> {
        let window = window().ok_or(JsValue::NULL)?;
        let class = Reflect::get(&window, &"PublicKeyCredential".into())?;
        if asking == Asking::Quietly {
            let available: Function = Reflect::get(&class, &"isConditionalMediationAvailable".into())?.dyn_into()?;
            let available: Promise = available.call0(&class)?.dyn_into()?;
            if !JsFuture::from(available).await?.is_truthy() {
                return Err(JsValue::NULL);
            }
        }
        let (parse, verb) = match asking {
            Asking::New => ("parseCreationOptionsFromJSON", "create"),
            Asking::Now | Asking::Quietly => ("parseRequestOptionsFromJSON", "get"),
        };
        let parse: Function = Reflect::get(&class, &parse.into())?.dyn_into()?;
        let parsed = parse.call1(&class, &js_sys::JSON::parse(options)?)?;
        let stop = AbortController::new()?;
        let request = Object::new();
        Reflect::set(&request, &"publicKey".into(), &parsed)?;
        Reflect::set(&request, &"signal".into(), &stop.signal())?;
        if asking == Asking::Quietly {
            Reflect::set(&request, &"mediation".into(), &"conditional".into())?;
        }
        if let Some(before) = ASKED.with(|asked| asked.replace(Some(stop))) {
            before.abort();
        }
        let credentials = Reflect::get(&window.navigator(), &"credentials".into())?;
        let verb: Function = Reflect::get(&credentials, &verb.into())?.dyn_into()?;
        let promise: Promise = verb.call1(&credentials, &request)?.dyn_into()?;
        let credential = JsFuture::from(promise).await?;
        let to_json: Function = Reflect::get(&credential, &"toJSON".into())?.dyn_into()?;
        let json = js_sys::JSON::stringify(&to_json.call0(&credential)?)?;
        json.as_string().ok_or(JsValue::NULL)
    }

    /// Puts `value` into the field `field` and sends the form `form`.
    pub fn send(form: &str, field: &str, value: &str) {
        let field = by_id(field).and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
        let form = by_id(form).and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
        if let (Some(field), Some(form)) = (field, form) {
            field.set_value(value);
            let _sent = form.request_submit();
        }
    }

    /// Fetches a text from us.
    pub fn fetch_text(path: &'static str, then: impl Fn(String) + 'static) {
        spawn_local(async move {
            let Some(window) = window() else { return };
            let Ok(response) = JsFuture::from(window.fetch_with_str(path)).await else { return };
            let Ok(response) = response.dyn_into::<Response>() else { return };
            // A redirect to the sign-in page is not what was asked for.
            if !response.ok() || response.redirected() {
                return;
            }
            let Ok(text) = response.text() else { return };
            if let Ok(text) = JsFuture::from(text).await {
                then(text.as_string().unwrap_or_default());
            }
        });
    }
}

#[cfg(not(all(feature = "hydrate", target_arch = "wasm32")))]
mod server {
    pub const fn can_copy() -> bool {
        false
    }

    pub fn copy(_text: &str, _then: impl FnOnce(bool) + 'static) {}

    pub const fn values(_container: &str) -> Vec<String> {
        Vec::new()
    }

    pub const fn focus_last(_container: &str) {}

    pub const fn filter_rows(_input: &str, _table: &str, _empty: &str) {}

    pub const fn local_times() {}

    pub const fn on_escape(_path: &str) {}

    pub fn on_shortcut(_key: char, _then: impl Fn() + 'static) {}

    pub const fn show_dialog(_id: &str, _field: &str) {}

    pub const fn close_dialog(_id: &str) {}

    pub const fn go(_path: &str) {}

    pub fn fetch_text(_path: &'static str, _then: impl Fn(String) + 'static) {}

    pub fn ask_passkey(_options: &str, _asking: super::Asking, _then: impl Fn(Option<String>) + 'static) {}

    pub const fn send(_form: &str, _field: &str, _value: &str) {}
}
