package dev.backplane.bench.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.api.JsonTree;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MockUpstreamTest {
    private static final String WHOLE = "{\"model\":\"mock\",\"messages\":[]}";
    private static final String STREAM = "{\"model\":\"mock\",\"messages\":[],\"stream\": true}";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private HttpResponse<String> post(MockUpstream upstream, String body) throws Exception {
        URI uri = URI.create(upstream.url() + "/v1/chat/completions");
        return client.send(
                HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(body)).build(),
                BodyHandlers.ofString());
    }

    @Test
    void answersInOnePiece() throws Exception {
        try (MockUpstream upstream = MockUpstream.start(MockUpstream.Pace.immediate(3))) {
            HttpResponse<String> response = post(upstream, WHOLE);
            assertThat(response.statusCode()).isEqualTo(200);
            Map<String, Object> answer =
                    JsonTree.object(response.body().getBytes(StandardCharsets.UTF_8));
            assertThat(answer.get("choices").toString()).contains("token token token ");
            assertThat(answer.get("usage").toString()).contains("completion_tokens=3");
            assertThat(upstream.requests()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5})
    void streamsTokens(int intervalMillis) throws Exception {
        var pace =
                new MockUpstream.Pace(Duration.ofMillis(2), 4, Duration.ofMillis(intervalMillis));
        try (MockUpstream upstream = MockUpstream.start(pace)) {
            List<String> events = new ArrayList<>();
            for (String line : post(upstream, STREAM).body().split("\n")) {
                if (!line.isBlank()) {
                    events.add(line);
                }
            }
            assertThat(events).hasSize(8).allMatch(event -> event.startsWith("data: "));
            assertThat(events.stream().filter(event -> event.contains("\"token \""))).hasSize(4);
            assertThat(events.getLast()).isEqualTo("data: [DONE]");
            assertThat(upstream.tokensSent()).isEqualTo(4);
        }
    }

    @Test
    void aRequestThatOnlyMentionsStreamsIsNone() throws Exception {
        try (MockUpstream upstream = MockUpstream.start(MockUpstream.Pace.immediate(1))) {
            String mention = "{\"messages\":[\"stream\",true],\"user\":\"\\\"stream\\\":true\"}";
            assertThat(post(upstream, mention).headers().firstValue("Content-Type"))
                    .hasValue("application/json");
        }
    }

    @Test
    void bodiesOfAnySizeInAnyPieces() throws Exception {
        try (MockUpstream upstream = MockUpstream.start(MockUpstream.Pace.immediate(1));
                Socket socket = connect(upstream)) {
            String text = "x".repeat(100_000);
            byte[] request = request("{\"text\":\"" + text + "\"}");
            for (int at = 0; at < request.length; at += 7_777) {
                socket.getOutputStream().write(request, at, Math.min(7_777, request.length - at));
                socket.getOutputStream().flush();
            }
            assertThat(readHead(socket)).startsWith("HTTP/1.1 200 OK");
        }
    }

    @Test
    void twoRequestsInOnePieceGetTwoAnswers() throws Exception {
        try (MockUpstream upstream = MockUpstream.start(MockUpstream.Pace.immediate(1));
                Socket socket = connect(upstream)) {
            byte[] one = request(WHOLE);
            byte[] two = new byte[one.length * 2];
            System.arraycopy(one, 0, two, 0, one.length);
            System.arraycopy(one, 0, two, one.length, one.length);
            socket.getOutputStream().write(two);
            int length = upstream.answers.whole.length;
            byte[] both = socket.getInputStream().readNBytes(length * 2);
            assertThat(new String(both, length, length, StandardCharsets.UTF_8))
                    .isEqualTo(new String(upstream.answers.whole, StandardCharsets.UTF_8));
        }
    }

    @Test
    void aClientThatGoesIsCounted() throws Exception {
        var pace = new MockUpstream.Pace(Duration.ZERO, 1_000_000, Duration.ofMillis(1));
        try (MockUpstream upstream = MockUpstream.start(pace)) {
            try (Socket socket = connect(upstream)) {
                socket.getOutputStream().write(request(STREAM));
                readHead(socket);
                assertThat(upstream.answering()).isEqualTo(1);
            }
            while (upstream.abandoned() == 0) {
                Thread.onSpinWait();
            }
            assertThat(upstream.answering()).isZero();
            assertThat(upstream.connections()).isZero();
        }
    }

    @Test
    void refusesWhatItDoesNotKnow() throws Exception {
        try (MockUpstream upstream = MockUpstream.start(MockUpstream.Pace.immediate(1))) {
            URI models = URI.create(upstream.url() + "/v1/models");
            assertThat(
                            client.send(
                                            HttpRequest.newBuilder(models).build(),
                                            BodyHandlers.ofString())
                                    .body())
                    .contains(MockUpstream.MODEL);
            URI other = URI.create(upstream.url() + "/v1/other");
            assertThat(
                            client.send(
                                            HttpRequest.newBuilder(other).build(),
                                            BodyHandlers.discarding())
                                    .statusCode())
                    .isEqualTo(404);
            try (Socket socket = connect(upstream)) {
                socket.getOutputStream()
                        .write("POST /v1/chat/completions HTTP/1.1\r\n\r\n".getBytes());
                assertThat(readHead(socket)).startsWith("HTTP/1.1 411");
            }
        }
    }

    private static Socket connect(MockUpstream upstream) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), upstream.url().getPort());
    }

    private static byte[] request(String body) {
        return ("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\ncontent-length: "
                        + body.length()
                        + "\r\n\r\n"
                        + body)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String readHead(Socket socket) throws IOException {
        return new String(socket.getInputStream().readNBytes(64), StandardCharsets.ISO_8859_1);
    }
}
