package dev.backplane.gateway.dialect;

import dev.backplane.core.Slice;
import java.util.regex.Pattern;

/// Ids of calls that another model made, for providers that allow letters, digits, `_` and `-`
/// only, 64 of them (Anthropic's API reference, `tool_use`; botocore, `ToolUseId`). Kimi's
/// `functions.f:0` is none of those. The same id becomes the same, and no other does, so that
/// results find their calls.
public final class PlainIds {
    private static final Pattern OTHER = Pattern.compile("[^A-Za-z0-9_-]");
    private static final int CHARS_MAX = 64;
    private static final int KEPT_CHARS = 46;

    private PlainIds() {}

    public static String of(String id) {
        String plain = OTHER.matcher(id).replaceAll("_");
        return plain.equals(id) && id.length() <= CHARS_MAX
                ? id
                : plain.substring(0, Math.min(plain.length(), KEPT_CHARS))
                        + "_"
                        + Long.toHexString(hash(id));
    }

    private static long hash(String id) {
        long hash = 0;
        for (byte one : Slice.of(id).bytes()) {
            hash = hash * 0x100000001b3L ^ one;
        }
        return hash;
    }
}
