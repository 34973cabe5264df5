"""PostgreSQL with one JSONB column of attributes a span, as Arize Phoenix lays spans out.

Needs: PostgreSQL 15 or newer (Debian: `apt install postgresql`), and from PyPI `psycopg[binary]`
and `opentelemetry-proto`. Makes a cluster of its own in a temporary directory and removes it.

    python postgres_peer.py DIRECTORY [--connections 2] [--toast pglz|lz4] [--limit-mb N]

Layout after Phoenix's `src/phoenix/db/models.py` and its migrations: tables `traces` and `spans`,
attributes nested by their dots in JSONB, indexes on trace, parent, start and tokens.

In its favour: COPY in binary form instead of Phoenix's one INSERT a span; rows are built before
the clock starts; no roll-up of tokens to parents; the log (pg_wal) is not counted as stored.
Durable: `fsync` and `synchronous_commit` stay on, so COMMIT returns when the log is on disk.
"""

import argparse
import contextlib
import glob
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import threading
import time

import psycopg

import spans

SCHEMA = """
CREATE TABLE traces (
    id bigserial PRIMARY KEY,
    project_rowid bigint NOT NULL,
    trace_id varchar NOT NULL UNIQUE,
    start_time timestamptz NOT NULL,
    end_time timestamptz NOT NULL);
CREATE INDEX ix_traces_project_start ON traces (project_rowid, start_time DESC);
CREATE TABLE spans (
    id bigserial PRIMARY KEY,
    trace_rowid bigint NOT NULL REFERENCES traces (id) ON DELETE CASCADE,
    span_id varchar NOT NULL UNIQUE,
    parent_id varchar,
    name varchar NOT NULL,
    span_kind varchar NOT NULL,
    start_time timestamptz NOT NULL,
    end_time timestamptz NOT NULL,
    attributes jsonb NOT NULL,
    events jsonb NOT NULL,
    status_code varchar NOT NULL DEFAULT 'UNSET',
    status_message varchar NOT NULL,
    cumulative_error_count integer NOT NULL,
    cumulative_llm_token_count_prompt integer NOT NULL,
    cumulative_llm_token_count_completion integer NOT NULL,
    llm_token_count_prompt integer,
    llm_token_count_completion integer);
CREATE INDEX ix_spans_trace_rowid ON spans (trace_rowid);
CREATE INDEX ix_spans_parent_id ON spans (parent_id);
CREATE INDEX ix_spans_start_time ON spans (start_time DESC);
CREATE INDEX ix_latency ON spans ((end_time - start_time));
CREATE INDEX ix_cumulative_llm_token_count_total ON spans
    ((cumulative_llm_token_count_prompt + cumulative_llm_token_count_completion));
"""
COLUMNS = (
    "trace_rowid, span_id, parent_id, name, span_kind, start_time, end_time, attributes, events,"
    " status_code, status_message, cumulative_error_count, cumulative_llm_token_count_prompt,"
    " cumulative_llm_token_count_completion, llm_token_count_prompt, llm_token_count_completion"
)
COPY = f"COPY spans ({COLUMNS}) FROM STDIN (FORMAT binary)"
EPOCH_2000_MICROS = 946_684_800_000_000


def nested(attributes):
    """`{"a.b": 1}` as `{"a": {"b": 1}}`; a name that is both a leaf and a branch stays whole."""
    root = {}
    for name, value in attributes.items():
        parts = name.split(".")
        branch = root
        for part in parts[:-1]:
            following = branch.setdefault(part, {})
            if not isinstance(following, dict):
                branch, parts = root, [name]
                break
            branch = following
        branch[parts[-1]] = value
    return root


def field(data):
    return struct.pack(">i", len(data)) + data


def json_field(value):
    return field(b"\x01" + json.dumps(value, ensure_ascii=False).encode())


