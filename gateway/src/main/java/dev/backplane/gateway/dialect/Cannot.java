package dev.backplane.gateway.dialect;

import dev.backplane.core.Problem;

/// The problem of content that a provider has no form for. Fields are left out and named, content
/// never is: an answer without having read it would look like one with.
public final class Cannot {
    private Cannot() {}

    /// @param what the content, with its article: `a file by its address`
    public static Problem send(String what) {
        return send(what, "this provider");
    }

    /// @param to who was to read it
    public static Problem send(String what, String to) {
        return Problem.invalid(what + " cannot be sent to " + to, "messages")
                .fix("leave it out, or name a model whose provider takes it");
    }
}
