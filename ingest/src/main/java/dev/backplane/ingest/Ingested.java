package dev.backplane.ingest;

import java.util.List;

/// What became of a stream of items.
///
/// @param accepted items now durable
/// @param rejected items refused
/// @param rejections the first [#REJECTIONS_MAX] of those, so that a stream of nothing but bad
///   lines does not fill the memory
public record Ingested(long accepted, long rejected, List<Rejection> rejections) {
    public static final int REJECTIONS_MAX = 1_000;

    public Ingested {
        rejections = List.copyOf(rejections);
    }
}
