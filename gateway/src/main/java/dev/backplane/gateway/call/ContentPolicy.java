package dev.backplane.gateway.call;

import dev.backplane.core.JsonOut;
import dev.backplane.core.Problem;
import dev.backplane.core.Slice;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/// How much of what was said goes into spans.
public enum ContentPolicy {
    FULL,
    /// Its SHA-256 and length: equal contents can be told, their text cannot.
    HASHED,
    NONE;

    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<ContentPolicy> byId(String id) {
        for (ContentPolicy policy : values()) {
            if (policy.id().equals(id)) {
                return Optional.of(policy);
            }
        }
        return Optional.empty();
    }

    Optional<Slice> apply(Slice json) {
        return switch (this) {
            case FULL -> Optional.of(json);
            case NONE -> Optional.empty();
            case HASHED -> Optional.of(hashed(json));
        };
    }

    private static Slice hashed(Slice json) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(json.array(), json.offset(), json.length());
            return new JsonOut()
                    .beginObject()
                    .name("sha256")
                    .text(HexFormat.of().formatHex(digest.digest()))
                    .name("bytes")
                    .literal("" + json.length())
                    .endObject()
                    .slice();
        } catch (NoSuchAlgorithmException missing) {
            throw Problem.internal("SHA-256 is missing", "content policy").causedBy(missing);
        }
    }
}
