package dev.backplane.server.config;

import dev.backplane.core.Problem;
import dev.backplane.gateway.limit.Budget;
import dev.backplane.gateway.limit.Limits;
import dev.backplane.local.provider.LocalSettings;
import dev.backplane.server.auth.KeyLimits;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.core.JsonGenerator;

/// What a configuration comes to, as one JSON object:
///
/// ```
/// {"sound":true,"data":…, a member a setting …,
///  "providers":[{"name","type","address","has_key","from"}],
///  "models":[{"name","balance","targets":["PROVIDER/MODEL (weight)"]}],
///  "call_limits":[{"of","budgets","rpm","tpm","concurrency","models"}],
///  "unused_keys":[VARIABLE],
///  "errors":[{"message","where","hint"}],"warnings":[…]}
/// ```
///
/// Of one that is wrong, only `sound`, `errors` and `warnings`. Keys are counted, never shown.
public final class ConfigSummary {
    private final JsonGenerator json;

    private ConfigSummary(JsonGenerator json) {
        this.json = json;
    }

    public static void write(ConfigLoader.Checked checked, JsonGenerator json) {
        new ConfigSummary(json).write(checked);
    }

    /// As above without `sound` and the findings: of a configuration that is in force.
    public static void write(Config config, JsonGenerator json) {
        json.writeStartObject();
        new ConfigSummary(json).members(config);
        json.writeEndObject();
    }

    private void members(Config config) {
        server(config);
        gateway(config.models());
        local(config.models().local());
        providers(config.models());
        models(config.models());
        limits(config);
        texts("unused_keys", config.models().discovered().unusedKeys());
    }

    private void write(ConfigLoader.Checked checked) {
        json.writeStartObject();
        json.writeBooleanProperty("sound", checked.errors().isEmpty());
        checked.config().ifPresent(this::members);
        findings("errors", checked.errors());
        findings("warnings", checked.warnings());
        json.writeEndObject();
    }

    private void server(Config config) {
        text("data", config.data().toString());
        text(
                "store",
                switch (config.store()) {
                    case Config.Store.Directory(Path path) -> path.toString();
                    case Config.Store.Bucket bucket ->
                            "s3://" + bucket.bucket() + "/" + bucket.prefix();
                });
        text("listen", config.listen().toString());
        text("otlp_grpc", address(config.otlpGrpc()));
        text("otlp_http", address(config.otlpHttp()));
        json.writeNumberProperty("retention_days", config.retentionDays());
        text("library", config.library().path().toString());
        text("library_hosts", config.library().hosts().toString());
        int keys = config.keys().size() + (config.apiKey().isPresent() ? 1 : 0);
        json.writeNumberProperty("keys", keys);
        json.writeBooleanProperty("loopback_without_key", config.loopbackWithoutKey());
        Config.Limits limits = config.limits();
        json.writeNumberProperty("otlp_bytes", limits.otlpBytes());
        json.writeNumberProperty("request_bytes", limits.requestBytes());
        json.writeNumberProperty("file_bytes", limits.fileBytes());
        json.writeNumberProperty("batch_calls", limits.batchCalls());
        json.writeNumberProperty("batch_days", limits.batchDays());
        json.writeNumberProperty("ingest_memory", limits.ingestMemoryBytes());
        text("sql_time", Settings.text(limits.sqlTime()));
        json.writeNumberProperty("sql_rows", limits.sqlRows());
        json.writeNumberProperty("sql_memory", limits.sqlMemoryBytes());
        json.writeNumberProperty("list_memory", limits.listMemoryBytes());
        text("prices", config.prices().map(Path::toString).orElse("bundled"));
        json.writeBooleanProperty("audit", config.audit());
        text("log", config.log().name().toLowerCase(Locale.ROOT));
    }

    private void gateway(Config.Models models) {
        text("content", models.content().id());
        json.writeBooleanProperty("async", models.async());
        json.writeNumberProperty("cache", models.cacheBytes());
        text("probe", models.probe().map(Settings::text).orElse("off"));
    }

    private void local(LocalSettings local) {
        json.writeNumberProperty("local_threads", local.threads());
        json.writeNumberProperty("local_memory", local.memoryBytes());
        text(
                "local_keep_alive",
                local.keepAlive().isNegative() ? "-1" : Settings.text(local.keepAlive()));
        json.writeNumberProperty("local_context", local.context());
        text("local_kv", local.kvType());
        json.writeNumberProperty("local_running", local.runningMax());
        json.writeNumberProperty("local_waiting", local.waitingMax());
        text("local_prefixes", local.prefixes().id());
        text("local_trial", Settings.text(local.trial()));
        json.writeBooleanProperty("local_machine_code", local.machineCode());
        text("local_speculation", local.guessing());
        json.writeNumberProperty("local_speculation_tokens", local.guessedTokens());
        json.writeNumberProperty("local_tiles", local.tileBytes());
    }

    private static String address(Optional<Config.Address> address) {
        return address.map(Config.Address::toString).orElse("off");
    }

    private void providers(Config.Models models) {
        json.writeArrayPropertyStart("providers");
        for (Config.ModelProvider provider : models.providers()) {
            json.writeStartObject();
            text("name", provider.name());
            text("type", provider.type().id());
            text("address", provider.baseUrl().toString());
            json.writeBooleanProperty("has_key", provider.hasKey());
            text("from", models.discovered().has(provider.name()) ? "discover" : "file");
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void models(Config.Models models) {
        json.writeArrayPropertyStart("models");
        for (Config.Model model : models.models()) {
            boolean weighted = model.targets().stream().anyMatch(target -> target.weight() > 0);
            String usual = weighted ? "weight" : "order";
            json.writeStartObject();
            text("name", model.name());
            text("balance", model.balance().map(balance -> balance.id()).orElse(usual));
            texts(
                    "targets",
                    model.targets().stream()
                            .map(target ->
                                    target.provider()
                                            + "/"
                                            + target.model()
                                            + (weighted ? " (" + target.weight() + ")" : ""))
                            .toList());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void limits(Config config) {
        json.writeArrayPropertyStart("call_limits");
        for (Config.Key key : config.keys()) {
            if (!key.limits().equals(KeyLimits.NONE)) {
                limits("key " + key.name(), key.limits().limits(), key.limits().models());
            }
        }
        config.models()
                .limits()
                .forEach((subject, limits) -> limits(subject.toString(), limits, Set.of()));
        json.writeEndArray();
    }

    private void limits(String subject, Limits limits, Set<String> models) {
        json.writeStartObject();
        text("of", subject);
        texts("budgets", limits.budgets().stream().map(Budget::text).toList());
        number("rpm", limits.requests());
        number("tpm", limits.tokens());
        number("concurrency", limits.concurrency());
        texts("models", models.stream().sorted().toList());
        json.writeEndObject();
    }

    private void findings(String name, List<Problem> problems) {
        json.writeArrayPropertyStart(name);
        for (Problem problem : problems) {
            json.writeStartObject();
            text("message", problem.what());
            text("where", problem.where());
            text("hint", problem.fix());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void text(String name, String text) {
        json.writeStringProperty(name, text);
    }

    private void texts(String name, List<String> texts) {
        json.writeArrayPropertyStart(name);
        texts.forEach(json::writeString);
        json.writeEndArray();
    }

    private void number(String name, OptionalLong number) {
        if (number.isPresent()) {
            json.writeNumberProperty(name, number.getAsLong());
        }
    }
}
