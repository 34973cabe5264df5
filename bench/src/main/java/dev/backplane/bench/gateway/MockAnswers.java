package dev.backplane.bench.gateway;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// The bytes that a [MockUpstream] says, as OpenAI's API reference gives their form.
final class MockAnswers {
    private static final String WORD = "token ";
    private static final String ID = "chatcmpl-mock-0000000001";
    private static final long CREATED = 1_760_000_000L;
    private static final int INPUT_TOKENS = 700;

    private final int tokens;

    /// An answer in one piece, head included.
    final byte[] whole;

    /// The head of a stream and its first event, which names the role.
    final byte[] streamBegin;

    /// One token's event.
    final byte[] streamToken;

    /// The reason to stop, the usage, `[DONE]` and the last chunk.
    final byte[] streamEnd;

    /// All of a stream.
    final byte[] stream;

    final byte[] models;
    final byte[] unknown = head("404 Not Found", "application/json", error("no such path"));
    final byte[] lengthless =
            head("411 Length Required", "application/json", error("say the Content-Length"));
    final byte[] tooLarge =
            head("413 Content Too Large", "application/json", error("request is too large"));

    MockAnswers(int tokens) {
        this.tokens = tokens;
        this.whole = head("200 OK", "application/json", wholeBody());
        this.models =
                head(
                        "200 OK",
                        "application/json",
                        """
                        {"object":"list","data":[{"id":"%s","object":"model","owned_by":"mock"}]}\
                        """
                                .formatted(MockUpstream.MODEL));
        this.streamBegin =
                join(
                        bytes(
                                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                        + "Transfer-Encoding: chunked\r\n\r\n"),
                        event("{\"role\":\"assistant\",\"content\":\"\"}", "null"));
        this.streamToken = event("{\"content\":\"" + WORD + "\"}", "null");
        this.streamEnd =
                join(
                        event("{}", "\"stop\""),
                        chunk("data: " + chunkObject("[]", ",\"usage\":" + usage()) + "\n\n"),
                        chunk("data: [DONE]\n\n"),
                        bytes("0\r\n\r\n"));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(streamBegin);
        for (int i = 0; i < tokens; i++) {
            all.writeBytes(streamToken);
        }
        all.writeBytes(streamEnd);
        this.stream = all.toByteArray();
    }

    private String wholeBody() {
        return """
        {"id":"%s","object":"chat.completion","created":%d,"model":"%s","choices":[{"index":0,\
        "message":{"role":"assistant","content":"%s","refusal":null},"logprobs":null,\
        "finish_reason":"stop"}],"usage":%s,"system_fingerprint":"fp_mock"}\
        """
                .formatted(ID, CREATED, MockUpstream.MODEL, WORD.repeat(tokens), usage());
    }

    private String usage() {
        return """
        {"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,\
        "prompt_tokens_details":{"cached_tokens":0}}\
        """
                .formatted(INPUT_TOKENS, tokens, INPUT_TOKENS + tokens);
    }

    private static byte[] event(String delta, String finish) {
        String choice =
                "[{\"index\":0,\"delta\":%s,\"logprobs\":null,\"finish_reason\":%s}]"
                        .formatted(delta, finish);
        return chunk("data: " + chunkObject(choice, "") + "\n\n");
    }

    private static String chunkObject(String choices, String more) {
        return """
        {"id":"%s","object":"chat.completion.chunk","created":%d,"model":"%s",\
        "system_fingerprint":"fp_mock","choices":%s%s}\
        """
                .formatted(ID, CREATED, MockUpstream.MODEL, choices, more);
    }

    private static String error(String message) {
        return "{\"error\":{\"message\":\"%s\",\"type\":\"invalid_request_error\"}}"
                .formatted(message);
    }

    private static byte[] head(String status, String type, String body) {
        byte[] content = bytes(body);
        return join(
                bytes(
                        "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                                .formatted(status, type, content.length)),
                content);
    }

    private static byte[] chunk(String text) {
        byte[] content = bytes(text);
        return join(bytes(Integer.toHexString(content.length) + "\r\n"), content, bytes("\r\n"));
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
