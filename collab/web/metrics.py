"""`/metrics`, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import Response

from collab.hub import Hub
from collab.projections.models import Models
from collab.projections.status import Status
from collab.web.endpoints import Endpoint
from collab.webhooks.dispatcher import Dispatcher, HookStatus


async def read_metrics(request: Request) -> Response:
    """How far the log, its read models and its webhooks are, as Prometheus reads it."""
    hub: Hub = request.app.state.hub
    models: Models = request.app.state.models
    dispatcher: Dispatcher = request.app.state.dispatcher
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(await hub.store.position(), await models.statuses(), dispatcher.statuses()))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Measured:
    """What was measured, as a collector."""

    def __init__(self, newest: int, statuses: Sequence[Status], hooks: Sequence[HookStatus]) -> None:
        self._newest = newest
        self._statuses = statuses
        self._hooks = hooks

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("collab_log_position", "Position of the newest event.", value=self._newest)
        for name, help_, models in (
            (
                "position",
                "Events up to this position are in the model.",
                {s.name: s.position for s in self._statuses},
            ),
            (
                "lag_events",
                "Events in the log that are not in the model yet.",
                {s.name: s.lag for s in self._statuses},
            ),
            (
                "parked",
                "1 if it stands before an event.",
                {s.name: s.state == "parked" for s in self._statuses},
            ),
            (
                "skipped_events",
                "Events that were left out on command.",
                {s.name: s.skipped for s in self._statuses},
            ),
        ):
            yield _gauge(f"collab_projection_{name}", help_, "projection", models)
        for name, help_, hooks in (
            (
                "position",
                "Events up to it are delivered, or held back.",
                {h.number: h.position for h in self._hooks},
            ),
            ("lag_events", "Events in the log behind that position.", {h.number: h.lag for h in self._hooks}),
            (
                "parked_documents",
                "Documents that wait behind an event.",
                {h.number: h.parked for h in self._hooks},
            ),
            (
                "failed_attempts",
                "Calls in a row without an answer.",
                {h.number: h.attempts for h in self._hooks},
            ),
        ):
            yield _gauge(f"collab_webhook_{name}", help_, "webhook", hooks)


def _gauge(name: str, help_: str, label: str, values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(name, help_, labels=[label])
    for labelled, value in values.items():
        family.add_metric([str(labelled)], value)
    return family


ENDPOINTS = [Endpoint("GET", "/metrics", read_metrics, {200: {"text/plain": str}})]
