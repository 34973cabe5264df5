package dev.backplane.gateway.dialect.ollama;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Slice;
import dev.backplane.testkit.Gen;
import java.util.random.RandomGenerator;

/// Bodies of chats with everything the dialect has, and fields it has not.
final class OllamaGen {
    private final RandomGenerator random;
    private final JsonOut out = new JsonOut();

    private OllamaGen(RandomGenerator random) {
        this.random = random;
    }

    static Slice chat(RandomGenerator random) {
        return new OllamaGen(random).chat();
    }

    private boolean maybe() {
        return random.nextBoolean();
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

    private Slice chat() {
        out.beginObject().name("model").text("m" + Gen.identifier(random, 0, 8));
        out.name("messages").beginArray();
        for (int i = Gen.integer(random, 0, 6); i > 0; i--) {
            message();
        }
        out.endArray();
        if (maybe()) {
            out.name("tools").beginArray();
            tool();
            out.endArray();
        }
        out.name("stream").literal("" + maybe());
        settings();
        unknown("top");
        return out.endObject().slice();
    }

    private void tool() {
        out.json(
                Slice.of(
                        "{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
                                + "\"parameters\":"
                                + Gen.jsonObject(random, 2)
                                + "}}"));
    }

    private void settings() {
        String[][] options = {
            {"temperature", "0.70"},
            {"top_p", "1e-1"},
            {"top_k", "40"},
            {"min_p", "0.05"},
            {"seed", "-9007199254740993"},
            {"num_predict", Gen.pick(random, "-1", "128")},
            {"stop", "[\"a\",\"\\n\"]"},
            {"repeat_penalty", "1.10"},
            {"num_ctx", "4096"},
            {"mirostat_tau", "5.00"},
        };
        if (maybe()) {
            out.name("options").beginObject().name("num_batch").literal("2");
            for (String[] option : options) {
                if (maybe()) {
                    json(option[0], option[1]);
                }
            }
            out.endObject();
        }
        String[][] all = {
            {"format", Gen.pick(random, "\"json\"", "{\"type\":\"object\",\"n\":1.0}")},
            {"think", Gen.pick(random, "true", "false", "\"high\"")},
            {"keep_alive", Gen.pick(random, "\"5m\"", "-1", "0")},
            {"logprobs", "true"},
            {"top_logprobs", "3"},
            {"truncate", "false"},
        };
        for (String[] setting : all) {
            if (maybe()) {
                json(setting[0], setting[1]);
            }
        }
    }

    private void message() {
        String role = Gen.pick(random, "system", "user", "assistant", "tool");
        out.beginObject().name("role").text(role).name("content").text(text());
        switch (role) {
            case "user" -> {
                if (maybe()) {
                    json("images", "[\"iVBORw0KGgo=\",\"AAAA\"]");
                }
            }
            case "assistant" -> {
                if (maybe()) {
                    out.name("thinking").text("t" + text());
                }
                if (maybe()) {
                    calls();
                }
            }
            case "tool" -> {
                if (maybe()) {
                    out.name("tool_name").text("f" + Gen.integer(random, 0, 2));
                }
                if (maybe()) {
                    out.name("tool_call_id").text("c" + text());
                }
            }
            default -> {}
        }
        unknown("message");
        out.endObject();
    }

    private void calls() {
        out.name("tool_calls").beginArray();
        for (int i = Gen.integer(random, 1, 3); i > 0; i--) {
            out.beginObject();
            if (maybe()) {
                out.name("id").text("c" + text());
            }
            out.name("function").beginObject();
            if (maybe()) {
                out.name("index").literal("" + i);
            }
            out.name("name").text("f" + Gen.integer(random, 0, 2));
            json("arguments", Gen.jsonObject(random, 2));
            out.endObject();
            unknown("call");
            out.endObject();
        }
        out.endArray();
    }
}
