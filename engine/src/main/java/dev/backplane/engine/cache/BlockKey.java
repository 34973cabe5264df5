package dev.backplane.engine.cache;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// Names a block of positions by all tokens up to its end: 128 bits of SHA-256, since users choose
/// the tokens and a false match would show one the other's context.
///
/// `key = SHA-256(key of the block before ‖ its tokens as four bytes each)`, and before the first
/// the hash of a salt: requests of different salts share nothing.
public record BlockKey(long high, long low) {
    /// What comes before the first block.
    public static BlockKey root(String salt) {
        return of(salt.getBytes(StandardCharsets.UTF_8));
    }

    /// The key of the next `count` tokens, `tokens[from]` and following.
    public BlockKey next(int[] tokens, int from, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * Long.BYTES + count * Integer.BYTES);
        bytes.putLong(high).putLong(low);
        for (int i = from; i < from + count; i++) {
            bytes.putInt(tokens[i]);
        }
        return of(bytes.array());
    }

    private static BlockKey of(byte[] bytes) {
        try {
            ByteBuffer hash = ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes));
            return new BlockKey(hash.getLong(), hash.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
