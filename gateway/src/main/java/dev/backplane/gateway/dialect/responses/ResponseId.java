package dev.backplane.gateway.dialect.responses;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Names a response, and with it the span that keeps it: `resp_` with 32 digits of the trace and 16
/// of the span. An item's id holds its response's digits (`msg_…_2`), so that an item can be found
/// by its id alone.
///
/// @param trace 32 hexadecimal digits
/// @param span 16 hexadecimal digits
public record ResponseId(String trace, String span) {
    private static final Pattern RESPONSE = Pattern.compile("resp_([0-9a-f]{32})([0-9a-f]{16})");
    private static final Pattern ITEM =
            Pattern.compile("[a-z]{2,4}_([0-9a-f]{32})([0-9a-f]{16})_i?[0-9]{1,6}");
    private static final SecureRandom RANDOM = new SecureRandom();

    /// A new one, in a trace of its own.
    public static ResponseId create() {
        return in(hex(16));
    }

    /// A new one.
    public static ResponseId in(String trace) {
        return new ResponseId(trace, hex(8));
    }

    private static String hex(int bytes) {
        byte[] random = new byte[bytes];
        RANDOM.nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /// Empty for an id that is none of ours.
    public static Optional<ResponseId> parse(String text) {
        return matched(RESPONSE.matcher(text));
    }

    /// The response that an item is of.
    public static Optional<ResponseId> ofItem(String item) {
        return matched(ITEM.matcher(item));
    }

    private static Optional<ResponseId> matched(Matcher matcher) {
        return matcher.matches()
                ? Optional.of(new ResponseId(matcher.group(1), matcher.group(2)))
                : Optional.empty();
    }

    /// Of an item that the model made.
    ///
    /// @param prefix `msg`, `rs`, `fc` or `ctc`
    public String item(String prefix, int index) {
        return prefix + "_" + trace + span + "_" + index;
    }

    /// Of an item of the request.
    public String inputItem(String prefix, int index) {
        return prefix + "_" + trace + span + "_i" + index;
    }

    @Override
    public String toString() {
        return "resp_" + trace + span;
    }
}
