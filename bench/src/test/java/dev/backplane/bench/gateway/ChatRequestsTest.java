package dev.backplane.bench.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.api.JsonTree;
import dev.backplane.bench.gateway.ChatRequests.Destination;
import dev.backplane.bench.gateway.ChatRequests.Request;
import dev.backplane.bench.gateway.ChatRequests.Shape;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ChatRequestsTest {
    private static final Destination DESTINATION =
            new Destination(URI.create("http://127.0.0.1:4000"), "some-model");

    @ParameterizedTest
    @EnumSource
    void areWhatOpenAiUnderstands(Shape shape) {
        for (Request request : ChatRequests.make(shape, DESTINATION, 7, 5)) {
            byte[] bytes = request.bytes();
            int start = bytes.length - request.bodyBytes();
            String head = new String(bytes, 0, start, StandardCharsets.US_ASCII);
            assertThat(head)
                    .startsWith("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:4000\r\n")
                    .contains("\r\nContent-Length: " + request.bodyBytes() + "\r\n")
                    .endsWith("\r\n\r\n");
            Arrays.fill(bytes, request.numberAt(), request.numberAt() + 12, (byte) '7');
            Map<String, Object> body =
                    JsonTree.object(Arrays.copyOfRange(bytes, start, bytes.length));
            assertThat(body.get("model")).isEqualTo("some-model");
            assertThat(body.containsKey("stream")).isEqualTo(shape.streams());
            List<?> messages = (List<?>) body.get("messages");
            assertThat(messages.getFirst().toString()).contains("role=system");
            assertThat(messages.getLast().toString()).contains("[777777777777] ");
            assertThat(body.get("tools").toString()).contains("function={name=");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSeedGivesTheSameOnAnyMachine(Shape shape) {
        List<Request> once = ChatRequests.make(shape, DESTINATION, 7, 3);
        List<Request> again = ChatRequests.make(shape, DESTINATION, 7, 3);
        for (int i = 0; i < once.size(); i++) {
            assertThat(again.get(i).bytes()).isEqualTo(once.get(i).bytes());
        }
        assertThat(once.get(0).bytes()).isNotEqualTo(once.get(1).bytes());
    }
}
