package dev.backplane.store.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Slice;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FreshTextIndexTest {
    private static final TextQuery.Leaf COMMON = TextQuery.words("common");

    private static BitSet found(FreshTextIndex index, TextQuery.Leaf leaf) {
        BitSet found = new BitSet();
        index.collect(leaf, found);
        return found;
    }

    @Test
    void seesEachAdditionAtOnce() {
        try (FreshTextIndex index = new FreshTextIndex()) {
            for (int i = 0; i < 300; i++) {
                index.add(i * 3, Slice.of("common word" + i), Shape.TEXT);
                assertThat(found(index, TextQuery.words("word" + i)).stream())
                        .containsExactly(i * 3);
            }
            assertThat(found(index, COMMON).cardinality()).isEqualTo(300);
        }
    }

    @Test
    void keepsItsOwnCopy() {
        byte[] bytes = Slice.of("before").bytes();
        try (FreshTextIndex index = new FreshTextIndex()) {
            index.add(0, Slice.of(bytes), Shape.TEXT);
            bytes[0] = 'X';
            assertThat(found(index, TextQuery.words("before")).stream()).containsExactly(0);
        }
    }

    @Test
    void indexesByItselfWhenMuchWaits() {
        String filler = "filler ".repeat(FreshTextIndex.WAITING_BYTES_MAX / 7 / 3);
        try (FreshTextIndex index = new FreshTextIndex()) {
            for (int i = 0; i < 10; i++) {
                index.add(i, Slice.of("common " + filler), Shape.TEXT);
            }
            assertThat(found(index, COMMON).cardinality()).isEqualTo(10);
        }
    }

    /// Several searches beside an adder: none misses what had been added when it began.
    @Test
    void searchesRunBesideAdds() throws Exception {
        int documents = 2_000;
        AtomicInteger added = new AtomicInteger();
        try (FreshTextIndex index = new FreshTextIndex();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> searches = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                searches.add(
                        threads.submit(() -> {
                            int atLeast;
                            do {
                                atLeast = added.get();
                                BitSet found = new BitSet();
                                index.collect(COMMON, found);
                                assertThat(found.nextClearBit(0)).isBetween(atLeast, documents);
                                assertThat(found.cardinality()).isEqualTo(found.length());
                            } while (atLeast < documents);
                            return null;
                        }));
            }
            for (int i = 0; i < documents; i++) {
                index.add(i, Slice.of("common " + i), Shape.TEXT);
                added.incrementAndGet();
            }
            for (Future<?> search : searches) {
                search.get();
            }
        }
    }
}
