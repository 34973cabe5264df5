package dev.backplane.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One command as data: everything that parsing, help, the manifest, completions and the manual
/// know about it.
///
/// @param name what [Dispatch] switches over
/// @param path the words a user types, such as `traces list`
/// @param summary one line, an instruction, no full stop
/// @param details further sentences for help; may be empty
/// @param table the tabular output, if it has one
record Command(
        Name name,
        String path,
        Effect effect,
        String summary,
        String details,
        List<Argument> arguments,
        List<Option> options,
        Optional<Table> table,
        List<Example> examples) {

    /// Every command; the compiler sees to it that each has an implementation.
    enum Name {
        UP,
        DEMO,
        BENCH_GENERATE,
        BENCH_INGEST,
        BENCH_QUERY,
        BENCH_TRACE,
        BENCH_GATEWAY,
        BENCH_KERNELS,
        BENCH_ENGINE,
        BENCH_ANSWERS,
        BENCH_GRAMMAR,
        BENCH_CHECK,
        TEST,
        IMPORT,
        TRACES_LIST,
        TRACES_SHOW,
        TRACES_DELETE,
        SPANS_SHOW,
        SPANS_LIST,
        SPANS_DELETE,
        SEARCH,
        SQL,
        FEEDBACK,
        DATASETS_LIST,
        DATASETS_ADD,
        DATASETS_EXPORT,
        DATASETS_DELETE,
        PROJECTS_LIST,
        PROJECTS_CREATE,
        PROJECTS_UPDATE,
        PROJECTS_DELETE,
        KEYS_LIST,
        KEYS_CREATE,
        KEYS_REVOKE,
        CHAT,
        PULL,
        MODELS_LIST,
        MODELS_SHOW,
        MODELS_CREATE,
        MODELS_QUANTIZE,
        MODELS_COPY,
        MODELS_REMOVE,
        PROVIDERS_LIST,
        PROVIDERS_TEST,
        ROUTES_EXPLAIN,
        RUN,
        MODELS_PS,
        MODELS_STOP,
        USAGE,
        FILES_LIST,
        FILES_UPLOAD,
        FILES_DOWNLOAD,
        FILES_DELETE,
        BATCHES_CREATE,
        BATCHES_LIST,
        BATCHES_SHOW,
        BATCHES_CANCEL,
        BATCHES_RESULTS,
        STORE_STATS,
        STORE_COMPACT,
        STORE_VERIFY,
        STORE_EXPORT,
        DOCTOR,
        CONFIG_CHECK,
        COMPLETIONS,
        VERSION,
        HELP
    }

    /// What a command does to the world, so that a caller can tell before running it.
    enum Effect {
        /// Reads only.
        READ,
        /// Adds or changes.
        WRITE,
        /// Removes: asks on a terminal and needs `--yes` off it.
        DELETE,
        /// Runs something on this machine.
        RUN
    }

    /// A runnable line and what it is for.
    record Example(String line, String purpose) {}

    Command {
        arguments = List.copyOf(arguments);
        options = List.copyOf(options);
        examples = List.copyOf(examples);
    }

    static Builder of(Name name, String path, Effect effect, String summary) {
        return new Builder(name, path, effect, summary);
    }

    /// `backplane traces show TRACE [options]`.
    String usage() {
        StringBuilder line = new StringBuilder("backplane ").append(path);
        for (Argument argument : arguments) {
            line.append(' ').append(argument.usage());
        }
        return line.append(" [options]").toString();
    }

    /// The first word: `traces` of `traces list`.
    String group() {
        int space = path.indexOf(' ');
        return space < 0 ? path : path.substring(0, space);
    }

    boolean isInGroup() {
        return path.indexOf(' ') >= 0;
    }

    /// Collects the parts of one command; used by the table only.
    static final class Builder {
        private final Name name;
        private final String path;
        private final Effect effect;
        private final String summary;
        private String details = "";
        private final List<Argument> arguments = new ArrayList<>();
        private final List<Option> options = new ArrayList<>();
        private Optional<Table> table = Optional.empty();
        private final List<Example> examples = new ArrayList<>();

        private Builder(Name name, String path, Effect effect, String summary) {
            this.name = name;
            this.path = path;
            this.effect = effect;
            this.summary = summary;
        }

        Builder details(String text) {
            details = text;
            return this;
        }

        Builder arguments(Argument... given) {
            arguments.addAll(List.of(given));
            return this;
        }

        Builder options(Option... given) {
            options.addAll(List.of(given));
            return this;
        }

        Builder table(Table given) {
            table = Optional.of(given);
            return this;
        }

        Builder example(String line, String purpose) {
            examples.add(new Example(line, purpose));
            return this;
        }

        Command build() {
            return new Command(
                    name, path, effect, summary, details, arguments, options, table, examples);
        }
    }
}
