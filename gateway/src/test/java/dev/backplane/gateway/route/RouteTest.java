package dev.backplane.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RouteTest {
    private final AtomicLong clock = new AtomicLong();
    private final Random random = new Random(7);

    private Target target(String name, int weight) {
        return new Target(new FakeProvider(name), "m", weight, new Breaker(clock::get));
    }

    private Route route(Balance balance, int... weights) {
        List<Target> targets = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            targets.add(target("p" + i, weights[i]));
        }
        return new Route("m", targets, balance);
    }

    private Target first(Route route, long beginning) {
        return route.plan(random, () -> beginning).getFirst();
    }

    private Map<String, Integer> firsts(Route route, int calls) {
        Map<String, Integer> counts = new HashMap<>();
        for (long i = 0; i < calls; i++) {
            counts.merge(first(route, i).provider().name(), 1, Integer::sum);
        }
        return counts;
    }

    private static void open(Target target) {
        for (int i = 0; i < Breaker.FAILURES; i++) {
            target.breaker().enter();
            target.breaker().failed();
        }
    }

    @Test
    void everyPlanHasEveryTargetOnceAndThoseThatFailLast() {
        Gen.check(
                300,
                random -> {
                    Balance balance = Balance.values()[random.nextInt(4)];
                    Route route =
                            route(balance, random.nextInt(3), random.nextInt(3), random.nextInt(3));
                    Target failing = route.targets().get(random.nextInt(3));
                    open(failing);

                    List<Target> plan = route.plan(random, random::nextLong);

                    assertThat(plan).containsExactlyInAnyOrderElementsOf(route.targets());
                    assertThat(plan.getLast()).isSameAs(failing);
                });
    }

    @Test
    void sharesFollowWeights() {
        for (Balance balance : List.of(Balance.WEIGHT, Balance.STICKY)) {
            Map<String, Integer> firsts = firsts(route(balance, 3, 1, 0), 4_000);

            assertThat(firsts.get("p0")).isBetween(2_800, 3_200);
            assertThat(firsts.get("p1")).isBetween(800, 1_200);
            assertThat(firsts).doesNotContainKey("p2");
        }
    }

    @Test
    void theLeastBusyForItsWeightIsFirst() {
        Route route = route(Balance.LEAST_BUSY, 2, 1);
        route.targets().getFirst().breaker().enter();
        assertThat(firsts(route, 100)).containsOnlyKeys("p0", "p1");

        route.targets().getFirst().breaker().enter();
        assertThat(firsts(route, 100)).containsOnlyKeys("p1");

        route.targets().getFirst().breaker().succeeded();
        route.targets().getFirst().breaker().abandoned();
        assertThat(firsts(route, 100)).containsOnlyKeys("p0");
    }

    @Test
    void aBeginningStaysWhereItIsWhenAnotherTargetGoes() {
        Route three = route(Balance.STICKY, 1, 1, 1);
        Route two = new Route("m", three.targets().subList(0, 2), Balance.STICKY);
        int moved = 0;
        for (long beginning = 0; beginning < 3_000; beginning++) {
            Target before = first(three, beginning);
            assertThat(first(three, beginning)).isSameAs(before);
            if (before.provider().name().equals("p2")) {
                moved++;
            } else {
                assertThat(first(two, beginning)).isSameAs(before);
            }
        }
        assertThat(moved).isBetween(800, 1_200);
    }

    @Test
    void aProbeOpensWhatDoesNotAnswerAndClosesWhatIsBack() throws InterruptedException {
        FakeProvider provider = new FakeProvider("p");
        Target target = new Target(provider, "m", 0, new Breaker(clock::get));
        provider.fails(Problem.unavailable("gone", "p"));
        for (int i = 0; i < Breaker.FAILURES; i++) {
            Probes.round(List.of(target));
        }
        assertThat(target.breaker().state()).isEqualTo(Breaker.State.OPEN);

        provider.works();
        Probes.round(List.of(target));
        assertThat(target.breaker().state()).isEqualTo(Breaker.State.OPEN);
        clock.addAndGet(Breaker.FIRST.toNanos());
        Probes.round(List.of(target));

        assertThat(target.breaker().state()).isEqualTo(Breaker.State.CLOSED);
        assertThat(target.breaker().running()).isZero();
    }

    @Test
    void aProbeTakesNothingBackOfWhatCallsHaveShown() throws InterruptedException {
        Target target = target("p", 0);
        for (int i = 0; i < Breaker.FAILURES; i++) {
            Probes.round(List.of(target));
            target.breaker().enter();
            target.breaker().failed();
        }

        assertThat(target.breaker().state()).isEqualTo(Breaker.State.OPEN);
    }

    @Test
    void aProviderThatRefusesIsThere() throws InterruptedException {
        FakeProvider provider = new FakeProvider("p");
        Target target = new Target(provider, "m", 0, new Breaker(clock::get));
        provider.fails(Problem.of(Problem.Kind.CONFIG, "key", "p"));
        for (int i = 0; i <= Breaker.FAILURES; i++) {
            Probes.round(List.of(target));
        }

        assertThat(target.breaker().state()).isEqualTo(Breaker.State.CLOSED);
    }

    @Test
    void probesGoOnUntilTheyAreClosed() throws InterruptedException {
        FakeProvider provider = new FakeProvider("p");
        Target target = new Target(provider, "m", 0, new Breaker(clock::get));
        try (Probes _ = Probes.start(() -> List.of(target), Duration.ofNanos(1))) {
            provider.awaitAsked(3);
        }
        int asked = provider.asked();

        Probes.round(List.of());

        assertThat(provider.asked()).isEqualTo(asked);
    }
}
