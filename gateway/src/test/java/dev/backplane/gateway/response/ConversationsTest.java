package dev.backplane.gateway.response;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.LocalObjectStore;
import dev.backplane.core.ObjectStore;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.testkit.FaultyObjectStore;
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
    private FaultyObjectStore objects;
    private Conversations conversations;

    @BeforeEach
    void open() throws IOException {
        objects = new FaultyObjectStore(LocalObjectStore.open(directory), 7);
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

    @Test
    void staysWhatIsChangedWhileOthersExpireAndADayEnds() throws IOException {
        String id = create("p");
        time.advance(Duration.ofDays(9));
        objects.afterNext(
                "list",
                () -> {
                    conversations.add("p", id, ITEM);
                    time.advance(Duration.ofDays(1));
                });
        expire("p", 6);
        assertThat(isThere("p", id)).isTrue();
        assertThat(conversations.items("p", id)).hasSize(2);

        time.advance(Duration.ofDays(9));
        expire("p", 6);
        assertThat(isThere("p", id)).as("its day is still known").isFalse();
    }

    @Test
    void aDayReplacesTheOneBefore() throws IOException {
        String id = create("p");
        time.advance(Duration.ofDays(1));
        conversations.add("p", id, ITEM);
        conversations.add("p", id, ITEM);
        assertThat(objects.list("conversation-days/"))
                .extracting(ObjectStore.Listed::key)
                .containsExactly("conversation-days/p/" + id + "/2026-03-02");
    }

    /// Whoever is charged for it can be rid of it.
    @Test
    void whatACreationLeavesExpires() throws IOException {
        conversations.usedBytes("p");
        objects.afterNext(
                "putIfAbsent", () -> objects.afterNext("putIfAbsent", () -> objects.outage(true)));
        assertThatThrownBy(() -> create("p")).isInstanceOf(Problem.class);
        objects.outage(false);
        assertThat(listed("p")).as("items without a head").isPositive();
        conversations = restarted();
        assertThat(conversations.usedBytes("p")).isPositive();

        time.advance(Duration.ofDays(9));
        expire("p", 6);
        assertThat(conversations.usedBytes("p")).isZero();
        assertThat(listed("p")).isZero();
        assertThat(conversations.projects()).isEmpty();
    }

    @Test
    void aDeletionThatBrokeOffCanBeRepeated() throws IOException {
        String id = create("p");
        objects.afterNext("delete", () -> objects.outage(true));
        assertThatThrownBy(() -> conversations.delete("p", id))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE));
        objects.outage(false);
        assertThat(isThere("p", id)).isFalse();
        assertThat(conversations.usedBytes("p")).isEqualTo(listed("p")).isPositive();

        assertThat(conversations.delete("p", id)).isTrue();
        assertThat(conversations.usedBytes("p")).isEqualTo(listed("p")).isZero();
        assertThat(conversations.projects()).isEmpty();
        assertThat(conversations.delete("p", id)).isFalse();
    }

    @Test
    void oneThatCannotBeReadExpiresAsTheOthersDo() throws IOException {
        String broken = create("p");
        String other = create("p");
        String head = "conversations/p/" + broken + "/head.json";
        objects.delete(head);
        objects.putIfAbsent(head, new byte[] {'?'});
        time.advance(Duration.ofDays(9));
        expire("p", 6);
        assertThat(isThere("p", broken)).isFalse();
        assertThat(isThere("p", other)).isFalse();
        assertThat(listed("p")).isZero();
    }

    @Test
    void cannotBeDeletedWhileItIsEntered() {
        String id = create("p");
        objects.afterNext(
                "get",
                () ->
                        assertThatThrownBy(() -> conversations.delete("p", id))
                                .hasMessageStartingWith("a response of the conversation"));
        try (Conversations.Turn turn = conversations.enter("p", id)) {
            turn.append(ITEM);
        }
        assertThat(conversations.items("p", id)).hasSize(2);

        assertThat(conversations.delete("p", id)).isTrue();
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> conversations.enter("p", id))
                    .as("whoever finds none has no place")
                    .hasMessageStartingWith("there is no conversation");
        }
    }

    /// Asked for while something is being written.
    @Test
    void countsWhatIsWrittenMeanwhileOnce() throws IOException {
        String id = create("p");
        conversations = restarted();
        objects.afterNext("putIfMatch", () -> conversations.usedBytes("p"));
        conversations.add("p", id, ITEM);
        assertThat(conversations.usedBytes("p")).isEqualTo(listed("p"));
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
