package dev.backplane.gateway.call;

import dev.backplane.core.Field;
import dev.backplane.core.Problem;
import dev.backplane.gateway.limit.Cost;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.route.Breaker;
import dev.backplane.gateway.route.Hedge;
import dev.backplane.gateway.route.Route;
import dev.backplane.gateway.route.Target;
import dev.backplane.http.ClientGone;
import dev.backplane.http.Presence;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// The attempts of one call, until one of them answers.
///
/// ```
/// calling thread    target, again, the next target, …  ─┐ the first that says something is chosen,
/// hedge's thread    after a silence, another target    ─┘ and the other is given up at once
/// ```
///
/// Only the chosen attempt's events pass ([AttemptEvents]), so that there is one thread at a time
/// that speaks to the client. When the client goes, whatever runs is given up. All that the threads
/// share is guarded by this.
final class Attempts {
    /// Asks a target.
    interface Asking {
        void ask(Target target, CallContext context, Events events) throws IOException;
    }

    /// The call is another attempt's.
    private static final class Overtaken extends IOException {
        private static final long serialVersionUID = 1;
    }

    private final CallSpan span;
    private final Recorder recorder;
    private final Retries retries;
    private final Route route;
    private final Origin origin;
    private final boolean stream;

    private final Set<CallContext> running = new HashSet<>();
    private final List<Tried> tried = new ArrayList<>();
    private Optional<CallContext> chosen = Optional.empty();
    private Optional<Target> current = Optional.empty();

    /// Where the hedge is, from when its breaker was entered.
    private Optional<Target> beside = Optional.empty();

    private long currentNanos;
    private int begun;
    private boolean gone;
    private boolean over;

    Attempts(
            CallSpan span,
            Recorder recorder,
            Retries retries,
            Route route,
            Origin origin,
            boolean stream) {
        this.span = span;
        this.recorder = recorder;
        this.retries = retries;
        this.route = route;
        this.origin = origin;
        this.stream = stream;
    }

    /// Asks targets until one has answered, or the client has heard something.
    ///
    /// @param events told what the attempt that answers says
    Gateway.Outcome run(LongSupplier beginning, Asking asking, Events events) throws IOException {
        List<Target> plan = route.plan(ThreadLocalRandom.current(), beginning);
        Optional<Hedger> hedger =
                route.hedge()
                        .filter(_ -> stream && plan.size() > 1)
                        .map(hedge -> new Hedger(hedge, plan, asking, events));
        try (Presence.Watch _ = origin.presence().whenGone(this::leave)) {
            hedger.ifPresent(Hedger::start);
            return inTurn(plan, asking, events);
        } catch (Overtaken | Problem lost) {
            if (hedger.isEmpty()) {
                throw lost;
            }
            return hedger.get().answerInstead(lost);
        } catch (RuntimeException | Error unexpected) {
            leave();
            throw unexpected;
        } finally {
            hedger.ifPresent(Hedger::end);
            span.attempts(tried());
        }
    }

    private Gateway.Outcome inTurn(List<Target> plan, Asking asking, Events events)
            throws IOException {
        Optional<Problem> last = Optional.empty();
        for (Target target : plan) {
            for (int failed = 0; failed < retries.perTarget() && mayBegin(); failed++) {
                if (failed > 0) {
                    pause(last.flatMap(Problem::retryAfter), failed);
                }
                if (isBeside(target) || !target.breaker().enter()) {
                    break;
                }
                try {
                    return attempt(target, false, asking, events);
                } catch (Problem problem) {
                    last = Optional.of(problem);
                    if (isChosen()
                            || !retries.otherTarget(problem)
                            || Thread.currentThread().isInterrupted()) {
                        throw problem;
                    }
                    if (!retries.sameTarget(problem)) {
                        break;
                    }
                }
            }
        }
        throw last.orElseGet(() ->
                Problem.unavailable("every target of the model keeps failing", route.model())
                        .fix("try again in a while"));
    }

