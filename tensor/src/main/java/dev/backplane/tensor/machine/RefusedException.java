package dev.backplane.tensor.machine;

/// The system does not let this process make code.
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    private final String reason;

    RefusedException(String reason) {
        super(reason);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
