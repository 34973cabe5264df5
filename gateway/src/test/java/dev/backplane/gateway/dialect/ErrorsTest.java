package dev.backplane.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.json.Members;
import dev.backplane.gateway.model.ProviderError;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// What a provider says of a failure, through any chain of gateways and dialects with a place for
/// it.
class ErrorsTest {
    private static final List<Integer> STATUSES =
            List.of(400, 404, 409, 413, 429, 500, 503, 504, 529);

    private static final Function<Problem, Slice> TO_OPENAI =
            problem -> dev.backplane.gateway.dialect.openai.Errors.write(problem, "id");
    private static final Function<Problem, Slice> TO_ANTHROPIC =
            problem -> dev.backplane.gateway.dialect.anthropic.Errors.write(problem, "id");

    private static Function<Slice, Problem> reader(boolean anthropic, int status) {
        return anthropic
                ? body -> dev.backplane.gateway.dialect.anthropic.Errors.read(body, status, "p")
                : body -> dev.backplane.gateway.dialect.openai.Errors.readBody(body, status, "p");
    }

    @Test
    void nothingIsLostOnAnyWay() {
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            int status = STATUSES.get(random.nextInt(STATUSES.size()));
            boolean anthropic = random.nextBoolean();
            String code = random.nextBoolean() ? "context_length_" + seed : "";
            String param = random.nextBoolean() ? "messages[" + seed + "]" : "";
            String details =
                    List.of("", "{\"a\":[" + seed + ",\"b\"]}", "[{\"a\":" + seed + "}]")
                            .get(random.nextInt(3));
            Slice body = body(anthropic, code, param, details);
            boolean first = anthropic;
            for (int hop = 0; hop < 1 + random.nextInt(3); hop++) {
                boolean next = random.nextBoolean();
                Problem problem = reader(anthropic, status).apply(body);
                assertThat(problem.getMessage()).as("seed %d", seed).contains("it failed");
                body = (next ? TO_ANTHROPIC : TO_OPENAI).apply(problem);
                anthropic = next;
            }
            Members error = Members.of(body, "body").object("error");
            String why = "seed %d from %s: %s".formatted(seed, first, body.text());
            if (!code.isEmpty()) {
                assertThat(error.text("code")).as(why).isEqualTo(code);
            }
            assertThat(error.text("param")).as(why).isEqualTo(param);
            assertThat(error.raw("details").text()).as(why).isEqualTo(details);
        }
    }

    private static Slice body(boolean anthropic, String code, String param, String details) {
        JsonOut out = new JsonOut().beginObject().name("type").text("error");
        out.name("error").beginObject().name("message").text("it failed");
        if (anthropic) {
            out.name("type").text("api_error");
        }
        if (!code.isEmpty()) {
            out.name("code").text(code);
        }
        if (!param.isEmpty()) {
            out.name("param").text(param);
        }
        if (!details.isEmpty()) {
            out.name("details").json(Slice.of(details));
        }
        return out.endObject().endObject().slice();
    }

    /// Each dialect's own word for what its status does not say alone.
    @Test
    void keepsAnthropicsTypes() {
        Map<String, Integer> types =
                Map.of("api_error", 500, "overloaded_error", 529, "rate_limit_error", 429);
        types.forEach((type, status) -> {
            Slice body =
                    Slice.of(
                            "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"m\"}}"
                                    .formatted(type));
            Problem problem = reader(true, status).apply(body);
            assertThat(error(TO_ANTHROPIC.apply(problem)).text("type")).isEqualTo(type);
        });
        Problem contradicted =
                reader(true, 429).apply(Slice.of("{\"error\":{\"type\":\"overloaded_error\"}}"));
        assertThat(error(TO_ANTHROPIC.apply(contradicted)).text("type"))
                .isEqualTo("rate_limit_error");
        Problem failed =
                reader(true, 500)
                        .apply(Slice.of("{\"error\":{\"type\":\"api_error\",\"message\":\"m\"}}"));
        assertThat(error(TO_OPENAI.apply(failed)).text("code")).isEqualTo("api_error");
        Problem limited =
                reader(true, 429)
                        .apply(
                                Slice.of(
                                        "{\"error\":{\"type\":\"rate_limit_error\","
                                                + "\"message\":\"m\"}}"));
        assertThat(error(TO_OPENAI.apply(limited)).text("code")).isEqualTo("rate_limit_exceeded");
    }

    /// Whoever has Anthropic's words for codes of its own.
    @Test
    void aTypeDoesNotContradictItsStatus() {
        Slice said = Slice.of("{\"error\":{\"message\":\"m\",\"code\":\"rate_limit_error\"}}");
        Members error = error(TO_ANTHROPIC.apply(reader(false, 400).apply(said)));
        assertThat(error.text("type")).isEqualTo("invalid_request_error");
        assertThat(error.text("code")).isEqualTo("rate_limit_error");
    }

    /// What Google says is an array.
    @Test
    void tellsGooglesDetails() {
        String details = "[{\"reason\":\"QUOTA\"}]";
        Problem problem =
                dev.backplane.gateway.dialect.gemini.Errors.read(
                        Slice.of(
                                "{\"error\":{\"code\":400,\"message\":\"m\",\"details\":%s}}"
                                        .formatted(details)),
                        400,
                        "p");
        assertThat(error(TO_OPENAI.apply(problem)).raw("details").text()).isEqualTo(details);
        assertThat(error(TO_ANTHROPIC.apply(problem)).raw("details").text()).isEqualTo(details);
    }

    /// Of a refused key nothing is told that the provider said.
    @Test
    void tellsNothingOfKeys() {
        for (boolean anthropic : new boolean[] {true, false}) {
            Slice body = body(anthropic, "", "", "{\"key\":\"sk-1\"}");
            Problem problem = reader(anthropic, 401).apply(body);
            assertThat(ProviderError.of(problem)).isEmpty();
            assertThat(TO_OPENAI.apply(problem).text()).doesNotContain("sk-1");
            assertThat(TO_ANTHROPIC.apply(problem).text()).doesNotContain("sk-1");
        }
    }

    private static Members error(Slice body) {
        return Members.of(body, "body").object("error");
    }
}
