package dev.backplane.gateway.batch;

import dev.backplane.core.ObjectStore;
import dev.backplane.core.SharedObject;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// How a batch stands: what is in the object store, and the progress since. Thread-safe; the one
/// that writes it is in this process.
final class State {
    /// Of all projects' batches.
    static final String PREFIX = "batches/";

    private final SharedObject object;

    /// Read without waiting for a change that is on its way to the store.
    private volatile Batch current;

    State(ObjectStore objects, Batch batch) {
        this.object = new SharedObject(objects, key(batch.order().project(), batch.id()));
        this.current = batch;
    }

    static String prefix(String project) {
        return PREFIX + project + "/";
    }

    static String key(String project, String id) {
        return prefix(project) + id + ".json";
    }

    Batch current() {
        return current;
    }

    /// Changes what is stored; durable on return.
    Batch change(UnaryOperator<Batch> change) throws IOException {
        return change(change, _ -> {});
    }

    /// @param durable told of what is stored, before anybody else sees it
    synchronized Batch change(UnaryOperator<Batch> change, Consumer<Batch> durable)
            throws IOException {
        Batch next = change.apply(current);
        object.update(_ -> BatchJson.write(next));
        durable.accept(next);
        current = next;
        return next;
    }

    /// Changes what is known while the batch runs.
    synchronized Batch progress(UnaryOperator<Progress> change) {
        current = current.with(change.apply(current.progress()));
        return current;
    }
}
