package dev.backplane.gateway.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// Who answers for one name.
///
/// @param model as clients name it
/// @param hedge where a silent target is not waited for alone
public record Route(String model, List<Target> targets, Balance balance, Optional<Hedge> hedge) {
    public Route {
        targets = List.copyOf(targets);
    }

    public Route(String model, List<Target> targets, Balance balance) {
        this(model, targets, balance, Optional.empty());
    }

    /// By weight where there are weights, else in order.
    public Route(String model, List<Target> targets) {
        this(model, targets, usual(targets));
    }

    /// By weight where there are weights, else in order.
    public static Balance usual(List<Target> targets) {
        return targets.stream().anyMatch(target -> target.weight() > 0)
                ? Balance.WEIGHT
                : Balance.ORDER;
    }

    /// The targets in the order in which a call is to try them; those that keep failing come last.
    ///
    /// @param beginning a hash of how the conversation begins, asked for where it matters
    public List<Target> plan(RandomGenerator random, LongSupplier beginning) {
        List<Target> plan = new ArrayList<>();
        List<Target> failing = new ArrayList<>();
        for (Target target : balance.order(targets, random, beginning)) {
            boolean closed = target.breaker().state() == Breaker.State.CLOSED;
            (closed ? plan : failing).add(target);
        }
        plan.addAll(failing);
        return plan;
    }
}
