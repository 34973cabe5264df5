package dev.backplane.gateway.model;

import dev.backplane.core.Slice;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// One request for an answer.
///
/// @param dialect that it came in, and that all [Extras] in it belong to
/// @param model as the client named it; the route replaces it by the provider's own name
/// @param stream whether the answer is wanted as it is made
/// @param streamUsage whether a streamed answer is to end with its [Usage]
/// @param user on whose behalf, or empty
/// @param metadata a JSON object, or empty
public record ModelRequest(
        DialectId dialect,
        String model,
        Input input,
        List<Tool> tools,
        ToolChoice toolChoice,
        Settings settings,
        List<String> stop,
        Optional<OutputFormat> format,
        boolean stream,
        boolean streamUsage,
        String user,
        Slice metadata,
        Extras extras) {
    public ModelRequest {
        tools = List.copyOf(tools);
        stop = List.copyOf(stop);
    }

    /// The conversation; empty for raw prompts.
    public List<Message> messages() {
        return input instanceof Input.Chat(List<Message> messages, Slice _) ? messages : List.of();
    }

    /// The limit of tokens to make, by either name.
    public OptionalLong maxTokens() {
        OptionalLong limit = settings.integer(Setting.MAX_COMPLETION_TOKENS);
        return limit.isPresent() ? limit : settings.integer(Setting.MAX_TOKENS);
    }

    public Builder toBuilder() {
        Builder builder = new Builder(dialect);
        builder.model = model;
        builder.input = input;
        builder.tools.addAll(tools);
        builder.toolChoice = toolChoice;
        settings.forEach(builder.settings::put);
        builder.stop.addAll(stop);
        builder.format = format;
        builder.stream = stream;
        builder.streamUsage = streamUsage;
        builder.user = user;
        builder.metadata = metadata;
        extras.members().forEach(builder.extras::put);
        return builder;
    }

    /// This request for another model.
    public ModelRequest withModel(String name) {
        Builder builder = toBuilder();
        builder.model = name;
        return builder.build();
    }

    /// A request while a dialect reads it. Its fields are open because that is all it is.
    public static final class Builder {
        public final DialectId dialect;
        public String model = "";
        public Input input = new Input.Chat(List.of());
        public final List<Tool> tools = new ArrayList<>();
        public ToolChoice toolChoice = ToolChoice.UNSET;
        public final Map<Setting, Slice> settings = new EnumMap<>(Setting.class);
        public final List<String> stop = new ArrayList<>();
        public Optional<OutputFormat> format = Optional.empty();
        public boolean stream;
        public boolean streamUsage;
        public String user = "";
        public Slice metadata = Slice.EMPTY;
        public final Extras.Builder extras = new Extras.Builder();

        public Builder(DialectId dialect) {
            this.dialect = dialect;
        }

        public ModelRequest build() {
            return new ModelRequest(
                    dialect,
                    model,
                    input,
                    tools,
                    toolChoice,
                    Settings.of(settings),
                    stop,
                    format,
                    stream,
                    streamUsage,
                    user,
                    metadata,
                    extras.build());
        }
    }
}
