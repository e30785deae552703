"""Adding a webhook: what it may be, and where it begins."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from collab.errors import InvalidName, UnknownPosition
from collab.events import CURRENT
from collab.hub import check_id
from collab.store.base import EventStore
from collab.store.webhooks import Webhook
from collab.webhooks.addresses import check_url
from collab.webhooks.signing import key_of, secret_of

MOST_DOCUMENTS = 1_000
"""Documents that a webhook may name."""

MOST_REFUSALS = 1_000
KEY_BYTES = 32


async def subscribe(
    store: EventStore,
    url: str,
    *,
    now: int,
    documents: Collection[str] = (),
    types: Collection[str] = (),
    after: int | None = None,
    secret: str | None = None,
    refusals: int = 16,
) -> Webhook:
    """Add a webhook that is told of what follows position ``after``, by default of what comes from now on.

    It has a ``secret`` of its own if none is given. ``now`` is in µs since 1970.

    Raises:
        InvalidName: the URL, the secret, a document's id, a type or a number isn't allowed.
        UnknownPosition: the log doesn't go so far.
        TooManyWebhooks: there are as many as there may be.
    """
    check_url(url)
    key_of(secret := secret or secret_of(secrets.token_bytes(KEY_BYTES)))
    if len(documents) > MOST_DOCUMENTS:
        raise InvalidName("documents", f"at most {MOST_DOCUMENTS}")
    for document in documents:
        check_id(document)
    for type_ in types:
        if type_ not in CURRENT:
            raise InvalidName("type", f"one of {', '.join(CURRENT)}")
    if not 1 <= refusals <= MOST_REFUSALS:
        raise InvalidName("refusals", f"1 to {MOST_REFUSALS}")
    newest = await store.position()
    if after is not None and not 0 <= after <= newest:
        raise UnknownPosition(after, newest)
    return await store.add_webhook(
        Webhook(
            url=url,
            secret=secret,
            position=newest if after is None else after,
            created_at=now,
            documents=tuple(dict.fromkeys(documents)),
            types=tuple(dict.fromkeys(types)),
            refusals=refusals,
        )
    )
