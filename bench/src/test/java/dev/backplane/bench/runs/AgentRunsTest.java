package dev.backplane.bench.runs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backplane.bench.otlp.Dialect;
import dev.backplane.bench.otlp.OtlpEncoder;
import dev.backplane.bench.runs.AgentSpan.ModelCall;
import dev.backplane.bench.runs.AgentSpan.ToolUse;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AgentRunsTest {
    private static final double SCALE = 0.1;
    private final AgentRuns runs = new AgentRuns(7, SCALE);

    @ParameterizedTest
    @EnumSource(Profile.class)
    void sameSeedSameBytesInAnyOrder(Profile profile) {
        byte[] first = encode(runs.run(profile, 3));
        AgentRuns again = new AgentRuns(7, SCALE);
        again.run(profile, 2);
        assertThat(encode(again.run(profile, 3))).isEqualTo(first);
        assertThat(encode(again.run(profile, 4))).isNotEqualTo(first);
        assertThat(encode(new AgentRuns(8, SCALE).run(profile, 3))).isNotEqualTo(first);
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void spansFormOneTreeInTimeAndAreSentByEnd(Profile profile) {
        for (int index = 0; index < 5; index++) {
            AgentRun run = runs.run(profile, index);
            Map<Long, AgentSpan> closed = new HashMap<>();
            long last = Long.MIN_VALUE;
            for (AgentSpan span : run.spans()) {
                long sentAt = span.isOpen() ? span.startNanos() : span.endNanos();
                assertThat(sentAt).isGreaterThanOrEqualTo(last);
                last = sentAt;
                if (!span.isOpen()) {
                    assertThat(closed.put(span.id(), span)).isNull();
                }
            }
            int roots = 0;
            for (AgentSpan span : closed.values()) {
                assertThat(span.endNanos()).isGreaterThanOrEqualTo(span.startNanos());
                if (span.parentId() == 0) {
                    roots++;
                } else {
                    AgentSpan parent = closed.get(span.parentId());
                    assertThat(parent).isNotNull();
                    assertThat(span.startNanos()).isGreaterThanOrEqualTo(parent.startNanos());
                    assertThat(span.endNanos()).isLessThanOrEqualTo(parent.endNanos());
                }
            }
            assertThat(roots).isEqualTo(1);
        }
    }

    @Test
    void traceIdsAreDistinctAcrossProfilesAndRuns() {
        Set<String> ids = new HashSet<>();
        for (Profile profile : List.of(Profile.AIRLINE, Profile.RAG)) {
            for (int index = 0; index < 200; index++) {
                assertThat(ids.add(runs.run(profile, index).traceId())).isTrue();
            }
        }
    }

    @Test
    void aCodingRunCarriesItsHistoryThroughAHundredAndFiftyTurns() {
        AgentRun run = new AgentRuns(1, 1).run(Profile.CODING, 0);
        List<ModelCall> answered = answered(run);
        assertThat(answered).hasSize(150);
        for (int i = 1; i < answered.size(); i++) {
            List<Message> before = answered.get(i - 1).input();
            assertThat(answered.get(i).input().subList(0, before.size())).isEqualTo(before);
        }
        double meanResult =
                run.spans().stream()
                        .filter(span -> span.work() instanceof ToolUse)
                        .mapToInt(span -> ((ToolUse) span.work()).result().length())
                        .average()
                        .orElseThrow();
        assertThat(meanResult).isBetween(6_000.0, 11_000.0);
        assertThat(run.spans().stream().mapToLong(AgentRunsTest::inputBytes).sum())
                .isBetween(70_000_000L, 140_000_000L);
    }

    @Test
    void airlineRunsLookLikeTauBench() {
        double calls = 0;
        double toolBytes = 0;
        double tools = 0;
        for (int index = 0; index < 200; index++) {
            AgentRun run = runs.run(Profile.AIRLINE, index);
            calls += answered(run).size() / 200.0;
            for (AgentSpan span : run.spans()) {
                if (span.work() instanceof ToolUse use) {
                    tools++;
                    toolBytes += use.result().length();
                }
            }
        }
        // tau-bench, gpt-4o on airline: 12.3 calls and 5.8 tool results a run, 760 bytes each.
        assertThat(calls).isBetween(9.0, 16.0);
        assertThat(tools / 200).isBetween(4.0, 9.0);
        assertThat(toolBytes / tools).isBetween(400.0, 1_200.0);
    }

    @Test
    void assistantsCompactTheirContextAndAnnounceThemselves() {
        AgentRun run = new AgentRuns(1, 1).run(Profile.ASSISTANT, 0);
        List<ModelCall> calls = answered(run);
        assertThat(calls).filteredOn(ModelCall::compacted).hasSizeGreaterThanOrEqualTo(2);
        assertThat(calls).allSatisfy(call -> assertThat(call.tokens().input()).isLessThan(70_000));
        assertThat(run.spans().getFirst().isOpen()).isTrue();
        assertThat(run.spans().getLast().id()).isEqualTo(run.spans().getFirst().id());
    }

    @Test
    void researchRunsItsSubAgentsInParallel() {
        AgentRun run = runs.run(Profile.RESEARCH, 1);
        long root = run.spans().getLast().id();
        List<AgentSpan> agents =
                run.spans().stream()
                        .filter(span -> span.parentId() == root)
                        .filter(span -> span.work() instanceof AgentSpan.AgentTurn)
                        .toList();
        assertThat(agents).hasSizeBetween(2, 5);
        long latestStart = agents.stream().mapToLong(AgentSpan::startNanos).max().orElseThrow();
        long firstEnd = agents.stream().mapToLong(AgentSpan::endNanos).min().orElseThrow();
        assertThat(latestStart).isLessThan(firstEnd);
    }

    @Test
    void heavyRunsHaveSpansOfMegabytes() {
        long largest = 0;
        for (int index = 0; index < 3; index++) {
            for (AgentSpan span : new AgentRuns(1, 1).run(Profile.HEAVY, index).spans()) {
                largest = Math.max(largest, inputBytes(span));
            }
        }
        assertThat(largest).isGreaterThan(1_000_000);
    }

    @Test
    void someRunsFailRetryAndGetFeedback() {
        long errors = 0;
        long feedback = 0;
        for (int index = 0; index < 200; index++) {
            AgentRun run = runs.run(Profile.AIRLINE, index);
            errors += run.spans().stream().filter(span -> span.error().isPresent()).count();
            feedback += run.feedback().isPresent() ? 1 : 0;
        }
        assertThat(errors).isBetween(10L, 200L);
        assertThat(feedback).isBetween(25L, 80L);
    }

    /// Words as in real text: neither noise nor one phrase over and over. The distinct messages of
    /// tau-bench's airline runs deflate 6.9 times (measured with zlib's default level).
    @ParameterizedTest
    @EnumSource(
            value = Profile.class,
            names = {"AIRLINE", "RESEARCH", "CODING"})
    void textsCompressAsRealOnesDo(Profile profile) {
        ByteArrayOutputStream distinct = new ByteArrayOutputStream();
        Set<Message> seen = new HashSet<>();
        for (int index = 0; index < 20 && distinct.size() < 2_000_000; index++) {
            for (ModelCall call : answered(runs.run(profile, index))) {
                for (Message message : call.input()) {
                    if (message.role() != Message.Role.SYSTEM && seen.add(message)) {
                        distinct.writeBytes(message.json());
                    }
                }
            }
        }
        double ratio = distinct.size() / (double) deflated(distinct.toByteArray());
        assertThat(ratio).isBetween(3.0, 9.0);
    }

    private static long deflated(byte[] bytes) {
        try (Deflater deflater = new Deflater()) {
            deflater.setInput(bytes);
            deflater.finish();
            byte[] buffer = new byte[64 << 10];
            while (!deflater.finished()) {
                deflater.deflate(buffer);
            }
            return deflater.getBytesWritten();
        }
    }

    private static List<ModelCall> answered(AgentRun run) {
        return run.spans().stream()
                .filter(span -> span.work() instanceof ModelCall)
                .map(span -> (ModelCall) span.work())
                .filter(call -> call.output().isPresent())
                .toList();
    }

    private static long inputBytes(AgentSpan span) {
        return span.work() instanceof ModelCall call
                ? call.input().stream().mapToLong(message -> message.json().length).sum()
                : 0;
    }

    private static byte[] encode(AgentRun run) {
        OtlpEncoder encoder = new OtlpEncoder();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (AgentSpan span : run.spans()) {
            out.writeBytes(encoder.encode(run, span, Dialect.GEN_AI, Instant.EPOCH));
        }
        return out.toByteArray();
    }
}
