package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Plays the conversations in `scenarios/`; the README there says how they are written.
@Timeout(120)
class ScenarioTest {
    @TempDir private Path data;

    private static Stream<String> scenarios() throws IOException, URISyntaxException {
        try (Stream<Path> files = Files.list(directory())) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".txt"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    private static Path directory() throws URISyntaxException {
        return Path.of(ScenarioTest.class.getResource("/scenarios").toURI());
    }

    /// @param line where it stands in the file
    private record Step(int line, List<String> request, List<String> answer) {}

    private static List<Step> steps(List<String> lines) {
        List<Step> steps = new ArrayList<>();
        List<String> block = new ArrayList<>();
        for (int i = 0; i <= lines.size(); i++) {
            String line = i < lines.size() ? lines.get(i) : "";
            if (!line.isEmpty() && !line.startsWith("#")) {
                block.add(line);
            } else if (line.isEmpty() && !block.isEmpty()) {
                int middle = block.indexOf("----");
                assertThat(middle).as("---- in the block before line %d", i + 1).isPositive();
                steps.add(
                        new Step(
                                i + 1 - block.size(),
                                List.copyOf(block.subList(0, middle)),
                                List.copyOf(block.subList(middle + 1, block.size()))));
                block.clear();
            }
        }
        return steps;
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void plays(String name) throws Exception {
        List<Step> steps = steps(Files.readAllLines(directory().resolve(name)));
        assertThat(steps).isNotEmpty();
        try (TestServer server = new TestServer(data, "")) {
            for (Step step : steps) {
                check(name + ":" + step.line(), step, server.send(request(server, step)));
            }
        }
    }

    private static HttpRequest.Builder request(TestServer server, Step step) {
        String[] start = step.request().getFirst().split(" ");
        HttpRequest.Builder request = server.request(start[1]);
        List<String> body = new ArrayList<>();
        for (String line : step.request().subList(1, step.request().size())) {
            if (line.startsWith(">")) {
                body.add(line.substring(1).strip());
            } else {
                String[] header = line.split(": ", 2);
                request.header(header[0], header[1]);
            }
        }
        return request.method(
                start[0], HttpRequest.BodyPublishers.ofString(String.join("\n", body)));
    }

    private static void check(String where, Step step, HttpResponse<String> answer) {
        String expected = step.answer().getFirst();
        assertThat(Integer.toString(answer.statusCode()))
                .as("%s: %s", where, answer.body())
                .isEqualTo(expected);
        int at = 0;
        for (String line : step.answer().subList(1, step.answer().size())) {
            if (line.startsWith("= ")) {
                assertThat(answer.body()).as(where).isEqualTo(line.substring(2));
            } else if (line.startsWith("! ")) {
                assertThat(answer.body()).as(where).doesNotContain(line.substring(2));
            } else {
                int found = answer.body().indexOf(line, at);
                assertThat(found)
                        .as("%s: '%s' from character %d of %s", where, line, at, answer.body())
                        .isNotNegative();
                at = found + line.length();
            }
        }
    }
}
