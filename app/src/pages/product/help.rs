//! What one wants to know while registering a client.

use axum::response::Response;
use leptos::prelude::*;

use crate::{
    extract::Visitor,
    layout::{Page, PageHead},
};

/// About redirect URIs.
pub async fn redirect_uris(visitor: Visitor) -> Response {
    Page::new("Redirect URIs").crumb("Redirect URIs").render(&visitor, || {
        view! {
            <PageHead
                title="Redirect URIs"
                lead="The addresses that a browser is sent back to. They are the lock on the door: a code or a person goes \
                      nowhere else."
            />
            <section class="section" aria-labelledby="rules">
                <h2 id="rules">"What can be registered"</h2>
                <ul class="stack">
                    <li><code>"https://example.com/callback"</code>": a web page, always with https."</li>
                    <li>
                        <code>"http://127.0.0.1/callback"</code>
                        " or "
                        <code>"http://[::1]/callback"</code>
                        ": a program on the person's own machine. Any port matches. "
                        <code>"http://localhost:3000/callback"</code>
                        " is taken of public clients alone, with the port as it stands: other programs can claim the name."
                    </li>
                    <li>
                        <code>"com.example.app:/callback"</code>
                        ": an app, with a scheme named after a domain of yours."
                    </li>
                </ul>
                <p>
                    "An address is compared character by character: with or without a slash at its end are two addresses. \
                     There are no wildcards, since a pattern matches more than you mean. Keep what differs from request to \
                     request in the parameter "
                    <code>"state"</code>
                    "."
                </p>
            </section>
            <section class="section" aria-labelledby="login">
                <h2 id="login">"Login redirect URIs"</h2>
                <p>
                    "Where people return after they have signed in and consented, with a code that your server exchanges \
                     for tokens, or with an error if they cancelled."
                </p>
            </section>
            <section class="section" aria-labelledby="revoke">
                <h2 id="revoke">"Post revoke consent redirect URIs"</h2>
                <p>
                    "A subscriber can take a consent back. Your server makes a link to the page where they do, and they \
                     return to one of these addresses afterwards, so that your app can say goodbye."
                </p>
            </section>
            <section class="section" aria-labelledby="logout">
                <h2 id="logout">"Post logout redirect URIs"</h2>
                <p>"Where people return after they have signed out, if your app asked for it."</p>
            </section>
        }
    })
}
