"""`/metrics`, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import Response

from collab.hub import Hub
from collab.projections.status import Status
from collab.web.endpoints import Endpoint
from collab.web.models import models_of
from collab.webhooks.dispatcher import Dispatcher, HookStatus

MODEL = {
    "position": ("position", "Events up to this position are in the model."),
    "lag_events": ("lag", "Events in the log that are not in the model yet."),
    "parked": ("is_parked", "1 if the projection stands before an event."),
    "skipped_events": ("skipped", "Events that were left out on command."),
}
WEBHOOK = {
    "position": ("position", "Events up to this position are delivered, or held back."),
    "lag_events": ("lag", "Events in the log behind that position."),
    "parked_documents": ("parked", "Documents that wait behind an event."),
    "failed_attempts": ("attempts", "Calls in a row without an answer."),
}
"""What is told of each, by its name, and in which field of its status that stands."""


async def read_metrics(request: Request) -> Response:
    """How far the log, its read models and its webhooks are, as Prometheus reads it."""
    hub: Hub = request.app.state.hub
    dispatcher: Dispatcher = request.app.state.dispatcher
    registry = CollectorRegistry(auto_describe=False)
    registry.register(
        _Measured(
            await hub.store.position(),
            {status.name: status for status in await models_of(request).statuses()},
            {str(status.number): status for status in dispatcher.statuses()},
        )
    )
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Measured:
    """What was measured, as a collector."""

    def __init__(self, newest: int, models: Mapping[str, Status], hooks: Mapping[str, HookStatus]) -> None:
        self._newest = newest
        self._models = models
        self._hooks = hooks

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("collab_log_position", "Position of the newest event.", value=self._newest)
        yield from _gauges("projection", MODEL, self._models)
        yield from _gauges("webhook", WEBHOOK, self._hooks)


def _gauges(
    what: str, told: Mapping[str, tuple[str, str]], statuses: Mapping[str, Status | HookStatus]
) -> Iterator[Metric]:
    for name, (field, help_) in told.items():
        family = GaugeMetricFamily(f"collab_{what}_{name}", help_, labels=[what])
        for labelled, status in statuses.items():
            family.add_metric([labelled], getattr(status, field))
        yield family


ENDPOINTS = [Endpoint("GET", "/metrics", read_metrics, {200: {"text/plain": str}})]
