package dev.backplane.gateway.limit;

import dev.backplane.core.Meter;
import dev.backplane.core.Problem;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Admits calls. Thread-safe: one lock over all accounts, held for the few additions of a call, is
/// what makes it exact; a call without limits does not take it.
public final class Limiter {
    /// Users and tags are the client's text, so there is a limit to how many are kept.
    static final int ACCOUNTS_MAX = 100_000;

    private final Rules rules;
    private final InstantSource clock;
    private final Meter meter;
    private final Map<Subject, Account> accounts = new HashMap<>();
    private Runnable waking = () -> {};
    private boolean resting;
    private long running;
    private long settlement;

    public Limiter(Rules rules, InstantSource clock, Meter meter) {
        this.rules = rules;
        this.clock = clock;
        this.meter = meter;
    }

    /// One that lets everything through.
    public static Limiter none() {
        return new Limiter(Rules.NONE, InstantSource.system(), new Meter());
    }

    /// Whether calls with the key may ask for the model.
    public boolean allows(String key, String model) {
        return rules.allows(key, model);
    }

    /// The refusal of a model that [#allows] does not.
    public static Problem notAllowed(String model) {
        return Problem.of(Problem.Kind.FORBIDDEN, "key is not for this model", model)
                .fix("use a model that the key allows; GET /v1/models lists them");
    }

    private record Limited(Subject subject, Limits limits) {}

    /// Reserves the estimate with all subjects of a call.
    ///
    /// @param standing told how the call stands to its limits, before this returns or throws
    /// @throws Problem `FORBIDDEN` for a model that the key may not use, `LIMITED` with the time to
    ///   wait, `TOO_LARGE` for what would never fit, `EXHAUSTED` when a budget is used up
    public Ticket admit(
            String key,
            String model,
            List<Subject> others,
            Cost estimate,
            Consumer<Standing> standing) {
        if (!rules.allows(key, model)) {
            throw refused("model", Subject.Kind.KEY, notAllowed(model));
        }
        List<Limited> limited = new ArrayList<>();
        add(new Subject(Subject.Kind.KEY, key), limited);
        add(new Subject(Subject.Kind.MODEL, model), limited);
        others.forEach(subject -> add(subject, limited));
        if (limited.isEmpty()) {
            return new Ticket(this, List.of(), estimate, Standing.UNLIMITED);
        }
        Optional<Ticket> ticket = reserve(limited, estimate, standing);
        while (ticket.isEmpty()) {
            waking.run();
            ticket = reserve(limited, estimate, standing);
        }
        standing.accept(ticket.get().standing());
        return ticket.get();
    }

    private void add(Subject subject, List<Limited> limited) {
        Limits limits = subject.name().isEmpty() ? Limits.NONE : rules.limits(subject);
        if (!limits.isNone()) {
            limited.add(new Limited(subject, limits));
        }
    }

    /// @return nothing while it rests
    private synchronized Optional<Ticket> reserve(
            List<Limited> limited, Cost estimate, Consumer<Standing> standing) {
        if (resting) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        for (Limited each : limited) {
            Optional<Account.Refusal> refusal =
                    account(each.subject(), now).refusal(each.limits(), estimate, now);
            if (refusal.isPresent()) {
                standing.accept(standing(limited, now));
                throw refused(
                        refusal.get().limit(), each.subject().kind(), refusal.get().problem());
            }
        }
        List<Ticket.Held> held = new ArrayList<>(limited.size());
        for (Limited each : limited) {
            Account account = account(each.subject(), now);
            held.add(new Ticket.Held(account, account.reserve(estimate, now)));
        }
        running++;
        return Optional.of(new Ticket(this, held, estimate, standing(limited, now)));
    }

    private Standing standing(List<Limited> limited, Instant now) {
        Standing least = Standing.UNLIMITED;
        for (Limited each : limited) {
            least = least.with(account(each.subject(), now).standing(each.limits(), now));
        }
        return least;
    }

    private Account account(Subject subject, Instant now) {
        Account known = accounts.get(subject);
        if (known != null) {
            return known;
        }
        if (accounts.size() >= ACCOUNTS_MAX) {
            accounts.values().removeIf(account -> account.idle(now));
        }
        if (accounts.size() >= ACCOUNTS_MAX) {
            throw refused(
                    "accounts",
                    subject.kind(),
                    Problem.of(
                                    Problem.Kind.LIMITED,
                                    "more than %d users and tags have used something"
                                            .formatted(ACCOUNTS_MAX),
                                    "limits")
                            .fix("set limits by key instead of by each user or tag"));
        }
        Account account = new Account(subject);
        accounts.put(subject, account);
        return account;
    }

    private Problem refused(String limit, Subject.Kind kind, Problem problem) {
        meter.counter(
                        "backplane_gateway_refused_total",
                        "Calls refused by a limit",
                        "by=\"" + kind.id() + "\",limit=\"" + limit + "\"")
                .increment();
        return problem;
    }

    synchronized long settle(List<Ticket.Held> held, Cost estimate, Cost actual) {
        Instant now = clock.instant();
        for (Ticket.Held each : held) {
            each.account().settle(estimate, each.second(), actual, now);
        }
        running--;
        return ++settlement;
    }

    /// Rests if no call with limits is under way and none was settled after the one given: until
    /// [#wake], what [#balances] said stays true.
    ///
    /// @return whether it rests
    public synchronized boolean rest(long after) {
        resting = resting || (running == 0 && settlement == after);
        return resting;
    }

    /// Ends a rest.
    public synchronized void wake() {
        resting = false;
    }

    /// Before the first call.
    ///
    /// @param action what a call runs that finds it resting; it has to [#wake]
    public void onWaking(Runnable action) {
        waking = action;
    }

    /// A consistent state of everything that has to survive.
    public synchronized Balances balances() {
        Instant now = clock.instant();
        List<Balance> all = new ArrayList<>();
        accounts.values().forEach(account -> all.addAll(account.balances(now)));
        return new Balances(settlement, all);
    }

    /// The state that was kept; before the first call.
    public synchronized void restore(Balances kept) {
        settlement = kept.settlement();
        Instant now = clock.instant();
        kept.balances().forEach(balance -> account(balance.subject(), now).restore(balance));
    }

    /// Charges a call that was settled after the state that was restored.
    ///
    /// @param number its settlement's
    /// @param subjects of the call; those without budgets are passed over
    public synchronized void replay(long number, List<Subject> subjects, Cost actual, Instant at) {
        settlement = Math.max(settlement, number);
        for (Subject subject : subjects) {
            if (!rules.limits(subject).budgets().isEmpty()) {
                account(subject, at).replay(actual, at);
            }
        }
    }
}
