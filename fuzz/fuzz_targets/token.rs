//! The token endpoint: nothing comes out without the client's proof, every error is a registered
//! one, and Basic is read however it was encoded.

#![no_main]

use std::sync::LazyLock;

use axum::{Router, body::Body};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use fuzz::{Signer, WORLD, is_description, parts};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tower::ServiceExt as _;
use url::form_urlencoded;

static ROUTER: LazyLock<Router> = LazyLock::new(|| idp::router(WORLD.ctx.clone()));
static KEY: LazyLock<Signer> = LazyLock::new(Signer::demo);

/// RFC 6749, section 5.2; RFC 8628, section 3.5; RFC 8707, section 2; RFC 9449, section 5.
const ERRORS: [&str; 12] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "authorization_pending",
    "slow_down",
    "access_denied",
    "expired_token",
    "invalid_target",
    "invalid_dpop_proof",
];

fuzz_target!(|data: &[u8]| {
    let (mode, [form, credentials, header, claims]) = parts(data);
    let mut form = form.to_vec();
    let mut headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))]);
    match mode & 3 {
        // The header as it comes.
        1 => {
            let Ok(value) = HeaderValue::from_bytes(credentials) else { return };
            headers.insert(header::AUTHORIZATION, value);
        }
        // Basic around whatever it is.
        2 => {
            let value = format!("Basic {}", STANDARD.encode(credentials));
            headers.insert(header::AUTHORIZATION, value.parse().expect("a header"));
        }
        // An assertion of the demo client that says anything.
        3 => {
            let assertion = KEY.sign(if header.is_empty() { br#"{"alg":"ES256"}"# } else { header }, claims);
            let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
            form.extend_from_slice(format!("&client_assertion_type={kind}&client_assertion={assertion}").as_bytes());
        }
        _ => {}
    }
    spelled(credentials);

    let router = ROUTER.clone();
    let mut request = Request::post("/oauth2/token").body(Body::from(form.clone())).expect("a request");
    *request.headers_mut() = headers.clone();
    let (status, answer, body) = WORLD.wait(async {
        let response = router.oneshot(request).await.expect("a router cannot fail");
        let (head, body) = response.into_parts();
        (head.status, head.headers, axum::body::to_bytes(body, 1 << 20).await.expect("a body"))
    });
    assert_eq!(answer[header::CACHE_CONTROL], "no-store");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    match status {
        StatusCode::OK => {
            assert!(body["access_token"].is_string() && body["expires_in"].is_u64() && body["scope"].is_string());
            assert!(mode & 3 == 3 || knows_a_secret(&headers, &form), "a token without a proof");
        }
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => {
            assert!(body["error"].as_str().is_some_and(|code| ERRORS.contains(&code)), "{body}");
            assert!(body["error_description"].as_str().is_some_and(is_description), "{body}");
            if status == StatusCode::UNAUTHORIZED {
                assert!(answer.contains_key(header::WWW_AUTHENTICATE));
            }
        }
        status => panic!("answered with {status}: {body}"),
    }
});

/// Whether one of the demo world's secrets stands in the request.
fn knows_a_secret(headers: &HeaderMap, form: &[u8]) -> bool {
    let secrets = ["demo-web-secret", "demo-app-secret", "demo-reports-secret"];
    let in_form = form_urlencoded::parse(form).any(|(_, value)| secrets.contains(&&*value));
    in_form || idp::fuzzing::presented(headers, form).is_ok_and(|(_, proof)| secrets.contains(&proof.as_str()))
}

/// An id and a secret of our alphabet are read alike, raw and form-encoded to the last dash.
fn spelled(credentials: &[u8]) {
    let text: String = credentials.iter().map(|byte| char::from(b'-' + byte % 78)).filter(|c| plain(*c)).collect();
    let Some((id, secret)) = text.split_at_checked(text.len() / 2).filter(|(id, _)| !id.is_empty()) else { return };
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    for (id_as_sent, secret_as_sent) in [(id.to_owned(), secret.to_owned()), (encoded(id), encoded(secret))] {
        let value = format!("Basic {}", STANDARD.encode(format!("{id_as_sent}:{secret_as_sent}")));
        let headers = HeaderMap::from_iter([
            (header::AUTHORIZATION, value.parse().expect("a header")),
            (header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
        ]);
        assert_eq!(idp::fuzzing::presented(&headers, b""), Ok((id.to_owned(), secret.to_owned())));
    }
}

fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}
