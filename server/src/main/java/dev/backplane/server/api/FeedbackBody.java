package dev.backplane.server.api;

import dev.backplane.core.Field;
import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.core.SpanData;
import dev.backplane.core.SpanJson;
import dev.backplane.core.Value;
import java.time.Instant;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamReadException;

/// Reads `{"scores":{"name":0.5},"comment":"…","tags":["…"],"expected":…,"author":"…"}`; all
/// members are optional, at least one of the first four is there. Scores are from 0 to 1.
final class FeedbackBody {
    private static final String WHERE = "feedback";

    private final Slice body;
    private final SpanData.Builder data = SpanData.builder();
    private String comment = "";
    private String author;

    private FeedbackBody(Slice body, String author) {
        this.body = body;
        this.author = author;
    }

    /// @param author of the comment, unless the body names one
    /// @throws Problem `INVALID`
    static SpanData read(Slice body, String author) {
        FeedbackBody feedback = new FeedbackBody(body, author);
        try (JsonParser json = Json.parser(body)) {
            feedback.read(json);
        } catch (StreamReadException e) {
            throw Json.malformed(e, WHERE);
        }
        if (!feedback.comment.isEmpty()) {
            feedback.data.put(Field.COMMENTS, Value.json(feedback.comments()));
        }
        SpanData data = feedback.data.build();
        if (data.isEmpty()) {
            throw invalid("feedback says nothing", "give scores, comment, tags or expected");
        }
        return data;
    }

    private void read(JsonParser json) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw invalid("feedback is not an object", "send a JSON object");
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            JsonToken token = json.nextToken();
            switch (name) {
                case "scores" -> data.put(Field.SCORES, Value.json(scores(json, token)));
                case "tags" -> data.put(Field.TAGS, Value.json(tags(json, token)));
                case "expected" ->
                        data.put(
                                Field.EXPECTED,
                                token == JsonToken.VALUE_STRING
                                        ? Value.text(json.getString())
                                        : Value.json(slice(json)));
                case "comment" -> comment = text(json, token, name);
                case "author" -> author = text(json, token, name);
                default ->
                        throw invalid(
                                "feedback has an unknown member",
                                "use scores, comment, tags, expected and author");
            }
        }
        if (json.nextToken() != null) {
            throw invalid("feedback has something after its object", "send one JSON object");
        }
    }

    private Slice scores(JsonParser json, JsonToken token) {
        if (token != JsonToken.START_OBJECT) {
            throw invalid("scores is not an object", "send {\"name\": number}");
        }
        int start = start(json);
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            JsonToken value = json.nextToken();
            if (!value.isNumeric() && value != JsonToken.VALUE_NULL) {
                throw invalid("a score is not a number", "send numbers, or null to take one back");
            }
            if (value.isNumeric() && !isShare(json.getDoubleValue())) {
                throw invalid("a score is not from 0 to 1", "divide it by the largest possible");
            }
        }
        return body.slice(start, end(json));
    }

    private static boolean isShare(double score) {
        return score >= 0 && score <= 1;
    }

    private Slice tags(JsonParser json, JsonToken token) {
        if (token != JsonToken.START_ARRAY) {
            throw invalid("tags is not an array", "send an array of strings");
        }
        int start = start(json);
        for (JsonToken item = json.nextToken();
                item != JsonToken.END_ARRAY;
                item = json.nextToken()) {
            if (item != JsonToken.VALUE_STRING) {
                throw invalid("a tag is not a string", "send an array of strings");
            }
        }
        return body.slice(start, end(json));
    }

    private static String text(JsonParser json, JsonToken token, String name) {
        if (token != JsonToken.VALUE_STRING) {
            throw invalid(name + " is not a string", "send text");
        }
        return json.getString();
    }

    /// The exact bytes of the value at the cursor.
    private Slice slice(JsonParser json) {
        int start = start(json);
        json.skipChildren();
        return body.slice(start, end(json));
    }

    private static int start(JsonParser json) {
        return (int) json.currentTokenLocation().getByteOffset();
    }

    private static int end(JsonParser json) {
        if (json.currentToken().isScalarValue()) {
            json.getString();
        }
        return (int) json.currentLocation().getByteOffset();
    }

    private String comments() {
        return Json.write(this::writeComment);
    }

    private void writeComment(JsonGenerator json) {
        Instant now = Instant.now();
        json.writeStartArray();
        json.writeStartObject();
        json.writeStringProperty("text", comment);
        json.writeStringProperty("author", author);
        json.writeStringProperty(
                "time", SpanJson.time(now.getEpochSecond() * 1_000_000_000L + now.getNano()));
        json.writeEndObject();
        json.writeEndArray();
    }

    private static Problem invalid(String what, String fix) {
        return Problem.invalid(what, WHERE).fix(fix);
    }
}
