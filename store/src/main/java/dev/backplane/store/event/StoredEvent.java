package dev.backplane.store.event;

import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanEvent.Op;

/// An event with the version that the store gave it.
public record StoredEvent(long version, Op op, SpanData data, MergeRules rules) {}
