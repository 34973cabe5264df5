package dev.backplane.local.provider;

import dev.backplane.core.Problem;
import dev.backplane.gateway.provider.CallContext;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/// How long a call waits for an answer in one piece: until it is cancelled, or its time is over.
/// Thread-safe.
final class Patience implements BooleanSupplier {
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final long startNanos = System.nanoTime();
    private final long nanosMax;
    private final String model;

    /// Begins now.
    ///
    /// @param model by its name, for messages
    Patience(CallContext context, String model) {
        this.model = model;
        nanosMax =
                Math.min(
                        context.timeouts().first().toNanos(), context.timeouts().total().toNanos());
        context.closing(() -> cancelled.set(true));
    }

    /// Whether nobody waits any more.
    ///
    /// @throws Problem `TIMEOUT` when the time is over
    @Override
    public boolean getAsBoolean() {
        if (System.nanoTime() - startNanos > nanosMax) {
            throw late(model);
        }
        return cancelled.get();
    }

    static Problem late(String model) {
        return Problem.timeout("the model took longer than allowed", "model " + model)
                .fix("ask for less, or raise the timeouts of the gateway");
    }
}
