package dev.backplane.store.log;

import dev.backplane.core.Content;
import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanEvent.MergeRules;
import dev.backplane.core.SpanEvent.Op;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.content.Chunker;
import dev.backplane.store.content.ContentId;
import dev.backplane.store.content.Draft;
import dev.backplane.store.content.Style;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// One field of a span from a file of any length, in memory that does not depend on it: the file is
/// cut into chunks a window at a time, the new chunks go to the log, and at the end comes an event
/// that refers to the sequence of all of them: a merge, or, where the span is still to come,
/// feedback, which lies on top of the insert when that comes.
public final class Upload {
    private static final int WINDOW = 4 << 20;

    private final InputStream in;
    private final ContentId.Hasher hasher;
    private final List<Draft> pieces = new ArrayList<>();
    private byte[] window = new byte[WINDOW + Chunker.SIZE_MAX];
    private int filled;
    private boolean ended;

    private Upload(InputStream in, String project) {
        this.in = in;
        this.hasher = new ContentId.Hasher(project);
    }

    /// @param op `MERGE` or `FEEDBACK`
    /// @param spooled at least one byte
    public static void append(Log log, SpanKey key, Op op, Field field, boolean json, Path spooled)
            throws IOException {
        try (InputStream in = Files.newInputStream(spooled)) {
            Upload upload = new Upload(in, key.project());
            log.upload(
                    key.project(), upload::next, () -> upload.event(key, op, field, json, spooled));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /// The chunks of the next window; none at the end.
    private List<Draft.Leaf> next() {
        fill();
        List<Draft.Leaf> leaves = new ArrayList<>();
        byte[] bytes = window;
        int from = 0;
        while (filled - from > 0 && (ended || filled - from >= Chunker.SIZE_MAX)) {
            int cut = Chunker.cut(bytes, from, filled);
            Draft.Leaf leaf = Draft.leaf(new Slice(bytes, from, cut - from), hasher);
            leaves.add(leaf);
            pieces.add(new Draft.Known(leaf.id(), leaf.size()));
            from = cut;
        }
        // The leaves still refer to this window until they are in the log.
        window = Arrays.copyOfRange(bytes, from, from + bytes.length);
        filled -= from;
        return leaves;
    }

    private void fill() {
        try {
            while (!ended && filled < window.length) {
                int read = in.read(window, filled, window.length - filled);
                ended = read < 0;
                filled += Math.max(0, read);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Prepared event(SpanKey key, Op op, Field field, boolean json, Path spooled) {
        if (pieces.isEmpty()) {
            throw Problem.invalid("the upload is empty", field.id()).fix("send at least one byte");
        }
        Content content = new Spooled(spooled);
        SpanData data =
                SpanData.builder()
                        .put(field, json ? Value.json(content) : Value.text(content))
                        .build();
        Draft draft = Draft.sequence(Style.CONCAT, pieces, hasher);
        return Prepared.of(new SpanEvent(key, op, data, MergeRules.NONE), hasher, _ -> draft);
    }

    private record Spooled(Path file) implements Content {
        @Override
        public long size() {
            return file.toFile().length();
        }

        @Override
        public InputStream open() {
            try {
                return Files.newInputStream(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
