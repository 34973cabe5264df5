package dev.backplane.gateway.dialect.responses;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.SettingTable;
import dev.backplane.gateway.json.JsonCursor;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Reads the body of `POST /v1/responses`.
public final class ResponsesRequestReader {
    static final SettingTable SETTINGS =
            SettingTable.of(
                    Map.ofEntries(
                            Map.entry("max_output_tokens", Setting.MAX_COMPLETION_TOKENS),
                            Map.entry("temperature", Setting.TEMPERATURE),
                            Map.entry("top_p", Setting.TOP_P),
                            Map.entry("top_k", Setting.TOP_K),
                            Map.entry("min_p", Setting.MIN_P),
                            Map.entry("frequency_penalty", Setting.FREQUENCY_PENALTY),
                            Map.entry("presence_penalty", Setting.PRESENCE_PENALTY),
                            Map.entry("repetition_penalty", Setting.REPETITION_PENALTY),
                            Map.entry("seed", Setting.SEED),
                            Map.entry("top_logprobs", Setting.TOP_LOGPROBS),
                            Map.entry("parallel_tool_calls", Setting.PARALLEL_TOOL_CALLS),
                            Map.entry("service_tier", Setting.SERVICE_TIER),
                            Map.entry("prompt_cache_key", Setting.PROMPT_CACHE_KEY),
                            Map.entry("safety_identifier", Setting.SAFETY_IDENTIFIER)));

    private final JsonCursor cursor;
    private final String where;
    private final ModelRequest.Builder request =
            new ModelRequest.Builder(DialectId.OPENAI_RESPONSES);
    private final List<Slice> items = new ArrayList<>();
    private final ToolReader tools = new ToolReader();
    private boolean hasInput;
    private String instructions = "";
    private String previous = "";
    private String conversation = "";
    private boolean background;
    private Optional<Boolean> store = Optional.empty();
    private Slice textFormat = Slice.EMPTY;
    private Slice reasoning = Slice.EMPTY;
    private boolean summaries;
    private Slice maxToolCalls = Slice.EMPTY;
    private Slice metadata = Slice.EMPTY;

    private ResponsesRequestReader(JsonCursor cursor, String where) {
        this.cursor = cursor;
        this.where = where;
    }

    /// @throws Problem `INVALID` that names line and column, or path and what is allowed
    public static ResponsesRequest read(Slice body, String where) {
        return JsonCursor.read(
                body, where, cursor -> new ResponsesRequestReader(cursor, where).request());
    }

    private ResponsesRequest request() {
        cursor.object(this::member);
        if (request.model.isEmpty()) {
            throw Problem.invalid("model is missing", where).fix("name a model; see /v1/models");
        }
        if (!previous.isEmpty() && !conversation.isEmpty()) {
            throw Problem.invalid(
                            "conversation and previous_response_id are both there", "conversation")
                    .fix("send one of them");
        }
        if (background && store.isPresent() && !store.get()) {
            throw Problem.invalid("background needs store, which is false", "background")
                    .fix("leave store out: what is made in the background is fetched later");
        }
        if (!hasInput && previous.isEmpty() && conversation.isEmpty()) {
            throw Problem.invalid("input is missing", where)
                    .fix("send input, a string or an array of items");
        }
        if (!request.settings
                .getOrDefault(Setting.TOP_LOGPROBS, Slice.of("0"))
                .equals(Slice.of("0"))) {
            request.settings.put(Setting.LOGPROBS, Slice.of("true"));
        }
        tools.addTo(request, where);
        return new ResponsesRequest(
                request.build(),
                items,
                instructions,
                previous,
                conversation,
                background,
                store,
                tools.renamed(),
                new ResponsesRequest.Echo(
                        tools.choice(),
                        tools.echo(),
                        textFormat,
                        reasoning,
                        summaries,
                        maxToolCalls,
                        metadata));
    }

    private void member(String name) {
        switch (name) {
            case "model" -> request.model = cursor.text();
            case "input" -> input();
            case "instructions" -> instructions = cursor.textOrEmpty();
            case "previous_response_id" -> previous = cursor.textOrEmpty();
            case "store" -> store = optionalFlag();
            case "stream" -> request.stream = optionalFlag().orElse(false);
            case "background" -> background = optionalFlag().orElse(false);
            case "conversation" -> conversation();
            case "truncation" -> truncation();
            case "include" -> include();
            case "tools" -> {
                if (!cursor.isNull()) {
                    cursor.array(() -> tools.tool(cursor));
                }
            }
            case "tool_choice" -> tools.choice(cursor);
            case "text" -> optionalObject(this::text);
            case "reasoning" -> reasoning();
            case "user" -> request.user = cursor.textOrEmpty();
            case "metadata" -> metadata();
            case "max_tool_calls" -> {
                if (!cursor.isNull()) {
                    cursor.integer();
                    maxToolCalls = cursor.raw();
                }
            }
            case "stream_options" -> {
                if (!cursor.isNull()) {
                    request.extras.put(name, cursor.raw());
                }
            }
            case "prompt" -> refusePrompt();
            default -> {
                if (!SETTINGS.read(name, cursor, request)) {
                    request.extras.put(name, cursor.raw());
                }
            }
        }
    }

