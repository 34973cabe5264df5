package dev.backplane.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Field;
import dev.backplane.core.HybridClock;
import dev.backplane.core.Meter;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.SpanKey;
import dev.backplane.core.Value;
import dev.backplane.store.ListQuery;
import dev.backplane.store.Progress;
import dev.backplane.store.database.StoreOptions;
import dev.backplane.store.database.TraceDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The trace store with nothing durable but a bucket: each node starts on an empty disk.
class BucketTraceStoreTest {
    @TempDir Path disks;

    @Test
    void movesFromNodeToNodeWithNothingButTheBucket() throws Exception {
        try (S3Server server = S3Server.start();
                ObjectStore bucket = S3ObjectStore.open(server.config())) {
            List<SpanKey> acknowledged = new ArrayList<>();
            for (int node = 0; node < 4; node++) {
                TraceDatabase store = open(bucket, "node-" + node);
                for (SpanKey key : acknowledged) {
                    assertThat(store.span(key)).as("%s on node %d", key, node).isPresent();
                }
                for (int turn = 0; turn < 5; turn++) {
                    SpanKey key = new SpanKey("default", "trace-" + node, "span-" + turn);
                    store.append(List.of(span(key, "node " + node + " says words " + turn)));
                    acknowledged.add(key);
                }
                if (node % 2 == 1) {
                    store.compact(Progress.NONE);
                }
                store.close();
            }
            TraceDatabase last = open(bucket, "last");
            List<String> hits = new ArrayList<>();
            last.search(
                    new ListQuery(
                            "default",
                            "\"node 2 says\"",
                            OptionalLong.empty(),
                            OptionalLong.empty(),
                            "",
                            100),
                    hit -> hits.add(hit.span().key().trace()));
            assertThat(hits).hasSize(5).containsOnly("trace-2");
            assertThat(last.verify(Progress.NONE)).isEmpty();
            last.close();
        }
    }

    private TraceDatabase open(ObjectStore bucket, String node) throws IOException {
        return TraceDatabase.open(
                StoreOptions.of(disks.resolve(node)).withLogInObjectStore(),
                bucket,
                HybridClock.system(),
                new Meter());
    }

    private static SpanEvent span(SpanKey key, String text) {
        return SpanEvent.insert(
                key,
                SpanData.builder()
                        .put(Field.NAME, "chat")
                        .put(Field.START_TIME, 1_000L)
                        .put(Field.OUTPUT, Value.text(text))
                        .build());
    }
}
