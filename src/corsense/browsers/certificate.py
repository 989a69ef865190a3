"""A certificate for the stage: made for each run, never stored."""

from __future__ import annotations

import datetime
import os
import ssl
import tempfile

from corsense.browsers.errors import BrowserError


def server_context() -> ssl.SSLContext:
    """TLS for a server that claims to be any host. Browsers accept it, because they are started so that they accept anything.

    Raises BrowserError when `cryptography` is not installed.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    handle, path = tempfile.mkstemp(prefix="corsense-", suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_key_and_certificate())
        context.load_cert_chain(path)
    finally:
        os.unlink(path)
    return context


def _key_and_certificate() -> bytes:
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID
    except ImportError:
        raise BrowserError(
            "a page on https needs a certificate, and cryptography is not installed; run: pip install 'corsense[browser]'"
        ) from None
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "corsense")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + certificate.public_bytes(serialization.Encoding.PEM)
