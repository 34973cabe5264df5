package dev.backplane.text.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The variables of a block, and those around it.
final class Scope {
    private final Map<String, Value> variables = new HashMap<>();
    private final Optional<Scope> outer;

    Scope() {
        outer = Optional.empty();
    }

    private Scope(Scope outer) {
        this.outer = Optional.of(outer);
    }

    Scope inner() {
        return new Scope(this);
    }

    void set(String name, Value value) {
        variables.put(name, value);
    }

    Value get(String name) {
        Scope scope = this;
        while (true) {
            Value value = scope.variables.get(name);
            if (value != null) {
                return value;
            }
            if (scope.outer.isEmpty()) {
                return new Value.Undefined("'%s'".formatted(name));
            }
            scope = scope.outer.get();
        }
    }
}
