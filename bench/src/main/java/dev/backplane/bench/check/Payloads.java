package dev.backplane.bench.check;

import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.AgentSpan.AgentTurn;
import dev.backplane.bench.runs.AgentSpan.Embedding;
import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.AgentSpan.Retrieval;
import dev.backplane.bench.runs.AgentSpan.Step;
import dev.backplane.bench.runs.AgentSpan.ToolUse;
import dev.backplane.bench.runs.Message;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// The bytes that a span sent in the GenAI dialect carries as its input and output.
record Payloads(byte[] input, byte[] output) {
    private static final byte[] NONE = new byte[0];

    static Payloads of(AgentSpan span) {
        return switch (span.work()) {
            case ModelCall call ->
                    new Payloads(
                            array(call.input()),
                            call.output().map(answer -> array(List.of(answer))).orElse(NONE));
            case ToolUse use -> new Payloads(utf8(use.arguments()), utf8(use.result()));
            case AgentTurn turn -> exchange(turn.input(), turn.output());
            case Step step -> exchange(step.input(), step.output());
            case Retrieval retrieval ->
                    new Payloads(utf8(retrieval.query()), utf8(retrieval.documents()));
            case Embedding embedding ->
                    new Payloads(array(List.of(Message.user(embedding.text()))), NONE);
        };
    }

    private static Payloads exchange(String input, String output) {
        return new Payloads(
                array(List.of(Message.user(input))),
                output.isEmpty() ? NONE : array(List.of(Message.assistant(output))));
    }

    private static byte[] array(List<Message> messages) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write('[');
        for (int i = 0; i < messages.size(); i++) {
            if (i > 0) {
                out.write(',');
            }
            out.writeBytes(messages.get(i).json());
        }
        out.write(']');
        return out.toByteArray();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
