package dev.backplane.cli;

import dev.backplane.cli.Command.Effect;
import dev.backplane.cli.Command.Name;
import dev.backplane.cli.Option.Type;
import java.util.List;

/// The commands of the benchmark, as data.
final class MeasureCommands {
    private static final Option SEED =
            Option.of("seed", Type.COUNT, "N", "of the generator").withInitial("1");
    private static final String PROFILES =
            "airline, rag, research, coding, assistant, heavy or load";

    private MeasureCommands() {}

    static List<Command> all() {
        return List.of(
                generate(),
                ingest(),
                query(),
                trace(),
                gateway(),
                kernels(),
                engine(),
                answers(),
                grammar(),
                check());
    }

    private static Option count(String name, String initial, String summary) {
        return Option.of(name, Type.COUNT, "N", summary).withInitial(initial);
    }

    private static Command generate() {
        return Command.of(
                        Name.BENCH_GENERATE,
                        "bench generate",
                        Effect.RUN,
                        "Generate agent runs into files, or say what they are like")
                .options(
                        Option.of("profile", Type.TEXT, "ID", PROFILES + "; all without it")
                                .repeatable(),
                        count("runs", "10", "runs of each profile"),
                        SEED,
                        Option.of(
                                        "scale",
                                        Type.NUMBER,
                                        "N",
                                        "above 0, at most 1: share of a long profile's length")
                                .withInitial("1"),
                        Option.of("directory", Type.FILE, "DIR", "write files into it"),
                        Option.choice("to", List.of("otlp", "ndjson"), "what the files hold")
                                .withInitial("otlp"))
                .example("backplane bench generate", "sizes and repetition of every profile")
                .example(
                        "backplane bench generate --runs 100 --directory runs --to ndjson",
                        "files for another system")
                .build();
    }

    private static Command ingest() {
        return Command.of(
                        Name.BENCH_INGEST,
                        "bench ingest",
                        Effect.WRITE,
                        "Measure how fast a running server takes spans")
                .details("Sends prepared OTLP over several connections; acknowledged is durable.")
                .options(
                        Option.of("profile", Type.TEXT, "ID", PROFILES).withInitial("load"),
                        SEED,
                        count("bytes", "1000000000", "raw bytes a round"),
                        count("warm-up", "500000000", "raw bytes before the first round"),
                        count("rounds", "3", "rounds"),
                        count("connections", "8", "senders at once"),
                        count("request-bytes", "1000000", "size of a request, about"),
                        count("traces", "64", "runs whose spans are interleaved"),
                        Option.of(
                                "server-pid",
                                Type.COUNT,
                                "PID",
                                "whose memory and processor time to report; found by its port"
                                        + " without it"))
                .example("backplane bench ingest --bytes 200000000 --rounds 1", "a short run")
                .build();
    }

    private static Command query() {
        return Command.of(
                        Name.BENCH_QUERY,
                        "bench query",
                        Effect.READ,
                        "Measure how fast a running server answers about what it holds")
                .options(
                        count("each", "50", "different queries of a class"),
                        count("passes", "5", "over all of them, after the first"),
                        SEED,
                        Option.flag(
                                "drop-caches",
                                "empty the page cache before first queries; Linux and root only"))
                .example("backplane bench query", "p50 and p99 of every class")
                .build();
    }

    private static Command trace() {
        return Command.of(
                        Name.BENCH_TRACE,
                        "bench trace",
                        Effect.WRITE,
                        "Measure what can be done with one very large trace")
                .details(
                        "Sends many agent runs under one root, compacts, and asks for the tree, for"
                                + " words in it and for all of it.")
                .options(
                        count("spans", "1000000", "in the trace, about"),
                        Option.of("profile", Type.TEXT, "ID", PROFILES).withInitial("rag"),
                        SEED,
                        count("passes", "20", "over each question, after the first"),
                        Option.of(
                                "trace",
                                Type.TEXT,
                                "TRACE",
                                "ask about this one, which is there already, and send none"))
                .example("backplane bench trace --spans 100000", "a tenth of it")
                .build();
    }

