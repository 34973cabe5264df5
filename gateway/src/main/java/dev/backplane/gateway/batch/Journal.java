package dev.backplane.gateway.batch;

import dev.backplane.core.Lines;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.SharedObject;
import dev.backplane.core.Slice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// The results of a batch as they come, in the objects `batch-results/PROJECT/ID/NUMBER`, whose
/// numbers have six digits and begin at 1. Each holds [ResultLine]s.
///
/// An object is appended to by writing it anew, under the condition that nobody else has, until it
/// has [#SEGMENT_BYTES]; then the next is begun. So a result is durable after one write, a batch of
/// 50,000 requests is some hundred objects, and what is written besides the results themselves has
/// a bound. A result that is there twice, because the answer to a write was lost, counts once, by
/// its position. For one thread.
final class Journal {
    private static final int SEGMENT_BYTES = 128 << 10;

    private final ObjectStore objects;
    private final String prefix;
    private int number;
    private SharedObject segment;
    private int size;

    /// @param prefix of its objects, ending in `/`
    Journal(ObjectStore objects, String prefix) {
        this.objects = objects;
        this.prefix = prefix;
        this.segment = begin(1);
    }

    static Journal of(ObjectStore objects, Batch batch) {
        return new Journal(objects, prefix(batch.order().project()) + batch.id() + "/");
    }

    /// Of the results of all batches of a project.
    static String prefix(String project) {
        return "batch-results/" + project + "/";
    }

    private SharedObject begin(int next) {
        number = next;
        size = 0;
        return new SharedObject(objects, prefix + "%06d".formatted(next));
    }

    /// Takes results as they are read.
    interface Reader {
        void result(ResultLine result) throws IOException;
    }

    /// Reads all results, in the order in which they came. The next append goes behind the last.
    void read(Reader each) throws IOException {
        for (ObjectStore.Listed listed : objects.list(prefix)) {
            Optional<ObjectStore.Tagged> object = objects.get(listed.key());
            if (object.isPresent()) {
                byte[] bytes = object.get().bytes();
                lines(bytes, listed.key(), each);
                segment = begin(Integer.parseInt(listed.key().substring(prefix.length())));
                size = bytes.length;
            }
        }
    }

    private static void lines(byte[] bytes, String key, Reader each) throws IOException {
        Lines lines = new Lines(Slice.of(bytes).open(), Integer.MAX_VALUE - 64);
        for (Optional<Slice> line = lines.next(); line.isPresent(); line = lines.next()) {
            each.result(ResultLine.read(line.get(), key));
        }
    }

    /// Adds results; durable on return. To be called again if it failed.
    void append(List<ResultLine> results) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        results.forEach(result -> result.writeTo(out));
        Slice added = Slice.of(out.toByteArray());
        if (size > 0 && size + added.length() > SEGMENT_BYTES) {
            segment = begin(number + 1);
        }
        size = segment.update(before -> joined(before.orElse(Slice.EMPTY), added)).length();
    }

    /// The same if it is there already: an earlier write has happened although it seemed to fail.
    private static Slice joined(Slice before, Slice added) {
        int rest = before.length() - added.length();
        if (rest >= 0 && before.slice(rest, before.length()).equals(added)) {
            return before;
        }
        byte[] bytes = new byte[before.length() + added.length()];
        System.arraycopy(before.array(), before.offset(), bytes, 0, before.length());
        System.arraycopy(added.array(), added.offset(), bytes, before.length(), added.length());
        return Slice.of(bytes);
    }

    /// Removes all results.
    void delete() throws IOException {
        objects.deleteAll(prefix);
    }
}
