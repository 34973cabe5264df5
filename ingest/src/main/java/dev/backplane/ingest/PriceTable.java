package dev.backplane.ingest;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanData;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/// List prices of models, for spans whose sender did not say what a call cost.
///
/// A table is a text file, one price a line, in US dollars per million tokens:
///
/// ```
/// # model, from, input, cached input, cache write, output, source
/// gpt-4o, , 2.50, 1.25, , 10.00, https://…
/// ```
///
/// `model` is a prefix, in lower case and without the provider's path; the longest that fits
/// counts. It fits if what follows is a version (`-2024-08-06`, `-latest`, `@20250929`, `-v1:0`)
/// and not another model (`-mini`, `-4-5`): no price is better than a wrong one. `from` is the
/// first day the price held; of several lines for one model the latest that is not after the span
/// counts; empty means always. An empty cached price means as input; an empty cache write price
/// likewise. Immutable.
public final class PriceTable {
    private static final Pattern VERSION =
            Pattern.compile(
                    "([-@:](\\d{4}-?\\d{2}-?\\d{2}|\\d{3,4}|\\d{6}|latest|preview|exp|v\\d+(:\\d+)?"
                            + "|preview-\\d{2}-\\d{2}|preview-\\d{2}-\\d{4}))*");
    private static final Pattern REGION = Pattern.compile("^(us|eu|apac|jp|au|global)\\.");
    private static final Pattern VENDOR = Pattern.compile("^(anthropic|amazon)\\.");
    private static final int COLUMNS = 7;
    private static final double PER = 1e6;

    private record Price(
            String model,
            LocalDate from,
            double input,
            double cached,
            double cacheWrite,
            double output) {}

    private static final class Bundled {
        static final PriceTable TABLE = read();

        private Bundled() {}

        private static PriceTable read() {
            try (InputStream in = PriceTable.class.getResourceAsStream("prices.csv")) {
                if (in == null) {
                    throw Problem.internal("price table is missing", "prices.csv");
                }
                String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                return parse(text, "prices.csv");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private final List<Price> longestFirst;

    private PriceTable(List<Price> prices) {
        this.longestFirst =
                prices.stream()
                        .sorted(
                                Comparator.comparingInt((Price price) -> price.model().length())
                                        .thenComparing(Price::from)
                                        .reversed())
                        .toList();
    }

    /// The table that comes with the program.
    public static PriceTable bundled() {
        return Bundled.TABLE;
    }

    /// An edited table, instead of the bundled one.
    ///
    /// @throws Problem `CONFIG` if the file cannot be read or a line is malformed
    public static PriceTable load(Path file) {
        try {
            return parse(Files.readString(file), file.toString());
        } catch (IOException e) {
            throw Problem.of(Problem.Kind.CONFIG, "price table cannot be read", file.toString())
                    .fix("check that the file exists and is UTF-8 text")
                    .causedBy(e);
        }
    }

    private static PriceTable parse(String text, String where) {
        List<Price> prices = new ArrayList<>();
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                prices.add(price(line, where + ":" + (i + 1)));
            }
        }
        return new PriceTable(prices);
    }

    private static Price price(String line, String where) {
        String[] cells = line.split(",", -1);
        if (cells.length != COLUMNS) {
            throw bad("line has " + cells.length + " columns, not " + COLUMNS, where);
        }
        for (int i = 0; i < cells.length; i++) {
            cells[i] = cells[i].strip();
        }
        try {
            LocalDate from = cells[1].isEmpty() ? LocalDate.MIN : LocalDate.parse(cells[1]);
            double input = dollars(cells[2], 0);
            return new Price(
                    cells[0].toLowerCase(Locale.ROOT),
                    from,
                    input,
                    dollars(cells[3], input),
                    dollars(cells[4], input),
                    dollars(cells[5], 0));
        } catch (NumberFormatException | DateTimeParseException e) {
            throw bad("malformed price or date", where).causedBy(e);
        }
    }

    private static double dollars(String cell, double otherwise) {
        return cell.isEmpty() ? otherwise : Double.parseDouble(cell);
    }

    private static Problem bad(String what, String where) {
        return Problem.of(Problem.Kind.CONFIG, what, where)
                .fix("write: model, from, input, cached input, cache write, output, source");
    }

    /// The cost of one call in US dollars, from MODEL and the token counts of its span.
    ///
    /// @param startNanos of the call, since 1970; 0 for today's price
    /// @return empty if there is no model, no count or no price
    public OptionalDouble cost(SpanData.Builder span, long startNanos) {
        if (!span.has(Field.INPUT_TOKENS) && !span.has(Field.OUTPUT_TOKENS)) {
            return OptionalDouble.empty();
        }
        SpanData data = span.build();
        Optional<Price> price = price(data.text(Field.MODEL), day(startNanos));
        if (price.isEmpty()) {
            return OptionalDouble.empty();
        }
        long cached = data.number(Field.CACHED_TOKENS, 0);
        long written = data.number(Field.CACHE_WRITE_TOKENS, 0);
        long plain = Math.max(0, data.number(Field.INPUT_TOKENS, 0) - cached - written);
        return OptionalDouble.of(
                (plain * price.get().input()
                                + cached * price.get().cached()
                                + written * price.get().cacheWrite()
                                + data.number(Field.OUTPUT_TOKENS, 0) * price.get().output())
                        / PER);
    }

    private static LocalDate day(long nanos) {
        return nanos == 0
                ? LocalDate.MAX
                : LocalDate.EPOCH.plusDays(nanos / (86_400L * 1_000_000_000L));
    }

    private Optional<Price> price(String model, LocalDate day) {
        String name = model.toLowerCase(Locale.ROOT);
        name = name.substring(name.lastIndexOf('/') + 1);
        name = REGION.matcher(name).replaceFirst("");
        name = VENDOR.matcher(name).replaceFirst("");
        for (Price price : longestFirst) {
            if (name.startsWith(price.model())
                    && !price.from().isAfter(day)
                    && VERSION.matcher(name.substring(price.model().length())).matches()) {
                return Optional.of(price);
            }
        }
        return Optional.empty();
    }
}
