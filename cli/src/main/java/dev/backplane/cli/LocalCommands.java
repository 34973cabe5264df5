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

    private LocalCommands() {}

    /// What a new user starts with.
    static List<Command> server() {
        return List.of(
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
