//! What the fuzz targets share: the demo world at a time that stands still, and a signer.

use std::{
    future::Future,
    sync::{Arc, LazyLock},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{
    Clock, Context, Settings, SystemRng, Timestamp,
    cache::{self, Client, Product},
    db::Db,
    seal::MasterKey,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The time of every run: 15 January 2027, 08:00 UTC. Seeds with times in them rely on it.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// The issuer of every run.
pub const ISSUER: &str = "https://id.example";

struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// The demo world on a database of this process.
pub struct World {
    runtime: Runtime,
    /// The model.
    pub ctx: Context,
}

/// The world, made at its first use, in a file that `scripts/fuzz` removes.
pub static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let ctx = runtime.block_on(async {
        let file = std::env::temp_dir().join(format!("portico-fuzz-{}.db", std::process::id()));
        let db = Db::connect(&format!("sqlite:{}", file.display())).await.expect("a database");
        db.migrate().await.expect("tables");
        let settings = Settings { cache_staleness: model::days(1), ..Settings::at(ISSUER) };
        let ctx = Context::open(db, Arc::new(StandingClock), Arc::new(SystemRng), MasterKey::new([7; 32]), settings)
            .await
            .expect("a model");
        model::demo::create(&ctx).await.expect("the demo world");
        ctx
    });
    World { runtime, ctx }
});

impl World {
    /// Waits for a future.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A client.
    pub fn client(&self, client_id: &str) -> Option<Arc<Client>> {
        self.wait(cache::client(&self.ctx, client_id)).expect("clients are readable")
    }

    /// The product of a client.
    pub fn product(&self, client: &Client) -> Arc<Product> {
        self.wait(cache::product(&self.ctx, client.product_id)).expect("products are readable").expect("its product")
    }
}

/// A key pair on P-256.
pub struct Signer {
    pair: EcdsaKeyPair,
    /// Its public part (RFC 7517).
    pub jwk: Value,
}

impl Signer {
    /// A new one, which no corpus can know.
    pub fn new() -> Self {
        Self::of(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    /// The key of the demo world's `demo-fapi`.
    pub fn demo() -> Self {
        let jwk: Value = serde_json::from_str(model::demo::FAPI_KEY).expect("a key");
        let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("a text")).expect("base64url");
        let point = [&[4], part("x").as_slice(), &part("y")].concat();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &part("d"), &point);
        Self::of(pair.expect("a pair"))
    }

    fn of(pair: EcdsaKeyPair) -> Self {
        let point = pair.public_key().as_ref();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])});
        Self { jwk, pair }
    }

    /// A JWT in compact form around these two texts, which may be anything.
    pub fn sign(&self, header: &[u8], claims: &[u8]) -> String {
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Default for Signer {
    fn default() -> Self {
        Self::new()
    }
}

/// The input's first byte, which says how the rest is used, and its parts, which a NUL separates;
/// absent ones are empty.
pub fn parts<const N: usize>(data: &[u8]) -> (u8, [&[u8]; N]) {
    let (mode, rest) = data.split_first().map_or((0, data), |(mode, rest)| (*mode, rest));
    let mut pieces = rest.splitn(N, |byte| *byte == 0);
    (mode, std::array::from_fn(|_| pieces.next().unwrap_or_default()))
}

/// RFC 6749, sections 4.1.2.1 and 5.2: what `error_description` may hold.
pub fn is_description(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}
