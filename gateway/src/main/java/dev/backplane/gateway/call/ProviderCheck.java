package dev.backplane.gateway.call;

import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import dev.backplane.gateway.model.DialectId;
import dev.backplane.gateway.model.Event;
import dev.backplane.gateway.model.Events;
import dev.backplane.gateway.model.Input;
import dev.backplane.gateway.model.Message;
import dev.backplane.gateway.model.ModelInfo;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.provider.CallContext;
import dev.backplane.gateway.provider.Provider;
import dev.backplane.http.client.Reach;
import dev.backplane.http.client.Timeouts;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/// Looks a provider over, step by step, until one fails: can it be reached, does it take the key
/// and tell its models, does it answer a call. Only the last costs money, and is made only if a
/// model is named; it is a call like others, with a span and within limits.
public final class ProviderCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Timeouts TIMEOUTS =
            new Timeouts(
                    PATIENCE,
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(20));

    /// Where a check stopped.
    public enum Step {
        REACH,
        LIST,
        CALL
    }

    /// @param listMillis to be told the models; empty if that failed or the provider does not tell
    /// @param models how many there are
    /// @param firstTokenMillis of the call, if one was made
    /// @param callMillis until the call's end
    /// @param failed the step that failed
    /// @param problem why, and what to do
    public record Report(
            Reach reach,
            OptionalDouble listMillis,
            OptionalLong models,
            OptionalDouble firstTokenMillis,
            OptionalDouble callMillis,
            Optional<Step> failed,
            Optional<Problem> problem) {}

    private final Gateway gateway;
    private final Provider provider;
    private final URI address;
    private OptionalDouble listMillis = OptionalDouble.empty();
    private OptionalLong models = OptionalLong.empty();
    private OptionalDouble firstTokenMillis = OptionalDouble.empty();
    private OptionalDouble callMillis = OptionalDouble.empty();

    /// @param address of the provider, as it is configured
    public ProviderCheck(Gateway gateway, Provider provider, URI address) {
        this.gateway = gateway;
        this.provider = provider;
        this.address = address;
    }

    /// Runs it, once.
    ///
    /// @param origin who wants to know, and pays for a call
    /// @param model to call, by the provider's name
    public Report run(Origin origin, Optional<String> model) {
        Reach reach = Reach.of(address, PATIENCE);
        if (reach.failure().isPresent()) {
            return report(reach, Optional.of(Step.REACH), reach.failure());
        }
        try {
            list();
        } catch (Problem problem) {
            return report(reach, Optional.of(Step.LIST), Optional.of(advised(problem)));
        }
        try {
            model.ifPresent(name -> call(origin, name));
        } catch (Problem problem) {
            return report(reach, Optional.of(Step.CALL), Optional.of(advised(problem)));
        }
        return report(reach, Optional.empty(), Optional.empty());
    }

    private Report report(Reach reach, Optional<Step> failed, Optional<Problem> problem) {
        return new Report(reach, listMillis, models, firstTokenMillis, callMillis, failed, problem);
    }

    private void list() {
        long start = System.nanoTime();
        try {
            List<ModelInfo> told = provider.models(new CallContext("", TIMEOUTS));
            listMillis = OptionalDouble.of(millisSince(start));
            models = OptionalLong.of(told.size());
        } catch (Problem problem) {
            if (problem.kind() != Problem.Kind.NOT_IMPLEMENTED) {
                throw problem;
            }
        }
    }

    private void call(Origin origin, String model) {
        ModelRequest.Builder request = new ModelRequest.Builder(DialectId.OPENAI_CHAT);
        request.model = provider.name() + "/" + model;
        request.input = new Input.Chat(List.of(Message.of(Message.Role.USER, "Hi")));
        request.settings.put(Setting.MAX_TOKENS, Slice.of("1"));
        request.stream = true;
        long start = System.nanoTime();
        Events listener =
                event -> {
                    if (!(event instanceof Event.Started) && firstTokenMillis.isEmpty()) {
                        firstTokenMillis = OptionalDouble.of(millisSince(start));
                    }
                };
        try {
            gateway.generate(origin, request.build(), listener);
        } catch (IOException impossible) {
            throw new IllegalStateException("nobody listens who could go", impossible);
        }
        callMillis = OptionalDouble.of(millisSince(start));
    }

    private static double millisSince(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e6;
    }

    /// With what an operator can do, where the problem itself has nothing or speaks to a client.
    private Problem advised(Problem problem) {
        return switch (problem.kind()) {
            case CONFIG -> problem.fix("check the key, and what it may do, at the provider");
            case NOT_FOUND ->
                    problem.fix(
                            "check the model's name, and the path of base_url: it usually ends in"
                                    + " /v1");
            case INVALID, UNSUPPORTED, UNAVAILABLE, TIMEOUT ->
                    problem.fix().isEmpty()
                            ? problem.fix(
                                    "check that base_url is that of the service and fits its type")
                            : problem;
            case UNAUTHENTICATED,
                    FORBIDDEN,
                    SLOW_SENDER,
                    CONFLICT,
                    TOO_LARGE,
                    BLOCKED,
                    LIMITED,
                    EXHAUSTED,
                    INTERNAL,
                    NOT_IMPLEMENTED ->
                    problem;
        };
    }
}
