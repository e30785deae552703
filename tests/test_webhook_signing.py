"""Signatures, ours against another implementation's."""

from __future__ import annotations

import json
import re
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from collab.errors import InvalidName
from collab.shapes import LogRow
from collab.webhooks import BadSignature, sign, verify
from collab.webhooks.queues import Item, body
from collab.webhooks.signing import key_of, secret_of

SECRET = secret_of(bytes(range(32)))
BODY = '{"text":"Grüße 😀"}'.encode()
NOW = 1_700_000_000


def headers(signature: str | None = None, at: str = str(NOW)) -> dict[str, str]:
    signature = sign(SECRET, "m_1", int(at), BODY) if signature is None else signature
    return {"Webhook-Id": "m_1", "Webhook-Timestamp": at, "Webhook-Signature": signature}


def test_our_signatures_are_those_of_the_specification() -> None:
    theirs = Verifier(SECRET).sign("m_1", datetime.fromtimestamp(NOW, tz=UTC), BODY.decode())
    assert sign(SECRET, "m_1", NOW, BODY) == theirs
    now = int(time.time())
    Verifier(SECRET).verify(BODY, headers(at=str(now)))
    verify(SECRET, headers(theirs), BODY, now=NOW)


def test_one_of_several_signatures_is_enough() -> None:
    right = sign(SECRET, "m_1", NOW, BODY)
    verify(SECRET, headers(f"v1,AAAA v2,x {right}"), BODY, now=NOW)


@pytest.mark.parametrize(
    ("said", "body", "now"),
    [
        (headers(), BODY + b" ", NOW),
        (headers(), BODY, NOW + 301),
        (headers(), BODY, NOW - 301),
        (headers("v1,AAAA"), BODY, NOW),
        (headers(""), BODY, NOW),
        (headers(sign(secret_of(bytes(32)), "m_1", NOW, BODY)), BODY, NOW),
        ({**headers(), "Webhook-Id": "m_2"}, BODY, NOW),
        ({**headers(), "Webhook-Timestamp": str(NOW + 1)}, BODY, NOW),
        ({**headers(), "Webhook-Timestamp": "-1"}, BODY, NOW),
        ({"Webhook-Id": "m_1"}, BODY, NOW),
    ],
)
def test_what_is_not_right_is_refused(said: dict[str, str], body: bytes, now: int) -> None:
    with pytest.raises(BadSignature):
        verify(SECRET, said, body, now=now)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "AAAA" * 8, "whsec_" + "A" * 28, "whsec_" + "A" * 92, "whsec_?"]
)
def test_a_secret_has_24_to_64_bytes(secret: str) -> None:
    with pytest.raises(InvalidName):
        key_of(secret)


# What docs/webhooks.md shows.

PAGE = Path(__file__).parent.parent.joinpath("docs", "webhooks.md").read_text("utf-8")


def snippet(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.mark.parametrize("body", [BODY, BODY + b" "])
def test_the_python_in_the_documentation_verifies(body: bytes) -> None:
    names: dict[str, Any] = {}
    exec(snippet("python"), names)
    said = headers(at=str(int(time.time())))
    if body == BODY:
        names["check"](SECRET, said, body)
    else:
        with pytest.raises(BadSignature):
            names["check"](SECRET, said, body)


@pytest.mark.parametrize("body", [BODY, BODY + b" "])
def test_the_node_in_the_documentation_verifies(tmp_path: Path, body: bytes) -> None:
    said = {name.lower(): value for name, value in headers(at=str(int(time.time()))).items()}
    arguments = json.dumps([SECRET, said, body.decode()])
    script = tmp_path / "check.mjs"
    script.write_text(f"{snippet('js')}\ncheck(...{arguments});\n")
    assert (subprocess.run(["node", script], capture_output=True).returncode == 0) == (body == BODY)


def test_the_body_in_the_documentation_is_of_the_shape_that_is_sent() -> None:
    said = json.loads(snippet("json"))
    (row,) = said["events"]
    sent = body(1, b'"notes"', [Item(17, 2, msgspec.json.encode(msgspec.convert(row, LogRow)))])
    assert json.loads(sent) == said
