//! What goes on as a form that sends itself: the answer to the client (OAuth 2.0 Form Post Response
//! Mode), and a long request that another site has posted. The one page here with a script, of one
//! line, which its policy names; without it the button does the same.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderValue, header};
use maud::{DOCTYPE, PreEscaped, html};

use super::{CSS_URL, form_targets, policy, set_headers, texts};
use crate::{error::no_store, language};

const SCRIPT: &str = "document.forms[0].submit()";

static SCRIPT_HASH: LazyLock<String> =
    LazyLock::new(|| format!("sha256-{}", STANDARD.encode(model::authorization::sha256(SCRIPT))));

/// Sends `parameters` to the redirect URI in a form.
#[must_use]
pub fn page(redirect_uri: &str, parameters: &[(&str, &str)]) -> Response {
    let heading = (texts::current().back_to)(texts::Place::of(redirect_uri).name());
    document(redirect_uri, redirect_uri, &heading, parameters)
}

/// Sends `parameters` to an endpoint of ours, which may send the browser on to `redirect_uri`.
#[must_use]
pub fn again(path: &str, redirect_uri: &str, parameters: &[(&str, &str)]) -> Response {
    document(path, redirect_uri, texts::current().go_on, parameters)
}

fn document(action: &str, redirect_uri: &str, heading: &str, parameters: &[(&str, &str)]) -> Response {
    let t = texts::current();
    let document = html! {
        (DOCTYPE)
        html lang=(language::current().tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                title { (t.form_post.title) " · " (texts::PORTAL) }
                link rel="stylesheet" href=(CSS_URL.as_str());
            }
            body {
                header class="brandbar" { span class="brandbar__name" { (texts::PORTAL) } }
                main {
                    div class="page" {
                        form class="card" method="post" action=(action) {
                            @for (name, value) in parameters { input type="hidden" name=(name) value=(value); }
                            h1 { (heading) }
                            p class="lead" { (t.form_post.lead) }
                            button class="button" { (t.go_on) }
                        }
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let type_ = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let mut response = ([type_, no_store()], document.into_string()).into_response();
    set_headers(&mut response, &policy(None, &form_targets(Some(redirect_uri)), Some(&SCRIPT_HASH), &[]));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_permits_the_script_and_nothing_more() {
        let response = page("https://example.com/callback", &[("state", "x")]);
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains(&format!("script-src '{}'", *SCRIPT_HASH)), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}
