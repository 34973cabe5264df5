package dev.backplane.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.ObjectStore;
import dev.backplane.testkit.FaultyObjectStore.Fault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Without faults it is the store it wraps; with them, what is said about each.
class FaultyObjectStoreTest extends ObjectStoreContract {
    private static final byte[] BYTES = {1};

    @TempDir Path root;

    @Override
    protected FaultyObjectStore open() throws IOException {
        return new FaultyObjectStore(LocalObjectStore.open(root), 1);
    }

    @Test
    void failureBeforeHasNoEffect() throws IOException {
        try (FaultyObjectStore store = open()) {
            store.failNext(Fault.FAIL_BEFORE);

            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> store.putIfAbsent("a", BYTES));

            assertThat(store.get("a")).isEmpty();
            assertThat(store.injected(Fault.FAIL_BEFORE)).isEqualTo(1);
        }
    }

    @Test
    void failureAfterHasTheEffect() throws IOException {
        try (FaultyObjectStore store = open()) {
            store.failNext(Fault.FAIL_AFTER);

            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> store.putIfAbsent("a", BYTES));

            assertThat(store.get("a")).isPresent();
        }
    }

    @Test
    void conflictHitsConditionalWritesOnly() throws IOException {
        try (FaultyObjectStore store = open()) {
            store.failNext(Fault.CONFLICT);

            assertThat(store.get("a")).isEmpty();
            assertThat(store.putIfAbsent("a", BYTES)).isEmpty();
            assertThat(store.get("a")).isEmpty();
            assertThat(store.putIfAbsent("a", BYTES)).isPresent();
        }
    }

    @Test
    void outageFailsEverythingUntilItEnds() throws IOException {
        try (FaultyObjectStore store = open()) {
            store.outage(true);
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> store.get("a"));
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> store.putIfAbsent("a", BYTES));
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> store.list(""));

            store.outage(false);
            assertThat(store.get("a")).isEmpty();
        }
    }

    @Test
    void sameSeedSameFaults() throws IOException {
        assertThat(outcomes(11)).isEqualTo(outcomes(11)).contains(true, false);
        assertThat(outcomes(11)).isNotEqualTo(outcomes(12));
    }

    private List<Boolean> outcomes(long seed) throws IOException {
        List<Boolean> outcomes = new ArrayList<>();
        try (ObjectStore local = LocalObjectStore.open(root)) {
            FaultyObjectStore store =
                    new FaultyObjectStore(local, seed).with(Fault.FAIL_BEFORE, 0.3);
            for (int i = 0; i < 100; i++) {
                try {
                    store.get("key/" + i % 7);
                    outcomes.add(true);
                } catch (IOException e) {
                    outcomes.add(false);
                }
            }
            store.switchOn(false);
            for (int i = 0; i < 100; i++) {
                store.get("key/" + i);
            }
        }
        return outcomes;
    }
}
