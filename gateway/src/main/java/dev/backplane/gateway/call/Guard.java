package dev.backplane.gateway.call;

import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;

/// The points at which a call can be changed or stopped. Stopping is throwing a
/// [dev.backplane.core.Problem] of kind `BLOCKED`. Thread-safe.
public interface Guard {
    /// Lets everything through.
    Guard NONE = new Guard() {};

    /// What the client asks, before anything else is done.
    default ModelRequest input(Origin origin, ModelRequest request) {
        return request;
    }

    /// The tools that the model is offered.
    default ModelRequest toolDefinitions(Origin origin, ModelRequest request) {
        return request;
    }

    /// What tools answered, which the model is about to read.
    default ModelRequest toolResults(Origin origin, ModelRequest request) {
        return request;
    }

    /// The answer as it comes: what is passed to `client` is what it gets.
    default Events stream(Origin origin, Events client) {
        return client;
    }

    /// A tool call that is complete, before the client is told so.
    default void toolCall(Origin origin, Part.ToolCall call) {}

    /// The answer, before the client is told that it is complete.
    default void answer(Origin origin, Answer.Choice choice) {}
}
