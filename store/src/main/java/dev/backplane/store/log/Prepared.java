package dev.backplane.store.log;

import dev.backplane.core.Content;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.Op;
import dev.backplane.core.SpanKey;
import dev.backplane.store.content.ContentId;
import dev.backplane.store.content.Draft;
import dev.backplane.store.event.EventCodec;
import dev.backplane.store.event.Fingerprint;
import dev.backplane.store.event.Pieces;
import dev.backplane.store.event.RowCodec;
import dev.backplane.store.event.Rows;
import dev.backplane.store.event.StoredEvent;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// An event ready to be appended: encoded, its contents cut and hashed. Made by the caller's
/// thread.
///
/// @param fingerprint equal for equal events: how a repeated send is recognised
/// @param bytes of payload received, before deduplication
/// @param row of [RowCodec] when this event alone determines it: with a start, the version does not
///   matter; else empty
record Prepared(
        SpanEvent event,
        EventCodec.Encoded encoded,
        Map<Content, Draft> drafts,
        long fingerprint,
        long bytes,
        byte[] row) {
    static final byte[] NO_ROW = {};

    static List<Prepared> all(List<SpanEvent> events) {
        List<Prepared> prepared = new ArrayList<>(events.size());
        String project = "";
        ContentId.Hasher hasher = new ContentId.Hasher(project);
        for (SpanEvent event : events) {
            if (!event.key().project().equals(project)) {
                project = event.key().project();
                hasher = new ContentId.Hasher(project);
            }
            ContentId.Hasher own = hasher;
            prepared.add(of(event, own, content -> draft(content, own)));
        }
        return prepared;
    }

    /// @param drafter cuts and hashes a content
    static Prepared of(SpanEvent event, ContentId.Hasher hasher, Function<Content, Draft> drafter) {
        EventCodec.Encoded encoded =
                EventCodec.encode(new StoredEvent(0, event.op(), event.data(), event.rules()));
        Map<Content, Draft> drafts = new IdentityHashMap<>();
        long bytes = encoded.bytes().length;
        long print =
                Fingerprint.of(
                        encoded, hasher, content -> drafts.computeIfAbsent(content, drafter).id());
        for (Draft draft : drafts.values()) {
            bytes += draft.size();
        }
        byte[] row =
                event.op() == Op.INSERT && Rows.started(event.data())
                        ? RowCodec.encode(
                                Rows.of(
                                        event.key(),
                                        event.data(),
                                        0,
                                        content -> newest(content, drafts)))
                        : NO_ROW;
        return new Prepared(event, encoded, drafts, print, bytes, row);
    }

    /// Cutting found the messages already. Contents too short to be drafted have none to speak of.
    private static Content newest(Content content, Map<Content, Draft> drafts) {
        return drafts.get(content) instanceof Draft.Sequence sequence
                ? sequence.lastElement().<Content>map(slice -> slice).orElse(content)
                : content;
    }

    private static Draft draft(Content content, ContentId.Hasher hasher) {
        return switch (content) {
            case Pieces pieces -> pieces.draft(hasher);
            case Slice slice -> Draft.of(slice, hasher);
            default -> Draft.of(content.read(Integer.MAX_VALUE), hasher);
        };
    }

    @SuppressWarnings("NullAway") // every content of the event was drafted when this was made
    Draft draft(Content content) {
        return drafts.get(content);
    }

    SpanKey key() {
        return event.key();
    }
}
