package dev.backplane.gateway.dialect.anthropic;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.util.random.RandomGenerator;

/// Bodies of requests with everything the dialect has, and fields it has not.
final class MessagesGen {
    private static final String CACHE = "{\"type\":\"ephemeral\", \"ttl\":\"1h\"}";

    private final RandomGenerator random;
    private final JsonOut out = new JsonOut();

    private MessagesGen(RandomGenerator random) {
        this.random = random;
    }

    static Slice request(RandomGenerator random) {
        return new MessagesGen(random).request();
    }

    private boolean maybe() {
        return random.nextBoolean();
    }

    /// Of a call, as Anthropic allows them.
    private String id() {
        return "c" + Gen.identifier(random, 1, 20);
    }

    private String text() {
        return Gen.string(random, 40);
    }

    private void json(String name, String json) {
        out.name(name).json(Slice.of(json));
    }

    private void unknown(String name) {
        if (Gen.oneIn(random, 3)) {
            json(name + "_unknown", Gen.json(random, 2));
        }
    }

    private void cached() {
        if (Gen.oneIn(random, 3)) {
            json("cache_control", CACHE);
        }
    }

    private Slice request() {
        out.beginObject().name("model").text("m" + Gen.identifier(random, 0, 8));
        out.name("max_tokens").literal("" + Gen.integer(random, 1, 100_000));
        if (maybe()) {
            out.name("system");
            content(this::textBlock);
        }
        out.name("messages").beginArray();
        for (int i = Gen.integer(random, 0, 6); i > 0; i--) {
            out.beginObject().name("role").text(Gen.pick(random, "user", "assistant"));
            out.name("content");
            content(this::block);
            unknown("message");
            out.endObject();
        }
        out.endArray();
        settings();
        tools();
        unknown("top");
        return out.endObject().slice();
    }

    private void settings() {
        String[][] all = {
            {"temperature", "0.70"},
            {"top_p", "1e-1"},
            {"top_k", "40"},
            {"stop_sequences", "[\"a\",\"\\n\"]"},
            {"stream", "true"},
            {"metadata", "{\"user_id\":\"somebody\",\"more\":[1.0]}"},
            {"service_tier", "\"standard_only\""},
            {"mcp_servers", "[{\"type\":\"url\",\"url\":\"https://x\",\"name\":\"n\"}]"},
            {"container", "\"c-1\""},
            {"context_management", "{\"edits\":[{\"type\":\"clear\"}]}"},
        };
        for (String[] setting : all) {
            if (maybe()) {
                json(setting[0], setting[1]);
            }
        }
        switch (random.nextInt(4)) {
            case 0 -> json("thinking", "{\"type\":\"enabled\",\"budget_tokens\":2048}");
            case 1 -> json("thinking", "{\"type\":\"adaptive\",\"display\":\"omitted\"}");
            case 2 -> json("thinking", "{\"type\":\"disabled\"}");
            default -> {}
        }
        switch (random.nextInt(4)) {
            case 0 -> json("output_config", "{\"effort\":\"high\",\"task_budget\":{\"a\":1.0}}");
            case 1 ->
                    json(
                            "output_config",
                            "{\"format\":{\"type\":\"json_schema\",\"schema\":"
                                    + Gen.jsonObject(random, 2)
                                    + "}}");
            case 2 -> json("output_config", "{\"format\":{\"type\":\"grammar\",\"g\":1.50}}");
            default -> {}
        }
    }

