//! A program that signs a client's assertions (RFC 7523) and proofs (RFC 9449), without any package.

/// Writes the program into a file: what the client must sign, it signs.
pub fn program(client_id: &str, issuer: &str, assertions: bool, proofs: bool) -> String {
    let mut ways = String::new();
    if assertions {
        ways.push_str(&format!(
            "if (what === \"assertion\") {{\n  \
             console.log(jwt({{ kid: jwk.kid }}, {{ iss: \"{client_id}\", sub: \"{client_id}\", aud: \"{issuer}\", exp: now + 60 }}));\n\
             }}\n"
        ));
    }
    if proofs {
        ways.push_str(
            "if (what === \"proof\") {\n  \
             const ath = token && createHash(\"sha256\").update(token).digest(\"base64url\");\n  \
             const open = createPublicKey(key).export({ format: \"jwk\" });\n  \
             console.log(jwt({ typ: \"dpop+jwt\", jwk: open }, { htm, htu, ath }));\n\
             }\n",
        );
    }
    format!(
        "cat > signs.mjs <<'END'\n\
         import {{ constants, createHash, createPrivateKey, createPublicKey, randomUUID, sign }} from \"node:crypto\";\n\
         import {{ readFileSync }} from \"node:fs\";\n\n\
         const [what, htm, htu, token] = process.argv.slice(2);\n\
         const jwk = JSON.parse(readFileSync(\"client.json\", \"utf8\"));\n\
         const alg = jwk.alg ?? {{ RSA: \"PS256\", EC: \"ES256\", OKP: \"EdDSA\" }}[jwk.kty];\n\
         const key = createPrivateKey({{ key: jwk, format: \"jwk\" }});\n\
         const how = alg === \"PS256\"\n  \
         ? {{ key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }}\n  \
         : {{ key, dsaEncoding: \"ieee-p1363\" }};\n\
         const now = Math.floor(Date.now() / 1000);\n\
         const part = (value) => Buffer.from(JSON.stringify(value)).toString(\"base64url\");\n\
         function jwt(header, claims) {{\n  \
         const text = `${{part({{ alg, ...header }})}}.${{part({{ ...claims, iat: now, jti: randomUUID() }})}}`;\n  \
         const signature = sign(alg === \"EdDSA\" ? null : \"sha256\", Buffer.from(text), how);\n  \
         return `${{text}}.${{signature.toString(\"base64url\")}}`;\n\
         }}\n{ways}END"
    )
}

/// Writes the program into a file that signs assertions with a client's secret.
pub fn secret_program(client_id: &str, issuer: &str) -> String {
    format!(
        "cat > asserts.mjs <<'END'\n\
         import {{ createHmac, randomUUID }} from \"node:crypto\";\n\n\
         const now = Math.floor(Date.now() / 1000);\n\
         const part = (value) => Buffer.from(JSON.stringify(value)).toString(\"base64url\");\n\
         const who = {{ iss: \"{client_id}\", sub: \"{client_id}\", aud: \"{issuer}\" }};\n\
         const text = `${{part({{ alg: \"HS256\" }})}}.${{part({{ ...who, iat: now, exp: now + 60, jti: randomUUID() }})}}`;\n\
         console.log(`${{text}}.${{createHmac(\"sha256\", process.env.CLIENT_SECRET).update(text).digest(\"base64url\")}}`);\n\
         END"
    )
}
