"""What collab aims at in each scenario, beside the best of its peers in the same run."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.peers.figures import Figures
from benchmarks.peers.peers import PEERS

OURS = "collab"


@dataclass(frozen=True)
class Aim:
    """The figure at ``path`` of ``case`` (times ``scale``, in ``unit``).

    ``factor`` bounds its ratio to the best peer's, or to that of ``against``; ``bound`` bounds the figure itself.
    ``more`` says that more is better.
    """

    case: str
    title: str
    path: str
    unit: str = "ms"
    factor: float | None = None
    bound: float | None = None
    against: str | None = None
    more: bool = False
    scale: float = 1.0
    digits: int = 2


@dataclass(frozen=True)
class Verdict:
    """How an aim was met; ``advantage`` is how many times better collab is than the peer, where there is one."""

    aim: Aim
    ours: float
    theirs: float | None
    peer: str | None
    met: bool

    @property
    def ratio(self) -> float | None:
        """Ours over theirs."""
        return self.ours / self.theirs if self.theirs else None


MIB = 1 / 1024
_EDITS, _CPU = "phases.0.edits_per_second", "phases.0.server_ms_per_edit"

AIMS = (
    Aim("S1", "S1 edit → other client, p50", "phases.0.delivery.p50", factor=1.0),
    Aim("S1", "S1 p99", "phases.0.delivery.p99", factor=1.5),
    Aim("S2/4", "S2, 4 writers", _EDITS, "edits/s", 0.6, against="hocuspocus", more=True, digits=0),
    Aim("S2/16", "S2, 16 writers", _EDITS, "edits/s", 1.2, against="hocuspocus", more=True, digits=0),
    Aim("S2/64", "S2, 64 writers", _EDITS, "edits/s", 2.0, against="hocuspocus", more=True, digits=0),
    Aim("S2/16", "S2, 16 writers: CPU an edit", _CPU, "µs", 0.9, against="hocuspocus", scale=1000, digits=0),
    Aim("S2/64", "S2, 64 writers: CPU an edit", _CPU, "µs", 0.9, against="hocuspocus", scale=1000, digits=0),
    Aim(
        "S2/16x8",
        "S2, 16 writers, 8 in flight",
        _EDITS,
        "edits/s",
        2.0,
        against="hocuspocus",
        more=True,
        digits=0,
    ),
    Aim("S3", "S3 200 documents, p99", "phases.0.delivery.p99", bound=10),
    Aim("S3", "S3 CPU", "phases.0.server_cpu", "%", 1.0, against="hocuspocus", digits=1),
    Aim("S3", "S3 RSS", "phases.0.rss_after", "MiB", bound=120, scale=MIB, digits=0),
    Aim("S4/10", "S4 last of 10, p50", "phases.0.last.p50", factor=1.0),
    Aim("S4/100", "S4 last of 100, p50", "phases.0.last.p50", factor=1.0),
    Aim("S4/500", "S4 last of 500, p50", "phases.0.last.p50", factor=1.0),
    Aim("S4/500", "S4 CPU with 500", "phases.0.server_cpu", "%", 1.0, digits=1),
    Aim("S5", "S5 cold join", "cold_ms", bound=30, digits=1),
    Aim("S5", "S5 on the wire", "cold_bytes", "kB", bound=60, scale=1e-3, digits=0),
    Aim("S5", "S5 warm join", "warm_ms", bound=5, digits=1),
    Aim("S5", "S5 RSS after the cold join", "rss_joined", "MiB", bound=60, scale=MIB, digits=0),
    Aim(
        *("S5", "S5 loading", "edits_per_second", "edits/s"),
        bound=20_000,
        against="hocuspocus",
        more=True,
        digits=0,
    ),
    Aim("S6", "S6 lost after kill -9", "lost", "edits", bound=0, digits=0),
    Aim("S6/b", "S6b lost by leaving", "lost", "edits", bound=0, digits=0),
    Aim("S7", "S7 storage, 10,000 edits", "bytes_per_edit", "bytes an edit", bound=60, digits=1),
    Aim("S5", "S7 storage, 259,778 edits, packed", "bytes_per_edit", "bytes an edit", bound=4, digits=1),
    Aim(
        *("S8", "S8 growth of RSS", "phases.1.rss_peak - phases.0.rss_after", "MiB"),
        bound=16,
        scale=MIB,
        digits=0,
    ),
    Aim(
        *("S8", "S8 others' p99, during / before", "phases.1.delivery.p99 / phases.0.delivery.p99", "×"),
        bound=1.25,
    ),
    Aim("idle", "Idle connection", "idle_kilobytes", "kB", bound=20, digits=1),
)


def judge(aim: Aim, figures: Figures) -> Verdict | None:
    """How ``aim`` was met, None if it was not measured."""
    ours = figures.get(aim.case, OURS, aim.path)
    if ours is None:
        return None
    own = ours.median * aim.scale
    rivals = {
        peer: spread.median * aim.scale
        for peer in PEERS
        if peer != OURS
        and peer == (aim.against or peer)
        and (spread := figures.get(aim.case, peer, aim.path)) is not None
    }
    best = (max if aim.more else min)(rivals, key=rivals.__getitem__, default=None)
    theirs = rivals[best] if best is not None else None
    limit = aim.bound if aim.bound is not None else None if theirs is None else (aim.factor or 1.0) * theirs
    if limit is None:
        return None
    return Verdict(aim, own, theirs, best, own >= limit if aim.more else own <= limit)
