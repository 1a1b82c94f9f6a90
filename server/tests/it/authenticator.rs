//! An authenticator and the browser that it talks through, as far as WebAuthn needs them. Its
//! fields can be made to lie.

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::harness::{Browser, Form, Page};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const SHARABLE: u8 = 0x08;
const SHARED: u8 = 0x10;
const ATTESTED: u8 = 0x40;

/// One passkey.
pub struct Authenticator {
    key: EcdsaKeyPair,
    pub id: Vec<u8>,
    user: Vec<u8>,
    /// Whose site the browser takes the page for.
    pub origin: String,
    /// The host that the authenticator binds the passkey to.
    pub rp_id: String,
    /// Whether the owner showed a finger or a PIN.
    pub verified: bool,
    /// Whether the passkey is copied to other devices.
    pub shared: bool,
    pub counter: u32,
}

impl Authenticator {
    pub fn new(name: &str) -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"),
            id: sha256(name.as_bytes()),
            user: Vec::new(),
            origin: "http://localhost:3000".to_owned(),
            rp_id: "localhost".to_owned(),
            verified: true,
            shared: false,
            counter: 0,
        }
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut flags = flags | PRESENT;
        if self.verified {
            flags |= VERIFIED;
        }
        if self.shared {
            flags |= SHARABLE | SHARED;
        }
        [sha256(self.rp_id.as_bytes()).as_slice(), &[flags], &self.counter.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    /// Answers `navigator.credentials.create`.
    pub fn make(&mut self, options: &Value) -> String {
        self.user = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().expect("a user")).expect("base64url");
        let point = self.key.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], x, &[0x22, 0x58, 32], y].concat();
        let length = u16::try_from(self.id.len()).expect("a short id").to_be_bytes();
        let data = [self.data(ATTESTED).as_slice(), &[0; 16], &length, &self.id, &key].concat();
        let size = u16::try_from(data.len()).expect("short data").to_be_bytes();
        let object = [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"[..], &size, &data].concat();
        let client = self.client_data("webauthn.create", options);
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": { "credProps": { "rk": true } },
            "response": {
                "clientDataJSON": encode(&client),
                "attestationObject": encode(&object),
                "transports": ["internal"],
                "publicKeyAlgorithm": -7,
            },
        })
        .to_string()
    }

    /// Answers `navigator.credentials.get`.
    pub fn sign(&mut self, options: &Value) -> String {
        self.counter += 1;
        self.sign_again(options)
    }

    /// As [`Self::sign`], without counting: what a copy of the device would do.
    pub fn sign_again(&self, options: &Value) -> String {
        let client = self.client_data("webauthn.get", options);
        let data = self.data(0);
        let signed = [data.as_slice(), &sha256(&client)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client),
                "authenticatorData": encode(&data),
                "signature": encode(signature.as_ref()),
                "userHandle": encode(&self.user),
            },
        })
        .to_string()
    }

    /// Adds itself to the account that is signed in; the page after it.
    pub async fn join(&mut self, browser: &mut Browser, name: &str) -> Page {
        let page = browser.get("/account/security/passkeys").await;
        let answer = self.make(&asked(&page));
        let mut form = page.form("/account/security/passkeys");
        browser.submit(form.set("answer", &answer).set("name", name)).await
    }

    /// Signs in alone.
    pub async fn sign_in(&mut self, browser: &mut Browser) -> Page {
        let form = self.sign_in_form(browser).await;
        browser.submit(&form).await
    }

    /// What the browser would send to sign in.
    pub async fn sign_in_form(&mut self, browser: &mut Browser) -> Form {
        let page = browser.get("/signin").await;
        let answer = self.sign(&asked(&page));
        page.form("/signin/passkey").set("answer", &answer).clone()
    }
}

/// The options with which a page asks for a passkey.
pub fn asked(page: &Page) -> Value {
    let islands = page.attributes("leptos-island", "data-props");
    let options = islands.iter().find_map(|props| {
        let props: Value = serde_json::from_str(props).ok()?;
        serde_json::from_str(props.get("options")?.as_str()?).ok()
    });
    options.unwrap_or_else(|| panic!("{} asks for no passkey: {}", page.path, page.body))
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}
