"""ClickHouse with wide rows of spans, as Langfuse 4 lays them out.

Needs from PyPI: `chdb` (ClickHouse as a library) and `opentelemetry-proto`. Writes into a
temporary directory and removes it.

    python clickhouse_peer.py DIRECTORY [--no-text-index] [--no-fsync] [--batch-rows 1000]
                                        [--limit-mb N]

Layout after Langfuse's `packages/shared/clickhouse`: `events_full` with ZSTD(3) inputs and outputs
and text indexes on them, and `events_core`, filled by a materialized view, with texts cut to 200
characters. Columns that these spans leave empty are left out.

In its favour: batches come in ClickHouse's own Native format from the page cache instead of JSON
over HTTP, with no queue and no object store before the table.
Durable: `fsync_after_insert` and `fsync_part_directory` are on, because an acknowledged span has to
outlive the machine; Langfuse leaves both off. `--no-fsync` measures that.
"""

import argparse
import json
import os
import pathlib
import shutil
import tempfile
import time

from chdb.session import Session

import spans

COLUMNS = {
    "project_id": "String",
    "trace_id": "String",
    "span_id": "String",
    "parent_span_id": "String",
    "start_time": "DateTime64(6)",
    "end_time": "Nullable(DateTime64(6))",
    "name": "String",
    "type": "LowCardinality(String)",
    "user_id": "String",
    "session_id": "String",
    "level": "LowCardinality(String)",
    "status_message": "String",
    "provided_model_name": "String",
    "model_parameters": "String",
    "usage_details": "Map(LowCardinality(String), UInt64)",
    "tool_definitions": "Map(String, String)",
    "input": "String",
    "output": "String",
    "metadata_names": "Array(String)",
    "metadata_values": "Array(String)",
    "service_name": "String",
    "event_bytes": "UInt64",
    "event_ts": "DateTime64(6)",
    "is_deleted": "UInt8",
}
STRUCTURE = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
NAMES = ", ".join(COLUMNS)
IN_COLUMNS = {
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.retrieval.query.text",
    "gen_ai.retrieval.documents",
    "gen_ai.tool.definitions",
}


def table(name, codec, indexes, settings):
    columns = [
        f"{column} {kind}{codec if column in ('input', 'output') else ''}"
        for column, kind in COLUMNS.items()
    ]
    for column in ("span_id", "trace_id", "user_id", "session_id"):
        columns.append(f"INDEX idx_{column} {column} TYPE bloom_filter(0.01) GRANULARITY 1")
    columns.extend(
        f"INDEX idx_fts_{number} {expression} TYPE text(tokenizer = splitByNonAlpha)"
        for number, expression in enumerate(indexes)
    )
    return (
        f"CREATE TABLE peer.{name} ({', '.join(columns)})"
        " ENGINE = ReplacingMergeTree(event_ts, is_deleted) PARTITION BY toYYYYMM(start_time)"
        " PRIMARY KEY (project_id, toStartOfMinute(start_time), xxHash32(trace_id))"
        " ORDER BY (project_id, toStartOfMinute(start_time), xxHash32(trace_id), span_id,"
        f" start_time) SETTINGS {settings}"
    )


def create(session, text_index, fsync):
    durable = f"fsync_after_insert = {int(fsync)}, fsync_part_directory = {int(fsync)}"
    large = ", index_granularity_bytes = '64Mi', merge_max_block_size_bytes = '64Mi'"
    metadata = ["metadata_values", "metadata_names"] if text_index else []
    texts = ["lower(input)", "lower(output)"] if text_index else []
    session.query("CREATE DATABASE peer")
    session.query(table("events_full", " CODEC(ZSTD(3))", texts + metadata, durable + large))
    session.query(table("events_core", "", metadata, durable))
    cut = NAMES.replace("input,", "leftUTF8(input, 200) AS input,")
    cut = cut.replace("output,", "leftUTF8(output, 200) AS output,")
    cut = cut.replace(
        "metadata_values,", "arrayMap(v -> leftUTF8(v, 200), metadata_values) AS metadata_values,"
    )
    session.query(
        "CREATE MATERIALIZED VIEW peer.events_core_mv TO peer.events_core AS"
        f" SELECT {cut} FROM peer.events_full"
    )


