package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.FinishReason;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Settings;
import dev.backplane.gateway.model.Usage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Writes the response object: what became of a request, and the request's own settings again.
final class ResponseObject {
    private static final Map<String, String> REASONING =
            Map.of("effort", "null", "summary", "null");
    private static final Map<String, String> TEXT = Map.of("type", "\"text\"");
    private static final Map<String, String> SCHEMA =
            Map.of("description", "null", "strict", "false");

    private final ResponsesRequest request;
    private final Settings settings;
    private final ResponseId id;
    private final long createdSeconds;

    /// @param error message and code, or nothing
    /// @param extras what the provider said that the model has no place for
    record State(
            ResponseWriter.Status status,
            ResponseWriter.Place place,
            long completedSeconds,
            FinishReason reason,
            Usage usage,
            Optional<Failure> error,
            Extras extras) {}

    record Failure(String code, String message) {}

    ResponseObject(ResponsesRequest request, ResponseId id, long createdSeconds) {
        this.request = request;
        this.settings = request.request().settings();
        this.id = id;
        this.createdSeconds = createdSeconds;
    }

    /// @param output writes the items
    Slice write(String model, State state, Consumer<JsonOut> output) {
        JsonOut out = new JsonOut().beginObject().name("id").text(id.toString());
        out.name("object").text("response").name("created_at").literal("" + createdSeconds);
        out.name("completed_at")
                .literal(state.completedSeconds() == 0 ? "null" : "" + state.completedSeconds());
        out.name("status").text(state.status().id()).name("background");
        out.literal("" + request.background());
        outcome(out, state);
        out.name("model").text(model).name("output");
        output.accept(out);
        usage(out.name("usage"), state.usage());
        textOrNull(out, "previous_response_id", request.previous());
        textOrNull(out, "instructions", request.instructions());
        out.name("conversation");
        if (state.place().conversation().isEmpty()) {
            out.literal("null");
        } else {
            out.beginObject().name("id").text(state.place().conversation()).endObject();
        }
        out.name("store").literal("" + state.place().stored());
        tools(out);
        sampling(out);
        out.name("truncation").text("disabled");
        textOrNull(out, "user", request.request().user());
        Slice metadata = request.echo().metadata();
        out.name("metadata").json(metadata.isEmpty() ? Slice.of("{}") : metadata);
        if (!state.extras().isEmpty()) {
            out.name("provider_fields").beginObject();
            state.extras().members().forEach((name, json) -> out.name(name).json(json));
            out.endObject();
        }
        return out.endObject().slice();
    }

    private static void outcome(JsonOut out, State state) {
        out.name("error");
        state.error()
                .ifPresentOrElse(
                        failure -> {
                            out.beginObject().name("code").text(failure.code());
                            out.name("message").text(failure.message()).endObject();
                        },
                        () -> out.literal("null"));
        out.name("incomplete_details");
        if (state.status() == ResponseWriter.Status.INCOMPLETE) {
            boolean filtered = state.reason() == FinishReason.FILTERED;
            out.beginObject().name("reason");
            out.text(filtered ? "content_filter" : "max_output_tokens").endObject();
        } else {
            out.literal("null");
        }
    }

    private void tools(JsonOut out) {
        out.name("tools").beginArray();
        request.echo().tools().forEach(out::json);
        out.endArray();
        Slice choice = request.echo().toolChoice();
        out.name("tool_choice").json(choice.isEmpty() ? Slice.of("\"auto\"") : choice);
        setting(out, "parallel_tool_calls", Setting.PARALLEL_TOOL_CALLS, "true");
        Slice calls = request.echo().maxToolCalls();
        out.name("max_tool_calls").json(calls.isEmpty() ? Slice.of("null") : calls);
    }

    private void sampling(JsonOut out) {
        setting(out, "max_output_tokens", Setting.MAX_COMPLETION_TOKENS, "null");
        setting(out, "temperature", Setting.TEMPERATURE, "1.0");
        setting(out, "top_p", Setting.TOP_P, "1.0");
        setting(out, "presence_penalty", Setting.PRESENCE_PENALTY, "0.0");
        setting(out, "frequency_penalty", Setting.FREQUENCY_PENALTY, "0.0");
        setting(out, "top_logprobs", Setting.TOP_LOGPROBS, "0");
        setting(out, "service_tier", Setting.SERVICE_TIER, "\"default\"");
        setting(out, "prompt_cache_key", Setting.PROMPT_CACHE_KEY, "null");
        setting(out, "safety_identifier", Setting.SAFETY_IDENTIFIER, "null");
        completed(out.name("reasoning"), request.echo().reasoning(), REASONING);
        boolean schema =
                request.request().format().orElse(new OutputFormat.Text())
                        instanceof OutputFormat.JsonSchema;
        out.name("text").beginObject().name("format");
        completed(out, request.echo().textFormat(), schema ? SCHEMA : TEXT);
        settings.json(Setting.VERBOSITY).ifPresent(json -> out.name("verbosity").json(json));
        out.endObject();
    }

    /// What a request said, with the members that the form of a response requires.
    ///
    /// @param json an object, or empty
    /// @param required JSON of those that were not said, by name
    private static void completed(JsonOut out, Slice json, Map<String, String> required) {
        Map<String, Slice> members = new LinkedHashMap<>();
        if (!json.isEmpty()) {
            members.putAll(Members.of(json, "request").values());
        }
        required.forEach((name, otherwise) -> members.putIfAbsent(name, Slice.of(otherwise)));
        out.beginObject();
        members.forEach((name, value) -> out.name(name).json(value));
        out.endObject();
    }

    private void setting(JsonOut out, String name, Setting setting, String otherwise) {
        out.name(name).json(settings.json(setting).orElse(Slice.of(otherwise)));
    }

    private static void textOrNull(JsonOut out, String name, String text) {
        out.name(name);
        if (text.isEmpty()) {
            out.literal("null");
        } else {
            out.text(text);
        }
    }

    private static void usage(JsonOut out, Usage usage) {
        if (usage.input().isEmpty() && usage.output().isEmpty()) {
            out.literal("null");
            return;
        }
        out.beginObject().name("input_tokens").literal("" + usage.input().orElse(0));
        out.name("input_tokens_details").beginObject();
        out.name("cached_tokens").literal("" + usage.cached().orElse(0));
        out.name("cache_write_tokens").literal("" + usage.cacheWrite().orElse(0)).endObject();
        out.name("output_tokens").literal("" + usage.output().orElse(0));
        out.name("output_tokens_details").beginObject();
        out.name("reasoning_tokens").literal("" + usage.reasoning().orElse(0)).endObject();
        out.name("total_tokens").literal("" + usage.total()).endObject();
    }
}
