package dev.backplane.gateway.call;

import dev.backplane.gateway.provider.CallContext;
import dev.backplane.http.Presence;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Whom a call is for.
///
/// @param key the id of the key, never the key
/// @param traceparent W3C, as it came; or empty
/// @param session that the call belongs to, or empty
/// @param tags of the call, for limits and for its span
/// @param listener told of the call before anything is answered
/// @param presence of whoever waits for the answer: when they go, the call ends
/// @param batch that the call is a request of
public record Origin(
        String project,
        String requestId,
        String key,
        String userAgent,
        String traceparent,
        String session,
        List<String> tags,
        CallListener listener,
        Presence presence,
        Optional<InBatch> batch) {
    private static final Pattern TRACEPARENT =
            Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}.*");
    private static final Pattern PRODUCT = Pattern.compile("^([A-Za-z0-9._@-]{1,60})/");

    public Origin {
        tags = List.copyOf(tags);
    }

    /// Without tags and of no batch; nobody listens, and nobody goes.
    public Origin(
            String project,
            String requestId,
            String key,
            String userAgent,
            String traceparent,
            String session) {
        this(
                project,
                requestId,
                key,
                userAgent,
                traceparent,
                session,
                List.of(),
                CallListener.NONE,
                Presence.LASTING,
                Optional.empty());
    }

    /// A request of a batch.
    ///
    /// @param customId as the client named the request
    /// @param line of the batch's file, from 1
    public record InBatch(String id, String customId, long line) {}

    /// The trace and span that the call belongs under.
    public record Parent(String trace, String span) {}

    /// The same call under a span of ours.
    public Origin under(String trace, String span, String inSession) {
        return with("00-" + trace + "-" + span + "-01", inSession);
    }

    /// The same call in another session.
    public Origin in(String otherSession) {
        return with(traceparent, otherSession);
    }

    /// The same call, of which nobody is told, for somebody else to wait for.
    public Origin behind(Presence other) {
        return new Origin(
                project,
                requestId,
                key,
                userAgent,
                traceparent,
                session,
                tags,
                CallListener.NONE,
                other,
                batch);
    }

    private Origin with(String otherParent, String otherSession) {
        return new Origin(
                project,
                requestId,
                key,
                userAgent,
                otherParent,
                otherSession,
                tags,
                listener,
                presence,
                batch);
    }

    /// As providers are told it.
    public CallContext.Caller caller() {
        return new CallContext.Caller(project, key);
    }

    public Optional<Parent> parent() {
        Matcher matcher = TRACEPARENT.matcher(traceparent);
        boolean valid =
                matcher.matches()
                        && !matcher.group(1).matches("0+")
                        && !matcher.group(2).matches("0+");
        return valid
                ? Optional.of(new Parent(matcher.group(1), matcher.group(2)))
                : Optional.empty();
    }

    /// The program that called, by the first product of its `User-Agent`.
    public String agent() {
        Matcher matcher = PRODUCT.matcher(userAgent);
        return matcher.find() ? matcher.group(1) : "";
    }
}
