package dev.backplane.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.engine.cache.BlockPool;
import dev.backplane.engine.model.Step;
import dev.backplane.testkit.Gen;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SchedulerTest {
    private static int[] tokens(int first, int count) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = first + i;
        }
        return tokens;
    }

    /// Any mix of sequences ends, in a bounded number of steps, with each token given exactly once,
    /// steps within their rows, each token of a prompt that is to be scored scored once, and all
    /// blocks free afterwards.
    @Test
    void everySequenceEnds() {
        Gen.check(
                60,
                random -> {
                    BlockPool pool = new BlockPool(Gen.integer(random, 8, 30));
                    int scoresMax = Gen.integer(random, 1, 20);
                    Map<Sequence, Integer> scored = new HashMap<>();
                    int runningMax = Gen.integer(random, 1, 6);
                    Scheduler scheduler = new Scheduler(pool, runningMax, 0, scoresMax);
                    Step step = new Step(Gen.integer(random, 1, 40));
                    List<Sequence> left = new ArrayList<>();
                    for (int i = 0; i < 15; i++) {
                        int length = Gen.integer(random, 1, 90);
                        Sequence sequence =
                                new Sequence(
                                        tokens(random.nextInt(3), length),
                                        length + Gen.integer(random, 1, 30),
                                        "user " + random.nextInt(3),
                                        random.nextInt(3),
                                        "");
                        if (random.nextInt(3) == 0) {
                            scored.put(sequence.scoringPrompt(), 0);
                        }
                        left.add(sequence);
                        scheduler.add(sequence);
                    }
                    int steps = 0;
                    while (!left.isEmpty()) {
                        assertThat(steps++).isLessThan(20_000);
                        step.clear();
                        scheduler.plan(step);
                        assertThat(step.rows()).isPositive();
                        scheduler.advance();
                        int scores = 0;
                        int chosen = 0;
                        for (Sequence sequence : List.copyOf(scheduler.outputs())) {
                            scores += sequence.scored();
                            if (scored.containsKey(sequence)) {
                                int before = scored.getOrDefault(sequence, 0);
                                if (sequence.scored() > 0) {
                                    assertThat(sequence.firstScored()).isEqualTo(before + 1);
                                }
                                scored.put(sequence, before + sequence.scored());
                            }
                            if (!sequence.caughtUp()) {
                                continue;
                            }
                            chosen++;
                            assertThat(scored.getOrDefault(sequence, sequence.promptLength() - 1))
                                    .isEqualTo(sequence.promptLength() - 1);
                            sequence.append(sequence.length());
                            if (sequence.full()) {
                                assertThat(left.remove(sequence)).isTrue();
                                scheduler.remove(sequence);
                            }
                        }
                        scheduler.forgetDrafts();
                        assertThat(scores).isLessThanOrEqualTo(scoresMax);
                        assertThat(step.outputCount()).isEqualTo(scores + chosen);
                        if (random.nextInt(50) == 0 && !left.isEmpty()) {
                            scheduler.remove(left.remove(random.nextInt(left.size())));
                        }
                    }
                    assertThat(scheduler.running() + scheduler.waiting()).isZero();
                    assertThat(pool.free()).isEqualTo(pool.size());
                });
    }

    /// One with many requests does not hold up one with few.
    @Test
    void usersShareByTokens() {
        BlockPool pool = new BlockPool(100);
        Scheduler scheduler = new Scheduler(pool, 1, 0, 1);
        Map<Sequence, String> names = new LinkedHashMap<>();
        for (int i = 0; i < 6; i++) {
            Sequence sequence = new Sequence(tokens(100 * i, 20), 21, "many", "");
            names.put(sequence, "many");
            scheduler.add(sequence);
        }
        for (int i = 0; i < 3; i++) {
            Sequence sequence = new Sequence(tokens(1_000 + 100 * i, 10), 11, "few", "");
            names.put(sequence, "few");
            scheduler.add(sequence);
        }
        List<String> order = new ArrayList<>();
        Step step = new Step(64);
        while (order.size() < names.size()) {
            step.clear();
            scheduler.plan(step);
            scheduler.advance();
            for (Sequence sequence : List.copyOf(scheduler.outputs())) {
                sequence.append(0);
                order.add(names.get(sequence));
                scheduler.remove(sequence);
            }
        }
        assertThat(order)
                .containsExactly(
                        "many", "few", "few", "many", "few", "many", "many", "many", "many");
    }

    /// By hand: of one user the lower number first, of equals the first; the other user's turn
    /// comes by tokens, whatever numbers are given.
    @Test
    void prioritiesOrderWhatIsOnesOwn() {
        Scheduler scheduler = new Scheduler(new BlockPool(100), 1, 0, 1);
        Map<Sequence, String> names = new LinkedHashMap<>();
        int[] priorities = {3, 0, -1, 0, 3};
        for (int i = 0; i < priorities.length; i++) {
            Sequence sequence = new Sequence(tokens(100 * i, 20), 21, "many", priorities[i], "");
            names.put(sequence, "many " + i);
            scheduler.add(sequence);
        }
        for (int i = 0; i < 2; i++) {
            Sequence sequence = new Sequence(tokens(1_000 + 100 * i, 20), 21, "few", 9 - i, "");
            names.put(sequence, "few " + i);
            scheduler.add(sequence);
        }
        assertThat(order(scheduler, names))
                .containsExactly(
                        "many 2", "few 1", "many 1", "few 0", "many 3", "many 0", "many 4");
    }

    /// When blocks run out the one of lowest priority gives way, of the user who came last, and
    /// comes back; the others go on.
    @Test
    void theLeastUrgentGivesWay() {
        BlockPool pool = new BlockPool(6);
        Scheduler scheduler = new Scheduler(pool, 3, 0, 1);
        Map<Sequence, String> names = new LinkedHashMap<>();
        int[] priorities = {1, 2, 0};
        for (int i = 0; i < priorities.length; i++) {
            Sequence sequence = new Sequence(tokens(100 * i, 16), 60, "one", priorities[i], "");
            names.put(sequence, "priority " + priorities[i]);
            scheduler.add(sequence);
        }
        assertThat(order(scheduler, names))
                .containsExactly("priority 0", "priority 1", "priority 2");
        assertThat(scheduler.preemptions()).isPositive();
        assertThat(names.keySet().stream().map(Sequence::preemptions).toList())
                .containsExactly(1, 1, 0);
        assertThat(pool.free()).isEqualTo(pool.size());
    }

    /// Runs all to their ends, and says in which order they came there.
    private static List<String> order(Scheduler scheduler, Map<Sequence, String> names) {
        List<String> order = new ArrayList<>();
        Step step = new Step(64);
        while (order.size() < names.size()) {
            step.clear();
            scheduler.plan(step);
            scheduler.advance();
            for (Sequence sequence : List.copyOf(scheduler.outputs())) {
                sequence.append(sequence.length());
                if (sequence.full()) {
                    order.add(names.get(sequence));
                    scheduler.remove(sequence);
                }
            }
        }
        return order;
    }

    @Test
    void refusesWhatCanNeverFit() {
        Scheduler scheduler = new Scheduler(new BlockPool(2), 1, 0, 1);
        scheduler.add(new Sequence(tokens(0, 30), 33, "", ""));
        assertThatThrownBy(() -> scheduler.add(new Sequence(tokens(0, 30), 34, "", "")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
