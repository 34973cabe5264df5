package dev.backplane.gateway.response;

import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.dialect.responses.ResponseId;
import java.util.Optional;

/// Keeps responses, so that a request can go on from one. A project sees its own only. Thread-safe.
public interface ResponseStore {
    /// Keeps nothing.
    ResponseStore NONE =
            new ResponseStore() {
                @Override
                public boolean keeps() {
                    return false;
                }

                @Override
                public void put(Origin origin, Kept kept) {
                    throw new IllegalStateException("nothing is kept here");
                }

                @Override
                public Optional<Kept> get(String project, ResponseId id) {
                    return Optional.empty();
                }

                @Override
                public boolean delete(String project, ResponseId id) {
                    return false;
                }
            };

    /// A response with the items that it was asked with, those of earlier responses left out.
    ///
    /// @param previous id of the response that it goes on from, or empty
    /// @param session of all that go on from one another
    /// @param items a JSON array
    /// @param response the response object
    /// @param error empty if it went well
    /// @param startNanos since 1970, as `endNanos`, which is 0 while it is being made
    record Kept(
            ResponseId id,
            String previous,
            String session,
            Slice items,
            Slice response,
            String error,
            long startNanos,
            long endNanos) {}

    /// Whether responses are kept at all.
    boolean keeps();

    /// Keeps a response, in the place of what was kept under its id. When this returns, it is
    /// durable.
    ///
    /// @param origin who asked, as the request came
    /// @throws dev.backplane.core.Problem if it could not be kept
    void put(Origin origin, Kept kept);

    Optional<Kept> get(String project, ResponseId id);

    /// @return whether there was one
    boolean delete(String project, ResponseId id);
}
