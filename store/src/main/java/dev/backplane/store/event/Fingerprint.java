package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.store.content.ContentId;
import dev.backplane.store.content.Draft;
import dev.backplane.store.content.StoredContent;
import dev.backplane.store.content.Style;
import java.util.function.Function;

/// 64 bits that are equal for equal events of one project: how a repeated send is recognised. Made
/// of SHA-256 over the encoded event and the ids of its contents, so that nobody can choose two
/// events that pass for one.
public final class Fingerprint {
    private Fingerprint() {}

    /// @param ids the id of each content of the event
    public static long of(
            EventCodec.Encoded encoded, ContentId.Hasher hasher, Function<Content, ContentId> ids) {
        ContentId print = hasher.leaf(encoded.bytes(), 0, encoded.bytes().length);
        for (Content content : encoded.contents()) {
            print = hasher.append(Style.CONCAT, print, ids.apply(content));
        }
        return print.low() == 0 ? 1 : print.low();
    }

    /// The print that the event had when it was sent. Reads and hashes all of its contents.
    ///
    /// @param event as it was sent, with all fields
    public static long of(StoredEvent event, String project) {
        ContentId.Hasher hasher = new ContentId.Hasher(project);
        EventCodec.Encoded encoded =
                EventCodec.encode(new StoredEvent(0, event.op(), event.data(), event.rules()));
        return of(encoded, hasher, content -> id(content, hasher));
    }

    private static ContentId id(Content content, ContentId.Hasher hasher) {
        return switch (content) {
            case StoredContent stored -> stored.id(hasher);
            case Pieces pieces -> pieces.draft(hasher).id();
            default -> Draft.of(content.read(Integer.MAX_VALUE), hasher).id();
        };
    }
}
