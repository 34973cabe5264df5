package dev.backplane.gateway.response;

import dev.backplane.core.Problem;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.responses.ResponseId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Keeps responses in memory, or refuses to.
public final class MemoryResponses implements ResponseStore {
    public final Map<String, Kept> kept = new ConcurrentHashMap<>();
    public volatile boolean full;

    @Override
    public boolean keeps() {
        return true;
    }

    @Override
    public void put(Origin origin, Kept response) {
        if (full) {
            throw Problem.unavailable("store is full", "test");
        }
        kept.put(origin.project() + response.id(), response);
    }

    @Override
    public Optional<Kept> get(String project, ResponseId id) {
        return Optional.ofNullable(kept.get(project + id));
    }

    @Override
    public boolean delete(String project, ResponseId id) {
        return kept.remove(project + id) != null;
    }
}
