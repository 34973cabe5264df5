package dev.backplane.cli;

/// What to do after a failure in the words of this command line: a server's hints speak of its HTTP
/// API, since they are for all its callers.
final class Advice {
    private Advice() {}

    /// The failure with the command that helps, where the command that failed tells which.
    static Failure on(Failure failure, Invocation invocation) {
        if (!failure.next().isEmpty()) {
            return failure;
        }
        return switch (failure.kind()) {
            case CONFLICT -> onConflict(failure, invocation);
            case NOT_FOUND -> onAbsence(failure, invocation);
            case INVALID,
                    UNAUTHENTICATED,
                    FORBIDDEN,
                    SLOW_SENDER,
                    TOO_LARGE,
                    UNSUPPORTED,
                    BLOCKED,
                    LIMITED,
                    EXHAUSTED,
                    INTERNAL,
                    NOT_IMPLEMENTED,
                    UNAVAILABLE,
                    TIMEOUT,
                    CONFIG ->
                    failure;
        };
    }

    private static Failure onConflict(Failure failure, Invocation invocation) {
        if (invocation.command().name() != Command.Name.PROJECTS_CREATE) {
            return failure;
        }
        return failure.hint("change it, or give --exist-ok")
                .next("backplane projects update " + invocation.argument(0));
    }

    private static Failure onAbsence(Failure failure, Invocation invocation) {
        String first = invocation.optionalArgument(0).orElse("");
        if (invocation.command().name() == Command.Name.PROJECTS_UPDATE) {
            return failure.hint("check the name, or make the project")
                    .next("backplane projects create " + first);
        }
        if (invocation.command().name() == Command.Name.PROJECTS_DELETE) {
            return failure.hint("check the name").next("backplane projects list");
        }
        if (invocation.command().path().startsWith("datasets ")) {
            return failure.hint("check the name").next("backplane datasets list");
        }
        if (invocation.command().name() == Command.Name.KEYS_REVOKE) {
            return failure.hint("check the id; keys of the configuration are changed there")
                    .next("backplane keys list");
        }
        return failure;
    }
}
