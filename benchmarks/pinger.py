"""``python -m benchmarks.pinger URL PID``: ping a server until a line comes in, and write when and how long, as JSON.

PID is the server's: it runs on the same core, so that it waits for the server and for no client.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from collab.link import socket_url
from collab.messages import SCHEMA, SUBPROTOCOL, Hello, Ping, encode

PAUSE_SECONDS = 0.001


def main(url: str, server: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, os.sched_getaffinity(server))
    stopped = threading.Event()
    threading.Thread(target=wait_for_line, args=[stopped], daemon=True).start()
    pings = []
    with connect(
        socket_url(url, "elsewhere"), subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None
    ) as socket:
        socket.send(encode(Hello(client="pinger-pinger", key="k" * 22, schema=SCHEMA)), text=True)
        print("pinging", flush=True)
        while not stopped.wait(PAUSE_SECONDS):
            sent = time.monotonic()
            socket.send(encode(Ping()), text=True)
            while json.loads(socket.recv())["type"] != "pong":
                pass
            pings.append((sent, time.monotonic() - sent))
    json.dump(pings, sys.stdout)


def wait_for_line(stopped: threading.Event) -> None:
    sys.stdin.readline()
    stopped.set()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
