package dev.backplane.gateway.file;

import dev.backplane.core.HybridClock;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.regex.Pattern;

/// Makes ids of which a later one sorts after an earlier one: a prefix, 16 digits of a
/// [HybridClock]'s version and 16 random ones, all hexadecimal. Thread-safe.
public final class OrderedIds {
    private static final Pattern DIGITS = Pattern.compile("[0-9a-f]{32}");
    private static final int TIME_DIGITS = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final String prefix;
    private final HybridClock clock;

    public OrderedIds(String prefix, InstantSource time) {
        this.prefix = prefix;
        this.clock = new HybridClock(time);
    }

    public String next() {
        HexFormat hex = HexFormat.of();
        return prefix + hex.toHexDigits(clock.next()) + hex.toHexDigits(RANDOM.nextLong());
    }

    /// Whether this could have made the text.
    public boolean made(String text) {
        return text.startsWith(prefix) && DIGITS.matcher(text.substring(prefix.length())).matches();
    }

    /// The 32 digits of an id that this made.
    public String digits(String id) {
        if (!made(id)) {
            throw new IllegalArgumentException("no id of ours: " + id);
        }
        return id.substring(prefix.length());
    }

    /// When an id was made, in seconds since 1970.
    public long seconds(String id) {
        long version = HexFormat.fromHexDigitsToLong(digits(id).substring(0, TIME_DIGITS));
        return HybridClock.millisOf(version) / 1_000;
    }
}
