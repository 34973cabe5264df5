package dev.backplane.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanData;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PriceTableTest {
    @TempDir private Path directory;

    private static SpanData.Builder call(String model, long input, long output) {
        return SpanData.builder()
                .put(Field.MODEL, model)
                .put(Field.INPUT_TOKENS, input)
                .put(Field.OUTPUT_TOKENS, output);
    }

    private PriceTable table(String text) throws IOException {
        return PriceTable.load(Files.writeString(directory.resolve("prices.csv"), text));
    }

    @Test
    void theBundledTableKnowsVersionsOfAModelButNoOtherModels() {
        PriceTable prices = PriceTable.bundled();

        assertThat(prices.cost(call("gpt-4o", 1_000_000, 1_000_000), 0)).hasValue(12.5);
        assertThat(prices.cost(call("gpt-4o-2024-08-06", 1_000_000, 0), 0)).hasValue(2.5);
        assertThat(prices.cost(call("gpt-4o-mini", 1_000_000, 0), 0)).hasValue(0.15);
        assertThat(prices.cost(call("openai/gpt-4o", 1_000_000, 0), 0)).hasValue(2.5);
        assertThat(prices.cost(call("claude-sonnet-4-5@20250929", 1_000_000, 0), 0)).hasValue(3);
        assertThat(prices.cost(call("us.anthropic.claude-opus-4-1-20250805-v1:0", 1_000_000, 0), 0))
                .hasValue(15);
        assertThat(prices.cost(call("us.amazon.nova-pro-v1:0", 1_000_000, 0), 0)).hasValue(0.8);
        assertThat(prices.cost(call("gemini/gemini-2.5-pro-preview-06-05", 1_000_000, 0), 0))
                .hasValue(1.25);
        assertThat(prices.cost(call("models/gemini-3.5-flash-lite", 0, 1_000_000), 0))
                .hasValue(2.5);
        assertThat(prices.cost(call("gpt-4-1106-preview", 1_000_000, 0), 0)).hasValue(10);
        assertThat(prices.cost(call("gpt-4-0613", 1_000_000, 0), 0)).hasValue(30);
        assertThat(prices.cost(call("mistral-large-latest", 1, 1), 0)).isEmpty();
        assertThat(prices.cost(call("gpt-4o-audio-preview", 1, 1), 0)).isEmpty();
        assertThat(prices.cost(call("claude-sonnet-4-9", 1, 1), 0)).isEmpty();
        assertThat(prices.cost(call("my-model", 1, 1), 0)).isEmpty();
        assertThat(prices.cost(SpanData.builder().put(Field.MODEL, "gpt-4o"), 0)).isEmpty();
    }

    @Test
    void theBundledTableSaysEachPriceOnceAndWhereItIsFrom() throws IOException {
        Set<String> seen = new HashSet<>();
        Set<String> sources = new HashSet<>();
        List<String> lines;
        try (InputStream in = PriceTable.class.getResourceAsStream("prices.csv")) {
            lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
        for (String line : lines) {
            if (line.startsWith("#")) {
                sources.addAll(List.of(line.substring(1).strip().split(" ")));
                continue;
            }
            List<String> cells = Stream.of(line.split(",")).map(String::strip).toList();
            assertThat(seen.add(cells.get(0) + " " + cells.get(1))).as(line).isTrue();
            assertThat(sources).as(line).contains(cells.get(6));
            double input = Double.parseDouble(cells.get(2));
            assertThat(cells.get(3).isEmpty() ? 0 : Double.parseDouble(cells.get(3)))
                    .as(line)
                    .isLessThan(input);
        }
    }

    @Test
    void cachedAndWrittenTokensHaveTheirOwnPrices() {
        SpanData.Builder call =
                call("claude-haiku-4-5", 1_000_000, 0)
                        .put(Field.CACHED_TOKENS, 500_000)
                        .put(Field.CACHE_WRITE_TOKENS, 100_000);

        OptionalDouble cost = PriceTable.bundled().cost(call, 0);

        assertThat(cost.orElseThrow()).isCloseTo(0.4 * 1.00 + 0.5 * 0.10 + 0.1 * 1.25, within());
    }

    private static org.assertj.core.data.Offset<Double> within() {
        return org.assertj.core.data.Offset.offset(1e-12);
    }

    @Test
    void anEditedTableHasDates() throws IOException {
        PriceTable prices =
                table("# mine\nm, 2025-01-01, 2, , , 4, me\nm, 2026-01-01, 1, , , 2, me\n");
        long second = 1_000_000_000L;

        assertThat(prices.cost(call("m", 1_000_000, 0), 1_740_000_000L * second)).hasValue(2);
        assertThat(prices.cost(call("m", 1_000_000, 0), 1_780_000_000L * second)).hasValue(1);
        assertThat(prices.cost(call("m", 1_000_000, 0), 1_700_000_000L * second)).isEmpty();
        assertThat(prices.cost(call("m", 1_000_000, 0), 0)).hasValue(1);
    }

    @Test
    void aMalformedTableSaysWhere() {
        assertThatThrownBy(() -> table("a, , 1, , , 2, x\nb, , one, , , 2, x\n"))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("malformed price or date")
                .hasMessageContaining("prices.csv:2");
        assertThatThrownBy(() -> table("a, 1\n")).hasMessageContaining("2 columns");
        assertThatThrownBy(() -> PriceTable.load(directory.resolve("none")))
                .hasMessageContaining("cannot be read");
    }
}
