package dev.backplane.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.SharedObject;
import dev.backplane.core.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedObjectTest {
    private static final String KEY = "meta/counter";

    @TempDir Path directory;

    private FaultyObjectStore store;

    @BeforeEach
    void open() throws IOException {
        store = new FaultyObjectStore(LocalObjectStore.open(directory), 7);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static final Function<Optional<Slice>, Slice> ONE_MORE =
            state -> Slice.of("" + (Long.parseLong(state.map(Slice::text).orElse("0")) + 1));

    @Test
    void isMadeChangedAndRead() throws IOException {
        SharedObject object = new SharedObject(store, KEY);

        assertThat(object.read()).isEmpty();
        assertThat(object.update(ONE_MORE)).isEqualTo(Slice.of("1"));
        assertThat(object.update(ONE_MORE)).isEqualTo(Slice.of("2"));
        assertThat(new SharedObject(store, KEY).read()).contains(Slice.of("2"));
    }

    @Test
    void ofSeveralWritersNoneUndoesAnother() throws Exception {
        int writers = 4;
        int changes = 50;
        Thread[] threads = new Thread[writers];
        for (int i = 0; i < writers; i++) {
            SharedObject own = new SharedObject(store, KEY);
            threads[i] =
                    Thread.ofVirtual()
                            .start(() -> {
                                for (int done = 0; done < changes; ) {
                                    done += changed(own) ? 1 : 0;
                                }
                            });
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(new SharedObject(store, KEY).read()).contains(Slice.of("" + writers * changes));
    }

    private static boolean changed(SharedObject object) {
        try {
            object.update(ONE_MORE);
            return true;
        } catch (Problem tooMany) {
            return false;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aWriteWhoseAnswerWasLostCountsOnce() throws IOException {
        SharedObject object = new SharedObject(store, KEY);
        object.update(ONE_MORE);
        store.failNext(FaultyObjectStore.Fault.FAIL_AFTER);

        assertThat(object.update(ONE_MORE)).isEqualTo(Slice.of("2"));
        assertThat(object.update(ONE_MORE)).isEqualTo(Slice.of("3"));
        assertThat(store.injected(FaultyObjectStore.Fault.FAIL_AFTER)).isEqualTo(1);
    }

    @Test
    void aWriteThatFailedIsSaidAndChangesNothing() throws IOException {
        SharedObject object = new SharedObject(store, KEY);
        object.update(ONE_MORE);
        store.failNext(FaultyObjectStore.Fault.FAIL_BEFORE);

        assertThatThrownBy(() -> object.update(ONE_MORE)).isInstanceOf(IOException.class);
        assertThat(object.update(ONE_MORE)).isEqualTo(Slice.of("2"));
    }

    @Test
    void whatTheChangeThrowsComesThroughAndNothingIsWritten() throws IOException {
        SharedObject object = new SharedObject(store, KEY);

        assertThatThrownBy(() ->
                        object.update(_ -> {
                            throw Problem.conflict("no", "test");
                        }))
                .isInstanceOf(Problem.class);
        assertThat(object.read()).isEmpty();
    }
}
