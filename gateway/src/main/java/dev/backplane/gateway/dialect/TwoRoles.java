package dev.backplane.gateway.dialect;

import dev.backplane.core.Slice;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.Tool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// A request of another dialect as it is told to providers that have one place for instructions,
/// two sides that take turns, and no tools but functions. What has no place is told to `ignored`.
/// For one request.
public final class TwoRoles {
    private final ModelRequest request;
    private final Consumer<String> ignored;
    private final Map<String, String> tools = new HashMap<>();

    /// What one side says until the other does.
    public record Turn(boolean assistant, List<Part> parts) {
        public Turn {
            parts = List.copyOf(parts);
        }
    }

    public TwoRoles(ModelRequest request, Consumer<String> ignored) {
        this.request = request;
        this.ignored = ignored;
        for (Message message : request.messages()) {
            for (Part part : message.parts()) {
                if (part instanceof Part.ToolCall call) {
                    tools.put(call.id(), call.name());
                }
            }
        }
    }

    /// The name of the tool that a call was of, if the conversation has the call.
    public Optional<String> tool(String callId) {
        return Optional.ofNullable(tools.get(callId));
    }

    private static boolean instructs(Message message) {
        return message.role() == Message.Role.SYSTEM || message.role() == Message.Role.DEVELOPER;
    }

    /// What system and developer messages say. One that comes when the conversation has begun moves
    /// to the front, and this is told.
    ///
    /// @param sayable whether a part is said; it reports those that are not
    public List<Part> instructions(Predicate<Part> sayable) {
        List<Part> parts = new ArrayList<>();
        boolean begun = false;
        for (Message message : request.messages()) {
            if (!instructs(message)) {
                begun = true;
                continue;
            }
            if (begun) {
                ignored.accept("messages.position");
            }
            parts.addAll(said(message, sayable));
        }
        return parts;
    }

    /// The conversation. A turn says something, and another side speaks in the next.
    ///
    /// @param sayable as for [#instructions]
    public List<Turn> turns(Predicate<Part> sayable) {
        List<Turn> turns = new ArrayList<>();
        List<Part> turn = new ArrayList<>();
        boolean speaks = false;
        for (Message message : request.messages()) {
            List<Part> parts = instructs(message) ? List.of() : said(message, sayable);
            if (parts.isEmpty()) {
                continue;
            }
            boolean assistant = message.role() == Message.Role.ASSISTANT;
            if (assistant != speaks && !turn.isEmpty()) {
                turns.add(new Turn(speaks, turn));
                turn.clear();
            }
            speaks = assistant;
            turn.addAll(parts);
        }
        if (!turn.isEmpty()) {
            turns.add(new Turn(speaks, turn));
        }
        return turns;
    }

    private List<Part> said(Message message, Predicate<Part> sayable) {
        beside(message);
        return message.parts().stream().filter(sayable).toList();
    }

    /// The name beside a tool's result is that of the tool, which the call says.
    private void beside(Message message) {
        boolean implied =
                message.parts().size() == 1
                        && message.parts().getFirst() instanceof Part.ToolResult result
                        && tool(result.callId()).equals(Optional.of(message.name()));
        if (!message.name().isEmpty() && !implied) {
            ignored.accept("messages.name");
        }
        report(message.extras());
    }

    /// Tells the members beside a part or a message, none of which can be said.
    public void report(Extras extras) {
        extras.members().keySet().forEach(name -> ignored.accept("messages." + name));
    }

    /// The tools; others than functions are told.
    public List<Tool.Function> functions() {
        List<Tool.Function> functions = new ArrayList<>();
        for (Tool tool : request.tools()) {
            switch (tool) {
                case Tool.Function function -> functions.add(function);
                case Tool.Other(String type, Slice _) -> ignored.accept("tools." + type);
            }
        }
        return functions;
    }

    /// Tells what is about the request as a whole and its dialect's alone.
    public void rest() {
        rest(_ -> false);
    }

    /// @param passed names of extras that this provider knows nevertheless
    public void rest(Predicate<String> passed) {
        if (!request.metadata().isEmpty()) {
            ignored.accept("metadata");
        }
        request.extras().members().keySet().stream().filter(passed.negate()).forEach(ignored);
    }
}
