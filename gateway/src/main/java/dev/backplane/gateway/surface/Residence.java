package dev.backplane.gateway.surface;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.call.Gateway;
import dev.backplane.gateway.call.Origin;
import dev.backplane.gateway.model.Extras;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.InProcess;
import dev.backplane.gateway.route.Target;
import dev.backplane.http.Presence;
import dev.backplane.http.client.Timeouts;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Models in this process's memory, for the surfaces that show and change which there are.
final class Residence {
    private final Gateway gateway;

    Residence(Gateway gateway) {
        this.gateway = gateway;
    }

    /// A model of ours behind a client's name for it.
    ///
    /// @param name by the provider
    private record Found(InProcess engine, String name, Target target) {}

    /// Asks whoever runs the model.
    ///
    /// @throws Problem `FORBIDDEN` when the caller may not, `NOT_IMPLEMENTED` when nobody here runs
    ///   it
    <T> T ask(Origin origin, String model, Asking<T> asking) {
        Found found = find(origin, model).orElseThrow(() -> elsewhere(model));
        CallContext context =
                new CallContext("", found.target.timeouts().clocks(false), origin.caller());
        try (Presence.Watch _ = origin.presence().whenGone(context::cancel)) {
            return asking.ask(found.engine, found.name, context);
        }
    }

    interface Asking<T> {
        T ask(InProcess engine, String model, CallContext context);
    }

    /// Tells whoever runs models here of an adapter or a file.
    ///
    /// @throws Problem `NOT_IMPLEMENTED` when nobody does
    void adapt(Origin origin, Adapting adapting) {
        InProcess engine =
                gateway.routes().providers().stream()
                        .flatMap(provider -> provider.inProcess().stream())
                        .findFirst()
                        .orElseThrow(() -> elsewhere("any"));
        CallContext context = new CallContext("", Timeouts.DEFAULT, origin.caller());
        try (Presence.Watch _ = origin.presence().whenGone(context::cancel)) {
            adapting.tell(engine, context);
        }
    }

    interface Adapting {
        void tell(InProcess engine, CallContext context);
    }

    private static Problem elsewhere(String model) {
        return Problem.of(
                        Problem.Kind.NOT_IMPLEMENTED,
                        "model '%s' does not run in this process".formatted(model),
                        "models")
                .fix("ask the server that runs it, or name a local model");
    }

    private Optional<Found> find(Origin origin, String model) {
        if (!gateway.allows(origin, model)) {
            throw Problem.of(
                            Problem.Kind.FORBIDDEN,
                            "this key may not use model '%s'".formatted(model),
                            "models")
                    .fix("use a key that may, or another model");
        }
        for (Target target : gateway.routes().find(model).targets()) {
            Optional<InProcess> engine = target.provider().inProcess();
            if (engine.isPresent()) {
                return Optional.of(new Found(engine.get(), target.model(), target));
            }
        }
        return Optional.empty();
    }

    /// Loads or frees a model, if it runs here: Ollama's clients ask for it by asking nothing.
    ///
    /// @return whether it was freed
    boolean change(Origin origin, String model, Extras extras) {
        boolean unload = isZero(extras.get("keep_alive"));
        find(origin, model)
                .ifPresent(_ ->
                        ask(
                                origin,
                                model,
                                (engine, name, context) -> {
                                    if (unload) {
                                        return engine.unload(name);
                                    }
                                    engine.load(name, extras, context);
                                    return true;
                                }));
        return unload;
    }

    /// `0`, `"0"`, `"0s"` and the like.
    private static boolean isZero(Slice keepAlive) {
        return keepAlive.text().matches("\"?0+(\\.0+)?(ms|s|m|h)?\"?");
    }

    /// `GET /api/ps`.
    Slice running() {
        JsonOut out = new JsonOut().beginObject().name("models").beginArray();
        gateway.routes().providers().stream()
                .flatMap(provider -> provider.inProcess().stream())
                .flatMap(engine -> engine.loaded().stream())
                .forEach(model -> write(out, model));
        return out.endArray().endObject().slice();
    }

    private static void write(JsonOut out, InProcess.Loaded model) {
        out.beginObject().name("name").text(model.model()).name("model").text(model.model());
        out.name("size").literal("" + model.memoryBytes());
        out.name("digest").text(model.digest()).name("details").beginObject();
        out.name("parent_model").text("").name("format").text("gguf");
        out.name("family").text(model.family()).name("families").beginArray();
        out.text(model.family()).endArray();
        out.name("parameter_size").text(parameters(model.parameters()));
        out.name("quantization_level").text(model.type()).endObject();
        // Ollama's word for a model that stays is a time far away, which its clients can read.
        out.name("expires_at")
                .text(model.until().isEmpty() ? "2318-01-01T00:00:00Z" : model.until());
        out.name("size_vram").literal("0");
        out.name("context_length").literal("" + model.context());
        out.name("file_size").literal("" + model.fileBytes());
        out.name("requests").literal("" + model.requests());
        out.name("state").text(model.loading() ? "loading" : "loaded");
        out.endObject();
    }

    /// As Ollama writes it: `1.2B`.
    private static String parameters(long count) {
        List<String> units = List.of("", "K", "M", "B", "T");
        double number = count;
        int unit = 0;
        while (number >= 1_000 && unit < units.size() - 1) {
            number /= 1_000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f%s", number, units.get(unit));
    }
}
