package dev.backplane.store.event;

import dev.backplane.core.Content;
import dev.backplane.core.Slice;
import dev.backplane.core.Value;
import dev.backplane.store.content.Chunker;
import java.util.ArrayList;
import java.util.List;

/// Finds the runs of numbered attributes (`llm.input_messages.3.message.role`…) in a list: see
/// [EventCodec] for why.
final class AttributeRuns {
    /// Shorter runs are cheaper inline.
    private static final int SIZE_MIN = 128;

    private AttributeRuns() {}

    sealed interface Item {}

    record Single(Value.Attribute attribute) implements Item {}

    record Run(Pieces pieces) implements Item {}

    /// The list with each run replaced by its [Pieces], one piece a number.
    static List<Item> find(List<Value.Attribute> list) {
        List<Item> items = new ArrayList<>(list.size());
        int i = 0;
        while (i < list.size()) {
            int end = runEnd(list, i);
            List<Slice> pieces = end > i ? encode(list.subList(i, end)) : List.of();
            if (pieces.isEmpty()) {
                end = Math.max(end, i + 1);
                list.subList(i, end).forEach(attribute -> items.add(new Single(attribute)));
            } else {
                items.add(new Run(new Pieces(pieces)));
            }
            i = end;
        }
        return items;
    }

    /// A run has one name before its numbers. If it went on from `input_messages.9.` to
    /// `output_messages.0.`, the next turn's longer run would not begin with this one, and all of
    /// its pieces would be listed again.
    private static int runEnd(List<Value.Attribute> list, int from) {
        String stem = stem(list.get(from).name());
        int end = from;
        while (end < list.size()
                && !stem.isEmpty()
                && stem(list.get(end).name()).equals(stem)
                && size(list.get(end).value()) < Chunker.SIZE_MAX / 4) {
            end++;
        }
        return end;
    }

    /// The name up to its first number, or empty where it has none.
    private static String stem(String name) {
        int end = numberedPrefix(name) - 1;
        while (end > 0 && name.charAt(end - 1) != '.') {
            end--;
        }
        return name.substring(0, Math.max(0, end));
    }

    /// Pieces by number, or none when the run is too short, or a piece too long, to be worth it.
    private static List<Slice> encode(List<Value.Attribute> run) {
        List<Slice> pieces = new ArrayList<>();
        ByteWriter piece = new ByteWriter(256);
        String current = "";
        long size = 0;
        for (Value.Attribute attribute : run) {
            String name = attribute.name();
            String prefix = name.substring(0, numberedPrefix(name));
            if (!prefix.equals(current) && piece.size() > 0) {
                pieces.add(Slice.of(piece.toBytes()));
                piece.clear();
            }
            current = prefix;
            int before = piece.size();
            EventCodec.inline(piece, attribute);
            size += piece.size() - before;
            if (piece.size() > Chunker.SIZE_MAX) {
                return List.of();
            }
        }
        pieces.add(Slice.of(piece.toBytes()));
        return size < SIZE_MIN ? List.of() : pieces;
    }

    /// The length of the name up to and including its first `.number.`, or 0.
    private static int numberedPrefix(String name) {
        for (int dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
            int i = dot + 1;
            while (i < name.length() && name.charAt(i) >= '0' && name.charAt(i) <= '9') {
                i++;
            }
            if (i > dot + 1 && i < name.length() && name.charAt(i) == '.') {
                return i + 1;
            }
        }
        return 0;
    }

    private static long size(Value value) {
        return switch (value) {
            case Value.Text(Content content) -> content.size();
            case Value.Json(Content content) -> content.size();
            case Value.Binary(Content content) -> content.size();
            case Value.Int _, Value.Real _, Value.Flag _ -> 8;
            case Value.Attributes _, Value.Events _ -> Long.MAX_VALUE;
        };
    }
}
