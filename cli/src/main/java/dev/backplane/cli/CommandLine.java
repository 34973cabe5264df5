package dev.backplane.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Turns words into an [Invocation] by the [CommandTable], or into a [Failure] that says what would
/// have been right.
///
/// Options may stand anywhere, as `--name value`, `--name=value` or `-x value`; what follows `--`
/// is never an option. An option that is given twice is an error unless it is repeatable: the
/// caller meant one of the two.
final class CommandLine {
    private final List<String> words;
    private final Map<String, String> environment;
    private final boolean isAgent;
    private final List<String> plain = new ArrayList<>();
    private final Map<String, List<String>> given = new LinkedHashMap<>();
    private Optional<Command> command = Optional.empty();
    private String path = "";

    private CommandLine(List<String> words, Map<String, String> environment, boolean isAgent) {
        this.words = words;
        this.environment = environment;
        this.isAgent = isAgent;
    }

    /// The invocation that the words ask for. A wish for help anywhere wins over all else.
    static Invocation parse(List<String> words, Map<String, String> environment, boolean isAgent) {
        return new CommandLine(words, environment, isAgent).parse();
    }

    /// The format that the words ask for, as far as they can be understood: errors in the rest of
    /// the command line are reported in it.
    static Format format(List<String> words, Map<String, String> environment, boolean isAgent) {
        String asked = "";
        for (int i = 0; i < words.size() && !words.get(i).equals("--"); i++) {
            String word = words.get(i);
            asked =
                    switch (word) {
                        case "--json" -> "json";
                        case "-q", "--quiet" -> "quiet";
                        case "--format" -> i + 1 < words.size() ? words.get(i + 1) : asked;
                        case String other when other.startsWith("--format=") ->
                                other.substring("--format=".length());
                        case String _ -> asked;
                    };
        }
        String wish = asked.isEmpty() ? environment.getOrDefault("BACKPLANE_FORMAT", "") : asked;
        for (Format format : Format.values()) {
            if (format.id().equals(wish)) {
                return format;
            }
        }
        return isAgent ? Format.AGENT : Format.HUMAN;
    }

