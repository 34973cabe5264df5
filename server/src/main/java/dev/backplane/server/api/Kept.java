package dev.backplane.server.api;

import dev.backplane.gateway.file.FileStore;
import dev.backplane.gateway.response.Background;
import dev.backplane.gateway.response.Conversations;
import dev.backplane.server.dataset.DatasetStore;
import dev.backplane.store.TraceStore;

/// What a project keeps on disk until it is deleted or expires, and is charged for: spans, files
/// (with batches' results), datasets, conversations, and for a day the events of responses that
/// were made in the background. Not counted is the state of batches. Thread-safe.
public record Kept(
        TraceStore store,
        FileStore files,
        DatasetStore datasets,
        Conversations conversations,
        Background background) {
    /// What is measured against its quota.
    long bytes(String project) {
        return store.storedBytes(project) + besides(project);
    }

    /// The same without its spans.
    long besides(String project) {
        return files.usedBytes(project)
                + datasets.usedBytes(project)
                + conversations.usedBytes(project)
                + background.usedBytes(project);
    }
}
