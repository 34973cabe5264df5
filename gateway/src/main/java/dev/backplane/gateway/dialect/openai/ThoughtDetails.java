package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Event;
import java.util.Optional;

/// Makes [ReasoningDetails] of the thoughts of one choice while they come. What proves a thought
/// waits for the next event, because that may be the call that it belongs to.
final class ThoughtDetails {
    private final StringBuilder text = new StringBuilder();
    private Optional<Event.ReasoningSealed> sealed = Optional.empty();
    private int count;

    /// @return what is to be sent before the event
    Optional<Slice> before(Event event) {
        String call = event instanceof Event.ToolCallStarted started ? started.id() : "";
        Optional<Slice> detail = sealed.map(seal -> detail(seal, call));
        sealed = Optional.empty();
        if (event instanceof Event.ReasoningDelta(int _, String piece)) {
            text.append(piece);
        } else if (event instanceof Event.ReasoningSealed seal) {
            sealed = Optional.of(seal);
        }
        return detail;
    }

    private Slice detail(Event.ReasoningSealed seal, String call) {
        String whole = text.toString();
        text.setLength(0);
        return ReasoningDetails.write(whole, seal.signature(), seal.redacted(), call, count++);
    }
}
