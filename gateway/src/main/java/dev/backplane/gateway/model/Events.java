package dev.backplane.gateway.model;

import java.io.IOException;

/// Who listens to an answer. Called by one thread, in order.
@FunctionalInterface
public interface Events {
    /// @throws IOException when whoever is listening has gone: the call is to be given up
    void on(Event event) throws IOException;

    /// Nothing more is there at the moment: what was held back should leave.
    default void flush() throws IOException {}
}