def time_field(nanos):
    return field(struct.pack(">q", nanos // 1000 - EPOCH_2000_MICROS))


def row(span, trace_rowid):
    tokens = [span.number(f"gen_ai.usage.{side}_tokens") for side in ("input", "output")]
    fields = [
        field(struct.pack(">q", trace_rowid)),
        field(span.span_id.encode()),
        field(span.parent_id.encode()) if span.parent_id else struct.pack(">i", -1),
        field(span.name.encode()),
        field(b"LLM" if "gen_ai.request.model" in span.attributes else b"TOOL"),
        time_field(span.start_nanos),
        time_field(span.end_nanos),
        json_field(nested(span.attributes)),
        json_field([]),
        field(b"ERROR" if span.is_error else b"OK"),
        field(span.message.encode()),
        *[field(struct.pack(">i", count)) for count in [int(span.is_error), *tokens, *tokens]],
    ]
    return struct.pack(">h", len(fields)) + b"".join(fields)


def batch(request, trace_rowids):
    header = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
    rows = [row(span, trace_rowids[span.trace_id]) for span in request]
    return header + b"".join(rows) + struct.pack(">h", -1)


@contextlib.contextmanager
def cluster(toast):
    """A fresh server on a Unix socket; as root it runs under the account `postgres`."""
    binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    search = (binaries[-1] if binaries else "") + os.pathsep + os.environ["PATH"]
    if not shutil.which("initdb", path=search):
        raise SystemExit("no initdb found: install PostgreSQL (Debian: apt install postgresql)")
    root = os.geteuid() == 0
    directory = pathlib.Path(tempfile.mkdtemp(prefix="peer-postgres-"))
    if root:
        shutil.chown(directory, "postgres")

    def call(*command):
        prefix = ["runuser", "-u", "postgres", "--"] if root else []
        path = shutil.which(command[0], path=search)
        subprocess.run(
            [*prefix, path, *command[1:]], check=True, cwd="/", stdout=subprocess.DEVNULL
        )

    data = str(directory / "data")
    options = (
        f"-c listen_addresses= -c unix_socket_directories={directory} -c shared_buffers=2GB"
        f" -c max_wal_size=8GB -c default_toast_compression={toast}"
    )
    try:
        call("initdb", "-D", data, "-U", "peer", "-A", "trust", "-E", "UTF8", "--locale=C")
        call("pg_ctl", "-D", data, "-w", "-l", str(directory / "log"), "-o", options, "start")
        try:
            postmaster = int((directory / "data/postmaster.pid").read_text().split()[0])
            yield f"host={directory} user=peer dbname=postgres", postmaster
        finally:
            call("pg_ctl", "-D", data, "-m", "fast", "-w", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def load(address, batches, connections):
    """Sends all batches, one transaction each; answers with the latency of each commit."""
    latencies = []
    following = iter(batches)
    lock = threading.Lock()
    failures = []

    def send():
        try:
            with psycopg.connect(address, autocommit=True) as connection:
                while True:
                    with lock:
                        body = next(following, None)
                    if body is None:
                        return
                    begin = time.monotonic()
                    with connection.cursor().copy(COPY) as copy:
                        copy.write(body)
                    latencies.append(time.monotonic() - begin)
        except psycopg.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=send) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"PostgreSQL refused a batch: {failures[0]}")
    return latencies


def main():
    arguments = argparse.ArgumentParser(description="PostgreSQL JSONB as a peer")
    arguments.add_argument("directory")
    arguments.add_argument("--connections", type=int, default=2)
    arguments.add_argument("--toast", choices=["pglz", "lz4"], default="pglz")
    arguments.add_argument("--limit-mb", type=int, default=0)
    given = arguments.parse_args()
    raw_bytes, count, batches, rowids, traces = 0, 0, [], {}, []
    for request in spans.requests(given.directory, given.limit_mb * 1_000_000):
        for span in request:
            if span.trace_id not in rowids:
                rowids[span.trace_id] = len(rowids) + 1
                traces.append((len(rowids), span.trace_id))
        batches.append(batch(request, rowids))
        raw_bytes += sum(span.raw_bytes for span in request)
        count += len(request)
    with cluster(given.toast) as (address, postmaster):
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(SCHEMA)
            connection.cursor().executemany(
                "INSERT INTO traces VALUES (%s, 1, %s, now(), now())", traces
            )
            version = connection.execute("SHOW server_version").fetchone()[0]
            with spans.Clock(postmaster) as clock:
                latencies = load(address, batches, given.connections)
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
            stored = connection.execute(
                "SELECT pg_total_relation_size('spans') + pg_total_relation_size('traces'),"
                " (SELECT count(*) FROM spans)"
            ).fetchone()
            if stored[1] != count:
                raise SystemExit(f"{count} spans sent, {stored[1]} stored")
        settings = {
            "version": version,
            "connections": given.connections,
            "toast": given.toast,
            "batch": "1 MB",
        }
        spans.report(
            "PostgreSQL", settings, count, raw_bytes, clock, latencies, {"tables": stored[0]}
        )


if __name__ == "__main__":
    main()
