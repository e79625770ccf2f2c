"""The primitives that docs/format.md names, from python3-cryptography."""
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wire import Refused


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, message):
    return hmac.digest(key, message, "sha256")


def hkdf(key, salt, info, length=32):
    return HKDF(SHA256(), length, salt, info).derive(key)


def open_sealed(key, counter, associated, sealed, what):
    try:
        return AESGCM(key).decrypt(counter.to_bytes(8, "little") + bytes(4), sealed, associated)
    except InvalidTag:
        raise Refused(f"{what}: its tag does not fit") from None


def check_signed(data, signer, domain, what):
    """The signature stands last, over everything before it."""
    try:
        Ed25519PublicKey.from_public_bytes(signer).verify(data[-64:], domain + b"\0" + data[:-64])
    except InvalidSignature:
        raise Refused(f"{what}: not signed by the vault's signer") from None


def public_of(scalar):
    return X25519PrivateKey.from_private_bytes(scalar).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def open_box(scalar, associated, box, what):
    ephemeral, commitment, sealed = box[:32], box[32:64], box[64:]
    shared = X25519PrivateKey.from_private_bytes(scalar).exchange(X25519PublicKey.from_public_bytes(ephemeral))
    both = hkdf(shared, ephemeral + public_of(scalar), b"sparekeep sealed box v1", 64)
    if not hmac.compare_digest(both[32:], commitment):
        raise Refused(f"{what}: its box is for another key")
    return open_sealed(both[:32], 0, associated, sealed, what)
