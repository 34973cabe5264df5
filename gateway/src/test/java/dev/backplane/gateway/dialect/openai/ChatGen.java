package dev.backplane.gateway.dialect.openai;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.util.random.RandomGenerator;

/// Bodies of chat requests with everything the dialect has, and fields it has not.
public final class ChatGen {
    private final RandomGenerator random;
    private final JsonOut out = new JsonOut();

    private ChatGen(RandomGenerator random) {
        this.random = random;
    }

    public static Slice request(RandomGenerator random) {
        return new ChatGen(random).request();
    }

    private boolean maybe() {
        return random.nextBoolean();
    }

    private String text() {
        return Gen.string(random, 40);
    }

    private Slice object() {
        return Slice.of(Gen.jsonObject(random, 2));
    }

    private void unknown(String name) {
        if (Gen.oneIn(random, 3)) {
            out.name(name + "_unknown").json(Slice.of(Gen.json(random, 2)));
        }
    }

    private Slice request() {
        out.beginObject().name("model").text("m" + Gen.identifier(random, 0, 8));
        out.name("messages").beginArray();
        for (int i = Gen.integer(random, 0, 6); i > 0; i--) {
            message();
        }
        out.endArray();
        settings();
        if (maybe()) {
            out.name("tools").beginArray();
            for (int i = Gen.integer(random, 1, 3); i > 0; i--) {
                tool();
            }
            out.endArray();
            out.name("tool_choice");
            switch (random.nextInt(5)) {
                case 0 -> out.text("auto");
                case 1 -> out.text("none");
                case 2 -> out.text("required");
                case 3 ->
                        out.json(Slice.of("{\"type\":\"function\",\"function\":{\"name\":\"f\"}}"));
                default -> out.json(Slice.of("{\"type\":\"allowed_tools\",\"x\":[1.50]}"));
            }
        }
        format();
        unknown("top");
        return out.endObject().slice();
    }

    private void settings() {
        String[][] all = {
            {"temperature", "0.70"},
            {"top_p", "1e-1"},
            {"max_tokens", "17"},
            {"max_completion_tokens", "900"},
            {"n", "2"},
            {"seed", "-9007199254740993"},
            {"logprobs", "true"},
            {"top_logprobs", "5"},
            {"logit_bias", "{\"50256\":-100.0}"},
            {"frequency_penalty", "-0.10"},
            {"parallel_tool_calls", "false"},
            {"reasoning_effort", "\"low\""},
            {"service_tier", "\"flex\""},
            {"top_k", "40"},
            {"stop", "[\"a\",\"\\n\"]"},
            {"stream", "true"},
            {"user", "\"somebody\""},
            {"metadata", "{\"k\": \"v\"}"},
        };
        for (String[] setting : all) {
            if (maybe()) {
                out.name(setting[0]).json(Slice.of(setting[1]));
            }
        }
    }

    private void format() {
        switch (random.nextInt(4)) {
            case 0 -> out.name("response_format").json(Slice.of("{\"type\":\"json_object\"}"));
            case 1 -> {
                out.name("response_format").beginObject().name("type").text("json_schema");
                out.name("json_schema").beginObject().name("name").text("n");
                out.name("schema").json(object()).name("strict").literal("true");
                unknown("schema");
                out.endObject().endObject();
            }
            case 2 ->
                    out.name("response_format")
                            .json(Slice.of("{\"type\":\"grammar\",\"grammar\":\"root ::= 1.0\"}"));
            default -> {}
        }
    }

    private void tool() {
        if (Gen.oneIn(random, 4)) {
            out.json(Slice.of("{\"type\":\"custom\",\"custom\":{\"name\":\"x\"}}"));
            return;
        }
        out.beginObject().name("type").text("function").name("function").beginObject();
        out.name("name").text("f" + Gen.identifier(random, 0, 5));
        if (maybe()) {
            out.name("description").text("d" + text());
        }
        if (maybe()) {
            out.name("parameters").json(object());
        }
        if (maybe()) {
            out.name("strict").literal("false");
        }
        unknown("function");
        out.endObject();
        unknown("tool");
        out.endObject();
    }

    private void message() {
        switch (random.nextInt(4)) {
            case 0 -> {
                out.beginObject().name("role").text(Gen.pick(random, "system", "developer"));
                out.name("content").text(text());
            }
            case 1 -> {
                out.beginObject().name("role").text("user");
                out.name("content");
                if (maybe()) {
                    out.text(text());
                } else {
                    out.beginArray();
                    for (int i = Gen.integer(random, 2, 4); i > 0; i--) {
                        part();
                    }
                    out.endArray();
                }
            }
            case 2 -> assistant();
            default -> {
                out.beginObject().name("role").text("tool");
                out.name("tool_call_id").text("c" + text()).name("content").text(text());
            }
        }
        if (Gen.oneIn(random, 4)) {
            out.name("name").text("n" + text());
        }
        unknown("message");
        out.endObject();
    }

    private void assistant() {
        out.beginObject().name("role").text("assistant").name("content");
        if (maybe()) {
            out.text(text());
        } else {
            out.literal("null");
        }
        if (maybe()) {
            out.name("reasoning_content").text("r" + text());
        }
        if (Gen.oneIn(random, 4)) {
            out.name("refusal").text("no" + text());
        }
        if (maybe()) {
            out.name("tool_calls").beginArray();
            for (int i = Gen.integer(random, 1, 3); i > 0; i--) {
                out.beginObject().name("id").text("c" + text()).name("type").text("function");
                out.name("function").beginObject().name("name").text("f");
                out.name("arguments").text(maybe() ? text() : "{\"a\": 1.0}").endObject();
                unknown("call");
                out.endObject();
            }
            out.endArray();
        }
    }

    private void part() {
        switch (random.nextInt(6)) {
            case 0 -> {
                out.beginObject().name("type").text("text").name("text").text(text());
                unknown("part");
                out.endObject();
            }
            case 1 ->
                    out.json(
                            Slice.of(
                                    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y\","
                                            + "\"detail\":\"low\"}}"));
            case 2 ->
                    out.json(
                            Slice.of(
                                    "{\"type\":\"image_url\",\"image_url\":"
                                            + "{\"url\":\"data:image/png;base64,AAAA\"}}"));
            case 3 ->
                    out.json(
                            Slice.of(
                                    "{\"type\":\"input_audio\",\"input_audio\":"
                                            + "{\"data\":\"AAAA\",\"format\":\"wav\"}}"));
            case 4 ->
                    out.json(
                            Slice.of(
                                    Gen.pick(
                                            random,
                                            "{\"type\":\"file\",\"file\":{\"file_id\":\"f-1\"}}",
                                            "{\"type\":\"file\",\"file\":{\"file_data\":"
                                                    + "\"data:application/pdf;base64,AA\","
                                                    + "\"filename\":\"a.pdf\"}}")));
            default -> out.json(Slice.of("{\"type\":\"video_url\",\"video_url\":{\"fps\":1.50}}"));
        }
    }
}
