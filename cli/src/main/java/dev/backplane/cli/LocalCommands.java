package dev.backplane.cli;

import static dev.backplane.cli.Argument.optional;
import static dev.backplane.cli.Argument.required;

import dev.backplane.cli.Command.Effect;
import dev.backplane.cli.Command.Name;
import java.util.List;

/// The commands that run something on this machine, as data.
final class LocalCommands {
    static final Table CHECKS =
            Table.of(
                    "checks",
                    Column.of("check", Unit.ID, "what was looked at"),
                    Column.of("status", Unit.TEXT, "ok, warn or fail"),
                    Column.of("detail", Unit.TEXT, "what was found"),
                    Column.of("hint", Unit.TEXT, "what to do about it"));

    private static final Option CONFIG =
            Option.of("config", Option.Type.FILE, "FILE", "settings in YAML")
                    .withEnvironment("BACKPLANE_CONFIG");

    private LocalCommands() {}

    /// What a new user starts with.
    static List<Command> server() {
        return List.of(
                up(),
                demo(),
                Command.of(Name.TEST, "test", Effect.RUN, "Run all tests of the project")
                        .details(
                                "Runs the Maven build's `verify` under JDK 25 and prints its"
                                        + " lines; arguments go to Maven. The launcher script does"
                                        + " it, so it works in a source tree only.")
                        .arguments(optional("ARGUMENT", "given to Maven as it is").repeated())
                        .example("backplane test", "everything, as continuous integration does")
                        .example("backplane test -pl cli -am", "one module and what it needs")
                        .build());
    }

    private static Command up() {
        return Command.of(Name.UP, "up", Effect.RUN, "Start the server")
                .details(
                        "Serves until Ctrl-C or SIGTERM; what was acknowledged is on the disk."
                                + " Everything is in one directory. Any listen address but this"
                                + " machine's own needs keys. JVM options, such as the heap: in"
                                + " BACKPLANE_JAVA_OPTS.")
                .options(
                        Option.of(
                                        "data",
                                        Option.Type.FILE,
                                        "DIR",
                                        "where everything is kept; ~/.backplane without it")
                                .withEnvironment("BACKPLANE_DATA"),
                        Option.of(
                                "listen",
                                Option.Type.TEXT,
                                "HOST:PORT",
                                "API and OTLP over HTTP; 127.0.0.1:7700 without it"),
                        Option.of(
                                "otlp-grpc",
                                Option.Type.TEXT,
                                "HOST:PORT",
                                "OTLP over gRPC, or off; 127.0.0.1:4317 without it"),
                        Option.of(
                                "otlp-http",
                                Option.Type.TEXT,
                                "HOST:PORT",
                                "OTLP over HTTP, or off; 127.0.0.1:4318 without it"),
                        CONFIG,
                        Option.choice(
                                "discover",
                                List.of("off", "local", "keys"),
                                "providers that are not configured: Ollama and vLLM on this"
                                        + " machine; with keys also those for which the environment"
                                        + " has a key; local without it, where none are"
                                        + " configured"))
                .example("backplane up", "on this machine, with everything at its default")
                .example(
                        "backplane up --data /srv/traces --listen 127.0.0.1:8080 --otlp-grpc off",
                        "somewhere else")
                .build();
    }

    private static Command demo() {
        return Command.of(
                        Name.DEMO,
                        "demo",
                        Effect.WRITE,
                        "Send realistic agent runs to the server, to have something to look at")
                .details(
                        "Made by a seeded generator and sent over OTLP in several dialects, with"
                                + " feedback: the same seed gives the same runs.")
                .options(
                        Option.of("runs", Option.Type.COUNT, "N", "how many agent runs")
                                .withInitial("300"),
                        Option.of("seed", Option.Type.COUNT, "N", "of the generator")
                                .withInitial("1"),
                        Option.of(
                                        "period",
                                        Option.Type.DURATION,
                                        "TIME",
                                        "spread over this time up to now")
                                .withInitial("6h"))
                .example("backplane demo", "a few hundred runs of the last hours")
                .example("backplane demo --runs 5 --seed 7 -p playground", "a few, in a project")
                .build();
    }

    /// What concerns the program itself.
    static List<Command> program() {
        return List.of(
                Command.of(
                                Name.DOCTOR,
                                "doctor",
                                Effect.RUN,
                                "Check this installation and the server")
                        .details(
                                "Looks at Java, the data directory and its disk, the ports, the"
                                        + " agent that runs this program, the key and the server."
                                        + " The exit code is that of the first check that fails.")
                        .table(CHECKS)
                        .example("backplane doctor", "what works and what does not")
                        .example(
                                "backplane doctor --json",
                                "the same for a program, or for a bug report")
                        .build(),
                Command.of(
                                Name.CONFIG_CHECK,
                                "config check",
                                Effect.RUN,
                                "Check the server's configuration and show what it comes to")
                        .details(
                                "Reads file and environment as `backplane up` would and starts"
                                        + " nothing. Shows providers, models and limits of calls as"
                                        + " well, and all that is wrong or doubtful with file, line"
                                        + " and remedy. Exit code 78 when something is wrong. Keys"
                                        + " are counted, never shown.")
                        .arguments(optional("FILE", "settings in YAML, as --config"))
                        .options(CONFIG)
                        .example("backplane config check backplane.yaml", "before a restart")
                        .example("backplane config check --config backplane.yaml", "the same")
                        .build(),
                Command.of(
                                Name.COMPLETIONS,
                                "completions",
                                Effect.RUN,
                                "Print the completions of a shell")
                        .arguments(required("SHELL", "bash, zsh or fish"))
                        .example(
                                "eval \"$(backplane completions bash)\"",
                                "completions in this bash")
                        .example(
                                "backplane completions fish >"
                                        + " ~/.config/fish/completions/backplane.fish",
                                "completions in every fish")
                        .build(),
                Command.of(Name.VERSION, "version", Effect.RUN, "Print the version")
                        .example("backplane version", "this program's version")
                        .example("backplane --version", "the same")
                        .build(),
                Command.of(Name.HELP, "help", Effect.RUN, "Explain a command, or list all of them")
                        .details(
                                "With `--json` this is the manifest of commands: for each its"
                                        + " arguments, options with types, defaults and variables,"
                                        + " output columns, examples, effect and exit codes.")
                        .arguments(optional("COMMAND", "the words of a command").repeated())
                        .options(Option.flag("manual", "all commands as Markdown"))
                        .example("backplane help traces list", "one command")
                        .example("backplane help --json", "all commands, for a program")
                        .build());
    }
}
