package dev.backplane.gateway.response;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Slice;
import dev.backplane.testkit.ManualTime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConversationsTest {
    private static final Slice NOTHING = Slice.of("{}");
    private static final List<Slice> ITEM =
            List.of(Slice.of("{\"role\":\"user\",\"content\":\"hello\"}"));

    @TempDir private Path directory;
    private final ManualTime time = new ManualTime(Instant.parse("2026-03-01T12:00:00Z"));
    private ObjectStore objects;
    private Conversations conversations;

    @BeforeEach
    void open() throws IOException {
        objects = LocalObjectStore.open(directory);
        conversations = restarted();
    }

    private Conversations restarted() {
        return new Conversations(objects, true, 1 << 20, time);
    }

    @AfterEach
    void close() {
        objects.close();
    }

    private String create(String project) {
        return conversations.create(project, NOTHING, ITEM).id();
    }

    private void expire(String project, int days) {
        conversations.expire(project, time.instant().minus(Duration.ofDays(days)));
    }

    private boolean isThere(String project, String id) {
        return conversations.find(project, id).isPresent();
    }

    @Test
    void goesWhenNobodyHasChangedItForItsTime() throws IOException {
        String idle = create("p");
        String other = create("q");
        String changed = create("p");
        for (int day = 0; day < 6; day++) {
            time.advance(Duration.ofDays(1));
            conversations.add("p", changed, ITEM);
            conversations.items("p", idle);
        }
        expire("p", 6);
        assertThat(isThere("p", idle)).isTrue();
        time.advance(Duration.ofDays(1));
        conversations = restarted();
        expire("p", 6);
        assertThat(isThere("p", idle)).isFalse();
        assertThat(isThere("p", changed)).isTrue();
        assertThat(isThere("q", other)).isTrue();
        assertThat(conversations.projects()).containsExactly("p", "q");
        assertThat(objects.list("conversation-days/p/")).hasSize(1);
        assertThat(conversations.usedBytes("p")).isEqualTo(listed("p"));
    }

    @Test
    void staysWhileAResponseOfItIsMade() throws IOException {
        String id = create("p");
        time.advance(Duration.ofDays(9));
        try (Conversations.Turn turn = conversations.enter("p", id)) {
            expire("p", 6);
            turn.append(ITEM);
        }
        expire("p", 6);
        assertThat(isThere("p", id)).isTrue();
        assertThat(conversations.items("p", id)).hasSize(2);
    }

    /// Counting is the same as looking.
    @Test
    void countsWhatThereIs() throws IOException {
        String first = create("p");
        assertThat(conversations.usedBytes("p")).isEqualTo(listed("p")).isPositive();
        String second = create("p");
        List<Slice> added = conversations.add("p", first, ITEM);
        conversations.change("p", second, Slice.of("{\"a\":\"longer than before\"}"));
        assertThat(conversations.usedBytes("p")).isEqualTo(listed("p"));
        conversations.remove(
                "p",
                first,
                dev.backplane.gateway.dialect.responses.StoredItems.id(added.getFirst()));
        assertThat(conversations.usedBytes("p")).isEqualTo(listed("p"));
        conversations.delete("p", second);
        assertThat(conversations.usedBytes("p")).isEqualTo(listed("p")).isPositive();
        conversations.deleteProject("p");
        assertThat(conversations.usedBytes("p")).isZero();
        assertThat(conversations.projects()).isEmpty();
    }

    private long listed(String project) throws IOException {
        return objects.list("conversations/" + project + "/").stream()
                .mapToLong(ObjectStore.Listed::size)
                .sum();
    }
}
