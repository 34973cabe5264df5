package dev.backplane.cli;

import static dev.backplane.cli.Argument.optional;
import static dev.backplane.cli.Argument.required;

import dev.backplane.cli.Command.Effect;
import dev.backplane.cli.Command.Name;
import dev.backplane.cli.Option.Type;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// The commands around models in the server's memory, as data.
final class RunCommands {
    static final Table RESIDENTS =
            Table.of(
                    "models",
                    Column.of("name", Unit.ID, "as it is called"),
                    Column.of("state", Unit.TEXT, "loading or loaded"),
                    Column.of("size", Unit.BYTES, "of memory").labelled("MEMORY"),
                    Column.of("context_length", Unit.COUNT, "positions that a request may have")
                            .labelled("CONTEXT"),
                    Column.of("requests", Unit.COUNT, "that use it now"),
                    Column.of("expires_at", Unit.TIME, "when it goes if nobody uses it")
                            .labelled("UNTIL"),
                    Column.more("file_size", Unit.BYTES, "of its files"),
                    Column.more("details", Unit.JSON, "family, parameters and type of weights"));

    private RunCommands() {}

    static List<Command> all() {
        return List.of(run(), running(), stop());
    }

    private static Command run() {
        return Command.of(Name.RUN, "run", Effect.WRITE, "Load a local model and talk with it")
                .details(
                        "As `backplane chat`, with a model that the server has in its own memory:"
                                + " it is loaded first, and stays for a while afterwards. Without a"
                                + " prompt it takes what comes on stdin; on a terminal it holds a"
                                + " conversation, in which /help explains the rest. Speed in"
                                + " tokens a second stands below the answer, on stderr. A GGUF"
                                + " file, or a folder of safetensors, where the server runs is a"
                                + " model while this command runs.")
                .arguments(
                        required("MODEL", "the model, see backplane models ps and docs; or a file"),
                        optional("PROMPT", "what to ask; a - among it adds what is on stdin")
                                .repeated())
                .options(
                        Stream.concat(
                                        Arrays.stream(GatewayCommands.talk()),
                                        Stream.of(
                                                Option.of(
                                                        "keep-alive",
                                                        Type.TEXT,
                                                        "TIME",
                                                        "how long it stays after its last use,"
                                                                + " such as 10m; -1 for ever")))
                                .toArray(Option[]::new))
                .example("backplane run qwen3", "a conversation")
                .example("backplane run qwen3 \"why is the sky blue?\"", "one question")
                .example("backplane run ./writer.gguf", "a file, without pulling it")
                .build();
    }

    private static Command running() {
        return Command.of(
                        Name.MODELS_PS,
                        "models ps",
                        Effect.READ,
                        "List the models that are in the server's memory")
                .table(RESIDENTS)
                .example("backplane models ps", "what is loaded, and until when")
                .build();
    }

    private static Command stop() {
        return Command.of(
                        Name.MODELS_STOP,
                        "models stop",
                        Effect.WRITE,
                        "Free a model's memory as soon as nobody uses it")
                .details("Nothing is lost: the next request loads it again.")
                .arguments(required("NAME", "the model"))
                .example("backplane models stop qwen3", "make room")
                .build();
    }
}
