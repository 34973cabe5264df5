package dev.backplane.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.testkit.Gen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultipartTest {
    private static final String BOUNDARY = "xYzZY";
    private static final String TYPE = "multipart/form-data; charset=utf-8; boundary=" + BOUNDARY;

    private record Field(String name, Optional<String> filename, String text) {}

    private static List<Field> read(InputStream body) throws IOException {
        Multipart form = Multipart.of(TYPE, body, "/test");
        List<Field> fields = new ArrayList<>();
        for (Optional<Multipart.Part> part = form.next(); part.isPresent(); part = form.next()) {
            byte[] bytes = part.get().body().readAllBytes();
            fields.add(
                    new Field(
                            part.get().name(),
                            part.get().filename(),
                            new String(bytes, StandardCharsets.ISO_8859_1)));
        }
        return fields;
    }

    private static List<Field> read(String body) throws IOException {
        return read(new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
    }

    private static String form(String... parts) {
        StringBuilder body = new StringBuilder();
        for (String part : parts) {
            body.append("--").append(BOUNDARY).append("\r\n").append(part).append("\r\n");
        }
        return body.append("--").append(BOUNDARY).append("--\r\n").toString();
    }

    private static String field(String name, String text) {
        return "Content-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + text;
    }

    @Test
    void readsFieldsAndFiles() throws IOException {
        String file =
                "content-type: text/plain\r\nCONTENT-DISPOSITION: form-data;name=file;"
                        + " filename=\"a;b=c.jsonl\"\r\n\r\n{}\r\n--xYzZ\r\n";

        assertThat(read(form(field("purpose", "batch"), file, field("empty", ""))))
                .containsExactly(
                        new Field("purpose", Optional.empty(), "batch"),
                        new Field("file", Optional.of("a;b=c.jsonl"), "{}\r\n--xYzZ\r\n"),
                        new Field("empty", Optional.empty(), ""));
    }

    @Test
    void aPreambleAnEpilogueAndPaddingAreNoFields() throws IOException {
        String body =
                "about\r\nnothing\r\n"
                        + form(field("a", "1")).replace(BOUNDARY + "\r\n", BOUNDARY + " \t\r\n")
                        + "and so on";

        assertThat(read(body)).containsExactly(new Field("a", Optional.empty(), "1"));
        assertThat(read("--" + BOUNDARY + "--")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`filename=\"a%22b.txt\"`, `a\"b.txt`",
                "`filename=\"a\\\"b\\\\c.txt\"`, `a\"b\\c.txt`",
                "`filename=\"C:\\dir\\x.txt\"`, `C:\\dir\\x.txt`",
                "`filename=\"naïve 🛫.txt\"`, `naïve 🛫.txt`",
                "`filename=\"fallback\"; filename*=UTF-8''na%C3%AFve+1.txt`, `naïve+1.txt`",
                "`filename=\"a\"; filename*=latin1''b`, `a`",
                "`filename=plain.txt`, `plain.txt`"
            })
    void namesOfFilesComeAsTheyWereMeant(String parameter, String name) throws IOException {
        String part = "Content-Disposition: form-data; name=\"f\"; " + parameter + "\r\n\r\nx";

        assertThat(read(form(part))).containsExactly(new Field("f", Optional.of(name), "x"));
    }

    @Test
    void anyBytesInAnyPiecesReadTheSame() {
        Gen.check(
                300,
                random -> {
                    List<Field> fields = new ArrayList<>();
                    ByteArrayOutputStream body = new ByteArrayOutputStream();
                    int count = random.nextInt(5);
                    for (int i = 0; i < count; i++) {
                        String content = content(random);
                        fields.add(new Field("f" + i, Optional.empty(), content));
                        body.writeBytes(
                                ("--" + BOUNDARY + "\r\n").getBytes(StandardCharsets.UTF_8));
                        body.writeBytes(
                                (field("f" + i, content) + "\r\n")
                                        .getBytes(StandardCharsets.ISO_8859_1));
                    }
                    body.writeBytes(("--" + BOUNDARY + "--").getBytes(StandardCharsets.UTF_8));

                    assertThat(read(new Dribble(body.toByteArray(), random))).isEqualTo(fields);
                });
    }

    /// Bytes of which many nearly are a boundary.
    private static String content(RandomGenerator random) {
        StringBuilder text = new StringBuilder();
        int pieces = random.nextInt(40);
        for (int i = 0; i < pieces; i++) {
            text.append(
                    switch (random.nextInt(6)) {
                        case 0 -> "\r\n--xYzZ";
                        case 1 -> "\r\n-";
                        case 2 -> "\r";
                        case 3 -> "--" + BOUNDARY;
                        case 4 -> "\r\n\r\n--";
                        default -> bytes(random, Gen.integer(random, 0, 9_000));
                    });
        }
        String delimiter = "\r\n--" + BOUNDARY;
        String clean = text.toString();
        while (clean.contains(delimiter)) {
            clean = clean.replace(delimiter, "");
        }
        return clean;
    }

    private static String bytes(RandomGenerator random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static final class Dribble extends FilterInputStream {
        private final RandomGenerator random;

        Dribble(byte[] bytes, RandomGenerator random) {
            super(new ByteArrayInputStream(bytes));
            this.random = random;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int most = random.nextInt(3) == 0 ? 3 : 70_000;
            return super.read(bytes, offset, Math.min(length, 1 + random.nextInt(most)));
        }
    }

    @Test
    void aPartNeedNotBeRead() throws IOException {
        String large = "y".repeat(300_000);
        Multipart form =
                Multipart.of(
                        TYPE,
                        new ByteArrayInputStream(
                                form(field("a", large), field("b", "2"))
                                        .getBytes(StandardCharsets.UTF_8)),
                        "/test");
        Multipart.Part first = form.next().orElseThrow();
        assertThat(first.body().read()).isEqualTo('y');

        Multipart.Part second = form.next().orElseThrow();

        assertThat(second.text(10)).isEqualTo("2");
        assertThatThrownBy(() -> first.body().read()).isInstanceOf(IOException.class);
        assertThat(form.next()).isEmpty();
        assertThat(form.next()).isEmpty();
    }

    @Test
    void fieldsHaveALimit() throws IOException {
        Multipart form =
                Multipart.of(
                        TYPE,
                        new ByteArrayInputStream(
                                form(field("a", "12345")).getBytes(StandardCharsets.UTF_8)),
                        "/test");

        Multipart.Part part = form.next().orElseThrow();

        assertThatThrownBy(() -> part.text(4)).hasMessageContaining("longer than 4 bytes (a)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no boundary at all",
                "--xYzZY\r\n",
                "--xYzZY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ncut off",
                "--xYzZY\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xYzZY--",
                "--xYzZYnot a boundary\r\n"
            })
    void whatIsNoFormIsRefused(String body) {
        assertThatThrownBy(() -> read(body))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(Problem.Kind.INVALID);
                            assertThat(problem.what()).startsWith("multipart body is malformed");
                        });
    }

    @Test
    void endlessHeadersAndFieldsAreRefused() {
        String headers = "--" + BOUNDARY + "\r\nX: " + "x".repeat(20_000);
        String[] fields = new String[1_001];
        Arrays.fill(fields, field("a", ""));

        assertThatThrownBy(() -> read(headers)).hasMessageContaining("headers of a part");
        assertThatThrownBy(() -> read(form(fields))).hasMessageContaining("more than 1000 fields");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"multipart/form-data", "multipart/form-data; boundary=\"\"", "a; boundary"})
    void aBoundaryIsNeeded(String type) {
        assertThatThrownBy(() -> Multipart.of(type, InputStream.nullInputStream(), "/test"))
                .hasMessageContaining("has no boundary");
    }

    @Test
    void readsTheBodyOfARequest() throws Exception {
        Handler handler =
                exchange -> {
                    Multipart form = Multipart.of(exchange, BodyLimits.buffered(1_000));
                    exchange.sendText(200, form.next().orElseThrow().text(100));
                };
        try (Client client = new Client(HttpClient.Version.HTTP_1_1, handler)) {
            HttpRequest.BodyPublisher body =
                    HttpRequest.BodyPublishers.ofString(form(field("a", "grüezi")));

            assertThat(
                            client.send(client.request("/").header("Content-Type", TYPE).POST(body))
                                    .body())
                    .isEqualTo("grüezi");
            assertThat(
                            client.send(
                                            client.request("/")
                                                    .header("Content-Type", "application/json")
                                                    .POST(body))
                                    .statusCode())
                    .isEqualTo(415);
        }
    }
}