    private void tools() {
        if (maybe()) {
            return;
        }
        out.name("tools").beginArray();
        for (int i = Gen.integer(random, 1, 3); i > 0; i--) {
            out.beginObject();
            if (Gen.oneIn(random, 4)) {
                out.name("type").text("web_search_20250305").name("name").text("web_search");
                json("max_uses", "5");
            } else {
                out.name("name").text("f" + Gen.identifier(random, 0, 5));
                if (maybe()) {
                    out.name("description").text("d" + text());
                }
                json("input_schema", Gen.jsonObject(random, 2));
                if (maybe()) {
                    json("strict", "false");
                }
                unknown("tool");
            }
            cached();
            out.endObject();
        }
        out.endArray();
        switch (random.nextInt(6)) {
            case 0 -> json("tool_choice", "{\"type\":\"auto\"}");
            case 1 -> json("tool_choice", "{\"type\":\"any\",\"disable_parallel_tool_use\":true}");
            case 2 -> json("tool_choice", "{\"type\":\"none\"}");
            case 3 ->
                    json(
                            "tool_choice",
                            "{\"type\":\"tool\",\"name\":\"f\",\"disable_parallel_tool_use\":false}");
            case 4 -> json("tool_choice", "{\"type\":\"auto\",\"more\":[1.50]}");
            default -> {}
        }
    }

    private void content(Runnable block) {
        if (maybe()) {
            out.text(text());
            return;
        }
        out.beginArray();
        for (int i = Gen.pick(random, 0, 2, 3); i > 0; i--) {
            block.run();
        }
        out.endArray();
    }

    private void textBlock() {
        out.beginObject().name("type").text("text").name("text").text(text());
        cached();
        unknown("text");
        out.endObject();
    }

    private void source(String json) {
        json("source", json);
        cached();
        out.endObject();
    }

    private JsonOut begin(String type) {
        return out.beginObject().name("type").text(type);
    }

    private void block() {
        switch (random.nextInt(9)) {
            case 0 -> textBlock();
            case 1 -> {
                begin("image");
                source(
                        Gen.pick(
                                random,
                                "{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AA\"}",
                                "{\"type\":\"url\",\"url\":\"https://x/y.png\"}",
                                "{\"type\":\"file\",\"file_id\":\"f-1\"}",
                                "{\"type\":\"url\",\"url\":\"https://x\",\"more\":1.50}"));
            }
            case 2 -> document();
            case 3 -> {
                begin("thinking").name("thinking").text("t" + text());
                out.name("signature").text("s" + text()).endObject();
            }
            case 4 -> begin("redacted_thinking").name("data").text("r" + text()).endObject();
            case 5 -> {
                begin("tool_use").name("id").text(id()).name("name").text("f");
                json("input", Gen.jsonObject(random, 2));
                cached();
                out.endObject();
            }
            case 6 -> result();
            case 7 -> {
                begin("server_tool_use").name("id").text("s" + text());
                json("input", "{\"query\": 1.0}");
                out.endObject();
            }
            default -> {
                // The type may come after what it decides.
                out.beginObject().name("text").text(text()).name("type").text("text").endObject();
            }
        }
    }

    private void document() {
        begin("document");
        if (maybe()) {
            out.name("title").text("t" + text());
        }
        if (maybe()) {
            json("citations", "{\"enabled\":true}");
        }
        source(
                switch (random.nextInt(4)) {
                    case 0 ->
                            "{\"type\":\"base64\",\"media_type\":\"application/pdf\","
                                    + "\"data\":\"AA\"}";
                    case 1 -> {
                        JsonOut source = new JsonOut().beginObject().name("type").text("text");
                        source.name("media_type").text("text/plain").name("data").text(text());
                        yield source.endObject().slice().text();
                    }
                    case 2 -> "{\"type\":\"url\",\"url\":\"https://x/y.pdf\"}";
                    default ->
                            "{\"type\":\"content\",\"content\":[{\"type\":\"text\","
                                    + "\"text\":\"a\"}]}";
                });
    }

    private void result() {
        begin("tool_result").name("tool_use_id").text(id());
        switch (random.nextInt(3)) {
            case 0 -> out.name("content").text(text());
            case 1 -> {
                out.name("content").beginArray();
                textBlock();
                begin("image");
                source("{\"type\":\"url\",\"url\":\"https://x/y.png\"}");
                out.endArray();
            }
            default -> {}
        }
        if (maybe()) {
            json("is_error", "true");
        }
        cached();
        out.endObject();
    }
}
