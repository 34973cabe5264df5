package dev.backplane.store.log;

import dev.backplane.core.Content;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.store.content.ContentId;
import dev.backplane.store.content.Draft;
import dev.backplane.store.event.EventCodec;
import dev.backplane.store.event.Pieces;
import dev.backplane.store.event.StoredEvent;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/// An event ready to be appended: encoded, its contents cut and hashed. Made by the caller's thread.
///
/// @param fingerprint equal for equal events: how a repeated send is recognised
/// @param bytes of payload received, before deduplication
record Prepared(
        SpanEvent event,
        EventCodec.Encoded encoded,
        Map<Content, Draft> drafts,
        long fingerprint,
        long bytes) {

    static List<Prepared> all(List<SpanEvent> events) {
        List<Prepared> prepared = new ArrayList<>(events.size());
        String project = "";
        ContentId.Hasher hasher = new ContentId.Hasher(project);
        for (SpanEvent event : events) {
            if (!event.key().project().equals(project)) {
                project = event.key().project();
                hasher = new ContentId.Hasher(project);
            }
            prepared.add(of(event, hasher));
        }
        return prepared;
    }

    private static Prepared of(SpanEvent event, ContentId.Hasher hasher) {
        EventCodec.Encoded encoded =
                EventCodec.encode(new StoredEvent(0, event.op(), event.data(), event.rules()));
        Map<Content, Draft> drafts = new IdentityHashMap<>();
        long bytes = encoded.bytes().length;
        CRC32C crc = new CRC32C();
        crc.update(encoded.bytes());
        long fingerprint = crc.getValue() << 32 | encoded.bytes().length;
        for (Content content : encoded.contents()) {
            Draft draft = drafts.computeIfAbsent(content, c -> draft(c, hasher));
            bytes += draft.size();
            fingerprint = Long.rotateLeft(fingerprint, 7) * 0x9E3779B97F4A7C15L + draft.id().low();
        }
        return new Prepared(event, encoded, drafts, fingerprint, bytes);
    }

    static Draft draft(Content content, ContentId.Hasher hasher) {
        return switch (content) {
            case Pieces(List<Slice> list) -> {
                List<Draft> leaves = new ArrayList<>(list.size());
                for (Slice piece : list) {
                    leaves.add(Draft.leaf(piece, hasher));
                }
                yield Draft.sequence(
                        dev.backplane.store.content.Style.CONCAT, leaves, hasher);
            }
            case Slice slice -> Draft.of(slice, hasher);
            default -> Draft.of(content.read(Integer.MAX_VALUE), hasher);
        };
    }

    SpanKey key() {
        return event.key();
    }
}
