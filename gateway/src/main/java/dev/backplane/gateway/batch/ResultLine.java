package dev.backplane.gateway.batch;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.OneLine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// What became of one request. As a line of the [Journal]:
///
/// ```
/// POSITION ok|error INPUT CACHED OUTPUT REASONING {"id":"batch_req_…","custom_id":"…",…}
/// ```
///
/// The JSON is the line of the output or error file (openai-openapi, `BatchRequestOutput`; a
/// request that was refused has a `response` with the error as its body, as OpenAI's has:
/// github.com/openai/openai-openapi/issues/302).
///
/// @param position of the request, from 0
/// @param tokens that the call took
record ResultLine(int position, boolean succeeded, Tokens tokens, Slice json) {
    private static final int WORDS = 6;

    /// Of a request that was answered.
    static ResultLine of(int position, String id, String customId, Endpoint.Reply reply) {
        JsonOut out = begin(id, customId).beginObject();
        out.name("status_code").literal("" + reply.status()).name("request_id").text(id);
        out.name("body").json(reply.body()).endObject().name("error").literal("null");
        return new ResultLine(
                position,
                reply.status() < 400,
                Tokens.of(reply.usage()),
                onOneLine(out.endObject().slice()));
    }

    /// What a provider sent is passed on as it came, and may have breaks between its members.
    private static Slice onOneLine(Slice json) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(json.length());
        try {
            OneLine.write(json, out);
        } catch (IOException never) {
            throw new UncheckedIOException(never);
        }
        return Slice.of(out.toByteArray());
    }

    /// Of a request that nobody asked.
    static Slice unasked(String id, String customId, Status end) {
        boolean expired = end == Status.EXPIRED;
        JsonOut out = begin(id, customId).literal("null").name("error").beginObject();
        out.name("code").text(expired ? "batch_expired" : "batch_cancelled").name("message");
        out.text(
                expired
                        ? "This request could not be executed before the completion window expired."
                        : "This request was not executed because the batch was cancelled.");
        return out.endObject().endObject().slice();
    }

    private static JsonOut begin(String id, String customId) {
        JsonOut out = new JsonOut().beginObject().name("id").text(id);
        return out.name("custom_id").text(customId).name("response");
    }

    void writeTo(ByteArrayOutputStream out) {
        String head =
                "%d %s %d %d %d %d "
                        .formatted(
                                position,
                                succeeded ? "ok" : "error",
                                tokens.input(),
                                tokens.cached(),
                                tokens.output(),
                                tokens.reasoning());
        out.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        out.write(json.array(), json.offset(), json.length());
        out.write('\n');
    }

    /// Reads a line without its end.
    static ResultLine read(Slice line, String where) {
        String[] words = new String[WORDS];
        int at = 0;
        for (int i = 0; i < WORDS; i++) {
            int end = at;
            while (end < line.length() && line.at(end) != ' ') {
                end++;
            }
            words[i] = line.slice(at, end).text();
            at = Math.min(end + 1, line.length());
        }
        try {
            return new ResultLine(
                    Integer.parseInt(words[0]),
                    words[1].equals("ok"),
                    new Tokens(
                            Long.parseLong(words[2]),
                            Long.parseLong(words[3]),
                            Long.parseLong(words[4]),
                            Long.parseLong(words[5])),
                    line.slice(at, line.length()));
        } catch (NumberFormatException damaged) {
            throw Problem.internal("result of a batch is damaged", where).causedBy(damaged);
        }
    }
}
