package dev.backplane.store.content;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Supplier;

/// The first 128 bits of a SHA-256: the identity of a content within a project.
///
/// A leaf hashes its bytes after the project's name; a sequence hashes style, the id of the prefix
/// before its last piece, and the id of that piece. So every prefix of a sequence has an id, and
/// the longest known one is found by look-ups alone.
public record ContentId(long high, long low) {
    public String hex() {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }

    /// Makes ids for one project. Not thread-safe: a digest is reused.
    public static final class Hasher {
        private static final Supplier<MessageDigest> SHA_256 =
                () -> {
                    try {
                        return MessageDigest.getInstance("SHA-256");
                    } catch (NoSuchAlgorithmException e) {
                        throw new AssertionError("every JDK has SHA-256", e);
                    }
                };

        private final MessageDigest digest = SHA_256.get();
        private final byte[] salt;
        private final byte[] link = new byte[33];

        public Hasher(String project) {
            byte[] name = project.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            this.salt = java.util.Arrays.copyOf(name, name.length + 1);
        }

        public ContentId leaf(byte[] bytes, int offset, int length) {
            digest.update(salt);
            digest.update(bytes, offset, length);
            return cut(digest.digest());
        }

        /// The id of the sequence that is `prefix` with `piece` appended.
        public ContentId append(Style style, ContentId prefix, ContentId piece) {
            link[0] = (byte) style.code();
            put(1, prefix.high);
            put(9, prefix.low);
            put(17, piece.high);
            put(25, piece.low);
            digest.update(salt);
            digest.update(link);
            return cut(digest.digest());
        }

        private void put(int at, long value) {
            LONG.set(link, at, value);
        }

        private static ContentId cut(byte[] hash) {
            return new ContentId((long) LONG.get(hash, 0), (long) LONG.get(hash, 8));
        }

        private static final java.lang.invoke.VarHandle LONG =
                java.lang.invoke.MethodHandles.byteArrayViewVarHandle(
                        long[].class, java.nio.ByteOrder.BIG_ENDIAN);
    }

    /// What a sequence starts from.
    public static final ContentId EMPTY = new ContentId(0, 0);
}
