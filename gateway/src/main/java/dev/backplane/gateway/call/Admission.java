package dev.backplane.gateway.call;

import dev.backplane.core.Slice;
import dev.backplane.gateway.limit.Cost;
import dev.backplane.gateway.limit.Limiter;
import dev.backplane.gateway.limit.Subject;
import dev.backplane.gateway.limit.Ticket;
import dev.backplane.gateway.model.ModelRequest;
import dev.backplane.gateway.model.Setting;
import dev.backplane.gateway.model.Usage;
import dev.backplane.gateway.route.Target;
import java.util.ArrayList;
import java.util.List;

/// What a call is expected to take before it is made, and what it took.
///
/// Four bytes are counted as a token, and a call that sets no limit is expected to make
/// [#OUTPUT_TOKENS]. A call whose provider did not count, because it broke off or never counts, is
/// settled by the same rule over what came.
final class Admission {
    static final long OUTPUT_TOKENS = 1_024;
    private static final int BYTES_OF_A_TOKEN = 4;

    /// Numbers are the client's: no sum of them may overflow.
    private static final long TOKENS_MAX = 1_000_000_000;

    private static final long ANSWERS_MAX = 10_000;

    private final Limiter limiter;
    private final Recorder recorder;

    /// @param recorder that knows prices
    Admission(Limiter limiter, Recorder recorder) {
        this.limiter = limiter;
        this.recorder = recorder;
    }

    boolean allows(String key, String model) {
        return limiter.allows(key, model);
    }

    /// An admitted call and the tokens of its input by the rule above.
    record Admitted(Ticket ticket, long inputTokens) {}

    static long tokens(long bytes) {
        return (bytes + BYTES_OF_A_TOKEN - 1) / BYTES_OF_A_TOKEN;
    }

    /// @param targets that may answer; the dearest is reserved for
    /// @param outputTokens at most
    Admitted admit(
            Origin origin,
            String model,
            String user,
            List<Target> targets,
            long inputBytes,
            long outputTokens) {
        long input = tokens(inputBytes);
        Usage expected = Usage.of(input, outputTokens);
        Cost dearest = Cost.ZERO;
        for (Target target : targets) {
            Cost cost = recorder.cost(target.model(), expected);
            dearest = cost.nanoDollars() > dearest.nanoDollars() ? cost : dearest;
        }
        List<Subject> subjects = new ArrayList<>();
        subjects.add(new Subject(Subject.Kind.USER, user));
        origin.tags().forEach(tag -> subjects.add(new Subject(Subject.Kind.TAG, tag)));
        return new Admitted(
                limiter.admit(
                        origin.key(),
                        model,
                        subjects,
                        new Cost(expected.total(), dearest.nanoDollars()),
                        origin.listener()::stands),
                input);
    }

    /// Settles, and notes in the span what is needed to charge it again after a crash.
    ///
    /// @param usage what was counted: all, only the input, or nothing
    /// @param answered whether anything came
    /// @param outputBytes of what came
    /// @param besides what attempts took that did not answer
    void settle(
            Admitted admitted,
            CallSpan span,
            Usage usage,
            boolean answered,
            long outputBytes,
            Cost besides) {
        Cost taken = Cost.ZERO;
        if (usage.output().isPresent()) {
            taken = Cost.of(usage.total(), span.price().orElse(0));
        } else if (answered || usage.input().isPresent()) {
            long input = usage.input().orElse(admitted.inputTokens());
            taken = recorder.cost(span.model(), usage.with(input, tokens(outputBytes)));
        }
        Cost all = taken.plus(besides);
        long number = admitted.ticket().settle(all);
        if (number > 0) {
            span.attribute(
                    "backplane.settlement", number + " " + all.tokens() + " " + all.nanoDollars());
        }
    }

    /// The most tokens that the answers may have.
    static long outputTokens(ModelRequest asked) {
        long each = asked.maxTokens().orElse(OUTPUT_TOKENS);
        long answers = asked.settings().integer(Setting.COUNT).orElse(1);
        return Math.clamp(each, 0, TOKENS_MAX) * Math.clamp(answers, 1, ANSWERS_MAX);
    }

    static long bytes(Slice... payloads) {
        long sum = 0;
        for (Slice payload : payloads) {
            sum += payload.length();
        }
        return sum;
    }
}
