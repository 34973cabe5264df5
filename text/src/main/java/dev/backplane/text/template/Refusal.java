package dev.backplane.text.template;

/// What is wrong with a template or with what it was given, and where. Becomes a
/// [dev.backplane.core.Problem] at the border of the package, where the template's name is known.
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Position position;
    private final String fix;

    Refusal(String what, Position position, String fix) {
        super(what, null, false, false);
        this.position = position;
        this.fix = fix;
    }

    Refusal(String what, Position position) {
        this(what, position, "correct the template, or use another one");
    }

    String what() {
        return String.valueOf(getMessage());
    }

    Position position() {
        return position;
    }

    String fix() {
        return fix;
    }
}
