package dev.backplane.http;

import java.io.IOException;

/// Answers one request on its own virtual thread; may block. Called by many threads at once.
@FunctionalInterface
public interface Handler {
    /// Returning without having written anything sends the status and headers alone.
    ///
    /// @throws dev.backplane.core.Problem is answered as [Errors] says, if nothing was sent yet
    /// @throws ClientGone ends the exchange quietly
    void handle(Exchange exchange) throws IOException;
}
