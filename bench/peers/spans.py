"""Spans of OTLP request files, for the peers that cannot read OTLP themselves.

`backplane bench generate` writes files that each hold one run as an ExportTraceServiceRequest. This
module decodes them before any clock runs, so that no peer pays for a decoder it does not have, and
interleaves the runs as `backplane bench ingest` does.

Run alone it prints one JSON document a line, the form that LucenePeer.java reads:

    python spans.py DIRECTORY [LIMIT_MB] > documents.ndjson
"""

import contextlib
import json
import os
import pathlib
import random
import sys
import time
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """One decoded span; `raw_bytes` is its size on the wire with its resource and scope."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start_nanos: int
    end_nanos: int
    is_error: bool
    message: str
    attributes: dict
    resource: dict
    raw_bytes: int
    encoded: tuple

    def otlp(self):
        """The span as a request of its own; requests joined are a request, too."""
        resource, span = self.encoded
        request = ExportTraceServiceRequest()
        alone = request.resource_spans.add()
        alone.resource.CopyFrom(resource)
        alone.scope_spans.add().spans.append(span)
        return request.SerializeToString()

    def text(self, *names):
        """The first attribute of these names as text, or nothing."""
        for name in names:
            if name in self.attributes:
                return str(self.attributes[name])
        return ""

    def number(self, name):
        return int(self.attributes.get(name, 0))

    def input(self):
        return self.text(
            "gen_ai.input.messages", "gen_ai.tool.call.arguments", "gen_ai.retrieval.query.text"
        )

    def output(self):
        return self.text(
            "gen_ai.output.messages", "gen_ai.tool.call.result", "gen_ai.retrieval.documents"
        )


def requests(directory, limit_bytes=0, runs_at_once=64, request_bytes=1_000_000):
    """Requests as a server meets them: spans of many runs interleaved, each run's order kept.

    Every file is one run; at most `limit_bytes` of spans are taken in all (0: everything).
    """
    dice = random.Random(1)
    files = iter(sorted(pathlib.Path(directory).iterdir()))
    opened = []
    request, size, total = [], 0, 0
    while not limit_bytes or total < limit_bytes:
        while len(opened) < runs_at_once and (path := next(files, None)):
            opened.append(_spans(path.read_bytes()))
        if not opened:
            break
        chosen = dice.randrange(len(opened))
        span = next(opened[chosen], None)
        if span is None:
            del opened[chosen]
            continue
        request.append(span)
        size += span.raw_bytes
        total += span.raw_bytes
        if size >= request_bytes:
            yield request
            request, size = [], 0
    if request:
        yield request


def _spans(body):
    request = ExportTraceServiceRequest.FromString(body)
    for resource_spans in request.resource_spans:
        spans = [span for scope in resource_spans.scope_spans for span in scope.spans]
        resource = {item.key: _value(item.value) for item in resource_spans.resource.attributes}
        # What the field costs beyond the span is shared by the spans that it holds.
        size = resource_spans.ByteSize()
        framing = 1 + (size.bit_length() + 6) // 7
        for span in spans:
            yield Span(
                trace_id=span.trace_id.hex(),
                span_id=span.span_id.hex(),
                parent_id=span.parent_span_id.hex(),
                name=span.name,
                start_nanos=span.start_time_unix_nano,
                end_nanos=span.end_time_unix_nano or span.start_time_unix_nano,
                is_error=span.status.code == 2,
                message=span.status.message,
                attributes={item.key: _value(item.value) for item in span.attributes},
                resource=resource,
                raw_bytes=(size + framing) // len(spans),
                encoded=(resource_spans.resource, span),
            )


def _value(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(element) for element in value.array_value.values]
    if kind == "kvlist_value":
        return {item.key: _value(item.value) for item in value.kvlist_value.values}
    return getattr(value, kind) if kind else None


def quantile(values, fraction):
    """The smallest value that at least `fraction` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(fraction * 1000) * len(ordered) // 1000) - 1)]


def processor_seconds(process):
    """What a process, its ended children and its living children have used (Linux)."""
    ticks = sum(_ticks(process)[11:15])
    for other in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = _ticks(other.name)
            if fields[1] == process:
                ticks += sum(fields[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(process):
    """The numbers of /proc/PROCESS/stat that follow the state; 1 is the parent, 11 user time."""
    stat = pathlib.Path(f"/proc/{process}/stat").read_text()
    return [0, *map(int, stat[stat.rindex(")") + 4 :].split())]


class Clock:
    """Wall time, a process's processor time and the machine's load around a measured stretch."""

    def __init__(self, process):
        self.process = process

    def __enter__(self):
        self.load_before = os.getloadavg()[0]
        self.used = processor_seconds(self.process)
        self.begin = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.begin
        self.used = max(0.01, processor_seconds(self.process) - self.used)
        self.load_after = os.getloadavg()[0]


def report(peer, settings, spans, raw_bytes, clock, latencies, stored):
    """One JSON line: everything that a published number needs beside it."""
    print(
        json.dumps(
            {
                "peer": peer,
                "settings": settings,
                "spans": spans,
                "raw_bytes": raw_bytes,
                "seconds": round(clock.seconds, 2),
                "raw_megabytes_per_second": round(raw_bytes / clock.seconds / 1e6, 1),
                "processor_seconds": round(clock.used, 2),
                "raw_megabytes_per_processor_second": round(raw_bytes / clock.used / 1e6, 1),
                "acknowledge_ms_p50": round(quantile(latencies, 0.5) * 1e3, 1),
                "acknowledge_ms_p99": round(quantile(latencies, 0.99) * 1e3, 1),
                "stored_bytes": stored,
                "raw_to_stored": {
                    name: round(raw_bytes / size, 2) for name, size in stored.items() if size
                },
                "load_average": [round(clock.load_before, 2), round(clock.load_after, 2)],
                "processors": os.cpu_count(),
            }
        )
    )


def main():
    limit = int(sys.argv[2]) * 1_000_000 if len(sys.argv) > 2 else 0
    for spans in requests(sys.argv[1], limit):
        for span in spans:
            document = {
                "trace_id": span.trace_id,
                "span_id": span.span_id,
                "parent_id": span.parent_id,
                "name": span.name,
                "start_time": span.start_nanos // 1_000_000,
                "duration_ms": (span.end_nanos - span.start_nanos) // 1_000_000,
                "status": "error" if span.is_error else "ok",
                "raw_bytes": span.raw_bytes,
                "attributes": span.attributes,
                "resource": span.resource,
            }
            print(json.dumps(document, ensure_ascii=False))


if __name__ == "__main__":
    main()
