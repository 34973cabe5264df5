package dev.backplane.gateway.call;

import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.Part;
import java.io.IOException;

/// Between the attempt that answers and the client: folds the answer for the span, asks the guard,
/// and knows whether the client has been told anything.
final class Delivery implements Events {
    private final Origin origin;
    private final Guard guard;
    private final Events client;
    private final CallSpan span;
    private final Answer.Builder fold = new Answer.Builder();
    private boolean told;

    Delivery(Origin origin, Guard guard, Events client, CallSpan span) {
        this.origin = origin;
        this.guard = guard;
        this.client = guard.stream(origin, client);
        this.span = span;
    }

    @Override
    public void on(Event event) throws IOException {
        if (!told) {
            told = true;
            span.firstToken();
        }
        fold.on(event);
        if (event instanceof Event.Finished(int choice, FinishReason _, String _)) {
            finished(fold.finished(choice));
        }
        client.on(event);
    }

    private void finished(Answer.Choice choice) {
        for (Part part : choice.parts()) {
            if (part instanceof Part.ToolCall call) {
                guard.toolCall(origin, call);
            }
        }
        guard.answer(origin, choice);
    }

    @Override
    public void flush() throws IOException {
        client.flush();
    }

    boolean told() {
        return told;
    }

    /// What has come so far.
    Answer answer() {
        return fold.build();
    }
}
