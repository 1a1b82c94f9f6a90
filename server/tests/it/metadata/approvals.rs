//! Requests that are answered on the phone.

use serde_json::Value;

use super::{path, texts};
use crate::{ciba, harness::App};

pub async fn backchannel_authentication_endpoint(value: &Value) {
    assert_eq!(path(value), "/oauth2/bc-authorize");
    assert!(ciba::polled().await["access_token"].is_string());
}

pub async fn backchannel_token_delivery_modes_supported(value: &Value) {
    for mode in texts(value) {
        match mode {
            "poll" => assert!(ciba::polled().await["id_token"].is_string()),
            "ping" => ciba::pinged().await,
            _ => panic!("nothing shows how a client hears in mode {mode}"),
        }
    }
}

pub async fn backchannel_user_code_parameter_supported(value: &Value) {
    assert_eq!(*value, false);
    let page = ciba::ask_with(&App::demo().await, ciba::CALL, &[("user_code", "1234")]).await;
    assert_eq!(page.json()["error"], "invalid_request", "{}", page.body);
}
