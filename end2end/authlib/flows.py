"""Authlib as a client of Portico over TLS.

Each test registers a client by itself, signs the demo world's developer in as a browser would,
and leaves everything that a client library does to Authlib. scripts/authlib runs this.
"""

import datetime
import ipaddress
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client, OAuthError
from authlib.oauth2 import rfc7591
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc import discovery, registration, rpinitiated
from authlib.oidc.core import CodeIDToken
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

# The first argument.
BINARY = ""

CALLBACK = "https://example.com/callback"
DEVELOPER = {"email": ["dev@portico.test"], "password": ["portico-demo"]}


class Portico:
    """The binary, with a demo world and a certificate of this run."""

    def __init__(self, binary: str) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="portico-authlib.")
        folder = pathlib.Path(self.folder.name)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"https://127.0.0.1:{port}"
        certificate(folder)
        self.tls = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
        settings = {
            "PORTICO_LISTEN": f"127.0.0.1:{port}",
            "PORTICO_ISSUER": self.url,
            "PORTICO_PUBLIC_URL": self.url,
            "PORTICO_DATA_DIR": str(folder / "data"),
            "PORTICO_LOG_ACCESS": "false",
            "PORTICO_TLS_CERTIFICATE": str(folder / "certificate.pem"),
            "PORTICO_TLS_KEY": str(folder / "key.pem"),
        }
        self.log = open(folder / "log", "w+", encoding="utf-8")
        # Away from the repository: a developer's own portico.toml is not for tests.
        self.process = subprocess.Popen(
            [binary, "serve", "--demo-if-empty"],
            cwd=folder,
            env={**environment(), **settings},
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self.wait()

    def wait(self) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/health/ready", verify=self.tls).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        self.log.seek(0)
        sys.exit(f"Portico did not start:\n{self.log.read()}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.log.close()
        self.folder.cleanup()


def environment() -> dict[str, str]:
    """Ours, without what configures another Portico."""
    kept = ("PORTICO_SITE_ROOT",)
    return {name: value for name, value in os.environ.items() if name in kept or not name.startswith("PORTICO_")}


def certificate(folder: pathlib.Path) -> None:
    """Makes a key and a certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(host, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)


class Forms(HTMLParser):
    """The fields of each form of a page, by the form's action."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        if tag == "form":
            self.forms.append((of.get("action") or "", {}))
        elif tag == "input" and self.forms and of.get("name"):
            if of.get("type") not in ("checkbox", "radio") or "checked" in of:
                self.forms[-1][1].setdefault(of["name"], []).append(of.get("value") or "")


def authorize(portico: Portico, url: str) -> str:
    """Follows an authorization request to the client's redirect URI, as somebody who signs in and allows everything."""
    with httpx.Client(verify=portico.tls) as browser:
        page = browser.get(url)
        for _ in range(20):
            if page.is_redirect:
                to = urljoin(str(page.url), page.headers["location"])
                if not to.startswith(f"{portico.url}/"):
                    return to
                page = browser.get(to)
                continue
            # A form without an action posts to the page itself.
            forms = [(urljoin(str(page.url), action), fields) for action, fields in Forms(page.text).forms]
            ours = [form for form in forms if urlsplit(form[0]).path in ("/signin", "/consent")]
            if not ours:
                break
            to, fields = ours[0]
            fields |= DEVELOPER if "password" in fields else {"decision": ["allow"]}
            page = browser.post(to, data=fields, headers={"origin": portico.url})
    raise AssertionError(f"no way to the client: {page.status_code} {page.url} {page.text}")


class Flows(unittest.TestCase):
    portico: Portico

    @classmethod
    def setUpClass(cls) -> None:
        cls.portico = Portico(BINARY)
        cls.addClassCleanup(cls.portico.stop)
        cls.http = httpx.Client(verify=cls.portico.tls)
        cls.addClassCleanup(cls.http.close)
        cls.metadata = cls.http.get(f"{cls.portico.url}/.well-known/openid-configuration").json()

    def register(self, **metadata) -> dict:
        wanted = {
            "client_name": "Authlib",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            **metadata,
        }
        answer = self.http.post(self.metadata["registration_endpoint"], json=wanted)
        self.assertEqual(answer.status_code, 201, answer.text)
        registered = answer.json()
        # Authlib has no client for this, and knows what can be registered where this metadata is.
        for claims in (rfc7591.ClientMetadataClaims, registration.ClientMetadataClaims):
            claims({**registered}, {}, claims.get_claims_options(self.metadata)).validate()
        return registered

    def managing(self, registered: dict) -> OAuth2Client:
        """A client whose token is that of a registration (RFC 7592)."""
        token = {"access_token": registered["registration_access_token"], "token_type": "Bearer"}
        client = OAuth2Client(token=token, verify=self.portico.tls)
        self.addCleanup(client.close)
        return client

    def client(self, registered: dict, **more) -> OAuth2Client:
        method = registered["token_endpoint_auth_method"]
        client = OAuth2Client(
            **{
                "client_id": registered["client_id"],
                "client_secret": registered.get("client_secret"),
                "token_endpoint_auth_method": method,
                "revocation_endpoint_auth_method": method,
                "scope": "openid profile email offline_access",
                "redirect_uri": CALLBACK,
                "code_challenge_method": "S256",
                "verify": self.portico.tls,
                **more,
            }
        )
        self.addCleanup(client.close)
        return client

    def tokens(self, client: OAuth2Client, nonce: str = "the-nonce") -> dict:
        """The whole code flow, with PKCE."""
        verifier = generate_token(48)
        url, state = client.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
        )
        self.assertIn("code_challenge_method=S256", url)
        back = authorize(self.portico, url)
        # Authlib compares the state.
        return client.fetch_token(
            self.metadata["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
        )

    def everything(self, client: OAuth2Client) -> None:
        """What a client does with its tokens, from the ID token to revocation."""
        tokens = self.tokens(client)
        self.assertEqual(tokens["scope"], "openid profile email offline_access")

        keys = KeySet.import_key_set(self.http.get(self.metadata["jwks_uri"]).json())
        decoded = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
        options = {
            "iss": {"essential": True, "value": self.metadata["issuer"]},
            "aud": {"essential": True, "value": client.client_id},
        }
        parameters = {
            "nonce": "the-nonce",
            "client_id": client.client_id,
            "access_token": tokens["access_token"],
        }
        claims = CodeIDToken(decoded.claims, decoded.header, options, parameters)
        claims.validate(leeway=10)

        userinfo = client.get(self.metadata["userinfo_endpoint"]).json()
        self.assertIn(userinfo["email"], DEVELOPER["email"])
        self.assertEqual(userinfo["sub"], claims["sub"])

        known = client.introspect_token(self.metadata["introspection_endpoint"], token=tokens["access_token"]).json()
        self.assertTrue(known["active"])
        self.assertEqual((known["client_id"], known["sub"]), (client.client_id, claims["sub"]))

        refreshed = client.refresh_token(self.metadata["token_endpoint"])
        self.assertNotEqual(refreshed["access_token"], tokens["access_token"])
        self.assertNotEqual(refreshed["refresh_token"], tokens["refresh_token"])

        answer = client.revoke_token(self.metadata["revocation_endpoint"], token=refreshed["refresh_token"])
        self.assertEqual(answer.status_code, 200)
        ended = client.introspect_token(
            self.metadata["introspection_endpoint"], token=refreshed["access_token"]
        ).json()
        self.assertEqual(ended, {"active": False})
        with self.assertRaises(OAuthError) as refused:
            client.refresh_token(self.metadata["token_endpoint"], refresh_token=refreshed["refresh_token"])
        self.assertEqual(refused.exception.error, "invalid_grant")

    def test_the_metadata_is_what_it_should_be(self) -> None:
        metadata = discovery.OpenIDProviderMetadata(self.metadata)
        metadata.validate(metadata_classes=[rpinitiated.OpenIDProviderMetadata])

    def test_a_client_with_a_secret_in_the_header(self) -> None:
        registered = self.register()
        self.assertEqual(registered["token_endpoint_auth_method"], "client_secret_basic")
        self.everything(self.client(registered))

    def test_a_client_with_a_secret_in_the_body(self) -> None:
        self.everything(self.client(self.register(token_endpoint_auth_method="client_secret_post")))

    def test_a_client_that_signs(self) -> None:
        key = ECKey.generate_key("P-256", {"use": "sig", "kid": "authlib"})
        registered = self.register(
            token_endpoint_auth_method="private_key_jwt",
            token_endpoint_auth_signing_alg="ES256",
            jwks={"keys": [key.as_dict(private=False)]},
        )
        self.assertNotIn("client_secret", registered)
        client = self.client(registered, client_secret=key)
        client.register_client_auth_method(PrivateKeyJWT(self.metadata["token_endpoint"], alg="ES256"))
        self.everything(client)

    def test_a_client_without_a_secret(self) -> None:
        client = self.client(self.register(token_endpoint_auth_method="none"))
        tokens = self.tokens(client)
        self.assertIn(client.get(self.metadata["userinfo_endpoint"]).json()["email"], DEVELOPER["email"])
        self.assertIn("refresh_token", tokens)

    def test_a_verifier_of_somebody_else_gives_nothing(self) -> None:
        client = self.client(self.register())
        url, state = client.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=generate_token(48), nonce="n"
        )
        back = authorize(self.portico, url)
        with self.assertRaises(OAuthError) as refused:
            client.fetch_token(
                self.metadata["token_endpoint"],
                authorization_response=back,
                state=state,
                code_verifier=generate_token(48),
            )
        self.assertEqual(refused.exception.error, "invalid_grant")

    def test_a_registration_is_changed_and_ended(self) -> None:
        registered = self.register()
        client = self.client(registered)
        self.tokens(client)
        at = registered["registration_client_uri"]
        managing = self.managing(registered)
        self.assertEqual(managing.get(at).json()["client_name"], "Authlib")
        changed = {"client_id": registered["client_id"], "redirect_uris": [CALLBACK], "client_name": "Renamed"}
        self.assertEqual(managing.put(at, json=changed).json()["client_name"], "Renamed")
        self.assertEqual(managing.get(at).json()["client_name"], "Renamed")
        self.assertEqual(managing.delete(at).status_code, 204)
        self.assertEqual(managing.get(at).status_code, 401)
        with self.assertRaises(OAuthError) as refused:
            client.refresh_token(self.metadata["token_endpoint"])
        self.assertEqual(refused.exception.error, "invalid_client")


if __name__ == "__main__":
    BINARY = str(pathlib.Path(sys.argv.pop(1)).absolute())
    unittest.main(verbosity=2)
