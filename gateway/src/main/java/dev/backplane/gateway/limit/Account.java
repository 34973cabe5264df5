package dev.backplane.gateway.limit;

import dev.backplane.core.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// What one subject uses: in the last minute, now, and in each period. For the thread that has the
/// [Limiter]'s lock.
final class Account {
    /// A refusal, and which limit it was for the metrics.
    record Refusal(String limit, Problem problem) {}

    private static final class Used {
        long startDay;
        long tokens;
        long nanoDollars;

        long of(Budget.Unit unit) {
            return switch (unit) {
                case DOLLARS -> nanoDollars;
                case TOKENS -> tokens;
            };
        }
    }

    private static final Duration CALL_MAY_END = Duration.ofSeconds(1);

    private final Subject subject;
    private final Window requests = new Window();
    private final Window tokens = new Window();
    private final Map<Budget.Period, Used> used = new EnumMap<>(Budget.Period.class);
    private long running;
    private long reservedTokens;
    private long reservedNanoDollars;

    Account(Subject subject) {
        this.subject = subject;
    }

    /// Why a call of this cost cannot be admitted; empty if it can.
    Optional<Refusal> refusal(Limits limits, Cost estimate, Instant now) {
        for (Budget budget : limits.budgets()) {
            if (exceeds(budget, estimate, now)) {
                return Optional.of(new Refusal("budget", exhausted(budget, estimate, now)));
            }
        }
        long concurrency = limits.concurrency().orElse(Long.MAX_VALUE);
        if (running >= concurrency) {
            return Optional.of(
                    new Refusal(
                            "concurrency",
                            limited(
                                    "%s has %d calls running of %d at a time"
                                            .formatted(subject, running, concurrency),
                                    "concurrency",
                                    CALL_MAY_END)));
        }
        return rate("requests", limits.requests(), requests, 1, now)
                .or(() -> rate("tokens", limits.tokens(), tokens, estimate.tokens(), now));
    }

    private Optional<Refusal> rate(
            String what, OptionalLong limit, Window window, long amount, Instant now) {
        if (limit.isEmpty() || window.sum(now) + amount <= limit.getAsLong()) {
            return Optional.empty();
        }
        long most = limit.getAsLong();
        if (amount > most) {
            return Optional.of(
                    new Refusal(
                            what,
                            Problem.tooLarge(
                                            "the call may take %d %s, and %s has %d a minute"
                                                    .formatted(amount, what, subject, most),
                                            "limits")
                                    .fix("send less, ask for fewer tokens, or raise the limit")));
        }
        return Optional.of(
                new Refusal(
                        what,
                        limited(
                                "%s has used %d of %d %s a minute, and the call may take %d"
                                        .formatted(subject, window.sum(now), most, what, amount),
                                what + " a minute",
                                window.until(most - amount, now))));
    }

    private Problem limited(String what, String limit, Duration wait) {
        return Problem.of(Problem.Kind.LIMITED, what, "limits")
                .fix(
                        "try again in %d s, or raise its %s"
                                .formatted((wait.toMillis() + 999) / 1_000, limit))
                .retryAfter(wait);
    }

    private boolean exceeds(Budget budget, Cost estimate, Instant now) {
        long spent = used(budget.period(), now).of(budget.unit());
        long inFlight = reserved(budget.unit());
        return spent >= budget.amount()
                || spent + inFlight + budget.unit().of(estimate) > budget.amount();
    }

    private long reserved(Budget.Unit unit) {
        return switch (unit) {
            case DOLLARS -> reservedNanoDollars;
            case TOKENS -> reservedTokens;
        };
    }

    private Problem exhausted(Budget budget, Cost estimate, Instant now) {
        String each =
                switch (budget.period()) {
                    case DAY -> "a day";
                    case MONTH -> "a month";
                    case TOTAL -> "in all";
                };
        String until =
                budget.period()
                        .next(now)
                        .map(next -> "wait until " + next + ", when it begins anew")
                        .orElse("this one never begins anew");
        String used =
                "%s has used %s and reserved %s of its budget of %s %s"
                        .formatted(
                                subject,
                                budget.show(used(budget.period(), now).of(budget.unit())),
                                budget.show(reserved(budget.unit())),
                                budget.show(budget.amount()),
                                each);
        String more = ", and the call may take " + budget.show(budget.unit().of(estimate));
        return Problem.of(Problem.Kind.EXHAUSTED, used + more, "limits")
                .fix(until + "; ask for fewer tokens, or raise it");
    }

    private Used used(Budget.Period period, Instant now) {
        Used found = used.computeIfAbsent(period, _ -> new Used());
        long startDay = period.startDay(now);
        // A clock that is put back must not give a period's budget out again.
        if (startDay > found.startDay) {
            found.startDay = startDay;
            found.tokens = 0;
            found.nanoDollars = 0;
        }
        return found;
    }

    /// @return the second of the window that the tokens were added in
    long reserve(Cost estimate, Instant now) {
        running++;
        reservedTokens += estimate.tokens();
        reservedNanoDollars += estimate.nanoDollars();
        requests.add(1, now);
        return tokens.add(estimate.tokens(), now);
    }

    /// Ends a reservation: what the call took less is given back to the minute it was taken from,
    /// what it took more counts from now.
    void settle(Cost estimate, long second, Cost actual, Instant now) {
        running--;
        reservedTokens -= estimate.tokens();
        reservedNanoDollars -= estimate.nanoDollars();
        long more = actual.tokens() - estimate.tokens();
        if (more > 0) {
            tokens.add(more, now);
        } else {
            tokens.takeBack(-more, second);
        }
        charge(actual, now);
    }

    void charge(Cost actual, Instant now) {
        for (Budget.Period period : Budget.Period.values()) {
            Used in = used(period, now);
            in.tokens += actual.tokens();
            in.nanoDollars += actual.nanoDollars();
        }
    }

    /// Charges what was used at a time that may be in a period that is over.
    void replay(Cost actual, Instant at) {
        for (Budget.Period period : Budget.Period.values()) {
            Used in = used(period, at);
            if (in.startDay == period.startDay(at)) {
                in.tokens += actual.tokens();
                in.nanoDollars += actual.nanoDollars();
            }
        }
    }

    Standing standing(Limits limits, Instant now) {
        return new Standing(
                rate(limits.requests(), requests, now), rate(limits.tokens(), tokens, now));
    }

    private static Optional<Standing.Rate> rate(OptionalLong limit, Window window, Instant now) {
        if (limit.isEmpty()) {
            return Optional.empty();
        }
        long left = Math.max(0, limit.getAsLong() - window.sum(now));
        return Optional.of(new Standing.Rate(limit.getAsLong(), left, window.until(0, now)));
    }

    /// What was used, by period; nothing for periods in which nothing was.
    List<Balance> balances(Instant now) {
        List<Balance> balances = new ArrayList<>();
        for (Budget.Period period : Budget.Period.values()) {
            Used in = used(period, now);
            if (in.tokens > 0 || in.nanoDollars > 0) {
                balances.add(new Balance(subject, period, in.startDay, in.tokens, in.nanoDollars));
            }
        }
        return balances;
    }

    void restore(Balance balance) {
        Used in = used.computeIfAbsent(balance.period(), _ -> new Used());
        in.startDay = balance.startDay();
        in.tokens = balance.tokens();
        in.nanoDollars = balance.nanoDollars();
    }

    /// Whether forgetting it changes nothing.
    boolean idle(Instant now) {
        return running == 0
                && requests.sum(now) == 0
                && tokens.sum(now) == 0
                && balances(now).isEmpty();
    }
}
