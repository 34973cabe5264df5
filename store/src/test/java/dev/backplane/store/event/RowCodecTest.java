package dev.backplane.store.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import dev.backplane.core.SpanKey;
import dev.backplane.store.SpanRow;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowCodecTest {
    @Test
    void givesBackWhatItTook() {
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            SpanRow row = row(random);
            assertThat(RowCodec.decode(row.key(), Slice.of(RowCodec.encode(row)))).isEqualTo(row);
        }
    }

    private static SpanRow row(Random random) {
        return new SpanRow(
                new SpanKey("p", "t", "s"),
                text(random),
                text(random),
                text(random),
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                text(random),
                text(random),
                text(random),
                text(random),
                random.nextInt(5) - 1,
                random.nextLong(),
                random.nextLong(),
                random.nextLong(),
                -1,
                random.nextBoolean() ? Double.NaN : random.nextDouble(),
                random.nextBoolean() ? Double.NaN : random.nextDouble(),
                text(random),
                text(random),
                text(random),
                text(random),
                text(random),
                text(random),
                text(random));
    }

    private static String text(Random random) {
        return "ä\ud800…x".substring(random.nextInt(5)).repeat(random.nextInt(60));
    }
}
