package dev.backplane.gateway.response;

import dev.backplane.core.Lines;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.SharedObject;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.responses.StoredItems;
import dev.backplane.gateway.json.OneLine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Items in their order, a line each, in objects that are numbered from 1.
///
/// An object is appended to by writing it anew until it has [#OBJECT_BYTES]; then the next is
/// begun. So what is written for a turn has a bound, however long the conversation is. Items that
/// are there already are not added again: an earlier write has happened although it seemed to fail.
/// For one thread.
final class ItemLog {
    private static final int OBJECT_BYTES = 128 << 10;

    private final ObjectStore objects;
    private final String prefix;

    /// @param prefix of its objects, ending in `/`
    ItemLog(ObjectStore objects, String prefix) {
        this.objects = objects;
        this.prefix = prefix;
    }

    /// @return how many bytes there are more
    long append(List<Slice> items) throws IOException {
        if (items.isEmpty()) {
            return 0;
        }
        List<ObjectStore.Listed> found = objects.list(prefix);
        int last =
                found.isEmpty()
                        ? 1
                        : Integer.parseInt(found.getLast().key().substring(prefix.length()));
        boolean full = !found.isEmpty() && found.getLast().size() >= OBJECT_BYTES;
        long[] size = {0};
        Slice written =
                object(full ? last + 1 : last)
                        .update(before -> {
                            size[0] = before.map(Slice::length).orElse(0);
                            List<Slice> lines = lines(before.orElse(Slice.EMPTY));
                            List<Slice> added = new ArrayList<>(lines);
                            List<String> known = lines.stream().map(StoredItems::id).toList();
                            items.stream()
                                    .filter(item -> !known.contains(StoredItems.id(item)))
                                    .forEach(added::add);
                            return joined(added);
                        });
        return written.length() - size[0];
    }

    private SharedObject object(int number) {
        return new SharedObject(objects, prefix + "%06d".formatted(number));
    }

    private static Slice joined(List<Slice> items) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (Slice item : items) {
                OneLine.write(item, out);
                out.write('\n');
            }
            return Slice.of(out.toByteArray());
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static List<Slice> lines(Slice object) {
        List<Slice> items = new ArrayList<>();
        Lines lines = new Lines(object.open(), Integer.MAX_VALUE - 64);
        for (Optional<Slice> line = lines.next(); line.isPresent(); line = lines.next()) {
            items.add(line.get());
        }
        return items;
    }

    List<Slice> read() throws IOException {
        List<Slice> items = new ArrayList<>();
        for (ObjectStore.Listed listed : objects.list(prefix)) {
            objects.get(listed.key())
                    .ifPresent(object -> items.addAll(lines(Slice.of(object.bytes()))));
        }
        return items;
    }

    /// @return how many bytes there are less, if the item was there
    OptionalLong remove(String item) throws IOException {
        for (ObjectStore.Listed listed : objects.list(prefix)) {
            Optional<ObjectStore.Tagged> object = objects.get(listed.key());
            List<Slice> items =
                    object.map(found -> lines(Slice.of(found.bytes()))).orElse(List.of());
            if (items.stream().anyMatch(each -> StoredItems.id(each).equals(item))) {
                long[] size = {0};
                Slice written =
                        new SharedObject(objects, listed.key())
                                .update(before -> {
                                    size[0] = before.map(Slice::length).orElse(0);
                                    return joined(
                                            lines(before.orElse(Slice.EMPTY)).stream()
                                                    .filter(each ->
                                                            !StoredItems.id(each).equals(item))
                                                    .toList());
                                });
                return OptionalLong.of(size[0] - written.length());
            }
        }
        return OptionalLong.empty();
    }
}
