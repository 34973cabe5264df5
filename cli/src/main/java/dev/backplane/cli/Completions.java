package dev.backplane.cli;

import java.util.ArrayList;
import java.util.List;

/// Shell completions made from the command table. They are complete in themselves: pressing Tab
/// starts no Java.
final class Completions {
    private Completions() {}

    static String of(String shell) {
        return switch (shell) {
            case "bash" -> bash();
            case "zsh" -> zsh();
            case "fish" -> fish();
            case String other ->
                    throw Failure.usage("no completions for '%s'".formatted(other))
                            .hint("one of: bash, zsh, fish");
        };
    }

    private static String bash() {
        StringBuilder script = new StringBuilder();
        script.append(
                """
                # Completions of backplane for bash.
                _backplane() {
                    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
                    local path="" word index words=""
                    for ((index = 1; index < COMP_CWORD; index++)); do
                        word="${COMP_WORDS[index]}"
                        case "$word" in -*) continue ;; esac
                        case " $(_backplane_words "$path") " in
                            *" $word "*) path="${path:+$path }$word" ;;
                        esac
                    done
                    case "$previous" in
                """);
        for (Option option : choices()) {
            script.append(
                    "        --%s) COMPREPLY=($(compgen -W \"%s\" -- \"$current\")); return ;;\n"
                            .formatted(option.name(), String.join(" ", option.choices())));
        }
        script.append(
                """
                    esac
                    case "$current" in
                        -*) words="$(_backplane_options "$path")" ;;
                        *) words="$(_backplane_words "$path")" ;;
                    esac
                    COMPREPLY=($(compgen -W "$words" -- "$current"))
                    if [ ${#COMPREPLY[@]} -eq 0 ]; then
                        COMPREPLY=($(compgen -f -- "$current"))
                    fi
                }
                _backplane_words() {
                    case "$1" in
                """);
        caseLine(script, "", String.join(" ", CommandTable.wordsAfter("")));
        for (String group : groups()) {
            caseLine(script, group, String.join(" ", CommandTable.wordsAfter(group)));
        }
        caseLine(script, "completions", "bash zsh fish");
        script.append("    esac\n}\n_backplane_options() {\n    case \"$1\" in\n");
        for (Command command : CommandTable.all()) {
            caseLine(script, command.path(), String.join(" ", dashed(command)));
        }
        script.append("        *) echo \"--help --version\" ;;\n    esac\n}\n");
        return script.append("complete -o filenames -F _backplane backplane ./backplane\n")
                .toString();
    }

    private static void caseLine(StringBuilder script, String path, String words) {
        script.append("        \"%s\") echo \"%s\" ;;\n".formatted(path, words));
    }

    private static String zsh() {
        return """
        #compdef backplane
        # Completions of backplane for zsh: those of bash, through zsh's own bridge.
        autoload -U +X compinit && compinit -u
        autoload -U +X bashcompinit && bashcompinit
        """
                + bash().replace("complete -o filenames", "complete");
    }

    private static String fish() {
        StringBuilder script = new StringBuilder("# Completions of backplane for fish.\n");
        script.append(
                """
                function __backplane_at
                    set -l words (commandline -opc)
                    set -l path
                    for word in $words[2..-1]
                        string match -q -- '-*' $word; or set -a path $word
                    end
                    test "$path" = "$argv"; or string match -q -- "$argv *" "$path"
                end
                function __backplane_exactly
                    set -l words (commandline -opc)
                    set -l path
                    for word in $words[2..-1]
                        string match -q -- '-*' $word; or set -a path $word
                    end
                    test "$path" = "$argv"
                end
                """);
        List<String> firsts = new ArrayList<>(CommandTable.wordsAfter(""));
        for (String first : firsts) {
            String summary =
                    CommandTable.isGroup(first)
                            ? CommandTable.groupSummary(first)
                            : CommandTable.find(first).map(Command::summary).orElse("");
            word(script, "", first, summary);
        }
        for (Command command : CommandTable.all()) {
            if (command.isInGroup()) {
                String group = command.group();
                word(
                        script,
                        group,
                        command.path().substring(group.length() + 1),
                        command.summary());
            }
            for (Option option : CommandTable.optionsOf(command).values()) {
                script.append(
                        "complete -c backplane -n '__backplane_at %s' -l %s"
                                .formatted(command.path(), option.name()));
                if (!option.letter().isEmpty()) {
                    script.append(" -s ").append(option.letter());
                }
                if (!option.choices().isEmpty()) {
                    script.append(" -xa '").append(String.join(" ", option.choices())).append('\'');
                } else if (!option.isFlag()) {
                    script.append(" -r");
                }
                script.append(" -d ").append(quoted(option.summary())).append('\n');
            }
        }
        return script.toString();
    }

    private static void word(StringBuilder script, String group, String word, String summary) {
        script.append(
                "complete -c backplane -f -n '__backplane_exactly%s' -a %s -d %s\n"
                        .formatted(group.isEmpty() ? "" : " " + group, word, quoted(summary)));
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private static List<String> groups() {
        return CommandTable.wordsAfter("").stream().filter(CommandTable::isGroup).toList();
    }

    private static List<Option> choices() {
        List<Option> choices = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Command command : CommandTable.all()) {
            for (Option option : CommandTable.optionsOf(command).values()) {
                if (!option.choices().isEmpty() && !names.contains(option.name())) {
                    names.add(option.name());
                    choices.add(option);
                }
            }
        }
        return choices;
    }

    private static List<String> dashed(Command command) {
        List<String> names = new ArrayList<>();
        for (Option option : CommandTable.optionsOf(command).values()) {
            names.add("--" + option.name());
        }
        return names;
    }
}
