"""``collab webhooks`` on the command line."""

from __future__ import annotations

import re

import pytest

from collab.webhooks.signing import key_of
from tests.cli_helpers import Collab, done, objects, refused, words


def test_a_webhook_is_added_listed_paused_and_removed(collab: Collab) -> None:
    assert done(collab("webhooks")) == ""
    told = done(collab("webhooks", "add", "https://example.com/in", "--type", "created", "--from-beginning"))
    found = re.fullmatch(r"webhook 1, from position 0 on\nsecret (whsec_\S+)\n", told)
    assert found is not None
    assert len(key_of(found[1])) == 32
    first, second, third = words(done(collab("webhooks")))
    assert first == "1 delivering https://example.com/in"
    assert second == "position 0, 6 events behind"
    assert third == "only types created"
    assert found[1] not in done(collab("webhooks", "--json"))
    done(collab("webhooks", "pause", "1"))
    assert objects(done(collab("webhooks", "--json")))[0]["state"] == "paused"
    done(collab("webhooks", "resume", "1"))
    assert objects(done(collab("webhooks", "--json")))[0]["state"] == "delivering"
    assert "0 documents" in done(collab("webhooks", "retry", "1"))
    done(collab("webhooks", "remove", "1"))
    assert done(collab("webhooks")) == ""


def test_it_begins_with_what_comes_from_now_on_or_where_one_says(collab: Collab) -> None:
    assert "from position 6 on" in done(collab("webhooks", "add", "http://example.com"))
    assert "from position 2 on" in done(collab("webhooks", "add", "http://example.com", "--after", "2"))
    secret = "whsec_" + "QUJD" * 10
    assert secret in done(collab("webhooks", "add", "http://example.com", "--secret", secret))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["add", "ftp://example.com"], "URL: http:// or https://"),
        (["add", "http://ann:secret@example.com"], "URL: http:// or https://"),
        (["add", "http://example.com:99999"], "URL: http:// or https://"),
        (["add", "http://" + "x" * 2000], "URL: http:// or https://"),
        (["add", "http://example.com", "--type", "eddited"], "type: one of created, edited"),
        (["add", "http://example.com", "--document", "a b"], "document id"),
        (["add", "http://example.com", "--after", "7"], "there is no position 7 in the log"),
        (
            ["add", "http://example.com", "--secret", "whsec_AAAA"],
            "secret: whsec_ and the base64 of 24 to 64",
        ),
        (["add", "http://example.com", "--refusals", "0"], "refusals: 1 to 1000"),
        (["remove", "7"], "there is no webhook 7"),
        (["skip", "7", "doc"], "there is no webhook 7"),
    ],
)
def test_webhooks_says_what_cannot_be_done(collab: Collab, arguments: list[str], reason: str) -> None:
    refused(collab("webhooks", *arguments), reason)
    assert done(collab("webhooks")) == ""