def row(span):
    metadata = {name: v for name, v in span.attributes.items() if name not in IN_COLUMNS}
    return {
        "project_id": "project",
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_id,
        "start_time": span.start_nanos / 1e9,
        "end_time": span.end_nanos / 1e9,
        "name": span.name,
        "type": "GENERATION" if "gen_ai.request.model" in span.attributes else "TOOL",
        "user_id": span.text("user.id"),
        "session_id": span.text("gen_ai.conversation.id"),
        "level": "ERROR" if span.is_error else "DEFAULT",
        "status_message": span.message,
        "provided_model_name": span.text("gen_ai.response.model", "gen_ai.request.model"),
        "model_parameters": json.dumps({"temperature": 0.7}),
        "usage_details": {
            side: span.number(f"gen_ai.usage.{side}_tokens") for side in ("input", "output")
        },
        "tool_definitions": {"definitions": span.text("gen_ai.tool.definitions")},
        "input": span.input(),
        "output": span.output(),
        "metadata_names": list(metadata),
        "metadata_values": [str(value) for value in metadata.values()],
        "service_name": str(span.resource.get("service.name", "")),
        "event_bytes": span.raw_bytes,
        "event_ts": span.end_nanos / 1e9,
        "is_deleted": 0,
    }


def prepare(session, given, directory):
    """Batches as files in Native format, with the raw bytes and the number of all spans."""
    files, rows, raw_bytes, count = [], [], 0, 0

    def write():
        lines = directory / "batch.ndjson"
        lines.write_text("\n".join(json.dumps(item) for item in rows))
        file = directory / f"{len(files):06}.native"
        session.query(
            f"INSERT INTO FUNCTION file('{file}', Native, '{STRUCTURE}')"
            f" SELECT * FROM file('{lines}', JSONEachRow, '{STRUCTURE}')"
        )
        lines.unlink()
        files.append(file)
        rows.clear()

    for request in spans.requests(given.directory, given.limit_mb * 1_000_000):
        for span in request:
            rows.append(row(span))
            raw_bytes += span.raw_bytes
            count += 1
            if len(rows) == given.batch_rows:
                write()
    if rows:
        write()
    return files, raw_bytes, count


def stored_bytes(session):
    answer = session.query(
        "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'peer'", "CSV"
    )
    return int(str(answer))


def main():
    arguments = argparse.ArgumentParser(description="ClickHouse as a peer")
    arguments.add_argument("directory")
    arguments.add_argument("--no-text-index", action="store_true")
    arguments.add_argument("--no-fsync", action="store_true")
    arguments.add_argument("--batch-rows", type=int, default=1000)
    arguments.add_argument("--limit-mb", type=int, default=0)
    given = arguments.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="peer-clickhouse-"))
    try:
        session = Session(str(directory / "data"))
        files, raw_bytes, count = prepare(session, given, directory)
        create(session, not given.no_text_index, not given.no_fsync)
        latencies = []
        with spans.Clock(os.getpid()) as clock:
            for file in files:
                begin = time.monotonic()
                session.query(
                    f"INSERT INTO peer.events_full ({NAMES})"
                    f" SELECT {NAMES} FROM file('{file}', Native, '{STRUCTURE}')"
                )
                latencies.append(time.monotonic() - begin)
        stored = {"as inserted": stored_bytes(session)}
        for name in ("events_full", "events_core"):
            session.query(f"OPTIMIZE TABLE peer.{name} FINAL")
        stored["merged"] = stored_bytes(session)
        found = int(str(session.query("SELECT count(*) FROM peer.events_full FINAL", "CSV")))
        version = str(session.query("SELECT version()", "CSV")).strip().strip('"')
        if found != count:
            raise SystemExit(f"{count} spans sent, {found} stored")
        settings = {
            "version": version,
            "text_index": not given.no_text_index,
            "fsync": not given.no_fsync,
            "batch": f"{given.batch_rows} rows",
        }
        spans.report("ClickHouse", settings, count, raw_bytes, clock, latencies, stored)
        session.close()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
