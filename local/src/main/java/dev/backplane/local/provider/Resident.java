package dev.backplane.local.provider;

import dev.backplane.gateway.provider.InProcess;
import dev.backplane.local.ModelFiles;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// A model that is in memory or on its way there: who uses it, and until when it stays. All but
/// what is final is guarded by the [Residents] that it is one of.
final class Resident {
    final ModelFiles files;
    final CompletableFuture<LoadedModel> loading = new CompletableFuture<>();
    Optional<LoadPlan> plan = Optional.empty();

    /// Memory of its adapters.
    long adapterBytes;

    int leases;
    long usedNanos = System.nanoTime();
    Duration keepAlive;
    boolean leaving;

    Resident(ModelFiles files, Duration keepAlive) {
        this.files = files;
        this.keepAlive = keepAlive;
    }

    boolean loaded() {
        return loading.isDone() && !loading.isCompletedExceptionally();
    }

    boolean idle() {
        return loaded() && leases == 0;
    }

    boolean stays() {
        return keepAlive.isNegative();
    }

    long leftNanos() {
        return keepAlive.toNanos() - (System.nanoTime() - usedNanos);
    }

    /// As planned, and of its adapters.
    long bytes() {
        return plan.map(LoadPlan::bytes).orElse(0L) + adapterBytes;
    }

    InProcess.Loaded described(InstantSource clock) {
        long left = leases > 0 ? keepAlive.toNanos() : Math.max(0, leftNanos());
        return new InProcess.Loaded(
                files.name(),
                files.digest(),
                files.bytes(),
                bytes(),
                plan.map(LoadPlan::context).orElse(0),
                plan.map(LoadPlan::architecture).orElse(""),
                plan.map(LoadPlan::type).orElse(""),
                plan.map(LoadPlan::parameters).orElse(0L),
                leases,
                stays() ? "" : clock.instant().plusNanos(left).toString(),
                !loaded());
    }
}
