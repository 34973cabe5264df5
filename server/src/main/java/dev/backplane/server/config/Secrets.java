package dev.backplane.server.config;

import dev.backplane.core.Problem;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/// Reads settings that are secret: `NAME: TEXT`, or better `NAME_env: VARIABLE`. They are in no
/// message.
final class Secrets {
    private static final Pattern VARIABLE = Pattern.compile("[A-Z_][A-Z0-9_]*");

    private final Function<String, Optional<String>> environment;
    private boolean inFile;

    /// @param environment a variable's value
    Secrets(Function<String, Optional<String>> environment) {
        this.environment = environment;
    }

    /// @param usual variable where none is named, or empty
    /// @throws Problem if both are there, or the variable is not set
    Optional<String> read(Settings section, String name, String usual) {
        Optional<String> text = section.text(name);
        Optional<String> variable = section.text(name + "_env");
        if (text.isPresent()) {
            if (variable.isPresent()) {
                throw section.problem(name, "stands beside " + name + "_env")
                        .fix("keep one of them");
            }
            inFile = true;
            return text;
        }
        if (variable.isEmpty()) {
            return usual.isEmpty() ? Optional.empty() : environment.apply(usual);
        }
        Optional<String> value = environment.apply(variable.get());
        if (value.isEmpty()) {
            throw unset(section, name, variable.get());
        }
        return value;
    }

    /// Who wrote the key itself where its variable belongs must not find it in a log.
    private static Problem unset(Settings section, String name, String variable) {
        if (!VARIABLE.matcher(variable).matches()) {
            return section.problem(name + "_env", "gives no key: it is no variable's name")
                    .fix("name a variable, such as OPENAI_API_KEY, or write the key as " + name);
        }
        return section.problem(name + "_env", "gives no key: " + variable + " is not set")
                .fix("set the variable " + variable + " where the server starts");
    }

    /// Whether one was in the file itself.
    boolean inFile() {
        return inFile;
    }
}
