package dev.backplane.store.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.Progress;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredBytesTest {
    private static final int SIZE = 80_000;

    @TempDir Path directory;
    private final Random random = new Random(1);

    private String noise() {
        byte[] bytes = new byte[SIZE / 2];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static void append(TimedStore timed, String project, String span, String input) {
        timed.store.append(
                List.of(
                        SpanEvent.insert(
                                new SpanKey(project, "t", span),
                                SpanData.builder().put(Field.INPUT, Value.text(input)).build())));
    }

    @Test
    void countWhatIsAcknowledgedAtOnce() throws IOException {
        try (TimedStore timed = new TimedStore(directory)) {
            append(timed, "one", "s1", noise());
            assertThat(timed.store.storedBytes("one")).isBetween((long) SIZE, SIZE + 1_000L);
            assertThat(timed.store.storedBytes("two")).isZero();
            String twice = noise();
            append(timed, "one", "s2", twice);
            append(timed, "one", "s3", twice);
            assertThat(timed.store.storedBytes("one"))
                    .as("content once")
                    .isBetween(2L * SIZE, 2L * SIZE + 1_000);
            append(timed, "two", "s1", noise());
            assertThat(timed.store.storedBytes("two")).isBetween((long) SIZE, SIZE + 1_000L);

            long one = timed.store.storedBytes("one");
            long two = timed.store.storedBytes("two");
            timed.reopen();
            assertThat(timed.store.storedBytes("one")).isCloseTo(one, offset(100));
            assertThat(timed.store.storedBytes("two")).isCloseTo(two, offset(100));

            timed.store.compact(Progress.NONE);
            assertThat(timed.store.storedBytes("one") + timed.store.storedBytes("two"))
                    .isEqualTo(timed.store.stats().storedBytes() - timed.store.stats().logBytes());
            timed.store.deleteProject("one");
            timed.store.compact(Progress.NONE);
            assertThat(timed.store.storedBytes("one")).isZero();
            assertThat(timed.store.storedBytes("two")).isPositive();
        }
    }

    @Test
    void countUploadsForTheProjectThatSendsThem() throws IOException {
        try (TimedStore timed = new TimedStore(directory)) {
            timed.store.upload(
                    new SpanKey("one", "t", "s"),
                    Field.INPUT,
                    false,
                    new ByteArrayInputStream(noise().getBytes(StandardCharsets.UTF_8)));
            append(timed, "two", "s", "short");
            assertThat(timed.store.storedBytes("one")).isBetween((long) SIZE, SIZE + 2_000L);
            assertThat(timed.store.storedBytes("two")).isBetween(1L, 1_000L);
        }
    }

    private static org.assertj.core.data.Offset<Long> offset(long bytes) {
        return org.assertj.core.data.Offset.offset(bytes);
    }
}
