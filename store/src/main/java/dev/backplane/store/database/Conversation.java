package dev.backplane.store.database;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanKind;
import dev.backplane.core.Value;
import dev.backplane.store.SpanRow;
import dev.backplane.store.Turn;
import dev.backplane.store.content.ContentId;
import dev.backplane.store.content.Splitter;
import dev.backplane.store.content.StoredContent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/// The model calls of a trace with what each added. That a message was there before is seen by its
/// place in a container without reading it; only the first time that a place is met, and so about
/// once a message, is it read to be hashed. For one walk, one thread.
final class Conversation {
    /// Longer payloads that are not cut into messages count as one message.
    private static final int UNCUT_MAX = 1 << 20;

    private static final Value NOTHING = Value.of(0);

    private final View view;
    private final TraceShape shape;
    private final Map<StoredContent, ContentId> ids = new HashMap<>();
    private final ConversationPages pages;
    private Set<ContentId> known = ConversationPages.nothing();

    Conversation(View view, TraceShape shape, ConversationPages pages) {
        this.view = view;
        this.shape = shape;
        this.pages = pages;
    }

    /// The turns of a page, until the sink has enough.
    ///
    /// @param first position of the first row that belongs to the conversation
    /// @param end position behind the last
    /// @return the position to go on from, empty at the end
    OptionalInt page(ConversationPages.Page page, int first, int end, Predicate<Turn> sink) {
        Optional<Set<ContentId>> before = pages.take(page);
        before.ifPresent(said -> known = said);
        int from = Math.max(first, page.from());
        OptionalInt next = turns(before.isPresent() ? from : first, from, end, sink);
        next.ifPresent(position ->
                pages.keep(
                        new ConversationPages.Page(
                                page.project(), page.trace(), page.under(), position),
                        known));
        return next;
    }

    /// The turns between two positions, from `from` on.
    ///
    /// @return the position to go on from, empty at the end
    private OptionalInt turns(int first, int from, int end, Predicate<Turn> sink) {
        for (int position = first; position < end; position++) {
            if (shape.shortRow(view, position).kind().equals(SpanKind.LLM.id())) {
                Turn turn = turn(position, position >= from);
                if (position >= from && !sink.test(turn)) {
                    return position + 1 < end ? OptionalInt.of(position + 1) : OptionalInt.empty();
                }
            }
        }
        return OptionalInt.empty();
    }

    /// @param shown whether the row's previews are wanted
    private Turn turn(int position, boolean shown) {
        pages.read();
        SpanRow row =
                shown ? shape.row(view, position, true).span() : shape.shortRow(view, position);
        List<Turn.Message> added = new ArrayList<>();
        int repeated = add(position, Field.INPUT, added);
        add(position, Field.OUTPUT, added);
        return new Turn(row, position, repeated, added);
    }

    /// @return how many messages of the field were known
    private int add(int position, Field field, List<Turn.Message> added) {
        Value value = view.value(shape.locator(position), field).orElse(NOTHING);
        boolean json = value instanceof Value.Json;
        int repeated = 0;
        int index = 0;
        for (Content message : messages(value)) {
            if (known.add(id(message))) {
                added.add(new Turn.Message(field, index, json, message));
            } else {
                repeated++;
            }
            index++;
        }
        return repeated;
    }

    private static List<? extends Content> messages(Value value) {
        return switch (value) {
            case Value.Json(StoredContent stored) -> {
                List<StoredContent> elements = stored.elements();
                yield elements.size() == 1 && elements.getFirst().equals(stored)
                        ? split(stored)
                        : elements;
            }
            case Value.Json(Content content) -> split(content);
            case Value.Text(Content text) -> List.of(text);
            case Value.Binary _,
                    Value.Int _,
                    Value.Real _,
                    Value.Flag _,
                    Value.Attributes _,
                    Value.Events _ ->
                    List.of();
        };
    }

    /// Short lists are stored in one piece.
    private static List<? extends Content> split(Content content) {
        return content.size() > UNCUT_MAX
                ? List.of(content)
                : Splitter.split(content.read(UNCUT_MAX))
                        .<List<? extends Content>>map(Splitter.Split::pieces)
                        .orElse(List.of(content));
    }

    private ContentId id(Content message) {
        if (message instanceof StoredContent stored) {
            ContentId seen = ids.get(stored);
            if (seen == null) {
                seen = hash(stored);
                ids.put(stored, seen);
            }
            return seen;
        }
        return hash(message);
    }

    /// Of the bytes, whatever pieces they lie in.
    private static ContentId hash(Content message) {
        try (InputStream in = message.open()) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            new DigestInputStream(in, digest).transferTo(OutputStream.nullOutputStream());
            byte[] hash = digest.digest();
            return new ContentId(number(hash, 0), number(hash, Long.BYTES));
        } catch (IOException e) {
            throw Problem.unavailable("content could not be read", "conversation").causedBy(e);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static long number(byte[] bytes, int at) {
        long number = 0;
        for (int i = at; i < at + Long.BYTES; i++) {
            number = number << 8 | bytes[i] & 0xFF;
        }
        return number;
    }
}