    private Invocation parse() {
        boolean isHelp = words.isEmpty();
        int end = words.indexOf("--") < 0 ? words.size() : words.indexOf("--");
        for (String word : words.subList(0, end)) {
            isHelp |= word.equals("--help") || word.equals("-h");
        }
        if (isHelp) {
            return help(end);
        }
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("--")) {
                words.subList(i + 1, words.size()).forEach(this::plain);
                break;
            }
            if (word.length() > 1 && word.startsWith("-")) {
                i += option(word, i);
            } else {
                plain(word);
            }
        }
        if (given.containsKey("version") && command.isEmpty()) {
            command = Optional.of(CommandTable.get(Command.Name.VERSION));
        }
        if (command.isEmpty()) {
            throw path.isEmpty() ? Failure.usage("no command given") : incomplete(path);
        }
        checkArguments(command.get());
        return invocation(command.get(), plain);
    }

    /// Help for as much of the command line as names a command or a group.
    private Invocation help(int end) {
        List<String> names = new ArrayList<>();
        for (String word : words.subList(0, end)) {
            String longer = names.isEmpty() ? word : String.join(" ", names) + " " + word;
            if (CommandTable.find(longer).isPresent() || CommandTable.isGroup(longer)) {
                names.add(word);
            }
        }
        Format format = format(words, environment, isAgent);
        return new Invocation(CommandTable.get(Command.Name.HELP), format, names, Map.of());
    }

    private void plain(String word) {
        if (command.isPresent()) {
            plain.add(word);
            return;
        }
        path = path.isEmpty() ? word : path + " " + word;
        command = CommandTable.find(path);
        if (command.isEmpty() && !CommandTable.isGroup(path)) {
            throw unknownCommand();
        }
    }

    private Failure unknownCommand() {
        int space = path.indexOf(' ');
        String group = space < 0 ? "" : path.substring(0, space);
        Set<String> known = CommandTable.wordsAfter(group);
        String typed = space < 0 ? path : path.substring(space + 1);
        Failure failure =
                Failure.usage(
                                group.isEmpty()
                                        ? "no command '%s'".formatted(typed)
                                        : "no command '%s' in '%s'".formatted(typed, group))
                        .hint("one of: " + String.join(", ", known))
                        .next(("backplane help " + group).strip());
        return Suggestion.closest(typed, known)
                .map(word -> {
                    String right = (group + " " + word).strip();
                    return failure.hint("did you mean '%s'? ".formatted(right) + failure.hint())
                            .next("backplane " + right + " --help");
                })
                .orElse(failure);
    }

    private static Failure incomplete(String group) {
        return Failure.usage("'%s' needs a command".formatted(group))
                .hint("one of: " + String.join(", ", CommandTable.wordsAfter(group)))
                .next("backplane help " + group);
    }

    /// Takes the option at `index`; answers how many of the words after it belong to it.
    private int option(String word, int index) {
        int equals = word.startsWith("--") ? word.indexOf('=') : -1;
        String name = equals < 0 ? word : word.substring(0, equals);
        Option option = lookUp(name);
        if (option.isFlag()) {
            if (equals >= 0) {
                throw Failure.usage("--%s takes no value".formatted(option.name()))
                        .hint("give it alone: " + option.summary());
            }
            put(option, "true");
            return 0;
        }
        if (equals >= 0) {
            put(option, word.substring(equals + 1));
            return 0;
        }
        if (index + 1 == words.size() || isOption(words.get(index + 1))) {
            throw Failure.usage("%s needs a value: %s".formatted(name, option.value()))
                    .hint(
                            option.summary()
                                    + "; a value that starts with a dash is given as --"
                                    + option.name()
                                    + "=VALUE");
        }
        put(option, words.get(index + 1));
        return 1;
    }

    private static boolean isOption(String word) {
        return word.length() > 1 && word.startsWith("-");
    }

    private Option lookUp(String dashed) {
        Map<String, Option> known =
                command.map(CommandTable::optionsOf).orElseGet(CommandTable::globalOptions);
        for (Option option : known.values()) {
            boolean isLong = dashed.equals("--" + option.name());
            boolean isShort = !option.letter().isEmpty() && dashed.equals("-" + option.letter());
            if (isLong || isShort) {
                return option;
            }
        }
        if (command.isEmpty() && dashed.equals("--version")) {
            return CommandTable.VERSION_FLAG;
        }
        throw unknownOption(dashed, known);
    }

    private Failure unknownOption(String dashed, Map<String, Option> known) {
        Set<String> names = new TreeSet<>();
        known.keySet().forEach(name -> names.add("--" + name));
        String place = path.isEmpty() ? "before the command" : "'" + path + "'";
        Failure failure =
                Failure.usage("no option %s for %s".formatted(dashed, place))
                        .hint("a word that starts with a dash stands after --")
                        .next(("backplane help " + path).strip());
        return Suggestion.closest(dashed, names)
                .map(name -> failure.hint("did you mean '%s'?".formatted(name)))
                .orElse(failure);
    }

    private void put(Option option, String value) {
        List<String> values = given.computeIfAbsent(option.name(), _ -> new ArrayList<>());
        if (!values.isEmpty() && !option.isRepeatable() && !values.contains(value)) {
            throw Failure.usage("--%s is given twice".formatted(option.name()))
                    .hint("give it once");
        }
        Invocation.misfit(option, value)
                .ifPresent(repair -> {
                    throw Invocation.failure(option, value, repair, false);
                });
        if (option.isRepeatable() || values.isEmpty()) {
            values.add(value);
        }
    }

    private void checkArguments(Command known) {
        List<Argument> wanted = known.arguments();
        int required = (int) wanted.stream().filter(Argument::isRequired).count();
        if (plain.size() < required) {
            Argument missing = wanted.get(plain.size());
            throw Failure.usage("%s is missing: %s".formatted(missing.name(), missing.summary()))
                    .hint("usage: " + known.usage())
                    .next("backplane " + known.path() + " --help");
        }
        boolean isOpen = !wanted.isEmpty() && wanted.getLast().isRepeated();
        if (plain.size() > wanted.size() && !isOpen) {
            throw Failure.usage(
                            "'%s' is too much for '%s'"
                                    .formatted(plain.get(wanted.size()), known.path()))
                    .hint("usage: %s; quote what belongs together".formatted(known.usage()))
                    .next("backplane " + known.path() + " --help");
        }
    }

    private Invocation invocation(Command known, List<String> arguments) {
        Set<String> selectors = new TreeSet<>();
        if (given.containsKey("json")) {
            selectors.add("json");
        }
        if (given.containsKey("quiet")) {
            selectors.add("quiet");
        }
        selectors.addAll(given.getOrDefault("format", List.of()));
        if (selectors.size() > 1) {
            throw Failure.usage("two formats: " + String.join(" and ", selectors))
                    .hint("give one of --format, --json and --quiet");
        }
        Map<String, List<String>> options = new LinkedHashMap<>(given);
        for (Option option : CommandTable.optionsOf(known).values()) {
            if (!options.containsKey(option.name())) {
                value(option).ifPresent(value -> options.put(option.name(), List.of(value)));
            }
        }
        return new Invocation(known, format(words, environment, isAgent), arguments, options);
    }

    private Optional<String> value(Option option) {
        String variable =
                option.environment().isEmpty()
                        ? ""
                        : environment.getOrDefault(option.environment(), "");
        if (variable.isEmpty()) {
            return option.initial().isEmpty() ? Optional.empty() : Optional.of(option.initial());
        }
        Invocation.misfit(option, variable)
                .ifPresent(repair -> {
                    throw Invocation.failure(option, variable, repair, true);
                });
        return Optional.of(variable);
    }
}