    /// Asks a target whose breaker was entered.
    ///
    /// @throws Problem why it did not answer
    /// @throws IOException if another does, or the client has gone
    private Gateway.Outcome attempt(Target target, boolean hedge, Asking asking, Events events)
            throws IOException {
        CallContext context =
                new CallContext(
                        span.traceparent(), target.timeouts().clocks(stream), origin.caller());
        AttemptEvents said =
                new AttemptEvents(
                        () -> choose(target, context), events, "provider " + target.name());
        long start = CallSpan.time();
        Tried.End end = Tried.End.LEFT;
        Optional<Problem> failure = Optional.empty();
        try {
            begin(target, context, hedge);
        } catch (IOException notBegun) {
            target.breaker().abandoned();
            throw notBegun;
        }
        try {
            ask(asking, target, context, said);
            end = Tried.End.ANSWERED;
            return answered(target, context, said);
        } catch (Overtaken overtaken) {
            end = Tried.End.OVERTAKEN;
            throw overtaken;
        } catch (Problem problem) {
            failure = Optional.of(problem);
            // Whatever a hedge fails of, the attempt beside it may still do better.
            end = ended(context, hedge || retries.otherTarget(problem));
            if (end == Tried.End.FAILED) {
                throw problem;
            }
            throw end == Tried.End.LEFT ? left() : new Overtaken();
        } catch (RuntimeException unexpected) {
            end = Tried.End.FAILED;
            throw unexpected;
        } finally {
            judge(target, end, failure);
            end(
                    context,
                    new Tried(
                            target,
                            hedge,
                            isChosen(context),
                            start,
                            CallSpan.time(),
                            end,
                            failure,
                            context.counted()));
        }
    }

    /// What was said before a failure is heard before it.
    private static void ask(Asking asking, Target target, CallContext context, AttemptEvents said)
            throws IOException {
        try {
            asking.ask(target, context, said);
        } catch (Problem failed) {
            said.flush();
            throw failed;
        }
    }

    private Gateway.Outcome answered(Target target, CallContext context, AttemptEvents said) {
        Gateway.Outcome outcome = outcome(target, context);
        if (!isChosen(context)) {
            origin.listener().answers(outcome);
        }
        span.attribute("backplane.ignored_fields", String.join(",", outcome.ignored()));
        if (said.leftOut() > 0) {
            span.attribute("backplane.events_left_out", "" + said.leftOut());
        }
        return outcome;
    }

    private Gateway.Outcome outcome(Target target, CallContext context) {
        return new Gateway.Outcome(span.trace(), target.name(), context.ignored(), false);
    }

    private void judge(Target target, Tried.End end, Optional<Problem> failure) {
        boolean blamed =
                end == Tried.End.FAILED
                        && failure.filter(retries::blames).isPresent()
                        && !Thread.currentThread().isInterrupted();
        if (end == Tried.End.ANSWERED) {
            target.breaker().succeeded();
        } else if (blamed) {
            target.breaker().failed();
        } else {
            target.breaker().abandoned();
        }
    }

    // ---- what the threads share

    private synchronized void begin(Target target, CallContext context, boolean hedge)
            throws IOException {
        requireOpen();
        begun++;
        running.add(context);
        if (!hedge) {
            current = Optional.of(target);
            currentNanos = System.nanoTime();
            notifyAll();
        }
        span.put(Field.PROVIDER, target.provider().name());
    }

    /// Also the moment from which the answer has no first token to wait for.
    private void choose(Target target, CallContext context) throws IOException {
        synchronized (this) {
            requireOpen();
            decide(context);
            span.put(Field.PROVIDER, target.provider().name());
        }
        origin.listener().answers(outcome(target, context));
        context.begun();
    }

    private void requireOpen() throws IOException {
        if (gone) {
            throw left();
        }
        if (chosen.isPresent()) {
            throw new Overtaken();
        }
    }

    private static IOException left() {
        return new ClientGone("client went away");
    }

    /// @param elsewhere whether another target may do better; where not, this failure is the answer
    private synchronized Tried.End ended(CallContext context, boolean elsewhere) {
        if (gone) {
            return Tried.End.LEFT;
        }
        if (chosen.isPresent() && !isChosen(context)) {
            return Tried.End.OVERTAKEN;
        }
        if (!elsewhere) {
            decide(context);
        }
        return Tried.End.FAILED;
    }

    private synchronized void decide(CallContext context) {
        chosen = Optional.of(context);
        running.stream().filter(other -> other != context).forEach(CallContext::cancel);
        notifyAll();
    }

    private synchronized void end(CallContext context, Tried attempt) {
        span.phases(context.phases());
        running.remove(context);
        current = attempt.hedge() ? current : Optional.empty();
        tried.add(attempt);
        notifyAll();
        if (attempt.hedge()) {
            beside = Optional.empty();
            recorder.hedge(attempt.end().id());
        }
    }

    private void leave() {
        synchronized (this) {
            gone = true;
            notifyAll();
        }
        cancel();
    }

    private synchronized void cancel() {
        running.forEach(CallContext::cancel);
    }

    private synchronized boolean mayBegin() {
        return begun < retries.total();
    }

    private synchronized boolean isBeside(Target target) {
        return beside.equals(Optional.of(target));
    }

