package dev.backplane.gateway.batch;

import dev.backplane.core.ObjectStore;
import dev.backplane.core.SharedObject;
import java.io.IOException;
import java.util.function.UnaryOperator;

/// How a batch stands: what is in the object store, and the progress since. Thread-safe; the one
/// that writes it is in this process.
final class State {
    private final SharedObject object;
    private Batch current;

    State(ObjectStore objects, Batch batch) {
        this.object = new SharedObject(objects, key(batch.order().project(), batch.id()));
        this.current = batch;
    }

    static String prefix(String project) {
        return "batches/" + project + "/";
    }

    static String key(String project, String id) {
        return prefix(project) + id + ".json";
    }

    synchronized Batch current() {
        return current;
    }

    /// Changes what is stored; durable on return.
    synchronized Batch change(UnaryOperator<Batch> change) throws IOException {
        Batch next = change.apply(current);
        object.update(_ -> BatchJson.write(next));
        current = next;
        return next;
    }

    /// Changes what is known while the batch runs.
    synchronized Batch progress(UnaryOperator<Progress> change) {
        current = current.with(change.apply(current.progress()));
        return current;
    }
}
