package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.server.auth.Scope;
import dev.backplane.server.config.Config;
import dev.backplane.server.config.ConfigLoader;
import dev.backplane.server.config.ConfigLoader.Overrides;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigTest {
    @TempDir private Path directory;

    private Config load(String yaml, Map<String, String> environment) throws IOException {
        Path file = directory.resolve("b.yaml");
        Files.writeString(file, yaml);
        return ConfigLoader.load(
                environment,
                new Overrides(
                        Optional.of(file),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
    }

    @Test
    void hasDefaultsForEverything() {
        Config config = ConfigLoader.load(Map.of(), Overrides.NONE);
        assertThat(config.listen()).hasToString("127.0.0.1:7700");
        assertThat(config.otlpGrpc()).hasValue(new Config.Address("127.0.0.1", 4317));
        assertThat(config.otlpHttp()).hasValue(new Config.Address("127.0.0.1", 4318));
        assertThat(config.data()).endsWithRaw(Path.of(".backplane")).isAbsolute();
        assertThat(config.store())
                .isEqualTo(new Config.Store.Directory(config.data().resolve("store")));
        assertThat(config.limits().otlpBytes()).isEqualTo(64 << 20);
        assertThat(config.audit()).isTrue();
    }

    @Test
    void readsEverySetting() throws IOException {
        Config config =
                load(
                        """
                        data: /tmp/d
                        listen: "[::1]:7000"
                        otlp_grpc: off
                        otlp_http: "off"
                        store:
                          s3: {bucket: traces, prefix: a, region: eu-west-1, path_style: true,
                               endpoint: "http://127.0.0.1:9000"}
                        retention: {days: 30}
                        keys:
                          - {name: one, key_env: ONE, scopes: [ingest], project: p}
                        loopback_without_key: false
                        limits: {otlp_bytes: 16MiB, request_bytes: 1000,
                                 file_bytes: 2000, batch_calls: 3, ingest_memory: 1GB,
                                 sql_time: 5s, sql_rows: 7, sql_memory: 512MiB,
                                 list_memory: 64MiB}
                        audit: false
                        log: json
                        """,
                        Map.of("ONE", "a-secret-of-one-that-is-long"));
        assertThat(config.listen()).isEqualTo(new Config.Address("::1", 7000));
        assertThat(config.otlpGrpc()).isEmpty();
        assertThat(config.otlpHttp()).isEmpty();
        assertThat(config.store())
                .isEqualTo(
                        new Config.Store.Bucket(
                                "traces",
                                "a/",
                                "eu-west-1",
                                Optional.of("http://127.0.0.1:9000"),
                                true));
        assertThat(config.retentionDays()).isEqualTo(30);
        assertThat(config.keys())
                .containsExactly(
                        new Config.Key(
                                "one",
                                "a-secret-of-one-that-is-long",
                                java.util.Set.of(Scope.INGEST),
                                "p",
                                dev.backplane.server.auth.KeyLimits.NONE));
        assertThat(config.limits())
                .isEqualTo(
                        new Config.Limits(
                                16 << 20,
                                1_000,
                                2_000,
                                3,
                                30,
                                1_000_000_000,
                                Duration.ofSeconds(5),
                                7,
                                512 << 20,
                                64 << 20));
        assertThat(config.loopbackWithoutKey() || config.audit()).isFalse();
        assertThat(config.log()).isEqualTo(Config.LogFormat.JSON);
        assertThat(config.toString() + config.keys()).doesNotContain("secret");
    }

    @Test
    void laterSourcesWin() throws IOException {
        Path file = directory.resolve("b.yaml");
        Files.writeString(file, "data: /from/file\nlisten: 127.0.0.1:1\n");
        Map<String, String> environment =
                Map.of("BACKPLANE_CONFIG", file.toString(), "BACKPLANE_DATA", "/from/env");
        assertThat(ConfigLoader.load(environment, Overrides.NONE).data())
                .isEqualTo(Path.of("/from/env"));
        Config config =
                ConfigLoader.load(
                        environment,
                        new Overrides(
                                Optional.empty(),
                                Optional.of(Path.of("/from/line")),
                                Optional.of("127.0.0.1:2"),
                                Optional.of("off"),
                                Optional.empty()));
        assertThat(config.data()).isEqualTo(Path.of("/from/line"));
        assertThat(config.listen().port()).isEqualTo(2);
        assertThat(config.otlpGrpc()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    lisen: 127.0.0.1:1                | b.yaml:1 | did you mean 'listen'?
                    audit: true\\nretention: {dayz: 3} | b.yaml:2 | did you mean 'retention.days'?
                    limits:\\n  otlp_bytes: lots       | b.yaml:2:15 | write a size such as 64MiB
                    retention: {days: -1}             | b.yaml:1 | write a whole number
                    store: {path: a, s3: {bucket: b}} | b.yaml:1 | keep one of them
                    store: {s3: {prefix: b}}          | b.yaml:1 | name the bucket
                    audit: maybe                      | b.yaml:1:8 | write true or false
                    audit: true\\naudit: false         | b.yaml:2:1 | keep one of them
                    keys: [{key_env: NOT_SET}]        | b.yaml:1 | set the variable
                    keys: [{key: x, scopes: [root]}]  | b.yaml:1 | use ingest, read, call or admin
                    store: 3                          | b.yaml:1 | write a section of settings
                    just text                         | b.yaml:1 | name: value
                    audit: [                          | b.yaml   | check indentation
                    listen: nowhere                   | b.yaml:1:9 | HOST:PORT
                    listen: off                       | b.yaml:1 | give an address
                    models: {a: {adapter: f, of: b, path: g}} | b.yaml:1 | keep one of them
                    models: {a: {path: f, provider: b}} | b.yaml:1 | keep one of them
                    models: {a: {adapter: f, of: a}}  | b.yaml:1 | name a model that has a path
                    models: {a: {path: f, pooling: x}} | b.yaml:1 | mean, cls, last, rank
                    """)
    void saysWhereAndWhatToWrite(String yaml, String where, String fix) {
        assertThatThrownBy(() -> load(yaml.replace("\\n", "\n"), Map.of()))
                .isInstanceOfSatisfying(
                        Problem.class,
                        problem -> {
                            assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFIG);
                            assertThat(problem.where()).contains(where);
                            assertThat(problem.fix()).contains(fix);
                        });
    }
}
