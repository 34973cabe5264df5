package dev.backplane.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.dialect.anthropic.Headers;
import dev.backplane.gateway.dialect.anthropic.MessagesRequestReader;
import dev.backplane.gateway.dialect.anthropic.MessagesRequestWriter;
import dev.backplane.gateway.dialect.bedrock.ConverseWriter;
import dev.backplane.gateway.dialect.gemini.GenerateWriter;
import dev.backplane.gateway.dialect.ollama.RequestReader;
import dev.backplane.gateway.dialect.ollama.RequestWriter;
import dev.backplane.gateway.dialect.openai.ChatRequestReader;
import dev.backplane.gateway.dialect.openai.ChatRequestWriter;
import dev.backplane.gateway.dialect.responses.ResponsesRequest;
import dev.backplane.gateway.dialect.responses.ResponsesRequestReader;
import dev.backplane.gateway.model.ModelRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What a client of one dialect says, told to a provider of another: every value in its request is
/// in what the provider gets, or is named as left out, or the request is refused. Found out by
/// changing and leaving out each value by itself: where neither makes any difference, it was lost
/// in silence.
///
/// The requests are in `src/test/resources/requests`, one feature each.
class TranslationTest {
    private static final Path FOLDER = Path.of("src/test/resources/requests");

    private interface Reader {
        /// @param echo told what stays on this side
        ModelRequest read(Slice body, Consumer<String> echo);
    }

    private interface Writer {
        Slice write(ModelRequest request, Consumer<String> ignored);
    }

    private static final Map<String, Reader> READERS =
            Map.of(
                    "openai_chat", (body, _) -> ChatRequestReader.read(body, "test"),
                    "anthropic",
                            (body, _) -> MessagesRequestReader.read(body, Headers.NONE, "test"),
                    "ollama", (body, _) -> RequestReader.chat(body, "test"),
                    "openai_responses", TranslationTest::response);

    private static final Map<String, Writer> WRITERS =
            Map.of(
                    "openai", ChatRequestWriter::write,
                    "anthropic", MessagesRequestWriter::write,
                    "ollama", RequestWriter::write,
                    "gemini", GenerateWriter::write,
                    "bedrock", ConverseWriter::write);

    private static ModelRequest response(Slice body, Consumer<String> echo) {
        ResponsesRequest request = ResponsesRequestReader.read(body, "test");
        echo.accept(request.echo() + " " + request.renamed());
        return request.withItems(request.items());
    }

    /// What becomes of a request.
    ///
    /// @param said what the provider is told, and what stays on this side; or why it is refused
    /// @param ignored names of what the provider is not told
    private record Told(String said, List<String> ignored) {
        static Told of(Reader reader, Writer writer, Slice body) {
            List<String> ignored = new ArrayList<>();
            StringBuilder said = new StringBuilder();
            try {
                ModelRequest request = reader.read(body, said::append);
                said.append(writer.write(request, ignored::add).text());
                said.append(request.stream()).append(request.streamUsage());
            } catch (Problem refused) {
                return new Told("refused: " + refused.what(), List.of());
            }
            ignored.sort(null);
            return new Told(said.toString(), ignored);
        }

        boolean refused() {
            return said.startsWith("refused");
        }

        /// Whether all that the other request says less is named as left out by this one.
        boolean names(Told less) {
            return less.said.equals(said) && !less.ignored.equals(ignored);
        }
    }

    /// Values that say nothing to a model: a format's label, ids and places that this side gave to
    /// items, and words that can be no other.
    private static final Set<String> MEANINGLESS =
            Set.of(
                    "/response_format/json_schema/name",
                    "/input/1/id",
                    "/input/1/summary/0/type",
                    "/messages/1/reasoning_details/1/index");

    private static Map<String, Slice> requests(String dialect) {
        try {
            Map<String, Slice> requests = new LinkedHashMap<>();
            for (String block :
                    Files.readString(FOLDER.resolve(dialect + ".txt")).split("(?m)^=== ")) {
                int line = block.indexOf('\n');
                if (line > 0) {
                    requests.put(block.substring(0, line), Slice.of(block.substring(line).strip()));
                }
            }
            return requests;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @TestFactory
    Stream<DynamicTest> nothingIsLostInSilence() {
        return READERS.keySet().stream()
                .sorted()
                .flatMap(from ->
                        WRITERS.keySet().stream()
                                .sorted()
                                .map(to ->
                                        DynamicTest.dynamicTest(
                                                from + " to " + to, () -> check(from, to))));
    }

    private static void check(String from, String to) {
        Reader reader = READERS.get(from);
        Writer writer = WRITERS.get(to);
        List<String> lost = new ArrayList<>();
        requests(from)
                .forEach((name, body) -> {
                    Told whole = Told.of(reader, writer, body);
                    for (JsonEdits.Edit edit : JsonEdits.of(body)) {
                        boolean told =
                                whole.refused()
                                        || !Told.of(reader, writer, edit.changed()).equals(whole)
                                        || !Told.of(reader, writer, edit.without()).equals(whole)
                                        || edit.withoutAround().stream()
                                                .map(less -> Told.of(reader, writer, less))
                                                .anyMatch(whole::names);
                        if (!told && !MEANINGLESS.contains(edit.path())) {
                            lost.add(name + ": " + edit.path());
                        }
                    }
                });
        assertThat(lost).isEmpty();
    }

    /// What is refused or left out, for people to read; `-Dwrite=true` writes it anew.
    @Test
    void whatIsNotToldIsWrittenDown() throws IOException {
        StringBuilder table = new StringBuilder();
        for (String from : READERS.keySet().stream().sorted().toList()) {
            for (String to : WRITERS.keySet().stream().sorted().toList()) {
                table.append("=== ").append(from).append(" to ").append(to).append('\n');
                requests(from)
                        .forEach((name, body) -> {
                            Told told = Told.of(READERS.get(from), WRITERS.get(to), body);
                            String not =
                                    told.refused()
                                            ? told.said()
                                            : String.join(", ", told.ignored());
                            if (!not.isEmpty()) {
                                table.append(name).append(": ").append(not).append('\n');
                            }
                        });
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
