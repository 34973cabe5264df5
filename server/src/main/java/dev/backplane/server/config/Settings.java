package dev.backplane.server.config;

import dev.backplane.core.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.dataformat.yaml.YAMLFactory;

/// One mapping of a YAML file while it is being read. Asking for a setting makes its name known;
/// [#finish] finds what nobody asked for. Every problem says file, line and column. Not
/// thread-safe.
final class Settings {
    /// Where something stands, both counted from 1.
    private record Place(int line, int column) {
        static final Place START = new Place(1, 1);

        static Place of(TokenStreamLocation location) {
            return new Place(location.getLineNr(), location.getColumnNr());
        }

        @Override
        public String toString() {
            return line + ":" + column;
        }
    }

    private sealed interface Node {
        Place place();
    }

    private record Scalar(String text, Place place) implements Node {}

    private record Mapping(Map<String, Node> entries, Place place) implements Node {}

    private record Sequence(List<Node> items, Place place) implements Node {}

    private static final Pattern SIZE =
            Pattern.compile("(\\d{1,15})\\s*(B|KiB|MiB|GiB|TiB|KB|MB|GB|TB)?");

    private static final Pattern TIME = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)?");

    private final String file;
    private final String path;
    private final Mapping mapping;
    private final TreeSet<String> known = new TreeSet<>();
    private final List<Settings> opened = new ArrayList<>();
    private boolean broken;

    private final Optional<Settings> parent;

    private Settings(String file, String path, Mapping mapping, Optional<Settings> parent) {
        this.file = file;
        this.path = path;
        this.mapping = mapping;
        this.parent = parent;
    }

    private static Settings root(String file, Mapping mapping) {
        return new Settings(file, "", mapping, Optional.empty());
    }

    static Settings empty() {
        return root("", new Mapping(Map.of(), Place.START));
    }

    /// @param file its name, for messages
    static Settings parse(String file, String yaml) {
        try (JsonParser parser = new YAMLFactory().createParser(ObjectReadContext.empty(), yaml)) {
            JsonToken token = parser.nextToken();
            if (token == null || token == JsonToken.VALUE_NULL) {
                return root(file, new Mapping(Map.of(), Place.START));
            }
            Node root = node(file, parser, token);
            if (root instanceof Mapping mapping) {
                return root(file, mapping);
            }
            throw config("is not a mapping of settings", file, root.place())
                    .fix("write lines of the form name: value");
        } catch (StreamReadException e) {
            throw config("is not valid YAML", file, Place.of(e.getLocation()))
                    .fix("check indentation and quotes")
                    .causedBy(e);
        }
    }

    private static Node node(String file, JsonParser parser, JsonToken token) {
        Place place = Place.of(parser.currentTokenLocation());
        if (token == JsonToken.START_OBJECT) {
            Map<String, Node> entries = new LinkedHashMap<>();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                Place at = Place.of(parser.currentTokenLocation());
                Node value = node(file, parser, parser.nextToken());
                if (entries.put(name, value) != null) {
                    throw config("has '" + name + "' twice", file, at).fix("keep one of them");
                }
            }
            return new Mapping(entries, place);
        }
        if (token == JsonToken.START_ARRAY) {
            List<Node> items = new ArrayList<>();
            for (JsonToken next = parser.nextToken();
                    next != JsonToken.END_ARRAY;
                    next = parser.nextToken()) {
                items.add(node(file, parser, next));
            }
            return new Sequence(items, place);
        }
        return new Scalar(token == JsonToken.VALUE_NULL ? "" : parser.getString(), place);
    }

    /// A setting's text; empty when it is not there or has no value.
    Optional<String> text(String name) {
        return scalar(name).map(Scalar::text);
    }

    private Optional<Scalar> scalar(String name) {
        return find(name)
                .map(node -> {
                    if (node instanceof Scalar scalar) {
                        return scalar;
                    }
                    throw wrong(name, node, "one value");
                });
    }

    /// A setting's node unless it is absent or has no value.
    private Optional<Node> find(String name) {
        known.add(name);
        return Optional.ofNullable(mapping.entries().get(name))
                .filter(node -> !(node instanceof Scalar(String text, Place _) && text.isEmpty()));
    }

    /// Whether it says anything of a setting.
    boolean has(String name) {
        return mapping.entries().containsKey(name);
    }

    Optional<Boolean> flag(String name) {
        return value(
                name,
                "true or false",
                text ->
                        switch (text.toLowerCase(Locale.ROOT)) {
                            case "true", "yes", "on" -> Optional.of(true);
                            case "false", "no", "off" -> Optional.of(false);
                            default -> Optional.empty();
                        });
    }

    /// A whole number from 0 to `max`.
    Optional<Long> number(String name, long max) {
        return number(name, 0, max);
    }

    Optional<Long> number(String name, long min, long max) {
        return value(
                name,
                "a whole number from " + min + " to " + max,
                text ->
                        text.matches("\\d{1,18}")
                                ? Optional.of(Long.parseLong(text))
                                        .filter(value -> value >= min && value <= max)
                                : Optional.empty());
    }

    /// A number of bytes such as `64MiB`.
    Optional<Long> bytes(String name) {
        return value(name, "a size such as 64MiB", Settings::parseBytes);
    }

    private static Optional<Long> parseBytes(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String unit = matcher.group(2) == null ? "B" : matcher.group(2);
        long base = unit.endsWith("iB") ? 1_024 : 1_000;
        long factor = 1;
        for (int i = " KMGT".indexOf(unit.charAt(0)); i > 0; i--) {
            factor *= base;
        }
        return Optional.of(Math.multiplyExact(Long.parseLong(matcher.group(1)), factor));
    }

    /// A time such as `60s`, `500ms`, `5m` or `1h`; a number alone is seconds.
    Optional<Duration> time(String name) {
        return value(name, "a time such as 60s", Settings::parseTime);
    }

    private static Optional<Duration> parseTime(String text) {
        Matcher matcher = TIME.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long number = Long.parseLong(matcher.group(1));
        String unit = matcher.group(2) == null ? "s" : matcher.group(2);
        return Optional.of(
                switch (unit) {
                    case "ms" -> Duration.ofMillis(number);
                    case "m" -> Duration.ofMinutes(number);
                    case "h" -> Duration.ofHours(number);
                    default -> Duration.ofSeconds(number);
                });
    }

    /// A time as [#time] reads it.
    static String text(Duration time) {
        return time.toMillis() % 1_000 == 0 ? time.toSeconds() + "s" : time.toMillis() + "ms";
    }

    private interface Reader<T> {
        Optional<T> read(String text);
    }

    private <T> Optional<T> value(String name, String expected, Reader<T> reader) {
        Optional<Scalar> scalar = scalar(name);
        if (scalar.isEmpty()) {
            return Optional.empty();
        }
        Optional<T> value = reader.read(scalar.get().text());
        if (value.isEmpty()) {
            throw wrong(name, scalar.get(), expected);
        }
        return value;
    }

    List<String> texts(String name) {
        return find(name)
                .map(node ->
                        switch (node) {
                            case Scalar scalar -> List.of(scalar.text());
                            case Sequence(List<Node> items, Place _) ->
                                    items.stream().map(item -> itemText(name, item)).toList();
                            case Mapping other -> throw wrong(name, other, "a list");
                        })
                .orElse(List.of());
    }

    private String itemText(String name, Node item) {
        if (item instanceof Scalar scalar) {
            return scalar.text();
        }
        throw wrong(name, item, "a list of plain values");
    }

    Optional<Settings> section(String name) {
        return find(name)
                .map(node -> {
                    if (node instanceof Mapping section) {
                        return open(name, section);
                    }
                    throw wrong(name, node, "a section of settings");
                });
    }

    /// The sections in a section, each under a name that the operator chose, in their order.
    Map<String, Settings> namedSections(String name) {
        Map<String, Settings> sections = new LinkedHashMap<>();
        section(name)
                .ifPresent(named ->
                        named.mapping
                                .entries()
                                .keySet()
                                .forEach(key ->
                                        sections.put(
                                                key,
                                                named.section(key)
                                                        .orElseThrow(() ->
                                                                named.problem(key, "is empty")
                                                                        .fix("say what it is")))));
        return sections;
    }

    List<Settings> sections(String name) {
        return find(name)
                .map(node -> {
                    if (node instanceof Sequence(List<Node> items, Place _)) {
                        return items.stream().map(item -> itemSection(name, item)).toList();
                    }
                    throw wrong(name, node, "a list of sections");
                })
                .orElse(List.of());
    }

    private Settings itemSection(String name, Node item) {
        if (item instanceof Mapping section) {
            return open(name, section);
        }
        throw wrong(name, item, "a list of sections");
    }

    private Settings open(String name, Mapping section) {
        Settings settings = new Settings(file, path + name + ".", section, Optional.of(this));
        opened.add(settings);
        return settings;
    }

    /// Tells of settings that were not asked for, here and in the sections opened from here.
    /// Nothing can be said of a section that was not read to its end, because something in it is
    /// wrong.
    void finish(Consumer<Problem> told) {
        boolean isRead = !broken && !(known.isEmpty() && parent.isPresent());
        mapping.entries()
                .forEach((name, node) -> {
                    if (isRead && !known.contains(name)) {
                        told.accept(unknown(name, node));
                    }
                });
        opened.forEach(section -> section.finish(told));
    }

    private Problem unknown(String name, Node node) {
        String nearest = "";
        int least = 3;
        for (String candidate : known) {
            int distance = distance(name, candidate);
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return config("has no setting '" + path + name + "'", file, node.place())
                .fix(
                        nearest.isEmpty()
                                ? "use one of " + String.join(", ", known)
                                : "did you mean '" + path + nearest + "'?");
    }

    /// A problem about a setting of this section.
    Problem problem(String name, String what) {
        breakOff();
        return doubt(name, what);
    }

    private void breakOff() {
        broken = true;
        parent.ifPresent(Settings::breakOff);
    }

    /// The same for what can be used all the same.
    Problem doubt(String name, String what) {
        Node node = mapping.entries().get(name);
        return config(
                "'" + path + name + "' " + what,
                file,
                node == null ? mapping.place() : node.place());
    }

    private Problem wrong(String name, Node node, String expected) {
        breakOff();
        return config("'" + path + name + "' is not " + expected, file, node.place())
                .fix("write " + expected);
    }

    private static Problem config(String what, String file, Place place) {
        return Problem.of(Problem.Kind.CONFIG, "configuration " + what, file + ":" + place);
    }

    /// Edits that turn one name into the other (Levenshtein).
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int replace = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replace, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()];
    }
}
