"""Webhooks: telling other programs of events over HTTP, each at least once and in the order of its document.

For receivers in Python: `verify` says whether a request is from who knows the secret.
"""

from collab.webhooks.signing import BadSignature, sign, verify

__all__ = ["BadSignature", "sign", "verify"]
