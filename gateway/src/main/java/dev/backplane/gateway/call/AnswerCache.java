package dev.backplane.gateway.call;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.dialect.openai.Completions;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.OutputFormat;
import dev.backplane.gateway.model.Part;
import dev.backplane.gateway.model.ToolChoice;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Answers to requests that were asked before, word for word, in the same project. An answer is its
/// events as the provider sent them, and only one that came to its end is here. Whether an answer
/// is wanted as a stream makes no difference. Bounded in bytes; what was not used for longest goes
/// first. Thread-safe.
public final class AnswerCache {
    /// Keeps nothing.
    public static final AnswerCache NONE = new AnswerCache(0);

    /// What an event costs besides its text.
    private static final int EVENT_BYTES = 96;

    private static final int ENTRY_BYTES = 256;

    private record Entry(List<Event> events, long bytes) {}

    private final long bytesMax;
    private final Map<String, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    public AnswerCache(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    boolean enabled() {
        return bytesMax > 0;
    }

    synchronized Optional<List<Event>> find(String key) {
        return Optional.ofNullable(entries.get(key)).map(Entry::events);
    }

    /// An answer above a tenth of the whole would push out too many others.
    void put(String key, List<Event> events) {
        long size = ENTRY_BYTES + events.stream().mapToLong(AnswerCache::size).sum();
        if (size > bytesMax / 10) {
            return;
        }
        Entry entry = new Entry(List.copyOf(events), size);
        synchronized (this) {
            Entry replaced = entries.put(key, entry);
            bytes += size - (replaced == null ? 0 : replaced.bytes());
            Iterator<Entry> oldest = entries.values().iterator();
            while (bytes > bytesMax) {
                bytes -= oldest.next().bytes();
                oldest.remove();
            }
        }
    }

    synchronized long bytes() {
        return bytes;
    }

    /// About what it takes in memory, in bytes.
    static long size(Event event) {
        return EVENT_BYTES
                + switch (event) {
                    case Event.Started(String id, String model, long _, Extras extras) ->
                            2L * (id.length() + model.length()) + size(extras);
                    case Event.TextDelta(int _, String text) -> 2L * text.length();
                    case Event.ReasoningDelta(int _, String text) -> 2L * text.length();
                    case Event.RefusalDelta(int _, String text) -> 2L * text.length();
                    case Event.ReasoningSealed(int _, String signature, String redacted) ->
                            2L * (signature.length() + redacted.length());
                    case Event.ToolCallStarted(int _, int _, String id, String name) ->
                            2L * (id.length() + name.length());
                    case Event.ToolArguments(int _, int _, String piece) -> 2L * piece.length();
                    case Event.Logprobs(int _, Slice json) -> json.length();
                    case Event.ToolMember(int _, int _, String _, Slice json) -> json.length();
                    case Event.Other(int _, String _, Slice json) -> json.length();
                    case Event.Used used -> size(used.usage().extras());
                    case Event.ToolCallEnded _, Event.Finished _ -> 0;
                };
    }

    private static long size(Extras extras) {
        return extras.members().values().stream().mapToLong(Slice::length).sum();
    }

    /// SHA-256 of all that the answer depends on. On whose behalf it is asked and what metadata it
    /// carries is not among that.
    static String key(String project, ModelRequest request) {
        JsonOut out = new JsonOut().beginArray().text(project).text(request.dialect().id());
        out.text(request.model());
        switch (request.input()) {
            case Input.Chat(List<Message> messages, Slice _) -> chat(out, messages, request);
            case Input.Raw(List<Input.Prompt> prompts) ->
                    out.text("raw").json(Completions.prompts(prompts));
        }
        out.json(ChatRequestWriter.tools(request.tools())).beginArray();
        switch (request.toolChoice()) {
            case ToolChoice.Other(Slice json) -> out.text("other").json(json);
            case ToolChoice.Named(String name) -> out.text("named").text(name);
            case ToolChoice.Unset _, ToolChoice.Auto _, ToolChoice.None _, ToolChoice.Required _ ->
                    out.text(request.toolChoice().getClass().getSimpleName());
        }
        out.endArray().beginObject();
        request.settings().forEach((setting, json) -> out.name(setting.name()).json(json));
        out.endObject().beginArray();
        request.stop().forEach(out::text);
        out.endArray().beginArray();
        request.format().ifPresent(format -> format(out, format));
        out.endArray().beginObject();
        request.extras().members().forEach((name, json) -> out.name(name).json(json));
        return hash(out.endObject().endArray().slice());
    }

    /// With what the form of a chat has no place for.
    private static void chat(JsonOut out, List<Message> messages, ModelRequest request) {
        out.text("chat").json(ChatRequestWriter.messages(messages, request.dialect()));
        out.beginArray();
        for (Message message : messages) {
            for (Part part : message.parts()) {
                switch (part) {
                    case Part.Reasoning(String _, String signature, String redacted, Extras _) ->
                            out.text(signature).text(redacted);
                    case Part.ToolResult result -> out.literal("" + result.error());
                    case Part.Text _,
                            Part.Image _,
                            Part.Audio _,
                            Part.File _,
                            Part.Refusal _,
                            Part.ToolCall _,
                            Part.Other _ -> {}
                }
            }
        }
        out.endArray();
    }

    private static void format(JsonOut out, OutputFormat format) {
        switch (format) {
            case OutputFormat.Text _ -> out.text("text");
            case OutputFormat.JsonObject _ -> out.text("json");
            case OutputFormat.Other(Slice json) -> out.text("other").json(json);
            case OutputFormat.JsonSchema schema -> {
                out.text("schema").text(schema.name()).text(schema.description());
                out.text(schema.schema()).text(schema.strict().toString()).beginObject();
                schema.extras().members().forEach((name, json) -> out.name(name).json(json));
                out.endObject();
            }
        }
    }

    private static String hash(Slice bytes) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes.array(), bytes.offset(), bytes.length());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
