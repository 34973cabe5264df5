"""Arize Phoenix as a whole: OTLP over HTTP in, until every span is in its database.

Needs from PyPI `arize-phoenix[pg]` and `opentelemetry-proto`, in one environment; with `--postgres`
also what `postgres_peer.py` needs. Starts Phoenix in a temporary directory and removes it.

    python phoenix_peer.py DIRECTORY [--postgres] [--connections 8] [--limit-mb 50]
    python phoenix_peer.py DIRECTORY --backplane http://127.0.0.1:7700 [--limit-mb 50]

The second line sends the very same requests with the very same sender to a running Backplane whose
store is empty.

Phoenix acknowledges before it stores, so what counts is the time until its database has all the
spans. It is sent as much as it takes: when its queue is full it answers 503, and the request is
sent again a moment later.
"""

import argparse
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import spans

PAUSE_SECONDS = 0.05


def post(connection, body):
    """Sends until it is taken; answers with the time of the acknowledgement."""
    begin = time.monotonic()
    while True:
        connection.request(
            "POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"}
        )
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            return time.monotonic() - begin
        if answer.status not in (429, 503):
            raise SystemExit(f"refused with {answer.status}")
        time.sleep(PAUSE_SECONDS)


def send(address, bodies, connections):
    latencies = []
    following = iter(bodies)

    def sender():
        connection = http.client.HTTPConnection(address, timeout=600)
        # next() of a list's iterator is one step of the interpreter, so threads may share it.
        while (body := next(following, None)) is not None:
            latencies.append(post(connection, body))

    with concurrent.futures.ThreadPoolExecutor(connections) as threads:
        for done in [threads.submit(sender) for _ in range(connections)]:
            done.result()
    return latencies


def await_spans(count, stored):
    """Until so many are stored; gives up when a minute brings no more of them."""
    best, since = -1, time.monotonic()
    while (now := stored()) < count:
        if now > best:
            best, since = now, time.monotonic()
        if time.monotonic() - since > 60:
            raise SystemExit(f"{count} spans sent, {now} stored")
        time.sleep(PAUSE_SECONDS)


@contextlib.contextmanager
def phoenix(database):
    """A fresh Phoenix; yields its address, its process and what counts its spans."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="peer-phoenix-"))
    port = "16006"
    environment = os.environ | {
        "PHOENIX_WORKING_DIR": str(directory),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": port,
        "PHOENIX_GRPC_PORT": "16317",
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    if database:
        environment["PHOENIX_SQL_DATABASE_URL"] = database
    program = pathlib.Path(sys.executable).parent / "phoenix"
    with (directory / "log").open("w") as log:
        server = subprocess.Popen([program, "serve"], env=environment, stdout=log, stderr=log)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").read()
                break
            time.sleep(0.2)
        else:
            raise SystemExit("Phoenix did not start: " + (directory / "log").read_text()[-2000:])
        yield f"127.0.0.1:{port}", server.pid, directory / "phoenix.db"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(directory, ignore_errors=True)


def backplane_count(url):
    body = json.dumps({"query": "select count(*) from spans"}).encode()
    request = urllib.request.Request(
        url + "/api/v1/sql", body, {"Content-Type": "application/json"}
    )
    return lambda: json.load(urllib.request.urlopen(request))["rows"][0][0]


def measure(name, settings, address, process, stored, given, bodies, raw_bytes, count):
    if stored():
        raise SystemExit("the store is not empty: what was sent before would count for nothing")
    with spans.Clock(process) as clock:
        latencies = send(address, bodies, given.connections)
        await_spans(count, stored)
    settings = settings | {"connections": given.connections, "request": "1 MB, OTLP over HTTP"}
    spans.report(name, settings, count, raw_bytes, clock, latencies, {})


def main():
    arguments = argparse.ArgumentParser(description="Arize Phoenix as a peer")
    arguments.add_argument("directory")
    arguments.add_argument("--connections", type=int, default=8)
    arguments.add_argument("--limit-mb", type=int, default=50)
    arguments.add_argument("--postgres", action="store_true")
    arguments.add_argument("--backplane", metavar="URL")
    given = arguments.parse_args()
    requests = list(spans.requests(given.directory, given.limit_mb * 1_000_000))
    bodies = [b"".join(span.otlp() for span in request) for request in requests]
    count = sum(map(len, requests))
    raw_bytes = sum(map(len, bodies))
    if given.backplane:
        url = given.backplane.rstrip("/")
        address = urllib.parse.urlsplit(url).netloc
        stored = backplane_count(url)
        # The process of the server is not known, so the sender's is reported.
        measure(
            "Backplane", {}, address, os.getpid(), stored, given, bodies, raw_bytes, count
        )
        return
    with contextlib.ExitStack() as stack:
        if given.postgres:
            import postgres_peer
            import psycopg

            socket, _ = stack.enter_context(postgres_peer.cluster("pglz"))
            directory = socket.split()[0].removeprefix("host=")
            database = f"postgresql://peer@/postgres?host={directory}"
        else:
            database = ""
        address, process, file = stack.enter_context(phoenix(database))
        if given.postgres:
            connection = stack.enter_context(psycopg.connect(socket, autocommit=True))
        else:
            connection = stack.enter_context(
                contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True))
            )

        def stored():
            return connection.execute("SELECT count(*) FROM spans").fetchone()[0]

        settings = {"database": "PostgreSQL" if given.postgres else "SQLite"}
        measure("Phoenix", settings, address, process, stored, given, bodies, raw_bytes, count)


if __name__ == "__main__":
    main()
