package dev.backplane.server.api;

import dev.backplane.core.Field;
import dev.backplane.core.SpanEvent;
import dev.backplane.core.Value;
import java.util.List;

/// Attributes whose names begin with `backplane.` are what this server itself says of a span: by
/// `backplane.key` usage is added up, by `backplane.settlement` budgets are charged after a crash.
/// From outside they are kept under another name, so that nobody can say it in the server's place.
final class ReservedNames {
    private static final String RESERVED = "backplane.";

    /// What stands before a reserved name that came from outside.
    static final String SENT = "sent.";

    private ReservedNames() {}

    static boolean areIn(SpanEvent event) {
        return event.data().get(Field.ATTRIBUTES).orElse(Value.of(0))
                        instanceof Value.Attributes(List<Value.Attribute> all)
                && all.stream().anyMatch(ReservedNames::isReserved);
    }

    private static boolean isReserved(Value.Attribute attribute) {
        return attribute.name().startsWith(RESERVED);
    }

    /// The same with other names for them.
    static SpanEvent renamed(SpanEvent event) {
        if (event.data().get(Field.ATTRIBUTES).orElse(Value.of(0))
                instanceof Value.Attributes(List<Value.Attribute> all)) {
            List<Value.Attribute> others = all.stream().map(ReservedNames::renamed).toList();
            return new SpanEvent(
                    event.key(),
                    event.op(),
                    event.data().toBuilder()
                            .put(Field.ATTRIBUTES, new Value.Attributes(others))
                            .build(),
                    event.rules());
        }
        return event;
    }

    private static Value.Attribute renamed(Value.Attribute attribute) {
        return isReserved(attribute)
                ? new Value.Attribute(SENT + attribute.name(), attribute.value())
                : attribute;
    }
}
