package dev.backplane.engine.huggingface;

import dev.backplane.core.JsonTree;
import dev.backplane.core.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// An object of `config.json`: questions with the type that is expected. A member that is null
/// counts as absent.
final class Settings {
    private static final long BYTES_MAX = 16 << 20;
    private static final String WHOLE = "a whole number from 0 to %,d".formatted(Integer.MAX_VALUE);

    private final JsonTree.Fields fields;
    private final String source;

    private Settings(JsonTree.Fields fields, String source) {
        this.fields = fields;
        this.source = source;
    }

    /// @throws Problem when the file is not there, too large, or no object
    static Settings read(Path file) {
        return find(file)
                .orElseThrow(() ->
                        Problem.notFound("no " + file.getFileName(), file.toString())
                                .fix("use a folder that a model was saved to"));
    }

    /// The same; empty when the file is not there.
    static Optional<Settings> find(Path file) {
        try {
            if (Files.size(file) > BYTES_MAX) {
                throw Problem.tooLarge("%,d bytes".formatted(Files.size(file)), file.toString())
                        .fix("at most %,d are read".formatted(BYTES_MAX));
            }
            String source = file.toString();
            return JsonTree.parse(Files.readString(file), source) instanceof JsonTree.Fields fields
                    ? Optional.of(new Settings(fields, source))
                    : Optional.of(refuse("no JSON object", source));
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        } catch (IOException e) {
            throw Problem.invalid("cannot be read: " + e.getMessage(), file.toString())
                    .fix("name a folder that can be read")
                    .causedBy(e);
        }
    }

    /// The `type` of each element of a file that is an array of objects.
    static List<String> types(Path file) {
        String source = file.toString();
        try {
            if (Files.size(file) <= BYTES_MAX
                    && JsonTree.parse(Files.readString(file), source)
                            instanceof JsonTree.Items(List<JsonTree> values)) {
                return values.stream()
                        .filter(JsonTree.Fields.class::isInstance)
                        .map(each -> new Settings((JsonTree.Fields) each, source))
                        .map(each -> each.text("type").orElse(""))
                        .toList();
            }
        } catch (IOException e) {
            throw Problem.invalid("cannot be read: " + e.getMessage(), source)
                    .fix("name a folder that can be read")
                    .causedBy(e);
        }
        throw Problem.invalid("no JSON array", source).fix("use the file as it was saved");
    }

    private static Settings refuse(String what, String source) {
        throw Problem.invalid(what, source).fix("use the file as it was saved");
    }

    String source() {
        return source;
    }

    Optional<JsonTree> find(String name) {
        return fields.find(name).filter(value -> !(value instanceof JsonTree.Nothing));
    }

    boolean has(String name) {
        return find(name).isPresent();
    }

    /// The first of the names that is there.
    String first(String... names) {
        for (String name : names) {
            if (has(name)) {
                return name;
            }
        }
        return names[0];
    }

    Optional<Settings> object(String name) {
        return find(name)
                .map(value -> {
                    if (value instanceof JsonTree.Fields inner) {
                        return new Settings(inner, source);
                    }
                    throw unfit(name, "an object");
                });
    }

    /// A whole number from 0 to 2³¹ − 1, which must be there. What is larger is no size of a model,
    /// and sums and products of two that are not fit a long.
    long integer(String name) {
        return wholeOf(name, find(name).orElseThrow(() -> absent(name)));
    }

    long integer(String name, long otherwise) {
        return has(name) ? integer(name) : otherwise;
    }

    private long wholeOf(String name, JsonTree value) {
        try {
            if (value instanceof JsonTree.Number number
                    && number.isWhole()
                    && Long.parseLong(number.digits()) >= 0) {
                return Integer.parseInt(number.digits());
            }
        } catch (NumberFormatException tooLarge) {
            throw unfit(name, WHOLE);
        }
        throw unfit(name, WHOLE);
    }

