//! `/`: what Portico is.

use axum::{
    Router,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use leptos::prelude::*;

use crate::{
    AppState,
    components::icon::{Glyph, Icon},
    extract::Visitor,
    layout::Page,
};

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/", get(show))
}

async fn show(visitor: Visitor) -> Response {
    if visitor.person.is_some() {
        return Redirect::to("/organizations").into_response();
    }
    let issuer = visitor.ctx().settings().issuer.clone();
    Page::open("Sign people in with their phone number").render(&visitor, move || {
        view! {
            <section class="hero">
                <div class="hero__text">
                    <h1>"The door between apps and mobile operators"</h1>
                    <p>
                        "Sign people in with the number they already have. Ask for what your product needs, get their \
                         consent, call the operator’s APIs. Plain OAuth 2.0 and OpenID Connect."
                    </p>
                    <div class="button-row">
                        <a class="button button--primary button--large" href="/signup">"Create account"</a>
                        <a class="button button--large" href="/signin">"Sign in"</a>
                    </div>
                    <p class="hero__note">"Open source. One binary, SQLite or PostgreSQL."</p>
                </div>
                <div class="hero__art"><Example issuer=issuer/></div>
            </section>
            <section class="landing-section landing-section--surface" aria-labelledby="who">
                <div>
                    <h2 id="who">"Three people, one flow"</h2>
                    <ul class="features">
                        <li>
                            <Icon glyph=Glyph::Code/>
                            <h3>"Developers"</h3>
                            <p>
                                "Create a product and a client in minutes. Redirect URIs checked as you type, secrets \
                                 shown once, rotation without a gap."
                            </p>
                        </li>
                        <li>
                            <Icon glyph=Glyph::Signal/>
                            <h3>"Operators"</h3>
                            <p>
                                "See exactly what each product asks for before enabling it. Your brand on every page \
                                 that subscribers see."
                            </p>
                        </li>
                        <li>
                            <Icon glyph=Glyph::Phone/>
                            <h3>"Subscribers"</h3>
                            <p>"A number, a PIN, one clear question. No password to remember, and a way to stop at any time."</p>
                        </li>
                    </ul>
                </div>
            </section>
        }
    })
}

#[component]
fn Example(issuer: String) -> impl IntoView {
    view! {
        <figure class="code">
            <figcaption class="code__head">
                <span>"From a code to a phone number"</span>
            </figcaption>
            <pre tabindex="0" aria-label="Example">
                <code>
                    <span class="code__dim">"$"</span>
                    {format!(
                        " curl -u $CLIENT_ID:$CLIENT_SECRET \\\n    {issuer}/oauth2/token \\\n    \
                         -d grant_type=authorization_code \\\n    -d code=$CODE \\\n    \
                         -d redirect_uri=https://example.com/callback\n\n",
                    )}
                    <span class="code__dim">"$"</span>
                    {format!(
                        " curl {issuer}/userinfo \\\n    -H \"Authorization: Bearer $ACCESS_TOKEN\"\n{{\n  ",
                    )}
                    <span class="code__hot">"\"phone_number\""</span>
                    ": \"+46701740605\",\n  "
                    <span class="code__hot">"\"phone_number_verified\""</span>
                    ": true,\n  "
                    <span class="code__hot">"\"sub\""</span>
                    ": \"73e1…dfc\"\n}"
                </code>
            </pre>
        </figure>
    }
}
