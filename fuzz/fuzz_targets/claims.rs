//! The `claims` parameter asks for nothing that the product has not enabled.

#![no_main]

use std::sync::{Arc, LazyLock};

use fuzz::WORLD;
use libfuzzer_sys::fuzz_target;
use model::{
    authorization::Request,
    cache::{Client, Product},
    claims, jose,
};

/// A client of each kind of product, the product, and a request of the client.
static WORLDS: LazyLock<Vec<(Arc<Client>, Arc<Product>, Request)>> = LazyLock::new(|| {
    ["demo-app", "demo-web"]
        .map(|id| {
            let client = WORLD.client(id).expect("a demo client");
            let product = WORLD.product(&client);
            let query =
                format!("client_id={id}&redirect_uri=https%3A%2F%2Fexample.com%2Fcallback&response_type=code&nonce=n");
            let request = WORLD.wait(idp::fuzzing::authorize(&WORLD.ctx, query.as_bytes(), b"")).expect("a request");
            (client, product, request)
        })
        .into()
});

fuzz_target!(|text: &str| {
    for (client, product, plain) in WORLDS.iter() {
        let mut request = plain.clone();
        if idp::fuzzing::claims(text, client, product, &mut request).is_err() {
            continue;
        }
        assert!(jose::strict_json(text).is_some_and(|value| value.is_object()), "{text} is ambiguous");
        for claim in request.claims.userinfo.iter().chain(&request.claims.id_token) {
            let scope = claims::scope_of(claim).expect("a standard claim");
            assert!(product.scopes.iter().any(|enabled| enabled.name == scope), "{claim} is not enabled");
        }
        let allowed = request.to_be_allowed();
        assert!(allowed.iter().all(|scope| product.scopes.iter().any(|enabled| enabled.name == *scope)));
        assert!(!request.acr_essential || !request.acr_values.is_empty());
        // Nothing else of the request is touched.
        let others = Request {
            claims: plain.claims.clone(),
            acr_values: plain.acr_values.clone(),
            acr_essential: plain.acr_essential,
            subject_hint: plain.subject_hint.clone(),
            ..request
        };
        assert_eq!(others, *plain);
    }
});
