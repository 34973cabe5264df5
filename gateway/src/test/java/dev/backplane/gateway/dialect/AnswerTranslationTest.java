package dev.backplane.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.bedrock.ConverseReader;
import dev.backplane.gateway.dialect.gemini.GenerateReader;
import dev.backplane.gateway.dialect.ollama.Timing;
import dev.backplane.gateway.dialect.openai.AnswerReader;
import dev.backplane.gateway.dialect.responses.Frames;
import dev.backplane.gateway.dialect.responses.ResponseId;
import dev.backplane.gateway.dialect.responses.ResponseWriter;
import dev.backplane.gateway.dialect.responses.ResponsesRequest;
import dev.backplane.gateway.dialect.responses.ResponsesRequestReader;
import dev.backplane.gateway.model.Answer;
import dev.backplane.gateway.model.Event;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a provider of one dialect answers, told to a client of another, whole and as a stream. As
/// in [TranslationTest] each value is changed by itself: where that changes nothing of what the
/// client gets, it is lost, and has to be in `src/test/resources/answers/not_told.txt`, beside
/// which the answers are, one feature each. `-Dwrite=true` writes that list anew.
class AnswerTranslationTest {
    private static final Path FOLDER = Path.of("src/test/resources/answers");
    private static final List<String> PROVIDERS =
            List.of("anthropic", "bedrock", "gemini", "ollama", "openai");
    private static final List<String> CLIENTS =
            List.of("anthropic", "ollama", "openai_chat", "openai_responses");

    private static List<Event> read(String provider, Slice json) throws IOException {
        List<Event> events = new ArrayList<>();
        switch (provider) {
            case "anthropic" ->
                    new dev.backplane.gateway.dialect.anthropic.AnswerReader(events::add)
                            .read(json, "test");
            case "bedrock" -> new ConverseReader(events::add, "a1", "m1", "test").read(json);
            case "gemini" -> {
                GenerateReader reader = new GenerateReader(events::add, "test");
                reader.read(json);
                reader.end();
            }
            case "ollama" ->
                    new dev.backplane.gateway.dialect.ollama.AnswerReader(events::add)
                            .read(json, "test");
            case "openai" -> new AnswerReader(events::add, "test").read(json);
            default -> throw new AssertionError(provider);
        }
        return events;
    }

    private static String whole(String client, List<Event> events) throws IOException {
        Answer.Builder fold = new Answer.Builder();
        events.forEach(fold::on);
        Answer answer = fold.build();
        return switch (client) {
            case "anthropic" ->
                    dev.backplane.gateway.dialect.anthropic.AnswerWriter.write(answer, answer.id())
                            .text();
            case "ollama" -> {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                ollama(out).whole(answer);
                yield out.toString(StandardCharsets.UTF_8);
            }
            case "openai_chat" ->
                    dev.backplane.gateway.dialect.openai.AnswerWriter.chat(
                                    answer, answer.id(), answer.model())
                            .text();
            case "openai_responses" -> response(Frames.none(), events);
            default -> throw new AssertionError(client);
        };
    }

    private static String stream(String client, List<Event> events) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        switch (client) {
            case "anthropic" -> {
                var writer = new dev.backplane.gateway.dialect.anthropic.StreamWriter(out, "ours");
                for (Event event : events) {
                    writer.on(event);
                }
                writer.done();
            }
            case "ollama" -> {
                var writer = ollama(out);
                for (Event event : events) {
                    writer.on(event);
                }
                writer.done();
            }
            case "openai_chat" -> {
                var writer =
                        new dev.backplane.gateway.dialect.openai.StreamWriter(
                                out, true, "ours", true);
                for (Event event : events) {
                    writer.on(event);
                }
                writer.done();
            }
            case "openai_responses" -> response(Frames.to(out), events);
            default -> throw new AssertionError(client);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static dev.backplane.gateway.dialect.ollama.AnswerWriter ollama(
            ByteArrayOutputStream out) {
        return new dev.backplane.gateway.dialect.ollama.AnswerWriter(
                out, true, "m", new Timing(() -> Instant.EPOCH, () -> 0));
    }

    /// Ids of items are made up anew each time.
    private static String response(Frames frames, List<Event> events) throws IOException {
        ResponsesRequest request =
                ResponsesRequestReader.read(
                        Slice.of(
                                """
                                {"model":"m","input":"hi","include":["message.output_text.logprobs",\
                                "reasoning.encrypted_content"]}\
                                """),
                        "test");
        ResponseWriter writer = new ResponseWriter(request, ResponseId.create(), 7, frames);
        for (Event event : events) {
            writer.on(event);
        }
        Slice response = writer.response(writer.status(), new ResponseWriter.Place(false, ""), 8);
        writer.end(writer.status(), response);
        return response.text();
    }

    /// Made up by us, and so another each time.
    private static String comparable(String text) {
        return text.replaceAll("(resp|msg|rs|fc|call)_[0-9a-f-]{16,}", "$1");
    }

    /// What a client of each dialect is told.
    private record Told(String whole, String stream) {
        static Told of(String provider, String client, Slice json) throws IOException {
            try {
                List<Event> events = read(provider, json);
                return new Told(
                        comparable(AnswerTranslationTest.whole(client, events)),
                        comparable(AnswerTranslationTest.stream(client, events)));
            } catch (Problem refused) {
                return new Told(refused.what(), refused.what());
            }
        }
    }

    private static Map<String, Slice> answers(String provider) throws IOException {
        Map<String, Slice> answers = new LinkedHashMap<>();
        for (String block :
                Files.readString(FOLDER.resolve(provider + ".txt")).split("(?m)^=== ")) {
            int line = block.indexOf('\n');
            if (line > 0) {
                answers.put(block.substring(0, line), Slice.of(block.substring(line).strip()));
            }
        }
        return answers;
    }

    private static List<String> lost(String provider, String client, Slice json)
            throws IOException {
        Told told = Told.of(provider, client, json);
        List<String> lost = new ArrayList<>();
        for (JsonEdits.Edit edit : JsonEdits.of(json)) {
            Told changed = Told.of(provider, client, edit.changed());
            Told without = Told.of(provider, client, edit.without());
            boolean inWhole =
                    !changed.whole().equals(told.whole()) || !without.whole().equals(told.whole());
            boolean inStream =
                    !changed.stream().equals(told.stream())
                            || !without.stream().equals(told.stream());
            if (!inWhole && !inStream) {
                lost.add(edit.path());
            } else if (!inWhole || !inStream) {
                lost.add(edit.path() + (inWhole ? " (in streams)" : " (in one piece)"));
            }
        }
        return lost;
    }

    @Test
    void whatIsNotToldIsWrittenDown() throws IOException {
        StringBuilder table = new StringBuilder();
        for (String provider : PROVIDERS) {
            Map<String, Slice> answers = answers(provider);
            for (String client : CLIENTS) {
                table.append("=== ").append(provider).append(" to ").append(client).append('\n');
                for (Map.Entry<String, Slice> answer : answers.entrySet()) {
                    List<String> lost = lost(provider, client, answer.getValue());
                    if (!lost.isEmpty()) {
                        table.append(answer.getKey()).append(": ");
                        table.append(String.join(", ", lost)).append('\n');
                    }
                }
                table.append('\n');
            }
        }
        Path file = FOLDER.resolve("not_told.txt");
        if (Boolean.getBoolean("write")) {
            Files.writeString(file, table);
        }
        assertThat(table).hasToString(Files.readString(file));
    }
}
