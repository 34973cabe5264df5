package dev.backplane.cli;

/// One positional argument, as the command table states it. Only the last of a command may be
/// optional or repeated.
///
/// @param name in help, in capitals
record Argument(String name, boolean isRequired, boolean isRepeated, String summary) {
    static Argument required(String name, String summary) {
        return new Argument(name, true, false, summary);
    }

    static Argument optional(String name, String summary) {
        return new Argument(name, false, false, summary);
    }

    Argument repeated() {
        return new Argument(name, isRequired, true, summary);
    }

    String usage() {
        String text = isRepeated ? name + "..." : name;
        return isRequired ? text : "[" + text + "]";
    }
}
