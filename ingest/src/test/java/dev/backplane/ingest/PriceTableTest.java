package dev.backplane.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.core.SpanData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
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
        assertThat(prices.cost(call("gpt-4o-audio-preview", 1, 1), 0)).isEmpty();
        assertThat(prices.cost(call("claude-sonnet-4-9", 1, 1), 0)).isEmpty();
        assertThat(prices.cost(call("my-model", 1, 1), 0)).isEmpty();
        assertThat(prices.cost(SpanData.builder().put(Field.MODEL, "gpt-4o"), 0)).isEmpty();
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
