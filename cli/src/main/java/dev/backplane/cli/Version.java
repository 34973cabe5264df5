package dev.backplane.cli;

/// The version of this program and of the Java that runs it.
final class Version {
    private static final String NUMBER = "0.1.0";

    private Version() {}

    /// The version; a test holds it to that of the build.
    static String current() {
        return NUMBER;
    }

    static String java() {
        return Integer.toString(Runtime.version().feature());
    }
}