    private Optional<Boolean> optionalFlag() {
        return cursor.isNull() ? Optional.empty() : Optional.of(cursor.flag());
    }

    private void optionalObject(Consumer<String> member) {
        if (!cursor.isNull()) {
            cursor.object(member);
        }
    }

    private void input() {
        if (cursor.isText()) {
            JsonOut item = new JsonOut().beginObject().name("role").text("user");
            items.add(item.name("content").text(cursor.text()).endObject().slice());
        } else if (cursor.isArray()) {
            cursor.array(() -> {
                if (!cursor.isObject()) {
                    throw cursor.wrong("an object");
                }
                items.add(cursor.raw());
            });
        } else if (!cursor.isNull()) {
            throw cursor.wrong("a string or an array of items");
        }
        hasInput = !cursor.isNull();
    }

    /// An id, or an object that has one.
    private void conversation() {
        if (cursor.isObject()) {
            cursor.object(name -> {
                if (name.equals("id")) {
                    conversation = cursor.text();
                } else {
                    cursor.skip();
                }
            });
        } else {
            conversation = cursor.textOrEmpty();
        }
    }

    private void truncation() {
        switch (cursor.textOrEmpty()) {
            case "", "disabled" -> {}
            case "auto" ->
                    throw Problem.invalid(
                                    "truncation is auto, and no provider here leaves items out by"
                                            + " itself",
                                    "truncation")
                            .fix(
                                    "leave it out, and send fewer items when the model's context is"
                                            + " full");
            default -> throw cursor.wrong("disabled");
        }
    }

    /// All but probabilities are there anyway, or belong to tools that are not run here.
    private void include() {
        if (cursor.isNull()) {
            return;
        }
        cursor.array(() -> {
            if (cursor.text().equals("message.output_text.logprobs")) {
                request.settings.put(Setting.LOGPROBS, Slice.of("true"));
            }
        });
    }

    private void refusePrompt() {
        if (!cursor.isNull()) {
            throw Problem.invalid("prompt names something that is not kept here", "prompt")
                    .fix("send its text as instructions or input");
        }
    }

    private void metadata() {
        if (cursor.isNull()) {
            return;
        }
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        metadata = cursor.raw();
    }

    private void reasoning() {
        if (cursor.isNull()) {
            return;
        }
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        reasoning = cursor.raw();
        JsonCursor.read(
                reasoning,
                "reasoning",
                inner -> {
                    inner.object(name -> {
                        switch (name) {
                            case "effort" -> {
                                if (!inner.textOrEmpty().isEmpty()) {
                                    request.settings.put(Setting.REASONING_EFFORT, inner.raw());
                                }
                            }
                            case "summary", "generate_summary" ->
                                    summaries |= !inner.textOrEmpty().isEmpty();
                            default -> request.extras.put("reasoning." + name, inner.raw());
                        }
                    });
                    return inner;
                });
    }

    private void text(String name) {
        switch (name) {
            case "format" -> format();
            case "verbosity" -> {
                if (!cursor.textOrEmpty().isEmpty()) {
                    request.settings.put(Setting.VERBOSITY, cursor.raw());
                }
            }
            default -> request.extras.put("text." + name, cursor.raw());
        }
    }

    private void format() {
        if (cursor.isNull()) {
            return;
        }
        if (!cursor.isObject()) {
            throw cursor.wrong("an object");
        }
        textFormat = cursor.raw();
        request.format =
                Optional.of(JsonCursor.read(textFormat, "text.format", FormatReader::read));
    }

    /// `{"type":"json_schema","name":…,"schema":…,"strict":…}`
    private static final class FormatReader {
        private String type = "";
        private String name = "";
        private String description = "";
        private Slice schema = Slice.EMPTY;
        private Optional<Boolean> strict = Optional.empty();
        private final Extras.Builder extras = new Extras.Builder();

        static OutputFormat read(JsonCursor cursor) {
            FormatReader reader = new FormatReader();
            cursor.object(member -> reader.member(member, cursor));
            return switch (reader.type) {
                case "text" -> new OutputFormat.Text();
                case "json_object" -> new OutputFormat.JsonObject();
                case "json_schema" -> reader.schema();
                default ->
                        throw Problem.invalid("text.format.type is not known", "text.format")
                                .fix("use text, json_object or json_schema");
            };
        }

        private OutputFormat schema() {
            if (name.isEmpty() || schema.isEmpty()) {
                throw Problem.invalid("text.format has no name or no schema", "text.format")
                        .fix("send name and schema with type json_schema");
            }
            return new OutputFormat.JsonSchema(name, description, schema, strict, extras.build());
        }

        private void member(String member, JsonCursor cursor) {
            switch (member) {
                case "type" -> type = cursor.text();
                case "name" -> name = cursor.text();
                case "description" -> description = cursor.textOrEmpty();
                case "schema" -> {
                    if (!cursor.isObject()) {
                        throw cursor.wrong("an object");
                    }
                    schema = cursor.raw();
                }
                case "strict" ->
                        strict = cursor.isNull() ? Optional.empty() : Optional.of(cursor.flag());
                default -> extras.put(member, cursor.raw());
            }
        }
    }
}