    private static Command gateway() {
        return Command.of(
                        Name.BENCH_GATEWAY,
                        "bench gateway",
                        Effect.RUN,
                        "Measure what the gateway adds to a call of a model")
                .details(
                        "Sends the same requests at a constant rate straight to a model server of"
                                + " its own and through the gateway, in turns. Latencies count"
                                + " from when a request was to be sent. For --highest each rate is"
                                + " tried for at least 5 s and 2,000 requests, and once more if it"
                                + " was not kept.")
                .options(
                        Option.of("request", Type.TEXT, "KIND", "chat, history or stream; chat")
                                .repeatable(),
                        Option.of("rate", Type.NUMBER, "N", "requests/s").withInitial("1000"),
                        Option.of("length", Type.DURATION, "TIME", "of a round's runs")
                                .withInitial("10s"),
                        Option.of("warm-up", Type.DURATION, "TIME", "before the first run")
                                .withInitial("20s"),
                        count("rounds", "3", "runs on either way"),
                        Option.flag("highest", "look for the highest rate afterwards"),
                        Option.of("p99", Type.NUMBER, "MS", "that the highest rate has to keep")
                                .withInitial("10"),
                        count(
                                "streams",
                                "0",
                                "at once, for the length of a run; measure these instead"),
                        Option.of("rate-tokens", Type.NUMBER, "N", "tokens/s of each of --streams")
                                .withInitial("20"),
                        Option.flag("async", "do not let answers wait for their span"),
                        Option.of("delay", Type.DURATION, "TIME", "of the model's first byte")
                                .withInitial("0s"),
                        count("tokens", "50", "of an answer"),
                        Option.of("interval", Type.DURATION, "TIME", "between a stream's tokens")
                                .withInitial("20ms"),
                        SEED,
                        Option.of(
                                "gateway",
                                Type.TEXT,
                                "URL",
                                "one that runs already and sends to the model server; without it"
                                        + " a server is started"),
                        Option.of("model", Type.TEXT, "NAME", "as that gateway calls it")
                                .withInitial("mock"),
                        count("upstream-port", "0", "of the model server; 0 is any free one"))
                .example("backplane bench gateway", "overhead at 1,000 requests/s")
                .example(
                        "backplane bench gateway --rounds 0 --highest",
                        "the highest rate that keeps its 99th percentile below 10 ms")
                .example(
                        "backplane bench gateway --streams 2000 --length 30s",
                        "whether any of 2,000 streams stands still")
                .build();
    }

    private static Command kernels() {
        return Command.of(
                        Name.BENCH_KERNELS,
                        "bench kernels",
                        Effect.RUN,
                        "Measure the products that models are made of, on this machine")
                .details(
                        "Needs no server. Shows each kernel, as machine code where there is any and"
                                + " as Java's vector code, beside the rate at which memory can be"
                                + " read, and whether the kernel gate lets it pass.")
                .options(
                        Option.of(
                                        "kernel",
                                        Type.TEXT,
                                        "ID",
                                        "F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q6_K or gemm; all"
                                                + " without it")
                                .repeatable(),
                        count("bytes", "1000000000", "of weights, several times the last cache"),
                        count("millis", "1000", "for each measurement"),
                        Option.of(
                                "threads",
                                Type.COUNT,
                                "N",
                                "at most; one for each processor without it"),
                        Option.flag("no-machine-code", "measure Java's kernels only"))
                .example("backplane bench kernels", "all, with one thread and with all")
                .example("backplane bench kernels --kernel Q8_0 --threads 1", "one of them")
                .build();
    }

