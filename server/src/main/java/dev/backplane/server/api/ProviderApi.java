package dev.backplane.server.api;

import dev.backplane.core.Problem;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.call.ProviderCheck;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.gateway.route.Target;
import dev.backplane.http.Exchange;
import dev.backplane.server.auth.Caller;
import dev.backplane.server.config.Config;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import tools.jackson.core.JsonGenerator;

/// The providers: what is configured of them, and whether they can be used. Their keys are not
/// told.
final class ProviderApi {
    private final Gateway gateway;
    private final Supplier<List<Config.ModelProvider>> configured;

    /// @param configured those of the moment
    ProviderApi(Gateway gateway, Supplier<List<Config.ModelProvider>> configured) {
        this.gateway = gateway;
        this.configured = configured;
    }

    /// `GET /api/v1/providers`
    void providers(Caller caller, Exchange exchange) throws IOException {
        Map<String, Provider> running = running();
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeArrayPropertyStart("providers");
                    for (Config.ModelProvider provider : configured.get()) {
                        if (running.containsKey(provider.name())) {
                            write(json, provider, running.get(provider.name()));
                        }
                    }
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }

    private Map<String, Provider> running() {
        Map<String, Provider> running = new LinkedHashMap<>();
        gateway.routes().providers().forEach(provider -> running.put(provider.name(), provider));
        return running;
    }

    private static void write(JsonGenerator json, Config.ModelProvider provider, Provider running) {
        json.writeStartObject();
        json.writeStringProperty("name", provider.name());
        json.writeStringProperty("type", provider.type().id());
        json.writeStringProperty("address", provider.baseUrl().toString());
        json.writeBooleanProperty("has_key", provider.hasKey());
        json.writeArrayPropertyStart("dialects");
        running.capabilities().speaks().stream()
                .map(dialect -> dialect.id())
                .sorted()
                .forEach(json::writeString);
        json.writeEndArray();
        json.writeEndObject();
    }

    /// One provider to look at, and the model to call there.
    private record Task(Config.ModelProvider provider, Provider running, Optional<String> model) {}

    private record Done(Task task, ProviderCheck.Report report) {}

    /// `POST /api/v1/providers/test {"provider","model"}`, both optional: looks at that provider or
    /// all of them, at the same time, and calls the model there. With a model and no provider,
    /// those are looked at that would answer for its name.
    void test(Caller caller, Exchange exchange) throws IOException {
        Bodies body = Bodies.read(exchange, List.of("provider", "model"));
        Origin origin =
                new Origin(
                        caller.project(),
                        exchange.requestId(),
                        caller.key(),
                        exchange.header("User-Agent").orElse(""),
                        exchange.header("traceparent").orElse(""),
                        "");
        List<Done> all = run(tasks(body.text("provider"), body.text("model")), origin);
        exchange.sendJson(
                200,
                json -> {
                    json.writeStartObject();
                    json.writeArrayPropertyStart("tests");
                    all.forEach(done -> write(json, done));
                    json.writeEndArray();
                    json.writeEndObject();
                });
    }

    private List<Task> tasks(Optional<String> name, Optional<String> model) {
        if (model.isPresent() && name.isEmpty()) {
            return gateway.routes().find(model.get()).targets().stream()
                    .map(target -> task(target.provider().name(), Optional.of(target)))
                    .toList();
        }
        if (name.isPresent()) {
            Task found = task(name.get(), Optional.empty());
            return List.of(new Task(found.provider(), found.running(), model));
        }
        return configured.get().stream()
                .map(provider -> task(provider.name(), Optional.empty()))
                .toList();
    }

    private Task task(String name, Optional<Target> target) {
        Config.ModelProvider found =
                configured.get().stream()
                        .filter(provider -> provider.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> missing(name));
        return new Task(
                found,
                Optional.ofNullable(running().get(name)).orElseThrow(() -> missing(name)),
                target.map(Target::model));
    }

    private Problem missing(String name) {
        List<String> names = configured.get().stream().map(Config.ModelProvider::name).toList();
        return Problem.notFound("no such provider", name)
                .fix(
                        names.isEmpty()
                                ? "add providers to the configuration"
                                : "use one of " + String.join(", ", names));
    }

    private List<Done> run(List<Task> tasks, Origin origin) {
        List<FutureTask<ProviderCheck.Report>> running = new ArrayList<>();
        for (Task task : tasks) {
            ProviderCheck check =
                    new ProviderCheck(gateway, task.running(), task.provider().baseUrl());
            FutureTask<ProviderCheck.Report> future =
                    new FutureTask<>(() -> check.run(origin, task.model()));
            Thread.ofVirtual().name("provider test").start(future);
            running.add(future);
        }
        List<Done> all = new ArrayList<>();
        try {
            for (int i = 0; i < tasks.size(); i++) {
                all.add(new Done(tasks.get(i), running.get(i).get()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of(Problem.Kind.UNAVAILABLE, "test was cancelled", "providers")
                    .causedBy(e);
        } catch (ExecutionException e) {
            throw Problem.internal("test of a provider failed", "providers").causedBy(e);
        } finally {
            running.forEach(future -> future.cancel(true));
        }
        return all;
    }

    private static void write(JsonGenerator json, Done done) {
        ProviderCheck.Report report = done.report();
        json.writeStartObject();
        json.writeStringProperty("name", done.task().provider().name());
        json.writeStringProperty("status", report.failed().isPresent() ? "failed" : "ok");
        json.writeStringProperty("address", done.task().provider().baseUrl().toString());
        number(json, "name_ms", report.reach().nameMillis());
        number(json, "connect_ms", report.reach().connectMillis());
        number(json, "tls_ms", report.reach().tlsMillis());
        number(json, "list_ms", report.listMillis());
        OptionalLong models = report.models();
        if (models.isPresent()) {
            json.writeNumberProperty("models", models.getAsLong());
        } else {
            json.writeNullProperty("models");
        }
        json.writeStringProperty("model", done.task().model().orElse(""));
        number(json, "first_token_ms", report.firstTokenMillis());
        number(json, "call_ms", report.callMillis());
        json.writeStringProperty(
                "failed",
                report.failed().map(step -> step.name().toLowerCase(Locale.ROOT)).orElse(""));
        json.writeStringProperty("kind", report.problem().map(why -> why.kind().id()).orElse(""));
        json.writeStringProperty("error", report.problem().map(Problem::getMessage).orElse(""));
        json.writeStringProperty("hint", report.problem().map(Problem::fix).orElse(""));
        json.writeEndObject();
    }

    /// To a tenth, or null.
    private static void number(JsonGenerator json, String name, OptionalDouble millis) {
        if (millis.isPresent()) {
            json.writeNumberProperty(name, Math.round(millis.getAsDouble() * 10) / 10.0);
        } else {
            json.writeNullProperty(name);
        }
    }
}
