package dev.backplane.http.client;

/// A call before its answer: what there is to close while another thread waits for the head.
public final class ClientCall implements AutoCloseable {
    private final Flight flight;

    ClientCall(Flight flight) {
        this.flight = flight;
    }

    /// Sends the request and waits for the head of the answer, of whatever status. To be called
    /// once.
    ///
    /// @throws dev.backplane.core.Problem `TIMEOUT` when a clock ran out; `UNAVAILABLE` when there
    ///   is no connection, the other side hung up, this was closed, or this thread was interrupted
    ///   (it still is, then)
    public ClientResponse answer() {
        return flight.take();
    }

    /// Gives the call up, from any thread and in any state; the answer's body, too, unless it was
    /// read to its end.
    @Override
    public void close() {
        flight.close();
    }
}
