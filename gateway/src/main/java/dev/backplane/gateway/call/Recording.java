package dev.backplane.gateway.call;

import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Keeps events on their way. For one thread.
final class Recording implements Events {
    private final Events to;
    private final List<Event> events = new ArrayList<>();

    Recording(Events to) {
        this.to = to;
    }

    @Override
    public void on(Event event) throws IOException {
        events.add(event);
        to.on(event);
    }

    @Override
    public void flush() throws IOException {
        to.flush();
    }

    List<Event> events() {
        return events;
    }
}
