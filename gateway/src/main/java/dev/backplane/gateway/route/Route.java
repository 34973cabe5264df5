package dev.backplane.gateway.route;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Who answers for one name.
///
/// @param model as clients name it
public record Route(String model, List<Target> targets) {
    public Route {
        targets = List.copyOf(targets);
    }

    /// The targets in the order in which a call is to try them.
    public List<Target> plan(RandomGenerator random) {
        List<Target> left = new ArrayList<>(targets);
        List<Target> plan = new ArrayList<>(left.size());
        int sum = left.stream().mapToInt(Target::weight).sum();
        if (sum > 0) {
            int drawn = random.nextInt(sum);
            for (Target target : targets) {
                drawn -= target.weight();
                if (drawn < 0) {
                    left.remove(target);
                    plan.add(target);
                    break;
                }
            }
        }
        plan.addAll(left);
        List<Target> closed =
                plan.stream()
                        .filter(target -> target.breaker().state() == Breaker.State.CLOSED)
                        .toList();
        plan.removeAll(closed);
        plan.addAll(0, closed);
        return plan;
    }
}
