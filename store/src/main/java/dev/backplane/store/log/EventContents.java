package dev.backplane.store.log;

import dev.backplane.core.Field;
import dev.backplane.store.content.ContentSource;
import dev.backplane.store.content.StoredContent;
import dev.backplane.store.event.SearchedContent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What people search in the events of a generation, in order of arrival: for each event where it
/// lies and the contents that it refers to. In arrays, for it stays until compaction, and an object
/// for each would have the garbage collector copy it.
///
/// One thread adds. Others look at a [View] that it gave them by safe publication.
final class EventContents {
    private long[] positions = new long[64];

    /// Where the contents of each event begin, and where the next one's would.
    private int[] starts = new int[64];

    private int[] refs = new int[64];
    private byte[] fields = new byte[64];
    private int count;

    int size() {
        return count;
    }

    void add(long position, List<SearchedContent> contents) {
        if (count + 1 == starts.length) {
            starts = Arrays.copyOf(starts, starts.length * 2);
            positions = Arrays.copyOf(positions, positions.length * 2);
        }
        positions[count] = position;
        int at = starts[count];
        for (SearchedContent content : contents) {
            if (at == refs.length) {
                refs = Arrays.copyOf(refs, at * 2);
                fields = Arrays.copyOf(fields, at * 2);
            }
            refs[at] = content.ref();
            fields[at++] = (byte) content.field().code();
        }
        starts[++count] = at;
    }

    View view() {
        return new View(positions, starts, refs, fields, count);
    }

    @FunctionalInterface
    interface Visitor {
        void visit(int event, int ref);
    }

    /// The first events, as many as there were at one time.
    record View(long[] positions, int[] starts, int[] refs, byte[] fields, int count) {
        /// Visits what the events refer to, in one field if its code is given.
        void forEach(Optional<Integer> field, Visitor visitor) {
            int wanted = field.orElse(0);
            for (int event = 0; event < count; event++) {
                for (int i = starts[event]; i < starts[event + 1]; i++) {
                    if (wanted == 0 || wanted == fields[i]) {
                        visitor.visit(event, refs[i]);
                    }
                }
            }
        }

        List<SearchedContent> contents(int event, ContentSource source) {
            List<SearchedContent> contents = new ArrayList<>();
            for (int i = starts[event]; i < starts[event + 1]; i++) {
                contents.add(
                        new SearchedContent(
                                Field.byCode(fields[i]).orElseThrow(),
                                new StoredContent(source, refs[i])));
            }
            return contents;
        }

        /// The event at a position, or below 0.
        int at(long position) {
            return Math.max(-1, Arrays.binarySearch(positions, 0, count, position));
        }
    }
}
