package dev.backplane.gateway.route;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// Which of a route's targets a call tries first. Weights count everywhere: where none are given,
/// all are equal; where some are, a target without one only stands in.
public enum Balance {
    /// As they are listed, the others stand in.
    ORDER("in this order, each after the one before failed"),
    /// Drawn by weight, the others stand in as they are listed.
    WEIGHT("first by weight, the others stand in"),
    /// The one with the fewest calls under way for its weight; of equals, any.
    LEAST_BUSY("the least busy first"),
    /// Always the same for the same beginning of a conversation, because a provider that has seen
    /// it has it in its cache. Rendezvous hashing: every target draws a number from the beginning
    /// and its own name, and the highest wins; a target that comes or goes moves no others.
    STICKY("the same for conversations that begin alike");

    private final String how;

    Balance(String how) {
        this.how = how;
    }

    /// In words.
    public String how() {
        return how;
    }

    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Balance> byId(String id) {
        for (Balance balance : values()) {
            if (balance.id().equals(id)) {
                return Optional.of(balance);
            }
        }
        return Optional.empty();
    }

    /// @param beginning a hash of how the conversation begins
    List<Target> order(List<Target> targets, RandomGenerator random, LongSupplier beginning) {
        return switch (this) {
            case ORDER -> targets;
            case WEIGHT -> drawn(targets, random);
            case LEAST_BUSY -> {
                List<Target> shuffled = new ArrayList<>(targets);
                for (int i = shuffled.size() - 1; i > 0; i--) {
                    shuffled.set(i, shuffled.set(random.nextInt(i + 1), shuffled.get(i)));
                }
                int sum = sum(targets);
                yield sorted(
                        shuffled,
                        target -> (target.breaker().running() + 1.0) / share(target, sum));
            }
            case STICKY -> {
                long hash = beginning.getAsLong();
                int sum = sum(targets);
                yield sorted(targets, target -> -Math.log(draw(target, hash)) / share(target, sum));
            }
        };
    }

    private static List<Target> drawn(List<Target> targets, RandomGenerator random) {
        int sum = sum(targets);
        int drawn = random.nextInt(sum == 0 ? targets.size() : sum);
        List<Target> plan = new ArrayList<>(targets);
        for (Target target : targets) {
            drawn -= share(target, sum);
            if (drawn < 0) {
                plan.remove(target);
                plan.addFirst(target);
                break;
            }
        }
        return plan;
    }

    private interface Rank {
        double of(Target target);
    }

    /// Ranks are asked for once each, because what they are made of changes meanwhile.
    private static List<Target> sorted(List<Target> targets, Rank rank) {
        record Ranked(Target target, double rank) {}

        return targets.stream()
                .map(target -> new Ranked(target, rank.of(target)))
                .sorted(Comparator.comparingDouble(Ranked::rank))
                .map(Ranked::target)
                .toList();
    }

    private static int sum(List<Target> targets) {
        return targets.stream().mapToInt(Target::weight).sum();
    }

    private static int share(Target target, int sum) {
        return sum == 0 ? 1 : target.weight();
    }

    /// Between 0 and 1, neither included.
    private static double draw(Target target, long hash) {
        long mixed = mix(mix(hash) ^ mix(target.name().hashCode()));
        return ((mixed >>> 12) + 0.5) * 0x1p-52;
    }

    /// The finalizer of SplitMix64: every bit of the result depends on every bit that is given.
    private static long mix(long value) {
        long mixed = value + 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
