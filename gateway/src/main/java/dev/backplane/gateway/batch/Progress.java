package dev.backplane.gateway.batch;

/// How far a batch is.
///
/// @param total requests; 0 until they were counted
/// @param completed answered with success
/// @param failed answered with an error
public record Progress(int total, int completed, int failed, Tokens tokens) {
    static final Progress NONE = new Progress(0, 0, 0, Tokens.NONE);

    Progress of(int requests) {
        return new Progress(requests, completed, failed, tokens);
    }

    Progress with(ResultLine result) {
        return new Progress(
                total,
                completed + (result.succeeded() ? 1 : 0),
                failed + (result.succeeded() ? 0 : 1),
                tokens.plus(result.tokens()));
    }
}
