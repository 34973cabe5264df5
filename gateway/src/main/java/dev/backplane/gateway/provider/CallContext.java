package dev.backplane.gateway.provider;

import dev.backplane.gateway.model.Usage;
import dev.backplane.http.client.Timeouts;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What accompanies one attempt at a provider: its clocks, the trace it belongs to, and what it has
/// to report. Safe for use by several threads.
public final class CallContext {
    /// A part of an attempt's time that its provider can tell from the rest.
    ///
    /// @param startNanos by [System#nanoTime], as the end
    /// @param counts by the names of attributes
    public record Phase(String name, long startNanos, long endNanos, Map<String, Long> counts) {
        public Phase {
            counts = Map.copyOf(counts);
        }
    }

    private final String traceparent;
    private final Timeouts timeouts;
    private final Caller caller;
    private final Set<String> ignored = new LinkedHashSet<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<Runnable> beginnings = new ArrayList<>();
    private final List<Phase> phases = new ArrayList<>();
    private Usage counted = Usage.UNKNOWN;
    private boolean cancelled;

    /// For nobody in particular.
    ///
    /// @param traceparent W3C, to send along; or empty
    public CallContext(String traceparent, Timeouts timeouts) {
        this(traceparent, timeouts, Caller.NOBODY);
    }

    /// @param traceparent W3C, to send along; or empty
    public CallContext(String traceparent, Timeouts timeouts, Caller caller) {
        this.traceparent = traceparent;
        this.timeouts = timeouts;
        this.caller = caller;
    }

    /// Whom an attempt is for: those that must not learn of each other's requests differ in it.
    ///
    /// @param project that pays
    /// @param key the id of the key, never the key; or empty
    public record Caller(String project, String key) {
        /// The process itself.
        public static final Caller NOBODY = new Caller("", "");
    }

    public Caller caller() {
        return caller;
    }

    public String traceparent() {
        return traceparent;
    }

    public Timeouts timeouts() {
        return timeouts;
    }

    /// A field of the request that this provider cannot be told: it ends in a header of the answer
    /// and in the span.
    public synchronized void ignored(String field) {
        ignored.add(field);
    }

    public synchronized List<String> ignored() {
        return List.copyOf(ignored);
    }

    /// What the provider has counted so far, for an answer that may not come to its end.
    public synchronized void counted(Usage soFar) {
        counted = soFar;
    }

    public synchronized Usage counted() {
        return counted;
    }

    /// Something that took its time; it becomes a span below the call's.
    public synchronized void phase(Phase phase) {
        phases.add(phase);
    }

    public synchronized List<Phase> phases() {
        return List.copyOf(phases);
    }

    /// What is to be done when the answer has said something.
    public synchronized void whenBegun(Runnable action) {
        beginnings.add(action);
    }

    /// The answer has said something.
    public void begun() {
        List<Runnable> due;
        synchronized (this) {
            due = List.copyOf(beginnings);
            beginnings.clear();
        }
        due.forEach(Runnable::run);
    }

    /// What [#cancel] is to close; at once if that has happened.
    public void closing(AutoCloseable resource) {
        synchronized (this) {
            if (!cancelled) {
                open.add(resource);
                return;
            }
        }
        close(resource);
    }

    /// Gives the call up, from any thread.
    public void cancel() {
        List<AutoCloseable> resources;
        synchronized (this) {
            cancelled = true;
            resources = List.copyOf(open);
            open.clear();
        }
        resources.forEach(CallContext::close);
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception failed) {
            throw new IllegalStateException("a call could not be closed", failed);
        }
    }
}
