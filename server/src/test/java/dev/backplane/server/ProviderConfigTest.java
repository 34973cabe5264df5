package dev.backplane.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.backplane.core.Problem;
import dev.backplane.gateway.provider.AwsCredentials;
import dev.backplane.gateway.provider.CallTimeouts;
import dev.backplane.gateway.route.Balance;
import dev.backplane.server.config.Config;
import dev.backplane.server.config.ConfigLoader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProviderConfigTest {
    private static final Map<String, String> ENVIRONMENT =
            Map.of(
                    "AWS_ACCESS_KEY_ID", "AKID",
                    "AWS_SECRET_ACCESS_KEY", "s3cret",
                    "KEY", "k-secret");

    @TempDir private Path directory;

    private Config.ModelProvider load(String provider) throws IOException {
        return models("providers: {up: {" + provider + "}}").providers().getFirst();
    }

    private Config.Models models(String yaml) throws IOException {
        Path file = directory.resolve("b.yaml");
        Files.writeString(file, yaml);
        return ConfigLoader.load(
                        ENVIRONMENT,
                        new ConfigLoader.Overrides(
                                Optional.of(file),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()))
                .models();
    }

    @Test
    void balanceCacheAndProbesAreAskedFor() throws IOException {
        String targets = "providers: {up: {}}\nmodels: {m: {provider: up";

        Config.Models plain = models(targets + "}}");
        Config.Models asked =
                models(targets + ", balance: sticky}}\ngateway: {cache: 1KiB, probe: 30s}");

        assertThat(plain.models().getFirst().balance()).isEmpty();
        assertThat(plain.cacheBytes()).isZero();
        assertThat(plain.probe()).isEmpty();
        assertThat(asked.models().getFirst().balance()).contains(Balance.STICKY);
        assertThat(asked.cacheBytes()).isEqualTo(1_024);
        assertThat(asked.probe()).contains(Duration.ofSeconds(30));
        assertThatThrownBy(() -> models(targets + ", balance: fair}}"))
                .hasMessageContaining("m.balance' is 'fair'");
    }

    /// What a section leaves open is as in the one around it.
    @Test
    void timeoutsAreThoseOfTheNearestSection() throws IOException {
        Config.Models models =
                models(
                        """
                        gateway: {timeouts: {idle: 30s, total: 5m}}
                        providers:
                          up: {timeouts: {first_token: 1500ms}}
                          plain: {}
                        models:
                          m: {provider: up, timeouts: {total: 1h}}
                          n:
                            hedge: {after: 2s}
                            targets: [{provider: up}, {provider: plain}]
                        """);

        assertThat(models.providers())
                .extracting(provider -> provider.timeouts().firstToken())
                .containsExactly(Duration.ofMillis(1_500), Duration.ofMinutes(10));
        CallTimeouts of = models.models().getFirst().targets().getFirst().timeouts();
        assertThat(of)
                .isEqualTo(
                        new CallTimeouts(
                                Duration.ofSeconds(10),
                                Duration.ofMillis(1_500),
                                Duration.ofMinutes(10),
                                Duration.ofSeconds(30),
                                Duration.ofHours(1)));
        Config.Model hedged = models.models().getLast();
        assertThat(hedged.hedge()).contains(new Config.Hedging(Duration.ofSeconds(2), 5));
        assertThat(hedged.targets())
                .extracting(target -> target.timeouts().total())
                .containsOnly(Duration.ofMinutes(5));
    }

    @Test
    void bedrockLooksForKeysWhereAwsDoes() throws IOException {
        Config.ModelProvider provider = load("type: bedrock, region: eu-central-1");

        assertThat(provider.baseUrl())
                .isEqualTo(URI.create("https://bedrock-runtime.eu-central-1.amazonaws.com"));
        assertThat(provider.aws())
                .contains(new Config.Aws("eu-central-1", new AwsCredentials("AKID", "s3cret", "")));
        assertThat(provider.toString() + provider.aws()).doesNotContain("s3cret");
    }

    @Test
    void aKeyOfBedrocksOwnGoesFirst() throws IOException {
        Config.ModelProvider provider =
                load("type: bedrock, region: eu-central-1, api_key_env: KEY");

        assertThat(provider.aws()).isEmpty();
        assertThat(provider.apiKey()).contains("k-secret");
    }

    @Test
    void azureHasAResourceAndMayHaveAVersion() throws IOException {
        Config.ModelProvider provider =
                load(
                        "type: azure, base_url: 'https://x.openai.azure.com', api_key_env: KEY,"
                                + " api_version: 2025-04-01-preview");

        assertThat(provider.type()).isEqualTo(Config.ProviderType.AZURE);
        assertThat(provider.apiVersion()).isEqualTo("2025-04-01-preview");
    }

    @Test
    void geminiIsWhereGoogleHasIt() throws IOException {
        assertThat(load("type: gemini, api_key: k").baseUrl())
                .isEqualTo(URI.create("https://generativelanguage.googleapis.com/v1beta"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "type: other | up.type' is 'other'",
                "type: gemini | up.api_key' is missing",
                "type: azure, api_key: k | up.base_url' is missing",
                "type: bedrock | up.region' is missing",
                "type: bedrock, region: r, secret_key_env: NONE | up.secret_key_env' gives no key",
                "type: gemini, api_key: k, region: r | up.region",
                "base_url: 'ftp://x' | up.base_url' is not an address"
            })
    void whatCannotBeIsNamed(String provider, String message) {
        assertThatThrownBy(() -> load(provider))
                .isInstanceOf(Problem.class)
                .hasMessageContaining(message);
    }
}
