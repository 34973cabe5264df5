package dev.backplane.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import dev.backplane.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class LimiterTest {
    private static final Subject CI = new Subject(Subject.Kind.KEY, "ci");
    private static final Subject MODEL = new Subject(Subject.Kind.MODEL, "m");
    private static final Subject MIA = new Subject(Subject.Kind.USER, "mia");

    private final ManualTime time = new ManualTime(Instant.parse("2026-11-26T12:00:00.5Z"));
    private final Meter meter = new Meter();

    private Limiter limiter(Map<Subject, Limits> limits) {
        return new Limiter(Rules.of(limits, Map.of()), time, meter);
    }

    private static Ticket admit(Limiter limiter, Cost cost) {
        return limiter.admit("ci", "m", List.of(MIA), cost, _ -> {});
    }

    private static Cost tokens(long tokens) {
        return new Cost(tokens, 0);
    }

    private static Problem refused(Limiter limiter, Cost cost) {
        return catchThrowableOfType(Problem.class, () -> admit(limiter, cost));
    }

    private static Limits budget(String text) {
        return new Limits(
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                List.of(Budget.parse(text).orElseThrow()));
    }

    private static Limits limits(long requests, long tokens, long concurrency) {
        return new Limits(
                OptionalLong.of(requests),
                OptionalLong.of(tokens),
                OptionalLong.of(concurrency),
                List.of());
    }

    @Test
    void readsBudgetsAndWritesThemTheSame() {
        for (String text : List.of("5/day", "0.000000001/total", "2000000 tokens/month")) {
            assertThat(Budget.parse(text).map(Budget::text)).contains(text);
        }
        assertThat(Budget.parse("$7.50/month").map(Budget::text)).contains("7.5/month");
        for (String text : List.of("5", "5/week", "-5/day", "1e3/day", "tokens/day", "5 /day")) {
            assertThat(Budget.parse(text)).as(text).isEmpty();
        }
    }

    @Test
    void saysHowMuchWasUsedAndWhenThereIsRoomAgain() {
        Limiter limiter = limiter(Map.of(CI, limits(2, 1_000, 9)));
        admit(limiter, tokens(10));
        time.advance(Duration.ofSeconds(20));
        admit(limiter, tokens(10));
        Problem problem = refused(limiter, tokens(10));
        assertThat(problem.kind()).isEqualTo(Problem.Kind.LIMITED);
        assertThat(problem.what()).contains("key ci has used 2 of 2 requests a minute");
        // the first was in second 0 and is forgotten when second 0 of the next minute is over
        assertThat(problem.retryAfter()).contains(Duration.ofMillis(40_500));
        time.advance(Duration.ofMillis(40_499));
        assertThat(refused(limiter, tokens(10)).retryAfter()).contains(Duration.ofMillis(1));
        time.advance(Duration.ofMillis(1));
        admit(limiter, tokens(10));
        assertThat(meter.render())
                .contains("backplane_gateway_refused_total{by=\"key\",limit=\"requests\"} 2");
    }

    @Test
    void refusesForGoodWhatNeverFits() {
        Limiter limiter = limiter(Map.of(CI, limits(9, 100, 9)));
        Problem problem = refused(limiter, tokens(101));
        assertThat(problem.kind()).isEqualTo(Problem.Kind.TOO_LARGE);
        assertThat(problem.fix()).contains("ask for fewer tokens");
    }

    @Test
    void givesBackWhatWasReservedTooMuchAndRemembersWhatWasTooLittle() {
        Limiter limiter = limiter(Map.of(CI, limits(9, 100, 9)));
        admit(limiter, tokens(90)).settle(tokens(20));
        admit(limiter, tokens(80)).settle(tokens(180));
        assertThat(refused(limiter, tokens(1)).what()).contains("has used 200 of 100 tokens");
    }

    @Test
    void endsABudgetWithItsPeriod() {
        Limiter limiter = limiter(Map.of(MIA, budget("1/day")));
        admit(limiter, Cost.of(10, 0.9)).settle(Cost.of(10, 0.7));
        Problem problem = refused(limiter, Cost.of(10, 0.4));
        assertThat(problem.kind()).isEqualTo(Problem.Kind.EXHAUSTED);
        assertThat(problem.what())
                .contains("user mia has used $0.7000")
                .contains("$1.0000 a day")
                .contains("may take $0.4000");
        assertThat(problem.fix()).contains("2026-11-27T00:00:00Z");
        time.set(Instant.parse("2026-11-27T00:00:00Z"));
        admit(limiter, Cost.of(10, 0.4)).settle(Cost.of(10, 0.4));
        time.set(Instant.parse("2026-11-26T23:59:59Z"));
        assertThat(refused(limiter, Cost.of(10, 0.7))).isNotNull();
    }

    @Test
    void oneSubjectsRefusalLeavesNoTraceInTheOthers() {
        Limiter limiter = limiter(Map.of(CI, limits(1, 1_000, 1), MIA, budget("5 tokens/total")));
        assertThat(refused(limiter, tokens(6)).what()).contains("user mia");
        admit(limiter, tokens(5));
    }

    @Test
    void appliesARuleForEachToEachForItself() {
        Subject each = new Subject(Subject.Kind.USER, Subject.EACH);
        Limiter limiter = limiter(Map.of(each, limits(1, 100, 1)));
        admit(limiter, tokens(1));
        Subject ben = new Subject(Subject.Kind.USER, "ben");
        limiter.admit("ci", "m", List.of(ben), tokens(1), _ -> {});
        assertThat(refused(limiter, tokens(1)).what()).contains("user mia");
    }

    @Test
    void tellsTheStandingOfTheTightestLimit() {
        Limiter limiter = limiter(Map.of(CI, limits(10, 100, 9), MODEL, limits(50, 60, 9)));
        List<Standing> told = new ArrayList<>();
        limiter.admit("ci", "m", List.of(), tokens(25), told::add);
        Standing.Rate requests = told.getFirst().requests().orElseThrow();
        Standing.Rate left = told.getFirst().tokens().orElseThrow();
        assertThat(requests.limit()).isEqualTo(10);
        assertThat(requests.remaining()).isEqualTo(9);
        assertThat(requests.reset()).isEqualTo(Duration.ofMillis(60_500));
        assertThat(left.limit()).isEqualTo(60);
        assertThat(left.remaining()).isEqualTo(35);
    }

    @Test
    void keepsKeysToTheirModels() {
        Limiter limiter =
                new Limiter(Rules.of(Map.of(), Map.of("ci", Set.of("small"))), time, meter);
        assertThatThrownBy(() -> admit(limiter, tokens(1)))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> assertThat(problem.kind()).isEqualTo(Problem.Kind.FORBIDDEN));
        limiter.admit("ci", "small", List.of(), tokens(1), _ -> {});
        limiter.admit("other", "m", List.of(), tokens(1), _ -> {});
    }

    /// B-1 to B-4 with many threads: the clock stands still, so that sums are exact.
    @Test
    void neverAdmitsTooMuchToManyThreads() {
        Gen.check(
                20,
                random -> {
                    long requests = 20 + random.nextInt(200);
                    long perMinute = 500 + random.nextInt(5_000);
                    long concurrency = 1 + random.nextInt(6);
                    long budget = 500 + random.nextInt(5_000);
                    Limiter limiter =
                            limiter(
                                    Map.of(
                                            CI, limits(requests, perMinute, concurrency),
                                            MIA, budget(budget + " tokens/day")));
                    Race race = new Race(limiter, random);
                    race.run(8, 60);
                    assertThat(race.mostAtATime.get()).isLessThanOrEqualTo(concurrency);
                    assertThat(race.admitted.get()).isLessThanOrEqualTo(requests);
                    assertThat(race.used.get()).isLessThanOrEqualTo(Math.min(perMinute, budget));
                    assertThat(race.unexpected.get()).isZero();
                    assertThat(limiter.balances().settlement()).isEqualTo(race.admitted.get());
                    assertThat(spent(limiter, MIA)).isEqualTo(race.used.get());
                    // All tickets are settled: what is left is there to the last token.
                    long left = Math.min(perMinute, budget) - race.used.get();
                    if (left > 0 && race.admitted.get() < requests) {
                        assertThat(refused(limiter, tokens(left + 1))).isNotNull();
                        assertThat(admit(limiter, tokens(left)).estimate().tokens())
                                .isEqualTo(left);
                    }
                });
    }

    private static long spent(Limiter limiter, Subject subject) {
        return limiter.balances().balances().stream()
                .filter(balance -> balance.subject().equals(subject))
                .filter(balance -> balance.period() == Budget.Period.DAY)
                .mapToLong(Balance::tokens)
                .sum();
    }

    private static final class Race {
        final Limiter limiter;
        final long seed;
        final AtomicLong running = new AtomicLong();
        final AtomicLong mostAtATime = new AtomicLong();
        final AtomicLong admitted = new AtomicLong();
        final AtomicLong used = new AtomicLong();
        final AtomicLong unexpected = new AtomicLong();

        Race(Limiter limiter, RandomGenerator random) {
            this.limiter = limiter;
            this.seed = random.nextLong();
        }

        void run(int threads, int calls) throws InterruptedException {
            CountDownLatch start = new CountDownLatch(1);
            List<Thread> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                java.util.Random random = new java.util.Random(seed + i);
                all.add(
                        Thread.ofPlatform()
                                .start(() -> {
                                    try {
                                        start.await();
                                        for (int call = 0; call < calls; call++) {
                                            call(random);
                                        }
                                    } catch (InterruptedException | RuntimeException e) {
                                        unexpected.incrementAndGet();
                                    }
                                }));
            }
            start.countDown();
            for (Thread thread : all) {
                thread.join();
            }
        }

        private void call(java.util.Random random) {
            long estimate = 1 + random.nextInt(100);
            Ticket ticket;
            try {
                ticket = admit(limiter, tokens(estimate));
            } catch (Problem refused) {
                return;
            }
            long now = running.incrementAndGet();
            mostAtATime.accumulateAndGet(now, Math::max);
            admitted.incrementAndGet();
            Thread.yield();
            long actual = random.nextInt((int) estimate + 1);
            used.addAndGet(actual);
            running.decrementAndGet();
            ticket.settle(tokens(actual));
            ticket.settle(tokens(1_000_000));
        }
    }

    /// The window against the plain definition, over a random course of events.
    @Test
    void admitsNoMoreInAnySixtySeconds() {
        Gen.check(
                100,
                random -> {
                    Limiter limiter = limiter(Map.of(CI, limits(20, 300, 1_000)));
                    record Admitted(Instant at, long tokens) {}
                    List<Admitted> log = new ArrayList<>();
                    for (int step = 0; step < 300; step++) {
                        time.advance(Duration.ofMillis(random.nextInt(4_000)));
                        long cost = 1 + random.nextInt(40);
                        Instant now = time.instant();
                        Optional<Problem> problem = Optional.empty();
                        try {
                            admit(limiter, tokens(cost)).settle(tokens(cost));
                            log.add(new Admitted(now, cost));
                        } catch (Problem refused) {
                            problem = Optional.of(refused);
                        }
                        List<Admitted> minute =
                                log.stream()
                                        .filter(each -> each.at().isAfter(now.minusSeconds(60)))
                                        .toList();
                        assertThat(minute.size()).isLessThanOrEqualTo(20);
                        long sum = minute.stream().mapToLong(Admitted::tokens).sum();
                        assertThat(sum).isLessThanOrEqualTo(300);
                        if (problem.isPresent()) {
                            // Refused rightly, but for the second by which it forgets late.
                            List<Admitted> longer =
                                    log.stream()
                                            .filter(each -> each.at().isAfter(now.minusSeconds(61)))
                                            .toList();
                            assertThat(
                                            longer.size() + 1 > 20
                                                    || longer.stream()
                                                                            .mapToLong(
                                                                                    Admitted
                                                                                            ::tokens)
                                                                            .sum()
                                                                    + cost
                                                            > 300)
                                    .isTrue();
                        }
                    }
                });
    }

    /// A crash at any point: the newest snapshot and the settlements after it give the same sums.
    @Test
    void snapshotAndReplayLoseNothingAndCountNothingTwice() {
        Gen.check(
                100,
                random -> {
                    Map<Subject, Limits> rules =
                            Map.of(
                                    CI,
                                    budget("1000000 tokens/total"),
                                    MIA,
                                    budget("1000000/month"));
                    Limiter limiter = limiter(rules);
                    record Settled(long number, Cost cost, Instant at) {}
                    List<Settled> spans = new ArrayList<>();
                    Balances snapshot = limiter.balances();
                    for (int call = 0; call < 1 + random.nextInt(40); call++) {
                        time.advance(Duration.ofMinutes(random.nextInt(600)));
                        Cost cost = new Cost(random.nextInt(1_000), random.nextInt(1_000_000));
                        long number = admit(limiter, cost).settle(cost);
                        spans.add(new Settled(number, cost, time.instant()));
                        if (random.nextInt(5) == 0) {
                            snapshot = limiter.balances();
                        }
                    }
                    Balances before = limiter.balances();
                    long last = snapshot.settlement();
                    Limiter again = limiter(rules);
                    again.restore(snapshot);
                    for (Settled span : spans) {
                        if (span.number() > last) {
                            again.replay(
                                    span.number(), List.of(CI, MODEL, MIA), span.cost(), span.at());
                        }
                    }
                    assertThat(again.balances().settlement()).isEqualTo(before.settlement());
                    assertThat(again.balances().balances())
                            .containsExactlyInAnyOrderElementsOf(before.balances());
                });
    }

    @Test
    void restsOnlyWhileNothingCanChange() {
        Limiter limiter = limiter(Map.of(CI, budget("5/total")));
        AtomicLong woken = new AtomicLong();
        limiter.onWaking(() -> {
            woken.incrementAndGet();
            limiter.wake();
        });
        Ticket first = admit(limiter, tokens(1));

        assertThat(limiter.rest(0)).as("while a call is under way").isFalse();
        first.settle(tokens(1));
        assertThat(limiter.rest(0)).as("after an older state").isFalse();
        assertThat(limiter.rest(1)).isTrue();
        assertThat(woken).hasValue(0);

        Ticket second = admit(limiter, tokens(1));
        assertThat(woken).hasValue(1);
        assertThat(limiter.rest(1)).isFalse();
        second.settle(tokens(1));
        assertThat(limiter.balances().settlement()).isEqualTo(2);
    }

    @Test
    void callsWithoutLimitsDoNotWakeIt() {
        Limiter limiter = limiter(Map.of());
        limiter.onWaking(() -> {
            throw new AssertionError("woken");
        });
        assertThat(limiter.rest(0)).isTrue();
        assertThat(admit(limiter, tokens(1)).settle(tokens(1))).isZero();
    }
}
