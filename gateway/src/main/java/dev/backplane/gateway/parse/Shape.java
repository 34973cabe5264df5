package dev.backplane.gateway.parse;

import java.util.List;

/// How one call is written, inside the markers that [CallFormat] names. White space is allowed
/// between all parts.
public sealed interface Shape {
    /// What a call begins with; empty where it begins with its name or a bracket.
    String begin();

    /// What a call ends with, or empty.
    String end();

    /// A JSON object, or a list of them.
    ///
    /// @param name members that may hold the name, likewise the others
    record Json(List<String> name, List<String> arguments, List<String> id) implements Shape {
        public Json {
            name = List.copyOf(name);
            arguments = List.copyOf(arguments);
            id = List.copyOf(id);
        }

        @Override
        public String begin() {
            return "";
        }

        @Override
        public String end() {
            return "";
        }
    }

    /// `begin` name `separator` JSON object `end`.
    ///
    /// @param optional whether the separator may be missing
    record Named(String begin, Heading heading, String separator, boolean optional, String end)
            implements Shape {}

    /// `begin` name `nameEnd` (`keyBegin` key `keyEnd` `valueBegin` value `valueEnd`)* `end`.
    ///
    /// @param nameEnd empty where white space or the next marker ends the name
    /// @param wrapped whether one line break on each side of a value is not part of it
    record Tagged(
            String begin,
            String nameEnd,
            String keyBegin,
            String keyEnd,
            String valueBegin,
            String valueEnd,
            String end,
            boolean wrapped)
            implements Shape {}

    /// `begin` name `open` (key `assign` value `,`)* `close`, with values in a language of their
    /// own.
    ///
    /// @param quotes what a string may stand between
    /// @param python whether strings have escapes and words are Python's; else a word that is no
    ///   number and no constant is a string
    record Literal(
            String begin, char open, char assign, char close, List<String> quotes, boolean python)
            implements Shape {
        public Literal {
            quotes = List.copyOf(quotes);
        }

        @Override
        public String end() {
            return "";
        }
    }

    /// What stands before the arguments of a [Named] call.
    enum Heading {
        /// `name`
        NAME,
        /// `functions.name:0`, which is also the id
        NUMBERED,
        /// `name`, or `name[CALL_ID]id`
        IDENTIFIED
    }
}
