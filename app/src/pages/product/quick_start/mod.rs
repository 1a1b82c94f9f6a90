//! Commands that try a client, filled in with what it has.

mod commands;
mod signing;

use leptos::prelude::*;

pub use self::commands::Start;
use self::commands::Step;
use super::libraries::Program;
use crate::{components::alert::Alert, islands::CopyButton, notice::Tone};

/// How to try it, step by step.
#[component]
pub fn QuickStart(start: Start) -> impl IntoView {
    let programs = start.programs();
    let steps = start.steps();
    view! {
        <section class="section" aria-labelledby="try">
            <div class="section__head">
                <h2 id="try">"Try it"</h2>
                <p>
                    "Issuer "
                    <code>{start.issuer}</code>
                    ". A library finds everything else in its "
                    <a href="/.well-known/openid-configuration">"configuration"</a>
                    "."
                </p>
            </div>
            {start
                .without_scopes
                .map(|path| {
                    view! {
                        <Alert tone=Tone::Warning>
                            "The product has no scopes enabled, so there is nothing to ask for. "
                            <a href=path>"Enable API scopes"</a>
                        </Alert>
                    }
                })}
            {steps.into_iter().map(step).collect_view()}
            {(!programs.is_empty())
                .then(|| {
                    view! {
                        <h3>"With a library"</h3>
                        {programs.into_iter().map(program).collect_view()}
                    }
                })}
        </section>
    }
}

fn step(step: Step) -> impl IntoView {
    let Step { name, text, command } = step;
    view! {
        <div class="stack">
            <p>{text}</p>
            <figure class="code">
                <figcaption class="code__head">
                    <span>{name}</span>
                    <CopyButton value=command.clone() label=format!("Copy: {name}") words=false/>
                </figcaption>
                <pre tabindex="0"><code>{command}</code></pre>
            </figure>
        </div>
    }
}

/// One at a time is open, without a script.
fn program(program: Program) -> impl IntoView {
    let Program { language, install, text } = program;
    view! {
        <details class="more" name="library">
            <summary>{language}</summary>
            <figure class="code">
                <figcaption class="code__head">
                    <span><code>{install}</code></span>
                    <CopyButton value=text.clone() label=format!("Copy the program in {language}") words=false/>
                </figcaption>
                <pre tabindex="0" aria-label=format!("Program in {language}")><code>{text}</code></pre>
            </figure>
        </details>
    }
}
