package dev.backplane.bench.measure;

import dev.backplane.bench.runs.AgentRuns;
import dev.backplane.bench.runs.AgentSpan;
import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.Message;
import dev.backplane.bench.runs.OpenAiChat;
import dev.backplane.bench.runs.Profile;
import dev.backplane.text.tokenizer.BpeTrainer;
import dev.backplane.text.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// What agents are asked and answer, in tokens: the ends of a coding agent's conversations, and its
/// next message with the calls that it makes. The tokenizer is learnt from other conversations of
/// the kind.
///
/// @param exchanges in the order in which the agent had them
record AnswerTexts(Tokenizer tokenizer, List<Exchange> exchanges) {
    /// @param prompt tokens
    /// @param answer tokens
    record Exchange(int[] prompt, int[] answer) {}

    private static final long SEED = 7;
    private static final int LEARNT_TOKENS = 6_000;
    private static final int LEARNT_CHARACTERS = 600_000;
    private static final double SCALE = 0.1;

    static final String END = "<end>";

    /// @param prompt tokens at most, the last ones
    /// @param answer tokens at most
    static AnswerTexts make(int count, int prompt, int answer) {
        AgentRuns runs = new AgentRuns(SEED, SCALE);
        Tokenizer tokenizer = learnt(runs);
        List<Exchange> exchanges = new ArrayList<>();
        for (ModelCall call : calls(runs, 0)) {
            int[] asked = tokenizer.encode(OpenAiChat.request(call), false);
            int[] said = tokenizer.encode(text(call), false);
            if (exchanges.size() < count && said.length >= answer / 2) {
                exchanges.add(
                        new Exchange(
                                Arrays.copyOfRange(
                                        asked, Math.max(0, asked.length - prompt), asked.length),
                                Arrays.copyOf(said, Math.min(said.length, answer))));
            }
        }
        return new AnswerTexts(tokenizer, exchanges);
    }

    /// As many and as long, of tokens that follow no rule.
    List<Exchange> noise() {
        Random random = new Random(SEED);
        return exchanges.stream()
                .map(like ->
                        new Exchange(
                                random.ints(like.prompt.length, 0, LEARNT_TOKENS / 2).toArray(),
                                random.ints(like.answer.length, 0, LEARNT_TOKENS / 2).toArray()))
                .toList();
    }

    private static Tokenizer learnt(AgentRuns runs) {
        StringBuilder text = new StringBuilder();
        for (int run = 1; text.length() < LEARNT_CHARACTERS; run++) {
            List<ModelCall> calls = calls(runs, run);
            for (ModelCall call : calls) {
                text.append(text(call)).append('\n');
            }
            text.append(OpenAiChat.request(calls.getLast())).append('\n');
        }
        return new BpeTrainer(LEARNT_TOKENS, 2, List.of(END), "llama-bpe")
                .add(text.substring(0, LEARNT_CHARACTERS))
                .train()
                .tokenizer();
    }

    private static List<ModelCall> calls(AgentRuns runs, long index) {
        List<ModelCall> calls = new ArrayList<>();
        for (AgentSpan span : runs.run(Profile.CODING, index).spans()) {
            if (span.work() instanceof ModelCall call && call.output().isPresent()) {
                calls.add(call);
            }
        }
        return calls;
    }

    private static String text(ModelCall call) {
        Message answer = call.output().orElseThrow();
        return answer.text() + OpenAiChat.calls(answer);
    }
}
