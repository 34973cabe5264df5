package dev.backplane.ingest;

import dev.backplane.core.Slice;
import dev.backplane.ingest.otlp.OtlpDecoder;
import io.opentelemetry.proto.trace.v1.Span;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// How fast requests of agent-shaped spans of about 50 KB are decoded and normalised, on one
/// thread: run its `main` from the test class path. Prints the best of ten rounds, in GB of request
/// a second of processor time, and the rate of copying the same bytes, which is the floor to
/// compare with.
final class DecodeSpeed {
    private static final int SPANS = 64;
    private static final int ROUNDS = 10;
    private static final int REQUESTS = 60;

    private DecodeSpeed() {}

    public static void main(String[] arguments) {
        Slice plain = request(messages(48), true, false);
        Slice rebuilt = request(messages(48), true, true);
        Slice flattened = request(messages(48), false, false);
        System.out.printf("request of %.1f MB, %d spans%n", plain.length() / 1e6, SPANS);
        measure("copy of the bytes", plain, () -> plain.bytes().length);
        measure("protobuf, gen_ai messages as they are", plain, () -> decode(plain));
        measure(
                "protobuf, gen_ai with a system prompt to put in front",
                rebuilt,
                () -> decode(rebuilt));
        measure("protobuf, OpenInference messages to rebuild", flattened, () -> decode(flattened));
    }

    /// Of this thread, so that what else the machine does counts little.
    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static int decode(Slice request) {
        return OtlpDecoder.protobuf(request, Otlp.CONTEXT).events().size();
    }

    private static void measure(String name, Slice request, Supplier<Integer> decode) {
        double best = 0;
        long sum = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long start = cpuNanos();
            for (int i = 0; i < REQUESTS; i++) {
                sum += decode.get();
            }
            double seconds = (cpuNanos() - start) / 1e9;
            best = Math.max(best, request.length() * (double) REQUESTS / seconds / 1e9);
        }
        System.out.printf("%-55s %6.2f GB/s (%d)%n", name, best, sum);
    }

    private static List<String[]> messages(int count) {
        List<String[]> messages = new ArrayList<>();
        String text =
                "The agent looked at the file, found that `parse(\"x\")` fails on line 7,"
                        + " and says so. ";
        for (int i = 0; i < count; i++) {
            messages.add(
                    new String[] {
                        i % 2 == 0 ? "user" : "assistant", text.repeat(12) + "Step " + i
                    });
        }
        return messages;
    }

    private static Slice request(List<String[]> messages, boolean genAi, boolean system) {
        Span.Builder[] spans = new Span.Builder[SPANS];
        for (int i = 0; i < SPANS; i++) {
            spans[i] = genAi ? genAi(messages, system) : openInference(messages);
            spans[i].setSpanId(Otlp.id(8, i + 1));
        }
        return Otlp.request(spans);
    }

    private static Span.Builder genAi(List<String[]> messages, boolean system) {
        StringBuilder json = new StringBuilder("[");
        for (String[] message : messages) {
            json.append(json.length() == 1 ? "" : ",")
                    .append(
                            "{\"role\":\"%s\",\"parts\":[{\"type\":\"text\",\"content\":\"%s\"}]}"
                                    .formatted(message[0], message[1].replace("\"", "\\\"")));
        }
        Span.Builder span =
                Otlp.span(
                        "gen_ai.operation.name", "chat",
                        "gen_ai.provider.name", "openai",
                        "gen_ai.request.model", "gpt-4o",
                        "gen_ai.response.model", "gpt-4o-2024-08-06",
                        "gen_ai.usage.input_tokens", 12_000,
                        "gen_ai.usage.output_tokens", 300,
                        "gen_ai.usage.cache_read.input_tokens", 10_000,
                        "gen_ai.input.messages", json.append(']').toString(),
                        "gen_ai.output.messages", "[{\"role\":\"assistant\",\"parts\":[]}]",
                        "server.address", "api.openai.com");
        if (system) {
            span.addAttributes(
                    Otlp.attribute(
                            "gen_ai.system_instructions",
                            "[{\"type\":\"text\",\"content\":\"be kind\"}]"));
        }
        return span;
    }

    private static Span.Builder openInference(List<String[]> messages) {
        Span.Builder span = Otlp.span("openinference.span.kind", "LLM", "llm.model_name", "gpt-4o");
        for (int i = 0; i < messages.size(); i++) {
            String prefix = "llm.input_messages." + i + ".message.";
            span.addAttributes(Otlp.attribute(prefix + "role", messages.get(i)[0]));
            span.addAttributes(Otlp.attribute(prefix + "content", messages.get(i)[1]));
        }
        return span;
    }
}
