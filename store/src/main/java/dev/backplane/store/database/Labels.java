package dev.backplane.store.database;

import dev.backplane.core.SpanKind;
import dev.backplane.store.SpanRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Kind and name of each span of a trace in two bytes a span: a trace of a million spans has a few
/// dozen names. To read a row for each bar of a flame would mean to decompress a block for each.
///
/// Names beyond the first [#NAMED_MAX] and long ones are not kept, and are read from their rows. Of
/// more than [#ALL_MAX] different kinds in one trace the last are `other`. Positions may be set by
/// several threads, each its own.
final class Labels {
    private static final int NAMED_MAX = 8_192;
    private static final int NAME_LENGTH_MAX = 200;
    private static final int ALL_MAX = Character.MAX_VALUE;

    /// @param name empty where it stands in the row only
    record Label(String kind, Optional<String> name) {}

    private final char[] numbers;
    private final List<Label> labels = new ArrayList<>();
    private final Map<Label, Character> known = new HashMap<>();

    Labels(int size) {
        numbers = new char[size];
        number(new Label(SpanKind.OTHER.id(), Optional.empty()));
    }

    void set(int position, SpanRow row) {
        numbers[position] = number(row.kind(), row.name());
    }

    private synchronized char number(String kind, String name) {
        if (name.length() <= NAME_LENGTH_MAX) {
            Label named = new Label(kind, Optional.of(name));
            if (labels.size() < NAMED_MAX || known.containsKey(named)) {
                return number(named);
            }
        }
        Label nameless = new Label(kind, Optional.empty());
        return labels.size() < ALL_MAX || known.containsKey(nameless) ? number(nameless) : 0;
    }

    private char number(Label label) {
        return known.computeIfAbsent(
                label,
                added -> {
                    labels.add(added);
                    return (char) (labels.size() - 1);
                });
    }

    synchronized Label get(int position) {
        return labels.get(numbers[position]);
    }
}