    private synchronized boolean isChosen() {
        return chosen.isPresent();
    }

    private synchronized boolean isChosen(CallContext context) {
        return chosen.isPresent() && chosen.get() == context;
    }

    private synchronized List<Tried> tried() {
        return List.copyOf(tried);
    }

    private synchronized void pause(Optional<Duration> asked, int failed) throws IOException {
        Duration drawn = retries.delay(failed, ThreadLocalRandom.current());
        Duration delay = asked.filter(least -> least.compareTo(drawn) > 0).orElse(drawn);
        long end = System.nanoTime() + delay.toNanos();
        try {
            for (long left = delay.toNanos(); left > 0; left = end - System.nanoTime()) {
                requireOpen();
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw Problem.of(Problem.Kind.UNAVAILABLE, "call was cancelled", "gateway")
                    .causedBy(interrupted);
        }
    }

    // ---- what came of it

    /// What the provider of the attempt that was chosen had counted, if it did not say so itself.
    synchronized Usage counted() {
        return chosen.map(CallContext::counted).orElse(Usage.UNKNOWN);
    }

    /// What the other attempts took, as far as their providers had counted.
    synchronized Cost besides() {
        Cost sum = Cost.ZERO;
        for (Tried attempt : tried) {
            if (attempt.isBesides()) {
                sum = sum.plus(recorder.cost(attempt.target().model(), attempt.usage()));
            }
        }
        return sum;
    }

    /// The second thread: waits for a silence, and asks another target once.
    private final class Hedger {
        private final Hedge hedge;
        private final List<Target> plan;
        private final Asking asking;
        private final Events events;
        private final Thread thread = Thread.ofVirtual().name("hedge").unstarted(this::run);

        // Read when the thread has ended.
        private Optional<Gateway.Outcome> outcome = Optional.empty();
        private Optional<RuntimeException> failure = Optional.empty();
        private Optional<IOException> left = Optional.empty();

        Hedger(Hedge hedge, List<Target> plan, Asking asking, Events events) {
            this.hedge = hedge;
            this.plan = plan;
            this.asking = asking;
            this.events = events;
        }

        void start() {
            hedge.earn();
            thread.start();
        }

        private void run() {
            Optional<Target> other = awaitSilence();
            if (other.isEmpty()) {
                return;
            }
            try {
                outcome = Optional.of(attempt(other.get(), true, asking, events));
            } catch (Overtaken overtaken) {
                // The calling thread has the answer.
            } catch (IOException e) {
                left = Optional.of(e);
            } catch (RuntimeException e) {
                failure = Optional.of(e);
            }
        }

        /// @return a target whose breaker was entered, if there is cause to ask it
        private Optional<Target> awaitSilence() {
            long after = hedge.after().toNanos();
            synchronized (Attempts.this) {
                while (!over && !gone && chosen.isEmpty()) {
                    long left = after - (System.nanoTime() - currentNanos);
                    if (current.isPresent() && left <= 0) {
                        return other();
                    }
                    try {
                        if (current.isPresent()) {
                            TimeUnit.NANOSECONDS.timedWait(Attempts.this, left);
                        } else {
                            Attempts.this.wait();
                        }
                    } catch (InterruptedException nobodyDoes) {
                        return Optional.empty();
                    }
                }
                return Optional.empty();
            }
        }

        private Optional<Target> other() {
            Optional<Target> found = plan.stream().filter(this::isFresh).findFirst();
            if (found.isEmpty() || !mayBegin()) {
                return Optional.empty();
            }
            if (!hedge.spend()) {
                recorder.hedge("withheld");
                return Optional.empty();
            }
            beside = found.filter(target -> target.breaker().enter());
            return beside;
        }

        private boolean isFresh(Target target) {
            return !current.equals(Optional.of(target))
                    && tried.stream().noneMatch(attempt -> attempt.target().equals(target))
                    && target.breaker().state() == Breaker.State.CLOSED;
        }

        /// The answer after the calling thread has none.
        Gateway.Outcome answerInstead(Exception lost) throws IOException {
            end();
            if (left.isPresent()) {
                throw left.get();
            }
            if (outcome.isEmpty() && !isChosen() && lost instanceof Problem problem) {
                throw problem;
            }
            return outcome.orElseThrow(() ->
                    failure.orElseGet(() -> new IllegalStateException("no attempt was chosen")));
        }

        /// Waits for the thread, which is short unless it is the one that answers.
        void end() {
            synchronized (Attempts.this) {
                over = true;
                Attempts.this.notifyAll();
            }
            boolean interrupted = false;
            while (true) {
                try {
                    thread.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                    leave();
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
