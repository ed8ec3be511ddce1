"""An authority of its own, and certificates for names: what TLS takes on both sides."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)
_SIGNS = {"key_cert_sign": True, "crl_sign": True}
_SERVES = {"digital_signature": True}
_NO_USE = dict.fromkeys(
    (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ),
    False,
)


class Pair(NamedTuple):
    """The files of a certificate and of its key."""

    certificate: Path
    key: Path


class Certificates:
    """Keeps its files in a folder; `authority` is the file to trust."""

    def __init__(self, folder: Path, *, has_expired: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Authority of a test")
        self.authority = folder / "authority.pem"
        own = self._signed(
            self._name, self._key.public_key(), [], is_authority=True, has_expired=has_expired
        )
        self.authority.write_bytes(own)

    def pair_for(self, *names: str, has_expired: bool = False) -> Pair:
        """A certificate for names and addresses; its files are called like the first one."""
        key = ec.generate_private_key(ec.SECP256R1())
        pair = Pair(self._folder / f"{names[0]}.crt", self._folder / f"{names[0]}.key")
        pair.certificate.write_bytes(
            self._signed(_named(names[0]), key.public_key(), names, has_expired=has_expired)
        )
        pair.key.touch(mode=0o600)
        pair.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return pair

    def context_for(self, name: str) -> ssl.SSLContext:
        """What a server needs to answer under that name. As a host name, whatever it looks like."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.pair_for(name))
        return context

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        names: Sequence[str],
        *,
        is_authority: bool = False,
        has_expired: bool = False,
    ) -> bytes:
        ends = datetime.now(UTC) + (-_DAY if has_expired else _DAY)
        own_key = self._key.public_key()
        uses = x509.KeyUsage(**{**_NO_USE, **(_SIGNS if is_authority else _SERVES)})
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(ends - 3 * _DAY)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(uses, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(own_key), critical=False
            )
        )
        if names:
            alternatives = x509.SubjectAlternativeName([_alternative(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        signed = builder.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
