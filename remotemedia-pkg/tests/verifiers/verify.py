"""Verifies the envelopes of bundles with securesystemslib, and their chains of certificates with cryptography.

python verify.py FOLDER: for every *.sigstore.json in it one line, "NAME OK" or "NAME REFUSED". The key is key.pem beside
them, the authorities stand in trusted_root.json.
"""

import json
import sys
from base64 import b64decode
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_der_x509_certificate
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

folder = Path(sys.argv[1])


def certificates(raw):
    return [load_der_x509_certificate(b64decode(one["rawBytes"])) for one in raw]


def signer(material):
    """The key that a bundle names, or that the authorities vouch for."""
    if "publicKey" in material:
        return load_pem_public_key((folder / "key.pem").read_bytes())
    root = json.loads((folder / "trusted_root.json").read_text())
    chain = certificates([material["certificate"], *root["certificateAuthorities"][0]["certChain"]["certificates"]])
    for below, above in zip(chain, [*chain[1:], chain[-1]], strict=True):
        below.verify_directly_issued_by(above)
    return chain[0].public_key()


for path in sorted(folder.glob("*.sigstore.json")):
    bundle = json.loads(path.read_text())
    envelope = bundle["dsseEnvelope"]
    # securesystemslib finds a key by its id alone, which these bundles keep outside the envelope.
    envelope["signatures"][0]["keyid"] = "key"
    try:
        key = SSlibKey.from_crypto(signer(bundle["verificationMaterial"]), keyid="key")
        Envelope.from_dict(envelope).verify([key], 1)
        print(path.name, "OK")
    except (InvalidSignature, VerificationError):
        print(path.name, "REFUSED")