    private static Command engine() {
        return Command.of(
                        Name.BENCH_ENGINE,
                        "bench engine",
                        Effect.RUN,
                        "Measure how fast a local model answers, on this machine")
                .details(
                        "Needs no server. Measures a second start, a prompt, a long prompt that"
                                + " comes again, one of 4,000 tokens with the answer behind it, one"
                                + " answer, several at once, and sixteen requests with a prompt"
                                + " each. Without a model it writes a random one of"
                                + " the size of Llama 3.2 1B to the temporary directory, and"
                                + " deletes it; what a killed run left there goes with the next.")
                .options(
                        Option.of("model", Type.FILE, "FILE", "GGUF; a random one without it"),
                        Option.of("type", Type.TEXT, "ID", "of the random model's weights")
                                .withInitial("Q8_0"),
                        Option.of("kv", Type.TEXT, "ID", "of keys and values: f32, f16 or q8_0")
                                .withInitial("f16"),
                        Option.of(
                                        "row",
                                        Type.TEXT,
                                        "ID",
                                        "start, prompt, prefix, long, one, together or crowd;"
                                                + " all without it")
                                .repeatable(),
                        count("prompt", "512", "tokens of a prompt"),
                        count("tokens", "64", "of each answer"),
                        count("together", "8", "requests at once"),
                        count("rounds", "2", "of what is short; the best counts"),
                        Option.of(
                                "threads",
                                Type.COUNT,
                                "N",
                                "to compute with; one for each processor without it"),
                        Option.flag("no-machine-code", "multiply by Java's kernels"))
                .example("backplane bench engine", "the usual sizes")
                .example("backplane bench engine --type Q4_0 --threads 1", "smaller weights")
                .example("backplane bench engine --row start --row one", "two of the rows")
                .build();
    }

    private static Command answers() {
        return Command.of(
                        Name.BENCH_ANSWERS,
                        "bench answers",
                        Effect.RUN,
                        "Measure what guessing gives and forms take, on this machine")
                .details(
                        "Needs no server. Writes a random model of 0.15 billion weights to the"
                                + " temporary directory, and deletes it. Answers are held to what"
                                + " an agent said, with guesses of each kind and without; then"
                                + " they are held to a schema, to any object and to an"
                                + " expression, and it is counted what that takes.")
                .options(
                        Option.of("type", Type.TEXT, "ID", "of the random model's weights")
                                .withInitial("Q8_0"),
                        count("answers", "4", "one after the other"),
                        count("tokens", "96", "of each answer, at most"),
                        Option.of(
                                "threads",
                                Type.COUNT,
                                "N",
                                "to compute with; one for each processor without it"))
                .example("backplane bench answers", "the usual sizes")
                .build();
    }

    private static Command grammar() {
        return Command.of(
                        Name.BENCH_GRAMMAR,
                        "bench grammar",
                        Effect.RUN,
                        "Measure what it costs to hold an answer to a form, on this machine")
                .details(
                        "Needs no server. Follows a JSON answer through a schema, through any"
                                + " JSON and through a regular expression, and counts what a"
                                + " token's mask costs. Without a tokenizer it learns one.")
                .options(
                        Option.of("tokenizer", Type.FILE, "FILE", "tokenizer.json of a model"),
                        count("answers", "200", "after the first, which works masks out"))
                .example("backplane bench grammar", "with a learnt tokenizer")
                .example("backplane bench grammar --tokenizer tokenizer.json", "with a model's")
                .build();
    }

    private static Command check() {
        return Command.of(
                        Name.BENCH_CHECK,
                        "bench check",
                        Effect.RUN,
                        "Kill a server of its own again and again and look for what it lost")
                .details(
                        "Every acknowledged span must be there once, byte for byte, and readable"
                                + " at once. Exit code 1 when one is not. Says on stderr what each"
                                + " round found; stopped early (Ctrl-C), it reports the rounds"
                                + " done.")
                .options(
                        Option.of("seed", Type.COUNT, "N", "of the check; another each time"),
                        count("rounds", "5", "kills"),
                        count("writers", "4", "writing at once"),
                        Option.of(
                                "directory",
                                Type.FILE,
                                "DIR",
                                "for the server's data; a temporary one without it"),
                        Option.flag(
                                "full-disk",
                                "fill a small disk under it instead of killing it; Linux and root"
                                        + " only"))
                .example("backplane bench check --rounds 200", "what a release has to pass")
                .build();
    }
}
