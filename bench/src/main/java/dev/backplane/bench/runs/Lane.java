package dev.backplane.bench.runs;

import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.AgentSpan.Tokens;
import dev.backplane.bench.runs.AgentSpan.ToolUse;
import dev.backplane.bench.runs.AgentSpan.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One thread of a run as it is being written: a clock, a parent, a conversation. Lanes of one run
/// share dice and spans; time within a lane only moves forward.
final class Lane {
    private static final long MILLI = 1_000_000;

    /// What model calls of a lane have in common.
    record Model(String provider, String name, String tools) {}

    private final Dice dice;
    private final List<AgentSpan> spans;
    private final Model model;
    private final long id;
    private final long parentId;
    private final long start;
    private final List<Message> history = new ArrayList<>();
    private long now;
    private int cachedTokens;
    private boolean compacted;

    private Lane(Dice dice, List<AgentSpan> spans, Model model, long parentId, long start) {
        this.dice = dice;
        this.spans = spans;
        this.model = model;
        this.id = newId(dice);
        this.parentId = parentId;
        this.start = start;
        this.now = start + dice.between(1, 20) * MILLI;
    }

    static Lane root(Dice dice, Model model) {
        return new Lane(dice, new ArrayList<>(), model, 0, 0);
    }

    /// A lane for a sub-agent that starts now.
    Lane child(Model childModel) {
        return new Lane(dice, spans, childModel, id, now + dice.between(0, 50) * MILLI);
    }

    private static long newId(Dice dice) {
        long id = dice.next();
        return id == 0 ? 1 : id;
    }

    Dice dice() {
        return dice;
    }

    long id() {
        return id;
    }

    List<AgentSpan> spans() {
        return spans;
    }

    long now() {
        return now;
    }

    /// Waits: for a person, or for parallel lanes.
    void waitUntil(long time) {
        now = Math.max(now, time);
    }

    void waitMillis(double millis) {
        now += (long) (millis * MILLI);
    }

    void say(Message message) {
        history.add(message);
    }

    int historyTokens() {
        return history.stream().mapToInt(Message::tokens).sum();
    }

    /// Replaces the conversation by its system message and a summary of the rest.
    void compact(String summary) {
        Message system = history.getFirst();
        modelCall(Message.assistant(summary));
        history.clear();
        history.add(system);
        history.add(Message.user("Summary of the conversation so far:\n\n" + summary));
        cachedTokens = 0;
        compacted = true;
    }

    /// One model call with the history; the answer joins the history. Now and then the first try
    /// fails and is repeated.
    void answer(Message answer) {
        if (dice.chance(0.01)) {
            long begin = now;
            waitMillis(dice.lognormal(900, 0.8));
            String error = Grammar.ENGLISH.text("error", dice);
            Tokens none = new Tokens(0, 0, 0, 0, 0);
            add(
                    "chat " + model.name(),
                    id,
                    begin,
                    Optional.of(error),
                    call(Optional.empty(), none));
            waitMillis(dice.between(1_000, 4_000));
        }
        modelCall(answer);
        history.add(answer);
    }

    private void modelCall(Message answer) {
        long begin = now;
        int input = historyTokens();
        int output = answer.tokens();
        boolean reasons =
                answer.parts().stream().anyMatch(Message.Part.Reasoning.class::isInstance);
        int reasoning = reasons ? output / 3 : 0;
        int cached = Math.min(cachedTokens, input);
        Tokens tokens =
                new Tokens(input, output, cached, Math.min(input - cached, 50_000), reasoning);
        waitMillis(dice.lognormal(600, 0.5) + output * 12.0);
        add("chat " + model.name(), id, begin, Optional.empty(), call(Optional.of(answer), tokens));
        compacted = false;
        cachedTokens = input;
    }

    private ModelCall call(Optional<Message> answer, Tokens tokens) {
        return new ModelCall(
                model.provider(), model.name(), history, answer, model.tools(), tokens, compacted);
    }

    /// One tool call of the last answer; its result joins the history.
    void tool(String tool, String callId, String arguments, String result, double medianMillis) {
        long begin = now;
        waitMillis(dice.lognormal(medianMillis, 0.7));
        add(
                "execute_tool " + tool,
                id,
                begin,
                Optional.empty(),
                use(tool, callId, arguments, result));
        history.add(Message.toolResult(callId, result));
    }

    /// A tool call that fails; the model sees the error.
    void failingTool(String tool, String callId, String arguments) {
        long begin = now;
        waitMillis(dice.lognormal(2_000, 0.7));
        String error = Grammar.ENGLISH.text("error", dice);
        add(
                "execute_tool " + tool,
                id,
                begin,
                Optional.of(error),
                use(tool, callId, arguments, ""));
        history.add(Message.toolResult(callId, "Error: " + error));
    }

    private static ToolUse use(String tool, String callId, String arguments, String result) {
        return new ToolUse(tool, callId, arguments, result);
    }

    /// Any other span right below the lane's own.
    void step(String name, Work work, double medianMillis) {
        long begin = now;
        waitMillis(dice.lognormal(medianMillis, 0.5));
        add(name, id, begin, Optional.empty(), work);
    }

    /// Sends the lane's own span while it is still open.
    void announce(String name, Work work) {
        spans.add(new AgentSpan(id, parentId, name, start, AgentSpan.OPEN, Optional.empty(), work));
    }

    /// Ends the lane with its own span.
    void end(String name, Work work, Optional<String> error) {
        waitMillis(dice.between(1, 10));
        spans.add(new AgentSpan(id, parentId, name, start, now, error, work));
    }

    private void add(String name, long parent, long begin, Optional<String> error, Work work) {
        spans.add(new AgentSpan(newId(dice), parent, name, begin, now, error, work));
    }

    String newCallId() {
        return "call_" + dice.hex(16);
    }
}