    /// A finite number, which must be there.
    double real(String name) {
        JsonTree value = find(name).orElseThrow(() -> absent(name));
        if (value instanceof JsonTree.Number number && Double.isFinite(number.real())) {
            return number.real();
        }
        throw unfit(name, "a finite number");
    }

    double real(String name, double otherwise) {
        return has(name) ? real(name) : otherwise;
    }

    boolean flag(String name, boolean otherwise) {
        JsonTree value = find(name).orElse(new JsonTree.Flag(otherwise));
        if (value instanceof JsonTree.Flag(boolean flag)) {
            return flag;
        }
        throw unfit(name, "true or false");
    }

    /// Those members that begin so and are true, by the rest of their names.
    List<String> flags(String prefix) {
        return fields.values().keySet().stream()
                .filter(name -> name.startsWith(prefix) && flag(name, false))
                .map(name -> name.substring(prefix.length()))
                .toList();
    }

    Optional<String> text(String name) {
        return find(name)
                .map(value -> {
                    if (value instanceof JsonTree.Text(String text)) {
                        return text;
                    }
                    throw unfit(name, "a text");
                });
    }

    /// A template: a text, or the one of several that is named `default`.
    Optional<String> template(String name) {
        if (!(find(name).orElse(JsonTree.NOTHING)
                instanceof JsonTree.Items(List<JsonTree> several))) {
            return text(name);
        }
        return several.stream()
                .filter(JsonTree.Fields.class::isInstance)
                .map(each -> new Settings((JsonTree.Fields) each, source))
                .filter(each -> each.text("name").equals(Optional.of("default")))
                .flatMap(each -> each.text("template").stream())
                .findFirst();
    }

    /// An array of texts; empty when it is absent.
    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        for (JsonTree item : items(name)) {
            if (!(item instanceof JsonTree.Text(String text))) {
                throw unfit(name, "an array of texts");
            }
            texts.add(text);
        }
        return texts;
    }

    /// An array of finite numbers; empty when it is absent.
    float[] reals(String name) {
        List<JsonTree> items = items(name);
        float[] reals = new float[items.size()];
        for (int i = 0; i < reals.length; i++) {
            if (!(items.get(i) instanceof JsonTree.Number number)
                    || !Double.isFinite(number.real())) {
                throw unfit(name, "an array of numbers");
            }
            reals[i] = (float) number.real();
        }
        return reals;
    }

    private List<JsonTree> items(String name) {
        JsonTree value = find(name).orElse(new JsonTree.Items(List.of()));
        if (value instanceof JsonTree.Items(List<JsonTree> values)) {
            return values;
        }
        throw unfit(name, "an array");
    }

    /// @throws Problem when the value is another than the one that is computed
    void require(String name, String value) {
        Optional<String> found = find(name).map(Settings::written);
        if (found.isPresent() && !found.get().equals(value)) {
            throw Problem.of(
                            Problem.Kind.NOT_IMPLEMENTED,
                            "%s is %s".formatted(name, found.get()),
                            source)
                    .fix("use a model where it is " + value);
        }
    }

    /// The same for a number, however it is written.
    void requireReal(String name, double value) {
        if (has(name) && real(name) != value) {
            require(name, String.valueOf(value));
        }
    }

    private static String written(JsonTree value) {
        return switch (value) {
            case JsonTree.Text(String text) -> text;
            case JsonTree.Number(String digits) -> digits;
            case JsonTree.Flag(boolean flag) -> String.valueOf(flag);
            case JsonTree.Nothing _ -> "null";
            case JsonTree.Items(List<JsonTree> values) -> values.isEmpty() ? "[]" : "an array";
            case JsonTree.Fields _ -> "an object";
        };
    }

    /// Of a value that the model cannot have.
    ///
    /// @param wanted what it would be
    Problem unfit(String name, String wanted) {
        return Problem.invalid("'%s' is not %s".formatted(name, wanted), source)
                .fix("use the file as it was saved");
    }

    private Problem absent(String name) {
        return Problem.invalid("no '" + name + "'", source)
                .fix("use a configuration that has all sizes of the model");
    }
}
