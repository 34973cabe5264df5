package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Json;
import dev.backplane.core.Problem;
import dev.backplane.server.config.ConfigLoader;
import dev.backplane.server.config.ConfigLoader.Checked;
import dev.backplane.server.config.ConfigLoader.Overrides;
import dev.backplane.server.config.ConfigSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a look at a configuration finds: all that is wrong, and what is doubtful.
class ConfigCheckTest {
    private static final String SECRET = "a-key-of-more-than-20-characters";
    private static final Map<String, String> ENVIRONMENT =
            Map.of("KEY", SECRET, "OTHER", SECRET + "-2", "SHORT", "abc");

    @TempDir private Path directory;

    private Overrides file(String yaml) throws IOException {
        Path file = directory.resolve("b.yaml");
        Files.writeString(file, yaml);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return new Overrides(
                Optional.of(file),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private Checked check(String yaml) throws IOException {
        return ConfigLoader.check(ENVIRONMENT, file(yaml));
    }

    @Test
    void allThatIsWrongIsFoundAtOnce() throws IOException {
        String yaml =
                """
                listen: nowhere
                keys:
                  - {key_env: SHORT}
                  - {name: a, key_env: KEY}
                  - {name: a, key_env: OTHER, modles: [x]}
                providers:
                  one: {base_url: here, api_key_env: KEY}
                  two: {base_url: "http://127.0.0.1/v1", tpye: openai}
                models:
                  m: {provider: three}
                  n: {provider: one, balance: fair}
                gateway:
                  limits: [{user: x, key: y}]
                audti: true
                """;
        Checked checked = check(yaml);

        assertThat(checked.config()).isEmpty();
        assertThat(checked.errors()).allMatch(error -> error.kind() == Problem.Kind.CONFIG);
        assertThat(checked.errors())
                .extracting(
                        error -> error.where().replaceFirst(".*b.yaml:", "") + " " + error.what())
                .extracting(text -> text.replace("configuration ", ""))
                .containsExactlyInAnyOrder(
                        "1:9 'listen' is 'nowhere', which is no address",
                        "3:15 'keys.key_env' is shorter than 20 characters",
                        "5:12 'keys.name' is 'a', as another key's",
                        "7:19 'providers.one.base_url' is not an address",
                        "8:48 has no setting 'providers.two.tpye'",
                        "10:17 'models.m.provider' is 'three', which is not configured",
                        "11:31 'models.n.balance' is 'fair'",
                        "13:19 'gateway.limits.user' is not the only subject");
        assertThatThrownBy(() -> ConfigLoader.load(ENVIRONMENT, file(yaml)))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem ->
                                assertThat(problem.fix()).endsWith("see backplane config check"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    keys: [{key_env: KEY, key: x}]           | stands beside key_env   | keep one
                    keys: [{name: a}]                        | 'keys.key_env' is miss  | name \
                    the var
                    keys: [{key_env: KEY}, {key_env: KEY}]   | the same key as that    | secret \
                    of its
                    keys: [{key_env: sk-abc}]                | is no variable's name   | name a \
                    variable
                    keys: [{key_env: NONE}]                  | NONE is not set         | set \
                    the variable
                    providers: {a: {api_key: x, api_key_env: KEY}} | stands beside     | keep one
                    providers: {a: {}}\\nmodels: {m: {provider: a, targets: [{provider: a}]}} | \
                    stands beside targets | keep one
                    providers: {a: {}}\\nmodels: {m: {provider: a, tool_parser: x}} | there is \
                    no parser x | one of
                    prices: /nowhere.csv                     | price table             | check
                    gateway: {discover: all}                 | 'gateway.discover' is   | use \
                    off, local or keys
                    local: {kv: q4_0}                        | 'local.kv' is 'q4_0'    | use one \
                    of f32, f16, q8_0
                    gateway: {timeouts: {idle: soon}}        | 'gateway.timeouts.idle' | a time \
                    such as 60s
                    gateway: {timeouts: {idle: 0s}}          | not a time from 1ms     | such as \
                    120s
                    gateway: {timeouts: {idle: 2h}}          | longer than total, which is 3600s \
                    | make it shorter
                    gateway: {timeouts: {first: 2s}}         | has no setting          | \
                    first_token
                    providers: {a: {timeouts: {connect: 31s}}} | not a time from 1ms to 30s | \
                    such as 10s
                    providers: {a: {}}\\nmodels: {m: {provider: a, hedge: {after: 2s}}} | no \
                    other target to ask | list two targets
                    providers: {a: {}}\\nmodels: {m: {targets: [{provider: a}, {provider: a, \
                    model: n}], hedge: {}}} | 'models.m.hedge.after' is missing | such as 2s
                    providers: {a: {}}\\nmodels: {m: {targets: [{provider: a}, {provider: a, \
                    model: n}], hedge: {after: 2s, percent: 0}}} | 'models.m.hedge.percent' | \
                    a whole number from 1 to 100
                    """)
    void saysWhatIsWrongAndWhatToWrite(String yaml, String what, String fix) throws IOException {
        Problem error = check(yaml.replace("\\n", "\n")).errors().getFirst();

        assertThat(error.what()).contains(what.strip());
        assertThat(error.fix()).contains(fix.strip());
        assertThat(error.what() + error.fix()).doesNotContain("sk-abc");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    providers: {a: {base_url: "http://127.0.0.1:8000"}} | 1:27 | has no path
                    providers: {a: {base_url: "http://api.example.com/v1", api_key_env: KEY}} | \
                    1:27 | without encryption
                    providers: {a: {}}\\nmodels: {m: {provider: a, balance: sticky}} | 2:36 | \
                    nothing to choose from
                    providers: {a: {}}\\nmodels: {m: {targets: [{provider: a}, {provider: a}]}} \
                    | 2:23 | twice
                    providers: {a: {}}\\nmodels: {m: {balance: order, targets: [{provider: a, \
                    weight: 1}, {provider: a, model: b}]}} | 2:23 | weights do nothing
                    providers: {a: {}}\\nkeys: [{key_env: KEY, models: [m]}] | 2:31 | no model here
                    providers: {a: {}}\\ngateway: {limits: [{model: m, rpm: 1}]} | 2:28 | no \
                    model here
                    gateway: {limits: [{key: nobody, rpm: 1}]} | 1:26 | no key here
                    listen: 0.0.0.0:7700 | 1:9 | no key is configured
                    """)
    void saysWhatIsDoubtful(String yaml, String where, String what) throws IOException {
        Checked checked = check(yaml.replace("\\n", "\n"));

        assertThat(checked.errors()).isEmpty();
        assertThat(checked.config()).isPresent();
        assertThat(checked.warnings())
                .singleElement()
                .satisfies(warning -> {
                    assertThat(warning.what()).contains(what.strip());
                    assertThat(warning.where()).endsWith("b.yaml:" + where.strip());
                    assertThat(warning.fix()).isNotEmpty();
                });
    }

    @Test
    void whatIsUsualIsNotDoubtful() throws IOException {
        Checked checked =
                check(
                        """
                        providers:
                          openai: {api_key_env: KEY}
                          vllm: {base_url: "http://127.0.0.1:8000/v1"}
                          intern: {base_url: "http://vllm:8000/v1", api_key_env: KEY}
                        models:
                          fast: {provider: openai, model: gpt-4o-mini}
                          smart:
                            balance: sticky
                            targets: [{provider: openai, model: a}, {provider: vllm, model: a}]
                        keys:
                          - {name: ci, key_env: KEY, models: [fast, vllm/any]}
                        gateway:
                          limits:
                            - {key: ci, rpm: 1}
                            - {key: key_0123456789ab, rpm: 1}
                            - {key: "*", rpm: 1}
                            - {model: smart, rpm: 1}
                            - {user: anybody, rpm: 1}
                        """);

        assertThat(checked.errors()).isEmpty();
        assertThat(checked.warnings()).isEmpty();
    }

    @Test
    void secretsInAFileThatOthersMayReadAreTold() throws IOException {
        String yaml = "keys: [{key: " + SECRET + "}]";
        Overrides closed = file(yaml);
        assertThat(ConfigLoader.check(Map.of(), closed).warnings()).isEmpty();
        Files.setPosixFilePermissions(
                closed.config().orElseThrow(), PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(ConfigLoader.check(Map.of(), closed).warnings())
                .singleElement()
                .satisfies(warning -> assertThat(warning.fix()).contains("chmod 600"));
    }

    @Test
    void theSummaryHasEverythingButSecrets() throws IOException {
        Checked checked =
                check(
                        """
                        providers: {up: {api_key: sk-hidden}}
                        models:
                          m: {targets: [{provider: up, weight: 2}, {provider: up, model: b, \
                          weight: 1}]}
                        keys:
                          - {name: ci, key_env: KEY, models: [m], budget: [5/day], rpm: 3}
                        gateway: {limits: [{user: "*", concurrency: 2}], discover: local}
                        """);
        String summary = Json.write(json -> ConfigSummary.write(checked, json));

        assertThat(summary)
                .contains(
                        "\"sound\":true",
                        "{\"name\":\"up\",\"type\":\"openai\",\"address\":"
                                + "\"https://api.openai.com/v1\",\"has_key\":true,"
                                + "\"from\":\"file\"}",
                        "{\"name\":\"ollama\",\"type\":\"openai\",\"address\":"
                                + "\"http://127.0.0.1:11434/v1\",\"has_key\":false,"
                                + "\"from\":\"discover\"}",
                        "{\"name\":\"m\",\"balance\":\"weight\","
                                + "\"targets\":[\"up/m (2)\",\"up/b (1)\"]}",
                        "{\"of\":\"key ci\",\"budgets\":[\"5/day\"],\"rpm\":3,\"models\":[\"m\"]}",
                        "{\"of\":\"user *\",\"budgets\":[],\"concurrency\":2,\"models\":[]}",
                        "\"errors\":[],\"warnings\":[]")
                .doesNotContain("sk-hidden", SECRET);
        Checked wrong = check("audit: maybe");
        assertThat(Json.write(json -> ConfigSummary.write(wrong, json)))
                .startsWith("{\"sound\":false,\"errors\":[{\"message\":")
                .endsWith("\"warnings\":[]}");
    }

    @Test
    void aFileThatIsNotThereIsAnError() {
        Overrides nowhere =
                new Overrides(
                        Optional.of(directory.resolve("none.yaml")),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
        List<Problem> errors = ConfigLoader.check(Map.of(), nowhere).errors();
        assertThat(errors).singleElement().satisfies(error -> assertThat(error.fix()).isNotEmpty());
    }
}
